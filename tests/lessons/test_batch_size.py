"""The lesson on batch size: the figures of its text, the pictures of its sweeps, the balls, what it grades."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.labs import balls, sweeps
from lessons.labs.lanes import Lane


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("training/batch_size")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment and settings → Result; the same settings run once."""
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runners[name](settings)


def model(lesson, name, seed=1, **settings):
    experiment = lesson.experiments()[name]
    return lesson.call(experiment.build)(experiment.settings(settings), seed)


def own(lesson, name, **settings):
    experiment = lesson.experiments()[name]
    return lesson.call("run:own")(name, experiment.settings(settings))


# Swept digits.


def test_a_swept_run_does_not_depend_on_how_it_is_cut(lesson):
    whole, cut = (model(lesson, "noise", batch="1000") for _ in range(2))
    rows = whole.train(80)
    for size in (1, 3, 30, 100):
        cut.train(size)
        cut.restore(cut.state())
    assert len(rows) == 80 and (cut.trainer.theta == whole.trainer.theta).all()
    assert [mark[2:] for mark in cut.marks] == [mark[2:] for mark in whole.marks]
    assert [mark.step for mark in cut.marks] == list(range(0, 81, 4))


def test_small_digits_keep_their_light():
    (x, y), (u, v) = sweeps.small_digits()
    assert x.shape == (4000, 196) and u.shape == (1000, 196) and set(y) == set(v) == set(range(10))
    block = np.arange(16, dtype=np.uint8)
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, :4, :4] = block.reshape(4, 4)
    assert sweeps.shrink(picture.reshape(1, -1))[0, :2].tolist() == [2, 4]  # means 2.5 and 4.5, to even


def test_pictures_of_a_sweep_are_in_the_order_of_the_sizes(lesson):
    arms = {name: model(lesson, "noise", batch=name, epochs=1) for name in ("1000", "100")} | {"10": None}
    views = own(lesson, "noise")
    for one in ("1000", "100"):
        arms[one].train(9999)
    curve, table = views["size"](arms, "100", ()), views["table"](arms, "100", ())
    assert curve.lines[0].x.tolist() == [100, 1000] and curve.cursor == 100 and curve.limits[:2] == (10, 1000)
    assert [row[0] for row in table.rows] == [10, 100, 1000] and table.chosen == 1
    assert table.rows[0][1:4] == (None, None, None) and table.rows[2][1] == 4
    by_epochs, by_time = (views[id](arms, "100", ()) for id in ("by-epochs", "by-time"))
    assert [line.x[-1] for line in by_epochs.lines] == [1, 1]
    assert all((np.diff(line.x) > 0).all() for line in by_time.lines)


# Shuffling.


def test_the_digits_of_a_batch_are_those_that_trained(lesson):
    review = model(lesson, "review", shuffle="on", batch=50)
    x, y = review.data
    for update in range(83):
        before = review.trainer.theta
        review.train(1)
        chosen = review.visited(update // 80)[update % 80 * 50 :][:50]
        if update in (0, 40, 82):
            alone = Trainer(
                lane().trainer.program and network(), x[chosen], y[chosen], theta=before, rate=0.1
            )
            alone.train(1)
            assert alone.theta == pytest.approx(review.trainer.theta, abs=1e-6)
        assert sorted(review.digits(update)) == sorted(y[chosen])
    hist = review.look("mix", ())
    assert [strip.counts.sum() for strip in hist.strips] == [50, 50, 50, 50]


def lane(batch="10"):
    return Lane({"batch": batch, "rate": 0.01, "same": "epochs", "epochs": 1}, 1)


def network():
    """The network of `Swept`."""
    from engine.network import Network

    net = Network()
    top = net.activation(net.dense(net.input(196), 32), "relu")
    net.loss(net.dense(top, 10), "cross-entropy")
    return net


def test_sorted_batches_hold_one_digit(lesson):
    review = model(lesson, "review", shuffle="off")
    assert set(review.digits(0)) == {0} and set(review.digits(39)) == {9}
    assert (review.digits(3) == review.digits(43)).all() and not len(review.digits(-1))


# The surface of a batch.


def test_the_lane_knows_its_next_batch():
    here = lane()
    for update in (0, 1, 399):
        here.train(update - here.step)
        x, y = here.part(update)
        alone = here.alone(x, y, here.trainer.theta)
        loss = alone.evaluate()["loss"]
        assert here.train(1)[0, 0] == pytest.approx(loss, rel=1e-5)


def test_the_field_is_the_loss_of_the_batch_and_its_line_goes_down():
    here = lane()
    here.train(50)
    plane = here.look("plane", ())
    x, y = here.part(50)
    origin = plane.field[6, 4]  # the middle row, a quarter of the way
    assert origin == pytest.approx(here.alone(x, y, here.trainer.theta).evaluate()["loss"], rel=1e-5)
    for path in plane.paths:
        assert np.hypot(path.x[1], path.y[1]) == pytest.approx(2.5)
    assert plane.paths[0].y[1] == 0 and plane.paths[1].y[1] > 0.5
    full = lane("4000").look("plane", ())
    assert full.paths[1].x[1] == pytest.approx(2.5, abs=1e-3)


# Balls.


def test_the_formulas_of_the_wells_are_the_engine_s():
    model = balls.Balls({"batch": 4, "shift": 0.2}, 1)
    x = np.linspace(-5, 3.5, 40)
    assert balls.height(x) == pytest.approx(model.height(x), rel=1e-9)
    step = 1e-6
    numeric = (model.height(x + step) - model.height(x - step)) / (2 * step)
    assert balls.slope(x) == pytest.approx(numeric, abs=1e-7)


def test_balls_go_on_where_they_were_put():
    one, two = (balls.Balls({"batch": 4, "shift": 0.2}, 1) for _ in range(2))
    rows = one.train(300)
    two.train(120)
    state = two.state()
    two.train(50)
    two.restore(state)
    assert (two.train(180) == rows[120:]).all() and (one.x == two.x).all()
    assert two.look("ends", ()).strips[0].counts.sum() == balls.BALLS


@pytest.mark.parametrize(("batch", "wide", "narrow"), [(4, 0.77, 0.17), (16, 0.0, 1.0), (64, 0.0, 1.0)])
def test_where_the_balls_end(run, batch, wide, narrow):
    found = run("wells", batch=batch).metrics
    assert (found["wide"], found["narrow"]) == pytest.approx((wide, narrow), abs=0.01)


def test_the_shift_is_only_looked_at(lesson):
    experiment = lesson.experiments()["wells"]
    build = lesson.call(experiment.build)
    session = Session(build, experiment.settings({"batch": 64}), 1, live=experiment.live, threaded=False)
    session.finish()
    before = session.result().metrics
    session.set("shift", 0.0)
    after = session.result().metrics
    assert session.phase == "done" and after["training-loss"] == before["training-loss"]
    assert after["test-loss"] == pytest.approx(after["training-loss"])


# What is graded, what is told.


def test_the_last_arm_of_each_sweep_answers_its_question(lesson):
    for section in lesson.sections:
        experiment = lesson.experiments()[section.experiment]
        if experiment.arms is None or section.id == "batch-speed":
            continue
        last = {**section.settings(experiment), **list(experiment.arms.arms.values())[-1]}
        assert last == section.settings(experiment), section.id


def test_answers_only_to_the_question_that_was_put(lesson, run):
    assert lesson.call("run:shape")(run("review", shuffle="off")) == "teeth"
    assert lesson.call("run:shape")(run("review", shuffle="on")) == ""
    assert lesson.call("run:updates_needed")(run("speed", batch="4000")) == "1"
    assert lesson.call("run:full_batch")(run("noise", batch="4000")) == "low"
    assert lesson.call("run:full_batch")(run("noise", batch="10")) == ""
    assert lesson.call("run:where")(run("wells", batch=256)) == "narrow"
    assert lesson.call("run:rescued")(run("fixes", batch="1000")) == "same"
    assert lesson.call("run:rescued")(run("fixes", batch="1000", scale="off")) == ""


def test_the_figures_of_the_text(lesson, run):
    teeth = lesson.call("run:teeth")
    assert teeth(run("review", shuffle="off")) == pytest.approx(2.1, abs=0.05)
    assert teeth(run("review", shuffle="on")) == pytest.approx(0.48, abs=0.005)
    assert run("noise", batch="10").facts["stuck"] == pytest.approx((0.0036, 3.7), abs=0.05)
    same = [run("noise", batch=b, same="updates").metrics["validation-accuracy"] for b in ("10", "100")]
    assert same == pytest.approx([0.58, 0.57], abs=0.006)
    assert run("fixes", batch="1000", warm=2).metrics["validation-accuracy"] == pytest.approx(0.87, abs=1e-3)
    assert run("wells", batch=64).metrics["training-loss"] == pytest.approx(0.27, abs=0.005)


def accuracies(batch, train, fresh):
    def check(run):
        found = run("noise", batch=batch).metrics
        assert found["training-accuracy"] == pytest.approx(train, abs=6e-4)
        assert found["validation-accuracy"] == pytest.approx(fresh, abs=6e-4)

    return check


def fixed(batch, plain, scaled):
    def check(run):
        found = [run("fixes", batch=batch, scale=s).metrics["validation-accuracy"] for s in ("off", "on")]
        assert found == pytest.approx([plain, scaled], abs=6e-4)

    return check


def one_step(run):
    """An update follows the gradient of its batch alone."""
    here = lane()
    theta = here.trainer.theta
    slope = here.trainer.gradient(*here.part(0))
    here.train(1)
    assert here.trainer.theta == pytest.approx(theta - 0.01 * slope, abs=1e-6)


def sorted_and_shuffled(run):
    found = [run("review", shuffle=s).metrics["validation-accuracy"] for s in ("off", "on")]
    assert found == pytest.approx([0.287, 0.814], abs=6e-4)


def line(batch, after):
    def check(run):
        found = run("speed", batch=batch, data="line20")
        assert found.facts["first"] == pytest.approx(1.17, abs=0.005)
        assert found.metrics["training-loss"] == pytest.approx(after, abs=5e-4)

    return check


def noisy_slope(run):
    """One update of 400 balls: the mean of the noise is small, its deviation is η·6/√B."""
    here = balls.Balls({"batch": 4, "shift": 0.0}, 1)
    x = here.x
    here.train(1)
    moved = (x - here.x) / balls.RATE - balls.slope(x)
    assert abs(moved.mean()) < 0.5 and moved.std() == pytest.approx(6 / np.sqrt(4), rel=0.1)


def bottom(index, training, test):
    def check(run):
        facts = run("wells", batch=64).facts
        assert facts["bottoms"][index] == pytest.approx(training, abs=6e-4)
        assert facts["tested"][index] == pytest.approx(test, abs=6e-4)

    return check


def scaled_rate(run):
    from lessons.training.batch_size.run import fixes

    here = fixes({"batch": "1000", "scale": "on", "warm": 0, "rate": 0.01}, 1)
    assert here.trainer.get("rate") == pytest.approx(0.01 * 1000 / 10)


def sum_of_steps(run):
    """At one place the gradients of the parts add up to k times that of the whole."""
    here = lane("1000")
    parts = sum(here.trainer.gradient(*here.part(k)) for k in range(4))
    assert parts == pytest.approx(4 * here.trainer.gradient(), abs=1e-5)


def count(run):
    assert run("review", shuffle="on").facts["updates-an-epoch"] == 4000 / 100
    assert run("speed", batch="1000").facts["updates-an-epoch"] == 4000 / 1000


ACCURACIES = {
    "1": (0.989, 0.925),
    "10": (0.923, 0.873),
    "100": (0.768, 0.707),
    "1000": (0.192, 0.196),
    "4000": (0.109, 0.128),
}
FIXED = {"10": (0.873, 0.873), "100": (0.707, 0.874), "1000": (0.196, 0.871), "4000": (0.128, 0.109)}
FORMULAS = {
    "4000 / 100 = 40": count,
    "N/B": count,
    "不洗牌 0.287 洗牌 0.814": sorted_and_shuffled,
    "sorted 0.287 shuffled 0.814": sorted_and_shuffled,
    "60000 / 1 = 60000": lambda run: 60000 / 1 == 60000,
    "60000 / 1000 = 60": lambda run: 60000 / 1000 == 60,
    "1.17 → 0.403 B = 20": line("4000", 0.403),
    "1.17 → 0.024 B = 1": line("1", 0.024),
    "θ ← θ − η·∇L¹(θ)": one_step,
    **{f"B = {b} {t:.3f} / {v:.3f}": accuracies(b, t, v) for b, (t, v) in ACCURACIES.items()},
    "F1 98.03 / 97.81 C1 80.04 / 77.26": None,
    "F2 64.02 / 59.45 C3 49.58 / 46.45": None,
    "g = L′(x) + (6/√B)·ε": noisy_slope,
    "宽坑 0.113 → 0.126": bottom(0, 0.113, 0.126),
    "窄坑 0.040 → 0.723": bottom(1, 0.040, 0.723),
    "wide 0.113 → 0.126": bottom(0, 0.113, 0.126),
    "narrow 0.040 → 0.723": bottom(1, 0.040, 0.723),
    "η′ = η·B/10": scaled_rate,
    **{f"B = {b} {p:.3f} / {s:.3f}": fixed(b, p, s) for b, (p, s) in FIXED.items()},
    "η·(g₁ + g₂ + … + g_k) ≈ k·η·g": sum_of_steps,
}


def test_every_formula_shown_is_evaluated(run):
    prove("training/batch_size", FORMULAS, run)
