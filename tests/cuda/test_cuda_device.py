"""What is said of a device, what a failure is taken for, and the command line on the simulated GPU."""

import json

import numpy as np
import pytest

from engine.cuda import device
from engine.cuda.runner import Runner
from engine.device import CUDA, Place, using
from engine.errors import EngineError
from engine.network import Network
from engine.trainer import Trainer
from lhytui import language
from lhytui.cli import main


class Driver(Exception):
    """As Numba raises what the driver returns."""

    def __init__(self, code, text=""):
        super().__init__(code, text)
        self.code = code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Driver(2, "Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY"), "cuda-out-of-memory"),
        (MemoryError(), "cuda-out-of-memory"),
        (Driver(35), "cuda-driver-too-old"),
        (Driver(222, "Call to cuLinkAddData results in UNSUPPORTED_PTX_VERSION"), "cuda-driver-too-old"),
        (Driver(100), "cuda-no-device"),
        (Driver(209), "cuda-wrong-architecture"),
        (Driver(700, "CUDA_ERROR_ILLEGAL_ADDRESS"), "cuda-fault"),
        (RuntimeError("CUDA driver library cannot be found."), "cuda-no-driver"),
        (RuntimeError("CUDA_ERROR_LAUNCH_FAILED in cuGraphLaunch"), "cuda-fault"),
        (OSError("libnvvm.so cannot be opened"), "cuda-no-compiler"),
    ],
)
def test_what_a_failure_is_taken_for(error, code):
    found = device.explain(error)
    assert found.code == code
    for lang in ("zh", "en"):
        assert "CPU" in language.sentence(found, lang)


def test_too_old_a_card_is_named(monkeypatch):
    class Card:
        compute_capability, name = (6, 1), b"GTX 1080"

    monkeypatch.setattr(device, "SIMULATED", False)
    monkeypatch.setattr(device.cuda, "get_current_device", Card, raising=False)
    with pytest.raises(EngineError) as caught:
        device.find.__wrapped__()
    assert caught.value.code == "cuda-wrong-architecture"
    assert "GTX 1080" in language.sentence(caught.value, "en")


def test_memory_that_is_not_enough_leaves_the_run_to_the_cpu(monkeypatch):
    net = Network()
    net.loss(net.dense(net.input(2), 2), "cross-entropy")
    x, y = np.eye(2), np.arange(2)
    with using(Place(CUDA)) as place:
        trainer = Trainer(net, x, y)
    monkeypatch.setattr(Runner, "_settle", lambda self: (_ for _ in ()).throw(Driver(2)))
    rows = trainer.train(3)
    assert len(rows) == 3 and trainer.step == 3
    assert place.error.code == "cuda-out-of-memory" and place.used == "cpu"


def test_a_run_of_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path))
    command = ["run", "basics/deep:why-deep", "--steps", "1", "--json", "--lang", "en"]
    reports = {}
    for place in ("cpu", "cuda"):
        assert main([*command, "--device", place]) == 0
        out, told = capsys.readouterr()
        reports[place] = json.loads(out)
        assert ("Training on simulator" in told) == (place == "cuda")
        assert reports[place]["device"] == place
    for name, value in reports["cpu"]["metrics"].items():
        assert reports["cuda"]["metrics"][name] == pytest.approx(value, rel=1e-4)
