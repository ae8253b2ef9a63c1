"""Pictures of screens as text: the rows as they stand, compared with those kept beside the tests.

Set LHYTUI_SNAPSHOTS=write to keep the present ones.
"""

import os
from pathlib import Path

KEPT = Path(__file__).parent / "snapshots"


def rows(app) -> str:
    """What the screen shows, row by row, blanks at the right dropped."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(s.text for s in strip).rstrip() for strip in strips) + "\n"


def compare(app, name: str) -> None:
    """Fail with both pictures where they differ."""
    path, shown = KEPT / f"{name}.txt", rows(app)
    if os.environ.get("LHYTUI_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert path.is_file(), f"no snapshot {name}"
    kept = path.read_text("utf-8")
    assert shown == kept, f"{name} changed.\n--- kept ---\n{kept}--- shown ---\n{shown}"
