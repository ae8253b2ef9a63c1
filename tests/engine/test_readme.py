"""The lines that the README shows for the engine alone run as they stand and learn."""

import re
import textwrap
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_lines_of_the_readme_learn(capsys):
    block = re.search(r"## The engine alone\n\n((?:    .*\n|\n)+)", README.read_text("utf-8"))[1]
    code = textwrap.dedent(block)
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10
    scope: dict = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert scope["trainer"].evaluate()["accuracy"] > 0.95
    assert "accuracy" in capsys.readouterr().out
