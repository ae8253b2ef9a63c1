"""What the compiler makes of a kernel, without a GPU and without a driver: PTX, registers, memory, machine code.

Needs NVVM and ptxas of one version, as the extra `cuda-check` brings them: PTX newer than the machine's own
ptxas knows is refused.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

CAPABILITIES = ((7, 5), (8, 0), (8, 9), (9, 0))


@dataclass(frozen=True)
class Usage:
    """What a thread and a block of a kernel take; bytes, but for registers. `doubles`: places with `.f64`."""

    registers: int
    shared: int
    stack: int
    spills: int
    doubles: int

    @property
    def clean(self) -> bool:
        return not (self.stack or self.spills or self.doubles)


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

    usage = Usage(
        number(r"Used (\d+) registers"),
        number(r"(\d+) bytes smem"),
        number(r"(\d+) bytes stack frame"),
        number(r"(\d+) bytes spill (?:stores|loads)"),
        len(re.findall(r"\.f64\b", text)),
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
