"""A PyTorch program beside the engine: the same θ, the same batches, the same masks and noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from engine import random
from engine.population import Population
from engine.program import Program as Table
from lessons.examples import arrays
from lessons.pytorch import Program


class Found(NamedTuple):
    """How far PyTorch's path is from the engine's, as ‖a−b‖/‖b‖: of θ and of the losses."""

    theta: float
    losses: float


def names_of(program: Program) -> dict:
    """What the program defines."""
    names = {"__name__": "program"}
    exec(compile(program.text, "program.py", "exec"), names)
    return names


def make(names: dict):
    return (names.get("make_model") or names.get("Net") or names["Surface"])()


def table_of(found) -> Table:
    return Table(found.network) if isinstance(found, Population) else found.program


def theta_of(found) -> np.ndarray:
    return found.theta[0] if isinstance(found, Population) else found.theta


def places(program: Program, table: Table, model):
    """(the parameter, or its rows, of each weight; how; its block's place in θ; its shape there)."""
    parameters = dict(model.named_parameters())
    for weight in program.weights:
        block, parameter = table.blocks[weight.block], parameters[weight.path]
        rows = slice(*weight.rows) if weight.rows else slice(None)
        yield (
            parameter,
            rows,
            weight.how,
            slice(block.offset, block.offset + block.size),
            weight.parameter.shape,
        )


def load(program: Program, table: Table, model, theta: np.ndarray) -> None:
    """Put the engine's θ into the model."""
    with torch.no_grad():
        for parameter, rows, how, at, shape in places(program, table, model):
            block = theta[at].reshape(shape)
            block = torch.tensor(np.ascontiguousarray(block.T if how != "same" else block))
            parameter[rows] = block.reshape(parameter[rows].shape).to(parameter.dtype)


def unload(program: Program, table: Table, model) -> np.ndarray:
    """The model's parameters in the engine's order."""
    theta = np.full(table.size, np.nan)
    for parameter, rows, how, at, shape in places(program, table, model):
        block = parameter.detach()[rows].numpy()
        theta[at] = (block.reshape(shape[::-1]).T if how != "same" else block).ravel()
    return theta


def batches(found, program: Program, updates: int, kind: torch.dtype):
    """The engine's batches, in its order."""
    x, y = arrays(found)
    labels = table_of(found).targets == "labels"
    count, epoch, place = len(x), 0, 0
    rows = count if isinstance(found, Population) else min(found.get("batch") or count, count)
    mixed = not isinstance(found, Population) and found.shuffled and rows < count
    for _ in range(updates):
        take = np.arange(place, min(place + rows, count))
        if mixed:
            stream, digits = random.stream(found.seed, random.SHUFFLE, epoch), random.grid(count)
            take = np.array([random.permuted(k, count, digits, stream) for k in take])
        place += len(take)
        epoch, place = (epoch + 1, 0) if place >= count else (epoch, place)
        a, b = torch.tensor(np.asarray(x[take])), torch.tensor(np.asarray(y[take]))
        bytes_ = a.dtype == torch.uint8
        a = a.long() if program.tokens else a.to(kind) / 255 if bytes_ else a.to(kind)
        yield a.reshape(-1, *program.entry), b.long() if labels else b.to(kind)


def mask(seed: int, layer: int, step: int, rows: int, width: int, p: float) -> torch.Tensor:
    """(rows, width) what the engine's dropout multiplies with."""
    with np.errstate(over="ignore"):
        stream = random.plain(random.integer)(random.stream(seed, random.MASK, step), np.uint64(layer))
        at = stream + np.arange(rows * width, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = random.plain(random.mix)(at) >> np.uint64(40)
    return torch.tensor((bits >= int(p * 2**24)).reshape(rows, width) / (1 - p))


def run(found, program: Program, updates: int, go, monkeypatch) -> Found:
    """Both make so many updates from the engine's θ; `go` trains the engine's and returns its losses.

    Dropout multiplies with the engine's masks and noise is the engine's: both are put in PyTorch's place.
    """
    table, kind = table_of(found), torch.float64 if found.dtype == "float64" else torch.float32
    start = theta_of(found)
    names = names_of(program)
    model = make(names).to(kind)
    load(program, table, model, start)
    step = -1
    drops = [node for node in table.nodes if node.op == "dropout"]
    for layer, node in zip(
        [m for m in model.modules() if isinstance(m, torch.nn.Dropout)], drops, strict=False
    ):
        if layer.p and not any(layer is part for block in blocks_of(model) for part in block.modules()):

            def drop(h, node=node, p=layer.p):
                drawn = mask(found.seed, node.sizes[1], step, len(h), node.width, p)
                return h * drawn.reshape(h.shape).to(h.dtype)

            layer.forward = drop
    where = {id(p): (how, at, shape) for p, _, how, at, shape in places(program, table, model)}

    def noise(p):
        nonlocal step
        step += table.targets is None  # nobody else counts there
        how, at, shape = where[id(p)]
        drawn = random.normals(found.seed, random.NOISE, step, table.size)[at].reshape(shape)
        return (
            torch.tensor(np.ascontiguousarray(drawn.T if how != "same" else drawn))
            .reshape(p.shape)
            .to(p.dtype)
        )

    def feed():
        nonlocal step
        for batch in batches(found, program, updates, kind):
            step += 1
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(torch, "randn_like", noise)
        fed = () if table.targets is None else (feed(),)
        losses = np.array(names["train"](model, *fed, updates))
    expected = go(updates)
    theta = unload(program, table, model)
    used = ~np.isnan(theta)
    assert np.isfinite(losses).all() and np.isfinite(expected).all()
    far = lambda a, b: float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12))
    return Found(far(theta[used], theta_of(found)[used]), far(losses[: len(expected)], expected))


def blocks_of(model):
    """PyTorch's own transformer layers, whose dropout is off."""
    kinds = (torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoderLayer)
    return [module for module in model.modules() if isinstance(module, kinds)]
