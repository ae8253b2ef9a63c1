"""A run that the learner drives: commands in; a tape, ghosts and the newest frame out; one thread trains."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from engine.driver import Driver, Frame
from engine.model import Result
from engine.run import Build, Log

__all__ = ["Frame", "Session"]


class Session(Driver):
    """The present run, those before it, and the commands on them.

    Commands return at once and act in order on the training thread; with `threaded=False` there is none, they
    act before they return, and `frame` looks when it is called. `pace` is updates per frame (1/25 s) at speed
    1; `live` are the controls that act within a run; `log` is replayed from update 0. A failure stands in
    `error`, it is never raised.

    Phases: idle, compiling, ready, running, paused, done, diverged, failed, closed.
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
        log: Log = (),
    ):
        super().__init__(build, settings, seed, live, pace, log)
        self.threaded = threaded
        self._mailbox: Frame | None = None
        self._news = False  # without a thread: something to look at
        self._result: Result | None = None
        self._queue: deque[tuple] = deque()
        self._doing: tuple = ()
        self._closing = False
        self._condition = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._loop, name="training", daemon=True)
            self._queue.append(("open",))
            self._thread.start()
        else:
            self._post("open")

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
        """The views that frames hold from now on."""
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
            for name, *args in self._queue:
                if name == "reset" and args[0] is not None:
                    settings = dict(args[0])
                elif name == "set":
                    settings[args[0]] = args[1]
            return settings

    @property
    def seed(self) -> int:
        with self._condition:
            asked = [c[2] for c in self._queue if c[0] == "reset" and c[2] is not None]
            return asked[-1] if asked else self._seed

    @property
    def target(self) -> int:
        """Where the seeks that still wait lead; the present update if there are none."""
        with self._condition:
            asked = [c[1] for c in (self._doing, *self._queue) if c and c[0] == "seek"]
            return max(0, min(asked[-1], self.end)) if asked else self.step

    @property
    def pending(self) -> bool:
        """Whether commands wait or are being done."""
        with self._condition:
            return bool(self._queue or self._doing)

    def frame(self) -> Frame | None:
        """The newest frame, once."""
        if not self.threaded:
            frame, self._news = self.compose()[0] if self._news else None, False
            return frame
        with self._condition:
            frame, self._mailbox = self._mailbox, None
            return frame

    def result(self) -> Result:
        """The present run: as of now without a thread, as of when it last stood still with one."""
        if not self.threaded and self._standing():
            return self._run.result(self.phase)
        return self._result or Result(self.settings, self.seed, self.end, self.phase, self.tape)

    # The training thread.

    def _post(self, name: str, *args: Any) -> None:
        if not self.threaded:
            if not self._closing:
                self.guard(lambda: getattr(self, f"do_{name}")(*args))
                while self.phase == "running" and self._pace.hurry:
                    self.guard(self.slice)
            return
        with self._condition:
            if self._closing:
                return
            if name == "reset" and self._queue and self._queue[-1][0] == "reset":
                # Nobody waits for the model in between.
                before = self._queue.pop()[1:]
                args = tuple(old if new is None else new for old, new in zip(before, args, strict=True))
            self._queue.append((name, *args))
            self._condition.notify_all()

    def _loop(self) -> None:
        rest: float | None = None
        while True:
            with self._condition:
                self._doing = ()
                if not self._queue and not self._closing and rest != 0.0:
                    self._condition.wait(rest)
                if self._closing:
                    return
                if self._queue:
                    self._doing = self._queue.popleft()
            if self._doing:
                name, *args = self._doing
                self.guard(lambda: getattr(self, f"do_{name}")(*args))  # noqa: B023
                rest = 0.0
            else:
                rest = self.guard(self.slice)

    def interrupted(self) -> bool:
        """A newer seek, a new run or the end comes next."""
        with self._condition:
            coming = (c[0] for c in self._queue if c[0] not in ("want", "speed", "pause", "play"))
            return self._closing or next(coming, "") in ("seek", "reset", "undo")

    def enter(self, phase: str) -> None:
        with self._condition:
            if not self._closing:
                self.phase = phase

    def publish(self) -> None:
        if not self.threaded:
            self._news = True
            super().publish()
            return
        frame, result = self.compose()
        with self._condition:
            self._mailbox = frame
            if result is not None:
                self._result = result
