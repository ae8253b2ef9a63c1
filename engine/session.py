"""A run that the learner drives: commands in; a tape, ghosts and the newest frame out; one thread trains."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from engine.checkpoints import BUDGET, measure
from engine.model import Result
from engine.run import Build, Run, Saved
from engine.tape import Tape

FRAME = 1 / 25  # seconds
GHOSTS = 4
UNDOS = 20
FINISHED = 32


@dataclass(frozen=True)
class Frame:
    """What there is to draw at one update: a payload for each wanted view, or the exception that it raised."""

    step: int
    phase: str
    views: Mapping[str, Any]
    metrics: Mapping[str, float]
    serial: int


class Session:
    """The present run, those before it, and the commands on them.

    Commands return at once; they act in order on the training thread, or, with `threaded=False`, before they return.
    `pace` is updates per frame (1/25 s) at speed 1. A failure stands in `error`, never raised. Phases: idle, compiling,
    ready, running, paused, done, diverged, failed, closed.
    """

    def __init__(
        self,
        build: Build,
        settings: Mapping[str, Any],
        seed: int,
        *,
        live: frozenset[str] = frozenset(),
        pace: float = 1.0,
        threaded: bool = True,
    ):
        self._build, self.live, self.pace, self.threaded = build, frozenset(live), pace, threaded
        self._settings, self._seed = dict(settings), seed
        self.phase = "idle"
        self.step = self.end = self.limit = self.epoch = 0
        self.epochs: Mapping[str, int] = {}  # updates in one epoch of each arm
        self.log: tuple[tuple[int, str, Any], ...] = ()
        self.tape = Tape(())
        self.ghosts: tuple[Result, ...] = ()
        self.finished: tuple[Result, ...] = ()
        self.fault: Mapping[str, Any] | None = None
        self.error: Exception | None = None
        self.compile_seconds = 0.0
        self._earlier_seconds = 0.0
        self._run: Run | None = None
        self._undos: deque[Saved] = deque(maxlen=UNDOS)
        self._wanted: tuple[str, ...] = ()
        self._factor = 1.0
        self._budget = math.inf  # updates left of a `step`
        self._hurry = False  # `finish`: no pace
        self._owed = 0.0  # updates that the pace allows now
        self._tick = self._next_frame = 0.0
        self._stale = False  # trained since the last frame
        self._told = False  # this run is among the finished
        self._rates: deque[tuple[float, int]] = deque()
        self._rate = 0.0
        self._serial = 0
        self._mailbox: Frame | None = None
        self._result: Result | None = None
        self._queue: deque[tuple] = deque()
        self._doing: tuple = ()
        self._closing = False
        self._condition = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        if threaded:
            self._queue.append(("reset", None, None))
            self._thread = threading.Thread(target=self._loop, name="training", daemon=True)
            self._thread.start()
        else:
            self._do(("reset", None, None))

    # Commands, from any thread.

    def play(self) -> None:
        """Train at the pace, to the end of the story."""
        self._post("play")

    def pause(self) -> None:
        self._post("pause")

    def advance(self, updates: int = 1) -> None:
        """Do so many updates, without pace, and stand still."""
        self._post("advance", updates)

    def finish(self) -> None:
        """Train to the end of the story, without pace."""
        self._post("finish")

    def seek(self, update: int) -> None:
        """Stand at an update between 0 and `end`; a newer seek breaks off an older one."""
        self._post("seek", update)

    def set(self, control: str, value: Any) -> None:
        """Change a control: a live one acts on the next update, another starts a new run."""
        if control in self.live:
            self._post("set", control, value)
        elif control == "seed":
            self.reset(seed=value)
        else:
            self.reset(self.settings | {control: value})

    def act(self, action: str) -> None:
        """Do a numbered action of the section."""
        self._post("act", action)

    def reset(self, settings: Mapping[str, Any] | None = None, seed: int | None = None) -> None:
        """Start a new run, with all settings given anew or as they are; the old one becomes a ghost."""
        self._post("reset", None if settings is None else dict(settings), seed)

    def undo(self) -> None:
        """Stand where the run stood before the last set, act or reset."""
        self._post("undo")

    def speed(self, factor: float) -> None:
        """Multiply the pace; infinity: none."""
        self._post("speed", factor)

    def want(self, views: tuple[str, ...]) -> None:
        """The views that frames are to hold from now on."""
        self._post("want", tuple(views))

    def close(self, timeout: float = 1.0) -> None:
        """End the thread; returns after `timeout` seconds at most, a build under way ends by itself."""
        with self._condition:
            self._closing = True
            self.phase = "closed"
            self._condition.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    # State, from any thread.

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as asked for: those in force and the commands that still wait."""
        with self._condition:
            settings = dict(self._settings)
            for name, *args in (self._doing or ("",), *self._queue):
                if name == "reset" and args[0] is not None:
                    settings = dict(args[0])
                elif name == "set":
                    settings[args[0]] = args[1]
            return settings

    @property
    def seed(self) -> int:
        with self._condition:
            waiting = [
                c[2] for c in (self._doing, *self._queue) if c and c[0] == "reset" and c[2] is not None
            ]
            return waiting[-1] if waiting else self._seed

    @property
    def target(self) -> int:
        """Where the seeks that still wait lead; the present update if there are none."""
        with self._condition:
            waiting = [c[1] for c in (self._doing, *self._queue) if c and c[0] == "seek"]
            return max(0, min(waiting[-1], self.end)) if waiting else self.step

    @property
    def rate_now(self) -> float:
        """Updates per second over the last half second; 0 when nothing runs."""
        return self._rate if self.phase == "running" else 0.0

    @property
    def train_seconds(self) -> float:
        return self._earlier_seconds + (self._run.seconds if self._run is not None else 0.0)

    def frame(self) -> Frame | None:
        """The newest frame, once."""
        with self._condition:
            frame, self._mailbox = self._mailbox, None
            return frame

    def result(self) -> Result:
        """The present run: as of now without a thread, as of the newest frame with one."""
        if not self.threaded and self._run is not None and self.phase != "failed":
            return self._run.result(self.phase)
        return self._result or Result(self.settings, self.seed, self.end, self.phase, self.tape)

    # The training thread.

    def _post(self, *command: Any) -> None:
        with self._condition:
            if self._closing:
                return
            if self.threaded:
                if command[0] == "reset" and self._queue and self._queue[-1][0] == "reset":
                    _, settings, seed = self._queue.pop()
                    command = (
                        "reset",
                        settings if command[1] is None else command[1],
                        seed if command[2] is None else command[2],
                    )
                self._queue.append(command)
                self._condition.notify_all()
                return
        self._do(command)

    def _loop(self) -> None:
        rest: float | None = 0.0
        while True:
            with self._condition:
                if not self._queue and not self._closing and rest != 0.0:
                    self._condition.wait(rest)
                if self._closing:
                    return
                self._doing = self._queue.popleft() if self._queue else ()
            if self._doing:
                self._do(self._doing)
                rest = 0.0
            else:
                rest = self._guard(self._slice)

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Do a piece of work; what goes wrong in it ends the run, not the thread."""
        try:
            return work()
        except Exception as error:
            self.error = error
            self._enter("failed")
        return None

    def _do(self, command: tuple) -> None:
        name, *args = command
        self._guard(lambda: getattr(self, f"_do_{name}")(*args))

    def _interrupted(self) -> bool:
        """Whether a seek under way leads nowhere any more."""
        with self._condition:
            heads = (c[0] for c in self._queue if c[0] not in ("want", "speed", "pause", "play"))
            return self._closing or next(heads, "") in ("seek", "reset", "undo")

    def _do_play(self) -> None:
        if self.phase in ("ready", "paused", "running"):
            self._start(math.inf, hurry=False)

    def _do_finish(self) -> None:
        if self.phase in ("ready", "paused", "running"):
            self._start(math.inf, hurry=True)

    def _do_advance(self, updates: int) -> None:
        if self.phase in ("ready", "paused", "running") and updates > 0:
            left = self._budget if self.phase == "running" and self._budget < math.inf else 0
            self._start(left + updates, hurry=True)

    def _start(self, budget: float, hurry: bool) -> None:
        began = self.phase != "running"
        self._budget, self._hurry = budget, hurry
        if began:
            self._owed, self._tick = 0.0, perf_counter()
            self._rates.clear()
            self._rate = 0.0
            self.phase = "running"
        if not self.threaded and hurry:
            while self.phase == "running":
                self._slice()
        elif began and budget == math.inf:
            self._publish()

    def _do_pause(self) -> None:
        if self.phase == "running":
            self._rest()

    def _do_seek(self, update: int) -> None:
        if self._run is None or self.phase == "failed":
            return
        if self._run.seek(int(update), self._interrupted) or not self._interrupted():
            self._rest()
        else:
            self._mirror()
            self.phase = "paused" if self.phase not in ("closed",) else self.phase

    def _do_set(self, control: str, value: Any) -> None:
        run = self._run
        if run is None or self.phase == "failed":
            self._do_reset({**self._settings, control: value}, None)
        elif control in run.looks:
            self._attempt(lambda: run.set(control, value))
        else:
            saved = self._remember()
            if self._attempt(lambda: run.set(control, value)):
                self._changed(saved)
            else:
                self._undos.pop()

    def _do_act(self, action: str) -> None:
        run = self._run
        if run is None or self.phase == "failed":
            return
        saved = self._remember()
        changes: list[Mapping[str, Any] | None] = []
        if not self._attempt(lambda: changes.append(run.act(action))):
            self._undos.pop()
        elif changes[0] is None:
            self._changed(saved)
        else:
            self._undos.pop()
            for control, value in changes[0].items():
                if control in self.live:
                    self._do_set(control, value)
            fixed = {control: value for control, value in changes[0].items() if control not in self.live}
            if fixed:
                seed = fixed.pop("seed", None)
                self._do_reset(self._settings | fixed, seed)

    def _do_reset(self, settings: Mapping[str, Any] | None, seed: int | None) -> None:
        keep = self.phase == "running"
        settings = dict(self._settings if settings is None else settings)
        seed = self._seed if seed is None else seed
        if self._run is not None and self.phase != "failed":
            self._haunt(self._remember())
        self._raise_run(settings, seed, ())
        self._rest(keep)

    def _do_undo(self) -> None:
        if not self._undos:
            return
        keep = self.phase == "running"
        saved = self._undos.pop()
        run = self._run
        if run is not None and self.phase != "failed" and run.end > 0:
            present = run.save()
            same = (saved.base, saved.seed) == (run.base, run.seed)
            if not same or present.end > saved.step:
                self._haunt(present)
        else:
            same = False
        self.ghosts = tuple(ghost for ghost in self.ghosts if ghost is not saved.result)
        if not same or self._run.limit <= 0:
            self._raise_run(saved.base, saved.seed, saved.log if saved.end == 0 else ())
        if self._run.model.limit > 0:
            self._run.load(saved)
            self._run.seek(saved.step, self._interrupted)
            self._told = saved.fault is not None or saved.over
        self._rest(keep)

    def _do_speed(self, factor: float) -> None:
        self._factor = max(0.0, float(factor))

    def _do_want(self, views: tuple[str, ...]) -> None:
        self._wanted = views
        self._publish()

    def _raise_run(self, settings: Mapping[str, Any], seed: int, log: tuple) -> None:
        """Build the run that follows; on failure there is none."""
        if self._run is not None:
            self._earlier_seconds += self._run.seconds
        self._settings, self._seed = dict(settings), seed
        self._run, self.error, self.fault, self._told, self.log = None, None, None, False, ()
        self.step = self.end = 0
        self.tape = Tape(self.tape.columns)
        self._enter("compiling")
        began = perf_counter()
        try:
            self._run = Run(self._build, settings, seed, log)
        finally:
            self.compile_seconds += perf_counter() - began

    def _slice(self) -> float | None:
        """One call of train, if the pace owes one; returns the seconds to rest, None until a command comes."""
        run, now = self._run, perf_counter()
        if self.phase != "running" or run is None:
            return None
        most = self._budget
        if not self._hurry and math.isfinite(self._factor):
            if now >= self._tick:
                grant = self.pace * self._factor
                self._owed = min(self._owed + grant, max(grant, 1.0))
                self._tick = max(self._tick + FRAME, now)
            most = min(most, int(self._owed + 1e-9))
        if most >= 1:
            done = run.advance(int(min(run.chunk, most)))
            self._owed -= done
            self._budget -= done
            self._stale = True
            self._mirror()
            self._clock()
            if run.phase() in ("done", "diverged") or self._budget <= 0:
                self._rest()
                return None
            if self.threaded and perf_counter() >= self._next_frame:
                self._publish()
            return 0.0
        if self._stale:
            if now >= self._next_frame:
                self._publish()
            else:
                return min(self._tick, self._next_frame) - now
        return max(1e-4, self._tick - perf_counter())

    def _clock(self) -> None:
        """Measure the rate over the last half second."""
        now, done = perf_counter(), self._run.updates
        self._rates.append((now, done))
        while len(self._rates) > 2 and self._rates[0][0] < now - 0.5:
            self._rates.popleft()
        then, before = self._rates[0]
        if now > then:
            self._rate = (done - before) / (now - then)

    def _attempt(self, work: Callable[[], Any]) -> bool:
        """Do what the learner asked of the model; a refusal leaves the run as it is."""
        try:
            work()
        except Exception as error:
            self.error = error
            self._publish()
            return False
        self._mirror()
        self._publish()
        return True

    def _remember(self) -> Saved:
        """Put the run as it stands on the undo stack; older ones give up their states where there is no room."""
        saved = self._run.save()
        self._undos.append(saved)
        room = BUDGET
        for index in range(len(self._undos) - 1, -1, -1):
            room -= measure(self._undos[index].state)
            if room < 0:
                self._undos[index] = replace(self._undos[index], state=None)
        return saved

    def _haunt(self, saved: Saved) -> None:
        """Make a ghost of a run that has trained."""
        if saved.end > 0 or len(saved.result.tape):
            self.ghosts = (saved.result, *self.ghosts)[:GHOSTS]

    def _changed(self, saved: Saved) -> None:
        """Go on after a change of the run: what it cut off becomes a ghost."""
        if saved.step < saved.end or len(saved.result.tape) > saved.step:
            self._haunt(saved)
        self._told = False
        self._rest(self.phase == "running")

    def _rest(self, keep: bool = False) -> None:
        """Come to rest in the phase where the run stands, or, with `keep`, run on if there is more."""
        phase = self._run.phase()
        if phase in ("done", "diverged") and not self._told and self._run.step >= self._run.end:
            self._told = True
            told = self._run.results(phase)
            self.finished = (*self.finished, *told)[-max(FINISHED, len(told)) :]
        if keep and phase in ("ready", "paused"):
            self._start(self._budget, self._hurry)
            phase = "running"
        else:
            self._budget, self._hurry = math.inf, False
        self._mirror()
        self._enter(phase)

    def _enter(self, phase: str) -> None:
        with self._condition:
            if not self._closing:
                self.phase = phase
        self._publish()

    def _mirror(self) -> None:
        """Show the run's standing to other threads."""
        run = self._run
        self.step, self.end, self.fault = run.step, run.end, run.fault
        self.limit, self.epoch = run.model.limit, run.model.epoch
        self.epochs = getattr(run.model, "epochs", {})
        self._settings, self._seed, self.log, self.tape = run.settings, run.seed, run.log, run.tape

    def _publish(self) -> None:
        """Put a frame of the wanted views into the mailbox; a view that fails is its exception."""
        began = perf_counter()
        views: dict[str, Any] = {}
        metrics: Mapping[str, float] = {}
        run = self._run
        if run is not None and self.phase != "failed":
            for view in self._wanted:
                try:
                    views[view] = run.model.look(view, self.ghosts)
                except Exception as error:
                    views[view] = self.error = error
            try:
                if self.threaded:
                    self._result = run.result(self.phase)
                    metrics = self._result.metrics if run.step >= run.end else dict(run.model.metrics())
                else:
                    metrics = dict(run.model.metrics())
            except Exception as error:
                self.error = error
        self._serial += 1
        frame = Frame(
            run.step if run is not None else 0,
            self.phase,
            MappingProxyType(views),
            MappingProxyType(dict(metrics)),
            self._serial,
        )
        with self._condition:
            self._mailbox = frame
        self._stale = False
        # Looking takes half the time at most, however slow it is.
        ended = perf_counter()
        self._next_frame = max(began + FRAME, ended + (ended - began))
