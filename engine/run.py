"""One run: settings, a seed and a log of control changes; the model, tape and checkpoints that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from engine.checkpoints import Checkpoints
from engine.model import Model, Result
from engine.tape import Tape

SLICE = 0.008  # seconds of one call of train
LARGEST = 1 << 16  # updates of one call of train
ACT = "act"  # the control name under which the log keeps an action: (update, ACT, action)

Build = Callable[[Mapping[str, Any], int], Model]
Log = tuple[tuple[int, str, Any], ...]


@dataclass(frozen=True)
class Saved:
    """A run as it stood, enough to stand there again: for undo."""

    base: Mapping[str, Any]
    seed: int
    log: Log
    step: int
    end: int
    fault: Mapping[str, Any] | None
    over: bool
    state: Any  # None: too large to keep, the way there is replayed
    result: Result  # of the furthest update


class Run:
    """A model in training that can be taken to any update between 0 and `end`, bit-identically.

    `log` holds (update, control, value): made when the model stood at that update. `applied` of its entries
    are in force. A change made before `end`, or while later ones stand in the log, is a branch: it cuts
    what lay ahead.
    """

    def __init__(self, build: Build, settings: Mapping[str, Any], seed: int, log: Log = ()):
        self.base, self.seed, self.log = dict(settings), seed, tuple(log)
        self.model = build(dict(settings), seed)
        self.looks = frozenset(getattr(self.model, "looks", ()))  # controls that change only what is seen
        self.seen: dict[str, Any] = {}  # their values
        self.tape = Tape(self.model.columns)
        self.checkpoints = Checkpoints()
        self.applied = 0
        self.end = 0
        self.fault: Mapping[str, Any] | None = None
        self.over = False  # the story has ended at `end`
        self.seconds = 0.0  # spent in train
        self.updates = 0  # done, replays included
        self.cost = 0.0  # seconds of one update
        self.chunk = 1
        self._final: tuple[Mapping[str, float], Mapping[str, Any]] | None = None  # metrics, facts at `end`
        self._arrive()

    @property
    def step(self) -> int:
        return self.model.step

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in force at the present update; a model's `dials` are controls that training moves."""
        return self._settings(self.applied) | dict(getattr(self.model, "dials", {}))

    @property
    def future(self) -> bool:
        """Whether a change here would cut something off: later updates, log entries, a divergence."""
        return self.step < self.end or len(self.tape) > self.step or self.applied < len(self.log)

    def phase(self) -> str:
        """The phase of the run at rest: ready, paused, done or diverged."""
        if self.model.limit <= 0:
            return "done"
        if self.step >= self.end and self.fault is not None:
            return "diverged"
        if self.step >= self.model.limit or (self.over and self.step >= self.end):
            return "done"
        return "ready" if self.step == 0 else "paused"

    def advance(self, most: int) -> int:
        """Train at most `most` updates in one call, up to the next checkpoint, measurement or logged change.

        Returns the updates done; 0 when the run has come to its end.
        """
        if self.phase() in ("done", "diverged") or most <= 0:
            return 0
        model, step = self.model, self.model.step
        stops = [step + most, model.limit, self.checkpoints.after(step)]
        if every := model.sparse_every:
            stops.append(getattr(model, "mark", (step // every + 1) * every))
        if self.applied < len(self.log):
            stops.append(self.log[self.applied][0])
        asked = int(min(stops)) - step
        began = perf_counter()
        rows = np.asarray(model.train(asked), dtype=np.float64)
        seconds = perf_counter() - began
        self._record(step, rows, seconds)
        fault = model.fault()
        moved = model.step - step
        if model.step > self.end:
            self.end, self._final = model.step, None
        if fault is not None:
            self.fault = dict(fault)
        elif not len(rows) or model.step >= model.limit:
            self.over = True
        self._arrive()
        return max(moved, 0)

    def seek(self, target: int, stop: Callable[[], bool] = lambda: False) -> bool:
        """Stand at an update between 0 and `end`; False if `stop()` broke it off somewhere on the way."""
        target = max(0, min(target, self.end))
        if stop():
            return False
        at, state = self.checkpoints.nearest(target)
        if not at <= self.step <= target:
            self._leave()
            self._restore(at, state, self.settings)
        while self.step < target:
            if stop() or not self.advance(min(self.chunk, target - self.step)):
                return False
        return True

    def set(self, control: str, value: Any) -> None:
        """Change a control at the present update; what lay ahead is cut off."""
        if control in self.looks:
            self.model.set(control, value)
            self.seen[control] = value
            return
        self._mend()
        self.model.set(control, value)
        self._branch((self.step, control, value))

    def act(self, action: str) -> Mapping[str, Any] | None:
        """Do an action; one that returns no control changes has changed the model itself, and is logged."""
        self._mend()
        changes = self.model.act(action)
        if changes is None:
            self._branch((self.step, ACT, action))
        return changes

    def result(self, phase: str) -> Result:
        """The run up to `end`, with a tape that no longer changes."""
        metrics, facts = self._final if self._final is not None and self.step < self.end else self._measures()
        settings = self._settings(len(self.log))
        return Result(settings, self.seed, self.end, phase, self.tape.copy(), metrics, facts)

    def results(self, phase: str) -> tuple[Result, ...]:
        """The finished runs in it: one for every arm, or the run itself.

        Empty when a control changed on the way: such a run is no run of its settings.
        """
        if any(step > 0 for step, _, _ in self.log[: self.applied]):
            return ()
        ask = getattr(self.model, "results", None)
        if ask is None:
            return (self.result(phase),)
        found = []
        for arm, result in ask().items():
            settings = self.settings | dict(result.settings)
            seed = settings.pop("seed", self.seed)
            found.append(replace(result, settings=settings, seed=seed, tape=self.tape.part(arm)))
        return tuple(found)

    def save(self) -> Saved:
        """The run as it stands."""
        kept = self.model.state() if self.model.limit > 0 else None
        phase = "diverged" if self.fault is not None else "done" if self.over else "paused"  # at its end
        args = (dict(self.base), self.seed, self.log, self.step, self.end, self.fault, self.over)
        return Saved(*args, kept, self.result(phase))

    def load(self, saved: Saved) -> None:
        """Stand where a run of the same base and seed stood."""
        same = 0
        while same < min(len(self.log), len(saved.log)) and self.log[same] == saved.log[same]:
            same += 1
        parted = [log[same][0] for log in (self.log, saved.log) if same < len(log)]
        self.checkpoints.cut(min(parted, default=max(self.end, saved.end)))
        before = self.settings
        self.log, self.tape = saved.log, saved.result.tape.copy()
        self.end, self.fault, self.over = saved.end, saved.fault, saved.over
        self._final = (saved.result.metrics, saved.result.facts)
        if saved.state is None:
            self._restore(*self.checkpoints.nearest(saved.step), before)
        else:
            self._restore(saved.step, saved.state, before, passed=True)

    def _record(self, step: int, rows: np.ndarray, seconds: float) -> None:
        """Put the rows that the tape has not seen yet on it, and learn what an update costs."""
        done = len(rows)
        fresh = step + done - len(self.tape)
        if fresh > 0:
            skip, shares = done - fresh, getattr(self.model, "shares", None)
            if shares is not None:
                shares = {
                    arm: (
                        max(0, start - skip),
                        stop - skip,
                        spent * (stop - max(start, skip)) / (stop - start),
                    )
                    for arm, (start, stop, spent) in shares.items()
                    if stop > max(start, skip)
                }
            self.tape.append(rows[skip:], seconds * fresh / done, shares)
        self.seconds += seconds
        self.updates += done
        if done:
            cost = seconds / done
            # One slow call on a busy machine says little, one fast call says what is possible.
            self.cost = cost if not self.cost or cost < self.cost else 0.8 * self.cost + 0.2 * cost
            self.chunk = max(1, min(int(SLICE / max(self.cost, 1e-9)), 2 * self.chunk, LARGEST))

    def _arrive(self) -> None:
        """Do what is due at the present update: measure, keep a checkpoint, apply the log."""
        model, step = self.model, self.model.step
        every = model.sparse_every
        ended = step == self.end and (self.over or self.fault is not None)
        if every and not self.tape.measured(step) and (ended or getattr(model, "due", step % every == 0)):
            self.tape.add_sparse(step, model.sparse())
        if self.checkpoints.due(step) and (self.fault is None or step < self.end):
            began = perf_counter()
            self.checkpoints.add(step, model.state())
            if self.cost:
                self.checkpoints.tune(self.cost, perf_counter() - began)
        while self.applied < len(self.log) and self.log[self.applied][0] <= step:
            _, control, value = self.log[self.applied]
            self.applied += 1
            if control == ACT:
                model.act(value)
            else:
                model.set(control, value)

    def _settings(self, applied: int) -> dict[str, Any]:
        changes = {control: value for _, control, value in self.log[:applied] if control != ACT}
        return self.base | changes | self.seen

    def _restore(
        self, step: int, state: Sequence[Any], before: Mapping[str, Any], passed: bool = False
    ) -> None:
        """Take the model to a state kept at an update; `passed`: the changes made at it are in it."""
        self.applied = sum(1 for entry in self.log if entry[0] < step + passed)
        # A model may hold a control outside its state: set it first, the state then has the last word.
        for control, value in self.settings.items():
            if control in before and before[control] != value:
                self.model.set(control, value)
        self.model.restore(state)
        for control, value in self.seen.items():
            self.model.set(control, value)
        if not passed:
            self._arrive()

    def _mend(self) -> None:
        """Let a diverged model train again from where it stands."""
        if self.fault is not None and self.step >= self.end:
            self._leave()
            self.model.restore(self.model.state())

    def _branch(self, entry: tuple[int, str, Any]) -> None:
        step = self.step
        log = self.log[: self.applied]
        if self.model.limit <= 0 and log and log[-1][1] == entry[1] != ACT:
            log = log[:-1]  # nothing happened between the two changes
        self.log = (*log, entry)
        self.applied = len(self.log)
        if len(self.tape) > step or self.end > step:
            self.tape = self.tape.copy(step)
            self.checkpoints.cut(step)
        self.end, self.fault, self.over, self._final = step, None, False, None
        if step >= self.model.limit > 0:
            self.over = True

    def _leave(self) -> None:
        """Remember the measures of the furthest update when the model goes back from it."""
        if self.step >= self.end and self._final is None:
            self._final = self._measures()

    def _measures(self) -> tuple[Mapping[str, float], Mapping[str, Any]]:
        return dict(self.model.metrics()), dict(self.model.facts())
