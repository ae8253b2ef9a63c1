"""The whole program: network, data and training, and how the network's weights lie in θ."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from lhytui.pytorch.lines import WIDE, wrapped
from lhytui.pytorch.module import Module, Writer
from lhytui.pytorch.parts import Weight, deviation, number
from lhytui.pytorch.rules import Rule, rule, schedule
from lhytui.text.wrap import wrap

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
        found.program,
        nodes,
        x,
        y,
        found.theta,
        given,
        rows,
        found.shuffled and rows < len(x),
        found.dtype,
        found.seed,
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
    changed = {key: value for key, value in chosen.items() if home[key] != value}
    changes = "".join(f", {key}={value!r}" for key, value in changed.items())
    given = [f"--set {key}={plain(value)}" for key, value in changed.items()]
    name = f"{lesson.id}:{section.id}"
    told = facts(found)
    fetch = f'"{name}", seed={seed}{changes}'
    command = " ".join(["lhytui code", name, *given, f"--seed {seed}"])
    notes = [say(f"code.{word}") for word in getattr(model, "beyond", ())]
    where = source(told.x, told.y, calls, f"x, y, _ = examples({fetch})")
    return Sheet(told, where, command, fetch, seed, model.limit, notes, say).write()


def plain(value: Any) -> str:
    """A control's value as `--set` takes it."""
    if isinstance(value, tuple | list):
        return ",".join(plain(one) for one in value)
    return number(value) if isinstance(value, float) else shlex.quote(str(value))


def folded(text: str) -> list[str]:
    """A sentence in rows that fit a terminal, Chinese too."""
    return [text[start:end] for start, end in wrap(text, WIDE - 6)]


class Sheet:
    """Writes one program."""

    def __init__(
        self,
        told: Facts,
        where: Source,
        command: str,
        fetch: str,
        seed: int,
        updates: int,
        notes: Sequence[str],
        say: Callable,
    ):
        self.told, self.where, self.command, self.fetch = told, where, command, fetch
        self.seed, self.updates, self.notes, self.say = seed, updates, notes, say
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
            (r"\bmath\.", "import math"), (r"\bnp\.", "import numpy as np"), (r"\btorch\.", "import torch"),
            (r"\bnn\.", "from torch import nn"), (r"\bF\.", "from torch.nn import functional as F"),
        )  # fmt: skip
        found = [line for sign, line in wanted if re.search(sign, body)]
        found = [*found[:1], "", *found[1:]] if found[0] == "import math" else found
        own = sorted({*self.where.imports, *self.start_imports})
        if re.search(r"\bschedule\.", body):
            own.insert(0, "from engine import schedule")
        found += ["", *own] if own else []
        if self.told.double:
            found += ["", "torch.set_default_dtype(torch.float64)"]
        return [f'"""{line}' if not k else line for k, line in enumerate(self.title())] + ["", *found]

    def title(self) -> list[str]:
        """The command that prints this program, and what it leaves out."""
        lines = textwrap.wrap(self.command, WIDE - 6, subsequent_indent="    ", break_on_hyphens=False)
        lines += [line for note in self.notes for line in ["", *folded(note)]]
        return [*lines[:-1], f'{lines[-1]}"""']

    # the model

    def model(self) -> list[str]:
        helpers = [*self.module.helpers, "", ""] if self.module.helpers else []
        helpers += [*self.rule.helper, "", ""] if self.rule.helper else []
        first, *rest = self.module.make
        lines = [f"model = {first}", *rest, *self.start(), "return model"]
        return [*helpers, "def make_model():", *(f"    {line}" for line in lines)]

    def doc(self, word: str) -> list[str]:
        return [f'    """{self.say(f"code.{word}")}"""']

    def start(self) -> list[str]:
        """How the weights begin: the rules of their blocks, or, where θ was given, its numbers."""
        self.start_imports: tuple[str, ...] = ()
        strange = [weight for weight in self.module.weights if not self.drawn(weight)]
        if not strange:
            return self.rules()
        if len(strange) > 4 and self.straight():
            self.start_imports = ("from lessons.examples import examples",)
            return [
                f"theta = torch.tensor(examples({self.fetch}).theta)",
                "parts = theta.split([p.numel() for p in model.parameters()])",
                "with torch.no_grad():",
                "    for p, part in zip(model.parameters(), parts):",
                "        p.copy_(part.reshape(p.shape[::-1]).t())",
            ]
        lines = ["with torch.no_grad():"]
        few = sum(self.block(weight).size for weight in strange) <= FEW
        if not few:
            self.start_imports = ("from lessons.examples import examples",)
            lines.insert(0, f"theta = torch.tensor(examples({self.fetch}).theta)")
        for weight in strange:
            lines += [
                f"    {line}"
                for line in wrapped(f"{self.path(weight)}.copy_({self.values(weight, few)})", 80)
            ]
        rest = [weight for weight in self.module.weights if weight not in strange]
        return [*(self.rules(rest) if rest else ()), *lines]

    def straight(self) -> bool:
        """Whether all of θ is matrices, turned, and vectors, in the order of the model's parameters."""
        at = 0
        for weight in self.module.weights:
            block = self.told.table.blocks[weight.block]
            if (
                block.offset != at
                or weight.rows
                or (weight.how == "same") != (len(block.parameter.shape) == 1)
            ):
                return False
            at += block.size
        return at == self.told.table.size

    def block(self, weight: Weight) -> np.ndarray:
        at = self.told.table.blocks[weight.block]
        return self.told.theta[at.offset : at.offset + at.size]

    def values(self, weight: Weight, few: bool) -> str:
        """A block of the given θ in PyTorch's shape."""
        shape, at = weight.parameter.shape, self.told.table.blocks[weight.block]
        if few:
            numbers = self.block(weight).reshape(shape)
            numbers = numbers.T if weight.how == "turned" else numbers
            return f"torch.tensor({np.vectorize(lambda value: float(f'{value:.6g}'))(numbers).tolist()})"
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
            if "weight" not in weight.path and "bias" not in weight.path:
                continue  # drawn where it is made
            path = self.path(replace(weight, rows=None))
            rules[path] = law(weight)
        matrices = {path: text for path, text in rules.items() if text not in (ZERO, ONE)}
        if not matrices:
            return (
                ["for p in model.parameters():", f"    {ZERO.format('p')}"] if ZERO in rules.values() else []
            )
        if len(matrices) <= 2:
            return [text.format(path) for path, text in rules.items() if text != ONE and "norm" not in path]
        most = Counter(matrices.values()).most_common(1)[0][0]
        lines = [
            "for name, p in model.named_parameters():",
            '    if "bias" in name:',
            f"        {ZERO.format('p')}",
        ]
        others: dict[str, list[str]] = {}
        for path, text in matrices.items():
            if text != most:
                others.setdefault(text, []).append(path)
        for path, text in rules.items():
            if text == ZERO and "bias" not in path and "norm" not in path:
                others.setdefault(text, []).append(path)
        late = []
        for text, paths in others.items():
            word = common(paths, [path for path in matrices if path not in paths])
            if len(paths) == 1:
                late.append(text.format(paths[0]))
            elif word:
                lines += [f'    elif "{word}" in name:', f"        {text.format('p')}"]
            else:
                late += [*wrapped(f"for p in ({', '.join(paths)}):", 84), f"    {text.format('p')}"]
        own = any("weight" not in weight.path and "bias" not in weight.path for weight in weights)
        last = '    elif p.ndim > 1 and "weight" in name:' if own else "    elif p.ndim > 1:"
        return [*lines, last, f"        {most.format('p')}", *late]

    # the examples

    def batches(self) -> list[str]:
        told, size = self.told, self.told.batch
        lines = list(self.where.lines)
        lines += [] if self.where.whole and not self.shaped() else [self.tensors()]
        if size >= len(told.x):
            lines += ["while True:", "    yield x, y"]
        else:
            rows = "randperm" if told.shuffled else "arange"
            turn = f"    for rows in torch.{rows}(len(x)).split({size}):"
            lines += ["while True:", turn, "        yield x[rows], y[rows]"]
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
        lines = wrapped(f"optimizer = {self.rule.make}", 84)
        lines += wrapped(f"scheduler = {plan}", 84) if plan else []
        look, noise = given["lookahead"], given["noise"]
        lines += ["slow = [p.detach().clone() for p in model.parameters()]"] if look else []
        loop = f"for {'t' if noise or look else '_'}, (x, y) in zip(range(updates), batches):"
        inner = ["optimizer.look_ahead()"] if self.rule.ahead else []
        inner += [*wrapped(f"loss = {self.cost()}", 80), "optimizer.zero_grad()", "loss.backward()"]
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
        return ["def train(model, batches, updates):", *(f"    {line}" for line in lines)]

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
            f"    print([round(loss, 4) for loss in losses[::{every}]])",
        ]


def common(paths: Sequence[str], others: Sequence[str]) -> str:
    """A part of their names that these paths have and no other has, empty if there is none."""
    words = [set(re.findall(r"[a-z]+\d*(?:_[a-z]+)*", path)) for path in paths]
    shared = [word for word in set.intersection(*words) if not any(word in other for other in others)]
    return min(shared, key=lambda word: (len(word), word), default="")


ZERO, ONE = "nn.init.zeros_({})", "nn.init.ones_({})"


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
