"""Every kernel through the compiler, without a GPU: what the simulator cannot show.

The table of registers and shared memory is printed; `pytest -s` shows it of a test that passes.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine.cuda import compile as chain

HERE = Path(__file__).parent
# Kernels whose machine code is read: an inner loop of fused multiply-adds on what comes by quads.
PRODUCTS = ("dense.dense_forward", "dense.dense_weights", "attention.mix_forward", "recurrent.lstm_weights")
CONVOLUTIONS = ("convolution.convolution_forward", "convolution.convolution_images")
ATTENTION = ("fused.attend_16", "fused.attend_queries_16", "fused.attend_keys_16", "fused.attend_values_16")

if not chain.available():
    pytest.skip("the extra cuda-check is not installed", allow_module_level=True)


def sources() -> str:
    """What decides how kernels compile, in twelve letters: the engine's sources and the packages' versions."""
    parts = [path.read_bytes() for path in sorted((HERE.parent.parent / "engine").rglob("*.py"))]
    names = "numba-cuda", "nvidia-nvvm", "nvidia-cuda-nvcc"
    parts += [importlib.metadata.version(name).encode() for name in (*names, "numba")]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


@pytest.fixture(scope="module")
def found():
    """Usage by kernel and capability, from a process of its own; minutes, so kept while its sources stay."""
    kept = Path(tempfile.gettempdir()) / f"lhytui-cuda-{sources()}.json"
    if kept.exists():
        return json.loads(kept.read_text("utf-8"))
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_ENABLE_CUDASIM"}
    command = [sys.executable, "-m", "engine.cuda.compile", "--json"]
    done = subprocess.run(command, cwd=HERE.parent.parent, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr[-4000:]
    usages = json.loads(done.stdout.splitlines()[-1])
    kept.write_text(json.dumps(usages), "utf-8")
    return usages


def test_every_kernel_compiles_clean_for_every_capability(found):
    print()
    print(chain.table(found))
    failed = {name: usages["error"] for name, usages in found.items() if "error" in usages}
    assert not failed
    for name, usages in found.items():
        assert list(usages) == ["{}.{}".format(*capability) for capability in chain.CAPABILITIES]
        for capability, usage in usages.items():
            assert chain.Usage(**usage).clean, f"{name} on {capability}: {usage}"


def test_no_operation_is_missing(found):
    """Every launch of every operation is of a kernel that was compiled."""
    from engine.cuda.ops.registry import OPERATIONS
    from engine.ops.registry import OPERATIONS as NAMES

    assert set(OPERATIONS) == set(NAMES)
    modules = {name.split(".")[0] for name in found}
    assert {"dense", "convolution", "fused", "recurrent", "optimizers", "updates", "lanes"} <= modules


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """Machine code for 8.0 of the kernels that are read here."""
    folder, kernels = tmp_path_factory.mktemp("cubin"), chain.numbered()
    found = {}
    for name in (*PRODUCTS, *CONVOLUTIONS, *ATTENTION):
        (text,) = chain.texts(kernels[name], chain.types_of(kernels[name]), [(8, 0)])
        _, cubin = chain.assemble(text, (8, 0), folder, name)
        found[name] = chain.machine_code(cubin)
    return found


def count(lines, word):
    return sum(word in line for line in lines)


@pytest.mark.parametrize("name", [*PRODUCTS, *CONVOLUTIONS, *ATTENTION])
def test_inner_loops(name, code):
    lines = code[name]
    inner = chain.busiest(lines)
    assert count(lines, "LDG.E.128") >= 1, "no global load of 128 bits"
    assert count(inner, "FFMA") >= 32 and count(inner, "FFMA") > 2 * count(inner, "LDS")
    of_query = 2 if name in ATTENTION else 0  # ln Σ e^score and Σ y ∂y, or whether a key is hidden
    assert 2 <= count(inner, "LDS.128") >= count(inner, "LDS") - of_query
    of_mask = 4 if name in ATTENTION else 0  # read only where there is a mask
    assert count(inner, "LDG") <= of_mask, "the inner loop waits for global memory"
    assert not count(lines, "LDL") + count(lines, "STL"), "local memory"


def test_a_kernel_that_is_not_clean_is_seen(tmp_path):
    """The reports of spills, doubles and local memory come from the compiler: a bad kernel has them."""
    from numba import float32, float64
    from numba.cuda import types

    from engine.cuda.kernel import cuda, load4

    def local(a, n):
        room = cuda.local.array(64, float32)
        for i in range(64):
            room[i] = a[i]
        for i in range(n):
            room[int(a[i]) & 63] += a[i + 1]
        for i in range(64):
            a[i] = room[i]

    def double(a, n):
        a[0] = float64(a[1]) * float64(1.1)

    def loose(a, n):
        room = cuda.shared.array(64, float32)
        room[cuda.threadIdx.x] = a[n]
        cuda.syncthreads()
        a[0], a[1], a[2], a[3] = load4(room, 4 * cuda.threadIdx.y)

    for function, what in ((local, "stack"), (double, "doubles"), (loose, "askew")):
        (text,) = chain.texts(function, types.void(types.float32[::1], types.int64), [(8, 0)])
        usage, _ = chain.assemble(text, (8, 0), tmp_path)
        assert getattr(usage, what) and not usage.clean


def test_the_readme_s_occupancy_follows_from_its_registers():
    text = (HERE.parent.parent / "engine" / "cuda" / "README.md").read_text()
    rows = re.findall(
        r"^\| `(\S+)` \| (\d+) \| (\d+) \| (\d+) \| ([\d,]+) \| (\d+) % \| (\d+) % \|$", text, re.M
    )
    assert len(rows) > 15 and {name for name, *_ in rows} <= set(chain.numbered())
    for name, threads, *registers, shared, on_80, on_90 in rows:
        for capability, each, told in zip([(8, 0), (9, 0)], registers, (on_80, on_90), strict=True):
            use = chain.Usage(int(each), int(shared.replace(",", "")), 0, 0, 0, 0)
            assert f"{chain.occupancy(use, int(threads), capability):.0%}" == f"{told}%", name


def test_occupancy_as_the_calculator_has_it():
    """Numbers of NVIDIA's occupancy calculator."""
    use = lambda registers, shared: chain.Usage(registers, shared, 0, 0, 0, 0)
    assert chain.occupancy(use(32, 0), 256, (8, 0)) == 1
    assert chain.occupancy(use(64, 8704), 256, (8, 0)) == 0.5
    assert chain.occupancy(use(128, 8704), 256, (8, 0)) == 0.25
    assert chain.occupancy(use(255, 0), 128, (9, 0)) == 0.125
    assert chain.occupancy(use(32, 48 * 1024), 256, (8, 0)) == 0.375
    assert chain.occupancy(use(32, 0), 32, (8, 9)) == 0.5
    assert chain.occupancy(use(32, 0), 1024, (7, 5)) == 1
