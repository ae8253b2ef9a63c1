"""Words: keys, fallbacks, facts; and the app's own sentences."""

import ast
import tomllib
from pathlib import Path

import pytest

from lessons import words
from lessons.words import Words, flatten, holes

ROOT = Path(__file__).parents[2]

TABLE = dict(
    flatten(
        tomllib.loads(
            """
[control.kind]
zh = "种类"
en = "kind"
wild = { zh = "野", en = "wild" }

[option]
tame = { zh = "驯", en = "tame" }

[view]
curve = { read = { zh = "看线", en = "follow the line" } }
loss = { zh = "损失", en = "loss", read = { zh = "看损失", en = "follow the loss" } }

[claim]
falls = { zh = "第 {update} 次降到 {loss:.2f}", en = "falls to {loss:.2f} at {update}, {unknown} {1, 2}" }
"""
        )
    )
)


@pytest.fixture
def en():
    return Words([TABLE], "en")


def test_a_table_may_be_a_word_and_hold_words(en):
    assert (en("control.kind"), en("control.kind.wild")) == ("kind", "wild")
    assert Words([TABLE], "zh")("control.kind") == "种类"


def test_options_fall_back_and_numbers_name_themselves(en):
    assert en("control.kind.tame") == en("ask.section.tame") == "tame"
    assert en("control.kind.0.5") == "0.5" and en("control.kind.1e-3") == "1e-3"
    assert en.has("control.kind.128") and not en.has("control.kind.unheard")


def test_readings_fall_back_to_the_kind(en):
    assert en.read("loss", "curve") == "follow the loss"
    assert en.read("norm", "curve") == "follow the line"


def test_text_as_it_stands_and_unknown_keys(en):
    assert en("=w₁ {x}", x=1) == "w₁ {x}"
    assert en("series.unheard") == "series.unheard" and not en.has("series.unheard")


def test_facts(en):
    assert en("claim.falls", loss=0.123, update=7) == "falls to 0.12 at 7, {unknown} {1, 2}"
    assert en("claim.falls", loss="little", key=1) == "falls to little at {update}, {unknown} {1, 2}"


def test_the_first_table_wins(en):
    near = {"view.loss": {"zh": "损", "en": "L"}}
    assert Words([near, TABLE], "en")("view.loss") == "L"


APP = words.read(ROOT / "lhytui" / "words.toml")


@pytest.mark.parametrize("key", sorted(APP))
def test_the_app_speaks_both_languages(key):
    leaf = APP[key]
    assert set(leaf) == {"zh", "en"} and all(text.strip() for text in leaf.values())
    assert holes(leaf["zh"]) == holes(leaf["en"])


def codes(folder, *errors):
    """The code of every `Error("code", …)` and its facts' names, in the source of a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors and node.args
            if made and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, {k.arg for k in node.keywords}, path.name


ERRORS = [
    *(("engine", *found) for found in codes("engine", "EngineError")),
    *(("engine", *found) for found in codes("lessons", "EngineError")),
    *(("error", *found) for found in codes("lessons", "SpecError", "CatalogError")),
    *(("error", *found) for found in codes("lhytui", "SpecError", "CatalogError", "ShareError")),
]


@pytest.mark.parametrize(("table", "code", "facts", "file"), ERRORS, ids=[f"{e[3]}-{e[1]}" for e in ERRORS])
def test_every_error_has_a_sentence_made_of_its_facts(table, code, facts, file):
    leaf = APP.get(f"{table}.{code}")
    assert leaf is not None, f"lhytui/words.toml: [{table}] {code}"
    # What a wrong setting tells beyond its own facts is added where it is read (lhytui.target).
    added = {"range", "known", "value", "control"} if table == "error" else set()
    assert set(holes(leaf["en"])) <= facts | added or None in facts


def test_every_finding_has_a_sentence():
    for name in ("check.py", "checks.py"):
        for node in ast.walk(ast.parse((ROOT / "lessons" / name).read_text("utf-8"))):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                code = node.value.elts[0]
                if isinstance(code, ast.Constant):
                    assert f"check.{code.value}" in APP or f"error.{code.value}" in APP, code.value
