"""What is compiled, when, and where it is kept."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from numba.core import caching

from engine import kernel
from engine.kernel import JIT

pytestmark = pytest.mark.skipif(not JIT, reason="counts compilations")
ROOT = Path(__file__).parents[2]

PREAMBLE = """
import json, sys
import numpy as np
from engine.network import Network
from engine.trainer import Trainer

def overloads():
    "Compiled signatures of every kernel but the helpers, which come with what calls them."
    helpers = ("engine.kernel", "engine.mathematics", "engine.random", "engine.ops.loss.scale")
    found = {}
    for module in [m for name, m in sys.modules.items() if name.startswith("engine.")]:
        for name, f in vars(module).items():
            if hasattr(f, "overloads") and f.py_func.__module__ == module.__name__:
                found[module.__name__ + "." + name] = len(f.overloads)
    return {name: count for name, count in found.items() if not name.startswith(helpers)}

def new(before):
    return sorted(name for name, count in overloads().items() if count != before.get(name, 0))

def train(widths, activation="relu", loss="cross-entropy", rows=50, data=float, **settings):
    net = Network()
    h = net.input(widths[0])
    for depth, width in enumerate(widths[1:]):
        h = net.dense(net.activation(h, activation) if depth else h, width)
    net.loss(h, loss)
    x = np.random.default_rng(0).integers(0, 255, (rows, widths[0])).astype(data)
    y = np.arange(rows) % widths[-1] if loss == "cross-entropy" else np.zeros((rows, widths[-1]))
    t = Trainer(net, x, y, **settings)
    t.train(3)
    t.evaluate()
    t.survey((0,), [[0.5]])
    return t
"""


def tell(body: str, **environment) -> dict:
    """What a fresh process prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(body)],
        env=dict(os.environ, PYTHONPATH=str(ROOT), **environment),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_changes_compile_nothing_but_operations_first_used():
    told = tell(
        """
        t = train((4, 8, 3))
        told, before = {}, overloads()
        t.set("rate", 0.01); t.set("batch", 7); t.set("momentum", 0.5); t.set("l2", 0.1); t.train(5)
        t.set("schedule", "cosine"); t.train(5); t.set("weight_decay", 0.1); t.set("schedule", "sgdr")
        train((4, 16, 3)); train((4, 8, 8, 8, 3)); train((9, 8, 5)); train((4, 8, 3), rows=77, batch=10)
        train((4, 8, 3), data=np.uint8); train((4, 8, 3), data=np.float32, seed=9, shuffle=False)
        told["nothing"] = new(before)
        before = overloads(); t.set("optimizer", "adam"); t.train(5); told["optimizer"] = new(before)
        before = overloads(); t.set("lookahead", 3); t.train(5); told["around"] = new(before)
        before = overloads(); train((4, 8, 3), "sigmoid"); told["activation"] = new(before)
        before = overloads(); train((4, 8, 3), "tanh", "mse"); told["loss"] = new(before)
        before = overloads(); train((4, 8), "tanh", "mse", optimizer="rmsprop"); told["again"] = new(before)
        told["shards"] = "engine.shards" in sys.modules
        print(json.dumps(told))
        """
    )
    ops, parts = "engine.ops.", {f"engine.optimizers.adam.{part}" for part in ("remember", "weights")}
    told["optimizer"] = [name for name in told["optimizer"] if name not in parts]
    assert told == {
        "nothing": [],
        "optimizer": ["engine.optimizers.adam.adam"],
        "around": ["engine.optimizers.wrap.follow"],
        "activation": [ops + "activation.sigmoid_backward", ops + "activation.sigmoid_forward"],
        "loss": [
            *(ops + f"activation.tanh_{half}" for half in ("backward", "forward")),
            *(ops + f"loss.mse_{half}" for half in ("backward", "forward")),
        ],
        "again": ["engine.optimizers.adaptive.rmsprop"],
        "shards": False,
    }


def test_a_second_process_compiles_nothing(tmp_path):
    body = """
        from numba.core import event
        recorder = event.RecordingListener()
        event.register("numba:compile", recorder)
        net = Network()
        net.surface("quadratic-1d")
        t = Trainer(net, theta=[1.0], optimizer="sgd")
        t.train(2)
        print(json.dumps(len(recorder.buffer)))
        """
    first = tell(body, NUMBA_CACHE_DIR=str(tmp_path))
    second = tell(body, NUMBA_CACHE_DIR=str(tmp_path))
    assert first > 0 and second == 0


def test_the_cache_folder_is_named_by_what_is_compiled_in(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = kernel.cache_folder()
    assert folder.parent == tmp_path and folder.is_dir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))  # as a child process inherits it
    assert kernel.cache_folder() == folder
    monkeypatch.setattr(kernel, "SOURCES", kernel.SOURCES / "ops")  # other sources
    assert kernel.cache_folder() != folder
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("LHYTUI_CACHE_DIR", str(tmp_path / "home"))
    assert kernel.cache_folder().parent == tmp_path / "home" / "numba"


def test_sources_of_the_gpu_leave_the_cache_folder_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(kernel, "SOURCES", tmp_path)
    (tmp_path / "cuda" / "ops").mkdir(parents=True)
    (tmp_path / "random.py").write_text("1")
    folder = kernel.cache_folder()
    for name in ("cuda/runner.py", "cuda/ops/dense.py"):
        (tmp_path / name).write_text("2")
    assert kernel.cache_folder() == folder
    (tmp_path / "random.py").write_text("3")
    assert kernel.cache_folder() != folder


def test_old_cache_folders_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for age in range(5):
        old = tmp_path / f"kernels-{age}"
        old.mkdir()
        os.utime(old, (age, age))
    folder = kernel.cache_folder()
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, "kernels-2", "kernels-3", "kernels-4"}


def test_every_blas_runs_on_one_thread():
    told = tell(
        """
        train((4, 8, 3))
        from threadpoolctl import threadpool_info
        print(json.dumps([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]))
        """
    )
    assert told and set(told) == {1}


def test_the_threading_layer_is_one_that_two_threads_may_enter():
    told = tell(
        """
        train((4, 8, 3), shards=2)
        import numba
        print(json.dumps(numba.threading_layer()))
        """
    )
    assert told in ("tbb", "omp") or not any(_importable(layer) for layer in ("tbb", "omp"))


def _importable(layer):
    kernel.threading_layer()
    try:
        __import__(f"numba.np.ufunc.{layer}pool")
    except ImportError:
        return False
    return True


def test_the_light_parts_do_not_load_numba():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import engine.model, engine.errors, engine.network, sys; print('numba' in sys.modules)",
        ],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "False"


def test_processes_that_compile_at_once_never_get_each_others_code(tmp_path, monkeypatch):
    """Each has read the index before the other wrote it: what is lost is compiled again, never mistaken."""
    slow, quick = (caching.IndexDataCacheFile(str(tmp_path), "kernel", "stamp") for _ in range(2))
    late = []
    with monkeypatch.context() as both:
        for file in (slow, quick):
            both.setattr(file, "_load_index", dict)
        both.setattr(slow, "_save_data", lambda *written: late.append(written))
        slow.save("float32", "code for float32")
        quick.save("float64", "code for float64")
    slow._save_data(*late[0])
    assert [quick.load(key) for key in ("float32", "float64")] == [None, "code for float64"]
