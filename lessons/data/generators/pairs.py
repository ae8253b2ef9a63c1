"""Pairs of sequences: what an encoder reads and what a decoder should write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine import random
from engine.random import DATA
from lessons.data.generators.points import drawn

PAD, BEGIN, END = 0, 1, 2
MARKS = ("<pad>", "<begin>", "<end>")
DIGITS = tuple("0123456789")
NOUNS = ("learning", "machine", "network", "data")
ADJECTIVES = ("deep", "powerful", "small")
LABELS = ("NP", "VP", "ADJV")


class Pairs(NamedTuple):
    """source (count, S) and target (count, T) int64, each filled up with PAD, the target ended by END.

    words: the text of each token; both sides share them.
    """

    source: np.ndarray
    target: np.ndarray
    words: tuple[str, ...]


def fill(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """(count, longest) int64: rows of different lengths, PAD behind them."""
    table = np.full((len(rows), max(map(len, rows))), PAD)
    for k, row in enumerate(rows):
        table[k, : len(row)] = row
    return table


def make(sources, targets, words) -> Pairs:
    return Pairs(fill(sources), fill([[*row, END] for row in targets]), MARKS + tuple(words))


def shift(target: np.ndarray) -> np.ndarray:
    """What a decoder reads while it is taught: BEGIN, then the target without its last token. (count, T)."""
    return np.concatenate([np.full((len(target), 1), BEGIN), target[:, :-1]], axis=1)


def spell(tokens, words: Sequence[str]) -> list[str]:
    """The words of a row of tokens up to END, without PAD and BEGIN."""
    out = []
    for token in tokens:
        if token == END:
            break
        if token not in (PAD, BEGIN):
            out.append(words[token])
    return out


def strings(count: int, seed: int, number: int, shortest: int, longest: int) -> list[list[int]]:
    """`count` lists of random digits of random lengths."""
    d = drawn(seed, number)
    lengths, digits = d.integers(shortest, longest + 1, count), d.integers(0, 10, (count, longest))
    return [row[:n].tolist() for row, n in zip(digits, lengths, strict=True)]


def tokens(digits: Sequence[int]) -> list[int]:
    return [len(MARKS) + digit for digit in digits]


def numbered(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    return [tokens(row) for row in rows]


def clean(count: int, seed: int, shortest: int = 3, longest: int = 8, noise: float = 0.0) -> Pairs:
    """Digit strings → without their zeros, reversed. 13 words: the marks, then the digits.

    noise: the share of sources that get the target of another one, as subtitles that slipped.
    """
    rows = strings(count, seed, 50, shortest, longest)
    targets = [[digit for digit in reversed(row) if digit] for row in rows]
    slipped = random.permutation(seed, DATA, 51, count)[: round(noise * count)] if noise else []
    wrong = [targets[place - 1] for place in slipped]
    for place, target in zip(slipped, wrong, strict=True):
        targets[place] = target
    return make(numbered(rows), numbered(targets), DIGITS)


def prompts(count: int, seed: int, tasks: Sequence[str] = ("rev", "max", "len")) -> Pairs:
    """A task's name and 2 to 6 digits → the digits reversed, the largest, or how many there are.

    16 words: the marks, the digits, then rev, max and len; `tasks` are those that occur.
    """
    answer = {"rev": lambda r: r[::-1], "max": lambda r: [max(r)], "len": lambda r: [len(r)]}
    rows, words = strings(count, seed, 52, 2, 6), (*DIGITS, *answer)
    chosen = [tasks[k] for k in drawn(seed, 53).integers(0, len(tasks), count)]
    head = {task: len(MARKS) + words.index(task) for task in answer}
    sources = [[head[task], *tokens(row)] for task, row in zip(chosen, rows, strict=True)]
    return make(sources, numbered([answer[t](r) for t, r in zip(chosen, rows, strict=True)]), words)


def brackets(count: int, seed: int) -> Pairs:
    """Sentences of a small grammar → their trees, written with brackets: ( S ( NP deep learning ) ( VP is … ) ).

    S → NP VP; NP → adjective* noun; VP → is ADJV, or has NP; ADJV → very* adjective.
    """
    # A sentence takes at most nine numbers of its own row.
    u = iter(())
    pick = lambda words: words[int(next(u) * len(words))]
    some = lambda word: [word() for _ in range(pick((0, 1, 2)))]
    adjective = lambda: pick(ADJECTIVES)

    def noun_phrase():
        words = [*some(adjective), pick(NOUNS)]
        return words, ["(", "NP", *words, ")"]

    def verb_phrase():
        if pick((True, False)):
            words, tree = noun_phrase()
            return ["has", *words], ["(", "VP", "has", *tree, ")"]
        words = [*some(lambda: "very"), adjective()]
        return ["is", *words], ["(", "VP", "is", "(", "ADJV", *words, ")", ")"]

    words = (*NOUNS, *ADJECTIVES, "very", "is", "has", "(", ")", "S", *LABELS)
    number = {word: len(MARKS) + k for k, word in enumerate(words)}
    sources, targets = [], []
    for row in drawn(seed, 54).uniform(shape=(count, 9)).tolist():
        u = iter(row)
        (subject, left), (rest, right) = noun_phrase(), verb_phrase()
        sources.append([number[word] for word in subject + rest])
        targets.append([number[word] for word in ["(", "S", *left, *right, ")"]])
    return make(sources, targets, words)


def balanced(words: Sequence[str]) -> bool:
    """Whether the brackets of a sentence close in order, the last one at its end."""
    depth = 0
    for k, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth < 0 or (depth == 0 and k + 1 < len(words)):
            return False
    return depth == 0 and bool(words)


def multi_label(count: int, seed: int, topics: int = 6, length: int = 8) -> Pairs:
    """Texts of `length` words, each of one of 1 to 4 topics → all the topics that occur, in order.

    Every topic has four words, a0 to a3 for A. Words: the marks, the topics A, B, …, then their words.
    """
    d = drawn(seed, 55)
    heads = tuple(chr(ord("A") + k) for k in range(topics))
    words = (*heads, *(f"{head.lower()}{k}" for head in heads for k in range(4)))
    orders, many = d.uniform(shape=(count, topics)).argsort(axis=1), d.integers(1, min(4, topics) + 1, count)
    more, which = d.uniform(shape=(count, length)), d.integers(0, 4, (count, length))
    places = d.uniform(shape=(count, length)).argsort(axis=1)
    # Every chosen topic has a word; what the others are about is chosen among them.
    about = np.where(np.arange(length) < many[:, None], np.arange(length), more * many[:, None]).astype(
        np.int64
    )
    about = np.take_along_axis(np.take_along_axis(orders, about, axis=1), places, axis=1)
    sources = (len(MARKS) + topics + 4 * about + which).tolist()
    targets = [np.sort(len(MARKS) + order[:n]).tolist() for order, n in zip(orders, many, strict=True)]
    return make(sources, targets, words)


def names(count: int, seed: int, known: int = 20, unknown: int = 20, unseen: bool = False) -> Pairs:
    """ "hello i am NAME" → "hi NAME nice to meet you", in three phrasings; the name must be copied.

    unseen: with the names that the others never have. All words are numbered alike either way.
    """
    phrases = (
        ("hello i am", "hi {} nice to meet you"),
        ("{} is here", "welcome {}"),
        ("call me", "all right {}"),
    )
    plain = sorted({word for pair in phrases for part in pair for word in part.split() if word != "{}"})
    people = [f"name-{k}" for k in range(known + unknown)]
    number = {word: len(MARKS) + k for k, word in enumerate([*plain, *people])}
    d = drawn(seed, 56)
    which = d.integers(0, len(phrases), count)
    who = d.integers(known, known + unknown, count) if unseen else d.integers(0, known, count)
    sources, targets = [], []
    for phrase, person in zip(which, who, strict=True):
        asked, answer = phrases[phrase]
        asked = asked if "{}" in asked else f"{asked} {{}}"
        sources.append([number[word] for word in asked.format(people[person]).split()])
        targets.append([number[word] for word in answer.format(people[person]).split()])
    return make(sources, targets, number)


def copy_noise(count: int, seed: int, shortest: int = 1, longest: int = 8, noise: float = 0.3) -> Pairs:
    """Digits with noise words strewn in → the digits alone, in order: attention should walk left to right.

    noise: the chance of a noise word before each digit. 15 words: the marks, the digits, two noise words.
    """
    rows, d = strings(count, seed, 57, shortest, longest), drawn(seed, 58)
    strewn, which = d.uniform(shape=(count, longest)) < noise, d.integers(0, 2, (count, longest))
    first = len(MARKS) + len(DIGITS)
    sources = [
        [
            token
            for n, t in enumerate(tokens(row))
            for token in ([first + which[k, n]] if strewn[k, n] else []) + [t]
        ]
        for k, row in enumerate(rows)
    ]
    return make(sources, numbered(rows), (*DIGITS, "~", "#"))


def two_modes(count: int, seed: int, kinds: int = 4) -> Pairs:
    """One symbol → its two letters, as often in one order as in the other: A means AB or BA, C means CD or DC.

    Both are right answers; a mixture, AA or BB, is not. Words: the marks, then 2 · kinds letters.
    """
    d = drawn(seed, 59)
    first, turned = 2 * d.integers(0, kinds, count), d.integers(0, 2, count)
    both = np.stack([first + turned, first + 1 - turned], axis=1) + len(MARKS)
    letters = tuple(chr(ord("A") + k) for k in range(2 * kinds))
    return make((first[:, None] + len(MARKS)).tolist(), both.tolist(), letters)


def lecture_tree(prefix: Sequence[int]) -> np.ndarray:
    """ln P of A (0) and B (1) after a prefix, as in the lecture's beam-search tree: the better start looks worse."""
    p = [0.6, 0.4] if not len(prefix) else [0.4, 0.6] if prefix[0] == 0 else [0.1, 0.9]
    return np.log(p)
