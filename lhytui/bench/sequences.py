"""What the contenders run for Transformers: one encoder block, or with a decoder block after it.

Post-norm, with Adam. Every contender starts from numbers of its own: only the time is compared.
"""

SEQUENCE = """
d, heads, length, words, batch = (case[key] for key in ("d", "heads", "length", "words", "batch"))
decoder, rows, wide, rate = case["decoder"], case["rows"], 4 * case["d"], 0.001
tokens = rng.integers(2, words, (rows, length))
labels = tokens[:, ::-1].copy()
if decoder:  # the target, one place later
    tokens = np.concatenate([tokens, np.ones((rows, 1), int), labels[:, :-1]], 1)
shapes = {}
def affine(name, a, b):
    shapes[name] = (a, b)
    shapes[name + ".bias"] = (b,)
def block(name, parts):
    for part in parts:
        for each in ("query", "key", "value", "out"):
            affine(f"{name}.{part}.{each}", d, d)
    affine(f"{name}.first", d, wide)
    affine(f"{name}.second", wide, d)
    for k in range(len(parts) + 1):
        shapes[f"{name}.gamma.{k}"] = shapes[f"{name}.beta.{k}"] = (d,)
for side in ("source", "target")[:1 + decoder]:
    shapes[side + ".table"], shapes[side + ".places"] = (words, d), (length, d)
block("encoder", ["self"])
if decoder:
    block("decoder", ["self", "cross"])
affine("head", d, words)
start = {name: (rng.normal(size=s) * (s[0] ** -0.5 if len(s) == 2 else 0) + ("gamma" in name)).astype(np.float32)
         for name, s in shapes.items()}
"""

OURS = """
from engine.network import Network
from engine.trainer import Trainer
net = Network()
row = net.input(tokens.shape[1])
def enter(name, place):
    part = net.slice(row, place, length) if decoder else row
    return net.position(net.embedding(part, words, d, name), "learned", name + ".places")
def join(h, part, name):
    return net.layer_norm(net.add(h, part), d, name=name)
def feed(h, name):
    inner = net.activation(net.dense_each(h, wide, name + ".first", init="he"), "relu")
    return join(h, net.dense_each(inner, d, name + ".second"), name + ".last")
h = enter("source", 0)
h = feed(join(h, net.attention(h, "look", heads=heads), "norm"), "encoder")
if decoder:
    memory, h = h, enter("target", length)
    h = join(h, net.attention(h, "back", heads=heads, mask="causal"), "norm-back")
    h = feed(join(h, net.attention(h, "over", heads=heads, context=memory), "norm-over"), "decoder")
net.sequence_loss(net.dense_each(h, words, "head"))
t = Trainer(net, tokens, labels, optimizer="adam", rate=rate, batch=batch, shards=cores, shuffle=False)
tell(lambda: t.train(updates), updates)
"""

TORCH = """
import torch
F = torch.nn.functional
torch.set_num_threads(cores)
x, y = torch.tensor(tokens), torch.tensor(labels)
p = {name: torch.tensor(block, requires_grad=True) for name, block in start.items()}
rule = torch.optim.Adam(p.values(), rate, fused=True)
def dense(h, name):
    return torch.addmm(p[name + ".bias"], h.flatten(0, 1), p[name]).view(*h.shape[:2], -1)
def split(h):
    return h.view(batch, length, heads, -1).transpose(1, 2)
def attend_by_hand(q, k, v, is_causal):
    s = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5
    return torch.softmax(s + hidden if is_causal else s, 3) @ v
hidden = torch.full((length, length), -torch.inf).triu(1)
def forward(x, attend):
    def look(h, source, name, causal=False):
        q, k, v = (split(dense(a, f"{name}.{part}"))
                   for a, part in ((h, "query"), (source, "key"), (source, "value")))
        mix = attend(q, k, v, is_causal=causal)
        return dense(mix.transpose(1, 2).reshape(batch, length, d), name + ".out")
    def join(h, part, name, k):
        return F.layer_norm(h + part, (d,), p[f"{name}.gamma.{k}"], p[f"{name}.beta.{k}"])
    def feed(h, name, k):
        return join(h, dense(torch.relu(dense(h, name + ".first")), name + ".second"), name, k)
    h = F.embedding(x[:, :length], p["source.table"]) + p["source.places"]
    h = feed(join(h, look(h, h, "encoder.self"), "encoder", 0), "encoder", 1)
    if decoder:
        memory, h = h, F.embedding(x[:, length:], p["target.table"]) + p["target.places"]
        h = join(h, look(h, h, "decoder.self", True), "decoder", 0)
        h = feed(join(h, look(h, memory, "decoder.cross"), "decoder", 1), "decoder", 2)
    return dense(h, "head")
def runner(attend):
    place = 0
    def run():
        nonlocal place
        for _ in range(case["eager"]):
            part = slice(place, place + batch)
            place = place + batch if place + 2 * batch <= rows else 0
            loss = F.cross_entropy(forward(x[part], attend).flatten(0, 1), y[part].flatten())
            rule.zero_grad(set_to_none=True)
            loss.backward()
            rule.step()
    return run
tell(faster(runner(attend_by_hand), runner(F.scaled_dot_product_attention)), case["eager"])
"""

JAX = """
import jax, jax.numpy as jnp
x, y = jnp.array(tokens, jnp.int32), jnp.array(labels, jnp.int32)
hidden = jnp.triu(jnp.full((length, length), -jnp.inf), 1)
def forward(p, x):
    def dense(h, name):
        return h @ p[name] + p[name + ".bias"]
    def split(h):
        return h.reshape(batch, length, heads, -1)
    def look(h, source, name, mask=0.0):
        q, k, v = (split(dense(a, f"{name}.{part}"))
                   for a, part in ((h, "query"), (source, "key"), (source, "value")))
        s = jnp.einsum("bmhd,bnhd->bhmn", q, k) * (d // heads) ** -0.5
        mix = jnp.einsum("bhmn,bnhd->bmhd", jax.nn.softmax(s + mask), v)
        return dense(mix.reshape(batch, length, d), name + ".out")
    def join(h, part, name, k):
        h = h + part
        h = (h - h.mean(-1, keepdims=True)) * jax.lax.rsqrt(h.var(-1, keepdims=True) + 1e-5)
        return h * p[f"{name}.gamma.{k}"] + p[f"{name}.beta.{k}"]
    def feed(h, name, k):
        return join(h, dense(jax.nn.relu(dense(h, name + ".first")), name + ".second"), name, k)
    h = p["source.table"][x[:, :length]] + p["source.places"]
    h = feed(join(h, look(h, h, "encoder.self"), "encoder", 0), "encoder", 1)
    if decoder:
        memory, h = h, p["target.table"][x[:, length:]] + p["target.places"]
        h = join(h, look(h, h, "decoder.self", hidden), "decoder", 0)
        h = feed(join(h, look(h, memory, "decoder.cross"), "decoder", 1), "decoder", 2)
    return dense(h, "head")
def loss(p, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(forward(p, x)), y[..., None], 2).mean()
def update(carry, step):
    p, first, second = carry
    place = (step * batch) % (rows - batch)
    part = [jax.lax.dynamic_slice_in_dim(a, place, batch) for a in (x, y)]
    value, slopes = jax.value_and_grad(loss)(p, *part)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
    a, b = 1 - 0.9 ** (step + 1.0), 1 - 0.999 ** (step + 1.0)
    p = jax.tree.map(lambda t, m, v: t - rate * (m / a) / (jnp.sqrt(v / b) + 1e-8), p, first, second)
    return (p, first, second), value
scan = jax.jit(lambda carry, start: jax.lax.scan(update, carry, start + jnp.arange(updates)))
once = jax.jit(update)
def each(carry, start):
    for step in range(updates):
        carry, value = once(carry, start + step)
    return carry, value
p = {name: jnp.array(block) for name, block in start.items()}
carry, first = (p, *(jax.tree.map(jnp.zeros_like, p) for _ in range(2))), 0
def runner(many):
    def run():
        global carry, first
        carry, values = many(carry, first)
        values.block_until_ready()
        first += updates
    return run
tell(faster(runner(scan), runner(each)), updates)
"""
