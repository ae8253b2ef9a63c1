"""Finding a device, and saying in a code and facts why there is none or why it failed."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable
from typing import Any

from engine.cuda.kernel import SIMULATED, cuda
from engine.errors import EngineError

LEAST = (7, 5)  # compute capability
# Codes of the driver (CUresult) and what they mean to the learner.
CODES = {
    2: "cuda-out-of-memory",
    35: "cuda-driver-too-old",
    100: "cuda-no-device",
    101: "cuda-no-device",
    209: "cuda-wrong-architecture",
    218: "cuda-driver-too-old",
    222: "cuda-driver-too-old",
    223: "cuda-driver-too-old",
    803: "cuda-driver-too-old",
    804: "cuda-driver-too-old",
}
PHRASES = (
    ("driver library cannot be found", "cuda-no-driver"),
    ("libcuda", "cuda-no-driver"),
    ("CUDA_ERROR_NO_DEVICE", "cuda-no-device"),
    ("no CUDA-capable device", "cuda-no-device"),
    ("OUT_OF_MEMORY", "cuda-out-of-memory"),
    ("INSUFFICIENT_DRIVER", "cuda-driver-too-old"),
    ("UNSUPPORTED_PTX_VERSION", "cuda-driver-too-old"),
    ("SYSTEM_DRIVER_MISMATCH", "cuda-driver-too-old"),
    ("NO_BINARY_FOR_GPU", "cuda-wrong-architecture"),
    ("nvvm", "cuda-no-compiler"),
    ("libNVVM", "cuda-no-compiler"),
    ("NVRTC", "cuda-no-compiler"),
)


def package() -> str:
    """Which `numba.cuda` is loaded: `numba-cuda <version>`, maintained, or `numba <version>`, the old built-in."""
    name = "numba-cuda" if "numba_cuda" in (cuda.__file__ or "") else "numba"
    return f"{name} {importlib.metadata.version(name)}"


def explain(error: BaseException) -> EngineError:
    """An exception of Numba or of the driver as an EngineError."""
    if isinstance(error, EngineError):
        return error
    text = f"{type(error).__name__}: {error}"
    code = CODES.get(getattr(error, "code", None))
    if isinstance(error, MemoryError):
        code = "cuda-out-of-memory"
    for phrase, known in PHRASES:
        if code is None and phrase.lower() in text.lower():
            code = known
    detail = " ".join(text.split())[:160]
    return EngineError(code or "cuda-fault", detail=detail, least=".".join(map(str, LEAST)))


def guarded(function: Callable) -> Callable:
    """The same, with every failure of the device as an EngineError."""

    @functools.wraps(function)
    def call(*arguments, **options):
        try:
            return function(*arguments, **options)
        except Exception as error:
            raise explain(error) from error

    return call


@functools.cache
def find() -> dict[str, Any]:
    """{"name", "capability", "simulated", "package"} of the device. Raises EngineError where there is none."""
    if SIMULATED:
        return {"name": "simulator", "capability": (8, 0), "simulated": True, "package": package()}
    try:
        device = cuda.get_current_device()
        capability, name = tuple(device.compute_capability), device.name
    except Exception as error:
        raise explain(error) from error
    name = name.decode() if isinstance(name, bytes) else str(name)
    if capability < LEAST:
        facts = {"detail": f"{name} {capability[0]}.{capability[1]}", "least": ".".join(map(str, LEAST))}
        raise EngineError("cuda-wrong-architecture", **facts)
    return {"name": name, "capability": capability, "simulated": False, "package": package()}
