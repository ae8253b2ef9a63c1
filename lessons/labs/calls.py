"""The training loop call by call, as PyTorch runs it: in the learner's order, with calls left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators import line20
from lessons.labs.base import Still
from lessons.spec import Arrange
from lessons.views import Cards, Numbers, Step

CALLS = ("zero-grad", "forward", "loss", "backward", "step")
CODE = {
    "zero-grad": "optimizer.zero_grad()",
    "forward": "pred = model(x)",
    "loss": "loss = F.mse_loss(pred, y)",
    "backward": "loss.backward()",
    "step": "optimizer.step()",
}
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "none": (),
    **{call: (call,) for call in CALLS},
    "zero-and-step": ("zero-grad", "step"),
}
UPDATES, RATE = 100, 0.02
START = (-1.0, -1.0)  # w, b


class Loop(Still):
    """y = w·x + b on 20 points. Settings: left-out (one of LEFT_OUT), and the cards of `control`, which go before.

    Columns: the loss of the model as it is, and the norm of what lies in .grad, both after the calls' gradient
    and before the next round; a card in the hand is a call left out, unless all are.
    """

    columns = ("loss", "gradient-norm")

    def __init__(self, settings: Mapping[str, Any], seed: int, control: Arrange):
        super().__init__(settings, seed)
        self.control, self.step, self.limit = control, 0, UPDATES
        self.x, self.y = line20(seed)
        self.theta, self.grad = np.array(START), np.zeros(2)
        self.guess: np.ndarray | None = None  # what forward left
        self.graph = False  # whether there is a loss to go backward from
        self.stopped = ""  # the call that PyTorch refuses, and why: "call: reason"
        self.norms: list[float] = []
        self.losses: list[float] = []

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls of one round, in order."""
        placed = self.settings[self.control.id]
        if any(placed):
            return tuple(CALLS[k] for _, k in sorted((bin, k) for k, bin in enumerate(placed) if bin))
        return tuple(call for call in CALLS if call not in LEFT_OUT[self.settings["left-out"]])

    def call(self, name: str) -> str:
        """Do one call; a word of [stop] if PyTorch refuses it."""
        match name:
            case "zero-grad":
                self.grad = np.zeros(2)
            case "forward":
                self.guess = self.theta[0] * self.x + self.theta[1]
            case "loss" if self.guess is None:
                return "no-prediction"
            case "loss":
                self.graph = True
            case "backward" if not self.graph:
                return "no-graph"
            case "backward":
                off = self.guess - self.y
                self.grad = self.grad + 2 * np.array([(off * self.x).mean(), off.mean()])
                self.graph, self.guess = False, None  # the graph is used up
            case "step":
                self.theta = self.theta - RATE * self.grad
        return ""

    def train(self, updates: int) -> np.ndarray:
        rows = []
        while len(rows) < updates and self.step < self.limit and not self.stopped:
            loss = float(((self.theta[0] * self.x + self.theta[1] - self.y) ** 2).mean())
            for name in self.calls:
                if reason := self.call(name):
                    self.stopped = f"{name}: {reason}"
                    break
            else:
                rows.append((loss, float(np.linalg.norm(self.grad))))
                self.step += 1
        self.losses += [row[0] for row in rows]
        self.norms += [row[1] for row in rows]
        return np.array(rows).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        held = (self.theta, self.grad, self.guess, self.graph, self.stopped)
        return dict(self.settings), self.step, held, tuple(self.losses), tuple(self.norms)

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step = dict(state[0]), state[1]
        self.theta, self.grad, self.guess, self.graph, self.stopped = state[2]
        self.losses, self.norms = [*state[3]], [*state[4]]

    # Pictures

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return self.cards() if view == "cards" else self.program()

    def cards(self) -> Cards:
        """Which call stands at which place; told as soon as it lies there."""
        placed = self.settings[self.control.id]
        hand = [k for k, bin in enumerate(placed) if not bin]
        cards = (
            (f"option.{call}", bin, k + 1 if bin else 0)
            for k, (call, bin) in enumerate(zip(CALLS, placed, strict=True))
        )
        return Cards(
            bins=tuple(f"option.{bin}" for bin in self.control.bins),
            cards=tuple(cards),
            chosen=hand[0] if hand else -1,
        )

    def program(self) -> Numbers:
        """The loop as it is run, and where the model stands."""
        refused, _, reason = self.stopped.partition(": ")
        steps = [Step(text="for x, y in loader:")]
        for call in self.calls:
            steps.append(Step(text=f"|  {CODE[call]}", hot=call == refused))
            if call == refused:
                steps.append(Step(text="", note=f"stop.{reason}", hot=True))
        left = [CODE[call] for call in CALLS if call not in self.calls]
        steps += [Step(text=f"|  # {code}", note="note.left-out") for code in left]
        w, b = self.theta
        steps.append(Step(text=f"w = {w:.3f}, b = {b:.3f}".replace("-", "−")))
        steps.append(
            Step(text=f".grad = ({self.grad[0]:.3f}, {self.grad[1]:.3f})".replace("-", "−"), note="note.grad")
        )
        return Numbers(steps=tuple(steps))

    def metrics(self) -> Mapping[str, float]:
        loss = float(((self.theta[0] * self.x + self.theta[1] - self.y) ** 2).mean())
        return {"loss": loss, "gradient-norm": float(np.linalg.norm(self.grad))}

    def facts(self) -> Mapping[str, Any]:
        return {"losses": tuple(self.losses), "norms": tuple(self.norms), "stopped": self.stopped,
                "calls": self.calls}  # fmt: skip
