"""What the machine is said to be, how its products are timed, and what the app tells of the terminal."""

import numpy as np
import pytest
from formulas import prove
from threadpoolctl import threadpool_info

from lessons import catalog, terminal
from lessons.labs import machine
from lessons.labs.machine import BATCHES, TERMINAL, Machine, operations, per_number

LESSON = catalog.load().lesson("homework/environment")
EXPERIMENT = LESSON.experiments()["machine"]


@pytest.fixture(scope="module")
def timed():
    return LESSON.call(EXPERIMENT.build)(EXPERIMENT.settings(), 1)


def test_operations_are_counted():
    n, count = 5, 0
    for _ in range(n):
        for _ in range(n):
            count += 2 * n  # n products, and as many sums
    assert operations(n) == count
    n, batch = 6, 4
    fetched = n * n + n * batch + n * batch  # weights, inputs, outputs
    assert per_number(batch, n) == pytest.approx(2 * n * n * batch / fetched)
    assert round(per_number(1)) == 2 and round(per_number(100)) == 167  # of the text


def test_times_are_of_real_products(timed):
    assert 0 < timed.one < 1 and 0 < timed.all < 5 and all(0 < each < 0.1 for each in timed.each)
    a, b = machine.matrices(100)
    assert a.shape == b.shape == (100, 100) and a.dtype == np.float32 and not np.array_equal(a, b)
    assert timed.look("product", ()).values.tolist() == pytest.approx([1e3 * timed.one, 1e3 * timed.all])
    assert timed.look("batches", ()).values.tolist() == pytest.approx([1e6 * each for each in timed.each])
    assert timed.facts()["gain"] > 0 and timed.metrics()["one-ms"] == 1e3 * timed.one


def test_a_larger_product_takes_longer(timed):
    small, large = machine.product_times(100)[0], machine.product_times(500)[0]
    assert large > 5 * small  # 125 times the operations


def test_threads_are_as_before(timed):
    before = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    machine.product_times(64)
    assert [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"] == before


def test_the_facts_are_the_machines(timed):
    found = machine.facts()
    assert int(found["cores"]) == machine.cores() >= 1 and found["threading"] in ("tbb", "omp", "workqueue")
    assert found["cuda"] in ("yes", "no") and found["blas"]
    rows = timed.look("machine", ()).rows
    assert [row[0] for row in rows] == [f"fact.{name}" for name in (*found, *TERMINAL)]
    assert all(LESSON.words(lang).has(word) for lang in ("zh", "en") for row in rows for word in row)


def test_the_terminal_is_the_apps_to_tell(timed, monkeypatch):
    monkeypatch.setattr(terminal, "SEEN", {})
    assert {row[1] for row in timed.look("machine", ()).rows[-len(TERMINAL) :]} == {"=–"}
    terminal.SEEN["colours"] = "256"
    assert ("fact.colours", "=256", "meaning.colours") in timed.look("machine", ()).rows


async def test_the_app_tells_it(tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path))
    from lhytui.app import LhyApp

    app = LhyApp("en")
    async with app.run_test(size=(100, 30)) as pilot:
        app.open_lesson(LESSON.id)
        await pilot.pause()
        assert set(terminal.SEEN) == set(TERMINAL) and terminal.SEEN["size"] == "100×30"
        await pilot.resize_terminal(90, 28)
        await pilot.pause()
        assert terminal.SEEN["size"] == "90×28" and terminal.SEEN["signs"] in ("narrow", "wide")
        assert terminal.SEEN["colours"] in ("truecolor", "256", "16", "none")
    assert all(isinstance(value, str) for value in terminal.SEEN.values())


def test_one_product_or_a_hundred():
    facts = {batch: Machine({"size": 64, "batch": batch}, 1).facts() for batch in (1, 100)}
    assert (facts[1]["products"], facts[100]["products"]) == (100, 1) and BATCHES[0] == 1


def test_formulas():
    prove(
        LESSON.id,
        {
            "2·n³": lambda: operations(7) == 2 * 7**3,
            "2·1000³ = 2 000 000 000": lambda: operations(1000) == 2_000_000_000,
            "2·n²·B / (n² + 2·n·B)": lambda: per_number(9, 5) == 2 * 5**2 * 9 / (5**2 + 2 * 5 * 9),
        },
    )
