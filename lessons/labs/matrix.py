"""The matrix form worked by hand: r = b + Wx, a = σ(r), y = b + cᵀa, number by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lessons.labs.functions import sigmoid
from lessons.labs.walk import Walk
from lessons.labs.written import index, signed
from lessons.views import Diagram, Grid, Node, Numbers, Step, Table

SHIFTS = np.array([0.5, -1.0, 0.0, 1.0])  # one per sigmoid
HEIGHTS = np.array([1.0, -0.5, 2.0, 0.5])
FEATURES = ("x1", "x2", "x3")


class Matrix(Walk):
    """Three features, up to four sigmoids; what the last change moved is marked in every view."""

    def worked(self) -> dict[str, np.ndarray]:
        return self.at(self.settings)

    @staticmethod
    def at(settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """W (units, 3), b, c, x, r, a and y at these settings."""
        units = settings["units"]
        W = np.array(settings["weights"], float).reshape(-1, 3)[:units]
        x = np.array([settings[name] for name in FEATURES], float)
        b, c, floor = SHIFTS[:units], HEIGHTS[:units], np.array([float(settings["bias"])])
        r = b + W @ x
        a = sigmoid(r)
        return {"x": x, "W": W, "b": b, "c": c, "floor": floor, "r": r, "a": a, "y": floor + c @ a}

    def moved(self, name: str) -> np.ndarray:
        """Of one more unit only what is new."""
        now, was = self.now[name], self.was[name]
        both = min(len(now), len(was))
        fresh = np.ones(now.shape, bool)
        fresh[:both] = now[:both] != was[:both]
        return fresh

    def unknowns(self) -> np.ndarray:
        """All unknowns in one vector: rows of W, b, c, b."""
        now = self.now
        return np.concatenate((now["W"].ravel(), now["b"], now["c"], now["floor"]))

    def act(self, action: str) -> Mapping[str, Any]:
        if action == "raise":
            weights = list(self.settings["weights"])
            weights[1] = weights[1] + 1 if weights[1] + 1 <= 3 else -3.0
            return {"weights": tuple(weights)}
        if action == "feature":
            x2 = self.settings["x2"]
            return {"x2": x2 - 1 if x2 - 1 >= -2 else 2.0}
        return {"units": self.settings["units"] % 4 + 1}

    def weights(self) -> Grid:
        W = self.now["W"]
        rows = tuple(f"=σ{index(i + 1)}" for i in range(len(W)))
        return self.grid("W", rows, tuple(f"=x{index(j + 1)}" for j in range(3)), digits=1)

    def numbers(self) -> Numbers:
        now, steps = self.now, []
        for i, row in enumerate(now["W"]):
            inner = " ".join(f"{w:+.1f}·{signed(x, 1)}" for w, x in zip(row, now["x"], strict=True))
            text = f"r{index(i + 1)} = {now['b'][i]:.1f} {inner} = {now['r'][i]:.2f}"
            steps.append(self.line(text, ("r", i), note="" if i else "note.r"))
        for i, a in enumerate(now["a"]):
            text = f"a{index(i + 1)} = σ({now['r'][i]:.2f}) = {a:.3f}"
            steps.append(self.line(text, ("a", i), note="" if i else "note.a"))
        inner = " ".join(f"{c:+.1f}·{a:.3f}" for c, a in zip(now["c"], now["a"], strict=True))
        steps.append(self.line(f"y = {now['floor'][0]:.1f} {inner} = {now['y'][0]:.3f}", "y", note="note.y"))
        units = len(now["W"])
        text = f"|θ| = {units}·3 + {units} + {units} + 1 = {self.unknowns().size}"
        steps.append(Step(text=text, note="note.count", hot=len(self.was["W"]) != units))
        return Numbers(steps=tuple(steps))

    def network(self) -> Diagram:
        now = self.now
        units = len(now["W"])
        rows = {"x": 3, "r": units, "a": units, "y": 1}
        nodes = []
        for (name, count), place in zip(rows.items(), (0.05, 0.38, 0.66, 0.95), strict=True):
            for k in range(count):
                label = "=y" if name == "y" else f"={name}{index(k + 1)}"
                value, hot = float(now[name][k]), self.hot((name, k))
                height = (k + 0.5) / count
                nodes.append(Node(id=f"{name}{k}", x=place, y=height, label=label, value=value, hot=hot))
        edges = [
            (f"x{j}", f"r{i}", float(now["W"][i, j]), self.hot(("W", 3 * i + j)))
            for i in range(units)
            for j in range(3)
        ]
        edges += [(f"r{i}", f"a{i}", None, self.hot(("r", i))) for i in range(units)]
        edges += [(f"a{i}", "y0", float(now["c"][i]), self.hot(("a", i))) for i in range(units)]
        return Diagram(nodes=tuple(nodes), edges=tuple(edges))

    def theta(self) -> Table:
        units = len(self.now["W"])
        names = [f"=w{index(i + 1)}{index(j + 1)}" for i in range(units) for j in range(3)]
        names += (
            [f"=b{index(i + 1)}" for i in range(units)] + [f"=c{index(i + 1)}" for i in range(units)] + ["=b"]
        )
        rows = tuple(
            (k + 1, name, float(v)) for k, (name, v) in enumerate(zip(names, self.unknowns(), strict=True))
        )
        moved = np.flatnonzero(self.moved("W"))
        chosen = int(moved[0]) if len(moved) == 1 else -1
        return Table(columns=("column.index", "column.name", "column.value"), rows=rows, chosen=chosen)

    def metrics(self) -> Mapping[str, float]:
        return {"y": float(self.now["y"][0]), "parameters": float(self.unknowns().size)}

    def facts(self) -> Mapping[str, Any]:
        now = self.now
        weights = list(self.settings["weights"])
        weights[1] += 1
        nudged = self.at({**self.settings, "weights": weights})
        touched = [k for k in range(len(now["r"])) if nudged["r"][k] != now["r"][k]]
        return {name: now[name].tolist() for name in "xrayW"} | {
            "touched": touched,
            "theta": self.unknowns().tolist(),
        }
