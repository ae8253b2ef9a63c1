"""XOR by logistic regression on features that are given, made by hand, or learned by logistic units before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.population import Population
from lessons.data.generators import draws, xor4
from lessons.labs.base import Still
from lessons.labs.functions import sigmoid
from lessons.labs.net import border
from lessons.labs.written import by_hand, index, signed
from lessons.views import Bars, Dots, Images, Numbers, Plane, Step, Table

UPDATES, EVERY = 2000, 50
NETS = 256
PICKS = 32  # nets that can be looked at
HAIR = 1e-9  # a z no larger lies on the line
LECTURE = np.array([[-2.0, 2.0], [2.0, -2.0]]), np.array([-1.0, -1.0])  # (in, unit) weights and biases
EXTENT = (-0.4, 1.4, -0.4, 1.4)
FIELD, MAP = (60, 60), 28
CLASSES = ("class-1", "class-2")
POINTS, TARGETS = xor4()


class Cascade(Still):
    """NETS logistic regressions at once on the features of four points, from other starts each.

    Settings: features (plain; distance to (0,0) and (1,1); lecture, two logistic units with its weights; learned,
    two logistic units that are trained too), width and activation of what is learned, spread of the start, rate.
    """

    columns = ("mean-loss",)
    sparse_every = EVERY
    limit = UPDATES

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.width = int(settings["width"]) if settings["features"] == "learned" else 2
        sizes = (2, self.width, 1) if settings["features"] == "learned" else (2, 1)
        count = sum(k * n + n for k, n in zip(sizes, sizes[1:], strict=False))
        start = draws(seed, 83).normal(0, settings["spread"], (NETS, count))
        self.population = Population(
            sizes, NETS, self.given(POINTS), TARGETS.astype(float), activation=settings["activation"],
            loss="binary-cross-entropy", rate=settings["rate"], dtype="float64", theta=start, threads=False,
        )  # fmt: skip
        self.peak, self.finest = self.right(), start.copy()

    # What the regressions see

    def given(self, x: np.ndarray) -> np.ndarray:
        """(N, 2) what enters the trained part at places x (N, 2)."""
        match self.settings["features"]:
            case "distance":
                return np.stack([np.linalg.norm(x, axis=1), np.linalg.norm(x - 1, axis=1)], axis=1)
            case "lecture":
                return sigmoid(x @ LECTURE[0] + LECTURE[1])
        return x

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of θ (N, P): hidden weights (N, 2, width) and biases (N, width), or nothing; then w (N, ·), b (N,)."""
        if self.settings["features"] != "learned":
            return np.empty((len(theta), 0, 0)), np.empty((len(theta), 0)), theta[:, :2], theta[:, 2]
        m = self.width
        return (
            theta[:, : 2 * m].reshape(-1, 2, m),
            theta[:, 2 * m : 3 * m],
            theta[:, 3 * m : 4 * m],
            theta[:, 4 * m],
        )

    def features(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """(N, places, features) what the last logistic regression of each net sees at places x."""
        weight, bias, *_ = self.parts(theta)
        seen = self.given(x)
        if not weight.size:
            return np.broadcast_to(seen, (len(theta), *seen.shape))
        h = np.einsum("ei,nij->nej", seen, weight) + bias[:, None]
        return sigmoid(h) if self.settings["activation"] == "sigmoid" else h

    def logits(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """(N, places) z of each net."""
        *_, w, b = self.parts(theta)
        return np.einsum("nef,nf->ne", self.features(theta, x), w) + b[:, None]

    def right(self) -> np.ndarray:
        """(N,) how many of the four points each net has on the right side; one on its very line is on no side."""
        return (self.logits(self.population.theta, POINTS) * (2 * TARGETS - 1) > HAIR).sum(axis=1)

    # The model's promises

    @property
    def step(self) -> int:
        return self.population.step

    def train(self, updates: int) -> np.ndarray:
        rows, left = [np.empty((0, 1))], min(updates, self.limit - self.step)
        while left > 0:
            piece = min(left, EVERY - self.step % EVERY)
            rows.append(self.population.train(piece, every=1).mean(axis=1, keepdims=True))
            left -= piece
            if self.step % EVERY == 0:
                self._note()
        return np.concatenate(rows)

    def _note(self) -> None:
        """Keep how many each net had right at its best, and its θ then."""
        right = self.right()
        better = right > self.peak
        self.peak[better], self.finest[better] = right[better], self.population.theta[better]

    def sparse(self) -> Mapping[str, float]:
        return {"solved": float((self.right() == 4).mean())}

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.population.state(), self.peak.copy(), self.finest.copy()

    def restore(self, state: Sequence[Any]) -> None:
        settings, inner, peak, finest = state
        self.settings = {**settings, "net": self.settings["net"]}  # what is looked at is the learner's
        self.population.restore(inner)
        self.peak, self.finest = peak.copy(), finest.copy()

    def act(self, action: str) -> Mapping[str, Any] | None:
        """Look at the next net that has solved it, or at the next that has not; at the present one if there is none."""
        wanted = (self.right()[:PICKS] == 4) == (action == "solved")
        here = int(self.settings["net"])
        after = [k % PICKS for k in range(here + 1, here + PICKS + 1) if wanted[k % PICKS]]
        return {"net": after[0] if after else here}

    # What is seen

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    @property
    def one(self) -> np.ndarray:
        """(1, P) θ of the net in hand."""
        return self.population.theta[[int(self.settings["net"])]]

    def _dots(self, at: np.ndarray) -> tuple[Dots, ...]:
        """The four points at these places: class 1 and class 2."""
        return tuple(
            Dots(word=f"series.{name}", x=at[c == TARGETS, 0], y=at[c == TARGETS, 1], group=np.full(2, 1 - c))
            for c, name in zip((1, 0), CLASSES, strict=True)
        )

    def input(self) -> Plane:
        """P(class 1) at each place, the four points, and the line of each unit before the last."""
        field = 1 - sigmoid(self.logits(self.one, _square(EXTENT, FIELD))[0]).reshape(FIELD[::-1])
        weight, bias, w, b = (part[0] for part in self.parts(self.one))
        if self.settings["features"] == "lecture":
            weight, bias = LECTURE
        lines = [
            border(*weight[:, k], bias[k], EXTENT, f"series.unit-{k + 1}", "part")
            for k in range(min(2, len(bias)))
        ]
        if self.settings["features"] == "plain":
            *_, u, c = (part[0] for part in self.parts(self.finest[[int(self.settings["net"])]]))
            lines += [border(*u, c, EXTENT, "series.best-line", "part"), border(*w, b, EXTENT)]
        paths = tuple(line for found in lines for line in found)
        dots = self._dots(POINTS)
        return Plane(
            extent=EXTENT, field=field, scale="class", paths=paths, dots=dots, x="axis.x1", y="axis.x2"
        )

    def hidden(self) -> Plane:
        """The four points where the features put them, under the last logistic regression and its straight line."""
        at = self.features(self.one, POINTS)[0][:, :2]
        low, high = np.minimum(at.min(axis=0), 0), np.maximum(at.max(axis=0), 1)
        pad = 0.12 * (high - low)
        extent = tuple(float(v) for pair in zip(low - pad, high + pad, strict=True) for v in pair)
        w, b = (part[0] for part in self.parts(self.one)[2:])
        field = 1 - sigmoid(_square(extent, FIELD) @ w[:2] + b).reshape(FIELD[::-1])
        paths = border(*w[:2], b, extent)
        return Plane(
            extent=extent,
            field=field,
            scale="class",
            paths=paths,
            dots=self._dots(at),
            x="axis.f1",
            y="axis.f2",
        )

    def solved(self) -> Bars:
        """How many nets have so many of the four points right now; beside, at their best moment."""
        now, peak = (np.bincount(count, minlength=5).astype(float) for count in (self.right(), self.peak))
        labels = tuple(f"={k} / 4" for k in range(5))
        return Bars(
            labels=labels, values=now, beside=peak, word="series.nets-now", beside_word="series.nets-peak"
        )

    def maps(self) -> Images:
        """What each unit gives over the plane, 0 to 1, the output last; the top row is high x₂."""
        places = _square(EXTENT, (MAP, MAP))
        seen = self.features(self.one, places)[0].T
        out = sigmoid(self.logits(self.one, places))
        maps = np.concatenate([seen, out]).reshape(-1, MAP, MAP)[:, ::-1]
        names = (*(f"=x′{index(k + 1)}" for k in range(len(seen))), "=f")
        return Images(images=maps.copy(), captions=names, tensor="f")

    def points(self) -> Table:
        """The four points, their features and f; for the lecture's weights with the lecture's numbers."""
        at, f = self.features(self.one, POINTS)[0], sigmoid(self.logits(self.one, POINTS))[0]
        told = self.settings["features"] == "lecture"
        rows = []
        for k, (x, label) in enumerate(zip(POINTS, TARGETS, strict=True)):
            cells = [
                f"=({x[0]:.0f}, {x[1]:.0f})",
                f"={label}",
                *(round(float(v), 2) for v in at[k, :2]),
                round(float(f[k]), 2),
            ]
            rows.append((*cells, SLIDE[k]) if told else tuple(cells))
        heads = ("point", "target", "f1", "f2", "f", *(("lecture",) if told else ()))
        return Table(columns=tuple(f"column.{head}" for head in heads), rows=tuple(rows))

    def numbers(self) -> Numbers:
        """The features of the four points, then f, of the net in hand."""
        weight, bias, w, b = (part[0] for part in self.parts(self.one))
        kind = self.settings["features"]
        if kind == "lecture":
            weight, bias = LECTURE
        at, z = self.features(self.one, POINTS)[0], self.logits(self.one, POINTS)[0]
        steps = []
        for k, (x1, x2) in enumerate(POINTS):
            note = f"note.class-{2 - TARGETS[k]}"
            for unit in range(min(2, at.shape[1])):
                name, value = f"x′{index(unit + 1)}", at[k, unit]
                if kind in ("plain", "distance"):
                    far = "" if kind == "plain" else f"√(({x1:.0f} − {unit})² + ({x2:.0f} − {unit})²) = "
                    steps.append(Step(text=f"{name} = {far}{value:.2f}", note=note if unit == 0 else ""))
                else:
                    (u, v), c = weight[:, unit], bias[unit]
                    bent = f"{u:.2f}·{x1:.0f} + {signed(v)}·{x2:.0f} + {signed(c)}"
                    bent = (
                        bent
                        if kind == "learned" and self.settings["activation"] != "sigmoid"
                        else f"σ({bent})"
                    )
                    steps.append(Step(text=f"{name} = {bent} = {value:.2f}", note=note if unit == 0 else ""))
            inner = " + ".join(f"{signed(w[unit])}·{signed(at[k, unit])}" for unit in range(len(w)))
            hot = (z[k] > 0) != TARGETS[k]
            if len(w) <= 2:
                text = f"f = σ({inner} + {signed(b)}) = {float(sigmoid(z[k : k + 1])[0]):.3f}"
                steps.append(
                    Step(text=text, note="note.wrong-side" if hot else "note.right-side", hot=bool(hot))
                )
        return by_hand(steps)

    def metrics(self) -> Mapping[str, float]:
        losses = self.population.losses()
        return {"mean-loss": float(losses.mean()), "solved": float((self.right() == 4).mean())}

    def facts(self) -> Mapping[str, Any]:
        z = self.logits(self.population.theta, POINTS)
        return {
            "counts": tuple(np.bincount(self.right(), minlength=5).tolist()),
            "most": int(self.peak.max()),
            "unsure": float(np.abs(sigmoid(z) - 0.5).max()),
            "features": tuple(np.round(self.features(self.one, POINTS)[0][:, :2], 4).ravel().tolist()),
        }


SLIDE = ("=(0.27, 0.27)", "=(0.73, 0.05)", "=(0.05, 0.73)", "=(0.27, 0.27)")


def _square(extent: Sequence[float], size: tuple[int, int]) -> np.ndarray:
    """(cols·rows, 2) places of a grid, row by row from the bottom."""
    x0, x1, y0, y1 = extent
    gx, gy = np.meshgrid(np.linspace(x0, x1, size[0]), np.linspace(y0, y1, size[1]))
    return np.stack([gx.ravel(), gy.ravel()], axis=1)
