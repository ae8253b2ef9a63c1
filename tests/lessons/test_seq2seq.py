"""The lesson on sequence to sequence: its data, what it draws, the figures of its texts and every formula there."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.data.generators import brackets, dates
from lessons.data.generators.days import FORMS, INVERTED, han, written
from lessons.data.generators.pairs import END, MARKS, PAD, spell
from lessons.labs.trees import grown
from lessons.transformer.seq2seq.run import ISO, form_of


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/seq2seq")


@pytest.fixture(scope="module")
def runs(lesson):
    return {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment, settings → model with `updates` done."""

    def make(name, done=0, **settings):
        experiment = lesson.experiments()[name]
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(done)
        return found

    return make


def typed(here):
    """What is read and what is wanted after typing, as text."""
    source, wanted = here.example()
    return " ".join(spell(source, here.task.words)), " ".join(spell(wanted, here.task.words))


# Dates.


def test_dates_are_those_of_the_calendar():
    made = dates(300, 1)
    assert made.target.shape == (300, 11) and made.target.max() < len(made.words)
    for source, target in zip(made.source, made.target, strict=True):
        text, iso = ("".join(spell(row, made.words)) for row in (source, target))
        assert text == FORMS[form_of(text)](*map(int, iso.split("-")))
        assert np.datetime64(iso) < np.datetime64("2070-01-01")
    assert [han(n) for n in (1, 10, 12, 20, 31)] == ["一", "十", "十二", "二十", "三十一"]


def test_no_fresh_day_is_ever_trained_on():
    isos = lambda made: {"".join(spell(row, made.words)) for row in made.target}
    assert not isos(dates(4096, 1)) & isos(dates(2000, 2, fresh=True))


def test_slipped_dates_and_left_out_forms():
    clean, noisy = dates(500, 1), dates(500, 1, noise=0.4)
    wrong = (clean.target != noisy.target).any(axis=1)
    assert (clean.source == noisy.source).all() and 190 <= wrong.sum() <= 200
    kept = dates(300, 1, tuple(f for f in FORMS if f not in INVERTED))
    assert not {form_of("".join(spell(row, kept.words))) for row in kept.source} & set(INVERTED)


def test_a_typed_date_is_read(model):
    here = model("dates", pairs=128, say="二〇二四年三月五日")
    source, wanted = here.example()
    assert "".join(spell(wanted, here.task.words)) == "2024-03-05" == ISO["5 Mar 2024"]
    assert source[source != PAD].tolist() == written("二〇二四年三月五日")
    here.set("say", "no date")
    assert (here.example()[0] == here.task.u[0]).all()


# What is typed and drawn.


def test_typed_digits_are_turned_and_lose_their_zeros(model):
    here = model("lengths", say="90210")
    assert typed(here) == ("9 0 2 1 0", "1 2 9")
    here.set("say", "")
    assert (here.example()[1] == here.task.v[0]).all()


def test_typed_questions_have_answers(model):
    for text, answer in (("rev 274", "4 7 2"), ("max 274", "7"), ("len 274", "3")):
        assert typed(model("questions", say=text))[1] == answer
    here = model("questions", say="sum 12")
    assert (here.example()[0] == here.task.u[0]).all()


def test_what_is_drawn_is_the_networks(model):
    here = model("lengths", 60, example=2, say="90210")
    source, wrote = here.example()[0][None], here.answer()[0][None]
    tensor = here.trainer.predict(
        here.entered(source, here.read(wrote)), node=here.net.find("cross-1.weights")
    )
    heads = tensor.reshape(4, here.task.sizes[1], here.task.sizes[0]).mean(axis=0)
    drawn = here.cross().values
    assert drawn == pytest.approx(heads[: drawn.shape[0], : drawn.shape[1]])
    logits = here.scores(source, here.read(wrote))[0]
    assert wrote[0][0] == logits[0].argmax()
    theta = here.trainer.theta
    pixels = here.look("weights", ()).images.ravel()
    assert theta.size == 18253 and pixels[: theta.size] == pytest.approx(theta)


def test_brackets_grow_into_their_tree():
    made = brackets(40, 1)
    for source, target in zip(made.source, made.target, strict=True):
        words, tree = spell(target, made.words), grown(spell(target, made.words))
        holders = {edge[0] for edge in tree.edges}
        leaves = sorted((n for n in tree.nodes if n.id not in holders), key=lambda node: node.x)
        assert [leaf.label[1:] for leaf in leaves] == spell(source, made.words)
        assert len(tree.nodes) == sum(word not in "()" for word in words) == len(tree.edges) + 1
    assert grown(["(", "S", "deep"]).edges == () and grown([]).nodes == ()


# Figures of the texts.


def test_figures_of_lengths(runs):
    facts = runs["lengths"]({}).facts
    assert facts["right"] == pytest.approx(0.99, abs=0.01) and facts["ended"] == 1
    assert {5, 8} <= set(facts["lengths"])
    endless = runs["lengths"]({"end": "off"})
    assert endless.facts["right"] == 0 and endless.metrics["validation-accuracy"] > 0.95


def test_figures_of_dates(runs):
    right = lambda **settings: runs["dates"](settings).facts["right"]
    assert right() == 1 and right(noise=0.4) == pytest.approx(0.74, abs=0.03)
    assert right(pairs=128) == pytest.approx(0.01, abs=0.01) and right(pairs=1024) == pytest.approx(
        0.97, abs=0.02
    )
    apart = runs["dates"]({"inverted": "out"}).facts
    assert apart["inverted"] == 0 and apart["straight"] == 1


def test_figures_of_questions(lesson, runs):
    reached = lesson.call("run:reached")
    general, special = (runs["questions"]({"taught": taught}) for taught in ("all", "rev"))
    assert general.facts["rev"] == pytest.approx(0.97, abs=0.01)
    assert general.facts["max"] == general.facts["len"] == 1
    assert (reached(special), reached(general)) == (200, 400)
    assert special.facts["max"] == special.facts["len"] == 0


def test_figures_of_trees_and_topics(runs):
    facts = runs["shapes"]({}).facts
    assert facts["closed"] == facts["right"] == 1
    topics = runs["shapes"]({"task": "topics"}).facts
    assert topics["right"] == 1 and topics["top"] == pytest.approx(0.26, abs=0.01)
    assert runs["shapes"]({"task": "topics", "counts": "three"}).facts["top"] == 1


# Formulas.


def turned(model):
    """90210 backwards, and without its zeros."""
    return "90210"[::-1].replace("0", "") == "129" and typed(model("lengths", say="90210"))[1] == "1 2 9"


def asked(model):
    answers = [typed(model("questions", say=f"{name} 274"))[1] for name in ("rev", "max", "len")]
    return answers == ["4 7 2", "7", "3"]


FORMULAS = {
    "90210 → 01209, 去掉 0 → 129": turned,
    "90210 → 01209, without 0 → 129": turned,
    "二〇二四年三月五日 → 2024-03-05": lambda model: ISO["二〇二四年三月五日"] == "2024-03-05",
    "5 Mar 2024 → 2024-03-05": lambda model: ISO["5 Mar 2024"] == "2024-03-05",
    "rev 274 → 472, max 274 → 7, len 274 → 3": asked,
    "(S (NP deep learning) (VP is …))": None,
    "翻译: 这句的德文是什么？＋ 原句 → 译文": None,
    "摘要: 大意是什么？＋ 文章 → 摘要": None,
    "情感: 是正面还是负面？＋ 评论 → 正面": None,
    "translate: what is it in German? + text": None,
    "summarise: what is the gist? + text": None,
    "sentiment: is it positive? + review": None,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("transformer/seq2seq", FORMULAS, model)


def test_answers_end_with_one_end(model):
    here = model("lengths")
    for row in here.task.v[:50]:
        assert (row == END).sum() == 1 and row[: row.tolist().index(END)].min(initial=99) >= len(MARKS)
