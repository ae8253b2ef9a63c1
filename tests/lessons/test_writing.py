"""The lesson on writing whole sentences: the lecture's tree, beam search, sampling, BLEU."""

from math import exp, prod, sqrt

import numpy as np
import pytest
from formulas import prove

from engine.decoding import beam_search, greedy, sentence_bleu
from lessons import catalog, proof
from lessons.data.generators.pairs import lecture_tree
from lessons.labs.beams import repeated

WRITTEN, REFERENCE = "貓好可愛。", "貓咪真可愛。"


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/decoding")


@pytest.fixture(scope="module")
def model(lesson):
    """(experiment, changes, updates) → model."""

    def make(name, updates=0, **changes):
        experiment = lesson.experiments()[name]
        built = lesson.call(experiment.build)(experiment.settings(changes), 1)
        built.train(updates)
        return built

    return make


@pytest.fixture(scope="module")
def search(lesson):
    return proof.runner(lesson, lesson.experiments()["beam-tree"], 1)


@pytest.fixture(scope="module")
def score(lesson):
    return proof.runner(lesson, lesson.experiments()["bleu-lab"], 1)


@pytest.mark.parametrize(("beam", "text", "p"), [(1, "ABB", 0.216), (2, "BBB", 0.324), (4, "BBB", 0.324)])
def test_the_lectures_tree(search, model, beam, text, p):
    facts = search({"beam": beam}).facts
    assert facts["written"] == text and facts["chance"] == pytest.approx(p, abs=1e-12)
    assert model("beam-tree", beam=beam).look("table", ()).rows[beam - 1][1:] == (
        f"={text}",
        p,
        {1: 0.216, 2: 0.324}.get(beam, 0.324),
    )


def test_the_tree_shows_the_chances_of_the_lecture(model):
    tree = model("beam-tree", beam=2).look("tree", ())
    assert len(tree.nodes) == 15 and len(tree.edges) == 14
    values = {node.id[1:]: node.value for node in tree.nodes}
    for start, stop, weight, lit in tree.edges:
        way = tuple("AB".index(letter) for letter in stop[1:])
        assert weight == pytest.approx(exp(lecture_tree(way[:-1])[way[-1]])) and start[1:] == stop[1:-1]
        assert lit == "BBB".startswith(stop[1:])
    assert values["BBB"] == pytest.approx(0.324) and values["ABB"] == pytest.approx(0.216)
    seen = {"".join("AB"[t] for t in node.tokens) for node in beam_search(lecture_tree, 2, limit=3).tree}
    assert {way for way, value in values.items() if value is not None} == seen


def test_a_drawn_sentence_depends_on_draw_and_temperature(model):
    drawn = {model("beam-tree", method="sample", draw=k).written().tokens for k in range(12)}
    assert len(drawn) > 2
    assert (
        model("beam-tree", method="sample", temperature=0).written().tokens
        == greedy(lecture_tree, limit=3).tokens
    )


def test_search_in_a_text_goes_in_circles(search, model):
    facts = search({"source": "text", "beam": 4}).facts
    assert facts["written"] > 0.5 and facts["drawn"] < 0.2 and facts["data"] < 0.1
    text = model("beam-tree", 200, source="text", beam=4)
    best = text.found(4).best
    assert facts["written"] == pytest.approx(repeated(best[0].tokens))
    shown = text.look("tokens", ()).rows
    assert sum((row.tokens for row in shown), ()) == text.spelt(best[0].tokens)
    values = np.concatenate([row.values for row in shown])
    after = text.after()
    assert values == pytest.approx([exp(after(best[0].tokens[:k])[t]) for k, t in enumerate(best[0].tokens)])
    assert np.log(values).sum() == pytest.approx(best[0].log_probability, abs=1e-4)
    tree = text.look("tree", ())
    assert {1.0} == {round(node.x, 6) for node in tree.nodes if node.hot and node.x > 0.99}
    text.set("method", "sample")
    assert repeated(text.written().tokens) < 0.3


def test_the_digit_decoder_searches_its_own_chances(model):
    digits = model("beam-tree", 200, source="digits", example=3)
    rows = digits.look("table", ()).rows
    assert [row[0] for row in rows[:4]] == ["=beam 1", "=beam 2", "=beam 3", "=beam 4"]
    own = digits.answer()[0]
    assert list(digits.found(1).best[0].tokens) == own[own != 0].tolist()
    assert digits.look("tree", ()).edges


def test_repeated_counts_triples_that_come_again():
    assert repeated([1, 2, 3, 1, 2, 3]) == pytest.approx(1 / 4) and repeated([1, 2]) == 0.0


def test_bleu_of_the_lectures_pair(score):
    facts = score({}).facts
    assert [list(pair) for pair in facts["counts"]] == [[4, 5], [2, 4], [1, 3], [0, 2]]
    assert facts["each"] == pytest.approx([0.655, 0.518, 0.418, 0], abs=5e-4)
    assert facts["brevity"] == pytest.approx(0.8187, abs=5e-5)


def test_the_views_show_the_same_numbers(model):
    pair = model("bleu-lab", n=4)
    assert [step.text for step in pair.look("numbers", ()).steps] == [
        "p1 = 4/5 = 0.800", "p2 = 2/4 = 0.500", "p3 = 1/3 = 0.333", "p4 = 0/2 = 0.000",
        "c = 5, r = 6, BP = e^(1 − 6/5) = 0.819",
        "BLEU-4 = 0.819·(0.800·0.500·0.333·0.000)^(1/4) = 0.000",
    ]  # fmt: skip
    assert pair.look("tokens", ()).rows[1].marks == ("right", "wrong", "right", "right", "right")
    assert [row[-1] for row in pair.look("table", ()).rows] == [0.655, 0.518, 0.418, 0.0]
    more = model("bleu-lab", written="貓貓貓貓好可愛。").look("tokens", ()).rows[1]
    assert more.marks[:4] == ("right", "wrong", "wrong", "wrong")
    words = model("bleu-lab", written="the cat", reference="the cat sat")
    assert words.pair() == (["the", "cat"], ["the", "cat", "sat"])
    assert model("bleu-lab", written="", reference="").look("numbers", ()).steps[-1].text.endswith("0.000")


def test_walking_down_the_gradient_leaves_the_run_as_it_was(model):
    run = model("bleu-lab", 100, pair="digits")
    before = run.trainer.theta
    far, loss, bleu = run.walked()
    assert run.trainer.theta.tobytes() == before.tobytes()
    assert loss[1] < loss[0] and len(set(bleu)) < len(set(loss)) == len(far)
    assert bleu[0] == run.measured() == run.bleu()


def test_checkpoints_are_the_same_however_the_updates_are_cut(model):
    whole, parts = model("bleu-lab", 75, pair="digits"), model("bleu-lab", pair="digits")
    for updates in (10, 30, 35):
        parts.train(updates)
    assert whole.marks_made == parts.marks_made and len(whole.marks_made) == 3
    again = model("bleu-lab", pair="digits")
    again.restore(whole.state())
    assert (
        again.marks_made == whole.marks_made
        and again.trainer.theta.tobytes() == whole.trainer.theta.tobytes()
    )


def product(letters, p):
    way = ["AB".index(letter) for letter in letters]
    each = [exp(lecture_tree(way[:k])[t]) for k, t in enumerate(way)]
    assert prod(each) == pytest.approx(p, abs=1e-12)
    return each


def greedy_path():
    assert product("ABB", 0.216) == pytest.approx([0.6, 0.6, 0.6])


def best_path():
    assert product("BBB", 0.324) == pytest.approx([0.4, 0.9, 0.9])


def ways():
    """Each level of the search has at most V·k ways, of which k are kept."""
    tree = beam_search(lecture_tree, 2, limit=3).tree
    for level in (2, 3):
        here = [node for node in tree if len(node.tokens) == level]
        assert len(here) == 2 * 2 and sum(node.fate != "cut" for node in here) == 2


def brevity():
    for c, r in ((5, 6), (3, 6), (6, 6), (8, 6)):
        shown = exp(1 - r / c) if c < r else 1
        assert sentence_bleu("a" * c, "a" * r, n=1).brevity == pytest.approx(shown)


def precisions():
    return sentence_bleu(WRITTEN, REFERENCE).precisions == pytest.approx((4 / 5, 2 / 4, 1 / 3, 0))


def penalty():
    return (
        sentence_bleu(WRITTEN, REFERENCE).brevity == pytest.approx(exp(1 - 6 / 5))
        and round(exp(-0.2), 3) == 0.819
    )


def bleu_two():
    shown = 0.819 * sqrt(0.8 * 0.5)
    return (
        sentence_bleu(WRITTEN, REFERENCE, n=2).score == pytest.approx(shown, abs=5e-4)
        and round(shown, 3) == 0.518
    )


FORMULAS = {
    "P(ABB) = 0.6·0.6·0.6 = 0.216": greedy_path,
    "P(BBB) = 0.4·0.9·0.9 = 0.324": best_path,
    "V·k 条里选 k 条": ways,
    "k out of V·k ways": ways,
    "BP = e^(1 − r/c)，c < r 时": brevity,
    "BP = e^(1 − r/c) for c < r": brevity,
    "p₁ = 4/5, p₂ = 2/4, p₃ = 1/3, p₄ = 0/2": precisions,
    "BP = e^(1 − 6/5) = 0.819": penalty,
    "BLEU-2 = 0.819·√(0.8·0.5) = 0.518": bleu_two,
}


def test_every_formula_shown_is_one_that_is_evaluated():
    prove("transformer/decoding", FORMULAS)
