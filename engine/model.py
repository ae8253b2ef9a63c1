"""What a session can train: anything that keeps the promises of `Model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.tape import Tape


@dataclass(frozen=True)
class Result:
    """A run as it stands or stood: what claims are checked on and what a ghost remembers."""

    settings: Mapping[str, Any]
    seed: int
    steps: int
    phase: str
    tape: Tape
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


class Model(Protocol):
    """One experiment in training, or nothing to train (`limit == 0`).

    A model is deterministic: the same settings, seed and control changes at the same updates give the same bits,
    however the updates are cut into calls of `train`.
    """

    step: int  # updates done
    limit: int  # the update where the story ends; 0: nothing to train
    epoch: int  # updates in one epoch; 0: no epochs
    columns: tuple[str, ...]  # series with one value for every update, in the order of `train`'s rows

    def train(self, updates: int) -> Any:
        """Do at most `updates` updates; return an array (updates done, len(columns)).

        Fewer rows than asked for mean that the model has ended at `limit` or diverged (`fault()` tells); the row of
        the update that diverged is included, θ is as it was before that update.
        """

    def sparse(self) -> Mapping[str, float]:
        """Series that are measured now and then (validation loss, accuracy) at the present step; may be empty.

        The session calls it at fixed updates: 0, then every `sparse_every` updates, and at the end.
        """

    sparse_every: int

    def fault(self) -> Mapping[str, Any] | None:
        """None, or why training cannot go on: {"code": "diverged", "layer": …, "rate": …, …}."""

    def state(self) -> Sequence[Any]:
        """A complete copy (arrays, numbers) from which `restore` continues bit-identically."""

    def restore(self, state: Sequence[Any]) -> None: ...

    def set(self, control: str, value: Any) -> None:
        """A live control: acts on the next update."""

    def act(self, action: str) -> Mapping[str, Any] | None:
        """A numbered action of the section; may return control changes that the session then applies."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """The payload (`lessons.views`) of one view at the present step; arrays are copies."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers for the status line, `run --json` and claims, at the present step."""

    def facts(self) -> Mapping[str, Any]:
        """Small values beyond numbers that claims need (end point, weights); kept by ghosts."""
