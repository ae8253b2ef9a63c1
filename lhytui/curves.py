"""From the tape to a picture: the curve payload of a view that shows series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lessons import views
from lessons.spec import Experiment, View

SMOOTH = 200  # updates from which noisy series also get a moving average


def curve(
    view: View,
    experiment: Experiment,
    tape,
    step: int,
    ghosts: Sequence = (),
    changes: Sequence[tuple[int, str]] = (),
) -> views.Curve:
    """The series of `view` on `tape`, those of earlier runs behind them, a cursor when time is turned back.

    An arm of a race has the hue of its place among the arms, as in the views of the labs.
    `changes`: (update, text) of controls changed on the way; `ghosts`: earlier Results, newest first.
    """
    lines: list[views.Line] = []
    for ghost in reversed(ghosts):
        for id in view.series:
            lines += lines_of(ghost.tape, id, "ghost")
    roles = {channel.id: channel.role for channel in experiment.channels}
    arms = list(experiment.arms.arms) if experiment.arms else []
    for turn, id in enumerate(view.series):
        role = roles.get(id, "raw")
        for line in lines_of(tape, id, role):
            arm = line.word.removeprefix("arm.")
            hue = arms.index(arm) % 8 if arm in arms else -1 if role == "validation" else turn
            line = replace(line, hue=hue)
            if role == "smooth" and len(line.y) > SMOOTH:
                lines.append(replace(line, word="", role="raw"))
                line = replace(line, y=average(line.y))
            lines.append(line)
    return views.Curve(
        lines=tuple(lines),
        log_y=view.log,
        cursor=float(step) if 0 < step < len(tape) else None,
        ticks=tuple((float(update), "=" + text) for update, text in changes),
    )


def lines_of(tape, id: str, role: str) -> list[views.Line]:
    """One line for a series, or one for each arm of a race ("arm/series"); an empty one before it is measured."""
    found = []
    for name in (*tape.columns, *tape.sparse_names):
        if name == id or name.endswith("/" + id):
            y = tape.column(name) if name in tape.columns else None
            x, y = tape.sparse(name) if y is None else (np.arange(len(y)), y)
            word = "series." + id if name == id else "arm." + name.split("/")[0]
            found.append(views.Line(word=word, x=np.asarray(x, float), y=np.asarray(y, float), role=role))
    return found or [views.Line(word="series." + id, x=np.empty(0), y=np.empty(0), role=role)]


def average(values: np.ndarray) -> np.ndarray:
    """The mean over the last n/50 values (at least 10): (N,) → (N,)."""
    window = max(10, len(values) // 50)
    total = np.concatenate([[0.0], np.nancumsum(values)])
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - window)
    return (total[end] - total[start]) / (end - start)
