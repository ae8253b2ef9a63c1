"""A network written as a PyTorch module: nn.Sequential for a row of layers, else a class with forward."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.node import Node
from lessons.pytorch.blocks import Blocks
from lessons.pytorch.lines import WIDE, indented, wrapped
from lessons.pytorch.parts import PARTS, Part, Shape, Weight
from lessons.pytorch.phrases import phrases

LONGEST = 60  # of an expression inside another
SINUSOIDS = (
    "def sinusoids(length, d):",
    "    place, column = torch.arange(length)[:, None], torch.arange(d)",
    "    angle = place / 10000 ** (column // 2 * 2 / d)",
    "    return torch.where(column % 2 == 1, angle.cos(), angle.sin())",
)


@dataclass(frozen=True)
class Module:
    """A module: steps of nn.Sequential, or the lines of a class. entry and exit: the shape of one example;
    tokens: it takes whole numbers."""

    weights: tuple[Weight, ...]
    entry: Shape
    exit: Shape
    tokens: bool
    steps: tuple[str, ...] = ()
    init: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()

    def make(self) -> list[str]:
        """model = nn.Sequential(…), or its only layer."""
        if len(self.steps) == 1:
            return wrapped(f"model = {self.steps[0]}", WIDE - 4)
        line = f"model = nn.Sequential({', '.join(repeated(self.steps))})"
        if len(line) <= WIDE - 4 and len(self.steps) < 4:
            return [line]
        return ["model = nn.Sequential(", *indented(repeated(self.steps), WIDE - 8), ")"]


@dataclass
class Row:
    """Parts in a row, the name of their module, and what they take."""

    parts: list[Part]
    name: str = ""
    times: int = 1  # so many rows like this one, each added to what it was made of
    steps: list[str] = field(default_factory=list)  # modules, with those that change shapes
    weights: list[Weight] = field(default_factory=list)

    @property
    def first(self) -> Part:
        return self.parts[0]

    @property
    def last(self) -> Part:
        return self.parts[-1]


def reached(nodes: Sequence[Node], ends: Sequence[int]) -> list[int]:
    """The nodes that the ends depend on, in order."""
    found, ahead = set(), list(ends)
    while ahead:
        n = ahead.pop()
        if n not in found:
            found.add(n)
            ahead += nodes[n].inputs
    return sorted(found)


def identifier(text: str) -> str:
    """A node's name as Python's."""
    plain = re.sub(r"\W+", "_", text)
    return plain if plain.isidentifier() else f"_{plain}"


def bend(text: str, come: Shape, wanted: Shape | None) -> str:
    """An expression of one shape in another."""
    if wanted is None or come == wanted:
        return text
    text = text if re.fullmatch(r"[\w.]+|[\w.]+\(.*\)", text) else f"({text})"
    if len(wanted) == 1:
        return f"{text}.flatten(1)"
    return f"{text}.unflatten(1, {wanted})" if len(come) == 1 else f"{text}.reshape(-1, {str(wanted)[1:]}"


def bends(come: Shape, wanted: Shape | None) -> list[str]:
    """The same as modules."""
    if wanted is None or come == wanted:
        return []
    flat = ["nn.Flatten()"] if len(come) > 1 else []
    return flat + ([f"nn.Unflatten(1, {wanted})"] if len(wanted) > 1 else [])


def filled(text: str, inputs: Sequence[str], names: Mapping[str, str]) -> str:
    """A part's text with its names and inputs, those in brackets that would be torn apart."""

    def put(match: re.Match) -> str:
        if match[1] in names:
            return names[match[1]]
        value = inputs[int(match[1])]
        left, right = text[: match.start()].rstrip(), text[match.end() :].lstrip()
        enclosed = left[-1:] in "(," and right[:1] in "),"
        alone = re.fullmatch(r"[\w.]+(\(.*\))?(\[\w*\])?", value) or set(re.findall(r" [-+*/@] ", text)) == {
            " + "
        }
        return value if enclosed or alone else f"({value})"

    return re.sub(r"\{(\w+)\}", put, text)


def repeated(steps: Sequence[str]) -> list[str]:
    """Entries of nn.Sequential; what comes three times and more in a row stands once, in a loop."""
    found, at = [], 0
    while at < len(steps):
        best = (1, 1)
        for size in range(1, 9):
            unit, times = steps[at : at + size], 1
            while steps[at + times * size : at + (times + 1) * size] == unit:
                times += 1
            starts = size == 1 or unit[0].startswith(("nn.Linear", "nn.Conv2d"))
            if starts and times > 2 and (times - 1) * size > (best[0] - 1) * best[1]:
                best = (times, size)
        times, size = best
        unit = steps[at : at + size]
        if times == 1:
            found.append(unit[0])
        elif size == 1:
            found.append(f"*({unit[0]} for _ in range({times}))")
        else:
            found.append(f"*(layer for _ in range({times}) for layer in ({', '.join(unit)}))")
        at += times * size
    return found


class Writer:
    """Writes the module of the nodes that `ends` depend on; the first of them is what it gives."""

    def __init__(self, nodes: Sequence[Node], end: int):
        self.nodes, self.end = nodes, end
        live = reached(nodes, [end])
        self.uses = Counter(i for n in live for i in nodes[n].inputs)
        self.uses[end] += 1
        many = phrases(nodes, live, self.uses)
        taken = {n for part in many for n in part.nodes}
        single = [PARTS[nodes[n].op](n, nodes[n]) for n in live if n not in taken and nodes[n].op != "input"]
        self.parts = Blocks(nodes, sorted([*many, *single], key=lambda part: part.out), end).find()
        self.entry_node = next(n for n in live if nodes[n].op == "input")
        self.wants = Counter(i for part in self.parts for i in dict.fromkeys(part.inputs))
        self.wants[end] += 1
        self.entry = self._entry()
        self.shapes = self._shapes()
        self.tied = {part.owner for part in self.parts if part.owner is not None}
        self.rows = self._rows()

    def _entry(self) -> Shape:
        """The shape in which all who read the input want it, else flat."""
        width = self.nodes[self.entry_node].width
        asked = {
            take
            for part in self.parts
            for i, take in zip(part.inputs, part.takes, strict=True)
            if i == self.entry_node
        }
        return asked.pop() or (width,) if len(asked) == 1 else (width,)

    def _shapes(self) -> dict[int, Shape]:
        """What comes out of each node, as PyTorch has it."""
        shapes = {self.entry_node: self.entry}
        for part in self.parts:
            shapes[part.out] = part.gives or part.takes[0] or shapes[part.inputs[0]]
            if part.second is not None:
                shapes[part.second] = part.takes[0][:1] + part.takes[min(1, len(part.takes) - 1)][:1]
        return shapes

    def _rows(self) -> list[Row]:
        rows: list[Row] = []
        for part in self.parts:
            before = rows[-1] if rows else None
            joins = (
                before is not None and part.links and before.last.links and part.inputs == (before.last.out,)
                and self.wants[before.last.out] == 1 and not self.tied & {part.out, before.last.out}
            )  # fmt: skip
            if joins:
                before.parts.append(part)
            else:
                rows.append(Row([part]))
        rows, norms = self._towers(rows), 0
        for row in rows:
            named = [part for part in row.parts if part.weights]
            named = next((part for part in named if "Norm" not in part.module), (named or [row.last])[0])
            node = self.nodes[named.out]
            row.name = identifier(named.weights[0].block.split(".")[0] if named.weights else node.name)
            if re.fullmatch(rf"{node.op}-\d+", row.name.replace("_", "-")) and "norm" in node.op:
                norms += 1
                row.name = f"norm_{norms}"
            if len(row.parts) > 1 and any(part.module.startswith("nn.Transformer") for part in row.parts):
                row.name = "blocks"
            if row.times > 1:
                row.name = "layers"
            short = row.name.rpartition("_")[2]
            long = len(row.name) + len(", ".join(part.module for part in row.parts)) + 23 > WIDE - 8
            if (
                len(row.parts) > 1
                and long
                and short.isalpha()
                and short not in {other.name for other in rows}
            ):
                row.name = short
            self._steps(row)
        return rows

    def _towers(self, rows: list[Row]) -> list[Row]:
        """Rows that are added to what they were made of, one after the other and all alike, as one."""
        found, at = [], 0
        while at < len(rows):
            end = at
            while self._adds(rows, end) and self._alike(rows[at], rows[end]):
                if end > at and rows[end].first.inputs != (rows[end - 1].last.out,):
                    break
                end += 2
            if end - at >= 6:
                parts = [part for row in rows[at:end] for part in row.parts]
                found.append(Row(parts, times=(end - at) // 2))
            else:
                found += rows[at : max(end, at + 1)]
            at = max(end, at + 1)
        return found

    def _adds(self, rows: list[Row], at: int) -> bool:
        if at + 1 >= len(rows) or not rows[at].first.links:
            return False
        x, y, add = rows[at].first.inputs[0], rows[at].last.out, rows[at + 1].first
        once = self.wants[x] == 2 and self.wants[y] == 1
        return once and add.call == "{0} + {1}" and add.inputs == (x, y)

    def _alike(self, one: Row, other: Row) -> bool:
        return [part.module for part in one.parts] == [part.module for part in other.parts]

    def _steps(self, row: Row) -> None:
        if row.times > 1:
            size = len(row.parts) // row.times
            for k, part in enumerate(row.parts):
                inner = f".{k % size}" if size > 2 else ""
                row.weights += [
                    replace(w, path=f"{row.name}.{k // size}{inner}.{w.path}") for w in part.weights
                ]
            row.steps = [part.module for part in row.parts[: size - 1]]
            return
        come = self.shapes[row.first.inputs[0]]
        for k, part in enumerate(row.parts):
            row.steps += bends(come, part.takes[0]) if k or len(row.parts) > 1 else []
            for weight in part.weights:
                path = weight.path.replace("^", row.name)
                if not weight.path.startswith("^"):
                    path = (
                        f"{row.name}.{len(row.steps)}.{path}" if len(row.parts) > 1 else f"{row.name}.{path}"
                    )
                row.weights.append(replace(weight, path=path))
            row.steps.append(part.module)
            come = self.shapes[part.out]

    # The text

    def write(self) -> Module:
        tokens = any(self.nodes[part.nodes[0]].op in ("embedding",) for part in self.parts)
        told = (self.entry, self.shapes[self.end], tokens)
        row = self.rows[0]
        if len(self.rows) == 1 and row.first.links and row.first.inputs == (self.entry_node,):
            weights = tuple(replace(w, path=w.path.removeprefix(row.name + ".")) for w in row.weights)
            return Module(weights, *told, steps=tuple(row.steps))
        weights = tuple(weight for row in self.rows for weight in row.weights)
        return Module(weights, *told, init=tuple(self._init()), forward=tuple(self._forward()))

    def _init(self) -> list[str]:
        lines, self.masks = [], {}
        for row in self.rows:
            part = row.first
            name = f"self.{row.name}"
            if row.times > 1:
                one = row.steps[0] if len(row.steps) == 1 else f"nn.Sequential({', '.join(row.steps)})"
                lines += wrapped(f"{name} = nn.ModuleList({one} for _ in range({row.times}))", WIDE - 8)
            elif len(row.steps) > 1:
                lines += wrapped(f"{name} = nn.Sequential({', '.join(repeated(row.steps))})", WIDE - 8)
            elif part.module and part.owner is None and (part.weights or "{self}" in part.call):
                lines += wrapped(f"{name} = {part.module}", WIDE - 8)
            if part.mask and part.mask not in self.masks:
                causal = ".triu(1)" in part.mask
                mask = "causal" if causal else f"hidden{len(self.masks) or ''}"
                self.masks[part.mask] = mask
                lines += wrapped(f'self.register_buffer("{mask}", {part.mask})', WIDE - 8)
            lines += [make.replace("{self}", name).replace("{name}", row.name) for make in part.makes]
        return lines

    def _forward(self) -> list[str]:
        self.texts: dict[int, str] = {self.entry_node: "x"}
        self.left = Counter(self.wants)
        lines: list[str] = []
        for row in self.rows:
            part = row.first
            if row.times > 1:
                if not self.texts[part.inputs[0]].isidentifier():
                    self._assign(part.inputs[0], self.texts[part.inputs[0]], lines)
                h = self.texts.pop(part.inputs[0])
                lines += [f"for layer in self.{row.name}:", f"    {h} = {h} + layer({h})"]
                self.texts[row.last.out] = h
                continue
            self._name_inputs(part, lines)
            inputs = [
                bend(self.texts[i], self.shapes[i], take if len(row.parts) == 1 or not k else None)
                for k, (i, take) in enumerate(zip(part.inputs, part.takes, strict=True))
            ]
            if len(row.parts) > 1:
                inputs, call = [self.texts[part.inputs[0]]], "{self}({0})"
            else:
                call = part.call
            owner = row.name
            if part.owner is not None:
                owner = next(other.name for other in self.rows if part.owner in other.parts[0].nodes)
            names = {"self": f"self.{owner}", "mask": f"self.{self.masks.get(part.mask, '')}"}
            for i in dict.fromkeys(part.inputs):
                self.left[i] -= 1
            lines += [
                piece for line in part.lines for piece in wrapped(filled(line, inputs, names), WIDE - 8)
            ]
            text = filled(call, inputs, names)
            out = row.last.out
            if out == self.end:
                lines += wrapped(f"return {text}", WIDE - 8)
            elif part.second is not None:
                name = self._free(out)
                lines += wrapped(f"{name}, weights = {text}", WIDE - 8)
                self.texts[out], self.texts[part.second] = name, "weights"
            elif self.wants[out] == 1 and len(text) <= LONGEST and not part.lines and not self.named(out):
                self.texts[out] = text
            else:
                self._assign(out, text, lines)
        return lines

    def named(self, n: int) -> bool:
        """Whether somebody wants a node by a name."""
        return any(n in part.inputs and (part.again or part.lines) for part in self.parts)

    def _name_inputs(self, part: Part, lines: list[str]) -> None:
        """Give what a part needs more than once, or in a line before, a name."""
        for i in part.inputs:
            if (part.again or part.lines) and not self.texts[i].isidentifier():
                self._assign(i, self.texts[i], lines)

    def _assign(self, n: int, text: str, lines: list[str]) -> None:
        self.texts.pop(n, None)
        name = self._free(n)
        lines += wrapped(f"{name} = {text}", WIDE - 8)
        self.texts[n] = name

    def _free(self, n: int) -> str:
        """`h`, unless something that is still wanted has it in its text; then the node's own name."""
        waiting = " ".join(text for i, text in self.texts.items() if self.left[i] > 0)
        own = identifier(self.nodes[n].name)
        if self.nodes[n].op == "slice":
            reader = next(part for part in self.parts if n in part.inputs)
            return identifier(self.nodes[reader.out].name)
        if any(n in part.inputs[1:] and len(part.nodes) > 5 for part in self.parts):
            return "memory"
        return next((name for name in ("h", "z") if not re.search(rf"\b{name}\b", waiting)), own)
