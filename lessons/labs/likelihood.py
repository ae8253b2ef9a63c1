"""Logistic regression on two features: how likely its w and b make the labels, and how likely the learner's own do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.data import Standardizer
from engine.network import Network
from engine.statistics import logistic_loss, logistic_regression, separable
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.data import pokedex, pokemon
from lessons.data.generators import draws, three_clusters
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.labs.net import border
from lessons.labs.written import by_hand, raised, signed
from lessons.views import Curve, Dots, Line, Numbers, Plane, Step, Table

UPDATES = 300
CLOUD = 120  # points of two clouds
FEATURES = {"pokemon": ("sp_attack", "speed"), "lecture": ("defense", "sp_defense")}
CLASSES = {"pokemon": ("water", "normal"), "lecture": ("water", "normal"), "clouds": ("cloud-a", "cloud-b")}
THREE = ("Squirtle", "Starmie", "Snorlax")  # two of class 1 and one of class 2
FIELD = (96, 64)
LENGTH = 2.0  # of w at the start
REACH = 4.0  # z in the picture of the outputs
MOST = 8.0  # of the learner's w and b
HAND = ("w1", "w2", "b")


def sample(data: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x (N, 2) and ŷ (N,), 1 for class 1 (Water); then the test's."""
    if data in FEATURES:
        x, y, u, v = pokemon(FEATURES[data])
        return x, 1 - y, u, 1 - v
    pairs = [three_clusters(CLOUD * 3 // 2, seed + more) for more in (0, 1_000_003)]
    return tuple(part for x, c in pairs for part in (x[c < 2], 1 - c[c < 2]))


def costs(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """−[ŷ·ln f + (1 − ŷ)·ln(1 − f)] of each example, f = σ(z)."""
    return np.logaddexp(0, np.where(y == 1, -z, z))


class Likelihood(Training):
    """Descent from a border that lies the wrong way round; the features in standard deviations from their means.

    Settings: data, loss (cross-entropy, or mse of f), rate; w1, w2 and b are the learner's, only looked at.
    """

    sparse_every = 10

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.data = settings["data"]
        self.x, self.y, self.test_x, self.test_y = sample(self.data, seed)
        self.scale = Standardizer.fit(self.x)
        self.s = self.scale.apply(self.x)
        # Without an overlap of the classes no w is the best.
        self.best = None if separable(self.s, self.y) else logistic_regression(self.s, self.y)
        net = Network()
        z = net.dense(net.input(2), 1, name="line")
        if settings["loss"] == "cross-entropy":
            net.loss(z, "binary-cross-entropy")
        else:
            net.loss(net.activation(z, "sigmoid", name="f"), "mse")
        options = {"rate": settings["rate"], "dtype": "float64", "shuffle": False, "seed": seed}
        trainer = Trainer(net, self.s, self.y[:, None], theta=self._wrong(seed), watch=(0, 1, 2), **options)
        super().__init__(settings, seed, trainer, UPDATES)
        self.start = trainer.theta
        self.record = Tape(trainer.columns)
        low, high = self.x.min(axis=0), self.x.max(axis=0)
        pad = 0.06 * (high - low)
        (x0, y0), (x1, y1) = low - pad, high + pad
        self.extent = (float(x0), float(x1), float(y0), float(y1))
        names = pokedex().name
        chosen = [self._row(names.index(name)) for name in THREE] if self.data in FEATURES else (0, 2, 1)
        self.three = [
            (name if self.data in FEATURES else "", k) for name, k in zip(THREE, chosen, strict=True)
        ]

    def _wrong(self, seed: int) -> np.ndarray:
        """θ whose w points 100° to 150° away from the way between the classes' means."""
        g = draws(seed, 82)
        way = self.s[self.y == 1].mean(axis=0) - self.s[self.y == 0].mean(axis=0)
        angle = np.arctan2(way[1], way[0]) + np.deg2rad(g.uniform(100, 150)) * (
            1 if g.uniform() < 0.5 else -1
        )
        return np.array([LENGTH * np.cos(angle), LENGTH * np.sin(angle), g.uniform(-1, 1)])

    def _row(self, number: int) -> int:
        """Where the Pokémon of that row of the table stands among the training examples."""
        dex = pokedex()
        kept = [
            k for k, kinds in enumerate(dex.types) if dex.number[k] < 400 and kinds[0] in ("Water", "Normal")
        ]
        return kept.index(number)

    # The model's promises

    def train(self, updates: int) -> np.ndarray:
        rows = super().train(updates)
        self.record.append(rows)
        return rows[:, :2]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.trainer.columns[:2]

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        mine = {name: self.settings[name] for name in HAND}  # the learner's stay, the rest belongs to the run
        super().restore(state[:-1])
        self.settings |= mine
        self.record = state[-1].copy()

    def act(self, action: str) -> Mapping[str, Any] | None:
        """take: what descent has found, into the learner's hand; double: twice as much of it."""
        factor = {"take": 1, "double": 2}[action]
        return {
            name: float(np.clip(round(factor * value, 2), -MOST, MOST))
            for name, value in zip(HAND, self.trainer.theta, strict=True)
        }

    def sparse(self) -> Mapping[str, float]:
        return dict(zip(("training-accuracy", "test-accuracy"), self.right(self.trainer.theta), strict=True))

    # What is known

    @property
    def hand(self) -> np.ndarray:
        """The learner's w₁, w₂, b."""
        return np.array([float(self.settings[name]) for name in HAND])

    def logit(self, s: np.ndarray, theta: np.ndarray | None = None) -> np.ndarray:
        """z = w·x + b (N,) for standardized x."""
        w1, w2, b = self.trainer.theta if theta is None else theta
        return s @ np.array([w1, w2]) + b

    def surprise(self, theta: np.ndarray) -> float:
        """−ln L, L the likelihood of all training labels."""
        return float(costs(self.logit(self.s, theta), self.y).sum())

    def product(self, theta: np.ndarray) -> float:
        """L itself, factor by factor: f of class 1, 1 − f of class 2."""
        f = sigmoid(self.logit(self.s, theta))
        return float(np.prod(np.where(self.y == 1, f, 1 - f)))

    def right(self, theta: np.ndarray) -> tuple[float, float]:
        """The shares of training and test labels on the right side of the border."""
        parts = ((self.s, self.y), (self.scale.apply(self.test_x), self.test_y))
        return tuple(float(((self.logit(s, theta) > 0) == y).mean()) for s, y in parts)

    def turned(self) -> float:
        """Degrees between w at the start and now."""
        a, b = self.start[:2], self.trainer.theta[:2]
        return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))

    # What is seen

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def edge(self, theta: np.ndarray, word: str, role: str) -> tuple[Line, ...]:
        """The border of θ in the units of the data."""
        w = theta[:2] / self.scale.deviation
        return border(*w, theta[2] - w @ self.scale.mean, self.extent, word, role)

    def plane(self) -> Plane:
        """P(class 1) of each place, the points, the border now and at the start, and the learner's."""
        x0, x1, y0, y1 = self.extent
        gx, gy = np.meshgrid(np.linspace(x0, x1, FIELD[0]), np.linspace(y0, y1, FIELD[1]))
        z = self.logit(self.scale.apply(np.stack([gx.ravel(), gy.ravel()], axis=1)))
        paths = (
            *self.edge(self.start, "dot.start", "ghost"),
            *self.edge(self.hand, "series.hand", "part"),
            *self.edge(self.trainer.theta, "series.descent", "target"),
        )
        dots = tuple(
            Dots(word=f"series.{name}", x=self.x[self.y == c, 0].copy(), y=self.x[self.y == c, 1].copy(),
                 group=np.full(int((self.y == c).sum()), 1 - c))
            for c, name in zip((1, 0), CLASSES[self.data], strict=True)
        )  # fmt: skip
        x, y = (f"axis.{name.replace('_', '-')}" for name in FEATURES.get(self.data, ("x1", "x2")))
        field = 1 - sigmoid(z).reshape(gx.shape)  # class 1 has the first colour
        return Plane(extent=self.extent, field=field, scale="class", paths=paths, dots=dots, x=x, y=y)

    def cost(self) -> Curve:
        """Cross-entropy an example over the updates; of a coin, of the best w and b, and of the learner's."""
        count, step = len(self.y), self.step
        w = np.column_stack([self.record.column(f"theta-{k}") for k in range(3)])[:step]
        theta = np.vstack([w, self.trainer.theta])
        z = theta[:, :2] @ self.s.T + theta[:, 2:]
        y = np.logaddexp(0, np.where(self.y == 1, -z, z)).mean(axis=1)
        ends = np.array([0.0, UPDATES])
        level = lambda word, height, role: Line(word=word, x=ends, y=np.full(2, height), role=role)
        lines = [
            level("series.coin", np.log(2), "ghost"),
            level("series.hand", self.surprise(self.hand) / count, "part"),
            Line(word="series.descent", x=np.arange(len(y)), y=y, role="raw"),
        ]
        if self.best is not None:
            least = logistic_loss(self.best.weight, self.best.bias, self.s, self.y) / count
            lines.insert(0, level("series.best", least, "target"))
        top = 1.05 * max(float(y.max()), np.log(2))
        return Curve(lines=tuple(lines), limits=(0.0, float(UPDATES), 0.0, top))

    def outputs(self) -> Curve:
        """f over z, and every example at its z: class 1 up at 1, class 2 down at 0."""
        z = self.logit(self.s)
        reach = max(REACH, float(np.ceil(np.abs(z).max())))
        across = np.linspace(-reach, reach, 201)
        dots = tuple(
            Dots(word=f"series.{name}", x=z[self.y == c], y=self.y[self.y == c].astype(float),
                 group=np.full(int((self.y == c).sum()), 1 - c))
            for c, name in zip((1, 0), CLASSES[self.data], strict=True)
        )  # fmt: skip
        line = Line(word="=f = σ(z)", x=across, y=sigmoid(across), role="sum")
        return Curve(
            lines=(line,),
            dots=dots,
            x="=z",
            limits=(-reach, reach, -0.1, 1.1),
            ticks=((0.0, "series.border"),),
        )

    def numbers(self) -> Numbers:
        """Three examples: f, the likelihood of their labels, its −ln; and the same for all."""
        theta, names = self.trainer.theta, CLASSES[self.data]
        steps, factors, logs = [], [], []
        for number, (name, k) in enumerate(self.three):
            z = float(self.logit(self.s[k : k + 1])[0])
            f, label, mark = float(sigmoid(z)), int(self.y[k]), "¹²³"[number]
            steps.append(
                Step(text=f"x{mark} {name}".rstrip() + f": z = {z:.2f}", note=f"series.{names[1 - label]}")
            )
            if not number:  # the first one's score in full
                terms = " + ".join(f"{signed(w)}·{signed(x)}" for w, x in zip(theta, self.s[k], strict=False))
                steps.append(Step(text=f"= {terms} + {signed(theta[2])}", note="note.z"))
            steps.append(Step(text=f"f(x{mark}) = σ({z:.2f}) = {f:.3f}", note="note.f"))
            factors.append(f"{f:.3f}" if label else f"(1 − {f:.3f})")
            logs.append(float(costs(np.array([z]), np.array([label]))[0]))
        likelihood = np.exp(-sum(logs))
        steps += [
            Step(text=f"L = {'·'.join(factors)} = {likelihood:.3f}", note="note.three"),
            Step(text=f"−ln L = {-np.log(likelihood):.3f}", note="note.surprise"),
            Step(
                text=f"CE = {' + '.join(f'{cost:.3f}' for cost in logs)} = {sum(logs):.3f}", note="note.cross"
            ),
        ]
        whole, total = self.product(theta), self.surprise(theta)
        steps += [
            Step(text=f"L = {factors[0]}·{factors[1]}·… = {whole:.2e}", note="note.whole"),
            Step(text=f"−ln L = {-np.log(whole):.10f}", note="note.surprise"),
            Step(text=f"Σ CE = {total:.10f}", note="note.total"),
        ]
        return by_hand(steps)

    def board(self) -> Table:
        """Descent, the learner, a coin and the most likely w and b side by side."""
        rows = {"descent": self.trainer.theta, "hand": self.hand, "coin": np.zeros(3)}
        if self.best is not None:
            rows["best"] = np.append(self.best.weight, self.best.bias)
        found = []
        for name, theta in rows.items():
            cost = self.surprise(theta)
            known = name != "coin"  # which lies on no side
            train, test = (f"={100 * share:.0f}" if known else None for share in self.right(theta))
            weights = " ".join(f"{value:.2f}" for value in theta).replace("-", "−")
            found.append((f"series.{name}", f"={powers(cost)}", round(cost, 1), train, test, f"={weights}"))
        heads = ("who", "likelihood", "surprise", "train", "test", "weights")
        return Table(columns=tuple(f"column.{head}" for head in heads), rows=tuple(found), chosen=1)

    def metrics(self) -> Mapping[str, float]:
        cost = self.surprise(self.trainer.theta)
        return {"cross-entropy": cost / len(self.y), "surprise": cost, **self.sparse()}

    def facts(self) -> Mapping[str, Any]:
        theta = self.trainer.theta
        end = self.trainer.evaluate()["loss"] * len(self.y)
        half = [
            float(np.append(self.record.column(f"theta-{k}"), theta[k])[self.step // 2]) for k in range(2)
        ]
        least = None if self.best is None else logistic_loss(self.best.weight, self.best.bias, self.s, self.y)
        return {
            "theta": tuple(theta.tolist()),
            "surprise": -float(np.log(self.product(theta))),
            "total": end,
            "least": least,
            "first": self.surprise(self.start),
            "doubled": self.surprise(2 * theta),
            "turned": self.turned(),
            "grown": float(np.linalg.norm(theta[:2]) / np.linalg.norm(half)),
        }


def powers(cost: float) -> str:
    """e^−cost as a product with a power of ten: 2.1·10⁻³⁸."""
    ten = -cost / np.log(10)
    whole = int(np.floor(ten))
    sign = "⁻" if whole < 0 else ""
    return f"{10 ** (ten - whole):.1f}·10{sign}{raised(abs(whole))}"
