"""Puzzles on tensors: what is given, a line that answers for every size, and three lines to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lessons.labs.expressions import evaluate
from lessons.labs.operations import Extremes
from lessons.labs.tensors import FLOAT, LONG, ExpressionError, Tensor, fresh, printed, written

TRIALS, LARGEST_SIZE = 8, 6
LETTERS = ("a", "b", "c")  # names of the lines to try


class Puzzle(NamedTuple):
    """`given`: name → (kind, shape in letters); `sizes`: what the letters are on the screen.

    Kinds: count, mixed and signed are real numbers, whole and label whole ones (labels below k), marks are
    labels kept as real numbers.
    """

    sizes: Mapping[str, int]
    given: Mapping[str, tuple[str, str]]
    answer: str
    lines: tuple[str, str, str]


NM = {"n": 2, "m": 3}
SCORES = {"n": 3, "k": 4}
PUZZLES: dict[str, Puzzle] = {
    # How tensors are made, what they hold, how cells are named
    "ones": Puzzle({"a": 1, "b": 2, "c": 5}, {}, "torch.ones(a, b, c)",
                   ("torch.ones(2, 5)", "torch.ones(a, b, c)", "torch.ones(1, 2, 5)")),
    "zeros": Puzzle(NM, {"x": ("count", "n m")}, "torch.zeros(x.shape)",
                    ("torch.zeros(2, 3)", "torch.zeros(x)", "torch.zeros(x.shape)")),
    "list": Puzzle(NM, {"x": ("count", "n m")}, "torch.tensor(x.shape)",
                   ("torch.tensor(x.shape)", "torch.tensor([2, 3])", "x.shape")),
    "real": Puzzle({"n": 5}, {"y": ("label", "n")}, "y.float()", ("y.to(torch.long)", "y.float()", "y.mean()")),
    "labels": Puzzle(SCORES, {"z": ("mixed", "n k"), "y": ("marks", "n")}, "F.cross_entropy(z, y.long())",
                     ("F.cross_entropy(z, y)", "F.mse_loss(z, y)", "F.cross_entropy(z, y.long())")),
    "row": Puzzle(NM, {"x": ("count", "n m")}, "x[0]", ("x[:, 0]", "x[0]", "x[0:1]")),
    "column": Puzzle(NM, {"x": ("count", "n m")}, "x[:, -1]", ("x[:, 2]", "x[-1]", "x[:, -1]")),
    "other": Puzzle({"n": 4, "m": 3}, {"x": ("count", "n m")}, "x[::2]", ("x[::2]", "x[0:4:2]", "x[:, ::2]")),
    "mask": Puzzle(NM, {"x": ("signed", "n m")}, "x[x > 0]", ("x > 0", "torch.where(x > 0, x, 0)", "x[x > 0]")),
    "rows": Puzzle(NM, {"x": ("count", "n m"), "b": ("count", "m")}, "x + b",
                   ("x + b.unsqueeze(1)", "x + b", "x + b[0]")),
    "columns": Puzzle(NM, {"x": ("count", "n m"), "b": ("count", "n")}, "x + b.unsqueeze(1)",
                      ("x + b", "x + b.reshape(2, 1)", "x + b.unsqueeze(1)")),
    # The operations that the notes leave out
    "transpose": Puzzle(NM, {"x": ("count", "n m")}, "x.transpose(0, 1)",
                        ("x.reshape(m, n)", "x.transpose(0, 1)", "x.reshape(3, 2)")),
    "squeeze": Puzzle(NM, {"x": ("count", "1 n m")}, "x.squeeze(0)", ("x.squeeze()", "x[1]", "x.squeeze(0)")),
    "unsqueeze": Puzzle(NM, {"x": ("count", "n m")}, "x.unsqueeze(1)",
                        ("x.unsqueeze(1)", "x.unsqueeze(2)", "x.reshape(2, 1, 3)")),
    "cat": Puzzle({"n": 2, "m": 3, "i": 1, "j": 3, "k": 2},
                  {"a": ("count", "n i m"), "b": ("count", "n j m"), "c": ("count", "n k m")},
                  "torch.cat([a, b, c], dim=1)",
                  ("torch.cat([a, b, c])", "torch.cat([a, b, c], dim=1)", "torch.stack([a, b, c], dim=1)")),
    "flatten": Puzzle({"n": 2, "h": 2, "w": 3}, {"x": ("count", "n h w")}, "x.flatten(1)",
                      ("x.reshape(2, -1)", "x.flatten()", "x.flatten(1)")),
    "heads": Puzzle(NM, {"x": ("count", "n 2m")}, "x.reshape(n, 2, m)",
                    ("x.reshape(n, 2, m)", "x.reshape(n, m, 2)", "x.view(2, n, m)")),
    "channels": Puzzle({"h": 2, "w": 3, "c": 2}, {"x": ("count", "h w c")}, "x.permute(2, 0, 1)",
                       ("x.reshape(c, h, w)", "x.permute(2, 0, 1)", "x.transpose(0, 2)")),
    "sum": Puzzle(NM, {"x": ("count", "n m")}, "x.sum(dim=0)", ("x.sum()", "x.sum(dim=1)", "x.sum(dim=0)")),
    "mean": Puzzle(NM, {"y": ("whole", "n m")}, "y.float().mean(dim=1)",
                   ("y.mean(dim=1)", "y.sum(dim=1) / 3", "y.float().mean(dim=1)")),
    "shares": Puzzle(NM, {"x": ("count", "n m")}, "x / x.sum(dim=1, keepdim=True)",
                     ("x / x.sum(dim=1)", "x / x.sum(dim=1, keepdim=True)", "x / x.sum()")),
    "outer": Puzzle(NM, {"a": ("count", "n"), "b": ("count", "m")}, "a.unsqueeze(1) * b",
                    ("a * b", "a @ b", "a.unsqueeze(1) * b")),
    "predict": Puzzle(SCORES, {"z": ("mixed", "n k")}, "z.argmax(dim=1)",
                      ("z.max(dim=1)", "z.argmax(dim=1)", "z.argmax(dim=0)")),
    "accuracy": Puzzle(SCORES, {"z": ("mixed", "n k"), "y": ("label", "n")},
                       "(z.argmax(dim=1) == y).float().mean()",
                       ("(z.argmax(dim=1) == y).mean()", "(z.argmax(dim=1) == y).float().mean()",
                        "(z.max() == y).float().mean()")),
    "linear": Puzzle({"n": 2, "i": 3, "o": 4},
                     {"x": ("count", "n i"), "W": ("mixed", "o i"), "b": ("count", "o")}, "x @ W.T + b",
                     ("x @ W + b", "W @ x + b", "x @ W.T + b")),
}  # fmt: skip


def size(part: str, sizes: Mapping[str, int]) -> int:
    """An entry of a shape: "3", "n" or "2m"."""
    count, letter = re.fullmatch(r"(\d*)([a-z]?)", part).groups()
    return int(count or 1) * (sizes[letter] if letter else 1)


def given(
    puzzle: Puzzle, sizes: Mapping[str, int], draw: np.random.Generator | None = None
) -> dict[str, Any]:
    """Tensors and sizes by name: as on the screen, or with numbers drawn at random."""
    found: dict[str, Any] = {}
    first = 0
    for name, (kind, shape) in puzzle.given.items():
        dims = tuple(size(part, sizes) for part in shape.split())
        count = int(np.prod(dims))
        values = np.arange(1, count + 1) if draw is None else draw.permutation(count) + 1
        if kind == "mixed" and draw is None:
            values = np.random.Generator(np.random.PCG64(7)).permutation(count) + 1
        if kind == "signed":
            values = values * (
                1 - 2 * (np.arange(count) % 2) if draw is None else draw.choice((-1, 1), count)
            )
        if kind in ("label", "marks"):
            values = (values * 2 - 1) % sizes.get("k", 4)
        cells = values.reshape(dims).astype(LONG if kind in ("whole", "label") else FLOAT)
        found[name] = fresh(cells, first)
        first += count
    return found | dict(sizes)


def trials(puzzle: Puzzle, seed: int) -> list[dict[str, int]]:
    """Sizes to check a line on: all 1, all different, all as large as they come, then at random."""
    draw = np.random.Generator(np.random.PCG64(seed))
    letters = list(puzzle.sizes)
    apart = dict(zip(letters, (draw.permutation(LARGEST_SIZE - 1) + 2).tolist(), strict=False))
    found = [dict.fromkeys(letters, 1), apart, dict.fromkeys(letters, LARGEST_SIZE)]
    while len(found) < TRIALS:
        found.append(
            dict(zip(letters, draw.integers(1, LARGEST_SIZE + 1, len(letters)).tolist(), strict=True))
        )
    return found


class Misfit(NamedTuple):
    """What is wrong with a result: a code of [misfit], facts, and the shapes at odds with their guilty axes."""

    code: str
    facts: Mapping[str, Any]
    shapes: tuple[tuple[tuple[int, ...], int], ...] = ()


def misfit(found: Any, goal: Tensor) -> Misfit | None:
    """How a result differs from the goal, None if it does not."""
    if not isinstance(found, Tensor):
        kind = "(values, indices)" if isinstance(found, Extremes) else printed(found)
        return Misfit("no-tensor", {"kind": kind})
    if found.shape != goal.shape:
        both = (found.shape, goal.shape)
        apart = [k for k, (a, b) in enumerate(zip(*both, strict=False)) if a != b]
        at = apart[0] if apart else min(map(len, both))
        places = tuple((shape, at if at < len(shape) else -1) for shape in both)
        return Misfit(
            "shape", {"found": written(found.shape), "goal": written(goal.shape), "axis": at}, places
        )
    if found.dtype != goal.dtype:
        return Misfit("dtype", {"found": found.dtype, "goal": goal.dtype})
    if not np.allclose(found.values, goal.values, rtol=1e-4, atol=1e-5, equal_nan=True):
        apart = ~np.isclose(found.values, goal.values, rtol=1e-4, atol=1e-5)
        place = ", ".join(map(str, np.argwhere(apart)[0].tolist()))
        facts = {
            "place": place,
            "found": f"{found.values[apart][0]:.4g}",
            "goal": f"{goal.values[apart][0]:.4g}",
        }
        return Misfit("values", facts)
    return None


def tried(puzzle: Puzzle, line: str, seed: int) -> tuple[int, str]:
    """On how many of the TRIALS the line gives what is asked for, and the first sizes on which it does not."""
    draw = np.random.Generator(np.random.PCG64(seed + 1))
    right, first = 0, ""
    for sizes in trials(puzzle, seed):
        names = given(puzzle, sizes, draw)
        try:
            fine = misfit(evaluate(line, names).value, evaluate(puzzle.answer, names).value) is None
        except ExpressionError:
            fine = False
        right += fine
        if not fine and not first:
            first = ", ".join(f"{letter} = {count}" for letter, count in sizes.items())
    return right, first
