"""Every optimizer of the CPU over the flat θ in one launch: each thread has every so many-th entry as its slice."""

from __future__ import annotations

from numba import float32

from engine.cuda.chance import key, normal
from engine.cuda.kernel import HALTED, THREADS, cuda, kernel, maths, sum_block, twin
from engine.optim import OPTIMIZERS
from engine.optimizers import adam
from engine.optimizers.adam import MEAN, SHARE, SWITCHED
from engine.optimizers.knobs import BLEND, CLIP, DECAY, INNER, LOG_DECAY, NOISE_DECAY, RATE, SWITCH, TOLERANCE
from engine.optimizers.knobs import NOISE as VARIANCE
from engine.random import NOISE

# What a chunk of updates stands on, on the device: the cursor of the CPU, then what belongs to the chunk and the run.
UPDATE, EPOCH, PLACE, COUNT, TAKEN, ROW, EXAMPLES, ROWS, KEY, SHUFFLED, LEFT, RIGHT = range(12)
CLOCK = 12
# Numbers of `tally`: |gradient|, then the sums that SWATS needs.
NORM, STEPS, SLOPES = range(3)

remember, weights, pull = twin(adam.remember), twin(adam.weights), twin(adam.pull)
parts = {"remember": remember, "weights": weights, "pull": pull}


def sliced(function, always: bool = False):
    """The kernel of an update over all of θ; `always`: also where nothing may change any more."""
    step = twin(function, **parts)

    @kernel
    def apply(theta, grad, first, second, third, gauge, knobs, clock, ctx):
        i, n, s = cuda.grid(1), theta.size, cuda.gridsize(1)
        if i < n and (always or ctx[HALTED] == 0):
            rows = first[i:n:s], second[i:n:s], third[i:n:s]
            step(theta[i:n:s], grad[i:n:s], rows[0], rows[1], rows[2], gauge, knobs, clock[COUNT] + 1)

    return apply


@kernel
def turn_back(theta, grad, first, second, third, gauge, knobs, clock, ctx):
    """Where nothing may change any more: the θ of before a look ahead, from `third`."""
    for i in range(cuda.grid(1), theta.size if ctx[HALTED] else 0, cuda.gridsize(1)):
        theta[i] = third[i]


nadam_step = twin(adam.nadam_settle, **parts)


@kernel
def nadam_settle(theta, grad, first, second, third, gauge, knobs, clock, ctx):
    """Π μ of the updates done; one thread."""
    if ctx[HALTED] == 0:
        nadam_step(theta, grad, first, second, third, gauge, knobs, clock[COUNT] + 1)


@kernel
def swats_settle(theta, grad, first, second, third, gauge, knobs, clock, ctx):
    """As on the CPU (`engine.optimizers.adam`), by one block: its threads share the sums."""
    room = cuda.shared.array(THREADS, float32)
    due = cuda.shared.array(1, float32)
    t, pp, pg, count = cuda.threadIdx.x, float32(0), float32(0), clock[COUNT] + 1
    busy = ctx[HALTED] == 0 and gauge[SWITCHED] <= float32(0)
    for i in range(t, theta.size if busy else 0, cuda.blockDim.x):
        pp += third[i] * third[i]
        pg += third[i] * grad[i]
    pp, pg = sum_block(pp, room), sum_block(pg, room)
    if t == 0:
        due[0] = float32(0)
        if busy and pg != float32(0):
            one, time = float32(1), float32(count)
            rate, gamma = -pp / pg, knobs[DECAY]
            gauge[MEAN] = gamma * gauge[MEAN] + (one - gamma) * rate
            mean = gauge[MEAN] / -maths.expm1(time * knobs[LOG_DECAY])
            found = count > 1 and abs(mean - rate) < knobs[TOLERANCE]
            if knobs[SWITCH] > float32(0):
                found = time >= knobs[SWITCH]
            if found:
                gauge[SWITCHED], gauge[SHARE], due[0] = one, mean / knobs[RATE], one
    cuda.syncthreads()
    for i in range(t, theta.size if due[0] > float32(0) else 0, cuda.blockDim.x):
        first[i] = float32(0)


@kernel
def adjust(grad, tally, knobs, clock, ctx):
    """Clip, then add noise: `engine.optimizers.wrap.adjust`."""
    zero, one = float32(0), float32(1)
    scale = knobs[CLIP] / (tally[NORM] + float32(1e-6))
    short = knobs[CLIP] > zero and scale < one
    spread, stream = zero, key(clock[KEY], NOISE, clock[UPDATE])
    if knobs[VARIANCE] > zero:
        fade = maths.exp(-knobs[NOISE_DECAY] * maths.log1p(float32(clock[UPDATE])))
        spread = maths.sqrt(knobs[VARIANCE] * fade)
    for i in range(cuda.grid(1), grad.size - 1 if ctx[HALTED] == 0 else 0, cuda.gridsize(1)):
        g = grad[i] * scale if short else grad[i]
        if spread > zero:
            g += spread * normal(stream, i)
        grad[i] = g


@kernel
def follow(theta, slow, knobs, clock, ctx):
    """Lookahead after its updates: φ ← φ + α (θ - φ), θ ← φ; `finish` counts."""
    due = ctx[HALTED] == 0 and float32(clock[TAKEN] + 1) >= knobs[INNER]
    for i in range(cuda.grid(1), theta.size if due else 0, cuda.gridsize(1)):
        moved = slow[i] + knobs[BLEND] * (theta[i] - slow[i])
        slow[i] = moved
        theta[i] = moved


UPDATES = {name: sliced(each.update) for name, each in OPTIMIZERS.items()}
LEADS = {name: sliced(each.lead, True) for name, each in OPTIMIZERS.items() if each.lead}
SETTLES = {"nadam": nadam_settle, "swats": swats_settle}
