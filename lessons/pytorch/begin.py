"""How a model's weights begin: the rules by which they are drawn, or the numbers that were given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine import random
from engine.program import Block
from lessons.pytorch.lines import wrapped
from lessons.pytorch.parts import Weight, deviation

FEW = 24  # numbers of θ that are written out
SPARE = 8  # blocks of another net whose draws may be in this one's place
ZERO, ONE = "nn.init.zeros_({})", "nn.init.ones_({})"


class Start:
    """The lines after a model is made. root: the model's name; steps: entries of nn.Sequential, 0 for a class."""

    def __init__(
        self,
        weights: Sequence[Weight],
        blocks: Mapping[str, Block],
        theta: np.ndarray,
        seed: int,
        root: str,
        steps: int,
    ):
        self.weights, self.blocks, self.theta, self.seed = weights, blocks, theta, seed
        self.root, self.steps = root, steps

    def lines(self, fetch: str) -> list[str]:
        """`fetch`: the call of `lessons.examples` that also gives θ."""
        strange = [weight for weight in self.weights if not self.drawn(weight)]
        if not strange:
            return self.rules(self.weights)
        given = f"theta = torch.tensor(examples({fetch}).theta)"
        if len(strange) > 4 and self.straight():
            return [
                *wrapped(given, 80),
                f"parts = theta.split([p.numel() for p in {self.root}.parameters()])",
                "with torch.no_grad():",
                f"    for p, part in zip({self.root}.parameters(), parts):",
                "        p.copy_(part.reshape(p.shape[::-1]).t())",
            ]
        few = sum(self.block(weight).size for weight in strange) <= FEW
        lines = [] if few else wrapped(given, 80)
        lines.append("with torch.no_grad():")
        for weight in strange:
            copy = f"{self.path(weight)}.copy_({self.values(weight, few)})"
            lines += [f"    {line}" for line in wrapped(copy, 80)]
        rest = [weight for weight in self.weights if weight not in strange]
        return [*(self.rules(rest) if rest else ()), *lines]

    def straight(self) -> bool:
        """Whether all of θ is matrices, turned, and vectors, in the order of the model's parameters."""
        at = 0
        for weight in self.weights:
            block = self.blocks[weight.block]
            matrix = len(block.parameter.shape) > 1
            if block.offset != at or weight.rows or (weight.how == "turned") != matrix:
                return False
            at += block.size
        return at == len(self.theta)

    def block(self, weight: Weight) -> np.ndarray:
        at = self.blocks[weight.block]
        return self.theta[at.offset : at.offset + at.size]

    def drawn(self, weight: Weight) -> bool:
        """Whether a block begins as its rule says: all 0 or 1, or a stretch of the seed's normals."""
        parameter, values = weight.parameter, self.block(weight)
        if parameter.init in ("zero", "one"):
            return bool((values == (parameter.init == "one")).all())
        scale = deviation(parameter)
        return any(
            np.allclose(
                values,
                scale * random.normals(self.seed, random.INITIAL, key, values.size),
                rtol=1e-4,
                atol=1e-7,
            )
            for key in range(len(self.blocks) + SPARE)
        )

    def values(self, weight: Weight, few: bool) -> str:
        """A block of the given θ in PyTorch's shape."""
        shape, at = weight.parameter.shape, self.blocks[weight.block]
        if few:
            numbers = self.block(weight).reshape(shape)
            numbers = numbers.T if weight.how == "turned" else numbers
            return f"torch.tensor({np.vectorize(lambda value: float(f'{value:.6g}'))(numbers).tolist()})"
        cut, target = f"theta[{at.offset or ''}:{at.offset + at.size}]", self.path(weight)
        if weight.how == "turned":
            return f"{cut}.reshape({shape[0]}, {shape[1]}).T"
        if weight.how == "filters":
            return f"{cut}.reshape({shape[0]}, {shape[1]}).T.reshape({target}.shape)"
        return f"{cut}.reshape({target}.shape)" if len(shape) > 1 else cut

    def path(self, weight: Weight) -> str:
        """A weight below the model as Python reads it."""
        first, *rest = weight.path.split(".")
        if first.isdecimal():
            first = "[-1]" if int(first) == self.steps - 1 else f"[{first}]"
        else:
            first = f".{first}"
        text = self.root + first + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in rest)
        return f"{text}[{weight.rows[0]}:{weight.rows[1]}]" if weight.rows else text

    # Rules

    def rules(self, weights: Sequence[Weight]) -> list[str]:
        """PyTorch's words for the rules of these weights; the one that most follow in a loop."""
        laws: dict[str, tuple[str, Weight]] = {}
        for weight in weights:
            if "weight" in weight.path or "bias" in weight.path:  # others are drawn where they are made
                laws[self.path(replace(weight, rows=None))] = law(weight), weight
        matrices = {path: found for path, found in laws.items() if len(found[1].parameter.shape) > 1}
        if not matrices:
            return []
        if len(matrices) <= 2 and len(laws) <= 4:
            return [
                text.format(path)
                for path, (text, weight) in laws.items()
                if text != ONE and not scale(weight)
            ]
        plain = {
            path: text for path, (text, weight) in matrices.items() if kind(weight) in ("Linear", "Conv2d")
        }
        most = Counter(plain.values() or [text for text, _ in matrices.values()]).most_common(1)[0][0]
        biased = {
            weight.path.rpartition(".")[0] for _, weight in laws.values() if weight.path.endswith(".bias")
        }
        known = all(
            kind(weight) in ("Attention", "Embedding")
            or (kind(weight) != "" and weight.path.rpartition(".")[0] in biased)
            for _, weight in matrices.values()
        )
        others = {path: text for path, (text, _) in matrices.items() if text != most}
        if known and plain:
            return self.by_layer(matrices, most, others)
        return self.by_name(laws, most, others)

    def by_layer(self, matrices, most: str, others: dict[str, str]) -> list[str]:
        """A loop over the layers; embeddings begin as PyTorch's own do."""
        kinds = {kind(weight) for _, weight in matrices.values()}
        names = " | ".join(f"nn.{name}" for name in ("Conv2d", "Linear") if name in kinds)
        layers = f"{self.root}.modules()" if not self.steps else self.root
        lines = [
            f"for layer in {layers}:",
            f"    if isinstance(layer, {names}):",
            f"        {most.format('layer.weight')}",
            f"        {ZERO.format('layer.bias')}",
        ]
        packed = {text for text, weight in matrices.values() if kind(weight) == "Attention"}
        if len(packed) == 1:
            others = {path: text for path, text in others.items() if "in_proj" not in path}
            lines += [
                "    elif isinstance(layer, nn.MultiheadAttention):",
                f"        {packed.pop().format('layer.in_proj_weight')}",
            ]
        weights = {path: weight for path, (_, weight) in matrices.items()}
        return lines + late(
            {p: t for p, t in others.items() if kind(weights[p]) != "Embedding" or t != NORMAL}
        )

    def by_name(self, laws, most: str, others: dict[str, str]) -> list[str]:
        """A loop over the parameters."""
        whole = all("weight" in weight.path or "bias" in weight.path for weight in self.weights)
        return [
            f"for name, p in {self.root}.named_parameters():",
            '    if "bias" in name:',
            f"        {ZERO.format('p')}",
            "    elif p.ndim > 1:" if whole else '    elif p.ndim > 1 and "weight" in name:',
            f"        {most.format('p')}",
            *late(others),
        ]


NORMAL = "nn.init.normal_({})"


def late(others: Mapping[str, str]) -> list[str]:
    """The weights that follow another rule than most."""
    groups: dict[str, list[str]] = {}
    for path, text in others.items():
        groups.setdefault(text, []).append(path)
    lines = []
    for text, paths in groups.items():
        row = re.sub(r"\[\d+\]", "[:]", paths[0])
        if len(paths) < 3:
            lines += [text.format(path) for path in paths]
        elif all(re.sub(r"\[\d+\]", "[:]", path) == row for path in paths) and row.count("[:]") == 1:
            last = int(re.search(r"\[(\d+)\]", paths[-1])[1])
            first = int(re.search(r"\[(\d+)\]", paths[0])[1])
            before, _, after = row.partition("[:]")
            lines += [
                f"for block in {before}[{first or ''}:{last + 1}]:",
                f"    {text.format('block' + after)}",
            ]
        else:
            lines += [*wrapped(f"for p in ({', '.join(paths)}):", 80), f"    {text.format('p')}"]
    return lines


def scale(weight: Weight) -> bool:
    """Whether it is the γ or β of a norm, which begin at 1 and 0 in PyTorch too."""
    return weight.parameter.name in ("gamma", "beta")


def kind(weight: Weight) -> str:
    """The layer of a matrix, where it is one that is known by its class."""
    if weight.rows:
        return "Attention"
    if weight.how == "filters":
        return "Conv2d"
    if weight.path.endswith("weight") and weight.how == "turned":
        return "Linear"
    return "Embedding" if weight.parameter.name == "table" else ""


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
    return NORMAL if std == "1" else f"nn.init.normal_({{}}, std={std})"
