"""An update recorded once and replayed by the driver: one launch in place of thirty.

Only where the driver's bindings are there; whatever goes wrong in recording leaves plain launches. This has never
run on hardware.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.cuda.kernel import SIMULATED
from engine.cuda.program import start


def record(steps: list[tuple], stream) -> Callable[[], None] | None:
    """A function that starts all these launches at once, None where they cannot be recorded.

    Their kernels must have run before: compiling and loading is not allowed while the stream is recorded.
    """
    if SIMULATED:
        return None
    try:
        from cuda.bindings import driver
    except ImportError:
        return None
    done = driver.CUresult.CUDA_SUCCESS
    handle = driver.CUstream(int(stream))
    relaxed = driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
    if driver.cuStreamBeginCapture(handle, relaxed)[0] != done:
        return None
    try:
        start(steps, stream)
    except Exception:
        driver.cuStreamEndCapture(handle)
        return None
    status, recorded = driver.cuStreamEndCapture(handle)
    if status != done:
        return None
    status, ready = driver.cuGraphInstantiate(recorded, 0)
    driver.cuGraphDestroy(recorded)
    if status != done:
        return None
    return Replay(driver, ready, handle)


class Replay:
    """A recording, released with the last of its users."""

    def __init__(self, driver, ready, handle):
        self._driver, self._ready, self._handle = driver, ready, handle

    def __call__(self) -> None:
        status = self._driver.cuGraphLaunch(self._ready, self._handle)[0]
        if status != self._driver.CUresult.CUDA_SUCCESS:
            raise RuntimeError(f"{status.name} in cuGraphLaunch")

    def __del__(self):
        self._driver.cuGraphExecDestroy(self._ready)
