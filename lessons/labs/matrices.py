"""Attention as matrices: Q, K, V, A, A′ and O of a few vectors, their shapes, and what they cost.

Settings of `Matrices`: length N, d, dq, dk, dv (at most 8, 4, 4, 4, 4), stage (a number into STAGES), layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lessons.labs.attend import Attend, attend
from lessons.views import Grid, Numbers, Step

STAGES = ("I", "Q", "K", "V", "A", "A′", "O")
COSTS = ("weights", "projections", "pairs")
TOKENS = np.array(
    [[1, 1, 2, -1], [0, 1, 1, 2], [2, -1, 0, 1], [1, 1, -1, 0],
     [0, 2, 1, 1], [-1, 1, 0, 2], [2, 1, 0, -1], [1, -1, 2, 0]],
    float,
)  # fmt: skip
PARTS = {
    "wq": np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]], float),
    "wk": np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]], float),
    "wv": np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], float),
}
FACTORS = {
    "Q": ("W_q", "I"),
    "K": ("W_k", "I"),
    "V": ("W_v", "I"),
    "A": ("Kᵀ", "Q"),
    "A′": ("A",),
    "O": ("V", "A′"),
}
ROWS = {
    "Q": ("I", "W_q"),
    "K": ("I", "W_k"),
    "V": ("I", "W_v"),
    "A": ("Q", "Kᵀ"),
    "A′": ("A",),
    "O": ("A′", "V"),
}


class Matrices(Attend):
    """Attention as four products and a softmax; columns are places, or rows as in the libraries."""

    @property
    def fits(self) -> bool:
        return self.settings["dq"] == self.settings["dk"]

    def given(self) -> Mapping[str, Any]:
        now = self.settings
        d, sizes = now["d"], {"wq": now["dq"], "wk": now["dk"], "wv": now["dv"]}
        own = {name: w[:d, : sizes[name]] for name, w in PARTS.items()}
        return {"a": TOKENS[: now["length"], :d], **own}

    def worked(self) -> Mapping[str, Any]:
        """The matrices by name, columns as places, and how many weights and multiplications they take."""
        given, n = self.given(), self.settings["length"]
        a, q, k, v = given["a"], *(given["a"] @ given[name] for name in PARTS)
        alpha = weights = np.full((n, n), np.nan)
        b = np.full((n, v.shape[1]), np.nan)
        if self.fits:
            q, k, v, alpha, weights, b = attend(**given)
        rows = {"I": a, "Q": q, "K": k, "V": v, "A": alpha, "A′": weights, "O": b}
        rows |= {"Kᵀ": k.T, **dict(zip(("W_q", "W_k", "W_v"), (given[name] for name in PARTS), strict=True))}
        count = sum(given[name].size for name in PARTS)
        pairs = n * n * (q.shape[1] + v.shape[1])
        matrices = rows if self.settings["layout"] == "rows" else {name: m.T for name, m in rows.items()}
        return {**matrices, "weights": count, "projections": n * count, "pairs": pairs}

    def act(self, action: str) -> Mapping[str, Any]:
        return {"stage": (self.settings["stage"] + 1) % len(STAGES)}

    @property
    def stage(self) -> str:
        return STAGES[self.settings["stage"]]

    def how(self) -> Mapping[str, tuple[str, ...]]:
        return ROWS if self.settings["layout"] == "rows" else FACTORS

    def numbers(self) -> Numbers:
        """Each product with its shapes, the first entry of the one in hand, and what all cost."""
        steps = []
        for name in STAGES:
            hot = name == self.stage
            if name not in self.how():
                steps.append(Step(text=f"{name}: {self.size(name)}", note="note.inputs", hot=hot))
                continue
            parts = self.how()[name]
            if not self.fits and name == "A":
                text = f"A = {'·'.join(parts)}: {' · '.join(map(self.size, parts))}"
                text += f", {self.settings['dk']} ≠ {self.settings['dq']}"
                steps.append(Step(text=text, note="note.misfit", hot=hot))
            elif not self.fits and name in ("A′", "O"):
                steps.append(Step(text=f"{name}: —", hot=hot))
            elif name == "A′":
                steps.append(Step(text=f"A′ = softmax(A): {self.size(name)}", note="note.shares", hot=hot))
            else:
                text = f"{name} = {'·'.join(parts)}: {' · '.join(map(self.size, parts))} → {self.size(name)}"
                steps.append(Step(text=text, hot=hot))
        now = self.settings
        weights, projections, pairs = (int(self.now[name]) for name in COSTS)
        d, dq, dk, dv = (now[name] for name in ("d", "dq", "dk", "dv"))
        return Numbers(
            steps=(
                *steps,
                *self.entry(),
                self.line(f"{d}·({dq} + {dk} + {dv}) = {weights}", "weights", note="note.weights"),
                self.line(f"N·{weights} = {projections}", "projections", note="note.projections"),
                self.line(f"N²·({dk} + {dv}) = {pairs}", "pairs", note="note.pairs"),
            )
        )  # fmt: skip

    def size(self, name: str) -> str:
        rows, cols = self.now[name].shape
        return f"{rows}×{cols}"

    def entry(self) -> list[Step]:
        """How the entry at the upper left of the matrix in hand comes about."""
        parts = self.how().get(self.stage, ())
        if len(parts) != 2 or not np.isfinite(self.now[self.stage]).all():
            return []
        u, v = self.now[parts[0]][0], self.now[parts[1]][:, 0]
        product = " + ".join(f"{x:.3g}·{y:.3g}" for x, y in zip(u, v, strict=True))
        text = f"{self.stage}[1,1] = {product} = {self.now[self.stage][0, 0]:.3g}"
        return [self.line(text, note="note.entry")]

    def factors(self) -> Grid:
        """The matrices that the one in hand is made of, side by side."""
        parts = self.how().get(self.stage, (self.stage,))
        tall, cols, blocks = max(len(self.now[name]) for name in parts), [], []
        for name in parts:
            part = self.now[name]
            blocks.append(np.pad(part, ((0, tall - len(part)), (0, 1)), constant_values=np.nan))
            cols += ["=" + name] + ["="] * part.shape[1]
        values = np.concatenate(blocks, axis=1)[:, :-1]
        return Grid(values=values, cols=tuple(cols[:-1]), tensor="·".join(parts))

    def result(self) -> Grid:
        """The matrix in hand."""
        m = self.now[self.stage]
        return Grid(values=m.copy(), cols=("=" + self.stage, *["="] * (m.shape[1] - 1)), tensor=self.stage)

    def metrics(self) -> Mapping[str, float]:
        return {name: float(self.now[name]) for name in COSTS}

    def facts(self) -> Mapping[str, Any]:
        return {"fits": self.fits, "outputs": bool(np.isfinite(self.now["O"]).all())}
