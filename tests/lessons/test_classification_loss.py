"""Numbers or vectors, softmax, cross-entropy and likelihood, two surfaces: the lesson's figures and formulas."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.labs import losses

LESSON = catalog.load().lesson("training/classification_loss")
EXPERIMENTS = LESSON.experiments()
MSE, CE = {"loss": "mse"}, {"loss": "cross-entropy"}
ABROAD = (2.6, -1.5)


@pytest.fixture(scope="module")
def run():
    """(experiment, settings) → Result; the same settings run once."""
    runners = {name: proof.runner(LESSON, experiment, 1) for name, experiment in EXPERIMENTS.items()}
    return lambda name, **settings: runners[name](settings)


def model(name, **settings):
    experiment = EXPERIMENTS[name]
    return LESSON.call(experiment.build)(experiment.settings(settings), 1)


@pytest.mark.parametrize(
    ("settings", "recall", "band"),
    [
        ({}, (0.94, 0.96, 0.93), 0.57),
        ({"width": "16"}, (1, 1, 1), 0.11),
        ({"labels": "vectors"}, (1, 1, 1), 0),
        ({"data": "row"}, (0.97, 1, 0.99), 0.55),
        ({"data": "row", "labels": "vectors"}, (1, 0.08, 1), 0),
    ],
)
def test_what_the_text_says_of_the_clouds(run, settings, recall, band):
    facts = run("codes", **settings).facts
    assert facts["recall"] == pytest.approx(recall, abs=1e-9) and facts["band"] == pytest.approx(
        band, abs=0.005
    )


def test_a_hidden_layer_mends_one_hot_in_a_row(run):
    assert min(run("codes", data="row", labels="vectors", width="4").facts["recall"]) > 0.95


@pytest.mark.parametrize("middle", ["a", "b", "c"])
def test_the_class_with_number_2_lies_between(run, middle):
    facts = run("codes", middle=middle).facts
    assert "abc"[facts["middle"]] == middle and facts["band"] > 0.5


def test_softmax_of_the_lecture(run):
    facts = run("softmax").facts
    assert facts["shares"] == pytest.approx((0.8789, 0.1189, 0.0022), abs=5e-5)
    assert facts["exps"] == pytest.approx((20.1, 2.72, 0.05), abs=0.02)
    assert run("softmax", temperature=0.1).facts["shares"][0] > 0.99
    hot = run("softmax", temperature=10).facts["shares"]
    assert max(hot) - min(hot) < 0.2
    pair = run("softmax", y3=-10).facts
    assert round(pair["pair"], 4) == round(pair["sigmoid"], 4) == 0.8808


def test_softmax_marks_what_a_change_moves():
    walk = model("softmax")
    assert not any(step.hot for step in walk.look("numbers", ()).steps)
    walk.set("y2", 2.0)
    hot = [step.text for step in walk.look("numbers", ()).steps if step.hot]
    assert len(hot) == 7 and hot[0].startswith("e^2 =")
    assert walk.look("shares", ()).beside is None


def test_one_confident_mistake(run):
    home, far = run("ledger"), run("ledger", sixth=ABROAD)
    each = far.facts["each"]
    assert round(far.metrics["burden"], 2) == 0.99 and each[5] == pytest.approx(9, abs=0.01)
    assert 80 < each[5] / sum(each[:5]) < 85 and round(far.facts["right"][5], 4) == 0.0001
    assert home.metrics["burden"] < 0.2
    assert run("ledger", sixth=ABROAD, **MSE).facts["each"][5] == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize("sixth", [(0.3, 1.6), ABROAD, (-3.0, 3.0), (0.0, 0.0)])
@pytest.mark.parametrize("scale", [0, 0.5, 2])
def test_the_product_and_the_sum_agree_wherever_the_sixth_lies(run, sixth, scale):
    facts = run("ledger", sixth=sixth, scale=scale).facts
    assert abs(facts["surprise"] - facts["total"]) < 1e-12


@pytest.mark.parametrize(
    ("start", "rate", "slow", "quick"),
    [((-10, 10), 0.1, -1, 155), ((-8, 8), 0.5, -1, 27), ((-5, 5), 0.5, 5536, 21), ((-2, 2), 0.5, 35, 15)],
)
def test_updates_from_each_corner(run, start, rate, slow, quick):
    given = {"start": start, "rate": rate, "updates": "100000"}
    assert run("plateau", **given, **MSE).facts["arrived"] == slow
    assert run("plateau", **given, **CE).facts["arrived"] == quick


def test_slopes_in_the_corners(run):
    assert run("plateau", **MSE).facts["steepness"] == pytest.approx(1e-8, rel=0.2)
    assert run("plateau", start=(-8, 8), **MSE).facts["steepness"] == pytest.approx(6e-7, rel=0.1)
    assert run("plateau", **CE).facts["steepness"] == pytest.approx(math.sqrt(2), rel=1e-6)


def test_adam_crosses_the_plain(run):
    found = [run("plateau", optimizer="adam", **loss).facts["arrived"] for loss in (MSE, CE)]
    assert found == [87, 124]


def test_two_million_updates_and_the_way_that_would_be_left(run):
    far = run("plateau", updates="2000000", **MSE)
    assert far.steps == 2_000_000 and far.facts["moved"] < 0.002
    # The distance y₂ − y₁ falls by 2·η·slope an update, slowest at the start; updates are the integral of 1 over it.
    gap = np.linspace(20, -math.log(9), 400_001)
    share = 1 / (1 + np.exp(gap))
    pull = 2 * 0.1 * 4 * share * (1 - share) ** 2
    assert np.trapezoid(1 / pull, -gap) == pytest.approx(6e8, rel=0.02)


@pytest.mark.parametrize("loss", [MSE, CE])
def test_a_run_ends_at_the_same_update_however_it_is_cut_and_goes_back(loss):
    given = {"start": (-2, 2), "rate": 0.5, **loss}
    whole, cut = model("plateau", **given), model("plateau", **given)
    whole.train(300)
    cut.train(7)
    kept = cut.state()
    while len(cut.train(4)):
        pass
    assert whole.step == whole.limit == cut.step and (whole.trainer.theta == cut.trainer.theta).all()
    assert cut.record.column("update").tolist() == list(range(cut.step))
    cut.restore(kept)
    assert cut.step == 7 and cut.limit == 300 and len(cut.series(0)) == 8


def test_a_long_run_is_recorded_thinly():
    long = model("plateau", updates="100000", **MSE)
    long.train(33_333)
    long.train(1000)
    updates = long.record.column("update")
    assert updates[:1000].tolist() == list(range(1000)) and set(np.diff(updates[1000:])) == {50}
    assert long.columns == ("loss",) and len(long.series(1)) == len(updates) + 1


# Formulas


def shares(*logits, temperature=1.0):
    return np.array(
        model("softmax", **{f"y{k}": y for k, y in enumerate(logits, 1)}, temperature=temperature).now[
            "shares"
        ]
    )


def head(loss, y1, y2):
    """A ball at (y₁, y₂): its trainer."""
    return model("plateau", start=(y1, y2), **loss).trainer


def numbers_differ():
    return abs(1 - 3) == 2 * abs(1 - 2)


def vectors_apart():
    a, b, c = np.eye(3)
    return all(math.isclose(np.linalg.norm(u - v), math.sqrt(2)) for u, v in ((a, b), (b, c), (a, c)))


def softmax_itself():
    y = np.array([0.5, -1.0, 2.0])
    assert shares(*y) == pytest.approx(np.exp(y) / np.exp(y).sum())


def shifted():
    return math.isclose(math.exp(1.2 + 5), math.exp(5) * math.exp(1.2)) and round(math.exp(5)) == 148


def pair():
    a, b, _ = shares(3, 1, -10)
    assert a / (a + b) == pytest.approx(1 / (1 + math.exp(1 - 3)))


def measured(loss):
    """(the engine's loss of each of six examples, y′ of their labels)."""
    now = model("ledger", sixth=(-1.0, 0.4), loss=loss).now
    return now["each"], now["right"]


def square():
    trainer = head(MSE, 0.7, -0.4)
    p = 1 / (1 + math.exp(-1.1))
    assert trainer.evaluate()["loss"] == pytest.approx((1 - p) ** 2 + (0 - (1 - p)) ** 2)


def entropy():
    each, right = measured("cross-entropy")
    assert each == pytest.approx(-np.log(right))


def likelihood():
    each, right = measured("cross-entropy")
    assert -math.log(right.prod()) == pytest.approx(each.sum(), abs=1e-12)


def guess():
    each = model("ledger", scale=0).now["each"]
    assert each == pytest.approx([-math.log(1 / 3)] * 6) and round(each[0], 3) == 1.099


def push():
    trainer = head(CE, 0.7, -0.4)
    p = 1 / (1 + math.exp(-1.1))
    assert trainer.gradient()[:2] == pytest.approx([p - 1, (1 - p) - 0])


def weak_push():
    for y in (1.3, -0.2, -6.0):
        p = float(losses.first_share(y, -y))
        assert head(MSE, y, -y).gradient()[0] == pytest.approx(-4 * p * (1 - p) ** 2, rel=1e-6)
    assert float(losses.first_share(-10, 10)) == pytest.approx(math.exp(-20)) == pytest.approx(2e-9, rel=0.05)


def test_formulas():
    prove(
        "training/classification_loss",
        {
            "|1 − 3| = 2·|1 − 2|": numbers_differ,
            "‖(1,0,0) − (0,1,0)‖ = √2": vectors_apart,
            "y′ᵢ = e^yᵢ / Σⱼ e^yⱼ": softmax_itself,
            "e^(y + 5) = e⁵·e^y": shifted,
            "e³ = 20.1": lambda: round(model("softmax").now["exps"][0], 1) == 20.1,
            "20.1 / (20.1 + 2.72 + 0.05) = 0.88": lambda: round(20.1 / (20.1 + 2.72 + 0.05), 2) == 0.88,
            "e^y₁ / (e^y₁ + e^y₂) = σ(y₁ − y₂)": pair,
            "MSE: e = Σ (ŷᵢ − y′ᵢ)²": square,
            "CE: e = −Σ ŷᵢ·ln y′ᵢ": entropy,
            "−ln 0.88 = 0.128": lambda: round(-math.log(0.88), 3) == 0.128,
            "−ln Π y′ = Σ (−ln y′)": likelihood,
            "−ln (1/3) = 1.099": guess,
            "∂CE/∂yᵢ = y′ᵢ − ŷᵢ": push,
            "∂MSE/∂y₁ = −4·y′₁·(1 − y′₁)²": weak_push,
        },
    )
