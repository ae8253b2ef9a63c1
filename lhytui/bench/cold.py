"""How long compiling takes: every operation, the interpreter, and two nets until their first update."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

EACH = """
import json, time
from engine import interpreter as walk
from engine.kernel import address, operation_signature
from engine.ops.registry import OPERATIONS
seconds = {}
def take(name, *kernels):
    start = time.perf_counter()
    for function, signature in kernels:
        address(function, signature)
    seconds[name] = time.perf_counter() - start
real = "float32"
take("interpreter", (walk.work, walk.work_signature(real)), (walk.run_pass, walk.pass_signature(real)),
     (walk.reduce, walk.reduce_signature(real)), (walk.apply, walk.apply_signature(real)),
     (walk.train, walk.train_signature(real)))
for name, pair in OPERATIONS.items():
    take(name, *((half, operation_signature(real)) for half in pair))
print(json.dumps(seconds))
"""

CNN = """
x, y, width = np.zeros((64, 784), np.uint8), np.zeros(64, int), 784
h = net.input(width, shape=(1, 28, 28))
for filters in (8, 16):
    h = net.pool(net.activation(net.convolution(h, filters, 3, padding=1), "relu"))
net.loss(net.dense(h, 10), "cross-entropy")
"""

TRANSFORMER = """
x, y, d = np.ones((32, 16), int), np.ones((32, 8), int), 32
both = net.input(16)
def enter(name, place):
    return net.position(net.embedding(net.slice(both, place, 8), 13, d, name), "learned", name + "-places")
def join(h, part):
    return net.layer_norm(net.add(h, part), d)
def feed(h):
    return join(h, net.dense_each(net.activation(net.dense_each(h, 4 * d, init="he"), "relu"), d))
h = enter("source", 0)
memory = feed(join(h, net.attention(h, heads=2)))
h = enter("target", 8)
h = join(h, net.attention(h, heads=2, mask="causal"))
h = feed(join(h, net.attention(h, heads=2, context=memory)))
net.sequence_loss(net.dense_each(h, 13))
"""

FIRST = """
import time
start = time.perf_counter()
import numpy as np
from engine.network import Network
from engine.trainer import Trainer
net = Network()
{net}
Trainer(net, x, y, optimizer="adam", rate=0.001, batch=32).train(1)
print(time.perf_counter() - start)
"""


def seconds(source: str, folder: str):
    """What a fresh process prints, with its compiled code in `folder`."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    env = os.environ | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": folder}
    told = subprocess.run([sys.executable, "-c", source], env=env, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def run() -> dict[str, float | dict[str, float]]:
    """Seconds: of each operation (both halves) and of the interpreter, `all` together, and until the first
    update of a CNN and of an encoder–decoder, imports included: {"cold": …, "cached": …}."""
    found = {}
    for name, net in (("cnn", CNN), ("transformer", TRANSFORMER)):
        with tempfile.TemporaryDirectory() as folder:
            source = FIRST.replace("{net}", net)
            found[name] = {"cold": seconds(source, folder), "cached": seconds(source, folder)}
    with tempfile.TemporaryDirectory() as folder:
        each = seconds(EACH, folder)
    return found | {"all": sum(each.values())} | dict(sorted(each.items(), key=lambda pair: -pair[1]))


def table(found: dict) -> list[str]:
    """The seconds of `run` as lines."""
    lines = []
    for name, value in found.items():
        parts = value if isinstance(value, dict) else {"": value}
        lines += [f"{f'{name} {part}'.strip():<24} {number:6.2f} s" for part, number in parts.items()]
    return lines
