"""Pairs of sequences: every target is worked out again from its source."""

import numpy as np
import pytest

from lessons.data import generators
from lessons.data.generators import pairs

MAKERS = ("clean", "prompts", "brackets", "multi_label", "names", "copy_noise", "two_modes")


def spelled(made):
    read = lambda row: pairs.spell(row, made.words)
    return [(read(s), read(t)) for s, t in zip(made.source, made.target, strict=True)]


@pytest.mark.parametrize("make", MAKERS)
def test_targets_end_and_are_filled_up(make):
    made = getattr(generators, make)(100, 1)
    assert made.source.dtype == made.target.dtype == np.int64
    assert max(made.source.max(), made.target.max()) < len(made.words) and made.words[:3] == pairs.MARKS
    for row in made.target:
        end = row.tolist().index(pairs.END)
        assert (row[end + 1 :] == pairs.PAD).all() and (row[:end] > pairs.END).all()
    assert not np.isin(made.source, (pairs.BEGIN, pairs.END)).any()
    given = pairs.shift(made.target)
    assert (given[:, 0] == pairs.BEGIN).all() and (given[:, 1:] == made.target[:, :-1]).all()


def test_clean_strings():
    made = spelled(generators.clean(300, 1))
    assert {len(source) for source, _ in made} == set(range(3, 9))
    for source, target in made:
        assert target == [digit for digit in reversed(source) if digit != "0"]


def test_slipped_targets():
    clean, noisy = (spelled(generators.clean(500, 1, noise=share)) for share in (0, 0.4))
    wrong = [k for k in range(500) if clean[k][1] != noisy[k][1]]
    assert 190 <= len(wrong) <= 200
    assert all(noisy[k][1] == clean[k - 1][1] for k in wrong)


def test_prompts():
    answers = {"rev": lambda d: d[::-1], "max": lambda d: [max(d)], "len": lambda d: [str(len(d))]}
    made = spelled(generators.prompts(200, 1))
    assert {source[0] for source, _ in made} == set(answers)
    for (task, *digits), target in made:
        assert target == answers[task](digits)
    assert {source[0] for source, _ in spelled(generators.prompts(50, 1, tasks=("max",)))} == {"max"}


def test_brackets_are_trees_of_the_sentence():
    for source, target in spelled(generators.brackets(200, 1)):
        assert pairs.balanced(target)
        assert [word for word in target if word not in ("(", ")", "S", *pairs.LABELS)] == source
        assert target[:4] == ["(", "S", "(", "NP"]
    assert (
        not pairs.balanced([")", "("]) and not pairs.balanced(["(", ")", "(", ")"]) and not pairs.balanced([])
    )


def test_labels_of_texts_differ_in_number():
    made = spelled(generators.multi_label(300, 1))
    assert {len(target) for _, target in made} == {1, 2, 3, 4}
    for source, target in made:
        assert target == sorted({word[0].upper() for word in source})


def test_unseen_names_never_occur_in_training():
    seen, unseen = (generators.names(300, 1, unseen=flag) for flag in (False, True))
    assert seen.words == unseen.words
    called = lambda made: {word for source, _ in spelled(made) for word in source if word.startswith("name-")}
    assert len(called(seen)) == len(called(unseen)) == 20 and not called(seen) & called(unseen)
    named = 0
    for source, target in spelled(unseen):
        name = next(word for word in source if word.startswith("name-"))
        named += name in target
    assert named == 300


def test_noise_is_left_out():
    made = spelled(generators.copy_noise(300, 1))
    for source, target in made:
        assert target == [word for word in source if word not in "~#"]
    noise = sum(len(source) - len(target) for source, target in made) / sum(len(target) for _, target in made)
    assert noise == pytest.approx(0.3, abs=0.04)


def test_two_orders_are_equally_frequent():
    made = spelled(generators.two_modes(2000, 1))
    for (letter,), target in made:
        assert sorted(target) == [letter, chr(ord(letter) + 1)]
    assert np.mean([source[0] == target[0] for source, target in made]) == pytest.approx(0.5, abs=0.04)
