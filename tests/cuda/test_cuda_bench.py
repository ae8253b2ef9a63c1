"""The benchmark of the device: it covers everything, and runs at tiny sizes in the simulator."""

import json

import pytest

from engine.cuda import bench, roofline
from engine.cuda.ops.registry import OPERATIONS
from engine.ops.registry import OPERATIONS as CPU
from engine.optim import OPTIMIZERS
from lhytui.cli import main


def test_the_device_has_every_operation_of_the_cpu_and_the_benchmark_too():
    assert set(OPERATIONS) == set(CPU)
    used = {node.op for _, network, _ in bench.cases("tiny") for node in network.nodes}
    assert used | {"fork", "input"} == set(CPU) | {"input", "fork"}


def test_the_command_line_runs_it(monkeypatch, capsys):
    few = [case for case in bench.cases("tiny") if case[0] in ("mlp", "rnn")]
    monkeypatch.setattr(bench, "cases", lambda scale: iter(few))
    assert main(["bench", "--device", "cuda", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"mlp: dense", "rnn: rnn", *OPTIMIZERS} <= {row["operation"] for row in rows}
    assert all(row["gap"] < 1e-5 and row["ms"] > 0 and row["kernels"] > 0 for row in rows)
    assert {row["half"] for row in rows} == {"forward", "backward", "update"}


def test_a_roofline_is_the_larger_of_two_times():
    card = roofline.Card("x", 1e9, 1e12)
    assert roofline.Work(2e9, 1e12).seconds(card) == pytest.approx(2)
    assert roofline.Work(1e9, 3e12).seconds(card) == pytest.approx(3)
    pieces, kernels = roofline.update(bench.Program(bench.stack((784, 128, 10))), 64)
    assert sum(work.operations for work in pieces) == pytest.approx(64 * (4 * 784 * 128 + 6 * 1280), rel=0.2)
    assert 15 < kernels < 40
