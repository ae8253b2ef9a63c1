"""The doctor's lesson: patients, tests and budget on one time line, what lights the boxes, the naming."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof
from lessons.labs.doctor import BUDGET, COSTS, EDGES, PATIENTS, UPDATES, gather, prepare

CURES = {"1": "shallower", "2": "more", "3": "bigger", "4": "match", "6": "drop"}


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("guide/roadmap")


@pytest.fixture(scope="module")
def run(lesson):
    runner = proof.runner(lesson, lesson.experiments()["doctor"], 1)
    return lambda patient, test="none": runner({"patient": patient, "test": test})


def bed(lesson, patient="2", seed=1):
    experiment = lesson.experiments()["doctor"]
    settings = experiment.settings({"patient": patient})
    return Session(lesson.call(experiment.build), settings, seed, live=experiment.live, threaded=False)


def test_every_disease_lies_in_one_bed_and_has_a_box():
    assert {patient.disease for patient in PATIENTS.values()} <= {box for _, box in EDGES}
    assert len({patient.disease for patient in PATIENTS.values()}) == len(PATIENTS) == 6


def test_the_figures_of_the_text(run, lesson):
    errors = {bed: run(bed).facts["found"]["self"] for bed in PATIENTS}
    assert errors["1"] == pytest.approx((0.5, 0.5), abs=0.03)
    assert errors["2"] == pytest.approx((0.0, 0.4), abs=0.02)
    assert errors["4"][1] > 0.9 and errors["6"][1] == pytest.approx(0.5, abs=0.05)
    assert max(errors["5"]) < 0.05
    assert lesson.call("run:branch")(run("1")) == "large" and lesson.call("run:branch")(run("2")) == ""


@pytest.mark.parametrize("patient", CURES)
def test_the_right_test_lights_the_disease(run, patient):
    result = run(patient, CURES[patient])
    disease = PATIENTS[patient].disease
    if disease == "shift":  # two tests together tell it from a leak
        assert result.facts["lit"][-1] == "bad"
    else:
        assert result.facts["lit"][-1] == disease


def test_nothing_is_lit_before_a_training_has_ended(lesson):
    session = bed(lesson)
    session.advance(UPDATES - 1)
    assert session.result().facts["lit"] == ()
    session.advance(1)
    assert session.result().facts["lit"] == ("train", "small", "tested", "bad")


def test_tests_count_while_the_budget_lasts(lesson):
    session = bed(lesson, "4")
    session.want(("chart", "curve", "table", "plane"))
    session.finish()
    for test in ("folds", "drop", "more", "shallower"):
        session.reset({**session.settings, "test": test})
        session.finish()
    views = session.frame().views
    known = {row[0].removeprefix("exam."): row for row in views["table"].rows}
    assert [name for name, row in known.items() if row[2]] == ["self", "shallower", "folds", "drop"]
    assert known["left"][1] == BUDGET - COSTS["folds"] - COSTS["drop"] - COSTS["shallower"] == 0
    assert [node.id for node in views["chart"].nodes if node.hot][-1] == "shift"
    assert len(views["curve"].lines) == 4
    for name, label in (("leak", "box.wrong"), ("shift", "box.right")):
        session.set("name", name)
        nodes = {node.id: node for node in session.frame().views["chart"].nodes}
        assert nodes["verdict"].label == label and nodes["shift"].hot
    session.reset({**session.settings, "patient": "5", "test": "none", "name": "open"})
    assert session.frame().views["table"].rows[-1][1] == BUDGET


def test_a_replay_gives_the_same_bits(lesson):
    experiment = lesson.experiments()["doctor"]
    settings = experiment.settings({"patient": "2", "test": "more"})
    session = Session(lesson.call(experiment.build), settings, 1, live=experiment.live, threaded=False)
    session.advance(130)
    session.finish()
    end = session.result()
    for update in (7, 130, 333, end.steps):
        session.seek(update)
    again = session.result()
    assert again.facts == end.facts and again.metrics == end.metrics


def test_a_leak_is_the_label_at_home_and_noise_in_use():
    patient = PATIENTS["6"]
    x, y = gather(patient, 400, 1, "home")
    u, v = gather(patient, 400, 2, "used")
    assert ((x[:, 2] > 0) == (y == 1)).mean() > 0.99
    assert abs(np.corrcoef(u[:, 2], v)[0, 1]) < 0.2
    dropped = prepare("drop", patient, 1)
    assert not dropped.train[0][:, 2].any() and not dropped.test[0][:, 2].any()


def large(run):
    assert run("3", "bigger").facts["lit"][-1] == "bias"
    assert run("1", "shallower").facts["lit"][-1] == "optimization"


def small(run):
    return run("2").facts["lit"][:3] == ("train", "small", "tested")


def fine(run):
    return run("5").facts["lit"][-2:] == ("good", "healthy")


def bad(run):
    assert run("2", "more").facts["lit"][-1] == "overfitting"
    assert run("6", "drop").facts["lit"][-1] == "leak"


def prices(*pairs):
    return lambda run: all(COSTS[name] == cost for name, cost in pairs)


FORMULAS = {
    "训练误差大 → 模型偏差，或优化失败": large,
    "训练误差小 → 再看测试误差": small,
    "测试误差小 → 结束": fine,
    "测试误差大 → 过拟合，或 mismatch": bad,
    "更大的模型 2 更浅的孪生 1": prices(("bigger", 2), ("shallower", 1)),
    "12 倍资料 3 交叉验证 2": prices(("more", 3), ("folds", 2)),
    "去掉特征 1 用现场资料 3": prices(("drop", 1), ("match", 3)),
    "training error large → bias, optimization": large,
    "training error small → see the test error": small,
    "test error small → done": fine,
    "test error large → overfitting, mismatch": bad,
    "bigger model 2 shallower twin 1": prices(("bigger", 2), ("shallower", 1)),
    "12 times the data 3 cross-validation 2": prices(("more", 3), ("folds", 2)),
    "drop a feature 1 train where used 3": prices(("drop", 1), ("match", 3)),
}


def test_every_formula_shown_is_one_that_is_evaluated(run):
    prove("guide/roadmap", FORMULAS, run)
