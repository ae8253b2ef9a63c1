"""Small deterministic models in plain NumPy, and a way to wait for a thread without guessing times."""

from __future__ import annotations

import threading
import time
from functools import partial

import numpy as np

from engine.checkpoints import Checkpoints
from engine.errors import EngineError
from engine.session import Session

PATIENCE = 60.0  # seconds until a test gives up; nothing is concluded from less


def wait_for(condition, what: str = "") -> None:
    """Return once `condition()` holds; fail when it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain {what}"
        time.sleep(0.002)


class Descent:
    """Momentum on ½ Σ λθ² with noise keyed by seed and update; diverges at a large rate."""

    columns = ("loss", "gradient-norm")
    curvature = np.array([1.0, 3.0, 10.0])

    def __init__(self, settings, seed, limit=400, sparse_every=50):
        self.settings, self.seed, self.limit, self.sparse_every = dict(settings), seed, limit, sparse_every
        self.epoch = 20
        self.step = 0
        self.theta = np.array([5.0, -3.0, 1.0 + seed])
        self.velocity = np.zeros(3)
        self.broken = None
        self.calls = []

    def train(self, updates):
        self.calls.append((self.step, updates))
        rows = []
        with np.errstate(all="ignore"):
            while len(rows) < updates and self.step < self.limit and self.broken is None:
                noise = np.sin(self.seed + 7.3 * self.step)
                gradient = self.curvature * self.theta + 0.01 * noise
                loss = float(0.5 * self.curvature @ self.theta**2)
                rows.append((loss, float(np.sqrt(gradient @ gradient))))
                if not np.isfinite(rows[-1]).all():
                    self.broken = {"code": "diverged", "rate": self.settings["rate"]}
                    break
                self.velocity = self.settings["momentum"] * self.velocity - self.settings["rate"] * gradient
                self.theta = self.theta + self.velocity
                self.step += 1
        return np.array(rows, dtype=float).reshape(-1, 2)

    def sparse(self):
        return {"accuracy": float(self.theta[0])}

    def fault(self):
        return self.broken

    def state(self):
        return self.step, self.theta.copy(), self.velocity.copy(), dict(self.settings)

    def restore(self, state):
        self.step, self.theta, self.velocity = state[0], state[1].copy(), state[2].copy()
        self.settings, self.broken = dict(state[3]), None

    def set(self, control, value):
        if value == "impossible":
            raise EngineError("impossible", control=control)
        if control == "momentum":
            self.velocity = np.zeros(3)
        self.settings[control] = value
        self.broken = None

    def act(self, action):
        if action == "calm":
            return {"rate": 0.001}
        if action == "widen":
            return {"width": 9}
        self.theta = self.theta + 1.0
        return None

    def look(self, view, past):
        if view == "torn":
            raise ValueError("torn")
        if view == "past":
            return [ghost.steps for ghost in past]
        return self.step, self.theta.copy()

    def metrics(self):
        return {"theta": float(self.theta[0]), "step": float(self.step)}

    def facts(self):
        return {"theta": self.theta.tolist()}


class Picture:
    """Nothing to train: what is seen follows the settings."""

    limit = step = epoch = sparse_every = 0
    columns = ()

    def __init__(self, settings, seed):
        self.settings = dict(settings)

    def train(self, updates):
        return np.empty((0, 0))

    def sparse(self):
        return {}

    def fault(self):
        return None

    def state(self):
        return (dict(self.settings),)

    def restore(self, state):
        self.settings = dict(state[0])

    def set(self, control, value):
        self.settings[control] = value

    def act(self, action):
        return {"x": self.settings["x"] + 1}

    def look(self, view, past):
        return dict(self.settings)

    def metrics(self):
        return {"x": float(self.settings["x"])}

    def facts(self):
        return {}


class Gate:
    """A builder that stands still in `build` until the gate is opened."""

    def __init__(self, build):
        self.build, self.entered, self.open = build, threading.Event(), threading.Event()

    def __call__(self, settings, seed):
        self.entered.set()
        assert self.open.wait(PATIENCE)
        return self.build(settings, seed)


def keep_many(monkeypatch):
    """A checkpoint at every eighth update, whatever an update costs here."""

    def tune(self, update, capture):
        self.stride, self.wide = 8, max(8, self.wide)

    monkeypatch.setattr(Checkpoints, "tune", tune)


SETTINGS = {"rate": 0.01, "momentum": 0.9, "width": 3}
LIVE = frozenset({"rate", "momentum"})


def descent(**options):
    return partial(Descent, **options)


def session(build=Descent, settings=SETTINGS, seed=1, **options) -> Session:
    """An inline session unless asked for a thread."""
    return Session(build, settings, seed, **({"live": LIVE, "threaded": False} | options))


def model(session):
    return session._run.model
