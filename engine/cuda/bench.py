"""Each operation and optimizer on the device: first beside the CPU, then timed, then held against the roofline."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from engine.cuda import device
from engine.cuda.agreement import gaps, passes
from engine.cuda.kernel import HALTED, SIMULATED, THREADS, cuda
from engine.cuda.optimizers import CLOCK, LEADS, UPDATES
from engine.cuda.program import Circuit, start
from engine.cuda.roofline import Card, Work, of_optimizer, of_row
from engine.cuda.updates import span
from engine.kernel import BATCH, FIELDS, LAST, MODE, TRAIN
from engine.layers.sequence import off_diagonal
from engine.network import ACTIVATIONS, SURFACES, Network
from engine.optimizers.knobs import COUNT as KNOBS
from engine.optimizers.knobs import GAUGES
from engine.program import Program

ROUNDS = 1 if SIMULATED else 30
CORES = {(7, 5): 64, (8, 0): 64}  # of a multiprocessor; 128 on later ones


# The networks: together they have every operation.


def stack(widths: Sequence[int], activations: Sequence[str] = ("relu",)) -> Network:
    net = Network()
    h = net.input(widths[0])
    for k, width in enumerate(widths[1:]):
        for kind in activations if k else ():
            h = net.activation(h, kind)
        h = net.dense(h, width)
    net.loss(h, "cross-entropy")
    return net


def regression(width: int, kind: str) -> Network:
    net = Network()
    h = net.dense(net.input(width), width, init="xavier")
    h = net.dropout(net.add(h, net.activation(h, "tanh")), 0.2)
    net.loss(net.dense(h, width, init="xavier"), kind)
    return net


def cnn(channels: Sequence[int], side: int = 28) -> Network:
    net = Network()
    h = net.input(side * side, shape=(1, side, side))
    for count in channels:
        h = net.pool(net.activation(net.convolution(h, count, 3, padding=1), "relu"), "max", 2)
    net.loss(net.dense(h, 10), "cross-entropy")
    return net


def images(channels: int, side: int = 12) -> Network:
    """What else there is for images: local layers, borders, other pools, the norms of channels."""
    net = Network()
    h = net.convolution(net.input(side * side, shape=(1, side, side)), channels, 3, padding=1, fill="edge")
    h = net.pool(net.batch_norm(h), "average", 2)
    h = net.pool(net.group_norm(net.instance_norm(h), 2), "min", 2)
    net.loss(net.dense(net.convolution(h, channels, 2, shared=False), 10), "cross-entropy")
    return net


def encoder(d: int, heads: int, length: int, score: str = "dot", normaliser: str = "softmax") -> Network:
    net = Network()
    tokens = net.input(length)
    h = net.position(net.embedding(tokens, 16, d), "learned")
    h = net.layer_norm(
        net.add(h, net.attention(h, "attention", heads=heads, score=score, normaliser=normaliser)), d
    )
    h = net.layer_norm(net.add(h, net.dense_each(net.activation(net.dense_each(h, 4 * d), "gelu"), d)), d)
    net.sequence_loss(net.dense_each(net.position(h, "sinusoidal"), 16))
    return net


def recurrent(d: int, length: int, kind: str = "lstm") -> Network:
    net = Network()
    h = net.embedding(net.input(length), 16, d)
    net.sequence_loss(net.dense_each(getattr(net, kind)(h, d), 16))
    return net


def copying(d: int, length: int) -> Network:
    """A decoder that may copy from its source, with a penalty on where it looks."""
    net = Network()
    row = net.input(2 * length)
    source, target = net.slice(row, 0, length), net.slice(row, length, length)
    memory, h = net.embedding(source, 16, d), net.embedding(target, 16, d)
    h = net.attention(h, "cross", context=memory, tokens=source)
    weights = net.find("cross.weights")
    net.sequence_loss(net.copy_softmax(net.dense_each(h, 17), weights, source))
    net.penalty(weights, off_diagonal(length, length))
    return net


def surface(kind: str) -> Network:
    net = Network()
    if kind == "formula":
        net.formula("sin(x) * y + x^2")
    elif kind == "stream":
        net.stream([[1.0, -0.5, 0.25], [0.5, 0.5, -1.0]])
    else:
        net.surface(kind)
    return net


def cases(scale: str) -> Iterator[tuple[str, Network, int]]:
    """(name, network, batch) of a size: tiny, lesson, or ten times that."""
    tiny, wide = scale == "tiny", 10 if scale == "ten" else 1
    pick = lambda small, usual: small if tiny else usual
    yield "mlp", stack((pick(6, 784), pick(5, 128 * wide), pick(3, 10))), pick(4, 64 * wide)
    yield "activations", stack((4, pick(4, 256 * wide), 3), ACTIVATIONS), pick(3, 64 * wide)
    for kind in ("mse", "mae", "binary-cross-entropy"):
        yield kind, regression(pick(4, 128 * wide), kind), pick(3, 64 * wide)
    yield "cnn", cnn((2,) if tiny else (8 * wide, 16 * wide), pick(6, 28)), pick(2, 64)
    yield "images", images(pick(2, 16), pick(8, 12)), pick(2, 64 * wide)
    for score, normaliser in (("dot", "softmax"), ("additive", "relu")):
        size = (pick(4, 32 * wide), 2, pick(3, 16 * wide), score, normaliser)
        yield f"encoder-{score}", encoder(*size), pick(2, 32)
    for kind in ("rnn", "lstm"):
        yield kind, recurrent(pick(3, 32 * wide), pick(3, 16), kind), pick(2, 32)
    yield "copying", copying(pick(4, 32 * wide), pick(3, 16)), pick(2, 32)
    for kind in (*SURFACES, "formula", "stream"):
        yield kind, surface(kind), 1


def data(program: Program, network: Network, batch: int, seed: int = 1) -> tuple[Any, Any]:
    """Fresh examples that a network takes."""
    rng = np.random.default_rng(seed)
    if program.targets is None:
        return None, None
    entry = next(node for node in program.nodes if node.op == "input")
    tokens = any(node.op == "embedding" for node in program.nodes)
    x = rng.integers(0, 16, (batch, entry.width)) if tokens else rng.normal(size=(batch, entry.width))
    if program.targets == "labels":
        return x, rng.integers(0, program.classes, (batch, program.labels)).squeeze()
    y = rng.normal(size=(batch, program.loss.width))
    return x, (y > 0).astype(float) if program.loss.op == "binary-cross-entropy" else y


# The card.


def card() -> Card | None:
    """This card's roofline, from what its driver tells; None in the simulator."""
    if SIMULATED:
        return None
    found = cuda.get_current_device()
    cores = CORES.get(tuple(found.compute_capability), 128)
    rate = 2e3 * found.MULTIPROCESSOR_COUNT * cores * found.CLOCK_RATE
    return Card(
        device.find()["name"], 2e3 * found.MEMORY_CLOCK_RATE * found.GLOBAL_MEMORY_BUS_WIDTH / 8, rate
    )


def milliseconds(steps: list[tuple], stream) -> float:
    """The median of some runs of these launches, between events; in the simulator by the clock."""
    start(steps, stream)
    times = []
    for _ in range(ROUNDS):
        began, first, last = perf_counter(), cuda.event(), cuda.event()
        first.record(stream)
        start(steps, stream)
        last.record(stream)
        last.synchronize()
        times.append(1e3 * (perf_counter() - began) if SIMULATED else cuda.event_elapsed_time(first, last))
    return statistics.median(times)


def row(
    name: str, half: str, gap: float, kernels: int, time: float, work: Work, peak: Card | None
) -> dict[str, Any]:
    floor = None if peak is None else 1e3 * work.seconds(peak)
    return {
        "operation": name,
        "half": half,
        "gap": float(gap),
        "kernels": kernels,
        "ms": time,
        "mb": float(work.bytes / 1e6),
        "mflop": float(work.operations / 1e6),
        "floor_ms": floor,
        "share": None if floor is None or time <= 0 else floor / time,
    }


def operations(scale: str, peak: Card | None) -> Iterator[dict[str, Any]]:
    """A row for the forward and the backward half of every operation of every network."""
    for case, network, batch in cases(scale):
        program = Program(network)
        x, y = data(program, network, batch)
        apart = gaps(*passes(network, x, y))
        circuit = Circuit(program, batch)
        _fill(circuit, batch, x, y)
        seen = set()
        for q in range(program.live):
            node = program.nodes[program.owners[q]]
            if node.op in seen:
                continue
            seen.add(node.op)
            gap = max(
                apart["gradient"], apart["loss"], apart[f"act of {node.name}"], apart[f"gact of {node.name}"]
            )
            for half, steps, work in zip(
                ("forward", "backward"),
                (circuit.forwards, circuit.backwards),
                of_row(program, q, batch),
                strict=True,
            ):
                own = [
                    step
                    for step in (steps(program.live) if half == "forward" else steps())
                    if step[3][0] == q
                ]
                if own:
                    time = milliseconds(own, circuit.stream)
                    yield row(f"{case}: {node.op}", half, gap, len(own), time, work, peak)


def _fill(circuit: Circuit, batch: int, x, y) -> None:
    """Numbers for kernels that are timed: a forward pass over real data, and a gradient."""
    memory, program, rng = circuit.memory, circuit.program, np.random.default_rng(2)
    context = np.zeros(FIELDS, np.int64)
    context[[LAST, BATCH, MODE]] = batch, batch, TRAIN
    act = rng.normal(size=memory.act.shape).astype(np.float32)
    if x is not None:
        act[: x.size] = np.asarray(x, np.float32).ravel()
    if program.targets == "labels":
        memory.ints.copy_to_device(np.ascontiguousarray(np.asarray(y, np.int64).reshape(-1)))
    for there, here in ((memory.ctx, context), (memory.act, act), (memory.gact, act)):
        there.copy_to_device(here)
    if program.size:
        memory.theta.copy_to_device(np.asarray(program.initial(1), np.float32))
    circuit.run(circuit.forwards(program.live) + circuit.backwards())


def optimizers(scale: str, peak: Card | None) -> Iterator[dict[str, Any]]:
    """A row for every optimizer on a θ of that size, beside the CPU's own."""
    from engine.optim import Rule

    size = {"tiny": 9, "lesson": 101_770, "ten": 5_000_000}[scale]
    rng = np.random.default_rng(3)
    theta, grad = rng.normal(size=size).astype(np.float32), rng.normal(size=size + 1).astype(np.float32)
    for name, kernel in UPDATES.items():
        kernels = [LEADS[name], kernel] if name in LEADS else [kernel]
        rule, own = Rule("float32", size), theta.copy()
        rule.set("optimizer", name, own)
        knobs = rule.knobs.copy()
        lines = [cuda.to_device(np.zeros(size, np.float32)) for _ in range(3)]
        there, slopes = cuda.to_device(theta), cuda.to_device(grad)
        clock, ctx = cuda.to_device(np.zeros(CLOCK, np.int64)), cuda.to_device(np.zeros(HALTED + 1, np.int64))
        rest = (cuda.to_device(np.zeros(GAUGES, np.float32)), cuda.to_device(knobs[:KNOBS]), clock, ctx)
        steps = [(each, span(size), (THREADS,), (there, slopes, *lines, *rest)) for each in kernels]
        start(steps, 0)
        gap = float(np.abs(there.copy_to_host() - _by_hand(rule, own, grad[:-1])).max())
        time = milliseconds(steps[-1:], 0)
        yield row(name, "update", gap, 1, time, of_optimizer(name, size), peak)


def _by_hand(rule, theta, grad):
    """θ after an update by the CPU's own source."""
    from engine.optim import OPTIMIZERS

    memory, chosen = rule.memory, OPTIMIZERS[rule.values["optimizer"]]
    lines = (memory["first"], memory["second"], memory["third"], memory["gauge"])
    for step in (chosen.lead, chosen.update):
        if step is not None:
            step(theta, grad.copy(), *lines, rule.knobs, 1)
    return theta


def scales() -> tuple[str, ...]:
    """The sizes that are timed here."""
    return ("tiny",) if SIMULATED else ("lesson", "ten")


def run(scale: str) -> list[dict[str, Any]]:
    """All rows at a size: tiny, lesson or ten. Raises EngineError where there is no device."""
    device.find()
    peak = card()
    return [{"scale": scale, **found} for found in (*operations(scale, peak), *optimizers(scale, peak))]
