"""Time per update against PyTorch and JAX: every contender in a process of its own, pinned, in turn.

Nothing but the standard library is imported here; each contender loads what it needs in its process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import textwrap
from collections.abc import Sequence

# Widths, channels of convolutions before them, rows a batch, rows of data, updates a measurement by contender.
CASES = {
    "tiny": {"widths": (2, 8, 8, 2), "batch": 10, "rows": 1000, "updates": 2000, "eager": 100, "cores": (1,)},
    "digits": {
        "widths": (784, 128, 10),
        "batch": 64,
        "rows": 8192,
        "updates": 40,
        "eager": 20,
        "cores": (1, 2),
    },
    "cnn": {
        "widths": (784, 10),
        "channels": (8, 16),
        "batch": 64,
        "rows": 1024,
        "updates": 10,
        "eager": 5,
        "cores": (1, 2),
    },
}
PEERS = ("torch", "jax")

SHARED = """
import json, sys, time
import numpy as np
case = json.loads(sys.argv[1])
widths, batch, rows, cores = case["widths"], case["batch"], case["rows"], case["cores"]
channels = case.get("channels", ())
rng = np.random.default_rng(0)
bytes_ = (rng.integers(0, 256, (rows, widths[0])) * (rng.random((rows, widths[0])) < 0.2)).astype(np.uint8)
labels = rng.integers(0, widths[-1], rows)

def tell(run, updates):
    "Time one call of `run` (that many updates) whenever a line comes in; write µs per update."
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) / updates * 1e6, flush=True)
"""

OURS = """
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
tell(lambda: t.train(case["updates"]), case["updates"])
"""

TORCH = """
import torch
torch.set_num_threads(cores)
layers = [torch.nn.Unflatten(1, (1, 28, 28))] if channels else []
for a, b in zip((1, *channels), channels):
    layers += [torch.nn.Conv2d(a, b, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
layers += [torch.nn.Flatten()]
for depth, (a, b) in enumerate(zip(widths, widths[1:])):
    layers += [torch.nn.ReLU()] * bool(depth) + [torch.nn.Linear(a, b)]
model = torch.nn.Sequential(*layers)
rule = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
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

JAX = """
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
@jax.jit
def scan(carry, start):
    return jax.lax.scan(update, carry, start + jnp.arange(case["updates"]))
once = jax.jit(update)
def many(carry, start):
    if not channels:
        return scan(carry, start)
    for step in range(case["updates"]):  # XLA's convolution is several times slower within a scan
        carry, value = once(carry, start + step)
    return carry, value
carry, start = (theta, memory), 0
def run():
    global carry, start
    carry, values = many(carry, start)
    values.block_until_ready()
    start += case["updates"]
tell(run, case["updates"])
"""

PROGRAMS = {"ours": OURS, "torch": TORCH, "jax": JAX}


class Contender:
    """A process that measures one contender on demand, on the first `cores` cores that this one may use."""

    def __init__(self, name: str, case: dict, cores: int):
        source = SHARED + textwrap.dedent(PROGRAMS[name])
        allowed = sorted(os.sched_getaffinity(0))[:cores] if hasattr(os, "sched_getaffinity") else []
        pin = (lambda: os.sched_setaffinity(0, allowed)) if allowed else None
        threads = {"OMP_NUM_THREADS": str(cores), "MKL_NUM_THREADS": str(cores), "JAX_PLATFORMS": "cpu"}
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # A processor forced upon OpenBLAS would slow down whoever uses it and leave the others alone.
        plain = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", source, json.dumps(case | {"cores": cores})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=plain | threads | {"PYTHONPATH": path},
            preexec_fn=pin,
        )
        self.ready = self.process.stdout.readline().strip() == "ready"

    def measure(self) -> float:
        """µs per update, now."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(case: str, cores: int, peers: Sequence[str], rounds: int) -> dict:
    """Median and least µs per update of each, measured in turn; None for a peer that cannot start."""
    contenders = {name: Contender(name, CASES[case], cores) for name in ("ours", *peers)}
    times = {name: [] for name, contender in contenders.items() if contender.ready}
    for _ in range(rounds):
        for name, found in times.items():
            found.append(contenders[name].measure())
    for contender in contenders.values():
        contender.close()
    found = {}
    for name in contenders:
        each = times.get(name)
        found[name] = {"median": statistics.median(each), "least": min(each)} if each else None
    return found


def run(peers: Sequence[str] = PEERS, rounds: int = 21) -> dict:
    """{"tiny-1": {"ours": {median, least} in µs per update, …, "ratios": {peer: its median / ours}}, …}.

    `tiny` is a 2-8-8-2 ReLU network at batch 10, `digits` a 784-128-10 one at batch 64 on bytes, `cnn` two
    convolutions of 3×3 (8, then 16 filters), each with ReLU and 2×2 pooling, and a dense layer, at batch 64 on
    bytes; all with momentum, and all read the examples in order; the number is the cores used.
    """
    told = {}
    for case, numbers in CASES.items():
        for cores in numbers["cores"]:
            found = measure(case, cores, peers, rounds)
            told[f"{case}-{cores}"] = found | {
                "ratios": {
                    peer: found[peer]["median"] / found["ours"]["median"]
                    for peer in peers
                    if found[peer] and found["ours"]
                }
            }
        best = {
            name: min(
                (
                    told[f"{case}-{cores}"][name]
                    for cores in numbers["cores"]
                    if told[f"{case}-{cores}"][name]
                ),
                key=lambda each: each["median"],
                default=None,
            )
            for name in ("ours", *peers)
        }
        told[f"{case}-best"] = best | {
            "ratios": {
                p: best[p]["median"] / best["ours"]["median"] for p in peers if best[p] and best["ours"]
            }
        }
    return told
