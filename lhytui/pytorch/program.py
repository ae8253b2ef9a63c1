"""The whole program: network, data and training, and how the network's weights lie in θ."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from engine import random
from engine.node import Node
from engine.population import Population
from engine.program import Program as Table
from engine.trainer import Trainer
from lessons.catalog import Lesson, Section
from lessons.data.origin import recorded
from lessons.examples import arrays, built, in_sight, learner
from lhytui.pytorch.data import Source, source
from lhytui.pytorch.module import WIDE, Module, Writer
from lhytui.pytorch.parts import Weight, number
from lhytui.pytorch.rules import Rule, rule, schedule

LOSSES = {
    "mse": "mse_loss", "mae": "l1_loss", "cross-entropy": "cross_entropy",
    "binary-cross-entropy": "binary_cross_entropy_with_logits", "sequence-cross-entropy": "cross_entropy",
}  # fmt: skip
FEW = 24  # numbers of θ that are written out
KEYS = 256  # blocks of a θ whose draws are known again
SHOWN = 10  # losses that a run prints


@dataclass(frozen=True)
class Program:
    """Its text, the weights of its model, the shape of one example, whether those are tokens, and the updates."""

    text: str
    weights: tuple[Weight, ...]
    entry: tuple[int, ...]
    tokens: bool
    updates: int


@dataclass(frozen=True)
class Facts:
    """A network in training, as this package needs it."""

    table: Table
    nodes: Sequence[Node]
    x: np.ndarray
    y: np.ndarray
    theta: np.ndarray
    given: Mapping[str, Any]  # the trainer's settings
    batch: int
    shuffled: bool
    dtype: str
    seed: int

    @property
    def double(self) -> bool:
        return self.dtype == "float64"


SETTINGS = (
    "optimizer", "rate", "momentum", "l2", "decay", "epsilon", "schedule", "weight_decay", "clip", "noise",
    "noise_decay", "lookahead", "blend", "psi", "threshold", "bound", "tightening", "switch", "tolerance",
)  # fmt: skip


def facts(found: Trainer | Population) -> Facts:
    x, y = arrays(found)
    if isinstance(found, Population):
        table = Table(found.network)
        known = {"optimizer", "rate", "momentum", "l2", "decay", "epsilon"}
        given = {name: found.get(name) if name in known else None for name in SETTINGS}
        return Facts(table, table.nodes, x, y, found.theta[0], given, len(x), False, found.dtype, found.seed)
    given = {name: found.get(name) for name in SETTINGS}
    nodes, share = list(found.program.nodes), found.get("dropout")
    if share is not None:
        nodes = [replace(node, hyper=(share,)) if node.op == "dropout" else node for node in nodes]
    rows = min(found.get("batch") or len(x), len(x))
    return Facts(
        found.program, nodes, x, y, found.theta, given, rows, found.shuffled and rows < len(x), found.dtype, found.seed
    )


def translate(
    lesson: Lesson, section: Section, settings: Mapping[str, Any], seed: int, say: Callable[..., str]
) -> Program | None:
    """The section's experiment at these settings; None where it trains no network."""
    experiment = lesson.experiments()[section.experiment]
    with recorded() as calls:
        model = built(lesson, experiment, settings, seed)
    found = learner(model)
    if found is None:
        return None
    home, chosen = section.settings(experiment), in_sight(experiment, settings)
    changes = "".join(f", {key}={value!r}" for key, value in chosen.items() if home[key] != value)
    name = f"{lesson.id}:{section.id}"
    told = facts(found)
    fetch = f'"{name}", seed={seed}{changes}'
    where = source(told.x, told.y, calls, f"x, y, _ = examples({fetch})")
    return Sheet(told, where, name, fetch, seed, model.limit, say).write()


class Sheet:
    """Writes one program."""

    def __init__(self, told: Facts, where: Source, name: str, fetch: str, seed: int, updates: int, say: Callable):
        self.told, self.where, self.name, self.fetch = told, where, name, fetch
        self.seed, self.updates, self.say = seed, updates, say
        self.loss = told.table.loss
        self.module: Module = Writer(told.nodes, told.table.output).write()
        self.rule: Rule = rule(told.given)

    def write(self) -> Program:
        body = [*self.model(), "", "", *self.batches(), "", "", *self.train(), "", "", *self.main()]
        text = "\n".join([*self.head("\n".join(body)), "", "", *body]) + "\n"
        return Program(text, self.module.weights, self.module.entry, self.module.tokens, self.updates)

    def head(self, body: str) -> list[str]:
        """The imports that the rest needs."""
        wanted = (
            ("math.", "import math"), ("islice(", "from itertools import islice"), ("\n", ""),
            ("np.", "import numpy as np"), ("torch.", "import torch"), (" nn.", "from torch import nn"),
            ("F.", "from torch.nn import functional as F"),
            ("DataLoader(", "from torch.utils.data import DataLoader, TensorDataset"),
        )  # fmt: skip
        found = [line for sign, line in wanted if sign in body]
        own = sorted({*self.where.imports, *self.start_imports})
        if "schedule." in body.replace("lr_schedule", ""):
            own.insert(0, "from engine import schedule")
        found += ["", *own] if own else []
        if self.told.double:
            found += ["", "torch.set_default_dtype(torch.float64)"]
        return found[1:] if not found[0] else found

    # the model

    def model(self) -> list[str]:
        helpers = [*self.module.helpers, "", ""] if self.module.helpers else []
        helpers += [*self.rule.helper, "", ""] if self.rule.helper else []
        first, *rest = self.module.make
        lines = [f"model = {first}", *rest, *self.start(), "return model"]
        return [*helpers, "def make_model():", *self.doc("model"), *(f"    {line}" for line in lines)]

    def doc(self, word: str) -> list[str]:
        return [f'    """{self.say(f"code.{word}")}"""']

    def start(self) -> list[str]:
        """How the weights begin: the rules of their blocks, or, where θ was given, its numbers."""
        told, self.start_imports = self.told, ()
        strange = [weight for weight in self.module.weights if not self.drawn(weight)]
        if not strange:
            return self.rules()
        self.start_imports = ()
        lines = ["with torch.no_grad():"]
        few = sum(self.block(weight).size for weight in strange) <= FEW
        if not few:
            self.start_imports = ("from lessons.examples import examples",)
            lines.insert(0, f"theta = torch.tensor(examples({self.fetch}).theta)")
        for weight in strange:
            lines.append(f"    {self.path(weight)}.copy_({self.values(weight, few)})")
        rest = [weight for weight in self.module.weights if weight not in strange]
        return [*(self.rules(rest) if rest else ()), *lines]

    def block(self, weight: Weight) -> np.ndarray:
        at = self.told.table.blocks[weight.block]
        return self.told.theta[at.offset : at.offset + at.size]

    def values(self, weight: Weight, few: bool) -> str:
        """A block of the given θ in PyTorch's shape."""
        shape, at = weight.parameter.shape, self.told.table.blocks[weight.block]
        if few:
            numbers = self.block(weight).reshape(shape)
            numbers = numbers.T if weight.how == "turned" else numbers
            return f"torch.tensor({[[float(f'{v:.9g}') for v in row] for row in numbers] if numbers.ndim > 1 else [float(f'{v:.9g}') for v in numbers]})"
        cut = f"theta[{at.offset or ''}:{at.offset + at.size}]"
        if weight.how == "turned":
            return f"{cut}.reshape({shape[0]}, {shape[1]}).T"
        target = self.path(weight)
        if weight.how == "filters":
            return f"{cut}.reshape({shape[0]}, {shape[1]}).T.reshape({target}.shape)"
        return f"{cut}.reshape({target}.shape)" if len(shape) > 1 else cut

    def drawn(self, weight: Weight) -> bool:
        """Whether a block begins as its rule says: all 0 or 1, or a stretch of its keyed normals."""
        parameter, values = weight.parameter, self.block(weight)
        if parameter.init in ("zero", "one"):
            return bool((values == (parameter.init == "one")).all())
        scale = deviation(parameter)
        for key in range(min(KEYS, 4 * len(self.told.table.blocks) + 8)):
            normals = random.normals(self.told.seed, random.INITIAL, key, values.size)
            if np.allclose(values, scale * normals, rtol=1e-4, atol=1e-7):
                return True
        return False

    def path(self, weight: Weight) -> str:
        """A weight below `model` as Python reads it."""
        parts = weight.path.split(".")
        text = "model" + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts)
        return f"{text}[{weight.rows[0]}:{weight.rows[1]}]" if weight.rows else text

    def rules(self, weights: Sequence[Weight] | None = None) -> list[str]:
        """The rules of all weights; the one that most follow in a loop."""
        weights = self.module.weights if weights is None else weights
        rules: dict[str, str] = {}
        for weight in weights:
            if "vector" in weight.path:
                continue  # drawn where it is made
            path = self.path(replace(weight, rows=None))
            rules[path] = law(weight)
        matrices = {path: text for path, text in rules.items() if text not in (ZERO, ONE)}
        if not matrices:
            return ["for p in model.parameters():", f"    {ZERO.format('p')}"] if ZERO in rules.values() else []
        if len(matrices) <= 2:
            return [text.format(path) for path, text in rules.items() if text != ONE and "norm" not in path]
        most = Counter(matrices.values()).most_common(1)[0][0]
        lines = [
            "for name, p in model.named_parameters():",
            '    if "bias" in name:',
            f"        {ZERO.format('p')}",
            "    elif p.ndim > 1:",
            f"        {most.format('p')}",
        ]
        others: dict[str, list[str]] = {}
        for path, text in matrices.items():
            if text != most:
                others.setdefault(text, []).append(path)
        for path, text in rules.items():
            if text == ZERO and "bias" not in path and "norm" not in path:
                others.setdefault(text, []).append(path)
        for text, paths in others.items():
            if len(paths) == 1:
                lines.append(text.format(paths[0]))
            else:
                lines += wrapped(f"for p in ({', '.join(paths)}):", WIDE - 4) + [f"    {text.format('p')}"]
        return lines

    # the examples

    def batches(self) -> list[str]:
        told, size = self.told, self.told.batch
        lines = list(self.where.lines)
        lines += [] if self.where.whole and not self.shaped() else [self.tensors()]
        if size >= len(told.x):
            lines += ["while True:", "    yield x, y"]
        else:
            shuffle = ", shuffle=True" if told.shuffled else ""
            lines += [
                f"loader = DataLoader(TensorDataset(x, y), batch_size={size}{shuffle})",
                "while True:",
                "    yield from loader",
            ]
        word = "whole" if size >= len(told.x) else "shuffled" if told.shuffled else "ordered"
        return ["def batches():", *self.doc(word), *(f"    {line}" for line in lines)]

    def shaped(self) -> str:
        """What brings an example into the shape that the model takes."""
        entry = self.module.entry
        return f".reshape(-1, {', '.join(map(str, entry))})" if len(entry) > 1 else ""

    def tensors(self) -> str:
        told, real = self.told, ".double()" if self.told.double else ".float()"
        if self.where.whole:
            return f"x = x{self.shaped()}"
        bytes_ = told.x.dtype == np.uint8 and not self.module.tokens
        kind = " / 255" if bytes_ and not self.shaped() else ".long()" if self.module.tokens else real
        shaped = self.shaped() + (" / 255" if bytes_ and self.shaped() else "")
        kind = "" if bytes_ and self.shaped() else kind
        x = f"torch.tensor(x){kind}{shaped}"
        column = "[:, None]" if self.where.column else ""
        y = f"torch.tensor(y{column}){'.long()' if told.table.targets == 'labels' else real}"
        return f"x, y = {x}, {y}"

    # training

    def train(self) -> list[str]:
        given, plan = self.told.given, schedule(self.told.given, self.updates, self.rule.factor)
        lines = wrapped(f"optimizer = {self.rule.make}", WIDE - 4)
        lines += wrapped(f"scheduler = {plan}", WIDE - 4) if plan else []
        look, noise = given["lookahead"], given["noise"]
        lines += ["slow = [p.detach().clone() for p in model.parameters()]"] if look else []
        counted = noise or look
        loop = "for t, (x, y) in enumerate(islice(batches, updates)):" if counted else "for x, y in islice(batches, updates):"
        inner = ["optimizer.look_ahead()"] if self.rule.ahead else []
        inner += [*wrapped(f"loss = {self.cost()}", WIDE - 8), "optimizer.zero_grad()", "loss.backward()"]
        if given["clip"]:
            inner.append(f"nn.utils.clip_grad_norm_(model.parameters(), {number(given['clip'])})")
        if given["l2"] and given["optimizer"] == "adamw":
            inner += ["for p in model.parameters():", f"    p.grad += {number(given['l2'])} * p.detach()"]
        if noise:
            inner.append(self.noise())
            inner += ["for p in model.parameters():", "    p.grad += std * torch.randn_like(p)"]
        inner.append("optimizer.step()")
        inner += ["scheduler.step()"] if plan else []
        if look:
            inner += [
                f"if (t + 1) % {look} == 0:",
                "    with torch.no_grad():",
                "        for p, kept in zip(model.parameters(), slow):",
                f"            p.copy_(kept.lerp_(p, {number(given['blend'])}))",
            ]
        inner.append("losses.append(loss.item())")
        lines += ["losses = []", loop, *(f"    {line}" for line in inner), "return losses"]
        return ["def train(model, batches, updates):", *self.doc("train"), *(f"    {line}" for line in lines)]

    def noise(self) -> str:
        variance, decay = self.told.given["noise"], self.told.given["noise_decay"]
        if not decay:
            return f"std = {number(variance**0.5)}"
        return f"std = ({number(variance)} / (1 + t) ** {number(decay)}) ** 0.5"

    def cost(self) -> str:
        loss, more = self.loss, "" if self.told.table.mean else ', reduction="sum"'
        if loss.op == "sequence-cross-entropy":
            more += f", label_smoothing={number(loss.hyper[0])}" if loss.hyper[0] else ""
            more += ", ignore_index=-1" if (self.told.y < 0).any() else ""
            return f"F.cross_entropy(model(x).flatten(0, 1), y.flatten(){more})"
        flat = ".flatten(1)" if len(self.module.exit) > 1 else ""
        return f"F.{LOSSES[loss.op]}(model(x){flat}, y{more})"

    def main(self) -> list[str]:
        every = max(1, self.updates // SHOWN)
        return [
            'if __name__ == "__main__":',
            f"    torch.manual_seed({self.seed})",
            f"    losses = train(make_model(), batches(), updates={self.updates})",
            f"    for t in range(0, len(losses), {every}):",
            '        print(f"{t:6d}  {losses[t]:.4f}")',
        ]


ZERO, ONE = "nn.init.zeros_({})", "nn.init.ones_({})"


def deviation(parameter) -> float:
    """The standard deviation of the numbers with which a block begins."""
    fan = sum(parameter.shape[:2])
    return {"he": sqrt(2 / parameter.shape[0]), "xavier": sqrt(2 / fan)}.get(parameter.init, parameter.std)


def law(weight: Weight) -> str:
    """PyTorch's word for how a block begins."""
    init = weight.parameter.init
    if init in ("zero", "one"):
        return ZERO if init == "zero" else ONE
    if init == "he" and weight.how in ("turned", "filters") and weight.rows is None:
        return "nn.init.kaiming_normal_({})"
    if init == "xavier" and weight.how == "turned" and weight.rows is None:
        return "nn.init.xavier_normal_({})"
    std = f"{deviation(weight.parameter):.4g}"
    return "nn.init.normal_({})" if std == "1" else f"nn.init.normal_({{}}, std={std})"


def wrapped(line: str, width: int) -> list[str]:
    """A line of code on as many as it needs: broken inside its last brackets."""
    if len(line) <= width:
        return [line]
    depth, opens = 0, None
    for k, sign in enumerate(line):
        if sign in "([" and depth == 0 and opens is None:
            opens = k
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and opens is not None and sign in ")]":
            inner = textwrap.wrap(line[opens + 1 : k], width - 4, break_long_words=False)
            return [line[: opens + 1], *(f"    {part}" for part in inner), line[k:]]
    return [line]
