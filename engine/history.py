"""The runs before the present one: to go back to (undo), compare with (ghosts), prove with (finished)."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from engine.checkpoints import BUDGET, measure
from engine.model import Result
from engine.run import Run, Saved

GHOSTS = 4
UNDOS = 20
FINISHED = 32


class History:
    """`ghosts` newest first, `finished` newest last; replaced, never changed: any thread may read them."""

    def __init__(self):
        self.ghosts: tuple[Result, ...] = ()
        self.finished: tuple[Result, ...] = ()
        self.undos: deque[Saved] = deque(maxlen=UNDOS)

    def push(self, saved: Saved) -> None:
        """Put a run on the undo stack; the oldest give up their states where there is no room for all."""
        self.undos.append(saved)
        room = BUDGET
        for index in range(len(self.undos) - 1, -1, -1):
            room -= measure(self.undos[index].state)
            if room < 0:
                self.undos[index] = replace(self.undos[index], state=None)

    def haunt(self, saved: Saved) -> None:
        """Make a ghost of a run, if it has trained."""
        if saved.end > 0 or len(saved.result.tape):
            self.ghosts = (saved.result, *self.ghosts)[:GHOSTS]

    def revive(self, saved: Saved) -> None:
        """The run is the present one again, no ghost."""
        self.ghosts = tuple(ghost for ghost in self.ghosts if ghost is not saved.result)

    def tell(self, run: Run, phase: str) -> None:
        """Keep a run that has come to its end, or its arms."""
        told = run.results(phase)
        self.finished = (*self.finished, *told)[-max(FINISHED, len(told)) :]
