"""The whole program: network, data and training, and how the network's weights lie in θ."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.node import Node
from engine.population import Population
from engine.program import Program as Table
from engine.trainer import Trainer
from lessons.catalog import Lesson, Section
from lessons.data.origin import Call, recorded
from lessons.examples import arrays, built, in_sight, learner, surface
from lessons.pytorch.begin import Start
from lessons.pytorch.data import LOADER, Source, source
from lessons.pytorch.lines import WIDE, wrapped, written
from lessons.pytorch.module import SINUSOIDS, Module, Writer
from lessons.pytorch.parts import Weight, number
from lessons.pytorch.rules import Rule, rule, schedule

LOSSES = {
    "mse": "mse_loss", "mae": "l1_loss", "cross-entropy": "cross_entropy",
    "binary-cross-entropy": "binary_cross_entropy_with_logits", "sequence-cross-entropy": "cross_entropy",
}  # fmt: skip
SHOWN = 10  # losses that a run prints


@dataclass(frozen=True)
class Program:
    """Its text, the weights of its model, the shape of one example, and whether it is made of tokens."""

    text: str
    weights: tuple[Weight, ...]
    entry: tuple[int, ...]
    tokens: bool


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
    # Lectures begin RMSProp with the first gradient.
    given["recalls"] = given["optimizer"] == "rmsprop" and bool(np.any(found.state()[2]))
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
    lesson: Lesson, section: Section, settings: Mapping[str, Any], seed: int, lang: str = "en"
) -> Program | None:
    """The section's experiment at these settings; None where it trains no network."""
    with recorded() as calls:
        model = built(lesson, lesson.experiments()[section.experiment], settings, seed)
    return told(model, calls, lesson, section, settings, seed, lang)


def told(
    model: Any,
    calls: Sequence[Call],
    lesson: Lesson,
    section: Section,
    settings: Mapping[str, Any],
    seed: int,
    lang: str = "en",
) -> Program | None:
    """The same of a model at update 0; `calls`: those of `recorded` while it was built."""
    found = learner(model) or surface(model)
    if found is None:
        return None
    experiment, name = lesson.experiments()[section.experiment], f"{lesson.id}:{section.id}"
    home, chosen = section.settings(experiment), in_sight(experiment, settings)
    changed = {key: value for key, value in chosen.items() if home[key] != value}
    given = [f"--set {key}={plain(value)}" for key, value in changed.items()]
    fetch = ", ".join([f'"{name}"', f"seed={seed}", *keywords(changed)])
    words = lesson.words(lang)
    notes = [words(f"beyond.{word}") for word in getattr(model, "beyond", ())]
    command = " ".join(["lhytui code", name, *given, f"--seed {seed}"])
    known = facts(found)
    updates = getattr(model, "lasts", model.limit)  # a model's updates may be others than its network's
    if known.table.targets is None:
        from lessons.pytorch.surfaces import Analytic

        return Analytic(known, command, fetch, seed, updates, notes).write()
    where = source(known.x, known.y, calls, f"x, y, *_ = examples({fetch})")
    return Sheet(known, where, command, fetch, seed, updates, notes).write()


def keywords(changed: Mapping[str, Any]) -> list[str]:
    """Arguments by name; those whose names are none in Python in a dictionary."""
    texts = {key: written(value) for key, value in changed.items()}
    others = ", ".join(f'"{key}": {text}' for key, text in texts.items() if not key.isidentifier())
    named = [f"{key}={text}" for key, text in texts.items() if key.isidentifier()]
    return [*named, *([f"**{{{others}}}"] if others else [])]


def plain(value: Any) -> str:
    """A control's value as `--set` takes it."""
    if isinstance(value, tuple | list):
        return ",".join(plain(one) for one in value)
    return number(value) if isinstance(value, float) else shlex.quote(str(value))


class Sheet:
    """Writes one program."""

    signature = "model, batches, updates"

    def __init__(
        self,
        told: Facts,
        where: Source,
        command: str,
        fetch: str,
        seed: int,
        updates: int,
        notes: Sequence[str],
    ):
        self.told, self.where, self.command, self.fetch = told, where, command, fetch
        self.seed, self.updates, self.notes = seed, updates, notes
        self.loss = told.table.loss
        self.module: Module = Writer(told.nodes, told.table.output).write()
        self.rule: Rule = rule(told.given)

    def write(self) -> Program:
        return self.joined(self.model(), self.batches(), self.train(), self.main())

    def joined(self, *parts: list[str]) -> Program:
        """The parts of the program, two blank lines between."""
        body = [line for part in parts for line in ("", "", *part)][2:]
        text = "\n".join([*self.head("\n".join(body)), "", "", *body]) + "\n"
        return Program(text, self.module.weights, self.module.entry, self.module.tokens)

    def head(self, body: str) -> list[str]:
        """The imports that the rest needs."""
        wanted = (
            (r"\bmath\.", "import math"), (r"\bnp\.", "import numpy as np"), (r"\btorch\.", "import torch"),
            (r"\bnn\.", "from torch import nn"), (r"\bF\.", "from torch.nn import functional as F"),
        )  # fmt: skip
        found = [line for sign, line in wanted if re.search(sign, body)]
        found = [*found[:1], "", *found[1:]] if found[0] == "import math" else found
        own = sorted({*self.where.imports, *([LOADER] if "examples(" in body else ())})
        if re.search(r"\bschedule\.", body):
            own.insert(0, "from engine import schedule")
        found += ["", *own] if own else []
        if self.told.double:
            found += ["", "torch.set_default_dtype(torch.float64)"]
        return [f'"""{line}' if not k else line for k, line in enumerate(self.title())] + ["", *found]

    def title(self) -> list[str]:
        """The command that prints this program, and what it leaves out."""
        lines = textwrap.wrap(self.command, WIDE - 6, subsequent_indent="    ", break_on_hyphens=False)
        lines += [line for note in self.notes for line in ["", *textwrap.wrap(note, WIDE - 6)]]
        return [*lines[:-1], f'{lines[-1]}"""']

    # the model

    def model(self) -> list[str]:
        module, told = self.module, self.told
        root = "model" if module.steps else "self"
        start = Start(module.weights, told.table.blocks, told.theta, told.seed, root, len(module.steps))
        begin = start.lines(self.fetch)
        helper = [*self.rule.helper, "", ""] if self.rule.helper else []
        if module.steps:
            lines = [*module.make(), *begin, "return model"]
            return [*helper, "def make_model():", *(f"    {line}" for line in lines)]
        made, body = (
            [f"        {line}" for line in lines] for lines in ([*module.init, *begin], module.forward)
        )
        helper += [*SINUSOIDS, "", ""] if any("sinusoids(" in line for line in made) else []
        first = ["class Net(nn.Module):", "    def __init__(self):", "        super().__init__()", *made]
        return [*helper, *first, "", "    def forward(self, x):", *body]

    # the examples

    def batches(self) -> list[str]:
        told, size = self.told, self.told.batch
        lines = [part for line in self.where.lines for part in wrapped(line, 84)]
        ready = self.where.whole and not self.shaped() and not self.module.tokens
        lines += [] if ready else [self.tensors()]
        if size >= len(told.x):
            lines += ["while True:", "    yield x, y"]
        else:
            rows = "randperm" if told.shuffled else "arange"
            turn = f"    for rows in torch.{rows}(len(x)).split({size}):"
            lines += ["while True:", turn, "        yield x[rows], y[rows]"]
        return ["def batches():", *(f"    {line}" for line in lines)]

    def shaped(self) -> str:
        """What brings an example into the shape that the model takes."""
        entry = self.module.entry
        return f".reshape(-1, {', '.join(map(str, entry))})" if len(entry) > 1 else ""

    def tensors(self) -> str:
        told, real = self.told, ".double()" if self.told.double else ".float()"
        if self.where.whole:
            return f"x = x{self.shaped()}{'.long()' if self.module.tokens else ''}"
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
        if re.search(r"\bheights\b", plan):
            lines += wrapped(f"heights = examples({self.fetch}).heights", 84)
        lines += wrapped(f"scheduler = {plan}", 84) if plan else []
        look, noise = given["lookahead"], given["noise"]
        lines += ["slow = [p.detach().clone() for p in model.parameters()]"] if look else []
        loop = self.loop(bool(noise or look))
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
        return [f"def train({self.signature}):", *(f"    {line}" for line in lines)]

    def loop(self, counted: bool) -> str:
        return f"for {'t' if counted else '_'}, (x, y) in zip(range(updates), batches):"

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

    def made(self) -> str:
        """The call that trains a new model on its batches."""
        make = "make_model" if self.module.steps else "Net"
        return f"train({make}(), batches(), updates={self.updates})"

    def main(self) -> list[str]:
        losses, every = self.made(), max(1, self.updates // SHOWN)
        lines = [f"print([round(loss, 4) for loss in {losses}[::{every}]])"]
        if len(lines[0]) > 84:
            lines = [f"losses = {losses}", f"print([round(loss, 4) for loss in losses[::{every}]])"]
        return [
            'if __name__ == "__main__":',
            f"    torch.manual_seed({self.seed})",
            *(f"    {line}" for line in lines),
        ]
