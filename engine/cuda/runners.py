"""The runner of a trainer or of a population, once there is a device."""

from __future__ import annotations

from engine.cuda import device
from engine.cuda.program import plans
from engine.cuda.runner import Runner
from engine.errors import EngineError


def make(model, kind: str):
    """A runner for `engine.trainer.Trainer` ("trainer") or `engine.population.Population` ("population").

    Raises EngineError where there is no device, or an operation that it does not know.
    """
    device.find()
    if kind == "population":
        from engine.cuda.lanes import Lanes

        return Lanes(model)
    if kind != "trainer":
        raise EngineError("cuda-no-operation", operation=kind)
    plans(model.program, 1)
    return Runner(model)
