"""What takes several nodes here and one word in PyTorch: attention, recurrent layers, copying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isclose

import numpy as np

from engine.layers.sequence import visible
from engine.node import Node
from lessons.pytorch.parts import Part, Weight, normals, number, options, owned


def phrases(nodes: Sequence[Node], live: Sequence[int], uses: Counter) -> list[Part]:
    """The parts of several nodes each, of the live ones."""
    found = []
    for n in live:
        match nodes[n].op:
            case "mix":
                found.append(attention(nodes, live, uses, n))
            case "rnn":
                found.append(recurrent(nodes, n, n))
            case "lstm":
                found.append(recurrent(nodes, n, next(k for k in live if n in nodes[k].inputs)))
            case "copy-softmax":
                found.append(copying(nodes, n))
    return found


def recurrent(nodes: Sequence[Node], n: int, out: int) -> Part:
    """nn.RNN or nn.LSTM; of PyTorch's two biases one is held at 0, as they do the same."""
    node, entry = nodes[n], nodes[nodes[n].inputs[0]]
    (length, width), k = nodes[out].shape, entry.sizes[0]
    kind, more = (
        ("LSTM", "") if node.op == "lstm" else ("RNN", options(nonlinearity=(BENT[node.sizes[2]], BENT[0])))
    )
    weights = (
        *owned(entry, weight="weight_ih_l0 turned", bias="bias_ih_l0"),
        *owned(node, weight="weight_hh_l0 turned"),
    )
    return Part(
        (node.inputs[0], n, out), entry.inputs, ((length, k),), (length, width),
        f"nn.{kind}({k}, {width}, batch_first=True{more})", "{self}({0})[0]",
        makes=("{self}.bias_hh_l0.requires_grad_(False)",), weights=weights,
    )  # fmt: skip


BENT = ('"tanh"', '"relu"')


def copying(nodes: Sequence[Node], n: int) -> Part:
    """ln of a mixture of what a vocabulary says and what an attention copies."""
    z, copied = nodes[n].inputs
    weights, tokens = nodes[copied].inputs
    (m, v), keys = nodes[n].sizes, nodes[copied].sizes[1]
    lines = ("gate = torch.sigmoid({0}[..., -1:])", f"copied = {{1}} @ F.one_hot({{2}}, {v}).to({{1}}.dtype)")
    call = "torch.log(gate * torch.softmax({0}[..., :-1], -1) + (1 - gate) * copied)"
    return Part(
        (copied, n), (z, weights, tokens), ((m, v + 1), (m, keys), (keys,)), (m, v), call=call, lines=lines,
        again=True,
    )  # fmt: skip


def attention(nodes: Sequence[Node], live: Sequence[int], uses: Counter, mix: int) -> Part:
    """nn.MultiheadAttention where it is the same, else its steps one by one."""
    p, v = nodes[mix].inputs
    s, (q, k) = nodes[p].inputs[0], nodes[nodes[p].inputs[0]].inputs
    out = next((n for n in live if mix in nodes[n].inputs), None)
    closes = uses[mix] == 1 and out is not None and nodes[out].op == "dense-each"
    closes = closes and nodes[mix].name == f"{nodes[out].name}.mix"
    x, source = nodes[q].inputs[0], nodes[k].inputs[0]
    (m, n, width, heads), (d, e) = nodes[s].sizes, (nodes[q].sizes[0], nodes[k].sizes[0])
    tokens = nodes[p].inputs[1:]
    inputs = (x, *(() if source == x else (source,)), *tokens)
    takes = ((m, d), *(() if source == x else ((n, e),)), *(((n,),) * len(tokens)))
    hidden = hides(nodes[p], m, n)
    pad = f"{{{len(inputs) - 1}}} == {number(nodes[p].hyper[1])}" if tokens else ""
    nodes_in = (q, k, v, s, p, mix, *((out,) if closes else ()))
    second = p if uses[p] > 1 else None
    plain = nodes[s].op == "scores-dot" and nodes[p].op == "softmax" and nodes[p].hyper[0] == 1
    same = closes and width == d == nodes[out].sizes[1] and all(nodes[j].sizes[2] for j in (q, k, v, out))
    if plain and same and isclose(nodes[s].hyper[0], (width // heads) ** -0.5):
        keys = "{0}" if source == x else "{1}"
        parts = ["{0}", keys, keys, *((f"key_padding_mask={pad}",) if pad else ())]
        parts += ["attn_mask={mask}"] if hidden else []
        weights = native(nodes, (q, k, v), out, d != e)
        more = options(kdim=(e, d), vdim=(e, d))
        call = f"{{self}}({', '.join(parts)})" + ("" if second is not None else "[0]")
        return Part(
            nodes_in, inputs, takes, (m, d), f"nn.MultiheadAttention({d}, {heads}, batch_first=True{more})", call,
            mask=hidden, weights=weights, again=True, second=second,
        )  # fmt: skip
    return by_steps(nodes, nodes_in, inputs, takes, (q, k, v, s, p, out if closes else None), hidden, pad)


def hides(node: Node, m: int, n: int) -> str:
    """What the mask (m, n) is in PyTorch, True where a key is hidden; empty without one."""
    if not node.sizes[2]:
        return ""
    shown = np.array(node.hyper[2 : 2 + m * n]).reshape(m, n)
    if shown.all():
        return ""
    if (shown == visible("causal", m, n)).all():
        return f"torch.ones({m}, {n}).triu(1).bool()"
    apart = np.abs(np.arange(m)[:, None] - np.arange(n))
    near = np.unique(apart[shown > 0])
    if (shown == np.isin(apart, near)).all():
        distance = f"(torch.arange({m})[:, None] - torch.arange({n})).abs()"
        if (near == np.arange(len(near))).all():
            return f"{distance} > {near[-1]}"
        return f"torch.isin({distance}, torch.tensor({near.tolist()}), invert=True)"
    for size in range(2, min(m, n)):
        if m == n and (shown == (np.arange(m)[:, None] // size == np.arange(n) // size)).all():
            return f"torch.arange({m})[:, None] // {size} != torch.arange({n}) // {size}"
    rows = ", ".join(
        f"0x{int(sum(1 << k for k, one in enumerate(row) if one)):0{-(-n // 4)}x}" for row in shown
    )
    return f"torch.tensor([{rows}])[:, None] >> torch.arange({n}) & 1 == 0"


def native(nodes: Sequence[Node], three: tuple[int, int, int], out: int, apart: bool) -> tuple[Weight, ...]:
    """The weights of nn.MultiheadAttention: three in one, unless keys and values have a width of their own."""
    found, width = [], nodes[three[0]].sizes[1]
    for at, n in enumerate(three):
        rows = (at * width, (at + 1) * width)
        for parameter in nodes[n].parameters:
            block = f"{nodes[n].name}.{parameter.name}"
            if parameter.name == "bias":
                found.append(Weight("in_proj_bias", block, parameter, rows=rows))
            elif apart:
                found.append(Weight(f"{'qkv'[at]}_proj_weight", block, parameter, "turned"))
            else:
                found.append(Weight("in_proj_weight", block, parameter, "turned", rows))
    return (*found, *owned(nodes[out], weight="out_proj.weight turned", bias="out_proj.bias"))


def by_steps(nodes, nodes_in, inputs, takes, at, hidden, pad) -> Part:
    """Scores, weights and the mixture, written out."""
    q, k, v, s, p, out = at
    (_, _, width, heads), scores, weighing = nodes[s].sizes, nodes[s], nodes[p]
    makes, weights = [], []
    for n, name in ((q, "query"), (k, "key"), (v, "value"), *(((out, "out"),) if out is not None else ())):
        i, o, bias = nodes[n].sizes[:3]
        makes.append(f"{{self}}_{name} = nn.Linear({i}, {o}{options(bias=(bool(bias), True))})")
        weights += owned(nodes[n], weight=f"^_{name}.weight turned", bias=f"^_{name}.bias")
    keys = "{0}" if nodes[k].inputs[0] == nodes[q].inputs[0] else "{1}"
    lines = [f"q, k, v = {{self}}_query({{0}}), {{self}}_key({keys}), {{self}}_value({keys})"]
    if heads > 1:
        lines.append(f"q, k, v = (t.unflatten(2, ({heads}, -1)).transpose(1, 2) for t in (q, k, v))")
    scale = scores.hyper[0] * weighing.hyper[0]
    short = isclose(1 / scale, round(1 / scale, 4))
    by = "" if isclose(scale, 1) else f" / {1 / scale:g}" if short else f" * {scale!r}"
    if scores.op == "scores-dot":
        lines.append(f"scores = q @ k.mT{by}")
    else:
        of = (width,) if heads == 1 else (heads, width // heads)
        makes.append(f"{{self}}_vector = nn.Parameter({normals(scores.parameters[0], *of)})")
        weights += owned(scores, vector="^_vector")
        if heads == 1:
            lines.append(f"scores = torch.tanh(q[:, :, None] + k[:, None]) @ {{self}}_vector{by}")
        else:
            lines.append("both = torch.tanh(q[:, :, :, None] + k[:, :, None])")
            lines.append(f"scores = (both * {{self}}_vector[:, None, None]).sum(-1){by}")
    if hidden:
        lines.append("scores = scores.masked_fill({mask}, -torch.inf)")
    if pad:
        lines.append(f"scores = scores.masked_fill(({pad})[:, {'None, ' * (heads > 1)}None], -torch.inf)")
    lines.append(f"weights = torch.{'softmax(scores, -1)' if weighing.op == 'softmax' else 'relu(scores)'}")
    call = "(weights @ v).transpose(1, 2).flatten(2)" if heads > 1 else "weights @ v"
    call = f"{{self}}_out({call})" if out is not None else call
    return Part(
        nodes_in, inputs, takes, nodes[nodes_in[-1]].shape, call=call, lines=tuple(lines),
        makes=tuple(makes), mask=hidden, weights=tuple(weights), again=True,
    )  # fmt: skip
