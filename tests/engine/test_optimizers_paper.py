"""Optimizers over 200 updates of a small network: against PyTorch, else a plain form written from the paper."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import random
from engine.errors import EngineError
from engine.network import Network
from engine.optim import OPTIMIZERS
from engine.trainer import Trainer

STEPS, WIDTHS = 200, (3, 6, 2)


def toy(**settings):
    """A network of 38 parameters on 20 examples, in full batches."""
    rng = np.random.default_rng(0)
    net = Network()
    h = net.activation(net.dense(net.input(WIDTHS[0]), WIDTHS[1]), "tanh")
    net.loss(net.dense(h, WIDTHS[2]), "mse")
    x, y = rng.normal(size=(20, WIDTHS[0])), rng.normal(size=(20, WIDTHS[2]))
    settings = {"dtype": "float64", "seed": 5, "rate": 0.01} | settings
    return Trainer(net, x, y, **settings)


def slope(theta):
    """∂L/∂θ of `toy` at θ, written out."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    a, b, c, d = theta[:18].reshape(3, 6), theta[18:24], theta[24:36].reshape(6, 2), theta[36:]
    h = np.tanh(x @ a + b)
    e = 2 * (h @ c + d - y) / y.size
    back = (e @ c.T) * (1 - h * h)
    return np.concatenate(((x.T @ back).ravel(), back.sum(0), (h.T @ e).ravel(), e.sum(0)))


def far(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def walk(rule, steps=STEPS):
    """The path (steps, P) of a rule(θ, t) -> θ from the start of `toy`, t from 1."""
    theta, path = toy().theta, []
    for t in range(1, steps + 1):
        path.append(theta)
        theta = rule(theta, t)
    return np.array(path)


def trace(**settings):
    """The same by the trainer."""
    trainer = toy(**settings)
    return toy(watch=range(trainer.theta.size), **settings).train(STEPS)[:, 2:]


def test_the_slope_written_out():
    assert far(slope(toy().theta), toy().gradient()) < 1e-12


# PyTorch

TORCH = {
    "sgd": ("SGD", {}, {}),
    "momentum": ("SGD", {"momentum": 0.9}, {}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}, {}),
    "adam": ("Adam", {}, {}),
    "adamw": ("AdamW", {"weight_decay": 0.3}, {"weight_decay": 0.3}),
    "amsgrad": ("Adam", {"amsgrad": True}, {}),
    "nadam": ("NAdam", {}, {}),
    "radam": ("RAdam", {}, {"threshold": 5}),
    "adagrad": ("Adagrad", {}, {}),
    "rmsprop": ("RMSprop", {"lr": 0.001}, {"rate": 0.001}),  # faster, it trembles and magnifies rounding
}


def by_torch(kind, options, l2=0.0, longest=None, plan=None):
    torch = pytest.importorskip("torch")
    theta = torch.tensor(toy().theta, requires_grad=True)
    if kind != "AdamW":
        options = options | {"weight_decay": l2}
    rule = getattr(torch.optim, kind)([theta], **{"lr": 0.01, **options})
    plan, path = plan and plan(torch.optim.lr_scheduler, rule), []
    for _ in range(STEPS):
        path.append(theta.detach().numpy().copy())
        theta.grad = torch.tensor(slope(path[-1]))
        if longest:
            torch.nn.utils.clip_grad_norm_([theta], longest)
        rule.step()
        if plan:
            plan.step()
    return np.array(path)


PAIRS = [(optimizer, l2) for optimizer in TORCH for l2 in (0.0, 0.1) if not (l2 and optimizer == "adamw")]


@pytest.mark.parametrize(("optimizer", "l2"), PAIRS)
def test_against_pytorch(optimizer, l2):
    kind, options, settings = TORCH[optimizer]
    assert far(trace(optimizer=optimizer, l2=l2, **settings), by_torch(kind, options, l2)) < 1e-9


@pytest.mark.parametrize("optimizer", TORCH)
def test_under_a_schedule_as_in_pytorch(optimizer):
    kind, options, settings = TORCH[optimizer]
    path = trace(optimizer=optimizer, schedule=("cosine", {"updates": STEPS, "low": 0.1}), **settings)
    expected = by_torch(kind, options, plan=lambda s, o: s.CosineAnnealingLR(o, STEPS, o.defaults["lr"] / 10))
    assert far(path, expected) < 1e-9


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_clipping_as_in_pytorch(optimizer):
    kind, options, settings = TORCH[optimizer]
    path = trace(optimizer=optimizer, clip=0.3, l2=0.1, **settings)
    assert far(path, by_torch(kind, options, 0.1, longest=0.3)) < 1e-9
    assert far(path, trace(optimizer=optimizer, l2=0.1, **settings)) > 1e-3


# Papers


def nesterov_ahead():
    v = 0

    def rule(theta, t):
        nonlocal v
        v = 0.9 * v - 0.01 * slope(theta + 0.9 * v)
        return theta + v

    return rule


def sgdw():
    m = 0

    def rule(theta, t):
        nonlocal m
        m = 0.9 * m + slope(theta)
        return theta - 0.01 * m - 0.01 * 0.3 * theta

    return rule


def mean_rms():
    past = []

    def rule(theta, t):
        past.append(slope(theta))
        return theta - 0.01 * past[-1] / np.sqrt(np.mean(np.square(past), axis=0))

    return rule


class Moments:
    """m and v of Adam, with and without bias."""

    def __init__(self, gamma=0.999):
        self.gamma, self.m, self.v = gamma, 0, 0

    def see(self, g, t):
        self.m = 0.9 * self.m + 0.1 * g
        self.v = self.gamma * self.v + (1 - self.gamma) * g * g
        return self.m / (1 - 0.9**t), self.v / (1 - self.gamma**t)


def adam_biased():
    past = Moments()

    def rule(theta, t):
        past.see(slope(theta), t)
        return theta - 0.01 * past.m / (np.sqrt(past.v) + 1e-8)

    return rule


def adabound(last=0.1, speed=0.001, factor=lambda t: 1):
    past = Moments()

    def rule(theta, t):
        past.see(slope(theta), t)
        rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) / (np.sqrt(past.v) + 1e-8)
        low, high = last * (1 - 1 / (speed * t + 1)), last * (1 + 1 / (speed * t))
        return theta - factor(t) * np.clip(rate, low, high) * past.m

    return rule


def radam():
    past = Moments()
    last = 2 / (1 - 0.999) - 1

    def rule(theta, t):
        m, v = past.see(slope(theta), t)
        rho = last - 2 * t * 0.999**t / (1 - 0.999**t)
        if rho <= 4:
            return theta - 0.01 * m
        r = np.sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho))
        return theta - 0.01 * r * m / (np.sqrt(v) + 1e-8 / np.sqrt(1 - 0.999**t))

    return rule


def swats(switch=None, tolerance=1e-9, found=None):
    past, mean, rate, v = Moments(), 0, None, 0

    def rule(theta, t):
        nonlocal mean, rate, v
        g = slope(theta)
        if rate is not None:
            v = 0.9 * v + g
            return theta - 0.1 * rate * v
        past.see(g, t)
        p = -0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * past.m / (np.sqrt(past.v) + 1e-9)
        if p @ g != 0:
            gamma = p @ p / -(p @ g)
            mean = 0.999 * mean + 0.001 * gamma
            fair = mean / (1 - 0.999**t)
            if t == switch if switch else t > 1 and abs(fair - gamma) < tolerance:
                rate = fair
                if found is not None:
                    found.append(t)
        return theta + p

    return rule


PAPER = {
    "nesterov-ahead": (nesterov_ahead, {}),
    "sgdw": (sgdw, {"weight_decay": 0.3}),
    "mean-rms": (mean_rms, {}),
    "adam-biased": (adam_biased, {}),
    "adabound": (adabound, {}),
    "radam": (radam, {}),
    "swats": (lambda: swats(50), {"switch": 50}),
}


@pytest.mark.parametrize("optimizer", PAPER)
def test_against_the_paper(optimizer):
    make, settings = PAPER[optimizer]
    assert far(trace(optimizer=optimizer, **settings), walk(make())) < 1e-9


def test_every_optimizer_is_compared():
    assert set(PAPER) | set(TORCH) == set(OPTIMIZERS)


def test_adabound_with_bounds_that_bind():
    for last, speed in ((0.002, 0.5), (5.0, 0.05)):
        path = trace(optimizer="adabound", bound=last, tightening=speed)
        assert far(path, walk(adabound(last, speed))) < 1e-9
        assert far(path, trace(optimizer="adabound")) > 1e-2
    path = trace(optimizer="adabound", bound=0.002, tightening=0.5, schedule="inverse-sqrt")
    assert far(path, walk(adabound(0.002, 0.5, lambda t: t**-0.5))) < 1e-9


def test_swats_switches_by_its_own_criterion():
    found = []
    expected = walk(swats(tolerance=3e-3, found=found))
    assert found and 2 <= found[0] < STEPS - 20
    assert far(trace(optimizer="swats", tolerance=3e-3), expected) < 1e-9
    assert far(trace(optimizer="swats"), expected) > 1e-6


def test_the_look_ahead_form_is_the_other_seen_from_ahead():
    """With θ' = θ + μ v the two forms of Nesterov are one; the loss shown is the one at θ'."""
    watch = range(38)
    ahead, other = toy(optimizer="nesterov-ahead", watch=watch), toy(optimizer="nesterov", watch=watch)
    found, expected = ahead.train(STEPS), other.train(STEPS)
    assert far(found[:, 0], expected[:, 0]) < 1e-9
    v = np.diff(np.vstack((found[:, 2:], ahead.theta)), axis=0)
    assert far(found[1:, 2:] + 0.9 * v[:-1], expected[1:, 2:]) < 1e-9


# Around any optimizer


def momentum_step():
    m = 0

    def rule(theta, t):
        nonlocal m
        m = 0.9 * m + slope(theta)
        return theta - 0.01 * m

    return rule


@pytest.mark.parametrize("inner", ["momentum", "radam", "nesterov-ahead", "swats"])
def test_lookahead(inner):
    fast = momentum_step() if inner == "momentum" else PAPER[inner][0]()
    slow = toy().theta

    def rule(theta, t):
        nonlocal slow
        theta = fast(theta, t)
        if t % 5 == 0:
            slow = slow + 0.3 * (theta - slow)
            theta = slow
        return theta

    settings = {"lookahead": 5, "blend": 0.3, "optimizer": inner} | PAPER.get(inner, (0, {}))[1]
    assert far(trace(**settings), walk(rule)) < 1e-9
    trainer = toy(**settings)
    trainer.train(STEPS)
    assert far(trainer.slow, slow) < 1e-9 and trainer.state()[4].size == 38
    trainer.set("lookahead", None)
    assert trainer.slow is None and trainer.state()[4].size == 0


def test_lookahead_with_a_blend_of_one_changes_nothing():
    np.testing.assert_allclose(trace(lookahead=4, blend=1.0), trace(), rtol=1e-12)


def test_lookahead_starts_where_it_is_turned_on():
    one = toy()
    one.train(3)
    start = one.theta
    one.set("lookahead", 2)
    assert (one.slow == start).all()
    one.train(1)
    assert (one.slow == start).all()
    before = one.theta
    one.train(1)
    assert (one.slow == one.theta).all()
    inner = before - 0.01 * slope(before)
    np.testing.assert_allclose(one.theta, start + 0.5 * (inner - start), rtol=1e-9)


def noise(t, variance, power, seed=5):
    """The noise of update t, counted from 1."""
    return np.sqrt(variance / t**power) * random.normals(seed, random.NOISE, t - 1, 38)


@pytest.mark.parametrize("shards", [1, 2])
def test_noise(shards):
    expected = walk(lambda theta, t: theta - 0.01 * (slope(theta) + noise(t, 0.3, 0.55)))
    assert far(trace(noise=0.3, shards=shards), expected) < 1e-9

    def both(theta, t):
        g = slope(theta)
        g = g * min(1, 0.2 / (np.linalg.norm(g) + 1e-6)) + noise(t, 0.1, 1.0)
        return theta - 0.01 * g

    assert far(trace(noise=0.1, noise_decay=1.0, clip=0.2, shards=shards), walk(both)) < 1e-9


def test_noise_differs_by_seed_and_is_the_same_in_single_precision():
    assert far(trace(noise=1.0), trace(noise=1.0, seed=6, theta=toy().theta)) > 1e-3
    exact, single = trace(noise=0.5), trace(noise=0.5, dtype="float32")
    assert far(single, exact) < 1e-5


# L2 and decay, switches, going back


def test_l2_and_decay_are_different():
    with_l2, decayed = (
        trace(optimizer="adamw", weight_decay=0, l2=0.3),
        trace(optimizer="adamw", weight_decay=0.3),
    )
    assert far(with_l2, trace(optimizer="adam", l2=0.3)) < 1e-12
    assert far(decayed, with_l2) > 1e-2
    assert far(trace(optimizer="sgdw", weight_decay=0), trace(optimizer="momentum")) < 1e-12
    # Without momentum they are the same (Loshchilov and Hutter, proposition 1).
    same = trace(optimizer="sgdw", momentum=0, weight_decay=0.3), trace(optimizer="sgd", l2=0.3)
    assert far(*same) < 1e-12


AROUND = {"lookahead": 3, "clip": 0.5, "noise": 0.01, "schedule": ("triangular", {"up": 4}), "switch": 9}


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_chunks_and_going_back_with_everything_on(optimizer, dtype, shards):
    def make():
        return toy(optimizer=optimizer, dtype=dtype, batch=7, shards=shards, watch=(0, 30), **AROUND)

    whole = make().train(30)
    trainer, places = make(), []
    rows = [trainer.train(k) for k in (1, 2, 5, 0, 3)]
    places.append(trainer.state())
    rows += [trainer.train(k) for k in (4, 15)]
    assert (np.concatenate(rows) == whole).all()
    other = toy(dtype=dtype, batch=7, shards=shards, watch=(0, 30))
    for back in (trainer, other):
        back.restore(places[0])
        assert (back.train(19) == whole[11:]).all()
    trainer.set("optimizer", "nadam" if optimizer == "adam" else "adam")
    trainer.set("lookahead", None)
    trainer.set("clip", 0)
    trainer.train(5)
    trainer.restore(places[0])
    assert (trainer.train(19) == whole[11:]).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_only_the_rows_that_are_used(optimizer):
    trainer = toy(optimizer=optimizer)
    trainer.train(3)
    sizes = dict(
        zip(("first", "second", "third", "slow"), (row.size for row in trainer.state()[1:5]), strict=True)
    )
    assert sizes == {name: 38 * (name in OPTIMIZERS[optimizer].rows) for name in sizes}
    trainer.set("optimizer", "sgd")
    assert all(row.size == 0 for row in trainer.state()[1:5])


def test_shards_agree_with_one():
    for optimizer in OPTIMIZERS:
        one, two = trace(optimizer=optimizer, switch=20), trace(optimizer=optimizer, switch=20, shards=2)
        assert far(two[:50], one[:50]) < 1e-10, optimizer


def test_a_break_leaves_theta_where_it_was_looked_from():
    net = Network()
    net.surface("himmelblau")
    trainer = Trainer(net, theta=(1, 1), optimizer="nesterov-ahead", rate=1.0, watch=(0, 1), dtype="float64")
    rows = trainer.train(100)
    assert len(rows) < 100 and not np.isfinite(rows[-1, :2]).all()
    assert (trainer.theta == rows[-1, 2:]).all()


@pytest.mark.parametrize(
    "setting", ["weight_decay", "psi", "threshold", "bound", "tightening", "blend", "decay"]
)
def test_constants_act_on_the_next_update(setting):
    user = {"weight_decay": "adamw", "psi": "nadam", "threshold": "radam", "decay": "rmsprop", "blend": "sgd"}
    value = {"threshold": 20.0, "tightening": 5.0, "bound": 1e-5}.get(
        setting, 0.5 if setting != "blend" else 0.9
    )
    one, two = (toy(optimizer=user.get(setting, "adabound"), lookahead=3) for _ in range(2))
    assert (one.train(10) == two.train(10)).all()
    one.set(setting, value)
    assert one.get(setting) == value
    one.train(10), two.train(10)
    assert (one.theta != two.theta).any()


def test_settings_that_are_none():
    with pytest.raises(EngineError, match="unknown-setting"):
        toy(wobble=3)
    with pytest.raises(EngineError, match="not-positive"):
        toy(lookahead=-1)


TELL = """
import json, sys
sys.path[:0] = sys.argv[1:]
from engine.optim import OPTIMIZERS
from test_optimizers_paper import AROUND, toy
told = {}
for optimizer in OPTIMIZERS:
    for dtype in ("float32", "float64"):
        trainer = toy(optimizer=optimizer, dtype=dtype, **AROUND)
        told[f"{dtype} {optimizer}"] = [trainer.train(12).tolist(), [trainer.theta.tolist()]]
print(json.dumps(told))
"""


def test_without_the_jit():
    def tell(off):
        environment = dict(os.environ, NUMBA_DISABLE_JIT=off, PYTHONWARNINGS="error")
        here = Path(__file__).parent
        done = subprocess.run(
            [sys.executable, "-c", TELL, str(here.parents[1]), str(here)],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    compiled, plain = tell("0"), tell("1")
    for name, (rows, theta) in compiled.items():
        near = 1e-12 if name.startswith("float64") else 1e-5
        assert far(np.array(plain[name][0]), np.array(rows)) < near, name
        assert far(np.array(plain[name][1]), np.array(theta)) < near, name
