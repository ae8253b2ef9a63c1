"""What the contenders run for a whole Hessian and for a population of nets."""

HESSIAN = """
rows, widths = case["rows"], case["widths"]
x = rng.normal(size=(rows, widths[0]))
y = np.sin(x.sum(1, keepdims=True))
blocks = [(a, b) for a, b in zip(widths, widths[1:])]
size = sum(a * b + b for a, b in blocks)
start = rng.normal(size=size) / 2
def net(theta, x, tanh):
    "Outputs; weights (in, out) before biases, layer after layer."
    place, h = 0, x
    for depth, (a, b) in enumerate(blocks):
        h = tanh(h) if depth else h
        h = h @ theta[place:place + a * b].reshape(a, b) + theta[place + a * b:place + a * b + b]
        place += a * b + b
    return h
"""

HESSIAN_OURS = """
from engine.analysis.hessian import hessian
from engine.network import Network
from engine.trainer import Trainer
graph = Network()
h = graph.input(widths[0])
for depth, width in enumerate(widths[1:]):
    h = graph.dense(graph.activation(h, "tanh") if depth else h, width)
graph.loss(h, "mse")
t = Trainer(graph, x, y, dtype="float64", theta=start, shards=cores)
tell(lambda: [hessian(t) for _ in range(updates)], updates)
"""

HESSIAN_TORCH = """
import torch
torch.set_num_threads(cores)
theta, x, y = torch.tensor(start), torch.tensor(x), torch.tensor(y)
def loss(theta):
    return ((net(theta, x, torch.tanh) - y) ** 2).mean()
def runner(find):
    return lambda: [find(theta) for _ in range(case["eager"])]
forms = [torch.func.hessian(loss), torch.func.jacrev(torch.func.grad(loss)),
         lambda theta: torch.autograd.functional.hessian(loss, theta, vectorize=True)]
tell(faster(*map(runner, forms)), case["eager"])
"""

HESSIAN_JAX = """
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
theta, x, y = jnp.array(start), jnp.array(x), jnp.array(y)
def loss(theta):
    return ((net(theta, x, jnp.tanh) - y) ** 2).mean()
find = jax.jit(jax.hessian(loss))
tell(lambda: [find(theta).block_until_ready() for _ in range(updates)], updates)
"""

POPULATION = """
count, rate = case["count"], 0.1
x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
y = np.array([[-1], [1], [1], [-1]], np.float32)
"""

POPULATION_OURS = """
from engine.population import Population
nets = Population((2, 2, 1), count, x, y, rate=rate, threads=cores > 1)
tell(lambda: nets.train(updates), updates)
"""

POPULATION_TORCH = """
import torch
torch.set_num_threads(cores)
x, y = torch.tensor(x), torch.tensor(y)
theta = [torch.tensor(rng.normal(size=shape), dtype=torch.float32, requires_grad=True)
         for shape in ((count, 2, 2), (count, 1, 2), (count, 2, 1), (count, 1, 1))]
rule = torch.optim.SGD(theta, rate, fused=True)
def run():
    for _ in range(case["eager"]):
        w, b, v, c = theta
        z = torch.baddbmm(c, torch.tanh(torch.matmul(x, w) + b), v)
        loss = ((z - y) ** 2).mean((1, 2)).sum()
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
tell(run, case["eager"])
"""

# Once net by net under vmap, once with the nets innermost, as the engine has them.
POPULATION_JAX = """
import jax, jax.numpy as jnp
x, y = jnp.array(x), jnp.array(y)
theta = [jnp.array(rng.normal(size=(count, *shape)), jnp.float32) for shape in ((2, 2), (2,), (2, 1), (1,))]
lanes = [jnp.moveaxis(block, 0, -1) for block in theta]
def loss(theta):
    w, b, v, c = theta
    return ((jnp.tanh(x @ w + b) @ v + c - y) ** 2).mean()
def together(theta):
    w, b, v, c = theta
    h = jnp.tanh(x[:, :1, None] * w[0] + x[:, 1:, None] * w[1] + b)
    z = h[:, 0] * v[0, 0] + h[:, 1] * v[1, 0] + c[0]
    return ((z - y) ** 2).mean(0).sum()
def runner(slope, carry):
    def update(theta, _):
        return jax.tree.map(lambda t, g: t - rate * g, theta, slope(theta)), None
    scan = jax.jit(lambda theta: jax.lax.scan(update, theta, None, updates)[0])
    def run():
        nonlocal carry
        carry = jax.block_until_ready(scan(carry))
    return run
tell(faster(runner(jax.vmap(jax.grad(loss)), theta), runner(jax.grad(together), lanes)), updates)
"""
