"""Decoding: the lecture's tree, exhaustive search as a twin, temperatures near 0; BLEU by hand."""

from itertools import product
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding import (
    beam_search,
    corpus_bleu,
    greedy,
    length_penalty,
    sample,
    sentence_bleu,
    shape,
)
from engine.errors import EngineError
from lessons.data.generators import lecture_tree

END = 0


def model(seed, tokens=4):
    """A random language: ln P of the next token by the last two, made of the seed."""
    table = np.random.default_rng(seed).normal(0, 1.5, (tokens + 1, tokens + 1, tokens))
    table -= np.log(np.exp(table).sum(axis=2, keepdims=True))
    return lambda prefix: table[(-1, -1, *prefix)[-2:]]


def sentences(following, tokens, limit):
    """Every sentence up to the limit with ln P: ended ones, and whole ones of that length."""
    for length in range(1, limit + 1):
        for row in product(range(1, tokens), repeat=length - 1):
            for last in range(tokens) if length == limit else [END]:
                whole = (*row, last)
                yield whole, sum(following(whole[:k])[t] for k, t in enumerate(whole))


def fails(code, call, *arguments, **options):
    with pytest.raises(EngineError) as caught:
        call(*arguments, **options)
    assert caught.value.code == code
    return caught.value.facts


# Search


def test_the_lectures_tree():
    path = greedy(lecture_tree, limit=3)
    assert path.tokens == (0, 1, 1) and exp(path.log_probability) == pytest.approx(0.216)
    one, two = beam_search(lecture_tree, 1, limit=3), beam_search(lecture_tree, 2, limit=3)
    assert one.best == [path]
    assert two.best[0].tokens == (1, 1, 1) and exp(two.best[0].log_probability) == pytest.approx(0.324)
    assert two.best[1] == path


def test_the_tree_is_kept_for_drawing():
    tree = beam_search(lecture_tree, 2, limit=3).tree
    assert [exp(node.log_probability) for node in tree[1:3]] == pytest.approx([0.6, 0.4])
    assert len(tree) == 1 + 2 + 4 + 4
    for node in tree[1:]:
        above = tree[node.parent]
        assert node.tokens == (*above.tokens, node.token)
        assert node.total == pytest.approx(above.total + node.log_probability)
        assert node.score == node.total and above.fate == "kept"
    fates = [node.fate for node in tree[1:]]
    assert fates.count("kept") == 4 and fates.count("limit") == 2 and fates.count("cut") == 4
    thin = beam_search(model(1, 50), 2, limit=4, show=3).tree
    assert max(sum(node.parent == k for node in thin) for k in range(len(thin))) == 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_wide_beam_is_exhaustive(seed, alpha):
    following, limit = model(seed), 4
    everything = [
        (total / length_penalty(len(row), alpha), row) for row, total in sentences(following, 4, limit)
    ]
    best = beam_search(following, len(everything), end=END, limit=limit, alpha=alpha)
    everything.sort(reverse=True)
    assert [found.tokens for found in best.best] == [row for _, row in everything]
    np.testing.assert_allclose(best.scores, [score for score, _ in everything], rtol=1e-12)
    assert all(found.ended == (found.tokens[-1] == END) for found in best.best)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_beam_of_one_is_greedy(seed):
    following = model(seed, 6)
    assert beam_search(following, 1, end=END, limit=8).best == [greedy(following, end=END, limit=8)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_a_beam_is_full_and_in_order(seed, width):
    beam = beam_search(model(seed, 6), width, begin=(3,), end=END, limit=7)
    assert len(beam.best) == width == len({found.tokens for found in beam.best})
    assert beam.scores == sorted(beam.scores, reverse=True)
    following = model(seed, 6)
    for found in beam.best:
        total = sum(following((3, *found.tokens[:k]))[t] for k, t in enumerate(found.tokens))
        assert found.log_probability == pytest.approx(total)
        assert END not in found.tokens[:-1] and (found.ended or len(found.tokens) == 7)


def test_the_length_penalty_favours_longer_sentences():
    # 0 ends with 0.4; 1 goes on to 0.5 · 0.7 for the whole.
    following = lambda prefix: np.log([[0.45, 0.55], [0.8, 0.2]][min(len(prefix), 1)])
    assert beam_search(following, 2, end=END, limit=2).best[0].tokens == (0,)
    assert beam_search(following, 2, end=END, limit=2, alpha=1).best[0].tokens == (1, 0)
    assert length_penalty(1, 0.6) == 1 and length_penalty(7, 1) == 2


def test_impossible_tokens_are_never_taken():
    with np.errstate(divide="ignore"):
        following = lambda prefix: np.log([0.0, 1.0, 0.0])
        assert [found.tokens for found in beam_search(following, 3, limit=2).best] == [(1, 1)]
    assert fails("no-next-token", greedy, lambda prefix: np.full(3, -np.inf), (5,)) == {"prefix": [5]}
    fails("no-next-token", greedy, lambda prefix: [0.0, np.nan])
    fails("not-positive", beam_search, lecture_tree, 0)


def test_greedy_ends_and_stops():
    following = lambda prefix: np.log([0.1, 0.9] if len(prefix) < 4 else [0.9, 0.1])
    assert greedy(following, (1,), END).tokens == (1, 1, 1, 0) and greedy(following, (1,), END).ended
    short = greedy(following, end=END, limit=2)
    assert short.tokens == (1, 1) and not short.ended


# Sampling


def test_temperature_is_exact():
    logits = np.array([3.0, 1.0, -3.0])
    np.testing.assert_allclose(shape(logits), [0.8789, 0.1189, 0.0022], atol=5e-5)
    for temperature in (0.01, 0.1, 0.5, 2, 10):
        p = shape(logits, temperature)
        assert log(p[0]) - log(p[1]) == pytest.approx(2 / temperature, rel=1e-9)
    close = shape([0.02, 0.01, 0.0], 0.01)
    np.testing.assert_allclose(close, np.exp([2, 1, 0]) / np.exp([2, 1, 0]).sum(), rtol=1e-12)
    assert shape(1e6 * logits, 0.01).tolist() == [1, 0, 0]
    assert shape([1.0, 2.0, 2.0], 0).tolist() == [0, 1, 0]
    np.testing.assert_allclose(shape([5.0, 5 + 1e-3], 1e-3), shape([0.0, 1.0]), rtol=1e-9)


def test_top_k_and_top_p():
    vector = np.log([0.5, 0.1, 0.25, 0.15])
    np.testing.assert_allclose(shape(vector, top_k=2), [2 / 3, 0, 1 / 3, 0])
    np.testing.assert_allclose(shape(vector, top_p=0.5), [1, 0, 0, 0])
    np.testing.assert_allclose(shape(vector, top_p=0.51), [2 / 3, 0, 1 / 3, 0])
    np.testing.assert_allclose(shape(vector, top_p=0.75), [2 / 3, 0, 1 / 3, 0])
    np.testing.assert_allclose(shape(vector, top_p=0.9), np.array([0.5, 0, 0.25, 0.15]) / 0.9)
    np.testing.assert_allclose(shape(vector, top_p=1.0), np.exp(vector))
    np.testing.assert_allclose(shape(vector, top_k=3, top_p=0.8), [2 / 3, 0, 1 / 3, 0])
    assert shape(np.zeros(4), top_k=2).tolist() == [0.5, 0.5, 0, 0]
    np.testing.assert_allclose(shape(vector, 2, top_k=2), np.sqrt([0.5, 0, 0.25, 0]) / (0.5 + np.sqrt(0.5)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.01, 1))
def test_top_p_is_the_fewest_that_reach_p(seed, tokens, share):
    p = np.random.default_rng(seed).dirichlet(np.ones(tokens))
    kept = shape(np.log(p), top_p=share) > 0
    assert p[kept].sum() >= share - 1e-9
    assert kept.sum() == 1 or p[kept].sum() - p[kept].min() < share
    assert kept.all() or p[kept].min() >= p[~kept].max()


def test_samples_follow_the_probabilities():
    p = np.array([0.5, 0.1, 0.25, 0.15, 0.0])
    with np.errstate(divide="ignore"):
        drawn = sample(lambda prefix: np.log(p), limit=4000, seed=3)
    np.testing.assert_allclose(np.bincount(drawn.tokens, minlength=5) / 4000, p, atol=0.025)
    assert 4 not in drawn.tokens


def test_samples_depend_on_the_seed_and_the_shape():
    following = model(2, 6)
    draw = lambda **options: sample(following, end=END, limit=12, **options).tokens
    assert draw(seed=5) == draw(seed=5) and len({draw(seed=k) for k in range(20)}) > 10
    assert draw(temperature=0) == draw(top_k=1) == greedy(following, end=END, limit=12).tokens
    long, short = (sample(following, limit=n, seed=4).tokens for n in (12, 5))
    assert long[:5] == short
    total = sum(following(long[:k])[t] for k, t in enumerate(long))
    assert sample(following, limit=12, seed=4).log_probability == pytest.approx(total)


def test_bad_shapes_of_sampling():
    fails("negative", shape, [0, 1], -1)
    fails("not-positive", shape, [0, 1], top_k=0)
    fails("not-a-share", shape, [0, 1], top_p=0)
    fails("not-a-share", shape, [0, 1], top_p=1.5)


# BLEU


def test_two_cats():
    result = sentence_bleu("貓好可愛。", "貓咪真可愛。")
    assert result.counts == ((4, 5), (2, 4), (1, 3), (0, 2))
    assert result.brevity == pytest.approx(exp(-0.2), rel=1e-12) == pytest.approx(0.8187, abs=5e-5)
    scores = [sentence_bleu("貓好可愛。", "貓咪真可愛。", n=n).score for n in (2, 3, 4)]
    assert scores == pytest.approx([0.518, 0.418, 0], abs=5e-4)


def test_a_repeated_word_is_clipped():
    # Papineni et al. 2002, section 2.1.
    first, second = ["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]
    assert sentence_bleu(["the"] * 7, first, second, n=1).counts == ((2, 7),)
    assert sentence_bleu(["the"] * 7, second, n=1).counts == ((1, 7),)


def test_the_nearest_reference_counts_for_brevity():
    # The shorter of two at the same distance.
    assert sentence_bleu("abcde", "abcdefgh", "abcdefg", n=1).reference_length == 7
    assert sentence_bleu("abcde", "abcdef", "abcd", n=1).reference_length == 4
    assert sentence_bleu("abcdef", "abcde", n=1).brevity == 1
    assert sentence_bleu("abcde", "abcde").score == 1
    assert sentence_bleu("", "abc").score == 0


def test_a_corpus_adds_counts_not_scores():
    outputs, references = ["abcd", "xy"], [["abcd"], ["xz"]]
    whole = corpus_bleu(outputs, references, n=2)
    assert whole.counts == ((5, 6), (3, 4)) and whole.brevity == 1
    assert whole.score == pytest.approx((5 / 6 * 3 / 4) ** 0.5)
    assert sentence_bleu("xy", "xz", n=2).score == 0


def test_smoothing_adds_one_from_pairs_on():
    smooth = sentence_bleu("貓好可愛。", "貓咪真可愛。", smooth=True)
    assert smooth.precisions == pytest.approx((4 / 5, 3 / 5, 2 / 4, 1 / 3))
    assert smooth.score == pytest.approx(exp(-0.2) * (4 / 5 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=9), st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_bleu_is_a_share_and_1_only_for_the_same(output, reference):
    result = sentence_bleu(output, reference, n=2)
    assert 0 <= result.score <= 1
    if result.score == 1:
        assert len(output) >= len(reference)
    if output == reference and len(output) > 1:
        assert result.score == 1


def test_bad_bleu():
    assert fails("wrong-count", corpus_bleu, ["a", "b"], [["a"]])["expected"] == 2
    fails("no-data", corpus_bleu, [], [])
    fails("no-data", sentence_bleu, "a")
    fails("not-positive", sentence_bleu, "a", "a", n=0)
