"""Encoder-decoders on digit strings, dates, questions, trees and topics: the same network each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import brackets, clean, dates, multi_label, prompts
from lessons.data.generators.days import FORMS, HAN, INVERTED, written
from lessons.data.generators.pairs import END, MARKS, PAD, Pairs, balanced, spell
from lessons.labs.decoders import Shape, Taught, fit, taught
from lessons.labs.pairs import beside
from lessons.labs.seq import NOWHERE, UNSEEN
from lessons.labs.spoken import Spoken, settled
from lessons.labs.trees import grown
from lessons.transformer.seq2seq.experiments import SKILLS
from lessons.views import Bars, Diagram, Table

Runs = Mapping[str, Result]
Arms = Mapping[str, Any]
FRESH = 256  # unseen pairs


# Strings of any length.


def digits(text: str) -> list[int]:
    return [int(letter) for letter in text if letter in "0123456789"]


def numbered(row: Sequence[int]) -> list[int]:
    return [len(MARKS) + digit for digit in row]


class Lengths(Spoken):
    """Digit strings, backwards and without their zeros; END is taught or never mentioned. Settings: end, say."""

    UPDATES = 500
    phrases: ClassVar[Mapping[str, str]] = {"zeros": "90000001", "none": "12345678", "own": ""}

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.ends = settings["end"] == "on"
        task = taught(clean, seed, 8192, FRESH)
        shape = Shape(width=24, heads=4)
        super().__init__(settings, seed, task, shape, self.UPDATES, rate=0.012, **settled(self.UPDATES))

    def labels(self, target: np.ndarray) -> np.ndarray:
        y = super().labels(target)
        return y if self.ends else np.where(target == END, NOWHERE, y)

    def heard(self) -> tuple[list[int], list[int]]:
        row = digits(self.settings["say"])
        return numbered(row), numbered([digit for digit in reversed(row) if digit])

    def facts(self) -> Mapping[str, Any]:
        """Shares that end with END and that have the right length; the lengths of answers to eight digits."""
        wrote, u, v = self.alone(FRESH).tokens, self.task.u[:FRESH], self.task.v[:FRESH]
        lengths, wanted = (wrote != PAD).sum(axis=1), (v != PAD).sum(axis=1)
        long = (u != PAD).sum(axis=1) == 8
        ended = (wrote == END).any(axis=1)
        found = sorted({int(n) - 1 for n in lengths[long & ended]})
        own = {"ended": float(ended.mean()), "length": float((lengths == wanted).mean()), "lengths": found}
        return {**super().facts(), **own}


def who_decides(result: Result) -> str:
    """Whether answers to strings of eight digits have different lengths."""
    if result.phase != "done" or result.settings["end"] != "on":
        return ""
    return "model" if len(result.facts["lengths"]) > 1 else "input"


def stops(runs: Runs) -> bool:
    """Every answer ends with END, the length right in 95 % of all; three lengths or more after eight digits."""
    facts = runs["run"].facts
    return facts["ended"] > 0.98 and facts["length"] > 0.95 and len(facts["lengths"]) >= 3


def all_right(runs: Runs) -> bool:
    return runs["run"].facts["right"] > 0.85


# Dates.


class Dates(Spoken):
    """Dates in six forms → ISO. Settings: noise, pairs, inverted (forms with the day first: in or out), say."""

    UPDATES = 900
    phrases: ClassVar[Mapping[str, str]] = {"han": "二〇二四年三月五日", "british": "5 Mar 2024", "own": ""}
    sparse_every = 100

    def __init__(self, settings: Mapping[str, Any], seed: int):
        forms = tuple(f for f in FORMS if settings["inverted"] == "in" or f not in INVERTED)
        seen = dates(int(settings["pairs"]), seed, forms, noise=settings["noise"])
        new = dates(FRESH, seed + UNSEEN, fresh=True)
        wide = max(seen.source.shape[1], new.source.shape[1])
        task = Taught(fit(seen.source, wide), seen.target, fit(new.source, wide), new.target, new.words)
        shape = Shape(width=32, heads=4)
        super().__init__(settings, seed, task, shape, self.UPDATES, rate=0.01, **settled(self.UPDATES))
        self.kinds = np.array([form_of("".join(spell(row, new.words))) for row in new.source])

    def heard(self) -> tuple[list[int], list[int]] | None:
        """What was typed, if it is a date in one of the forms."""
        text = self.settings["say"].strip()
        iso = ISO.get(text)
        return None if iso is None else (written(text), written(iso))

    def by_form(self) -> np.ndarray:
        """(6,) the share right of each form, in the order of FORMS."""
        right = self.written_right()
        return np.array([right[self.kinds == form].mean() for form in FORMS])

    def forms(self) -> Bars:
        """The share right of each form, unseen dates."""
        return Bars(labels=tuple(f"form.{f}" for f in FORMS), values=self.by_form(), word="series.right")

    def so_far(self) -> float:
        """The share of unseen dates that are right; in training of the first few."""
        return float(self.written_right().mean()) if self.step == self.limit else self.whole()

    def table(self) -> Table:
        return table({"": self}, "", ())

    def facts(self) -> Mapping[str, Any]:
        turned = np.isin(self.kinds, INVERTED)
        right = self.written_right()
        own = {"inverted": float(right[turned].mean()), "straight": float(right[~turned].mean())}
        return {**super().facts(), **own}


def every_date() -> dict[str, str]:
    """Each form of each day of 2000 to 2030 → the date as ISO writes it."""
    days = np.arange(np.datetime64("2000-01-01"), np.datetime64("2031-01-01")).astype(str).tolist()
    return {form(*map(int, iso.split("-"))): iso for iso in days for form in FORMS.values()}


ISO = every_date()


SIGNS = {"年": "chinese", "/": "slashes", ".": "dots", ",": "american", " ": "british"}


def form_of(text: str) -> str:
    """The form that a date is written in."""
    if any(sign in text for sign in HAN):
        return "han"
    return next(form for sign, form in SIGNS.items() if sign in text)


def table(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """How many unseen dates are right: a row for each arm."""
    rows, names = [], list(arms)
    for model in arms.values():
        s = model.settings
        rows.append((f"={s['pairs']:.0f}", f"={100 * s['noise']:.0f} %", model.step, model.so_far()))
    columns = ("column.pairs", "column.noise", "column.updates", "column.right")
    at = names.index(chosen) if chosen in names else -1
    return Table(columns=columns, rows=tuple(rows), bar=3, chosen=at)


def how_many(result: Result) -> str:
    """How many unseen dates are right after training on enough clean pairs."""
    s = result.settings
    if result.phase != "done" or (s["noise"], s["pairs"], s["inverted"]) != (0, 4096, "in"):
        return ""
    right = result.facts["right"]
    return "nearly" if right > 0.98 else "half" if right > 0.3 else "none"


def nearly_all(runs: Runs) -> bool:
    """99 % of the unseen dates are written without one wrong character."""
    return runs["run"].facts["right"] >= 0.99


def data_beats_noise(runs: Runs) -> bool:
    """Many pairs, four of ten wrong, teach more than few that are all right."""
    return runs["many"].facts["right"] > runs["few"].facts["right"] + 0.1


def inversion(runs: Runs) -> bool:
    """Forms that were never trained on fail, the others do not suffer."""
    apart, both = runs["without"].facts, runs["with"].facts
    return apart["inverted"] < 0.2 and apart["straight"] > 0.9 and both["inverted"] > 0.9


# Questions.


class Questions(Spoken):
    """A question and digits → the answer. Settings: taught (all three, or one of them), say."""

    UPDATES = 800
    phrases: ClassVar[Mapping[str, str]] = {
        **{skill: f"{skill} 27461" for skill in SKILLS[1:]},
        "own": "",
    }

    def __init__(self, settings: Mapping[str, Any], seed: int):
        tasks = SKILLS[1:] if settings["taught"] == "all" else (settings["taught"],)
        seen, new = prompts(8192, seed, tasks), prompts(FRESH, seed + UNSEEN)
        task = Taught(
            fit(seen.source, 7), fit(seen.target, 7), fit(new.source, 7), fit(new.target, 7), new.words
        )
        shape = Shape(width=24, heads=4)
        super().__init__(settings, seed, task, shape, self.UPDATES, rate=0.005, **settled(self.UPDATES))
        self.asked = np.array([new.words[row[0]] for row in new.source])

    def heard(self) -> tuple[list[int], list[int]] | None:
        """A question and 2 to 6 digits, as in max 274."""
        name, row = self.settings["say"].strip()[:3].lower(), digits(self.settings["say"])
        if name not in SKILLS[1:] or not 2 <= len(row) <= 6:
            return None
        answer = {"rev": row[::-1], "max": [max(row)], "len": [len(row)]}[name]
        return [self.task.words.index(name), *numbered(row)], numbered(answer)

    def by_skill(self) -> dict[str, float]:
        """The share right of each question."""
        right = self.written_right()
        return {skill: float(right[self.asked == skill].mean()) for skill in SKILLS[1:]}

    def skills(self) -> Bars:
        found = self.by_skill()
        labels = tuple(f"={skill}" for skill in found)
        return Bars(labels=labels, values=np.array(list(found.values())), word="series.right")

    def sparse(self) -> Mapping[str, float]:
        return {**super().sparse(), "rev-whole": self.by_skill()["rev"]}

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **self.by_skill()}


def skills(models: Arms, chosen: str, past: Sequence[Result]) -> Bars:
    """The share right of each question, general model and specialist beside it."""
    general, special = (models[name].skills() for name in ("general", "specialist"))
    return Bars(
        labels=general.labels, values=general.values, beside=special.values, word="arm.general",
        beside_word="arm.specialist",
    )  # fmt: skip


def how_general(result: Result) -> str:
    """How many of the three kinds of question one model answers."""
    if result.phase != "done" or result.settings["taught"] != "all":
        return ""
    good = sum(result.facts[skill] > 0.9 for skill in SKILLS[1:])
    return {3: "three", 0: "none"}.get(good, "some")


def three_in_one(runs: Runs) -> bool:
    """One model answers each of the three kinds, nine of ten right."""
    return all(runs["run"].facts[skill] > 0.9 for skill in SKILLS[1:])


def reached(run: Result, share: float = 0.9) -> float:
    """The first measured update with that share of reversals right."""
    steps, values = run.tape.sparse("rev-whole")
    there = np.flatnonzero(values >= share)
    return float(steps[there[0]]) if len(there) else np.inf


def specialist_sooner(runs: Runs) -> bool:
    """The model that only reverses gets there in fewer updates."""
    return reached(runs["own"]) < reached(runs["all"])


# Trees and topics.


def tripled(count: int, seed: int) -> Pairs:
    """Texts of exactly three topics."""
    made = multi_label(8 * count, seed)
    kept = np.flatnonzero((made.target != PAD).sum(axis=1) == 4)[:count]
    return Pairs(made.source[kept], made.target[kept], made.words)


class Shapes(Spoken):
    """Sentences → trees in brackets, or texts → their topics. Settings: task, counts, updates, top."""

    TOPICS = 6

    def act(self, action: str) -> Mapping[str, Any]:
        """The top two are taken."""
        return {"top": 2}

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.trees = settings["task"] == "trees"
        make = brackets if self.trees else tripled if settings["counts"] == "three" else multi_label
        task, updates = taught(make, seed, 2048, FRESH), int(settings["updates"])
        shape = Shape(width=16, heads=2)
        super().__init__(settings, seed, task, shape, updates, rate=0.02, **settled(300))
        self.scorer = None if self.trees else self.scores_of_topics()

    def scores_of_topics(self) -> np.ndarray:
        """(FRESH, TOPICS) scores of a plain multi-label classifier that sees how often each word occurs."""
        seen, new = (self.counted_words(rows) for rows in (self.task.source, self.task.u))
        y = np.array([np.isin(np.arange(self.TOPICS) + len(MARKS), row) for row in self.task.target], float)
        net = Network()
        net.loss(net.dense(net.input(seen.shape[1]), self.TOPICS, name="topics"), "binary-cross-entropy")
        trainer = Trainer(net, seen, y, optimizer="adam", rate=0.05, batch=64, seed=self.seed_of())
        trainer.train(200)
        return trainer.predict(new)

    def seed_of(self) -> int:
        return int(self.trainer.seed)

    def counted_words(self, rows: np.ndarray) -> np.ndarray:
        first = len(MARKS) + self.TOPICS
        return (rows[:, :, None] == np.arange(first, len(self.task.words))).sum(axis=1).astype(float)

    def top_right(self) -> np.ndarray:
        """(FRESH,) whether the `top` best scores are just the topics."""
        best = np.argsort(-self.scorer, axis=1)[:, : int(self.settings["top"])] + len(MARKS)
        wanted = [set(row[row > END].tolist()) for row in self.task.v]
        return np.array([set(b.tolist()) == w for b, w in zip(best, wanted, strict=True)])

    def counted(self) -> Bars:
        """The share right by how many topics there are: written until END; the best few beside it."""
        many, right = (self.task.v > END).sum(axis=1), self.written_right()
        top, sizes = self.top_right(), range(1, 5)
        mean = lambda values, n: float(values[many == n].mean()) if (many == n).any() else np.nan
        return Bars(
            labels=tuple(f"={n}" for n in sizes), values=np.array([mean(right, n) for n in sizes]),
            beside=np.array([mean(top, n) for n in sizes]), word="series.until-end", beside_word="series.top",
        )  # fmt: skip

    def tree(self) -> Diagram:
        """The tree that the brackets mean; a row of loose words if they do not close."""
        return grown(spell(self.answer()[0], self.task.words))

    def facts(self) -> Mapping[str, Any]:
        if not self.trees:
            return {**super().facts(), "top": float(self.top_right().mean())}
        wrote = [spell(row, self.task.words) for row in self.alone(FRESH).tokens]
        return {**super().facts(), "closed": float(np.mean([balanced(words) for words in wrote]))}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {"dates": {"table": table}, "questions": {"tokens": beside, "skills": skills}}.get(experiment, {})


def how_closed(result: Result) -> str:
    """How many of the trees have brackets that close."""
    if result.phase != "done" or result.settings["task"] != "trees" or result.settings["updates"] != "300":
        return ""
    closed = result.facts["closed"]
    return "nearly" if closed > 0.95 else "half" if closed > 0.3 else "few"


def trees(runs: Runs) -> bool:
    """The brackets close in all but one of twenty sentences."""
    return runs["run"].facts["closed"] > 0.95


def top_fails(runs: Runs) -> bool:
    """Written until END nine of ten texts have all their topics, the top three are right in under four."""
    facts = runs["run"].facts
    return facts["right"] > 0.9 and facts["top"] < 0.4
