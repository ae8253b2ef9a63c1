"""Where runs train: on the CPU, or on the GPU for what is built under `using`; nothing of CUDA is loaded before.

A model goes on on the CPU where the device fails; `Place.error` then tells why, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EngineError

CPU, CUDA = "cpu", "cuda"
DEVICES = (CPU, CUDA)
# Operations of an update from which a card gains on two cores: before, starting some thirty kernels takes longer.
ENOUGH = 2e7


@dataclass
class Place:
    """The device that was asked for, and what came of it."""

    device: str = CPU
    error: EngineError | None = None  # why something runs on the CPU after all
    runs: int = 0  # trainers on the device
    work: float = 0.0  # operations of their largest update
    fallen: set[int] = field(default_factory=set)

    @property
    def used(self) -> str:
        """Where the run trains now."""
        return CUDA if self.runs > len(self.fallen) else CPU

    @property
    def pays(self) -> bool:
        """Whether an update is large enough for the device to gain."""
        return self.work >= ENOUGH

    def runner(self, trainer, kind: str) -> Any:
        """What trains `trainer` on the device, None: the CPU does."""
        if self.device != CUDA or (self.error is not None and self.error.code != "cuda-double"):
            return None
        try:
            if trainer.dtype != "float32":
                raise EngineError("cuda-double")
            from engine.cuda import runners

            runner = runners.make(trainer, kind)
        except ImportError as error:
            self.error = EngineError("cuda-not-installed", detail=str(error))
            return None
        except EngineError as error:
            self.error = error
            return None
        self.runs += 1
        self.work = max(self.work, runner.work)
        return runner

    def move(self, device: str) -> None:
        """From the next build on, another device."""
        self.device, self.error, self.runs, self.work = device, None, 0, 0.0
        self.fallen = set()

    def news(self) -> tuple[str, dict[str, Any]] | None:
        """What there is to say about the device: (code, facts), None while all is on the CPU as asked."""
        if self.device == CPU:
            return None
        if self.error is not None:
            return self.error.code, self.error.facts
        if not self.runs:
            return "cuda-nothing", {}
        from engine.cuda import device

        return "cuda-on" if self.pays else "cuda-small", {"name": device.find()["name"]}

    def leave(self, trainer, error: EngineError) -> None:
        """The device has failed under `trainer`: from here on the CPU trains it."""
        self.error = error
        self.fallen.add(id(trainer))


_place: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def using(place: Place) -> Iterator[Place]:
    """Trainers and populations built inside train there."""
    token = _place.set(place)
    try:
        yield place
    finally:
        _place.reset(token)


def placed(build: Callable, place: Place) -> Callable:
    """The same builder, what it builds trained at that place."""

    def there(function):
        def call(*arguments, **options):
            with using(place):
                return function(*arguments, **options)

        return call

    def build_there(*arguments, **options):
        model = there(build)(*arguments, **options)
        if place.device != CPU:
            with suppress(AttributeError):  # one that cannot be changed
                model.train = there(model.train)  # some begin a net while they train
        return model

    return build_there


def here() -> Place | None:
    """The place of what is built now."""
    return _place.get()
