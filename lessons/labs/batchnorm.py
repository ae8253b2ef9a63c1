"""Batch norm from near: examples tied to their batch, running statistics, smoothness, and what a mean runs over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lessons.data.generators import draws
from lessons.labs.deep import CHANNELS, Deep, by_name
from lessons.labs.functions import sigmoid
from lessons.views import Bars, Cube, Curve, Dots, Hist, Line, Numbers, Plane, Step, Strip

SIZES = (2, 4, 10, 50, 200)  # batches whose means are compared
DRAWN = 300  # batches drawn of each size
COMPANY = 50  # examples of the batch that is looked at
COMPANIES = 8  # batches that one example is put into
TRIED = 100  # examples that are put into them
ALONE = 40  # examples that are tested alone
STRIDES = np.linspace(0.5, 4, 8)  # times the step η·g, as in Santurkar et al. 2018
CUBE = 4  # examples in the cube


class Tied(Deep):
    """60 epochs on two arms; the first example of a batch can be put anywhere (control `guest`)."""

    DEFAULTS = {**Deep.DEFAULTS, "norm": "batch", "optimizer": "momentum", "epochs": 60, "guest": (2.0, 2.0)}
    looks = frozenset({"guest"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        own = {**self.DEFAULTS, **settings}
        updates = own["epochs"] * -(-own["examples"] // own["batch"])
        self.DEFAULTS = {**self.DEFAULTS, "updates": updates}
        super().__init__(settings, seed)
        self.sparse_every = max(1, updates // 48)

    def batch(self, guest: tuple[float, float] | None = None) -> np.ndarray:
        """(COMPANY, 2) the batch that is looked at, its first example where the guest is."""
        x = self.x[:COMPANY].copy()
        if guest is not None:
            x[0] = guest
        return x

    def answers(self, x: np.ndarray) -> np.ndarray:
        """The probability of arm two for each of a batch, with the batch's own statistics."""
        return sigmoid(self.trainer.predict(x, mode="batch")[:, 0].astype(np.float64))

    def pull(self) -> float:
        """How much the answer for another example changes, at most, when the first one goes to the guest's place."""
        there = self.answers(self.batch(tuple(self.given["guest"])))
        return float(np.abs(there - self.answers(self.batch()))[1:].max())

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "pull": self.pull()}

    def facts(self) -> Mapping[str, Any]:
        return {
            "error": 1 - self.training()["accuracy"],
            "running-error": 1 - self.validation(),
            "pull": self.pull(),
        }

    def tied(self) -> Curve:
        """The answers for the other examples of the batch in order, before and after the first one moved."""
        before, after = self.answers(self.batch()), self.answers(self.batch(tuple(self.given["guest"])))
        place, order = np.arange(1, COMPANY, dtype=float), 1 + before[1:].argsort(kind="stable")
        lines = (
            Line(word="series.after", x=place, y=after[order], role="raw"),
            Line(word="series.before", x=place, y=before[order], role="target"),
        )
        return Curve(lines=lines, x="axis.example", limits=(None, None, 0.0, 1.0))

    def plane(self) -> Plane:
        """The batch, each example in the arm that it is given now, on what running statistics say of each place."""
        field, guest = self.field(), tuple(self.given["guest"])
        x = self.batch(guest)
        given = self.answers(x) > 0.5
        dots = [
            Dots(word=f"series.arm-{c}", x=x[1:][given[1:] == c, 0].copy(), y=x[1:][given[1:] == c, 1].copy(),
                 group=np.full(int((given[1:] == c).sum()), c))
            for c in range(2)
        ]  # fmt: skip
        dots.append(Dots(word="dot.guest", x=x[:1, 0].copy(), y=x[:1, 1].copy(), mark="now"))
        return Plane(
            extent=field.extent, field=field.field, scale="class", dots=tuple(dots), x=field.x, y=field.y,
            cursor=guest,
        )  # fmt: skip

    def means(self) -> Hist:
        """The mean of one unit's z over random batches of several sizes, from the mean of all, in sds."""

        def measure() -> Hist:
            z = self.trainer.predict(self.x, node=self.node("layer-1"))[:, 0].astype(np.float64)
            z = (z - z.mean()) / z.std()
            g, strips = draws(self.seed, 40), []
            for size in SIZES:
                drawn = np.array([g.choice(len(z), size, replace=False) for _ in range(DRAWN)])
                found = z[drawn].mean(axis=1)
                counts = np.histogram(np.clip(found, -2, 2), 41, (-2, 2))[0]
                strips.append(Strip(word=f"={size}", counts=counts))
            near = int(np.argmin([abs(size - self.given["batch"]) for size in SIZES]))
            return Hist(strips=tuple(strips), lo=-2.0, hi=2.0, x="axis.batch-mean", chosen=near)

        return self.once("means", measure, 10**9)


class Testing(Deep):
    """Two arms with momentum; at test time one example (control `sample`) in several companies, or alone."""

    DEFAULTS = {**Deep.DEFAULTS, "norm": "batch", "optimizer": "momentum", "rate": 0.5, "depth": 3, "sample": 0,
                "statistics": "batch", "company": 50}  # fmt: skip
    looks = frozenset({"sample", "statistics", "company"})
    sparse_every = 4

    def act(self, action: str) -> Mapping[str, Any]:
        """The other statistics for the same net."""
        return {"statistics": "running" if self.given["statistics"] == "batch" else "batch"}

    def batches(self, size: int) -> np.ndarray:
        """(COMPANIES, size − 1) the examples that keep the sample company."""
        g = draws(self.seed, 41)
        return np.array([g.choice(len(self.x), size - 1, replace=False) for _ in range(COMPANIES)], int)

    def judged(self, example: int, companies: np.ndarray) -> np.ndarray:
        """The probability of arm two for an example in each company."""
        rows = [np.concatenate([self.x[[example]], self.x[others]]) for others in companies]
        return sigmoid(
            np.array([self.trainer.predict(x, mode="batch")[0, 0] for x in rows], dtype=np.float64)
        )

    def running(self, example: int) -> float:
        """The probability of arm two by running statistics."""
        return float(sigmoid(self.trainer.predict(self.x[[example]])[0, 0]))

    def alone(self) -> np.ndarray:
        """(ALONE,) z of examples tested one by one, each with its own statistics."""

        def measure() -> np.ndarray:
            x, _ = self.check
            return np.array([self.trainer.predict(x[[k]], mode="batch")[0, 0] for k in range(ALONE)])

        return self.once("alone", measure)

    def lag(self) -> float:
        """How far running means are from those of all examples now, against the size of these; all layers."""
        short, size, found = 0.0, 0.0, self.trainer.statistics()
        for name, running in found.items():
            if name.endswith(".mean"):
                before = self.node(name.removesuffix(".mean")) - 1
                now = self.trainer.predict(self.x, node=before, mode="batch").mean(axis=0)
                short, size = short + float(np.abs(running - now).sum()), size + float(np.abs(now).sum())
        return short / max(size, 1e-12)

    def swayed(self) -> float:
        """The share of examples that are given both arms, depending on their company."""

        def measure() -> float:
            both = 0
            batches = self.batches(COMPANY)
            for example in range(TRIED):
                answers = self.judged(example, batches) > 0.5
                both += bool(answers.any() and not answers.all())
            return both / TRIED

        return self.once("swayed", measure)

    def sparse(self) -> Mapping[str, float]:
        z = self.trainer.predict(self.x, node=self.node("norm-1") - 1, mode="batch")[:, 0].astype(np.float64)
        others = draws(self.seed, 1000 + self.step).choice(len(z), self.given["batch"], replace=False)
        running = self.trainer.statistics().get("norm-1.mean", np.zeros(1))
        return {**super().sparse(), "batch-mean": float(z[others].mean()), "running-mean": float(running[0])}

    def metrics(self) -> Mapping[str, float]:
        return {"training-accuracy": self.training()["accuracy"], "validation-accuracy": self.validation()}

    def facts(self) -> Mapping[str, Any]:
        alone, (_, truth) = self.alone(), self.check
        return {
            "alone-range": float(np.ptp(alone)),
            "alone-accuracy": float(((alone > 0) == truth[:ALONE]).mean()),
            "running-error": 1 - self.trainer.evaluate(*self._examples())["accuracy"],
            "batch-error": 1 - self.training()["accuracy"],
            "lag": self.lag(),
            "swayed": self.swayed() if self.step == self.limit else 0.0,
        }

    def bars(self) -> Bars:
        """The answer for the sample in eight companies, beside that of running statistics."""
        sample, size = int(self.given["sample"]), int(self.given["company"])
        running = self.running(sample)
        if self.given["statistics"] == "running":
            values = np.full(COMPANIES, running)
        else:
            values = self.judged(sample, self.batches(size))
        labels = tuple(f"={k + 1}" for k in range(COMPANIES))
        return Bars(
            labels=labels, values=values, beside=np.full(COMPANIES, running), word="series.company",
            beside_word="series.running",
        )  # fmt: skip

    def numbers(self) -> Numbers:
        """z of the sample at unit 1 of layer 1, normalized by one batch and by running statistics."""
        sample, size = int(self.given["sample"]), int(self.given["company"])
        z = self.trainer.predict(self.x, node=self.node("norm-1") - 1, mode="batch")[:, 0].astype(np.float64)
        own, steps = z[sample], [Step(text=f"z = {z[sample]:.3f}", note="note.z")]
        for number, others in enumerate(self.batches(size)[:2], 1):
            batch = np.append(z[others], own)
            mean, sd = batch.mean(), np.sqrt(batch.var() + 1e-5)
            text = f"({own:.3f} − {mean:.3f}) / {sd:.3f} = {(own - mean) / sd:.3f}"
            steps.append(Step(text=text.replace("− -", "+ "), note=f"note.company-{number}", hot=True))
        found = self.trainer.statistics()
        if "norm-1.mean" in found:
            mean, sd = float(found["norm-1.mean"][0]), float(np.sqrt(found["norm-1.variance"][0] + 1e-5))
            text = f"({own:.3f} − {mean:.3f}) / {sd:.3f} = {(own - mean) / sd:.3f}"
            steps.append(Step(text=text.replace("− -", "+ "), note="note.running"))
        alone = f"({own:.3f} − {own:.3f}) / {np.sqrt(1e-5):.3f} = 0"
        steps.append(Step(text=alone.replace("− -", "+ "), note="note.alone"))
        return Numbers(
            steps=tuple(Step(text=s.text.replace("-", "−"), note=s.note, hot=s.hot) for s in steps)
        )


class Smooth(Deep):
    """Eight ReLU layers; every now and then the loss and the gradient along the gradient's own direction."""

    DEFAULTS = {**Deep.DEFAULTS, "activation": "relu", "depth": 8, "norm": "batch", "updates": 600, "cell": 0}
    looks = frozenset({"cell"})
    sparse_every = 15
    records = True

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.seen: tuple[tuple[float, ...], ...] = ()  # what each measurement found
        self.record()

    def record(self) -> None:
        self.seen = (*self.seen, self.measure())

    def state(self) -> tuple[Any, ...]:
        return (*super().state(), self.seen)

    def restore(self, state: Any) -> None:
        super().restore(state[:-1])
        self.seen = state[-1]

    def _slope(self, theta: np.ndarray | None = None) -> np.ndarray:
        """∂L/∂θ over all examples with their own statistics, at θ or elsewhere."""
        here = self.trainer
        if theta is not None:
            here = self._trainer(self.seed, self.given, by_name(here.program, theta.astype(np.float32)))
        return here.gradient(self.x, self._targets(self.y), mode="batch").astype(np.float64)

    def along(self) -> tuple[np.ndarray, np.ndarray]:
        """Losses after strides of STRIDES · η against the gradient, and the gradient."""
        slope = self._slope()
        points = self.trainer.theta - np.multiply.outer(STRIDES * self.given["rate"], slope)
        return self.trainer.survey(range(self.trainer.program.size), points, "batch"), slope

    def measure(self) -> tuple[float, ...]:
        """Range of the losses along the gradient, relative change of the gradient after one step, the cosine of
        layer 3's gradient before and after the layers below it made their step; then those losses less the present.
        """

        def found() -> tuple[float, ...]:
            losses, slope = self.along()
            theta, rate = self.trainer.theta.astype(np.float64), self.given["rate"]
            after = self._slope(theta - rate * slope)
            offset, shape = self.trainer.named()["layer-3.weight"]
            below = theta.copy()
            below[:offset] -= rate * slope[:offset]
            part = slice(offset, offset + int(np.prod(shape)))
            u, v = slope[part], self._slope(below)[part]
            size = max(float(np.linalg.norm(slope)), 1e-12)
            agree = float(u @ v / max(np.linalg.norm(u) * np.linalg.norm(v), 1e-12))
            swing, change = float(np.ptp(losses)), float(np.linalg.norm(after - slope) / size)
            return swing, change, agree, *(float(loss) - self.training()["loss"] for loss in losses)

        return self.once("measure", found)

    def sparse(self) -> Mapping[str, float]:
        extent, change, agree, *_ = self.measure()
        return {**super().sparse(), "loss-range": extent, "gradient-change": change, "agreement": agree}

    def metrics(self) -> Mapping[str, float]:
        return {"loss": self.training()["loss"], "training-accuracy": self.training()["accuracy"]}

    def facts(self) -> Mapping[str, Any]:
        seen = np.array(self.seen)
        return {
            "range": float(seen[:, 0].mean()),
            "change": float(np.median(seen[:, 1])),
            "agreement": float(np.mean(seen[:, 2])),
            "pull": float(self.reach()[1:].max(initial=0.0)),
        }

    def slices(self) -> Curve:
        """How the loss changes along the way that the gradient points, at every measurement so far."""
        x, found = np.append(0, STRIDES), self.seen
        words = [""] * (len(found) - 1) + ["series.loss"]
        lines = tuple(
            Line(word=word, x=x, y=np.append(0, row[3:]), role="raw" if word else "ghost")
            for word, row in zip(words, found, strict=True)
        )
        return Curve(lines=lines, x="axis.strides", limits=(None, None, -0.5, 0.5))

    # The cube

    def values(self) -> np.ndarray:
        """(CUBE, CHANNELS, width / CHANNELS) z of layer 1 for the first examples."""
        z = self.trainer.predict(self.x[:CUBE], node=self.node("layer-1"), mode="batch").astype(np.float64)
        return z.reshape(CUBE, CHANNELS, -1)

    def cell(self) -> tuple[int, int, int]:
        shape = (CUBE, CHANNELS, self.given["width"] // CHANNELS)
        return tuple(int(k) for k in np.unravel_index(int(self.given["cell"]), shape))

    def cube(self) -> Cube:
        """z of layer 1; marked: the cells whose mean is taken to normalize the chosen one."""
        values, chosen = self.values(), self.cell()
        return Cube(
            values=values, axes=("axis.example", "axis.channel", "axis.position"),
            marked=members(self.given["norm"], values.shape, chosen),
            slices=tuple(f"={k + 1}" for k in range(CUBE)), rows=tuple(f"={k + 1}" for k in range(CHANNELS)),
            cols=tuple(f"={k + 1}" for k in range(values.shape[2])), tensor="z", chosen=chosen,
        )  # fmt: skip

    def reach(self) -> np.ndarray:
        """(CUBE,) how much the normalized z of each example moves when the first example's cells do."""

        def found() -> np.ndarray:
            node = self.node("bend-1") - 1
            x = self.x[:CUBE].copy()
            before = self.trainer.predict(x, node=node, mode="batch")
            x[0] += 1
            return np.abs(self.trainer.predict(x, node=node, mode="batch") - before).max(axis=1)

        return self.once("reach", found)


def members(
    norm: str, shape: tuple[int, int, int], cell: tuple[int, int, int], image: bool = False
) -> np.ndarray:
    """Which cells of (example, channel, position) share their mean with this one; without a norm, it alone.

    Batch norm takes each unit of a dense layer by itself, of an image all positions of a channel together.
    """
    n, c, p = (axis == at for axis, at in zip(np.indices(shape), cell, strict=True))
    half = np.indices(shape)[1] // (shape[1] // 2) == cell[1] // (shape[1] // 2)
    over = {"batch": c if image else c & p, "layer": n, "instance": n & c, "group": n & half}
    return over.get(norm, n & c & p)
