"""Dates written in many ways, Chinese and English, and the one way 2024-03-05 that ISO 8601 writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine import random
from engine.random import DATA
from lessons.data.generators.pairs import DIGITS, MARKS, Pairs, make
from lessons.data.generators.points import drawn

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HAN = "〇一二三四五六七八九"
DAYS = 36525  # from 1970-01-01 to 2069-12-31
SHARE = 5  # of five days one is never trained on


def han(number: int) -> str:
    """A number up to 39 in Chinese: 十二, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    if not tens:
        return HAN[ones]
    return (HAN[tens] if tens > 1 else "") + "十" + (HAN[ones] if ones else "")


def years(year: int) -> str:
    """A year digit by digit: 二〇二四."""
    return "".join(HAN[int(digit)] for digit in str(year))


# What comes first differs: year, month or day.
FORMS = {
    "slashes": lambda y, m, d: f"{y}/{m}/{d}",
    "chinese": lambda y, m, d: f"{y}年{m}月{d}日",
    "han": lambda y, m, d: f"{years(y)}年{han(m)}月{han(d)}日",
    "american": lambda y, m, d: f"{MONTHS[m - 1]} {d}, {y}",
    "british": lambda y, m, d: f"{d} {MONTHS[m - 1]} {y}",
    "dots": lambda y, m, d: f"{d}.{m}.{y}",
}
INVERTED = ("british", "dots")  # the day comes first
LETTERS = tuple(sorted(set("".join(MONTHS))))
CHARACTERS = (*DIGITS, "-", "/", ".", ",", " ", "年", "月", "日", *HAN, "十", *LETTERS)
NUMBER = {character: len(MARKS) + k for k, character in enumerate(CHARACTERS)}


def written(text: str) -> list[int]:
    """The tokens of a text; characters that no date has are left out."""
    return [NUMBER[character] for character in text if character in NUMBER]


def dates(
    count: int, seed: int, forms: Sequence[str] = tuple(FORMS), fresh: bool = False, noise: float = 0.0
) -> Pairs:
    """A date in one of the forms, letter by letter → the same as ISO writes it. Words: the marks, CHARACTERS.

    fresh: of days that no training date has, in whatever form. noise: the share of sources that got the target
    of another one, as subtitles that slipped.
    """
    d = drawn(seed, 62)
    blocks, inside = d.integers(0, DAYS // SHARE, count), d.integers(0, SHARE - 1, count)
    days = SHARE * blocks + (SHARE - 1 if fresh else inside)
    which = d.integers(0, len(forms), count)
    isos = [str(np.datetime64("1970-01-01") + day) for day in days.tolist()]
    sources = [
        written(FORMS[forms[k]](*map(int, iso.split("-")))) for k, iso in zip(which, isos, strict=True)
    ]
    targets = [written(iso) for iso in isos]
    slipped = random.permutation(seed, DATA, 63, count)[: round(noise * count)] if noise else []
    wrong = [targets[place - 1] for place in slipped]
    for place, target in zip(slipped, wrong, strict=True):
        targets[place] = target
    return make(sources, targets, CHARACTERS)
