"""What the compiler makes of a kernel, without a GPU and without a driver: PTX, registers, memory, machine code.

Needs NVVM and ptxas of one version, as the extra `cuda-check` brings them: PTX newer than the machine's own
ptxas knows is refused. `python -m engine.cuda.compile` prints the table of all kernels.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import multiprocessing
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

CAPABILITIES = ((7, 5), (8, 0), (8, 9), (9, 0))


@dataclass(frozen=True)
class Usage:
    """What a thread and a block of a kernel take; bytes, but for registers.

    doubles: places with `.f64`; askew: accesses of 128 bits to shared memory that is not aligned to them.
    """

    registers: int
    shared: int
    stack: int
    spills: int
    doubles: int
    askew: int

    @property
    def clean(self) -> bool:
        return not (self.stack or self.spills or self.doubles or self.askew)


@functools.cache
def tools() -> Path | None:
    """The folder with ptxas and nvdisasm that the packages brought, None without them."""
    found = importlib.util.find_spec("nvidia")
    suffix = ".exe" if os.name == "nt" else ""
    for place in found.submodule_search_locations if found else ():
        for ptxas in sorted(Path(place).rglob(f"ptxas{suffix}")):
            if (ptxas.parent / f"nvdisasm{suffix}").exists():
                return ptxas.parent
    return None


def available() -> bool:
    """Whether all that compiling takes is here, and CUDA is not simulated."""
    if tools() is None or os.environ.get("NUMBA_ENABLE_CUDASIM", "0") != "0":
        return False
    try:
        from numba import cuda
        from numba.cuda.cudadrv import nvrtc, nvvm

        nvvm.NVVM(), nvrtc.get_supported_ccs()
    except Exception:  # whatever is missing, it cannot compile
        return False
    return hasattr(cuda, "compile")


@contextmanager
def device(capability: tuple[int, int]) -> Iterator[None]:
    """Let Numba take a GPU of that capability for granted: it asks for one when a kernel calls a function."""
    from numba.cuda import dispatcher

    asked, dispatcher.get_current_device = (
        dispatcher.get_current_device,
        lambda: SimpleNamespace(compute_capability=capability),
    )
    try:
        yield
    finally:
        dispatcher.get_current_device = asked


def texts(function, signature, capabilities: Sequence[tuple[int, int]] = CAPABILITIES) -> list[str]:
    """PTX of a kernel for a signature, one text for each compute capability; typed and lowered only once."""
    from numba.cuda.compiler import _compile_pyfunc_with_fixup as lower

    function = getattr(function, "py_func", function)
    with device(capabilities[-1]):
        library, _ = lower(function, signature, device=False, abi="numba", cc=capabilities[-1], lto=False)
    return [library.get_asm_str(cc=capability) for capability in capabilities]


def run(tool: str, *arguments) -> str:
    """What a tool of the packages says; an error if it fails."""
    done = subprocess.run([str(tools() / tool), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr.strip()[-2000:]}")
    return done.stdout + done.stderr


def assemble(
    text: str, capability: tuple[int, int], folder: Path, name: str = "kernel"
) -> tuple[Usage, Path]:
    """Machine code of a PTX text, and what it takes."""
    source, target = folder / f"{name}.ptx", folder / f"{name}.cubin"
    source.write_text(text)
    said = run("ptxas", "-v", "-O3", "-arch=sm_{}{}".format(*capability), source, "-o", target)

    def number(pattern):
        return sum(int(found) for found in re.findall(pattern, said))

    loose = re.search(r"\.shared \.align [1248] ", text)
    usage = Usage(
        number(r"Used (\d+) registers"),
        number(r"(\d+) bytes smem"),
        number(r"(\d+) bytes stack frame"),
        number(r"(\d+) bytes spill (?:stores|loads)"),
        len(re.findall(r"\.f64\b", text)),
        len(re.findall(r"\.shared\.v4", text)) if loose else 0,
    )
    return usage, target


def machine_code(cubin: Path) -> list[str]:
    """The lines of a kernel in machine code, labels between them."""
    lines = []
    for line in run("nvdisasm", "-c", cubin).splitlines():
        line = re.sub(r"/\*.*?\*/", "", line).strip()
        if line and (re.match(r"\.L_\S+:", line) or line.endswith(";")):
            lines.append(line)
    return lines


def loops(lines: Sequence[str]) -> Iterator[list[str]]:
    """The pieces of machine code between a label and a jump back to it that hold no other such piece."""
    places = {line[:-1]: at for at, line in enumerate(lines) if line.endswith(":")}
    ends = []
    for at, line in enumerate(lines):
        jump = re.search(r"BRA\S*.*`\((\.L_\S+)\)", line)
        if jump and places.get(jump.group(1), at) < at:
            ends.append((places[jump.group(1)], at))
    for start, end in ends:
        if not any(start <= first and last <= end and (first, last) != (start, end) for first, last in ends):
            yield list(lines[start : end + 1])


def busiest(lines: Sequence[str]) -> list[str]:
    """The innermost loop with the most fused multiply-adds."""
    return max(loops(lines), key=lambda loop: sum("FFMA" in line for line in loop), default=[])


def occupancy(usage: Usage, threads: int, capability: tuple[int, int]) -> float:
    """The share of a multiprocessor's threads that blocks of that many can fill (CUDA's occupancy calculator)."""
    most, blocks, memory = {
        (7, 5): (1024, 16, 64), (8, 0): (2048, 32, 164), (8, 9): (1536, 24, 100), (9, 0): (2048, 32, 228),
    }[capability]  # fmt: skip
    warps = -(-threads // 32)
    # Registers are dealt out to warps, 256 at a time; four parts of a multiprocessor have 16,384 each.
    each = -(-max(usage.registers, 1) * 32 // 256) * 256
    by_registers = 4 * (16384 // each) // warps
    # A block keeps a kilobyte of shared memory for itself from 8.0 on.
    shared = usage.shared + (1024 if capability >= (8, 0) else 0)
    granule = 128 if capability >= (8, 0) else 256
    by_memory = memory * 1024 // max(granule, -(-shared // granule) * granule)
    return min(blocks, by_registers, by_memory, most // (warps * 32)) * warps * 32 / most


# All kernels


def types_of(function: Callable):
    """The signature of a kernel: one name of an argument means one type in all of them."""
    from numba.cuda import types

    whole, real, single = types.int64[::1], types.float32[::1], types.float32[:, ::1]
    table, mark = types.int64[:, ::1], types.uint8[::1]
    named = {
        "q number width start": types.int64,
        "ints ctx clock picks labels watch plan": whole,
        "rows layers": table,
        "hyper out x targets theta_of first_of second_of tape spare": single,
        "bytes8 halted": mark,
    }
    known = {name: kind for words, kind in named.items() for name in words.split()}
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return types.void(*[known.get(name, real) for name in names])


def every() -> list[tuple[str, Callable]]:
    """(module and name, function) of each kernel there is, always in the same order."""
    import engine.cuda
    import engine.cuda.ops
    from engine.cuda import kernel, lanes
    from engine.optim import OPTIMIZERS

    for package in (engine.cuda, engine.cuda.ops):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            if module.name != __spec__.name:
                importlib.import_module(module.name)
    for name, optimizer in OPTIMIZERS.items():
        if "third" not in optimizer.rows and not optimizer.settle:
            lanes.trainer(name, True), lanes.trainer(name, False)
    found, seen = [], Counter()
    for function in kernel.KERNELS:
        name = f"{function.__module__.removeprefix('engine.cuda.').removeprefix('ops.')}.{function.__name__}"
        seen[name] += 1
        found.append((name if seen[name] == 1 else f"{name}:{seen[name]}", function))
    return found


@functools.cache
def numbered() -> dict[str, Callable]:
    return dict(every())


def examine(name: str) -> dict[str, dict]:
    """What kernel `name` takes on each capability: {"8.0": the fields of Usage}, or {"error": why it fails}."""
    function, found = numbered()[name], {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for capability, text in zip(CAPABILITIES, texts(function, types_of(function)), strict=True):
                usage, _ = assemble(text, capability, Path(folder))
                found["{}.{}".format(*capability)] = asdict(usage)
    except Exception as error:  # of Numba, NVVM or ptxas: each has its own
        found = {"error": f"{type(error).__name__}: {str(error)[-600:]}"}
    return found


def survey(names: Sequence[str] = (), processes: int | None = None) -> dict[str, dict[str, dict]]:
    """`examine` of all kernels, or of some, by several processes at once."""
    names = list(names) or list(numbered())
    pool = ProcessPoolExecutor(processes or os.cpu_count(), multiprocessing.get_context("spawn"))
    with pool:
        return dict(zip(names, pool.map(examine, names), strict=True))


def table(found: dict[str, dict[str, dict]]) -> str:
    """Registers by capability and shared memory of each kernel, and what is wrong with it."""
    lines = [f"{'kernel':44} {'registers on 7.5 8.0 8.9 9.0':>28} {'shared':>7}"]
    for name, usages in found.items():
        if "error" in usages:
            lines.append(f"{name:44} {usages['error']}")
            continue
        registers = " ".join(f"{usage['registers']:>3}" for usage in usages.values())
        wrong = " ".join(
            f"{what} {usage[what]} on {capability}"
            for capability, usage in usages.items()
            for what in ("stack", "spills", "doubles", "askew")
            if usage[what]
        )
        lines.append(f"{name:44} {registers:>28} {next(iter(usages.values()))['shared']:>7} {wrong}".rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """[--json] [kernel …]: the table; 1 if a kernel fails or is not clean."""
    if not available():
        print("cuda-check: NVVM, NVRTC or ptxas is missing, or CUDA is simulated", file=sys.stderr)
        return 2
    names = [argument for argument in arguments if argument != "--json"]
    found = survey(names)
    print(json.dumps(found) if "--json" in arguments else table(found))
    return int(
        any("error" in use or not all(Usage(**each).clean for each in use.values()) for use in found.values())
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
