"""Vector sets from words, sound and graphs, tasks to sort, and six models that label a sequence."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from engine import random
from engine.model import Model, Result
from engine.random import DATA
from lessons.attention.vector_sets.experiments import ARRANGE, TASKS
from lessons.data import surnames
from lessons.labs.seq import Encoder, Shape, Told, last_only, told
from lessons.labs.sort import Sort
from lessons.labs.vectors import Vectors
from lessons.views import Bars, Tokens

Runs = Mapping[str, Result]


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {"models": models} if experiment == "i-saw-a-saw" else {}


# Sets of vectors.


def to_vectors(settings: Mapping[str, Any], seed: int) -> Vectors:
    return Vectors(settings, seed)


def in_a_minute(result: Result) -> str:
    """How many vectors a minute of speech has, one each ten milliseconds."""
    second = Vectors({**result.settings, "source": "speech", "shift": "10"}, result.seed).metrics()["vectors"]
    return f"n{60 * second:.0f}"


def equal(runs: Runs) -> bool:
    """Any two different words are √2 apart."""
    facts = runs["run"].facts
    words, apart = np.array(facts["words"]), np.array(facts["apart"])
    return bool(np.allclose(apart[words[:, None] != words], np.sqrt(2)))


def closer(runs: Runs) -> bool:
    """The cat is nearer to the dog and the rabbit than to tree, flower and run."""
    facts = runs["run"].facts
    far = dict(zip(facts["words"], facts["apart"][facts["words"].index("cat")], strict=True))
    return max(far["dog"], far["rabbit"]) < min(far["tree"], far["flower"], far["run"])


def hundred(runs: Runs) -> bool:
    return runs["run"].metrics["vectors"] == 100


# Three kinds of output.


def label_shape(settings: Mapping[str, Any], seed: int) -> Sort:
    return Sort(settings, seed, ARRANGE, TASKS)


def speaker_bin(result: Result) -> str:
    return result.facts["bins"]["speaker"]


def speaker(runs: Runs) -> bool:
    return runs["sorted"].facts["found"]["speaker"]


def all_right(runs: Runs) -> bool:
    return all(runs["sorted"].facts["found"].values())


# Labels that need the context.

UPDATES, WIDTH = 400, 16
SPELLING = ("I", "saw", "a", "can", "you", "the", "dog", "ran")
LECTURE = (0, 1, 2, 1, 3, 4, 1, 2)  # "I saw a saw can you saw a"
LANGUAGES = {"English": "En", "Finnish": "Fi", "French": "Fr", "Italian": "It", "Spanish": "Es"}
LONGEST, MANY, FRESH = 10, 240, 80  # letters; names of a language to train on, and to test with
STREAM = 74
SHAPES = {
    "fc": Shape(kind="each", width=WIDTH),
    "fc-position": Shape(kind="each", width=WIDTH, position="learned"),
    "window-1": Shape(kind="window", width=WIDTH, reach=1),
    "window-2": Shape(kind="window", width=WIDTH, reach=2),
    "attention": Shape(width=WIDTH),
    "attention-position": Shape(width=WIDTH, position="learned"),
}


def saw(seed: int) -> Told:
    """Sentences of eight words; 1 where the word has been there already. The first fresh one is the lecture's."""
    task = told("saw", seed)
    u, v = task.u.copy(), task.v.copy()
    u[0], v[0] = LECTURE, [word in LECTURE[:k] for k, word in enumerate(LECTURE)]
    return task._replace(u=u, v=v, spelling=SPELLING, names="01")


def plain(name: str) -> str:
    """Lower-case a to z only, accents dropped, so that no single letter gives a language away."""
    letters = unicodedata.normalize("NFD", name.lower().replace("ß", "ss"))
    return "".join(letter for letter in letters if "a" <= letter <= "z")[-LONGEST:]


@cache
def name_lists() -> tuple[tuple[str, ...], ...]:
    """The plain surnames of each of LANGUAGES, in alphabetical order."""
    every, label, known = surnames()
    of = lambda language: {plain(name) for name, k in zip(every, label, strict=True) if known[k] == language}
    return tuple(tuple(sorted(of(language))) for language in LANGUAGES)


def spelt(lists: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Letters 1 to 26 that end at the last place, 0 before them, and one label there: x, y (names, LONGEST)."""
    rows = [[0] * (LONGEST - len(name)) + [ord(c) - 96 for c in name] for part in lists for name in part]
    return last_only(np.array(rows), np.repeat(np.arange(len(lists)), [len(part) for part in lists]))


def whole_names(seed: int) -> Told:
    """Surnames with one label each, asked at the last letter."""
    mixed = [
        [part[k] for k in random.permutation(seed, DATA, STREAM + n, len(part))]
        for n, part in enumerate(name_lists())
    ]
    train, test = ([part[a:b] for part in mixed] for a, b in ((0, MANY), (MANY, MANY + FRESH)))
    (x, y), (u, v) = spelt(train), spelt(test)
    turn = random.permutation(seed, DATA, STREAM + len(mixed), len(u)).astype(int)
    spelling = "·abcdefghijklmnopqrstuvwxyz"
    return Told(x, y, u[turn], v[turn], 27, len(LANGUAGES), spelling, tuple(LANGUAGES.values()))


class Tagger(Encoder):
    """One of the six models; settings: model, task, example."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        data = (saw if settings["task"] == "saw" else whole_names)(seed)
        super().__init__(settings, seed, data, SHAPES[settings["model"]], UPDATES)

    def act(self, action: str) -> Mapping[str, Any]:
        return {"example": (self.settings["example"] + 1) % 40}

    def tokens(self) -> Tokens:
        """The sequence in hand; of a name only its letters, and the answer where it is asked."""
        plain = super().tokens()
        if self.settings["task"] == "saw":
            return plain
        start, last = int(np.argmax(self.example() > 0)), LONGEST - 1
        letters, wanted, said = (
            replace(row, tokens=row.tokens[start:], marks=row.marks[start:]) for row in plain.rows
        )
        said = replace(said, tokens=("=·",) * (last - start) + said.tokens[-1:])
        return Tokens(rows=(letters, wanted, said), chosen=(2, last - start))

    def models(self) -> Bars:
        """This model alone, as in a run without the others."""
        return models({self.settings["model"]: self}, self.settings["model"], ())

    def most_frequent(self) -> float:
        """The share of the labels that one would get right by always giving the same."""
        asked = self.told.v[self.told.v >= 0]
        return float(np.bincount(asked).max() / len(asked))

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "guess": self.most_frequent()}


def tagger(settings: Mapping[str, Any], seed: int) -> Tagger:
    return Tagger(settings, seed)


def models(arms: Mapping[str, Model | None], chosen: str, past: Sequence[Result]) -> Bars:
    """How many labels of fresh sequences each model has right, beside the most frequent label alone."""
    known = {name: model for name, model in arms.items() if model is not None}
    return Bars(
        labels=tuple(f"arm.{name}" for name in known),
        values=np.array([model.checked()["accuracy"] for model in known.values()]),
        beside=np.array([model.most_frequent() for model in known.values()]),
        word="series.accuracy", beside_word="series.guess", chosen=list(known).index(chosen),
    )  # fmt: skip


def accuracy(run: Result) -> float:
    return run.metrics["validation-accuracy"]


def second_saw(result: Result) -> str:
    """How far an FC that sees one word at a time comes above the most frequent label; asked of the FC alone."""
    arms = result.facts.get("arms", {})
    facts = arms.get("fc", {}) if arms else result.facts if result.settings.get("model") == "fc" else {}
    if result.phase != "done" or result.settings.get("task", "saw") != "saw" or not facts:
        return ""
    share = result.metrics["fc/validation-accuracy"] if arms else accuracy(result)
    return "guess" if share < facts["guess"] + 0.03 else "most" if share < 0.95 else "all"


def blind(runs: Runs) -> bool:
    """An FC gets no more right than the most frequent label does, give or take 0.03."""
    return accuracy(runs["fc"]) < runs["fc"].facts["guess"] + 0.03


def ladder(runs: Runs) -> bool:
    """The wider the view the better, and with the whole sequence and its places 0.97."""
    steps = [accuracy(runs[name]) for name in ("fc", "window-1", "window-2", "attention-position")]
    return steps == sorted(steps) and steps[-1] > 0.97


def needs_places(runs: Runs) -> bool:
    return accuracy(runs["attention"]) < 0.8


def names(runs: Runs) -> bool:
    """The whole name tells more of its language than its last letter, by 0.05 at least."""
    return accuracy(runs["attention"]) > accuracy(runs["fc"]) + 0.05
