"""Commands without a screen, in this process: what they do to a course."""

from argparse import Namespace

import pytest

from lessons import catalog
from lhytui import headless


@pytest.fixture
def only_toys(toys, monkeypatch):
    whole = catalog.load(toys)
    course = catalog.Course(tuple(lesson for lesson in whole.lessons if lesson.chapter == "toys"))
    monkeypatch.setattr(catalog, "load", lambda extra=None: course)
    return course


def test_warm_builds_each_experiment_once_and_trains_a_little(only_toys, monkeypatch, capsys):
    opened = []
    real = headless.open_session

    def watched(target):
        session = real(target)
        opened.append((target.lesson.id, target.section.experiment, session))
        return session

    monkeypatch.setattr(headless, "open_session", watched)
    assert headless.warm(Namespace(lang="en")) == 0
    assert [(lesson, name) for lesson, name, _ in opened] == [
        ("toys/fall", "bowl"),
        ("toys/square", "square"),
    ]
    assert [session.step for *_, session in opened] == [2, 0]
    assert "toys/square" in capsys.readouterr().err


def test_verify_of_nothing_says_so(only_toys, monkeypatch, capsys):
    monkeypatch.setattr(headless, "wanted", lambda course, names: [])
    assert headless.verify(Namespace(lang="en", lessons=[], seeds=1, json=True, device="cpu")) == 0
    told = capsys.readouterr()
    assert told.out == "[]\n" and "no claim" in told.err


def test_bench_prints_a_line_for_each_workload(monkeypatch, capsys):
    row = {"workload": "cnn", "ours_us": 5.25, "peers": {"jax_us": None}, "ratio": None, "threads": 2}
    monkeypatch.setattr("lhytui.bench.run", lambda peers, only: [row])
    asked = Namespace(lang="en", against="jax", only="cnn", json=False, cold=False, device="cpu")
    assert headless.bench(asked) == 0
    names, cells = (line.split() for line in capsys.readouterr().out.splitlines())
    told = dict(zip(names, cells, strict=True))
    assert (told["workload"], told["ours_us"], told["jax_us"], told["threads"]) == ("cnn", "5.25", "-", "2")


def test_bench_names_the_workloads_when_one_is_unknown(capsys):
    asked = Namespace(lang="en", against="", only="abacus", json=False, cold=False, device="cpu")
    assert headless.bench(asked) == 2
    assert "abacus" in (told := capsys.readouterr().err) and "mnist-mlp" in told
