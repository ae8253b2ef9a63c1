"""Losses that a person types, and streams of gradients: values, slopes, and what cannot be read."""

import numpy as np
import pytest
from test_ops import agree

from engine.errors import EngineError
from engine.formula import LONGEST, depth, parse
from engine.network import Network
from engine.trainer import Trainer

FORMULAS = {
    "x^2 + 3y".replace("3y", "3*y"): lambda x, y: x**2 + 3 * y,
    "(1 - x)² + 100*(y − x²)²": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*π*y)": lambda x, y: (
        20 + x**2 - 10 * np.cos(2 * np.pi * x) + y**2 - 10 * np.cos(2 * np.pi * y)
    ),
    "sin(x)*exp(-y^2) / (1 + x^2)": lambda x, y: np.sin(x) * np.exp(-(y**2)) / (1 + x**2),
    "sqrt(x^2+1) + abs(y - 3) - tanh(x*y)": lambda x, y: np.sqrt(x**2 + 1) + abs(y - 3) - np.tanh(x * y),
    "ln(2 + x^2)^1.5 + +e**-x": lambda x, y: np.log(2 + x**2) ** 1.5 + np.exp(-x),
    "(2 + x^2)^(y/2)": lambda x, y: (2 + x**2) ** (y / 2),
    "-7": lambda x, y: -7.0,
}


def on(text, theta, dtype="float64"):
    net = Network()
    net.formula(text)
    return Trainer(net, theta=theta, dtype=dtype)


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("theta", [(0.7, -0.4), (-1.3, 2.2)])
def test_values_and_slopes(text, theta):
    trainer = on(text, theta)
    assert trainer.evaluate()["loss"] == pytest.approx(FORMULAS[text](*theta), rel=1e-12)
    agree(trainer)


def test_single_precision_and_depth():
    for text, expected in FORMULAS.items():
        assert on(text, (0.7, -0.4), "float32").evaluate()["loss"] == pytest.approx(
            expected(0.7, -0.4), rel=2e-5
        )
    assert depth(parse("x")) == 1
    assert depth(parse("x + (y + (x + (y + 1)))")) == 5


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("bad-formula", ""),
        ("bad-formula", "x +"),
        ("bad-formula", "(x"),
        ("bad-formula", "3 x"),
        ("unknown-in-formula", "z + 1"),
        ("unknown-in-formula", "__import__('os')"),
        ("unknown-in-formula", "x.real"),
        ("unknown-in-formula", "[x][0]"),
        ("unknown-in-formula", "sin(x, y)"),
        ("unknown-in-formula", "x if y else 1"),
        ("unknown-in-formula", "True"),
        ("unknown-in-formula", "1e999"),
        ("formula-too-long", "x" * (LONGEST + 1)),
    ],
)
def test_what_is_no_formula(code, text):
    with pytest.raises(EngineError) as caught:
        parse(text)
    assert caught.value.code == code


def test_a_logarithm_below_zero_is_found_as_a_fault():
    trainer = on("log(x)", (-1.0, 0.0))
    trainer.train(3)
    assert trainer.fault()["cause"] == "loss"


def test_a_stream_gives_its_gradients_one_an_update():
    gradients = [[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]
    net = Network()
    net.stream(gradients)
    trainer = Trainer(net, rate=0.1, dtype="float64", theta=(1, 1), watch=(0, 1))
    rows = trainer.train(7)
    walked = np.vstack([(1, 1), 1 - 0.1 * np.cumsum([gradients[t % 3] for t in range(6)], axis=0)])
    np.testing.assert_allclose(rows[:, 2:], walked, rtol=1e-14)
    np.testing.assert_allclose(rows[:, 1], [np.linalg.norm(gradients[t % 3]) for t in range(7)])
    with pytest.raises(EngineError):
        Network().stream([])
