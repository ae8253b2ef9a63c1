"""What a session does, command by command, on whichever thread trains; knows no threads itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any

from engine.history import History
from engine.model import Result
from engine.pace import FRAME, Pace
from engine.run import Build, Log, Run, Saved
from engine.tape import Tape

REST = ("ready", "paused")


@dataclass(frozen=True)
class Frame:
    """What there is to draw at one update: a payload for each wanted view, or the exception it raised."""

    step: int
    phase: str
    views: Mapping[str, Any]
    metrics: Mapping[str, float]
    serial: int


class Driver:
    """The present run and those before it; `do_…` are the commands, `slice` is one call of train.

    Attributes without underscore are replaced as a whole and may be read from any thread.
    """

    def __init__(self, build: Build, settings: Mapping[str, Any], seed: int, live, pace: float, log: Log):
        self._build, self.live = build, frozenset(live)
        self._settings, self._seed = dict(settings), seed
        self.phase = "idle"
        self.step = self.end = self.limit = self.epoch = 0
        self.epochs: Mapping[str, int] = {}  # updates in one epoch of each arm
        self.log: Log = tuple(log)
        self.tape = Tape(())
        self.fault: Mapping[str, Any] | None = None
        self.error: Exception | None = None
        self.compile_seconds = 0.0
        self._before = 0.0  # seconds of training in earlier runs
        self._run: Run | None = None
        self._history = History()
        self._pace = Pace(pace)
        self._wanted: tuple[str, ...] = ()
        self._next_frame = 0.0
        self._stale = False  # trained since the last frame
        self._told = False  # this run is among the finished
        self._serial = 0

    @property
    def ghosts(self) -> tuple[Result, ...]:
        """Runs left behind, newest first."""
        return self._history.ghosts

    @property
    def finished(self) -> tuple[Result, ...]:
        """Runs that came to their end with unchanged settings, newest last; of a race or sweep its arms."""
        return self._history.finished

    @property
    def base(self) -> Mapping[str, Any]:
        """The settings of update 0: with the seed and the log they make the run again."""
        return self._run.base if self._run is not None else self._settings

    @property
    def rate_now(self) -> float:
        """Updates per second over the last half second; 0 when nothing runs."""
        return self._pace.rate if self.phase == "running" else 0.0

    @property
    def train_seconds(self) -> float:
        run = self._run
        return self._before + (run.seconds if run is not None else 0.0)

    # What a thread adds.

    def interrupted(self) -> bool:
        """Whether a seek under way leads nowhere any more."""
        return False

    def enter(self, phase: str) -> None:
        self.phase = phase

    def publish(self) -> None:
        """Make the present state seen."""
        self._stale = False

    def guard(self, work: Callable[[], Any]) -> Any:
        """Do a piece of work; what goes wrong in it ends the run and nothing else."""
        try:
            return work()
        except Exception as error:
            self.error = error
            self.enter("failed")
            self.publish()
        return None

    # The commands.

    def do_open(self) -> None:
        self._raise_run(self._settings, self._seed, self.log)
        self._rest()

    def do_play(self) -> None:
        self._go(math.inf, hurry=False)

    def do_finish(self) -> None:
        self._go(math.inf, hurry=True)

    def do_advance(self, updates: int) -> None:
        left = self._pace.budget if self.phase == "running" else 0
        if updates > 0:
            self._go((left if math.isfinite(left) else 0) + updates, hurry=True)

    def do_pause(self) -> None:
        if self.phase == "running":
            self._rest()

    def do_seek(self, update: int) -> None:
        if self._standing():
            if self._run.seek(int(update), self.interrupted):
                self._rest()
            else:
                self._mirror()
                self.enter("paused")

    def do_set(self, control: str, value: Any) -> None:
        if not self._standing():
            self.do_reset({**self._settings, control: value})
        elif control in self._run.looks:
            self._attempt(lambda: self._run.set(control, value))
        else:
            saved = self._run.save()
            if self._attempt(lambda: self._run.set(control, value)):
                self._changed(saved)

    def do_act(self, action: str) -> None:
        if not self._standing():
            return
        saved, run = self._run.save(), self._run
        answer: list[Mapping[str, Any] | None] = []
        if not self._attempt(lambda: answer.append(run.act(action))):
            return
        changes = answer[0]
        if changes is None:
            self._changed(saved)
            return
        for control in changes.keys() & self.live:
            self.do_set(control, changes[control])
        anew = {control: changes[control] for control in changes.keys() - self.live}
        if anew:
            seed = anew.pop("seed", None)
            self.do_reset(self._settings | anew, seed)

    def do_reset(self, settings: Mapping[str, Any] | None = None, seed: int | None = None) -> None:
        keep = self.phase == "running"
        if self._standing():
            saved = self._run.save()
            self._history.push(saved)
            self._history.haunt(saved)
        self._raise_run(
            dict(self._settings if settings is None else settings), self._seed if seed is None else seed, ()
        )
        self._rest(keep)

    def do_undo(self) -> None:
        if not self._history.undos:
            return
        keep = self.phase == "running"
        saved = self._history.undos.pop()
        same = self._standing() and (saved.base, saved.seed) == (self._run.base, self._run.seed)
        if self._standing() and (not same or self._run.end > saved.step):
            self._history.haunt(self._run.save())
        self._history.revive(saved)
        if not same or self._run.model.limit <= 0:
            self._raise_run(saved.base, saved.seed, saved.log if saved.end == 0 else ())
        if self._run.model.limit > 0:
            self._run.load(saved)
            self._run.seek(saved.step, self.interrupted)
            self._told = saved.fault is not None or saved.over
        self._rest(keep)

    def do_speed(self, factor: float) -> None:
        self._pace.factor = max(0.0, float(factor))

    def do_want(self, views: tuple[str, ...]) -> None:
        self._wanted = views
        self.publish()

    # Training.

    def slice(self) -> float | None:
        """One call of train if the pace owes one; returns seconds to rest, None: until a command comes."""
        run, pace = self._run, self._pace
        if self.phase != "running" or run is None:
            return None
        now = perf_counter()
        most = pace.allow(now)
        if most >= 1:
            pace.spend(run.advance(int(min(run.chunk, most))), run.updates, perf_counter())
            self._stale = True
            self._mirror()
            if run.phase() not in REST or pace.budget <= 0:
                self._rest()
                return None
            if perf_counter() >= self._next_frame:
                self.publish()
            return 0.0
        if self._stale and now >= self._next_frame:
            self.publish()
        wake = min(pace.tick, self._next_frame) if self._stale else pace.tick
        return max(1e-4, wake - perf_counter())

    def _standing(self) -> bool:
        return self._run is not None and self.phase != "failed"

    def _go(self, budget: float, hurry: bool) -> None:
        if self.phase in (*REST, "running"):
            told = self.phase != "running" and not hurry
            self._pace.start(budget, hurry, perf_counter())
            self.enter("running")
            if told:
                self.publish()

    def _rest(self, keep: bool = False) -> None:
        """Come to rest in the phase where the run stands, or, with `keep`, run on if there is more."""
        run = self._run
        phase = run.phase()
        self._mirror()
        if phase in ("done", "diverged") and not self._told and run.step >= run.end:
            self._told = True
            self._history.tell(run, phase)
        if keep and phase in REST:
            self._pace.start(self._pace.budget, self._pace.hurry, perf_counter())
            phase = "running"
        self.enter(phase)
        self.publish()

    def _raise_run(self, settings: Mapping[str, Any], seed: int, log: Log) -> None:
        """Build the run that follows; if that fails there is none."""
        self._before = self.train_seconds
        self._run = None
        self._settings, self._seed, self.log = dict(settings), seed, log
        self.error = self.fault = None
        self.step = self.end = 0
        self.tape = Tape(self.tape.columns)
        self._told = False
        self.enter("compiling")
        self.publish()
        began = perf_counter()
        try:
            self._run = Run(self._build, settings, seed, log)
        finally:
            self.compile_seconds += perf_counter() - began

    def _attempt(self, work: Callable[[], Any]) -> bool:
        """Do what the learner asked of the model; a refusal leaves the run as it is."""
        done = False
        try:
            work()
            done = True
        except Exception as error:
            self.error = error
        self._mirror()
        self.publish()
        return done

    def _changed(self, saved: Saved) -> None:
        """Go on after a change: what it cut off becomes a ghost."""
        self._history.push(saved)
        if saved.step < saved.end or len(saved.result.tape) > saved.step:
            self._history.haunt(saved)
        self._told = False
        self._rest(self.phase == "running")

    def _mirror(self) -> None:
        """Show where the run stands."""
        run = self._run
        self.step, self.end, self.fault = run.step, run.end, run.fault
        self.limit, self.epoch = run.model.limit, run.model.epoch
        self.epochs = getattr(run.model, "epochs", {})
        self._settings, self._seed, self.log, self.tape = run.settings, run.seed, run.log, run.tape

    def compose(self) -> tuple[Frame, Result | None]:
        """The frame of the present update, and the run as a result where it stands still."""
        began = perf_counter()
        views: dict[str, Any] = {}
        metrics: Mapping[str, float] = {}
        result = None
        run = self._run
        if self._standing():
            for view in self._wanted:
                try:
                    views[view] = run.model.look(view, self.ghosts)
                except Exception as error:
                    views[view] = self.error = error
            try:
                if self.phase != "running":  # nobody asks for all the facts of an update that passes
                    result = run.result(self.phase)
                ended = result is not None and run.step >= run.end
                metrics = dict(result.metrics if ended else run.model.metrics())
            except Exception as error:
                self.error = error
        self._serial += 1
        self._stale = False
        # Looking takes half the time at most, however slow it is.
        now = perf_counter()
        self._next_frame = max(began + FRAME, now + (now - began))
        views, metrics = MappingProxyType(views), MappingProxyType(metrics)
        return Frame(self.step, self.phase, views, metrics, self._serial), result
