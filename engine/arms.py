"""Several models as one: a race takes them side by side, a sweep one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from engine.checkpoints import measure
from engine.model import Model, Result
from engine.tape import Tape

Own = Mapping[str, Callable[[Mapping[str, Any], str, Sequence[Result]], Any]]


class _Arms:
    """What a race and a sweep share: prefixed columns, one arm in sight, and views over all arms.

    `settings` holds for each arm what sets it apart; these controls then choose the arm in sight.
    `own` holds views drawn from all arms: function({arm: model, None if not begun}, arm in sight, past).
    `shares`: {arm: (from, to, seconds)}, the rows of the last `train` that are its own.
    """

    def __init__(self, names, settings, chosen, own: Own | None):
        self.names = tuple(names)
        self.settings = {name: dict((settings or {}).get(name, {})) for name in self.names}
        self.chosen = chosen if chosen in self.names else self.names[0]
        self.own = dict(own or {})
        self.looks = frozenset().union(*self.settings.values())
        self.shares: dict[str, tuple[int, int, float]] = {}
        self.faults: dict[str, Mapping[str, Any]] = {}

    def begun(self) -> dict[str, Model | None]:
        """Each arm's model, None for those not begun."""
        raise NotImplementedError

    @property
    def shown(self) -> Model:
        """The chosen arm's model, or, until it begins, the one that trains."""
        raise NotImplementedError

    def choose(self, control: str, value: Any) -> None:
        """Bring the arm in sight whose settings are the present ones with this change, if there is one."""
        wanted = self.settings[self.chosen] | {control: value}
        fits = [name for name, own in self.settings.items() if own == wanted]
        near = [name for name, own in self.settings.items() if own.get(control) == value]
        self.chosen = (fits or near or [self.chosen])[0]

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view in self.own:
            return self.own[view](self.begun(), self.chosen, past)
        return self.shown.look(view, [self._part(ghost) for ghost in past if self.chosen in ghost.tape.arms])

    def _part(self, ghost: Result) -> Result:
        """The chosen arm of an earlier race or sweep."""
        facts = ghost.facts.get("arms", {}).get(self.chosen, {})
        prefix = self.chosen + "/"
        metrics = {k.removeprefix(prefix): v for k, v in ghost.metrics.items() if k.startswith(prefix)}
        return replace(ghost, tape=ghost.tape.part(self.chosen), metrics=metrics, facts=facts)

    def act(self, action: str) -> Mapping[str, Any] | None:
        return self.shown.act(action)

    def numbers(self, arm: str, model: Model, kind: str) -> dict[str, Any]:
        """The metrics or the facts of one arm."""
        return dict(getattr(model, kind)())

    def metrics(self) -> dict[str, float]:
        """The shown arm's, and each arm's under "arm/"."""
        found = dict(self.shown.metrics())
        for arm, model in self.begun().items():
            if model is not None:
                found |= {f"{arm}/{key}": value for key, value in self.numbers(arm, model, "metrics").items()}
        return found

    def facts(self) -> dict[str, Any]:
        """The shown arm's, and each arm's under "arms"."""
        begun = self.begun().items()
        arms = {arm: self.numbers(arm, model, "facts") for arm, model in begun if model is not None}
        return {**self.shown.facts(), "arms": arms}

    def results(self) -> dict[str, Result]:
        """A result for each arm: `settings` are what sets it apart; seed and tape come from the session."""
        found = {}
        for arm, model in self.begun().items():
            if model is not None:
                phase = "diverged" if arm in self.faults else "done"
                steps, numbers = model.step, [self.numbers(arm, model, k) for k in ("metrics", "facts")]
                found[arm] = Result(self.settings[arm], 0, steps, phase, Tape(()), *numbers)
        return found


class Race(_Arms):
    """Arms that all stand at the same update; one that has ended or diverged waits for the others."""

    def __init__(
        self,
        models: Mapping[str, Model],
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        chosen: str | None = None,
        own: Own | None = None,
    ):
        super().__init__(models, settings, chosen, own)
        self.models = dict(models)
        self.columns = tuple(f"{arm}/{name}" for arm, model in self.models.items() for name in model.columns)
        self.sparse_every = math.gcd(*(model.sparse_every for model in self.models.values()))

    @property
    def step(self) -> int:
        return max(model.step for model in self.models.values())

    @property
    def limit(self) -> int:
        return max(model.limit for model in self.models.values())

    @property
    def epoch(self) -> int:
        return self.shown.epoch

    @property
    def epochs(self) -> dict[str, int]:
        """Updates in one epoch of each arm."""
        return {arm: model.epoch for arm, model in self.models.items()}

    @property
    def shown(self) -> Model:
        return self.models[self.chosen]

    def begun(self) -> dict[str, Model | None]:
        return dict(self.models)

    def train(self, updates: int) -> np.ndarray:
        """At most `updates` rows: it returns where an arm ends."""
        self.shares = {}
        live = [
            arm for arm, model in self.models.items() if arm not in self.faults and model.step < model.limit
        ]
        asked = min([updates, *(self.models[arm].limit - self.models[arm].step for arm in live)])
        rows = np.full((asked, len(self.columns)), np.nan)
        most, at = 0, 0
        for arm, model in self.models.items():
            columns = slice(at, at + len(model.columns))
            at = columns.stop
            if arm in live:
                began = perf_counter()
                block = np.asarray(model.train(asked), dtype=np.float64)
                self.shares[arm] = (0, len(block), perf_counter() - began)
                rows[: len(block), columns] = block
                most = max(most, len(block))
                if model.fault() is not None:
                    self.faults[arm] = model.fault()
        return rows[:most]

    @property
    def due(self) -> bool:
        """Whether something is measured here: at the marks, and where an arm has ended."""
        ended = any(model.step == model.limit == self.step for model in self.models.values())
        return ended or self.step % self.sparse_every == 0

    @property
    def mark(self) -> int:
        """The next update at which something is measured."""
        return (self.step // self.sparse_every + 1) * self.sparse_every

    def sparse(self) -> dict[str, float]:
        found = {}
        for arm, model in self.models.items():
            every = model.sparse_every
            if every and (model.step % every == 0 or model.step == model.limit or arm in self.faults):
                found |= {f"{arm}/{name}": value for name, value in model.sparse().items()}
        return found

    def fault(self) -> Mapping[str, Any] | None:
        """The first arm's fault once all have diverged."""
        return self.faults[self.names[0]] if len(self.faults) == len(self.models) else None

    def state(self) -> tuple:
        return dict(self.faults), tuple(model.state() for model in self.models.values())

    def restore(self, state: tuple) -> None:
        self.faults = dict(state[0])
        for model, own in zip(self.models.values(), state[1], strict=True):
            model.restore(own)

    def set(self, control: str, value: Any) -> None:
        """For all arms, unless it is what sets them apart: then it chooses the arm in sight."""
        if control in self.looks:
            self.choose(control, value)
            return
        for model in self.models.values():
            model.set(control, value)


@dataclass(frozen=True)
class _Ended:
    """An arm of a sweep at its end."""

    state: Any
    rows: int
    fault: Mapping[str, Any] | None


@dataclass(frozen=True)
class _Standing:
    """A sweep at an update: the arms that ended (shared, not copied), the present one, what was changed."""

    ended: tuple[_Ended, ...]
    state: Any  # of the present arm; None: all have ended
    changes: tuple[tuple[str, Any], ...]

    @property
    def nbytes(self) -> int:
        return measure(self.state)


class Sweep(_Arms):
    """Arms that train one after the other, each built at its turn; update numbers run through all."""

    def __init__(
        self,
        models: Mapping[str, Callable[[], Model]],
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        chosen: str | None = None,
        own: Own | None = None,
    ):
        super().__init__(models, settings, chosen, own)
        self._builders = dict(models)
        self._models: dict[str, Model] = {}
        self._fresh: dict[str, Any] = {}  # each built arm's state at its update 0
        self._held: dict[str, _Ended] = {}  # the end at which an arm's model stands
        self._ended: tuple[_Ended, ...] = ()
        self._changes: tuple[tuple[str, Any], ...] = ()
        self._measured: dict[tuple[str, str], tuple[_Ended, Any]] = {}
        first = self._enter()
        self.columns = tuple(f"{arm}/{name}" for arm in self.names for name in first.columns)
        self.sparse_every = first.sparse_every
        self._width = len(first.columns)
        if first.limit <= 0:
            for arm in self.names:
                self._raise(arm)

    @property
    def _arm(self) -> str | None:
        """The arm whose turn it is; None when all have ended."""
        return self.names[len(self._ended)] if len(self._ended) < len(self.names) else None

    def _enter(self) -> Model | None:
        """Begin the arm whose turn it is, with the changes made so far."""
        arm = self._arm
        if arm is None:
            return None
        self._raise(arm)
        for control, value in self._changes:
            self._models[arm].set(control, value)
        return self._models[arm]

    def _raise(self, arm: str) -> None:
        """Build an arm's model if there is none."""
        if arm not in self._models:
            self._models[arm] = self._builders[arm]()
            self._fresh[arm] = self._models[arm].state()

    @property
    def _present(self) -> int:
        """Updates done by the arm whose turn it is."""
        return self._models[self._arm].step if self._arm is not None else 0

    @property
    def step(self) -> int:
        return sum(end.rows for end in self._ended) + self._present

    @property
    def limit(self) -> int:
        """The updates of all arms; those not built are taken to be as long as the first."""
        guess = self._models[self.names[0]].limit
        ahead = self.names[len(self._ended) :]
        lengths = (self._models[arm].limit if arm in self._models else guess for arm in ahead)
        return sum(end.rows for end in self._ended) + sum(lengths)

    @property
    def epoch(self) -> int:
        return 0  # its updates are those of many arms

    @property
    def epochs(self) -> dict[str, int]:
        """Updates in one epoch of each arm that was built."""
        return {arm: model.epoch for arm, model in self._models.items()}

    @property
    def shown(self) -> Model:
        begun = self.begun()
        last = [model for model in begun.values() if model is not None][-1]
        return begun[self.chosen] or last

    def begun(self) -> dict[str, Model | None]:
        if self.limit <= 0:
            return dict(self._models)
        return {arm: self._models[arm] if i <= len(self._ended) else None for i, arm in enumerate(self.names)}

    def train(self, updates: int) -> np.ndarray:
        """At most `updates` rows, all of one arm: it returns where an arm ends."""
        self.shares = {}
        while self._arm is not None:
            arm, model = self._arm, self._models[self._arm]
            start, began = model.step, perf_counter()
            asked = max(0, min(updates, model.limit - start))
            block = np.asarray(model.train(asked), dtype=np.float64).reshape(-1, self._width)
            self.shares[arm] = (0, len(block), perf_counter() - began)
            at = len(self._ended) * self._width
            if model.fault() is not None or len(block) < asked or model.step >= model.limit:
                # A row that diverged counts as an update, although it moved nothing.
                end = _Ended(model.state(), start + len(block), model.fault())
                self._ended = (*self._ended, end)
                self._held[arm] = end
                self._note()
                self._enter()
            if len(block):
                rows = np.full((len(block), len(self.columns)), np.nan)
                rows[:, at : at + self._width] = block
                return rows
        return np.empty((0, len(self.columns)))

    def _note(self) -> None:
        pairs = zip(self.names, self._ended, strict=False)
        self.faults = {arm: end.fault for arm, end in pairs if end.fault is not None}

    @property
    def due(self) -> bool:
        """Whether something is measured here: at the present arm's own marks, and between two arms."""
        return self._present % self.sparse_every == 0 or self._arm is None

    @property
    def mark(self) -> int:
        """The next update at which something is measured."""
        return self.step + self.sparse_every - self._present % self.sparse_every

    def sparse(self) -> dict[str, float]:
        """The present arm's series; between two arms those of both."""
        now = len(self._ended)
        arms = self.names[max(0, now - (self._present == 0)) : now + 1]
        return {f"{arm}/{name}": v for arm in arms for name, v in self._models[arm].sparse().items()}

    def fault(self) -> Mapping[str, Any] | None:
        """None: an arm that diverges is followed by the next; its result tells."""
        return None

    def state(self) -> _Standing:
        present = None if self._arm is None else self._models[self._arm].state()
        return _Standing(self._ended, present, self._changes)

    def restore(self, state: _Standing) -> None:
        count = len(state.ended)
        for index, arm in enumerate(self.names):
            if index <= count:
                self._raise(arm)
            elif arm not in self._models:
                continue
            model, end = self._models[arm], state.ended[index] if index < count else None
            if end is None or self._held.get(arm) is not end:
                here = end.state if end else state.state if index == count else self._fresh[arm]
                model.restore(here)
            self._held.pop(arm, None)
            if end is not None:
                self._held[arm] = end
        self._ended, self._changes = state.ended, state.changes
        self._note()

    def set(self, control: str, value: Any) -> None:
        """For the present arm and those to come; what sets the arms apart chooses the one in sight."""
        if control in self.looks:
            self.choose(control, value)
            return
        self._changes = (*self._changes, (control, value))
        present = [self._models[self._arm]] if self._arm is not None else []
        for model in self._models.values() if self.limit <= 0 else present:
            model.set(control, value)

    def numbers(self, arm: str, model: Model, kind: str) -> dict[str, Any]:
        end = self._held.get(arm)
        if end is None:
            return super().numbers(arm, model, kind)
        if self._measured.get((arm, kind), (None,))[0] is not end:
            self._measured[arm, kind] = (end, super().numbers(arm, model, kind))
        return self._measured[arm, kind][1]
