"""The lesson on training decoders: teacher forcing, scheduled sampling, copying, guided attention."""

from math import exp, log

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.data.generators.pairs import BEGIN, END, PAD, shift
from lessons.labs.mixing import EVERY, share


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/training")


@pytest.fixture(scope="module")
def model(lesson):
    """(experiment, updates, changes) → model."""

    def make(name, updates=0, seed=1, **changes):
        experiment = lesson.experiments()[name]
        built = lesson.call(experiment.build)(experiment.settings(changes), seed)
        built.train(updates)
        return built

    return make


@pytest.fixture(scope="module")
def runs(lesson):
    """Experiment → settings → Result; the same settings run once."""
    return {name: proof.runner(lesson, experiment, 1) for name, experiment in lesson.experiments().items()}


# The figures of the text are means over ten seeds; one of them, on one processor, may be off by so much.


def test_the_figures_of_teacher_forcing(runs):
    facts = runs["teacher"]({}).facts
    lost = np.array(facts["taught-at"]) - np.array(facts["alone-at"])
    found = facts["taught"], facts["alone"], lost[4:8].mean()
    assert (np.abs(np.subtract(found, (0.86, 0.76, 0.22))) < (0.16, 0.26, 0.26)).all()
    assert lost[0] == 0 and facts["taught"] - facts["alone"] > 0.02
    blind = runs["teacher"]({"decoder": "begins"}).facts
    assert blind["taught"] == blind["alone"]


def test_both_rows_of_tokens_are_the_tensors(model):
    one = model("teacher", 60, example=4)
    source, wanted = one.example()
    rows = {row.word: row for row in one.look("tokens", ()).rows}
    said = one.chances(source[None], shift(wanted[None]))[0].argmax(axis=1)
    kept = wanted != PAD
    assert [rows["row.says"].tokens[k] for k in np.flatnonzero(kept)] == list(one.spelt(said[kept]))
    assert rows["row.reads-right"].tokens == one.spelt(shift(wanted[None])[0])
    assert rows["row.writes"].tokens == one.spelt(one.write(source[None]).tokens[0])
    bars = one.look("places", ())
    assert bars.values[0] == bars.beside[0] == pytest.approx(one.alone_hits()[:, 0].mean())


def test_the_share_of_own_tokens_follows_the_schedule():
    assert [share("linear", part, 0.8) for part in (0, 0.5, 1)] == pytest.approx([0, 0.4, 0.8])
    assert share("sigmoid", 0.5, 0.6) == pytest.approx(0.3) and share("constant", 0, 0.5) == 0.5
    assert share("drawn", 0.25, 1, (0, 0.5, 1)) == pytest.approx(0.25)


def test_what_is_read_is_right_or_its_own(model):
    mixed = model("exposure", 10 * EVERY, inputs="mixed")
    mixed.renew()
    right = mixed.read(mixed.task.target)
    own = (mixed.reads != right).mean()
    assert 0.005 < own < mixed.share() and (mixed.reads[:, 0] == BEGIN).all()
    assert (mixed.reads[right == PAD] == PAD).all() and (mixed.reads[mixed.reads != right] > END).all()
    assert (model("exposure", 30, inputs="right").reads == right).all()


@pytest.mark.parametrize(
    ("name", "changes"), [("exposure", {"inputs": "mixed"}), ("diagonal-loss", {"guide": 0.25})]
)
def test_the_same_bits_however_the_updates_are_cut(model, name, changes):
    whole, parts, again = (model(name, **changes) for _ in range(3))
    whole.train(60)
    for updates in (7, 30):
        parts.train(updates)
    again.restore(parts.state())
    for one in (parts, again):
        one.train(60 - one.step)
        assert one.trainer.theta.tobytes() == whole.trainer.theta.tobytes()


def test_the_figures_of_scheduled_sampling(runs):
    right, mixed = (runs["exposure"]({"inputs": name}).facts for name in ("right", "mixed"))
    found = right["free"], right["after"], mixed["free"], mixed["after"]
    assert (np.abs(np.subtract(found, (0.76, 0.62, 0.81, 0.78))) < (0.34, 0.24, 0.34, 0.33)).all()
    assert right["free"] - right["after"] > 2 * (mixed["free"] - mixed["after"])


def test_the_action_forces_a_wrong_digit(model):
    one = model("exposure", 20, example=3)
    change = one.act("error")
    one.set("force", change["force"])
    tokens, _ = one.answer()
    assert tokens[1] != one.example()[1][1] and one.task.token(int(tokens[1])) == f"={change['force']}"


def test_only_the_copying_head_writes_new_names(runs):
    plain, copy = (runs["copy-names"]({"head": name}).facts for name in ("plain", "copy"))
    assert plain["new-names"] == 0 and copy["new-names"] > 0.97
    assert min(plain["known-names"], copy["known-names"], plain["new-rest"]) > 0.97


def test_a_word_that_no_one_knows_is_copied(model, lesson):
    copy = model("copy-names", 200, head="copy", says="Hello I am Zaphod")
    said = [word[1:] for word in copy.spelt(copy.answer()[0])]
    assert said[:2] == ["hi", "zaphod"]
    grid = copy.look("cross", ())
    assert grid.rows[1] == "=zaphod" and grid.cols[grid.values[1].argmax()] == "=zaphod"
    plain = model("copy-names", 200, head="plain", says="Hello I am Zaphod")
    rows = lesson.call("run:greetings")({"plain": plain, "copy": copy}, "copy", ()).rows
    assert "=zaphod" in rows[2].tokens and "=zaphod" not in rows[1].tokens
    assert model("copy-names", says="").answer()[0].shape


def test_guided_attention(runs):
    free, led = (runs["diagonal-loss"]({"guide": guide}).facts for guide in (0.0, 1.0))
    assert free["skipped"] > led["skipped"] == pytest.approx(0.19, abs=0.07)
    assert free["aside"] > 2 * led["aside"] - 0.02 and led["aside"] == pytest.approx(0.12, abs=0.03)


def test_without_guidance_it_is_the_plain_decoder(model):
    """λ = 0 leaves the run alone; the guide's network has the same θ, and its loss is −ln of the right band."""
    one = model("diagonal-loss", 20, guide=0.0)
    assert one.guide.program.size == one.trainer.program.size
    one.guide.restore(one.trainer.state())
    keys, queries = one.bands(1, one.task)
    weights = one.attention(one.task.source, one.read(one.task.target)).mean(axis=1)
    inside = (weights * (keys[:, None, :] == queries[:, :, None])).sum(axis=2)[queries >= 0]
    assert one.guide.evaluate()["loss"] == pytest.approx(-np.log(inside).mean(), rel=1e-4)


def total(model):
    """The loss of one sentence: −ln of each right answer, END among them."""
    one = model("teacher", 20)
    source, wanted = (part[None] for part in one.example())
    p = one.chances(source, one.read(wanted))[0][np.arange(wanted.shape[1]), wanted[0]]
    count = int((wanted[0] != PAD).sum())
    assert wanted[0, count - 1] == END
    loss = one.trainer.evaluate(one.entered(source, one.read(wanted)), one.labels(wanted))["loss"]
    assert count * loss == pytest.approx(sum(-log(each) for each in p[:count]), rel=1e-4)


def chain(model):
    a = [0.95]
    for _ in range(9):
        a.append(0.95 * a[-1] + 0.2 * (1 - a[-1]))
    assert [round(a[k], 2) for k in (0, 1, 2, 9)] == [0.95, 0.91, 0.88, 0.81]


def fixed(model):
    a = 0.2 / (1 - 0.75)
    assert a == pytest.approx(0.8) and 0.95 * a + 0.2 * (1 - a) == pytest.approx(a)
    assert round(0.9 / (1 - 0.05), 2) == 0.95


def mixture(model):
    """P(w) from the gate, the plain softmax and the attention of the trained head."""
    one = model("copy-names", 60, head="copy")
    source, wanted = one.task.u[:2], one.task.v[:2]
    read = one.read(wanted)
    z = one.trainer.predict(one.entered(source, read), node=one.net.find("gated"))
    z = z.reshape(2, wanted.shape[1], -1).astype(float)
    alpha = one.attention(source, read).mean(axis=1)
    g = 1 / (1 + np.exp(-z[..., -1:]))
    p = np.exp(z[..., :-1] - z[..., :-1].max(axis=2, keepdims=True))
    copied = np.einsum("btn,bnw->btw", alpha, np.eye(len(one.task.words))[source])
    shown = g * p / p.sum(axis=2, keepdims=True) + (1 - g) * copied
    assert one.chances(source, read) == pytest.approx(shown, abs=1e-5)


def penalty(model):
    one = model("diagonal-loss", 20)
    u, v = one.task.u, one.task.v
    weights, total, count = one.attention(u, one.read(v)).mean(axis=1), 0.0, 0
    for row in range(len(u)):
        wide, tall = (u[row] != PAD).sum(), (v[row] != PAD).sum()
        for t in range(tall):
            far = [1 - exp(-((n / wide - t / tall) ** 2) / (2 * 0.2**2)) for n in range(wide)]
            total, count = total + float(weights[row, t, :wide] @ far), count + 1
    assert one.aside() == pytest.approx(total / count, rel=1e-5)


FORMULAS = {
    "L = −ln p₁ − ln p₂ − … − ln p_END": total,
    "aₜ₊₁ = 0.95·aₜ + 0.2·(1 − aₜ)": chain,
    "a = 0.2/(1 − 0.75) = 0.8": fixed,
    "P(w) = g·p(w) + (1 − g)·Σ α(n)": mixture,
    "W(n, t) = 1 − e^(−(n/N − t/T)²/2g²)": penalty,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("transformer/training", FORMULAS, model)
