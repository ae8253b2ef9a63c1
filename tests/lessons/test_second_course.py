"""A second course folder: it is checked, run and proved like the first, and leaves the first alone."""

import pytest

from lessons import catalog, proof
from lessons.check import check


@pytest.fixture
def course(toys, monkeypatch):
    monkeypatch.setenv("LHYTUI_COURSE", str(toys))
    return catalog.load()


def test_it_stands_behind_the_first(course, monkeypatch):
    monkeypatch.delenv("LHYTUI_COURSE")
    first = [(lesson.id, lesson.number) for lesson in catalog.load().lessons]
    both = [(lesson.id, lesson.number) for lesson in course.lessons]
    assert both[: len(first)] == first
    assert [id for id, _ in both[len(first) :]] == ["toys/fall", "toys/square"]


def test_its_findings_are_its_own(course):
    assert [finding for finding in check(course) if finding.lesson.startswith("toys/")] == []


def test_a_lesson_of_the_first_course_cannot_be_replaced(toys, course, monkeypatch):
    taken = next(lesson.id for lesson in course.lessons if lesson.package.startswith("lessons."))
    path = toys / "toys" / "square" / "lesson.toml"
    path.write_text(f'id = "{taken}"\n' + path.read_text())
    again = catalog.load()
    assert "duplicate-lesson" in [problem.code for problem in again.problems]
    assert not again.lesson(taken).folder.is_relative_to(toys)


@pytest.mark.parametrize("claim", ["arrives", "noise-stays", "flies-off"])
def test_its_claims_hold_and_their_counters_fail(course, claim):
    assert proof.prove(course.lesson("toys/fall"), claim, 1) == (True, True)


def test_arms_that_are_alike_run_once(course, monkeypatch):
    lesson = course.lesson("toys/fall")
    runs = []
    monkeypatch.setattr(proof, "run_arm", lambda *args: runs.append(args[2:4]))
    run = proof.runner(lesson, lesson.experiments()["bowl"], 1)
    run({})
    run({"rate": 0.1})
    run({"rate": 0.2})
    assert runs == [({}, 1), ({"rate": 0.2}, 1)]


def test_verify_counts_over_seeds_in_processes(course):
    seen = []
    wanted = [
        (course.lesson("toys/fall"), ["arrives", "noise-stays"]),
        (course.lesson("toys/square"), ["positive"]),
    ]
    verdicts = proof.verify(
        wanted, seeds=3, workers=2, progress=lambda done, count: seen.append((done, count))
    )
    assert {v.claim: (v.held, v.told, v.needed, v.ok) for v in verdicts} == {
        "arrives": (3, 3, 3, True),
        "noise-stays": (3, 3, 3, True),
        "positive": (3, 3, 3, True),
    }
    assert seen == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize(
    ("kind", "seeds", "held", "told", "ok"),
    [
        ("statistical", 10, 9, 9, True),
        ("statistical", 10, 8, 10, False),
        ("statistical", 10, 10, 8, False),
        ("statistical", 5, 4, 5, False),
        ("exact", 10, 9, 10, False),
        ("timing", 10, 10, 10, True),
    ],
)
def test_how_often_is_enough(kind, seeds, held, told, ok):
    assert proof.Verdict("a/b", "e", "c", kind, seeds, held, told).ok is ok


def test_a_check_that_raises_is_an_error_not_a_verdict(toys, course):
    path = toys / "toys" / "fall" / "run.py"
    path.write_text(path.read_text().replace('runs["run"].metrics["loss"] < 1e-6', 'runs["walk"]'))
    (verdict,) = proof.verify([(course.lesson("toys/fall"), ["arrives"])], seeds=2, workers=1)
    assert not verdict.ok and len(verdict.errors) == 2 and "KeyError" in verdict.errors[0]
