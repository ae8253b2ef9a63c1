"""Optimizers by name, and one at work: its rows of memory, its knobs, what is done around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import types

from engine import schedule
from engine.errors import EngineError
from engine.kernel import INTEGERS, REAL, address
from engine.optimizers import adam, adaptive, descent, knobs, wrap


def optimizer_signature(dtype: str):
    """(theta, grad, first, second, third, gauge, knobs, count) -> nothing; the first five are slices of equal
    length, or empty."""
    return types.void(*[REAL[dtype][::1]] * 7, types.int64)


def adjust_signature(dtype: str):
    """(grad, norm, knobs, seed, step) -> nothing."""
    line = REAL[dtype][::1]
    return types.void(line, line, line, types.int64, types.int64)


def follow_signature(dtype: str):
    """(theta, slow, knobs, taken) -> nothing."""
    return types.void(*[REAL[dtype][::1]] * 3, INTEGERS)


class Optimizer(NamedTuple):
    """An update by slices, its default decay and ε (PyTorch's), the rows that it remembers.

    lead: comes before the gradient is taken, on all of θ, and leaves the θ of before in `third`.
    settle: comes after the update, on all of θ, for what all slices share.
    """

    update: Callable
    decay: float = 0.0
    epsilon: float = 0.0
    rows: tuple[str, ...] = ()
    lead: Callable | None = None
    settle: Callable | None = None


ONE, TWO, THREE = ("first",), ("first", "second"), ("first", "second", "third")
OPTIMIZERS = {
    "sgd": Optimizer(descent.sgd),
    "momentum": Optimizer(descent.momentum, rows=ONE),
    "adam": Optimizer(adam.adam, 0.999, 1e-8, TWO),
    "mean-rms": Optimizer(adaptive.mean_rms, rows=("second",)),
    "adagrad": Optimizer(adaptive.adagrad, 0.0, 1e-10, ("second",)),
    "rmsprop": Optimizer(adaptive.rmsprop, 0.99, 1e-8, ("second",)),
    "nesterov": Optimizer(descent.nesterov, rows=ONE),
    "nesterov-ahead": Optimizer(descent.nesterov_ahead, rows=("first", "third"), lead=descent.look_ahead),
    "sgdw": Optimizer(descent.sgdw, rows=ONE),
    "adam-biased": Optimizer(adam.adam_biased, 0.999, 1e-8, TWO),
    "adamw": Optimizer(adam.adamw, 0.999, 1e-8, TWO),
    "amsgrad": Optimizer(adam.amsgrad, 0.999, 1e-8, THREE),
    "adabound": Optimizer(adam.adabound, 0.999, 1e-8, TWO),
    "nadam": Optimizer(adam.nadam, 0.999, 1e-8, TWO, settle=adam.nadam_settle),
    "radam": Optimizer(adam.radam, 0.999, 1e-8, TWO),
    "swats": Optimizer(adam.swats, 0.999, 1e-9, THREE, settle=adam.swats_settle),
}
# Settings and what they are unless given; None means the optimizer's own default, or nothing of the kind.
DEFAULTS: dict[str, Any] = {
    "optimizer": "sgd",
    "rate": 0.1,
    "momentum": 0.9,
    "l2": 0.0,
    "decay": None,
    "epsilon": None,
    "schedule": None,
    "weight_decay": 0.01,  # adamw, sgdw
    "clip": None,
    "noise": 0.0,
    "noise_decay": 0.55,
    "lookahead": None,  # updates between two looks
    "blend": 0.5,
    "psi": 0.004,  # nadam
    "threshold": 4.0,  # radam; PyTorch has 5
    "bound": 0.1,  # adabound
    "tightening": None,  # adabound; 1 - β₂
    "switch": None,  # swats
    "tolerance": 1e-9,  # swats
}


def log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def fill(line: np.ndarray, values: Mapping[str, Any]) -> None:
    """Write the settings of a run into `line` (knobs.COUNT)."""
    values = {**DEFAULTS, **values}
    default = OPTIMIZERS[values["optimizer"]]
    decay = default.decay if values["decay"] is None else values["decay"]
    epsilon = default.epsilon if values["epsilon"] is None else values["epsilon"]
    rate, beta = values["rate"], values["momentum"]
    line[: knobs.BASE] = (
        *(rate, beta, decay, epsilon, values["l2"], np.finfo(line.dtype).tiny * 1e8),
        *(log(beta), log(decay)),
    )
    line[[knobs.BASE, knobs.FACTOR]] = rate, 1
    line[knobs.TIGHTENING] = 1 - decay if values["tightening"] is None else values["tightening"]
    for name in ["weight_decay", "psi", "threshold", "bound", "tolerance", "noise", "noise_decay", "blend"]:
        line[getattr(knobs, name.upper())] = values[name]
    for name, knob in (("switch", knobs.SWITCH), ("clip", knobs.CLIP), ("lookahead", knobs.INNER)):
        line[knob] = values[name] or 0


class Rule:
    """An optimizer at work on a θ of `size` entries: settings, knobs, rows, and the machine code to call.

    memory: first, second, third, slow (each of θ's length or empty), gauge.
    codes: addresses of update, lead, settle, adjust and follow; -1 for what is not there.
    """

    def __init__(self, dtype: str, size: int):
        self.dtype, self.size, self.values = dtype, size, dict(DEFAULTS)
        self.knobs, self.codes = np.zeros(knobs.COUNT, dtype), np.full(5, -1, np.int64)
        self.memory = {name: np.zeros(0, dtype) for name in ("first", "second", "third", "slow")}
        self.memory["gauge"] = np.zeros(knobs.GAUGES, dtype)

    def set(self, setting: str, value: Any, theta: np.ndarray) -> None:
        """Change one of DEFAULTS; a new optimizer starts with empty rows, Lookahead from the given θ."""
        if setting == "optimizer" and value not in OPTIMIZERS:
            raise EngineError("unknown-optimizer", optimizer=value, known=", ".join(OPTIMIZERS))
        if setting == "schedule":
            value = schedule.complete(value)
        elif setting == "lookahead" and (value or 0) < 0:
            raise EngineError("not-positive", name=setting, value=value)
        before = self.values[setting]
        self.values[setting] = value
        fill(self.knobs, self.values)
        if setting == "optimizer":
            chosen = OPTIMIZERS[value]
            for name in ("first", "second", "third"):
                self.memory[name] = np.zeros(self.size if name in chosen.rows else 0, self.dtype)
            self.memory["gauge"][:] = 0
            steps = (chosen.update, chosen.lead, chosen.settle)
            self.codes[:3] = [self._find(step, optimizer_signature) for step in steps]
        adjusted, followed = self.values["clip"] or self.values["noise"], self.values["lookahead"]
        self.codes[3] = self._find(wrap.adjust if adjusted else None, adjust_signature)
        self.codes[4] = self._find(wrap.follow if followed else None, follow_signature)
        if setting == "lookahead" and bool(before) != bool(value):
            self.memory["slow"] = theta.copy() if value else np.zeros(0, self.dtype)

    def _find(self, function: Callable | None, signature: Callable) -> int:
        return -1 if function is None else address(function, signature(self.dtype))

    def factors(self, start: int, count: int) -> np.ndarray:
        """(count,) what the schedule makes of the rate from update `start` on."""
        plan = self.values["schedule"]
        if plan is None:
            return np.ones(count, self.dtype)
        with np.errstate(over="ignore"):
            return np.array(schedule.factors(plan, start, count), self.dtype)

    def rate_at(self, step: int) -> float:
        """η of an update as settings are now."""
        return self.values["rate"] * schedule.factors(self.values["schedule"], step, 1)[0]
