"""The learning-rate lesson: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof
from lessons.labs.surface import thin

EDGE = 1.1449e-6


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("training/learning_rate")


@pytest.fixture(scope="module")
def run(lesson):
    """Settings → Result; the same settings run once."""
    return proof.runner(lesson, lesson.experiments()["valley"], 1)


@pytest.fixture
def model(lesson):
    """Settings → model at update 0."""
    experiment = lesson.experiments()["valley"]
    return lambda **settings: lesson.call(experiment.build)(experiment.settings(settings), 1)


@pytest.mark.parametrize(
    ("rate", "b", "w", "fate"),
    [
        (1e-7, -123.69, 2.483, "crawls"),
        (1e-6, -149.23, 2.557, "crawls"),
        (EDGE, -152.27, 2.536, "bounces"),
    ],
)
def test_where_gradient_descent_stands_after_100000_updates(run, rate, b, w, fate):
    result = run({"rate": rate})
    assert result.steps == 100_000 and result.facts["fate"] == fate
    assert result.metrics["b"] == pytest.approx(b, abs=0.006) and result.metrics["w"] == pytest.approx(
        w, abs=6e-4
    )


@pytest.mark.parametrize("rate", [1.2e-6, 1e-5, 1e-2])
def test_above_the_limit_it_diverges(run, rate):
    result = run({"rate": rate})
    assert result.phase == "diverged" and result.facts["fate"] == "diverges"


def test_bouncing_keeps_loss_and_gradient(run):
    result = run({"rate": EDGE, "updates": "100"})
    loss, w = result.tape.column("loss"), result.tape.column("theta-0")
    assert loss[0] == pytest.approx(36.7e6, rel=1e-3) and result.metrics["loss"] == pytest.approx(
        36.3e6, rel=1e-3
    )
    assert result.tape.column("lowest-loss")[0] == pytest.approx(101_937, abs=1)
    assert result.metrics["gradient-norm"] == pytest.approx(1.12e7, rel=0.01)
    assert (w.min(), w.max()) == pytest.approx((-4.0, 8.9), abs=0.06)


def test_in_the_ditch_the_floor_is_left(run):
    result = run({"rate": 6e-7, "updates": "100"})
    assert result.metrics["gradient-norm"] == pytest.approx(381, abs=0.5)
    assert result.metrics["loss"] / 10 == pytest.approx(11_499, abs=1)
    assert result.tape.column("floor-norm")[0] == pytest.approx(381, abs=1)


def test_a_little_below_the_edge_bouncing_calms(run):
    result = run({"rate": 1.14e-6, "updates": "1000"})
    w = result.tape.column("theta-0")
    assert np.abs(np.diff(w[:50])).min() > 8 and np.abs(np.diff(w[500:])).max() < 0.2


def test_a_rate_each_arrives(run):
    result = run({"optimizer": "mean-rms", "rate": 0.1})
    assert result.facts["fate"] == "arrives" and result.facts["arrival"] == 15_604
    assert result.metrics["b"] == pytest.approx(-188.433, abs=1e-3)


def test_the_words_about_the_floor(model):
    """Updates to within 1 of the goal, and what the first of them has to go."""
    valley = model()
    low, high = valley.curvature
    to_go = -120.0 - valley.optimum[0]
    assert to_go == pytest.approx(68.4, abs=0.05)
    needed = lambda rate: math.log(to_go) / -math.log1p(-rate * low)
    assert needed(2 / high) == pytest.approx(662_000, rel=1e-3) and needed(1e-7) == pytest.approx(
        7.6e6, rel=5e-3
    )
    assert high == pytest.approx(1_746_830, rel=1e-6) and low == pytest.approx(5.573, abs=5e-4)
    assert 1 - EDGE * high == pytest.approx(-0.99995, abs=5e-6)
    assert 1 - 1.14e-6 * high == pytest.approx(-0.991, abs=5e-4)


def update(model):
    """∂L/∂θ before one update, and how θ moves in it."""
    before, slope = model.trainer.theta, model.trainer.gradient()
    model.train(1)
    return slope, model.trainer.theta - before


def norm(model):
    slope = model().trainer.gradient()
    assert model().train(1)[0, 1] == pytest.approx(math.sqrt(slope[0] ** 2 + slope[1] ** 2), rel=1e-12)


def factor(model):
    """Across the valley, one update multiplies the distance by 1 − ηλ."""
    valley = model()
    design = np.column_stack([np.ones(10), valley.trainer.predict(node=0)])
    across = np.linalg.eigh(2 * design.T @ design)[1][:, 1]
    started = model(rate=EDGE, start=tuple(valley.optimum + 5 * across))
    started.train(1)
    w, b = started.trainer.theta
    distance = (np.array([b, w]) - valley.optimum) @ across
    assert distance == pytest.approx(5 * (1 - EDGE * valley.curvature[1]), rel=1e-6)


def step(model):
    slope, moved = update(model(rate=3e-7))
    assert moved == pytest.approx(-3e-7 * slope, rel=1e-12)


def stride(model):
    valley = model()
    valley.train(100)
    _, moved = update(valley)
    assert -moved[1] == pytest.approx(1e-7 * 381, rel=2e-3) and float("0.0000381") == round(1e-7 * 381, 7)


def condition(model):
    low, high = model().curvature
    assert round(high / low, -0) == 313_418


def limit(model):
    assert 2 / model().curvature[1] == pytest.approx(1.14493e-6, abs=5e-12)


def left(model):
    low, high = model().curvature
    assert 1 - 2 / high * low == pytest.approx(0.9999936, abs=5e-8)


FORMULAS = {
    "‖g‖ = √((∂L/∂w)² + (∂L/∂b)²)": norm,
    "d ← (1 − η·λ)·d": factor,
    "θ ← θ − η·g": step,
    "10⁻⁷ · 381 = 0.0000381": stride,
    "λ₂ / λ₁ = 313,418": condition,
    "η < 2 / λ₂ = 1.14493·10⁻⁶": limit,
    "1 − η·λ₁ = 0.9999936": left,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("training/learning_rate", FORMULAS, model)


@pytest.mark.parametrize("name", ["walls", "valley"])
def test_claims_hold_and_their_counters_do_not(lesson, name):
    experiment = lesson.experiments()[name]
    run = proof.runner(lesson, experiment, 1)
    for claim in experiment.claims:
        assert proof.prove(lesson, claim.id, 1, run) == (True, True), claim.id


def test_the_run_grades_only_the_question_that_was_put(lesson, run):
    assert lesson.call("run:crawling")(run({"rate": 1e-7})) == "crawls"
    assert lesson.call("run:crawling")(run({"rate": 1.2e-6})) == ""
    assert lesson.call("run:norm_size")(run({"rate": EDGE, "updates": "100"})) == "large"
    assert lesson.call("run:norm_size")(run({"rate": 6e-7, "updates": "100"})) == ""


def session(lesson, **settings):
    experiment = lesson.experiments()["valley"]
    return Session(
        lesson.call(experiment.build), experiment.settings(settings), 1, live=experiment.live, threaded=False
    )


def test_the_path_is_the_runs_own_after_going_back(lesson):
    """Seek and branch: what is drawn is the timeline on which the run stands."""
    here = session(lesson, rate=1e-6, updates="1000")
    here.advance(600)
    here.seek(200)
    here.set("rate", 3e-7)
    here.advance(300)
    here.want(("plane", "table", "numbers"))
    views = here.frame().views
    path, ghost = views["plane"].paths[-1], views["plane"].paths[0]
    b = here.result().tape.column("theta-1")
    assert len(b) == 500 and ghost.role == "ghost" and path.x[0] == -120.0
    assert set(path.x[1:-1]) <= set(b) and path.x[-1] == here.result().metrics["b"]
    assert [row[0] for row in views["table"].rows] == ["=1e−6", "=3e−7"]


def test_undo_brings_the_old_path_back(lesson):
    here = session(lesson, rate=1e-6, updates="1000")
    here.advance(400)
    end = here.result().facts["theta"]
    here.set("rate", 1e-7)
    here.advance(100)
    here.undo()
    assert here.step == 400 and here.result().facts["theta"] == end
    here.want(("plane",))
    assert here.frame().views["plane"].paths[-1].x[-1] == end[1]


def test_a_path_that_flies_away_stays_drawable(lesson):
    here = session(lesson, rate=1e-2)
    here.want(("plane", "table", "numbers"))
    here.finish()
    views = here.frame().views
    assert all(np.isfinite(line.x).all() and np.isfinite(line.y).all() for line in views["plane"].paths)
    assert max(len(step.text) for step in views["numbers"].steps) < 30
    assert here.phase == "diverged"


def test_a_path_keeps_its_turns_and_drops_what_cannot_be_seen():
    x, y = np.array([0.0, 0.5, 0.5, 0.5, 1.0]), np.array([0.0, 1.0, 1.0, 0.2, 0.2])
    kept = thin(x, y, (0.0, 1.0, 0.0, 1.0))
    assert np.array(kept).T.tolist() == [[0, 0], [0.5, 1], [0.5, 0.2], [1, 0.2]]
    away = thin(np.array([0.5, 9.0, 0.6, 1e150, 1e160]), np.full(5, 0.5), (0.0, 1.0, 0.0, 1.0))
    assert away[0].tolist() == [0.5, 4.0, 0.6, 4.0]


def test_a_net_bounces_as_well(lesson):
    walls = proof.runner(lesson, lesson.experiments()["walls"], 1)
    result = walls({"model": "mlp", "rate": 0.6, "updates": "400"})
    norm = result.tape.column("gradient-norm")[200:]
    assert result.metrics["loss"] == pytest.approx(0.034, abs=1e-3)
    assert norm == pytest.approx(0.41, abs=0.015) and result.facts["fate"] == "bounces"
    assert lesson.call("run:build")({**result.settings, "start": (-120.0, -4.0)}, 1).trainer.theta.size == 321


def test_the_net_goes_on_from_a_copy(lesson):
    experiment = lesson.experiments()["walls"]
    settings = experiment.settings({"model": "mlp", "rate": 0.6, "updates": "400"})
    whole, other = (lesson.call(experiment.build)(settings, 1) for _ in range(2))
    whole.train(40)
    kept = whole.state()
    whole.train(60)
    other.restore(kept)
    other.train(60)
    assert whole.trainer.theta.tobytes() == other.trainer.theta.tobytes() and whole.facts() == other.facts()
    assert len(whole.look("table", ()).rows) == 1
