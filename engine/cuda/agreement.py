"""One pass of a network on the CPU and on the device, number by number."""

from __future__ import annotations

import numpy as np

from engine import interpreter as walk
from engine.cuda.program import Circuit
from engine.kernel import BATCH, FIRST, LAST, MODE, SEED, STEP, TRAIN
from engine.trainer import Trainer

CLOSE = 1e-5


def differ(ours, theirs) -> float:
    """‖ours − theirs‖ / ‖theirs‖, infinite where one has a number and the other none."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if (np.isfinite(ours) != np.isfinite(theirs)).any():
        return np.inf
    good = np.isfinite(theirs)
    return float(np.linalg.norm((ours - theirs)[good]) / max(1e-6, np.linalg.norm(theirs[good])))


def passes(
    network, x=None, y=None, *, batch=None, mode=TRAIN, step=3, theta=None, seed=1, fuse=False, spare=0
):
    """((act, gact, grad, state) on the CPU, the same on the device), arenas without a number where nobody wrote.

    spare: examples that the device is planned for beside those of the batch, as at the end of an epoch.
    """
    trainer = Trainer(network, x, y, batch=batch, seed=seed, theta=theta, shuffle=False)
    program, rows = trainer.program, int(trainer._plan[walk.ROWS])
    act, gact, ints = trainer._arena
    act[:], gact[:] = np.nan, np.nan
    trainer._grad[:] = np.nan
    context = np.zeros((1, trainer._context.shape[1]), np.int64)
    context[0, [FIRST, LAST, BATCH, STEP, SEED, MODE]] = 0, rows, rows, step, seed, mode
    machine = trainer._machine(trainer._grad, trainer._arena)
    run = machine, trainer._data, trainer._plan, trainer._cursor, context, 0, 0, program.live
    walk.work(*run, walk.GATHER)

    circuit = Circuit(program, rows + spare, fuse=fuse)
    memory = circuit.memory
    starts = trainer._theta, trainer._state, act, ints, context[0]
    for there, here in zip(
        (memory.theta, memory.state, memory.act, memory.ints, memory.ctx), starts, strict=True
    ):
        if len(here):
            there[: len(here)].copy_to_device(here)
    for there in (memory.gact, memory.grad, memory.scratch):
        there.copy_to_device(np.full(there.shape, np.nan, np.float32))
    walk.work(*run, walk.FORWARD | walk.BACKWARD)
    circuit.run(circuit.forwards(program.live) + circuit.backwards())
    names = "act", "gact", "grad", "state"
    found = tuple(getattr(memory, name).copy_to_host() for name in names)
    return program, (act, gact, trainer._grad[0], trainer._state), found


def gaps(program, cpu, gpu) -> dict[str, float]:
    """How far apart the passes are (`differ`): gradient and loss, every parameter, every buffer, statistics."""
    batch = len(cpu[0]) // max(1, program.width)
    found = {"gradient": differ(gpu[2], cpu[2]), "statistics": differ(gpu[3], cpu[3])}
    found["loss"] = abs(gpu[2][-1] - cpu[2][-1]) / max(1, abs(cpu[2][-1]))
    for n, node in enumerate(program.nodes):
        part = slice(program.buffers[n] * batch, (program.buffers[n] + node.width) * batch)
        for what, ours, theirs in (("act", gpu[0], cpu[0]), ("gact", gpu[1], cpu[1])):
            written = np.isfinite(theirs[part])
            found[f"{what} of {node.name}"] = differ(ours[part][written], theirs[part][written])
    return found
