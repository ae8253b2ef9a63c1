"""What the process of each contender runs: texts, so that nothing of theirs is loaded here."""

from lhytui.bench import sequences, small

SHARED = """
import json, sys, time
import numpy as np
case = json.loads(sys.argv[1])
cores, updates = case["cores"], case["updates"]
rng = np.random.default_rng(0)

def tell(run, updates):
    "Time one call of `run` (that many updates) whenever a line comes in; write µs per update."
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) / updates * 1e6, flush=True)

def faster(*runs):
    "That of the runs whose second call took least time."
    def second(run):
        run()
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    return min(runs, key=second)
"""

# A product of matrices as large as the caches like, by the BLAS that the engine uses.
BLAS = """
import engine.trainer
from scipy.linalg import blas
a = np.asfortranarray(rng.normal(size=(case["size"], case["size"])), dtype=np.float32)
tell(lambda: blas.sgemm(1.0, a, a), 1)
"""

CHAIN = """
widths, channels, batch, rows = case["widths"], case["channels"], case["batch"], case["rows"]
bytes_ = (rng.integers(0, 256, (rows, widths[0])) * (rng.random((rows, widths[0])) < 0.2)).astype(np.uint8)
labels = rng.integers(0, widths[-1], rows)
"""

CHAIN_OURS = """
from engine.network import Network
from engine.trainer import Trainer
net = Network()
h = net.input(widths[0], shape=(1, 28, 28) if channels else ())
for width in channels:
    h = net.pool(net.activation(net.convolution(h, width, 3, padding=1), "relu"))
for depth, width in enumerate(widths[1:]):
    h = net.dense(net.activation(h, "relu") if depth else h, width)
net.loss(h, "cross-entropy")
t = Trainer(net, bytes_, labels, optimizer="momentum", rate=0.01, batch=batch, shards=cores,
            shuffle=False)
tell(lambda: t.train(updates), updates)
"""

CHAIN_TORCH = """
import torch
torch.set_num_threads(cores)
layers = [torch.nn.Unflatten(1, (1, 28, 28))] if channels else []
for a, b in zip((1, *channels), channels):
    layers += [torch.nn.Conv2d(a, b, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
layers += [torch.nn.Flatten()]
for depth, (a, b) in enumerate(zip(widths, widths[1:])):
    layers += [torch.nn.ReLU()] * bool(depth) + [torch.nn.Linear(a, b)]
model = torch.nn.Sequential(*layers)
rule = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, fused=True)
x, y = torch.tensor(bytes_), torch.tensor(labels)
place = 0
def run():
    global place
    for _ in range(case["eager"]):
        part = slice(place, place + batch)
        place = place + batch if place + 2 * batch <= rows else 0
        loss = torch.nn.functional.cross_entropy(model(x[part].float() / 255), y[part])
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
tell(run, case["eager"])
"""

CHAIN_JAX = """
import jax, jax.numpy as jnp
theta = [(jnp.array(rng.normal(size=(a, b)) * (2 / a) ** 0.5, jnp.float32), jnp.zeros(b))
         for a, b in zip(widths, widths[1:])]
filters = [(jnp.array(rng.normal(size=(3, 3, a, b)) * (2 / 9 / a) ** 0.5, jnp.float32), jnp.zeros(b))
           for a, b in zip((1, *channels), channels)]
theta = (filters, theta)
memory = jax.tree.map(jnp.zeros_like, theta)
x, y = jnp.array(bytes_), jnp.array(labels, jnp.int32)
def loss(theta, x, y):
    h = x.astype(jnp.float32) / 255
    filters, layers = theta
    if filters:
        h = h.reshape(-1, 28, 28, 1)
    for w, b in filters:
        h = jax.lax.conv_general_dilated(h, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        h = jax.lax.reduce_window(jax.nn.relu(h + b), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    h = h.reshape(len(x), -1)
    for depth, (w, b) in enumerate(layers):
        h = (jax.nn.relu(h) if depth else h) @ w + b
    return -jnp.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1).mean()
def update(carry, step):
    theta, memory = carry
    place = (step * batch) % (rows - batch)
    part = [jax.lax.dynamic_slice_in_dim(a, place, batch) for a in (x, y)]
    value, slopes = jax.value_and_grad(loss)(theta, *part)
    memory = jax.tree.map(lambda m, g: 0.9 * m + g, memory, slopes)
    return (jax.tree.map(lambda t, m: t - 0.01 * m, theta, memory), memory), value
scan = jax.jit(lambda carry, start: jax.lax.scan(update, carry, start + jnp.arange(updates)))
once = jax.jit(update)
def each(carry, start):
    for step in range(updates):  # XLA's convolution is several times slower within a scan
        carry, value = once(carry, start + step)
    return carry, value
carry, start = (theta, memory), 0
def runner(many):
    def run():
        global carry, start
        carry, values = many(carry, start)
        values.block_until_ready()
        start += updates
    return run
tell(faster(runner(scan), runner(each)), updates)
"""

PROGRAMS = {
    "blas": {"ours": BLAS},
    "chain": {"ours": CHAIN + CHAIN_OURS, "torch": CHAIN + CHAIN_TORCH, "jax": CHAIN + CHAIN_JAX},
    "hessian": {
        "ours": small.HESSIAN + small.HESSIAN_OURS,
        "torch": small.HESSIAN + small.HESSIAN_TORCH,
        "jax": small.HESSIAN + small.HESSIAN_JAX,
    },
    "population": {
        "ours": small.POPULATION + small.POPULATION_OURS,
        "torch": small.POPULATION + small.POPULATION_TORCH,
        "jax": small.POPULATION + small.POPULATION_JAX,
    },
    "sequence": {
        "ours": sequences.SEQUENCE + sequences.OURS,
        "torch": sequences.SEQUENCE + sequences.TORCH,
        "jax": sequences.SEQUENCE + sequences.JAX,
    },
}
