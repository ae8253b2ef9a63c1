"""The boxes of a Transformer with their parameters; the encoder's block; normalisation before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from engine.model import Result
from engine.network import Network
from engine.program import Program
from lessons.labs.blocks import Parts, Stack
from lessons.labs.decoders import Shape, taught, writer
from lessons.labs.map import Map, Symbol
from lessons.labs.seq import told
from lessons.transformer.encoder.experiments import BOXES
from lessons.views import Bars, Diagram, Node, Numbers, Step

Runs = Mapping[str, Result]
WIDTH, UPDATES, WARM = 16, 300, 150
RATE = 0.003  # of the walked block

# The map.

LAYERS = (1.0, 0.83, 0.67, 0.5, 0.33, 0.17, 0.0)
PARTS = {  # what each box is made of; the lesson that has it as its subject; how it is written
    "source": ((), "transformer/seq2seq", "x = x¹ … xᴺ"),
    "embed": (("source",), "attention/vector_sets", "aⁱ = E[xⁱ]"),
    "places": (("embed",), "attention/position", "aⁱ ← aⁱ + eⁱ"),
    "attention": (("places",), "attention/mechanism", "bⁱ = Σ α′ᵢⱼ vʲ"),
    "norm": (("places", "attention"), "transformer/encoder", "x = norm(a + b)"),
    "feed": (("norm",), "transformer/encoder", "f = W₂·relu(W₁·x)"),
    "memory": (("norm", "feed"), "transformer/encoder", "y = norm(x + f)"),
    "written": ((), "transformer/decoder", "BEGIN, y¹, y² …"),
    "d-embed": (("written",), "attention/vector_sets", "dᵗ = E[yᵗ] + eᵗ"),
    "masked": (("d-embed",), "transformer/decoder", "j ≤ t"),
    "cross": (("masked", "memory"), "transformer/cross_attention", "q: d;  k, v: y"),
    "d-feed": (("cross",), "transformer/encoder", "W₂·relu(W₁·x)"),
    "logits": (("d-feed",), "transformer/training", "p = softmax(W·h)"),
    "choice": (("logits",), "transformer/decoding", "yᵗ⁺¹ = argmax p"),
}
OWNERS = {  # beginnings of the names of parameters
    "source": "embed", "source-places": "places", "read-1": "attention", "read-1-feed": "feed",
    "read-1-back": "feed", "target": "d-embed", "target-places": "d-embed", "past-1": "masked",
    "cross-1": "cross", "past-1-feed": "d-feed", "past-1-back": "d-feed", "logits": "logits",
}  # fmt: skip
ASIDE = {"attention": 0.0, "feed": 0.0}  # the way around them, the residual, is in sight
NORMS = ("norm", "memory", "masked", "cross", "d-feed")  # the boxes of the layer norms, in their order


@lru_cache
def sizes(inner: int) -> dict[str, int]:
    """Parameters of each box in a real encoder-decoder of one block, 32 wide, that reads and writes digits."""
    net = Network()
    net.sequence_loss(writer(net, taught("clean", 1, 64, 8), Shape(width=32, feed=inner)))
    found, norms = dict.fromkeys(BOXES, 0), iter(NORMS)
    last = ""
    for name, block in Program(net).blocks.items():
        start = name.partition(".")[0]
        if start.startswith("layer-norm"):
            last = last if name.endswith("beta") else next(norms)
            found[last] += block.size
        else:
            found[OWNERS[start]] += block.size
    return found


class Boxes(Map):
    """All boxes of an encoder-decoder; what the one in hand reaches is lit, its value the number of parameters."""

    symbols = tuple(
        Symbol(box, f"box.{box}", ASIDE.get(box, 0.3 if k < 7 else 1.0), LAYERS[k % 7], PARTS[box][0])
        for k, box in enumerate(BOXES)
    )

    def parts(self, symbol: Symbol) -> tuple[str, ...]:
        """What a box takes; without the bridge nothing goes from the encoder to the decoder."""
        cut = self.settings["bridge"] == "off" and symbol.id == "cross"
        return tuple(part for part in symbol.parts if not (cut and part == "memory"))

    def worked(self) -> Mapping[str, float]:
        return {box: float(count) for box, count in sizes(int(self.settings["inner"])).items()}

    def reached(self) -> tuple[str, ...]:
        ways = {self.picked.id}
        for symbol in self.symbols:  # the encoder first, each box after what it takes
            if ways & set(self.parts(symbol)):
                ways.add(symbol.id)
        return tuple(s.id for s in self.symbols if s.id in ways and s != self.picked)

    def map(self) -> Diagram:
        ways, here = {*self.reached(), self.picked.id}, self.picked.id
        nodes = tuple(
            Node(id=s.id, x=s.x, y=s.y, label=s.label, value=self.now[s.id].item() or None, hot=s.id == here)
            for s in self.symbols
        )
        edges = tuple((p, s.id, None, {p, s.id} <= ways) for s in self.symbols for p in self.parts(s))
        return Diagram(nodes=nodes, edges=edges)

    def meaning(self) -> Numbers:
        box, total = self.picked.id, sum(self.now.values())
        steps = [
            Step(text=PARTS[box][2], note=f"box-note.{box}"),
            Step(text=f"P = {self.now[box]:.0f} / {total:.0f}", note="note.parameters"),
            Step(text=f"→ {len(self.reached())}", note="note.reached", hot=True),
            Step(text=f"g: {PARTS[box][1]}", note="note.lesson"),
        ]
        return Numbers(steps=tuple(steps))


def only_bridge(result: Result) -> str:
    """The box of the decoder that takes something from the encoder."""
    encoder, decoder = BOXES[:7], BOXES[7:]
    return next(box for box in decoder if set(PARTS[box][0]) & set(encoder))


def bridged(runs: Runs) -> bool:
    """What the encoder makes reaches the decoder's answer, by way of cross-attention and not of masked."""
    reached = runs["net"].facts["reached"]
    return {"cross", "choice"} <= set(reached) and not {"masked", "written"} & set(reached)


def feed_heavier(runs: Runs) -> bool:
    """The small network holds nearly twice the parameters of attention."""
    facts = runs["net"].facts
    return 1.9 < facts["feed"] / facts["attention"] < 2.1


# The block.


class Block(Stack):
    """Blocks that learn to reverse; settings: add, norm, blocks, task, place, example."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        parts = Parts(
            width=WIDTH, position="learned", blocks=int(settings["blocks"]), add=settings["add"] == "on",
            norm=settings["norm"],
        )  # fmt: skip
        super().__init__(settings, seed, told(settings["task"], seed), parts, UPDATES, rate=RATE)


def looks_where(result: Result) -> str:
    """Where the last place looks after reversing was learned."""
    if result.phase != "done" or result.settings["task"] != "reverse" or result.settings["blocks"] != 1:
        return ""
    return "mirror" if result.facts["mirror"] == 1 else "self"


def mirror(runs: Runs) -> bool:
    """Every place looks most at its mirror image, and 99 % of the tokens are right."""
    run = runs["net"]
    return run.facts["mirror"] == 1 and run.metrics["validation-accuracy"] > 0.99


def needs_sum(runs: Runs) -> bool:
    """Four blocks learn with the sums; without them under half of the tokens are right."""
    share = accuracies(runs)
    return share["with"] > 0.95 and share["without"] < 0.5


def rows(runs: Runs) -> bool:
    """After the norm, γ and β undone, each vector has mean 0 and standard deviation 1."""
    return runs["net"].facts["uneven"] < 2e-3


# Before or after.


class Ordered(Stack):
    """Blocks with normalisation before or after each part; settings: order, warm, blocks, rate, example."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        before, warm = settings["order"] == "pre", settings["warm"] == "on"
        parts = Parts(width=WIDTH, position="learned", blocks=int(settings["blocks"]), before=before)
        plan = ("warm-up", {"warm": WARM}) if warm else None
        super().__init__(settings, seed, told("reverse", seed), parts, UPDATES, schedule=plan)
        self.first = self.gradients()  # before the first update

    def slopes(self) -> Bars:
        """The gradient of each block before the first update."""
        labels = tuple(f"={k + 1}" for k in range(len(self.first)))
        return Bars(labels=labels, values=self.first, word=f"series.{self.settings['order']}")

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "slopes": self.first.tolist()}


def slopes(models: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Bars:
    """The gradient of each block before the first update, normalisation after, and before beside it."""
    return replace(models["post-off"].slopes(), beside=models["pre-off"].first, beside_word="series.pre")


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {"slopes": slopes} if experiment == "variants" else {}


def who_fails(result: Result) -> str:
    """Whether the norm after the sums fails without warm-up; the claims say the same of the norm before."""
    if result.phase != "done" or (result.settings["order"], result.settings["warm"]) != ("post", "off"):
        return ""
    return "post" if result.metrics["validation-accuracy"] < 0.9 else "none"


def accuracies(runs: Runs) -> dict[str, float]:
    return {name: run.metrics["validation-accuracy"] for name, run in runs.items()}


def no_warmup(runs: Runs) -> bool:
    """Pre-norm reaches 95 % without warm-up, post-norm not even 60 %."""
    share = accuracies(runs)
    return share["pre"] > 0.95 and share["post"] < 0.6


def warmup_saves(runs: Runs) -> bool:
    """Post-norm reaches 95 % with warm-up, not even 60 % without."""
    share = accuracies(runs)
    return share["warm"] > 0.95 and share["cold"] < 0.6
