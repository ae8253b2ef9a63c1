"""Three classes of the plane: one softmax for all of them, or a sigmoid for each against the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import mnist
from lessons.data.generators import draws, three_clusters
from lessons.labs import race
from lessons.labs.base import Training
from lessons.labs.codes import CENTRES
from lessons.labs.functions import sigmoid
from lessons.labs.net import border, spread, stack
from lessons.labs.written import by_hand, index
from lessons.views import Bars, Dots, Line, Numbers, Plane, Step

POINTS, UPDATES = 300, 300
DIGITS = (0, 1, 4)
NAMES = {"digits": tuple(f"digit-{d}" for d in DIGITS), "triangle": ("a", "b", "c"), "row": ("a", "b", "c")}
REACH = {"digits": 3.2, "triangle": 3.6, "row": 3.6}
WIDE = 1.5  # times as wide as high
FIELD = (96, 64)
CHORDS = 30000  # pairs of places of one region whose middle is looked at
SOFTMAX, REST = "softmax", "one-vs-rest"


@lru_cache(maxsize=16)
def points(data: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x (POINTS, 2) and the class (POINTS,) of each; digits along the two directions in which they spread most."""
    if data != "digits":
        x, y = three_clusters(POINTS, seed)
        return x - CENTRES["triangle"][y] + CENTRES[data][y], y
    pictures, labels, *_ = mnist()
    order = draws(seed, 84).permutation(20000)
    at = np.concatenate([order[labels[order] == d][: POINTS // 3] for d in DIGITS])
    flat = pictures[np.sort(at)] / 255.0
    truth = labels[np.sort(at)]
    x = spread(flat, np.where(truth == 4, 7, truth))  # whose signs go by zeros, ones and sevens
    return x / x.std(), np.searchsorted(DIGITS, truth)


class Regions(Training):
    """z_k = w_k·x + b_k for three classes, from the same start under either head; width: units of a hidden layer.

    head: softmax with cross-entropy, or one-vs-rest, three sigmoids that each learn yes or no.
    """

    sparse_every = 10

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.x, self.y = points(settings["data"], seed)
        net, width = Network(), int(settings["width"])
        top = stack(net, net.input(2), [width] if width else [], "tanh")
        z = net.dense(top, 3, name="logits", init="xavier")
        net.loss(z, "cross-entropy" if settings["head"] == SOFTMAX else "binary-cross-entropy")
        self.z = z
        target = self.y if settings["head"] == SOFTMAX else np.eye(3)[self.y]
        options = {
            "optimizer": "adam",
            "rate": settings["rate"],
            "seed": seed,
            "dtype": "float64",
            "shuffle": False,
        }
        super().__init__(settings, seed, Trainer(net, self.x, target, **options), UPDATES)

    def restore(self, state: Sequence[Any]) -> None:
        mine = self.settings["probe"]  # what is looked at is the learner's
        super().restore(state)
        self.settings["probe"] = mine

    def logits(self, x: np.ndarray) -> np.ndarray:
        """(N, 3) z at places x (N, 2)."""
        return self.trainer.predict(x, node=self.z)

    def chances(self, z: np.ndarray) -> np.ndarray:
        """(N, 3) what the head makes of z: softmax, or three sigmoids."""
        if self.settings["head"] == SOFTMAX:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        return sigmoid(z)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        high = REACH[self.settings["data"]]
        return (-WIDE * high, WIDE * high, -high, high)

    def square(self) -> np.ndarray:
        """The places of the field, row by row from the bottom."""
        x0, x1, y0, y1 = self.extent
        gx, gy = np.meshgrid(np.linspace(x0, x1, FIELD[0]), np.linspace(y0, y1, FIELD[1]))
        return np.stack([gx.ravel(), gy.ravel()], axis=1)

    def bent(self) -> float:
        """The share of chords of a region whose middle lies in another region: 0 where all borders are straight."""
        places = self.square()
        named = self.logits(places).argmax(axis=1)
        one, other = draws(self.seed, 85).integers(0, len(places), (2, CHORDS))
        same = named[one] == named[other]
        middle = self.logits((places[one[same]] + places[other[same]]) / 2).argmax(axis=1)
        return float((middle != named[one[same]]).mean()) if same.any() else 0.0

    def right(self) -> float:
        """The share of points whose class has the largest z."""
        return float((self.logits(self.x).argmax(axis=1) == self.y).mean())

    def sure(self) -> np.ndarray:
        """(3,) of each class's points, the share to which their own class gives more than one half."""
        own = self.chances(self.logits(self.x))[np.arange(len(self.y)), self.y] > 0.5
        return np.array([own[self.y == c].mean() for c in range(3)])

    def sparse(self) -> Mapping[str, float]:
        return {"accuracy": self.right()}

    def metrics(self) -> Mapping[str, float]:
        return self.sparse()

    def facts(self) -> Mapping[str, Any]:
        chances = self.chances(self.logits(self.square()))
        total, yes = chances.sum(axis=1), (chances > 0.5).sum(axis=1)
        return {
            "bent": self.bent(),
            "sums": (float(total.min()), float(total.max())),
            "nobody": float((yes == 0).mean()),
            "two": float((yes > 1).mean()),
            "sure": tuple(self.sure().tolist()),
        }

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """As the only arm; both planes are its own."""
        name = self.settings["head"]
        return PICTURES[view]({name: self}, name, past)

    def dots(self) -> tuple[Dots, ...]:
        return tuple(
            Dots(word=f"series.{name}", x=self.x[self.y == c, 0].copy(), y=self.x[self.y == c, 1].copy(),
                 group=np.full(int((self.y == c).sum()), c))
            for c, name in enumerate(NAMES[self.settings["data"]])
        )  # fmt: skip

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """(2, 3) and (3,) of the linear z."""
        theta = self.trainer.theta
        return theta[:6].reshape(2, 3), theta[6:9]

    def plane(self) -> Plane:
        """The class with the largest z at each place; the straight borders; of sigmoids each one's line f = 1/2."""
        field = self.logits(self.square()).argmax(axis=1).astype(float).reshape(FIELD[::-1])
        paths: list[Line] = []
        if not int(self.settings["width"]):
            paths += self.borders()
            if self.settings["head"] == REST:
                w, b = self.weights()
                for c, name in enumerate(NAMES[self.settings["data"]]):
                    paths += border(*w[:, c], b[c], self.extent, f"series.half-{name}", "part")
        probe = tuple(float(v) for v in self.settings["probe"])
        return Plane(
            extent=self.extent, field=field, scale="class", paths=tuple(paths), dots=self.dots(), x="axis.x1",
            y="axis.x2", cursor=probe,
        )  # fmt: skip

    def borders(self) -> list[Line]:
        """Where two z are equal and the third is smaller: pieces of three straight lines."""
        w, b = self.weights()
        found = []
        for i, j in ((0, 1), (0, 2), (1, 2)):
            for line in border(*(w[:, i] - w[:, j]), b[i] - b[j], self.extent, "series.equal", "path"):
                x, y = (np.linspace(ends[0], ends[1], 161) for ends in (line.x, line.y))
                z = np.stack([x, y], axis=1) @ w + b
                top = np.flatnonzero(z[:, i] >= z[:, 3 - i - j])
                if len(top):
                    found.append(Line(word=line.word, x=x[top[[0, -1]]], y=y[top[[0, -1]]], role="target"))
        return found


# Pictures of both heads


def plane(name: str) -> race.Picture:
    """The plane of one arm, whichever is in sight; of another where this one does not run."""
    return lambda arms, chosen, past: arms[name if name in arms else chosen].plane()


def yes(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Plane:
    """How many of the three sigmoids say yes at each place."""
    model = arms[REST if REST in arms else chosen]
    count = (model.chances(model.logits(model.square())) > 0.5).sum(axis=1)
    field = count.astype(float).reshape(FIELD[::-1])
    return Plane(
        extent=model.extent, field=field, scale="linear", levels=(0.0, 3.0), dots=model.dots(), x="axis.x1",
        y="axis.x2", cursor=tuple(float(v) for v in model.settings["probe"]),
    )  # fmt: skip


def pair(arms: race.Arms, chosen: str) -> list[tuple[str, Regions]]:
    """The arms, softmax first."""
    return sorted(race.begun(arms, chosen), key=lambda one: one[0] != SOFTMAX)


def side_by_side(measure: Callable[[Regions], np.ndarray]) -> race.Picture:
    """Bars of three numbers of one arm, and beside them the other's."""

    def draw(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Bars:
        ready = pair(arms, chosen)
        labels = tuple(f"series.{name}" for name in NAMES[ready[0][1].settings["data"]])
        beside = (
            {"beside": measure(ready[1][1]), "beside_word": f"arm.{ready[1][0]}"} if len(ready) > 1 else {}
        )
        return Bars(labels=labels, values=measure(ready[0][1]), word=f"arm.{ready[0][0]}", **beside)

    return draw


def probed(model: Regions) -> np.ndarray:
    """(3,) the chances at the probe."""
    return model.chances(model.logits(np.array([model.settings["probe"]], float)))[0]


def numbers(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Numbers:
    """z, the exponentials, their sum and y at the probe; then the three sigmoids and their sum."""
    steps = []
    for name, model in pair(arms, chosen):
        z = model.logits(np.array([model.settings["probe"]], float))[0]
        y = probed(model)
        if name == SOFTMAX:
            total = np.exp(z).sum()
            for k in range(3):
                at = index(k + 1)
                steps.append(
                    Step(text=f"z{at} = {z[k]:.2f}, e^z{at} = {np.exp(z[k]):.4g}", note="note.logit")
                )
            steps.append(Step(text=f"Σ e^z = {total:.4g}", note="note.add"))
            for k in range(3):
                at = index(k + 1)
                steps.append(
                    Step(text=f"y{at} = {np.exp(z[k]):.4g} / {total:.4g} = {y[k]:.4f}", note="note.divide")
                )
            top = int(y.argmax())
            steps.append(Step(text=f"y₁ + y₂ + y₃ = {y.sum():.4f}", note="note.one", hot=True))
            steps.append(Step(text=f"−ln y{index(top + 1)} = {-np.log(y[top]):.4f}", note="note.cost"))
        else:
            for k in range(3):
                steps.append(
                    Step(text=f"f{index(k + 1)} = σ({z[k]:.2f}) = {y[k]:.4f}", note="note.own-sigmoid")
                )
            steps.append(Step(text=f"f₁ + f₂ + f₃ = {y.sum():.4f}", note="note.not-one", hot=True))
    return by_hand(steps)


PICTURES: Mapping[str, Callable] = {
    "plane-softmax": plane(SOFTMAX),
    "plane-rest": plane(REST),
    "shares": side_by_side(probed),
    "sure": side_by_side(lambda model: 100 * model.sure()),
    "numbers": numbers,
    "yes": yes,
}
