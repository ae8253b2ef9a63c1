"""What every lab's model has in common: `Still` where nothing is trained, `Training` around a trainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result


class Still:
    """A model with nothing to train: its pictures follow the controls at once (phase `done`, no time line).

    Subclasses write `look`, and `metrics` or `facts` for their claims; settings stand in `self.settings`.

    For the PyTorch program of a model whose network in training is neither its `trainer` nor its `population`:
    `learner`; `lasts`, the updates of that network, if they are not the model's; and `beyond`, words
    `beyond.<id>` for what the model does besides its updates.
    """

    step = 0
    limit = 0
    epoch = 0
    columns: tuple[str, ...] = ()
    sparse_every = 0

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.settings, self.seed = dict(settings), seed

    def train(self, updates: int) -> np.ndarray:
        return np.empty((0, 0))

    def sparse(self) -> Mapping[str, float]:
        return {}

    def fault(self) -> Mapping[str, Any] | None:
        return None

    def state(self) -> Sequence[Any]:
        return (dict(self.settings),)

    def restore(self, state: Sequence[Any]) -> None:
        self.settings = dict(state[0])

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value

    def act(self, action: str) -> Mapping[str, Any] | None:
        return None

    def look(self, view: str, past: Sequence[Result]) -> Any:
        raise NotImplementedError

    def metrics(self) -> Mapping[str, float]:
        return {}

    def facts(self) -> Mapping[str, Any]:
        return {}


class Training(Still):
    """A model around one `engine.trainer.Trainer`, up to `limit` updates; its settings act live.

    Subclasses write `look`, and `sparse` with `sparse_every` where something is measured now and then.
    """

    LIVE = ("rate", "momentum", "l2", "decay", "optimizer", "batch")

    def __init__(self, settings: Mapping[str, Any], seed: int, trainer: Any, limit: int):
        super().__init__(settings, seed)
        self.trainer, self.limit = trainer, limit

    @property
    def step(self) -> int:
        return self.trainer.step

    @property
    def epoch(self) -> int:
        return self.trainer.epoch

    @property
    def columns(self) -> tuple[str, ...]:
        return self.trainer.columns

    def train(self, updates: int) -> np.ndarray:
        return self.trainer.train(min(updates, self.limit - self.step))

    def fault(self) -> Mapping[str, Any] | None:
        return self.trainer.fault()

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.trainer.state()

    def restore(self, state: Sequence[Any]) -> None:
        self.settings = dict(state[0])
        self.trainer.restore(state[1])

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control in self.LIVE:
            self.trainer.set(control, value)
