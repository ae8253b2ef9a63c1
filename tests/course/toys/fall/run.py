"""Gradient descent on w² by hand, in Python floats."""

import math
import random

import numpy as np

from lessons.views import Numbers, Step

LIMIT = 200
HUGE = 1e6


class Fall:
    columns = ("loss",)
    limit = LIMIT
    epoch = 0
    sparse_every = 50

    def __init__(self, settings, seed):
        self.settings, self.random = dict(settings), random.Random(seed)
        self.w, self.step, self.broken = settings["start"], 0, None

    def train(self, updates):
        rows = []
        while len(rows) < updates and self.step < self.limit and self.broken is None:
            rows.append((self.w**2,))
            if not math.isfinite(self.w**2) or self.w**2 > HUGE:
                self.broken = {
                    "code": "diverged",
                    "layer": "w",
                    "rate": self.settings["rate"],
                    "cause": "loss",
                }
                break
            noise = self.random.gauss(0, 1) if self.settings["noise"] == "on" else 0.0
            self.w -= self.settings["rate"] * (2 * self.w + noise)
            self.step += 1
        return np.array(rows, dtype=np.float64).reshape(len(rows), 1)

    def sparse(self):
        return {"height": self.w}

    def fault(self):
        return self.broken

    def state(self):
        return (self.w, self.step, self.broken, self.random.getstate(), dict(self.settings))

    def restore(self, state):
        self.w, self.step, self.broken, memory, settings = state
        self.settings = dict(settings)
        self.random.setstate(memory)

    def set(self, control, value):
        self.settings[control] = value

    def act(self, action):
        return None

    def look(self, view, past):
        return Numbers(steps=(Step(text=f"w = {self.w:.3f}", note="note.place"),))

    def metrics(self):
        return {"loss": self.w**2, "w": self.w}

    def facts(self):
        return {}


def build(settings, seed):
    return Fall(settings, seed)


def arrives(runs):
    return runs["run"].metrics["loss"] < 1e-6


def noise_stays(runs):
    return runs["noisy"].metrics["loss"] > 100 * runs["still"].metrics["loss"]


def flies_off(runs):
    return runs["run"].phase == "diverged"


def fate(result):
    return "diverges" if result.phase == "diverged" else "arrives"
