"""The vocabulary of the lessons: what an experiment is made of. Standard library only; data, no behaviour of a run.

A section of a lesson is a setting of one `Experiment`. Ids are kebab-case; every human word for them stands in a
`words.toml` (see `lessons.words` for the keys).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

LABS = ("net", "surface", "walk", "seq", "gauss", "population", "sort", "map", "shapes", "doctor")
KINDS = (
    "curve",
    "plane",
    "table",
    "bars",
    "numbers",
    "grid",
    "images",
    "cards",
    "diagram",
    "tokens",
    "hist",
    "cube",
)


class SpecError(ValueError):
    """A value that a control cannot take: `code` and `facts` for the sentence in the app's words."""

    def __init__(self, code: str, **facts):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True, kw_only=True)
class Control:
    """One thing that the learner can set. `live`: acts on the next update; else it starts a new run."""

    id: str
    live: bool = False

    def check(self, value: Any) -> Any:
        """The value in its own type, or SpecError."""
        raise NotImplementedError

    def parse(self, text: str) -> Any:
        """The value that `--set id=text` means, or SpecError."""
        return self.check(text)

    def move(self, value: Any, by: int) -> Any:
        """The value `by` presses of → (or, negative, ←) away; the same at the end of the range."""
        return value


@dataclass(frozen=True, kw_only=True)
class Number(Control):
    """A number from lo to hi. `scale`: linear, log (steps of a factor) or integer; `steps`: presses from lo to hi.

    `values`, if given, are the only ones that ← → reach; any number in the range can still be set.
    """

    lo: float
    hi: float
    default: float
    scale: str = "linear"
    steps: int = 20
    values: tuple[float, ...] = ()

    def check(self, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise SpecError("not-a-number", control=self.id, value=value) from None
        if not (self.lo <= number <= self.hi):
            raise SpecError("out-of-range", control=self.id, value=value, lo=self.lo, hi=self.hi)
        if self.scale == "integer":
            if number != round(number):
                raise SpecError("not-whole", control=self.id, value=value)
            return round(number)
        return number

    def stops(self) -> tuple[float, ...]:
        """The values that ← → step through, in order."""
        if self.values:
            return self.values
        if self.scale == "log":
            ratio = (self.hi / self.lo) ** (1 / self.steps)
            return tuple(float(f"{self.lo * ratio**k:.3g}") for k in range(self.steps)) + (self.hi,)
        if self.scale == "integer":
            size = max(1, round((self.hi - self.lo) / self.steps))
            return tuple(range(int(self.lo), int(self.hi) + 1, size))
        size = (self.hi - self.lo) / self.steps
        return tuple(float(f"{self.lo + size * k:.6g}") for k in range(self.steps + 1))

    def move(self, value: float, by: int) -> float:
        stops = self.stops()
        if by > 0:
            ahead = [s for s in stops if s > value and not math.isclose(s, value, rel_tol=1e-9)] or [value]
            return ahead[min(by, len(ahead)) - 1]
        behind = [s for s in stops if s < value and not math.isclose(s, value, rel_tol=1e-9)][::-1] or [value]
        return behind[min(-by, len(behind)) - 1]


@dataclass(frozen=True, kw_only=True)
class Choice(Control):
    """One of `options` (ids, or numbers written as text); a switch is a choice of two."""

    options: tuple[str, ...]
    default: str

    def check(self, value: Any) -> str:
        if str(value) not in self.options:
            raise SpecError("not-an-option", control=self.id, value=value, options=", ".join(self.options))
        return str(value)

    def move(self, value: str, by: int) -> str:
        at = self.options.index(value) + by
        return self.options[max(0, min(at, len(self.options) - 1))]


@dataclass(frozen=True, kw_only=True)
class Seed(Control):
    """The seed of the run: data order, initial parameters, noise. Not in `settings`: a run carries it by itself."""

    id: str = "seed"
    default: int = 1

    def check(self, value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise SpecError("not-a-number", control=self.id, value=value) from None
        if not 0 <= number < 2**31:
            raise SpecError("out-of-range", control=self.id, value=value, lo=0, hi=2**31 - 1)
        return number

    def move(self, value: int, by: int) -> int:
        return max(0, value + by)


@dataclass(frozen=True, kw_only=True)
class Pick(Control):
    """One of `count` things shown in a view (example, pixel, unit, edge), by its index."""

    count: int
    default: int = 0
    live: bool = True

    def check(self, value: Any) -> int:
        try:
            index = int(value)
        except (TypeError, ValueError):
            raise SpecError("not-a-number", control=self.id, value=value) from None
        if not 0 <= index < self.count:
            raise SpecError("out-of-range", control=self.id, value=value, lo=0, hi=self.count - 1)
        return index

    def move(self, value: int, by: int) -> int:
        return max(0, min(value + by, self.count - 1))


class _Vector(Control):
    """Shared by the controls whose value is a flat tuple of numbers between lo and hi."""

    def size(self) -> int:
        raise NotImplementedError

    def bounds(self, index: int) -> tuple[float, float]:
        raise NotImplementedError

    def check(self, value: Any) -> tuple[float, ...]:
        parts = value.replace(";", ",").split(",") if isinstance(value, str) else list(value)
        if len(parts) != self.size():
            raise SpecError("wrong-count", control=self.id, value=len(parts), count=self.size())
        numbers = []
        for index, part in enumerate(parts):
            try:
                number = float(part)
            except (TypeError, ValueError):
                raise SpecError("not-a-number", control=self.id, value=part) from None
            lo, hi = self.bounds(index)
            if not lo <= number <= hi:
                raise SpecError("out-of-range", control=self.id, value=part, lo=lo, hi=hi)
            numbers.append(number)
        return tuple(numbers)

    def nudge(self, value: tuple[float, ...], index: int, by: float) -> tuple[float, ...]:
        """The value with one entry moved by `by` steps and kept in range."""
        lo, hi = self.bounds(index)
        changed = float(f"{value[index] + by * self.stride(index):.9g}")
        return value[:index] + (min(hi, max(lo, changed)),) + value[index + 1 :]

    def stride(self, index: int) -> float:
        lo, hi = self.bounds(index)
        return (hi - lo) / 40


@dataclass(frozen=True, kw_only=True)
class Point(_Vector):
    """A place (x, y) on a plane, moved with the cursor of that view: its start, a data point, a probe."""

    lo: tuple[float, float]
    hi: tuple[float, float]
    default: tuple[float, float]

    def size(self) -> int:
        return 2

    def bounds(self, index: int) -> tuple[float, float]:
        return self.lo[index], self.hi[index]


@dataclass(frozen=True, kw_only=True)
class Cells(_Vector):
    """A matrix (rows × cols, flat, row by row) whose cells the learner edits one by one, `step` a press."""

    rows: int
    cols: int
    lo: float
    hi: float
    step: float
    default: tuple[float, ...]
    live: bool = True

    def size(self) -> int:
        return self.rows * self.cols

    def bounds(self, index: int) -> tuple[float, float]:
        return self.lo, self.hi

    def stride(self, index: int) -> float:
        return self.step

    @property
    def few(self) -> bool:
        """Whether a cell has two or three values, as ink on paper or stones on a board: one press turns it."""
        return self.hi - self.lo <= 2 * self.step

    def turned(self, value: tuple[float, ...], index: int) -> tuple[float, ...]:
        """The value with one entry a step up, or from the highest back to the lowest."""
        entry = self.lo if value[index] + self.step > self.hi else value[index] + self.step
        return value[:index] + (entry,) + value[index + 1 :]


@dataclass(frozen=True, kw_only=True)
class Draw(_Vector):
    """A curve of `count` heights drawn by hand with the cursor."""

    count: int
    lo: float
    hi: float
    default: tuple[float, ...]

    def size(self) -> int:
        return self.count

    def bounds(self, index: int) -> tuple[float, float]:
        return self.lo, self.hi


@dataclass(frozen=True, kw_only=True)
class Text(Control):
    """A short line of text, typed in a one-line editor."""

    default: str
    longest: int = 40

    def check(self, value: Any) -> str:
        if len(str(value)) > self.longest:
            raise SpecError("too-long", control=self.id, value=len(str(value)), count=self.longest)
        return str(value)


@dataclass(frozen=True, kw_only=True)
class Arrange(Control):
    """Cards put into bins (digits 1…). The value is a tuple of bin numbers, 0 for a card still in hand."""

    cards: tuple[str, ...]
    bins: tuple[str, ...]
    live: bool = True

    @property
    def default(self) -> tuple[int, ...]:
        return (0,) * len(self.cards)

    def check(self, value: Any) -> tuple[int, ...]:
        parts = value.split(",") if isinstance(value, str) else list(value)
        if len(parts) != len(self.cards):
            raise SpecError("wrong-count", control=self.id, value=len(parts), count=len(self.cards))
        try:
            placed = tuple(int(p) for p in parts)
        except (TypeError, ValueError):
            raise SpecError("not-a-number", control=self.id, value=value) from None
        if not all(0 <= p <= len(self.bins) for p in placed):
            raise SpecError("out-of-range", control=self.id, value=value, lo=0, hi=len(self.bins))
        return placed


@dataclass(frozen=True)
class Action:
    """A numbered deed of the section (digit key): `set` are control changes, else the model's `act` is called."""

    id: str
    set: Mapping[str, Any] = field(default_factory=dict)
    run: bool = False  # and then run to the end of the story


@dataclass(frozen=True)
class Channel:
    """A series on the tape. `every` update (dense) or now and then (sparse); `role` decides how it is drawn."""

    id: str
    role: str = "raw"  # raw | smooth | validation | norm
    sparse: bool = False


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture. A curve with `series` is drawn from the tape; everything else from the model's `look(id)`.

    `moves`: the control that the cursor inside the view changes (a point, a cell, a drawn height, a pick).
    `when`: control → the values with which the view has something to show; it is left out with others.
    """

    id: str
    kind: str
    series: tuple[str, ...] = ()
    log: bool = False
    moves: str = ""
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def fits(self, settings: Mapping[str, Any]) -> bool:
        """Whether the view has something to show with these settings."""
        return all(settings[control] in values for control, values in self.when.items())


@dataclass(frozen=True, kw_only=True)
class Race:
    """Several arms on one axis: name → the settings in which the arm differs. `axis`: updates, epochs, milliseconds."""

    arms: Mapping[str, Mapping[str, Any]]
    axis: str = "updates"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One run after the other over every combination of values; the one that fits the controls is shown."""

    over: Mapping[str, tuple[Any, ...]]

    @property
    def arms(self) -> dict[str, dict[str, Any]]:
        keys = list(self.over)
        rows = [dict(zip(keys, values, strict=True)) for values in product(*self.over.values())]
        return {", ".join(str(v) for v in row.values()): row for row in rows}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the notes and its proof: `check` ("run:name") gets {arm: Result} and says whether it holds.

    `counter` holds the same arms with only the named cause changed; on it the check must fail. A statistical claim
    holds when it holds on at least nine of ten seeds, an exact or timing one when it always does.
    """

    id: str
    check: str
    arms: Mapping[str, Mapping[str, Any]]
    counter: Mapping[str, Mapping[str, Any]]
    kind: str = "statistical"  # statistical | exact | timing


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What a section runs. `build` and all checks are named "module:function" inside the lesson's folder."""

    lab: str
    controls: tuple[Control, ...]
    views: tuple[View, ...]
    channels: tuple[Channel, ...] = ()
    actions: tuple[Action, ...] = ()
    claims: tuple[Claim, ...] = ()
    arms: Race | Sweep | None = None
    build: str = "run:build"
    pace: float = 1  # updates in one frame (1/25 s) at speed ×1

    def control(self, id: str) -> Control:
        for control in self.controls:
            if control.id == id:
                return control
        raise SpecError("unknown-control", control=id, known=", ".join(c.id for c in self.controls))

    def view(self, id: str) -> View:
        return next(view for view in self.views if view.id == id)

    def settings(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """All controls but the seed at their defaults, then `changes`, each checked."""
        values = {c.id: c.default for c in self.controls if not isinstance(c, Seed)}
        for id, value in (changes or {}).items():
            values[id] = self.control(id).check(value)
        return values

    @property
    def live(self) -> frozenset[str]:
        return frozenset(c.id for c in self.controls if c.live)
