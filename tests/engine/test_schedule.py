"""Schedules against PyTorch's, against their formulas, and as a setting of a run."""

import math

import numpy as np
import pytest

from engine import schedule
from engine.errors import EngineError
from engine.network import Network
from engine.trainer import Trainer

STEPS = 200


def heights(name, steps=STEPS, **settings):
    return np.array(schedule.factors(schedule.complete((name, settings)), 0, steps))


def torch_rates(make, rate=0.3):
    """(200,) the rates of PyTorch's scheduler over `rate`."""
    torch = pytest.importorskip("torch")
    rule = torch.optim.SGD([torch.zeros(1, requires_grad=True)], rate)
    plan, rates = make(torch.optim.lr_scheduler, rule), []
    for _ in range(STEPS):
        rates.append(rule.param_groups[0]["lr"])
        rule.step()
        plan.step()
    return np.array(rates) / rate


SAME = {
    "constant": (lambda s, o: s.ConstantLR(o, 1.0), {}),
    "exponential": (lambda s, o: s.ExponentialLR(o, 0.97), {"gamma": 0.97}),
    "step": (lambda s, o: s.StepLR(o, 30, 0.5), {"every": 30, "gamma": 0.5}),
    "warm-up": (lambda s, o: s.LambdaLR(o, lambda t: min(1, (t + 1) / 40)), {"warm": 40}),
    "cosine": (lambda s, o: s.CosineAnnealingLR(o, STEPS, 0.03), {"updates": STEPS, "low": 0.1}),
    "sgdr": (
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 13, 2, 0.03),
        {"first": 13, "growth": 2, "low": 0.1},
    ),
    "triangular": (
        lambda s, o: s.CyclicLR(o, 0.03, 0.3, 17, 9, cycle_momentum=False),
        {"up": 17, "down": 9, "low": 0.1},
    ),
    "one-cycle": (
        lambda s, o: s.OneCycleLR(o, 0.3, STEPS + 1, cycle_momentum=False),
        {"updates": STEPS + 1},
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_against_pytorch(name):
    make, settings = SAME[name]
    expected = torch_rates(make)
    assert np.linalg.norm(heights(name, **settings) - expected) < 1e-9 * np.linalg.norm(expected)


def test_more_of_pytorch():
    equal = torch_rates(lambda s, o: s.CosineAnnealingWarmRestarts(o, 13))
    np.testing.assert_allclose(heights("sgdr", first=13), equal, rtol=1e-9, atol=1e-12)
    even = torch_rates(lambda s, o: s.CyclicLR(o, 0.03, 0.3, 17, cycle_momentum=False))
    np.testing.assert_allclose(heights("triangular", up=17, low=0.1), even, rtol=1e-9)
    early = torch_rates(
        lambda s, o: s.OneCycleLR(o, 0.3, 201, pct_start=0.1, div_factor=5, final_div_factor=10)
    )
    np.testing.assert_allclose(
        heights("one-cycle", updates=201, rise=0.1, start=0.2, end=0.02), early, rtol=1e-9
    )


def test_formulas():
    t = np.arange(STEPS)
    np.testing.assert_allclose(heights("inverse-sqrt"), 1 / np.sqrt(t + 1))
    # The Transformer's rate, for d = 512 and 40 updates of warm-up, over its peak.
    rate = 512**-0.5 * np.minimum((t + 1.0) ** -0.5, (t + 1) * 40**-1.5)
    np.testing.assert_allclose(heights("warm-up-inverse-sqrt", warm=40), rate / (512 * 40) ** -0.5)
    assert heights("warm-up-inverse-sqrt", warm=40).argmax() == 39
    test = heights("range-test", 101, updates=100, ratio=1e6)
    np.testing.assert_allclose(test, 10 ** np.linspace(0, 6, 101))
    line = heights("drawn", 51, updates=50, heights=(0, 1, 0.5))
    np.testing.assert_allclose(line[[0, 10, 25, 40, 50]], [0, 0.4, 1, 0.7, 0.5])
    assert (heights("drawn", heights=[0.3]) == 0.3).all()


@pytest.mark.parametrize("name", schedule.SCHEDULES)
def test_every_schedule_is_finite_far_out_and_in_any_chunks(name):
    plan = schedule.complete(name)
    assert all(math.isfinite(schedule.factors(plan, t, 1)[0]) for t in (0, 10**4, 10**6))
    whole = schedule.factors(plan, 0, 1500)
    assert schedule.factors(plan, 0, 7) + schedule.factors(plan, 7, 1493) == whole
    assert min(whole) >= 0


def test_what_ends_stays_at_its_end():
    for name, last in (("cosine", 0.0), ("one-cycle", 4e-6), ("range-test", 1e6), ("drawn", 1.0)):
        assert heights(name, 2000)[-1] == pytest.approx(last)


def line(**settings):
    """L = x at rate 0.1: each update moves θ by its rate."""
    net = Network()
    net.loss(net.dense(net.input(1), 1, bias=False), "mae")
    return Trainer(net, [1.0], [-1e9], theta=(0.0,), watch=(0,), dtype="float64", **settings)


@pytest.mark.parametrize("name", schedule.SCHEDULES)
def test_a_run_follows_its_schedule(name):
    trainer = line(schedule=name, rate=0.01)
    path = trainer.train(60)[:, 2]
    np.testing.assert_allclose(-np.diff(path), [trainer.rate_at(t) for t in range(59)], rtol=1e-6)
    assert trainer.rate_at(7) == 0.01 * heights(name)[7]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chunks_going_back_and_live_changes(dtype):
    def make():
        net = Network()
        net.surface("quadratic", (1, 4))
        plan = ("sgdr", {"first": 5, "growth": 2})
        return Trainer(net, theta=(3, -2), rate=0.05, dtype=dtype, watch=(0, 1), schedule=plan)

    one, many = make(), make()
    whole = one.train(40)
    assert (np.concatenate([many.train(k) for k in (1, 6, 0, 20, 13)]) == whole).all()
    trainer = make()
    trainer.train(9)
    state = trainer.state()
    ahead = trainer.train(12)
    trainer.set("schedule", ("drawn", {"heights": (1, 0.5), "updates": 30}))
    changed = trainer.state()
    later = trainer.train(9)
    trainer.set("schedule", None)
    assert trainer.rate_at(25) == 0.05
    trainer.restore(changed)
    assert trainer.get("schedule") == ("drawn", {"heights": [1.0, 0.5], "updates": 30})
    assert (trainer.train(9) == later).all()
    other = make()
    other.restore(changed)
    assert (other.train(9) == later).all()
    trainer.restore(state)
    assert (trainer.train(12) == ahead).all() and (ahead == whole[9:21]).all()


def test_a_schedule_that_rises_breaks_the_run_and_tells_its_rate():
    net = Network()
    net.surface("quadratic", (1, 4))
    trainer = Trainer(net, theta=(3, -2), rate=1e-3, schedule=("range-test", {"updates": 50, "ratio": 1e30}))
    rows = trainer.train(100)
    assert len(rows) < 100 and np.isfinite(trainer.theta).all()
    assert trainer.fault()["rate"] == trainer.rate_at(trainer.step) > 1e-3


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ("unknown-schedule", "spiral"),
        ("unknown-schedule-setting", ("cosine", {"gamma": 1})),
        ("not-positive", ("cosine", {"updates": 0})),
        ("not-positive", ("triangular", {"up": -1})),
        ("not-positive", ("drawn", {"heights": []})),
    ],
)
def test_what_is_no_schedule(code, plan):
    with pytest.raises(EngineError) as caught:
        line(schedule=plan)
    assert caught.value.code == code
    trainer = line()
    with pytest.raises(EngineError):
        trainer.set("schedule", plan)
    assert trainer.get("schedule") is None
