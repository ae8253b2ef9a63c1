"""The rows of `bench`: the best of each contender, its ratio and its share of the BLAS; no time is measured."""

import pytest

from lhytui import bench
from lhytui.bench import cold
from lhytui.bench.cases import CASES, chain_flops
from lhytui.bench.programs import PROGRAMS, SHARED

TIMES = {
    1: {"ours": [30.0, 10.0, 20.0], "torch": [90.0, 80.0, 85.0]},
    2: {"ours": [16.0, 15.0, 14.0], "torch": [99.0, 100.0, 101.0], "jax": [45.0, 45.0, 45.0]},
}


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.setattr(bench, "measure", lambda case, cores, names, rounds: TIMES[cores])


def test_a_row_keeps_the_best_of_each_contender(measured):
    row = bench.compare("mnist-mlp", ("torch", "jax"), 3, {1: 50.0, 2: 80.0})
    assert row["ours_us"] == 15 and row["threads"] == 2 and row["least_us"] == 14
    assert set(row["ours_by_threads"]) == {1, 2} and min(row["ours_by_threads"].values()) == 15
    assert row["peers"] == {"torch_us": 85, "jax_us": 45} and row["ratio"] == 3
    assert row["share_of_blas"] == pytest.approx(CASES["mnist-mlp"]["flops"] / 15e-6 / 80e9)


def test_no_share_where_products_take_no_time(measured):
    assert bench.compare("hessian-37", ("torch",), 3, {1: 50.0, 2: 80.0})["share_of_blas"] is None


def test_a_contender_that_cannot_start_leaves_a_gap(monkeypatch):
    monkeypatch.setattr(bench, "measure", lambda *_: {"ours": [2.0]})
    row = bench.compare("cnn", ("jax",), 1, {1: None})
    assert row["peers"] == {"jax_us": None} and row["ratio"] is None and row["share_of_blas"] is None


def test_operations_of_dense_layers_and_convolutions():
    assert chain_flops((3, 5, 2), ()) == 4 * 15 + 6 * 10
    assert chain_flops((784, 10), (8,)) == 4 * 784 * 72 + 6 * 8 * 196 * 10


@pytest.mark.parametrize("kind", PROGRAMS)
def test_every_program_compiles(kind):
    for name, source in PROGRAMS[kind].items():
        compile(SHARED + source, name, "exec")


def test_every_workload_has_programs_of_all():
    for case in CASES.values():
        assert set(PROGRAMS[case["kind"]]) == {"ours", *bench.PEERS}


def test_the_seconds_of_compiling_as_lines(monkeypatch):
    told = iter([11.0, 0.5, 12.0, 0.75, {"dense": 1.0, "relu": 2.5}])
    monkeypatch.setattr(cold, "seconds", lambda source, folder: next(told))
    found = cold.run()
    assert found["all"] == 3.5 and list(found)[-2:] == ["relu", "dense"]
    assert found["transformer"] == {"cold": 12.0, "cached": 0.75}
    lines = cold.table(found)
    assert lines[0].split() == ["cnn", "cold", "11.00", "s"] and lines[-1].split() == ["dense", "1.00", "s"]
