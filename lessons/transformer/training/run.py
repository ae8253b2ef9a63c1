"""Decoders in training: what they read, what they may copy, and where they are made to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators.pairs import END, MARKS, PAD, names
from lessons.labs.decoders import fit
from lessons.labs.mixing import Guided, Mixed, Places, share
from lessons.labs.pairs import GLANCE, Shape, Taught, Writer, beside, forces, taught
from lessons.views import Bars, Curve, Line, Table, TokenRow, Tokens

Runs = Mapping[str, Result]
BATCH, MIXED_UPDATES, COPY_UPDATES = 32, 300, 200
AT = 1  # the place of the error that is forced
KNOWN, UNKNOWN = 20, 20  # names in training, and names that never occur there
# Names that occur in training, then those that do not.
PEOPLE = (
    *("anna", "ben", "clara", "david", "emma", "felix", "grace", "hugo", "ida", "jonas"),
    *("karl", "lena", "marie", "noah", "olga", "paul", "rosa", "simon", "tina", "viktor"),
    *("kuroro", "gon", "killua", "kurapika", "leorio", "hisoka", "illumi", "machi", "feitan", "shalnark"),
    *(
        "pakunoda",
        "nobunaga",
        "uvogin",
        "phinks",
        "bonolenov",
        "kortopi",
        "silva",
        "zeno",
        "biscuit",
        "meruem",
    ),
)


def build(settings: Mapping[str, Any], seed: int) -> Writer:
    kinds = {"decoder": Teacher, "inputs": Exposed, "head": Copying, "guide": Led}
    return next(kind for control, kind in kinds.items() if control in settings)(settings, seed)


# Teacher forcing


class Teacher(Places):
    """Digit strings, with few examples; begins: the decoder reads a row of BEGIN instead."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        parallel = settings["decoder"] == "begins"
        shape = Shape(parallel=parallel, mask=None if parallel else "causal")
        task = taught("clean", seed, count=512)
        super().__init__(settings, seed, task, shape, int(settings["updates"]), batch=BATCH)

    def places(self) -> Bars:
        taught, alone = (hits.mean(axis=0).filled(np.nan) for hits in (self.taught_hits(), self.alone_hits()))
        return Bars(
            labels=tuple(f"={k + 1}" for k in range(len(alone))),
            values=alone,
            beside=taught,
            word="series.alone",
            beside_word="series.taught",
        )

    def tokens(self) -> Tokens:
        """The sentence in hand, twice: reading the right answer, and reading what it wrote itself."""
        (source, wanted), (own, _) = self.example(), self.answer()
        read = self.read(wanted[None])
        said = np.where(wanted == PAD, PAD, self.chances(source[None], read)[0].argmax(axis=1))
        marks = lambda tokens: tuple(self.marks(tokens, wanted))
        rows = [self.row("row.source", source), self.row("row.wanted", wanted)]
        rows += [self.row("row.reads-right", read[0]), self.row("row.says", said, marks=marks(said))]
        rows += [self.row("row.reads-own", self.read(own[None])[0])]
        return Tokens(rows=(*rows, self.row("row.writes", own, marks=marks(own))))


# Scheduled sampling


class Exposed(Mixed, Places):
    """Digit strings, reading right answers or a mixture; an error may be forced at place AT."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = taught("clean", seed, count=1024)
        super().__init__(settings, seed, task, Shape(), MIXED_UPDATES, batch=BATCH)

    def forced(self) -> dict[int, int]:
        option, options = self.settings["force"], forces(self.task.words)
        return {AT: END + options.index(option) - 1} if option != "none" else {}

    def act(self, action: str) -> Mapping[str, Any] | None:
        """error: the next digit in place of the right one."""
        right = int(self.example()[1][AT])
        digit = (right - len(MARKS) + 1) % 10 if right >= len(MARKS) else 1
        return {"force": str(digit)} if action == "error" else None

    def after_error(self) -> np.ma.MaskedArray:
        """(count, T) hits after a wrong digit at AT, in strings of four tokens or more; masked before it."""
        u, v = self.task.u[: self.count], self.task.v[: self.count]
        wrong = len(MARKS) + (v[:, AT] - len(MARKS) + 1) % 10
        hits = self.hits(self.write(u, {AT: wrong}).tokens)
        short = (v != PAD).sum(axis=1) < 4
        return np.ma.array(hits.data, mask=hits.mask | short[:, None] | (np.arange(v.shape[1]) <= AT))

    def facts(self) -> Mapping[str, Any]:
        """Of the same places: right after an error, and without one."""
        after = self.after_error()
        free = np.ma.array(self.alone_hits().data, mask=after.mask)
        return {**super().facts(), "after": float(after.mean()), "free": float(free.mean())}


def alone_at(models: Mapping[str, Exposed], chosen: str, past: Sequence[Result]) -> Curve:
    """Accuracy at each place when writing alone, and when reading right answers."""
    lines = []
    for hue, (name, model) in enumerate(models.items()):
        alone, taught = (
            hits.mean(axis=0).filled(np.nan) for hits in (model.alone_hits(), model.taught_hits())
        )
        x = np.arange(1.0, len(alone) + 1)
        lines.append(Line(word=f"arm.{name}", x=x, y=alone, hue=hue))
        if name == chosen:
            lines.append(Line(word="series.taught", x=x, y=taught, role="target"))
    return Curve(lines=tuple(lines), x="axis.place", y="axis.accuracy", limits=(1, None, 0, 1))


def shares(models: Mapping[str, Exposed], chosen: str, past: Sequence[Result]) -> Curve:
    """The share of own tokens over the training of the mixed arm."""
    settings, limit = models["mixed"].settings, models["mixed"].limit
    part = np.linspace(0, 1, 61)
    given = float(settings["mix"]), settings["curve"]
    y = np.array([share(settings["schedule"], one, *given) for one in part])
    x, now = part * limit, float(models["mixed"].step)
    lines = (Line(word="series.own-tokens", x=x, y=y, hue=1),)
    return Curve(lines=lines, x="axis.update", limits=(0, limit, 0, 1), cursor=now)


# Copying


class Copying(Writer):
    """Greetings that name a person; the head writes from its words only, or may copy as well."""

    looks = frozenset({"says"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        known, new = names(512, seed), names(256, seed, unseen=True)
        words = (*known.words[: -len(PEOPLE)], *PEOPLE)
        self.again = names(256, seed + 1)  # known names in other sentences
        s, t = known.source.shape[1], known.target.shape[1]
        task = Taught(known.source, known.target, fit(new.source, s), fit(new.target, t), words)
        shape = Shape(copy=settings["head"] == "copy")
        super().__init__(settings, seed, task, shape, COPY_UPDATES, batch=BATCH)

    @property
    def first(self) -> int:
        """The number of the first name that is never seen in training."""
        return len(self.task.words) - UNKNOWN

    def typed(self) -> tuple[list[int], str]:
        """The tokens of the sentence in hand; a word that no one knows takes the place of a new name."""
        said = (self.settings["says"].lower().split() or ["·"])[: self.task.sizes[0]]
        strange = next((word for word in said if word not in self.task.words), "")
        place = {word: number for number, word in enumerate(self.task.words)}
        return [place.get(word, self.first) for word in said], strange

    def example(self) -> tuple[np.ndarray, np.ndarray]:
        tokens, _ = self.typed()
        source = np.full(self.task.sizes[0], PAD)
        source[: len(tokens)] = tokens
        return source, np.full(self.task.sizes[1], PAD)

    def answer(self, forced: bool = True) -> tuple[np.ndarray, np.ndarray]:
        source = self.example()[0]
        written = self.keep(("said", source.tobytes()), lambda: self.write(source[None]))
        return written.tokens[0], written.chances[0]

    def spelt(self, tokens: Sequence[int]) -> tuple[str, ...]:
        strange = self.typed()[1]
        return tuple(
            f"={strange}" if strange and token == self.first else self.task.token(int(token))
            for token in tokens
        )

    def counted(self) -> dict[str, float]:
        """How many greetings are right, and how many of the names in them: known names, new names."""
        return self.keep("counted", self._count)

    def _count(self) -> dict[str, float]:
        s, t = self.task.sizes
        sets = {
            "known": (fit(self.again.source, s), fit(self.again.target, t)),
            "new": (self.task.u[:GLANCE], self.task.v[:GLANCE]),
        }
        found = {}
        for kind, (u, v) in sets.items():
            u, v = u[:GLANCE], v[:GLANCE]
            right, name = self.write(u).tokens == v, v >= self.first - KNOWN
            found |= {kind: float(right.all(axis=1).mean()), f"{kind}-names": float(right[name].mean())}
            found[f"{kind}-rest"] = float(right[~name & (v != PAD)].mean())
        return found

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **self.counted()}


def greetings(models: Mapping[str, Copying], chosen: str, past: Sequence[Result]) -> Tokens:
    """The sentence typed, and each arm's greeting with the chance of every word."""
    first = next(iter(models.values()))
    source = first.example()[0]
    rows = [TokenRow(word="row.source", tokens=first.spelt(source[source != PAD]))]
    for name, model in models.items():
        tokens, chances = model.answer()
        kept = tokens != PAD
        p = chances[np.arange(len(tokens)), tokens][kept]
        marks = tuple(
            "" if t < model.first - KNOWN else "right" if t in source else "wrong" for t in tokens[kept]
        )
        rows.append(TokenRow(word=f"arm.{name}", tokens=model.spelt(tokens[kept]), marks=marks, values=p))
    return Tokens(rows=tuple(rows))


def known_and_new(models: Mapping[str, Copying], chosen: str, past: Sequence[Result]) -> Table:
    """Names and greetings right, by arm."""
    rows = []
    for name, model in models.items():
        found = model.counted()
        rows.append((f"arm.{name}", *(found[kind] for kind in ("known-names", "new-names", "new-rest"))))
    columns = ("column.head", "column.known-names", "column.new-names", "column.new-rest")
    return Table(columns=columns, rows=tuple(rows), chosen=list(models).index(chosen))


# Guided attention


class Led(Guided):
    """Digits out of noise, in order; few updates, so that attention has hardly found its way."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = taught("copy_noise", seed, count=512, shortest=6, longest=10)
        super().__init__(settings, seed, task, Shape(), int(settings["updates"]), batch=BATCH)

    def skipped(self) -> float:
        """The share of the digits to say that are not said, over GLANCE fresh strings."""
        tokens, v = self.alone().tokens, self.task.v[:GLANCE]
        wanted, said = ([Counter(row[row > END].tolist()) for row in rows] for rows in (v, tokens))
        missing = sum((w - s).total() for w, s in zip(wanted, said, strict=True))
        return missing / sum(w.total() for w in wanted)

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "skipped": self.skipped(), "aside": self.aside()}


def begun(models: Mapping[str, Led | None]) -> dict[str, Led]:
    return {name: model for name, model in models.items() if model is not None}


def skips(models: Mapping[str, Led | None], chosen: str, past: Sequence[Result]) -> Curve:
    """Digits left out and attention aside, over λ."""
    ready = begun(models).values()
    x = np.array([float(model.settings["guide"]) for model in ready])
    values = {
        "skipped": [model.keep("skipped", model.skipped) for model in ready],
        "aside": [model.keep("aside", model.aside) for model in ready],
    }
    lines = tuple(
        Line(word=f"series.{name}", x=x, y=np.array(y), hue=hue)
        for hue, (name, y) in enumerate(values.items())
    )
    return Curve(lines=lines, x="axis.guide", limits=(0, 1, 0, None))


def sayings(models: Mapping[str, Led | None], chosen: str, past: Sequence[Result]) -> Tokens:
    """The string in hand and what each λ makes of it."""
    ready = begun(models)
    first = next(iter(ready.values()))
    source, wanted = first.example()
    rows = [first.row("row.source", source), first.row("row.wanted", wanted)]
    for model in ready.values():
        tokens, _ = model.answer()
        marks = tuple(model.marks(tokens, wanted))
        rows.append(model.row(f"=λ {model.settings['guide']:g}", tokens, marks=marks))
    return Tokens(rows=tuple(rows))


PICTURES = {
    "exposure": {"alone-at": alone_at, "tokens": beside, "shares": shares},
    "copy-names": {"tokens": greetings, "table": known_and_new},
    "diagonal-loss": {"tokens": sayings, "skips": skips},
}


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    """Views over all arms."""
    return PICTURES.get(experiment, {})


# Answers that the run gives


def alone(result: Result) -> str:
    """How good a decoder is alone, against reading the right answers."""
    if result.settings["decoder"] != "reads":
        return ""
    gap = result.facts["taught"] - result.facts["alone"]
    return "worse" if gap > 0.01 else "better" if gap < -0.01 else "same"


def after_error(result: Result) -> str:
    """What one wrong digit costs a decoder that met its own errors in training."""
    facts = result.facts
    if result.settings["inputs"] != "mixed":
        return ""
    cost = facts["free"] - facts["after"]
    return "little" if cost < 0.06 else "much" if facts["after"] > 0.2 else "all"


def new_names(result: Result) -> str:
    """How many of the names that it never saw a decoder writes that may copy."""
    found = result.facts["new-names"]
    if result.settings["head"] != "copy":
        return ""
    return "none" if found < 0.05 else "all" if found > 0.9 else "half"


def left_out(result: Result) -> str:
    """How many digits a decoder leaves out that was led to the diagonal all the time."""
    if result.settings["guide"] != 1:
        return ""
    found = result.facts["skipped"]
    return "none" if found < 0.03 else "some" if found < 0.4 else "most"


# Claims


def gap(runs: Runs) -> bool:
    """Alone, 15 in 1000 tokens or more are lost."""
    facts = runs["run"].facts
    return facts["taught"] - facts["alone"] > 0.015


def later_worse(runs: Runs) -> bool:
    """At the first place nothing is lost, from the fifth to the eighth more than 5 in 100."""
    facts = runs["run"].facts
    lost = np.array(facts["taught-at"]) - np.array(facts["alone-at"])
    return bool(lost[0] == 0 and lost[4:8].mean() > 0.05)


def recovers(runs: Runs) -> bool:
    """After a forced error at least 5 in 100 tokens more are right."""
    return runs["mixed"].facts["after"] > runs["right"].facts["after"] + 0.05


def closes_gap(runs: Runs) -> bool:
    """What is lost alone is less than with right answers only."""
    lost = {name: run.facts["taught"] - run.facts["alone"] for name, run in runs.items()}
    return lost["mixed"] < 0.8 * lost["right"]


def unseen_names(runs: Runs) -> bool:
    """Of names never seen, one head writes none and the other nearly all."""
    return runs["plain"].facts["new-names"] < 0.05 < 0.9 < runs["copy"].facts["new-names"]


def known_names(runs: Runs) -> bool:
    """Known names are no trouble for either; the other words of a greeting with a new name neither."""
    plain, copy = runs["plain"].facts, runs["copy"].facts
    easy = min(plain["known-names"], copy["known-names"], plain["new-rest"], copy["new-rest"]) > 0.8
    return easy and copy["new-names"] > plain["new-names"]


def diagonal(runs: Runs) -> bool:
    """The attention aside falls to two thirds or less."""
    return runs["led"].facts["aside"] < 0.67 * runs["free"].facts["aside"]


def skips_less(runs: Runs) -> bool:
    """A tenth fewer digits are left out, or more than that."""
    return runs["led"].facts["skipped"] < 0.9 * runs["free"].facts["skipped"]
