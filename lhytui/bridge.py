"""One section's experiment, alive: its session, what is set, what the views show, what is proved.

Loads no numbers itself: the engine is imported in a thread once the lesson is on the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lessons.spec import Arrange, Experiment, Sweep, View

IDLE = ("idle", "ready", "paused", "done", "diverged", "failed", "closed")


class Bridge:
    """The experiment of one section; commands return at once, pictures come with `frame()`."""

    def __init__(self, lesson, section, changes=None, seed: int | None = None, log: tuple = (), device="cpu"):
        self.lesson, self.section = lesson, section
        self.experiment: Experiment = lesson.experiments()[section.experiment]
        self.home_seed = section.seed(self.experiment)
        self.home = section.settings(self.experiment)
        self.settings = section.settings(self.experiment, changes)
        self.seed = self.home_seed if seed is None else seed
        self.session = None
        self.payloads: dict[str, Any] = {}
        self.metrics: Mapping[str, float] = {}
        self.ghosts_shown = True
        self.proved: set[str] = set()
        self.verdict: str | None = None
        self.error: Exception | None = None
        self.learns = False  # what a PyTorch program can be written for; known once a model is built
        self.changes = 0  # that can be undone
        self._replay = log
        self._judged: tuple = ()  # the finished runs that have been looked at
        self._waiting: list[Callable] = []
        self._lock = threading.Lock()
        self._closed = False
        self._device, self._place = device, None

    # the session

    def open(self, want: tuple[str, ...]) -> None:
        """Load the engine and the lesson's code in a thread, then build the model at the present settings."""
        threading.Thread(target=self._load, args=(want,), name="lesson-loader", daemon=True).start()

    def _load(self, want: tuple[str, ...]) -> None:
        try:
            from engine.session import Session

            session = Session(
                self.noted(self.builder()),
                self.settings,
                self.seed,
                live=self.experiment.live | frozenset(self.swept()),
                pace=self.experiment.pace,
                log=self._replay,
            )
            session.want(want)
        except Exception as error:
            self.error = error
            return
        with self._lock:
            self.session = session
            waiting, self._waiting = self._waiting, []
        if self._closed:
            session.close(0)
        for command in waiting:
            command(session)

    def noted(self, build: Callable) -> Callable:
        """The same builder; whether its model learns is noted."""
        from lessons.examples import learner, surface

        def build_noted(settings: Mapping[str, Any], seed: int):
            model = build(settings, seed)
            self.learns = (learner(model) or surface(model)) is not None
            return model

        return build_noted

    def builder(self) -> Callable:
        """`build(settings, seed)` of the lesson, inside a race or sweep where there is one."""
        from engine import device
        from engine.arms import Race
        from engine.arms import Sweep as SweepModel

        self._place = device.Place(self._device)
        build = device.placed(self.lesson.call(self.experiment.build), self._place)
        arms = self.experiment.arms
        if arms is None:
            return build
        own = self.lesson.call("run:own")

        def build_arms(settings: Mapping[str, Any], seed: int):
            makers = {name: partial(build, {**settings, **arm}, seed) for name, arm in arms.arms.items()}
            chosen = next((name for name, arm in arms.arms.items() if arm.items() <= settings.items()), None)
            pictures = own(self.section.experiment, settings)
            if isinstance(arms, Sweep):
                return SweepModel(makers, arms.arms, chosen, own=pictures)
            return Race({name: make() for name, make in makers.items()}, arms.arms, chosen, own=pictures)

        return build_arms

    def swept(self) -> tuple[str, ...]:
        """Controls that choose which run of a sweep is shown, and train nothing anew."""
        return tuple(self.experiment.arms.over) if isinstance(self.experiment.arms, Sweep) else ()

    def send(self, command: Callable) -> None:
        """Do `command(session)` now, or as soon as there is a session."""
        with self._lock:
            session = self.session
            if session is None:
                self._waiting.append(command)
        if session is not None:
            command(session)

    def close(self) -> None:
        self._closed = True
        if self.session is not None:  # a build under way cannot be broken off, so it is not waited for
            self.session.close(0 if self.session.phase == "compiling" else 0.8)

    # what the learner does

    def set(self, control: str, value: Any) -> None:
        if control == "seed":
            self.seed = value
            self.changes += 1
            self.send(lambda s: s.reset(seed=value))
        elif self.settings[control] != value:
            self.settings[control] = value
            self.changes += 1
            self.send(lambda s: s.set(control, value))

    def reset(self, settings: Mapping[str, Any] | None = None, seed: int | None = None) -> None:
        if settings is not None:
            self.settings = dict(settings)
        if seed is not None:
            self.seed = seed
        kept, number = dict(self.settings), self.seed
        self.changes += 1
        self.send(lambda s: s.reset(settings=kept, seed=number))

    def move(self, device: str) -> None:
        """Train on another device, from a new run on; the old one stays as a ghost."""
        self._device = device
        if self._place is not None:
            self._place.move(device)
            self.reset()

    @property
    def news(self) -> tuple[str, dict[str, Any]] | None:
        """What there is to say about the device, once a model is built."""
        built = self.session is not None and self.phase not in ("loading", "idle", "compiling")
        return self._place.news() if built else None

    def undo(self) -> None:
        self.changes = max(0, self.changes - 1)
        self.send(lambda s: s.undo())

    def act(self, number: int) -> bool:
        """The section's action of this number; False when it has none."""
        if not 1 <= number <= len(self.experiment.actions):
            return False
        action = self.experiment.actions[number - 1]
        if action.set:
            changes = {k: self.experiment.control(k).check(v) for k, v in action.set.items()}
            seed = changes.pop("seed", None)
            self.reset({**self.settings, **changes}, seed)
        else:
            self.send(lambda s: s.act(action.id))
        if action.run:
            self.send(lambda s: s.play())
        return True

    # what the screen shows

    @property
    def phase(self) -> str:
        if self.error is not None:
            return "failed"
        return self.session.phase if self.session is not None else "loading"

    @property
    def log(self) -> tuple:
        """(update, control, value) of the changes on the way."""
        return self.session.log if self.session is not None else ()

    @property
    def base(self) -> Mapping[str, Any]:
        """The settings that the run began with."""
        return self.session.base if self.session is not None else self.settings

    @property
    def still(self) -> bool:
        """Nothing to train: no time line."""
        return self.experiment.lab in ("sort", "map") or (
            self.session is not None and self.session.phase == "done" and self.session.limit == 0
        )

    @property
    def busy(self) -> bool:
        return self.phase not in IDLE or (self.session is not None and self.session.pending)

    def frame(self) -> bool:
        """Take the newest frame; True when there was one."""
        if self.session is None:
            return False
        frame = self.session.frame()
        if frame is None:
            return False
        self.payloads.update(frame.views)
        self.metrics = frame.metrics
        self.settings, self.seed = dict(self.session.settings), self.session.seed
        self.judge()
        return True

    def payload(self, view: View, label: Callable[[str, Any], str]) -> Any:
        """What `view` shows now, None before the first frame; `label(control, value)` names a change."""
        if not view.series:
            return self.payloads.get(view.id)
        session = self.session
        if session is None or session.tape is None:
            return None
        from lhytui.curves import curve

        changes = [(update, label(control, value)) for update, control, value in session.log if update > 0]
        ghosts = session.ghosts if self.ghosts_shown else ()
        return curve(view, self.experiment, session.tape, session.step, ghosts, changes)

    # what the runs prove

    def judge(self) -> None:
        """Tick the claims whose arms the finished runs fill; those that are new grade the prediction.

        The newest is asked first, of a race or sweep every arm, until one answers.
        """
        finished = self.session.finished
        fresh = [run for run in finished if not any(run is known for known in self._judged)]
        self._judged = finished
        if self.still:
            now = self.session.result()
            finished, fresh = (*finished, now), [*fresh, now]
        elif not fresh:
            return
        for claim in self.experiment.claims:
            if claim.id in self.section.claims and claim.id not in self.proved:
                runs = {name: self.match(arm, finished) for name, arm in claim.arms.items()}
                if all(runs.values()) and self.ask(claim.check, runs):
                    self.proved.add(claim.id)
        if self.section.ask:
            answers = (self.ask(self.section.ask["answer"], run) for run in reversed(fresh))
            found = (answer for answer in answers if answer in self.section.ask["options"])
            self.verdict = next(found, self.verdict)

    def match(self, arm: Mapping[str, Any], finished) -> Any:
        """The newest finished run whose settings are the section's with those of the arm, or None."""
        seed = arm.get("seed")
        wanted = {**self.home, **{k: v for k, v in arm.items() if k != "seed"}}
        wanted = self.experiment.settings(wanted)
        for run in reversed(finished):
            if self.alike(run.settings, wanted) and (seed is None or run.seed == seed):
                return run
        return None

    def alike(self, settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        """Whether a run has the settings of an arm; cards that the arm leaves in the hand may lie anywhere."""
        for id, value in wanted.items():
            if isinstance(self.experiment.control(id), Arrange):
                if any(bin not in (0, placed) for bin, placed in zip(value, settings[id], strict=True)):
                    return False
            elif settings[id] != value:
                return False
        return True

    def ask(self, check: str, runs: Any) -> Any:
        """The lesson's own judgement; a check that fails to run proves nothing and is kept in `error`."""
        try:
            return self.lesson.call(check)(runs)
        except Exception as error:
            self.error_of_check = error
            return None
