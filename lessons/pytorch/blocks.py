"""Transformer blocks: an attention and a small network, each added and normalised, as PyTorch's one layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.node import Node
from lessons.pytorch.parts import Part, number, options

SUM = "{0} + {1}"


class Blocks:
    """Finds them among parts; `end` is a node that is wanted from outside."""

    def __init__(self, nodes: Sequence[Node], parts: Sequence[Part], end: int):
        self.nodes, self.end = nodes, end
        self.by_out = {part.out: part for part in parts}
        self.users: dict[int, list[Part]] = {}
        for part in parts:
            for i in dict.fromkeys(part.inputs):
                self.users.setdefault(i, []).append(part)

    def find(self) -> list[Part]:
        """The blocks, and the parts that are in none."""
        taken: set[int] = set()
        found = []
        for part in self.by_out.values():
            if part.out not in taken and alike(part) and "{0}, {0}, {0}" in part.call:
                row = self.post(part) or self.pre(part)
                if row is not None:
                    taken |= {one.out for one in row[0]}
                    found.append(self.made(*row))
        return sorted(
            [*found, *(p for p in self.by_out.values() if p.out not in taken)], key=lambda part: part.out
        )

    def only(self, n: int | None) -> Part | None:
        """The one part that reads a node, if there is one and nobody else."""
        users = self.users.get(n, [])
        return users[0] if len(users) == 1 and n != self.end else None

    def summed(self, x: int, part: Part) -> Part | None:
        """x + what the part gives."""
        add = self.only(part.out)
        return add if add is not None and add.call == SUM and add.inputs == (x, part.out) else None

    def normed(self, n: int) -> Part | None:
        norm = self.only(n)
        return norm if norm is not None and norm.module.startswith("nn.LayerNorm") and norm.weights else None

    def fed(self, entry: int, x: int) -> list[Part] | None:
        """The small network that reads `entry`, up to the sum with x."""
        first = next((u for u in self.users.get(entry, []) if u.module.startswith("nn.Linear")), None)
        bend = self.only(first.out) if first else None
        second = self.only(bend.out) if bend else None
        add = self.summed(x, second) if second else None
        fits = (
            add is not None
            and bend.module in ("nn.ReLU()", "nn.GELU()")
            and second.module.startswith("nn.Linear")
        )
        return [first, bend, second, add] if fits and "bias" not in first.module + second.module else None

    def two(self, n: int, *parts: Part) -> bool:
        """Whether just these read a node."""
        return n != self.end and {u.out for u in self.users.get(n, [])} == {part.out for part in parts}

    def post(self, look: Part):
        """Norms after the sums; with an attention over a memory, a decoder's."""
        add = self.summed(look.inputs[0], look)
        norm = self.normed(add.out) if add else None
        if norm is None:
            return None
        row, last = [look, add, norm], norm
        cross = next((u for u in self.users.get(norm.out, []) if alike(u) and u.inputs[0] == norm.out), None)
        if (
            cross is not None
            and "{0}, {1}, {1}" in cross.call
            and not cross.mask
            and cross.module == look.module
        ):
            add = self.summed(norm.out, cross)
            last = self.normed(add.out) if add and self.two(norm.out, cross, add) else None
            if last is None:
                return None
            row += [cross, add, last]
        else:
            cross = None
        feed = self.fed(last.out, last.out)
        end = self.normed(feed[-1].out) if feed and self.two(last.out, feed[0], feed[-1]) else None
        return ([*row, *feed, end], look, cross, False) if end else None

    def pre(self, look: Part):
        """Norms before the attention and before the small network."""
        norm = self.by_out.get(look.inputs[0])
        if norm is None or not norm.module.startswith("nn.LayerNorm") or self.only(norm.out) is not look:
            return None
        x = norm.inputs[0]
        add = self.summed(x, look)
        after = self.users.get(add.out, []) if add else []
        other = next((user for user in after if user.module.startswith("nn.LayerNorm")), None)
        feed = self.fed(other.out, add.out) if other else None
        if feed is None or not self.two(add.out, other, feed[-1]) or not self.two(x, norm, add):
            return None
        return [norm, look, add, other, *feed], look, None, True

    def made(self, row: list[Part], look: Part, cross: Part | None, first: bool) -> Part:
        """One part of them all."""
        d, heads = look.module.partition("(")[2].split(",")[:2]
        linears = [part for part in row if part.module.startswith("nn.Linear")]
        norms = [part for part in row if part.module.startswith("nn.LayerNorm")]
        wide = linears[0].gives[-1]
        bend = '"gelu"' if any(part.module == "nn.GELU()" for part in row) else '"relu"'
        epsilon = number(self.nodes[norms[0].out].hyper[0])
        more = options(
            activation=(bend, '"relu"'), layer_norm_eps=(epsilon, "1e-05"), norm_first=(first, False)
        )
        kind = "Encoder" if cross is None else "Decoder"
        module = f"nn.Transformer{kind}Layer({d},{heads}, {wide}, dropout=0, batch_first=True{more})"
        names = [(look, "self_attn."), (linears[0], "linear1."), (linears[1], "linear2.")]
        names += [(cross, "multihead_attn.")] if cross else []
        names += [(norm, f"norm{k}.") for k, norm in enumerate(norms, 1)]
        weights = [replace(w, path=name + w.path) for part, name in names for w in part.weights]
        x = row[0].inputs[0]
        own, ahead = look.inputs[1:], (cross.inputs[1:] if cross else ())
        inputs = (x, *ahead[:1], *own, *ahead[1:])
        words = ("src", "src") if cross is None else ("tgt", "memory")
        call = ["{0}"] + ["{1}"] * bool(cross)
        call += ["{mask}"] if look.mask else []
        at = 1 + bool(cross)
        for tokens, word in ((own, words[0]), (ahead[1:], "memory")):
            if tokens:
                part = look if tokens is own else cross
                pad = (
                    part.call.partition("key_padding_mask=")[2]
                    .partition(" == ")[2]
                    .split(",")[0]
                    .split(")")[0]
                )
                call.append(f"{word}_key_padding_mask={{{at}}} == {pad}")
                at += 1
        shapes = dict(zip(look.inputs, look.takes, strict=True)) | {x: row[0].takes[0]}
        shapes |= dict(zip(cross.inputs, cross.takes, strict=True)) if cross else {}
        return Part(
            tuple(n for part in row for n in part.nodes), inputs, tuple(shapes[i] for i in inputs), row[-1].gives,
            module, f"{{self}}({', '.join(call)})", mask=look.mask, weights=tuple(weights), again=len(inputs) > 1,
        )  # fmt: skip


def alike(part: Part) -> bool:
    """Whether it is an attention whose weights nobody asks for."""
    return part.module.startswith("nn.MultiheadAttention") and part.second is None
