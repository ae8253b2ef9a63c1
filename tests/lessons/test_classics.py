"""The lesson of the classic optimizers: its figures, its formulas, and worked numbers beside the engine's."""

import math

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.optim import OPTIMIZERS
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.labs import streams

FIVE = (4.0, 2.0, -2.0, 1.0, 0.1)


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("optim/classics")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment and settings → Result; the same settings run once."""
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runners[name](settings)


@pytest.fixture(scope="module")
def cards(lesson):
    experiment = lesson.experiments()["cards"]
    return lambda **settings: lesson.call(experiment.build)(experiment.settings(settings), 1)


def test_the_valley(run):
    sgd, sgdm = run("valley", optimizer="sgd"), run("valley", optimizer="sgdm")
    assert sgd.metrics["loss"] == pytest.approx(0.220, abs=5e-4)
    assert sgdm.metrics["arrival"] == 103 and sgdm.metrics["peak"] == 100
    assert sgdm.tape.column("loss")[1:].max() == pytest.approx(84.7, abs=0.05)
    assert run("valley", momentum=0.99).metrics["loss"] == pytest.approx(4.4, abs=0.05)
    net = Network()
    net.surface("quadratic", (0.5, 50.0))
    plain = Trainer(net, rate=0.009, dtype="float64", theta=(10, 1)).train(700)[:, 0]
    assert np.flatnonzero(plain >= 1e-3)[-1] + 1 == 599


def test_after_a_huge_gradient(run):
    huge, calm = run("sums"), run("sums", first="calm")
    assert -huge.metrics["theta"] == pytest.approx(1.5, abs=0.01)
    assert -calm.metrics["theta"] == pytest.approx(43.3, abs=0.05)
    rates = run("forgets").tape.column("rate")
    assert rates[[100, 199]] == pytest.approx([0.523, 1.0], abs=1e-3)
    assert run("forgets", decay=0.999).metrics["rate"] == pytest.approx(0.04, abs=0.005)
    assert run("forgets").tape.column("squares")[0] == pytest.approx(1e5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_given_gradient_moves_theta_as_a_trainer_does(optimizer):
    """The Trainer on a line whose slope is the gradient, and the driver of given gradients: the same bits."""
    driven = streams.ride(np.array(FIVE), optimizer=optimizer, rate=0.5).theta[1:, 0]
    rows, targets = np.array(FIVE)[:, None], np.full((5, 1), -1e12)
    net = Network()
    net.loss(net.dense(net.input(1), 1, name="line", bias=False, init="zero"), "mae", "sum")
    trainer = Trainer(
        net, rows, targets, optimizer=optimizer, rate=0.5, batch=1, shuffle=False, dtype="float64"
    )
    # θ·x stays far above the target, so the slope of |θ·x − y| is x.
    trained = [float(trainer.theta[0]) for _ in range(5) if len(trainer.train(1))]
    assert driven == pytest.approx(trained, rel=1e-12)


def test_going_back_and_on_gives_the_same_bits():
    gradients = np.sin(np.arange(40))
    stream = streams.Stream({}, 1, gradients, optimizer="adam", rate=0.1)
    stream.train(15)
    state = stream.state()
    rest = stream.train(25)
    stream.restore(state)
    again = np.concatenate([stream.train(10), stream.train(15)])
    assert stream.step == 40 and rest.tobytes() == again.tobytes()


def test_adams_worked_numbers(cards):
    now = cards().now
    m = v = 0.0
    for t, g in enumerate(FIVE, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        hats = m / (1 - 0.9**t), v / (1 - 0.999**t)
        found = [now[name][t - 1] for name in ("m", "v", "m-hat", "v-hat", "step")]
        assert found == pytest.approx([m, v, *hats, -hats[0] / math.sqrt(hats[1])], rel=1e-7)


def test_what_a_change_moves_is_marked(cards):
    model = cards()
    assert not any(step.hot for step in model.look("numbers", ()).steps)
    model.set("gradients", (4.0, 2.0, -2.0, 1.0, 0.6))
    assert [step.hot for step in model.look("numbers", ()).steps] == [False] * 5 + [True] * 5
    assert model.look("table", ()).chosen == 4


def test_the_steps_that_the_text_names(cards):
    assert cards().now["step"][0] == pytest.approx(-1, abs=1e-8)
    zigzag = cards(gradients=(1, -1, 1, -1, 1)).now["step"]
    assert abs(zigzag[-1]) == pytest.approx(0.2, abs=0.005)
    assert cards(gradients=(1,) * 5).now["step"] == pytest.approx([-1] * 5, abs=1e-7)


def entry(cards, name, t, **settings):
    return cards(**settings).now[name][t - 1]


def second_velocity(run, cards):
    g, mu = np.array([3.0, -1.0]), 0.9
    theta = streams.ride(g, optimizer="momentum", rate=0.1, momentum=mu).theta[:, 0]
    return math.isclose(theta[2] - theta[1], -0.1 * g[1] - mu * 0.1 * g[0])


def gain(run, cards):
    moves = np.diff(streams.ride(np.ones(300), optimizer="momentum", rate=1.0, momentum=0.9).theta[:, 0])
    return -moves[-1] == pytest.approx(1 / (1 - 0.9)) == 10


def velocity(run, cards):
    theta = streams.ride(np.array([3.0, -1.0, 2.0]), optimizer="momentum", rate=0.1, momentum=0.9).theta[:, 0]
    v = np.diff(theta)
    return v[2] == pytest.approx(0.9 * v[1] - 0.1 * 2.0)


def bill(run, cards):
    moves = np.diff(streams.ride(np.array([3.0, 4.0]), optimizer="adagrad", rate=1.0).theta[:, 0])
    return moves[1] == pytest.approx(-4 / math.sqrt(9 + 16))


def rms(run, cards):
    ride = streams.ride(np.array([3.0, 4.0]), optimizer="rmsprop", rate=1.0, decay=0.9)
    v = 0.9 * 0.1 * 9 + 0.1 * 16
    move = np.diff(ride.theta[:, 0])[1]
    return ride.second[1, 0] == pytest.approx(v) and move == pytest.approx(-4 / math.sqrt(v))


def corrected(run, cards):
    now = cards().now
    for name, beta in (("m", 0.9), ("v", 0.999)):
        assert now[f"{name}-hat"] == pytest.approx(now[name] / (1 - beta ** np.arange(1, 6)))
    assert now["step"] == pytest.approx(-now["m-hat"] / (np.sqrt(now["v-hat"]) + 1e-8), rel=1e-9)


FORMULAS = {
    "v ← λ·v − η·g": velocity,
    "θ ← θ + v": velocity,
    "v₂ = −η·g₁ − λ·η·g₀": second_velocity,
    "1 / (1 − 0.9) = 10": gain,
    "θ ← θ − η / √(Σ g²) · g": bill,
    "1 / √(1000² + 499) = 0.00099975": lambda run, cards: (
        run("sums").metrics["rate"] == pytest.approx(0.00099975, abs=5e-9)
    ),
    "1 / √500 = 0.0447": lambda run, cards: (
        run("sums", first="calm").metrics["rate"] == pytest.approx(0.0447, abs=5e-5)
    ),
    "v ← α·v + (1 − α)·g²": rms,
    "θ ← θ − η / √v · g": rms,
    "0.9¹⁰ = 0.349": lambda run, cards: (
        np.divide(*run("forgets").tape.column("squares")[[10, 0]]) == pytest.approx(0.349, abs=5e-4)
    ),
    "1 / √(1 − 0.9) = 3.16": lambda run, cards: (
        -np.diff(streams.ride(np.ones(1), optimizer="rmsprop", rate=1.0, decay=0.9).theta[:, 0])[0]
        == pytest.approx(3.16, abs=0.003)
    ),
    "m ← 0.9·m + 0.1·g": lambda run, cards: entry(cards, "m", 2) == pytest.approx(0.9 * 0.4 + 0.1 * 2),
    "v ← 0.999·v + 0.001·g²": lambda run, cards: (
        entry(cards, "v", 2) == pytest.approx(0.999 * 0.016 + 0.001 * 4)
    ),
    "m̂ = m / (1 − 0.9ᵗ)": corrected,
    "v̂ = v / (1 − 0.999ᵗ)": corrected,
    "θ ← θ − η·m̂ / (√v̂ + ε)": corrected,
    "4 / √16 = 1": lambda run, cards: (
        (entry(cards, "m-hat", 1), entry(cards, "v-hat", 1)) == pytest.approx((4, 16))
    ),
    "0.1 / √0.001 = 3.16": lambda run, cards: (
        -entry(cards, "step", 1, optimizer="adam-biased") == pytest.approx(3.16, abs=0.003)
    ),
}


def test_formulas(run, cards):
    prove("optim/classics", FORMULAS, run, cards)


def test_answers_are_given_only_to_the_question_that_was_put(lesson, run):
    ask = lambda name, result: lesson.call(f"run:{name}")(result)
    assert (
        ask("after_300", run("valley")) == "below" and ask("after_300", run("valley", optimizer="sgd")) == ""
    )
    assert ask("rate_left", run("sums")) == "thousandth" and ask("rate_left", run("sums", first="calm")) == ""
    assert ask("comes_back", run("forgets")) == "recovers"
    assert (
        ask("first_step", run("cards")) == "one"
        and ask("first_step", run("cards", optimizer="rmsprop")) == ""
    )
