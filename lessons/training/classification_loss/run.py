"""Classes as numbers or vectors, softmax and its logits, likelihood and cross-entropy, two losses from one corner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.labs import codes as clouds
from lessons.labs import losses
from lessons.labs.walk import Walk
from lessons.training.classification_loss.experiments import ABROAD
from lessons.views import Bars, Dots, Numbers, Plane, Table

Runs = Mapping[str, Result]

SHARES = (0.88, 0.12, 0.0)  # the lecture's
PIXEL = 0.2  # a hundredth of the side of the picture


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return {"codes": clouds.PICTURES, "plateau": losses.PICTURES}.get(experiment, {})


# Numbers or vectors


def codes(settings: Mapping[str, Any], seed: int) -> clouds.Codes:
    return clouds.Codes(settings, seed)


def between(result: Result) -> str:
    """What the middle of the way from number 1 to number 3 is called, by the net that was given numbers."""
    if result.settings["labels"] != "numbers" or result.settings["data"] != "triangle":
        return ""
    return "two" if result.facts["band"] > 0.2 else "half"


def band(runs: Runs) -> bool:
    """Over a third of the way is called 2 where names are numbers, none of it where they are vectors."""
    return runs["numbers"].facts["band"] > 1 / 3 and runs["vectors"].facts["band"] == 0


def isolates(runs: Runs) -> bool:
    """With vectors 99 % are named rightly, with numbers under 97 %."""
    return runs["vectors"].metrics["accuracy"] >= 0.99 and runs["numbers"].metrics["accuracy"] < 0.97


def any_net(runs: Runs) -> bool:
    """With a hidden layer of 16, too, one walks through 2."""
    return runs["numbers"].facts["band"] > 0.05


def grades(runs: Runs) -> bool:
    """Of three clouds in a row, numbers name 95 % rightly; vectors miss most of the middle one."""
    vectors = runs["vectors"].facts
    return runs["numbers"].metrics["accuracy"] > 0.95 and vectors["recall"][vectors["middle"]] < 0.3


# Softmax


@cache
def softmax(temperature: float) -> Callable[[np.ndarray], np.ndarray]:
    """The engine's softmax of three logits."""
    net = Network()
    node = net.softmax(net.input(3), temperature=temperature)
    net.loss(node, "mse")
    trainer = Trainer(net, np.zeros((1, 3)), np.zeros((1, 3)), dtype="float64")
    return lambda logits: trainer.predict(np.asarray(logits)[None], node=node)[0]


def given(settings: Mapping[str, Any]) -> np.ndarray:
    """The three logits."""
    return np.array([settings[f"y{k}"] for k in (1, 2, 3)], float)


LABELS = ("=y₁", "=y₂", "=y₃")
PRIMED = ("=y′₁", "=y′₂", "=y′₃")


class Softmax(Walk):
    """Three logits: exponentials, their sum, and the shares."""

    def worked(self) -> Mapping[str, Any]:
        y, heat = given(self.settings), self.settings["temperature"]
        exps = np.exp(y / heat)
        shares = softmax(heat)(y)
        lecture = y.tolist() == [3, 1, -3] and heat == 1
        return {
            "logits": y,
            "exps": exps,
            "sum": exps.sum(),
            "shares": shares,
            "lecture": np.array(SHARES if lecture else (np.nan,) * 3),
            "pair": shares[0] / (shares[0] + shares[1]),
            "sigmoid": 1 / (1 + np.exp(y[1] - y[0])),
        }

    def logits(self) -> Bars:
        return self.bars("logits", LABELS, word="series.logit")

    def exps(self) -> Bars:
        names = tuple(f"=e^{label[1:]}" for label in LABELS)
        return self.bars("exps", names, word="series.exp")

    def shares(self) -> Bars:
        beside = "lecture" if np.isfinite(self.now["lecture"]).all() else ""
        return self.bars("shares", PRIMED, beside, word="series.share", beside_word="series.lecture")

    def numbers(self) -> Numbers:
        """Exponentials, sum, divisions, and the first two alone beside the sigmoid."""
        now, heat = self.now, self.settings["temperature"]
        over = "" if heat == 1 else f"/{heat:g}"
        powers = [f"{y:g}{over}" for y in now["logits"]]
        lines = [
            self.line(
                f"e^{power if power.isdigit() else f'({power})'} = {e:.4g}", ("exps", k), note="note.exp"
            )
            for k, (power, e) in enumerate(zip(powers, now["exps"], strict=True))
        ]
        lines.append(self.line(f"Σ = {now['sum']:.4g}", "sum", note="note.add"))
        lines += [
            self.line(f"{e:.4g} / {now['sum']:.4g} = {s:.4f}", ("shares", k), note="note.divide")
            for k, (e, s) in enumerate(zip(now["exps"], now["shares"], strict=True))
        ]
        lines.append(self.line(f"Σ y′ = {now['shares'].sum():.4f}", note="note.whole"))
        lines.append(self.line(f"y′₁/(y′₁+y′₂) = {now['pair']:.4f}", "pair", note="note.pair"))
        lines.append(self.line(f"σ(y₁ − y₂) = {now['sigmoid']:.4f}", "sigmoid", note="note.sigmoid"))
        return Numbers(steps=tuple(lines))


def after_five(result: Result) -> str:
    """What five more on every logit does to the shares."""
    first, heat = max(result.facts["shares"]), result.settings["temperature"]
    more = softmax(heat)(given(result.settings) + 5).max()
    return "sharper" if more > first + 1e-6 else "flatter" if more < first - 1e-6 else "same"


def as_in_the_lecture(runs: Runs) -> bool:
    return all(round(s, 2) == told for s, told in zip(runs["walk"].facts["shares"], SHARES, strict=True))


def unshifted(runs: Runs) -> bool:
    """The shares are those of the lecture's logits."""
    return bool(np.allclose(runs["walk"].facts["shares"], softmax(1)((3.0, 1.0, -3.0)), atol=1e-12))


def as_sigmoid(runs: Runs) -> bool:
    facts = runs["walk"].facts
    return abs(facts["pair"] - facts["sigmoid"]) < 1e-12


# Likelihood and cross-entropy

DIRECTIONS = clouds.CENTRES["triangle"] / 2  # of the classes: y_k = scale · direction_k · x
PLACES = ((-0.2, 1.9), (0.5, 1.3), (-1.8, -0.9), (-1.0, -1.1), (1.7, -1.2))  # of the first five examples
LABEL = np.array([0, 0, 1, 1, 2, 0])
SIXTH = 5
FIELD = (96, 64)


@cache
def judge(loss: str) -> Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray, float]]:
    """The engine's classifier of places (N, 2) without bias: (shares (N, 3), each loss (N,), their sum)."""
    net = Network()
    logits = net.dense(net.input(2), 3, name="logits", bias=False, init="zero")
    shares = logits = net.softmax(logits, name="shares") if loss == "mse" else logits
    end = net.loss(logits, loss, "sum")
    target = np.eye(3)[LABEL] if loss == "mse" else LABEL

    def work(x: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, float]:
        theta = (scale * DIRECTIONS.T).ravel()
        trainer = Trainer(net, x, target, theta=theta, dtype="float64")
        each = [trainer.evaluate(x[k : k + 1], target[k : k + 1])["loss"] for k in range(len(x))]
        return (
            trainer.predict(x, node=shares if loss == "mse" else end),
            np.array(each),
            trainer.evaluate()["loss"],
        )

    return work


class Ledger(Walk):
    """Six labelled examples under one classifier: what each costs, and how likely all their labels are together."""

    def worked(self) -> Mapping[str, Any]:
        x = np.array([*PLACES, self.settings["sixth"]])
        shares, each, total = judge(self.settings["loss"])(x, self.settings["scale"])
        right = shares[np.arange(6), LABEL]
        product = right.prod()
        return {"x": x, "right": right, "each": each, "total": total, "product": product,
                "surprise": -np.log(product)}  # fmt: skip

    def numbers(self) -> Numbers:
        """Each example's share and cost, then the product of the shares beside the sum of the costs."""
        now, loss = self.now, self.settings["loss"]
        cost = "−ln y′" if loss == "cross-entropy" else "Σ(ŷ − y′)²"
        lines = [
            self.line(f"{k + 1} {clouds.CLASSES[c].upper()}: y′ = {p:.4g}, {cost} = {e:.4g}", ("each", k), ("right", k),
                      note="note.sixth" if k == SIXTH else "note.example")
            for k, (c, p, e) in enumerate(zip(LABEL, now["right"], now["each"], strict=True))
        ]  # fmt: skip
        total = f"Σ {'CE' if loss == 'cross-entropy' else 'e'} = {now['total']:.12f}"
        burden = f"{now['each'][SIXTH]:.3g} / {now['total']:.3g} = {self.burden():.0%}"
        lines += [
            self.line(f"Π y′ = {now['product']:.4g}", "product", note="note.product"),
            self.line(f"−ln Π y′ = {now['surprise']:.12f}", "surprise", note="note.surprise"),
            self.line(total, "total", note="note.total"),
            self.line(burden, ("each", SIXTH), note="note.burden"),
        ]
        return Numbers(steps=tuple(lines))

    def burden(self) -> float:
        """The sixth example's part of the whole loss."""
        return float(self.now["each"][SIXTH] / self.now["total"])

    def costs(self) -> Bars:
        labels = tuple(f"={k + 1}: {clouds.CLASSES[c].upper()}" for k, c in enumerate(LABEL))
        return Bars(labels=labels, values=self.now["each"].copy(), word="series.cost", chosen=SIXTH)

    def table(self) -> Table:
        rows = tuple(
            (k + 1, f"={clouds.CLASSES[c].upper()}", float(p), float(e), f"=({x:g}, {y:g})".replace("-", "−"))
            for k, ((x, y), c, p, e) in enumerate(
                zip(self.now["x"], LABEL, self.now["right"], self.now["each"], strict=True)
            )
        )
        heads = ("index", "label", "right", "cost", "place")
        return Table(columns=tuple(f"column.{head}" for head in heads), rows=rows, chosen=SIXTH)

    def plane(self) -> Plane:
        """The class of each place, and the six examples; the sixth is moved with the cursor."""
        gx, gy = np.meshgrid(np.linspace(-3, 3, FIELD[0]), np.linspace(-3, 3, FIELD[1]))
        field = np.argmax(np.stack([gx, gy], axis=-1) @ DIRECTIONS.T, axis=-1).astype(float)
        x = self.now["x"]
        dots = [
            Dots(word=f"series.class-{name}", x=x[:SIXTH][LABEL[:SIXTH] == c, 0], y=x[:SIXTH][LABEL[:SIXTH] == c, 1],
                 group=np.full(int((LABEL[:SIXTH] == c).sum()), c))
            for c, name in enumerate(clouds.CLASSES)
        ]  # fmt: skip
        dots.append(Dots(word="dot.sixth", x=x[SIXTH:, 0], y=x[SIXTH:, 1], mark="now"))
        return Plane(extent=(-3.0, 3.0, -3.0, 3.0), field=field, scale="class", dots=tuple(dots), x="axis.x1",
                     y="axis.x2", cursor=tuple(x[SIXTH].tolist()))  # fmt: skip

    def metrics(self) -> Mapping[str, float]:
        return {"loss": float(self.now["total"]), "burden": self.burden()}


def who_pays(result: Result) -> str:
    """The sixth example's part of the loss once it lies deep in the land of class C."""
    part = Ledger({**result.settings, "sixth": ABROAD}, result.seed).burden()
    return "sixth" if part > 0.9 else "share" if part > 0.1 else "less"


def same_thing(runs: Runs) -> bool:
    facts = runs["ledger"].facts
    return abs(facts["surprise"] - facts["total"]) < 1e-12


def dominates(runs: Runs) -> bool:
    """One confident mistake is over nine tenths of the loss of six."""
    return runs["ledger"].metrics["burden"] > 0.9


def bounded(runs: Runs) -> bool:
    """The confident mistake costs no more than 2."""
    return runs["ledger"].facts["each"][SIXTH] <= 2


# Two surfaces


def plateau(settings: Mapping[str, Any], seed: int) -> losses.Logits:
    return losses.Logits(settings, seed)


def who_arrives(result: Result) -> str:
    """Whether the square error's ball leaves the corner."""
    if result.settings["loss"] != "mse" or result.settings["optimizer"] != "gd":
        return ""
    if max(abs(c) for c in result.settings["start"]) < 10:
        return ""
    return "ce-only" if result.facts["arrived"] < 0 else "both"


def arrives(runs: Runs) -> bool:
    """Cross-entropy is there after 155 updates, square error after none of them."""
    return runs["cross-entropy"].facts["arrived"] == 155 and runs["mse"].facts["arrived"] < 0


def stuck(runs: Runs) -> bool:
    """After 100,000 updates the ball has not moved by a pixel."""
    run = runs["mse"]
    return run.steps == 100_000 and run.facts["moved"] < PIXEL / 100


def flat(runs: Runs) -> bool:
    """In the corner the square error's slope is under a millionth of cross-entropy's."""
    return runs["mse"].facts["steepness"] < 1e-6 * runs["cross-entropy"].facts["steepness"]
