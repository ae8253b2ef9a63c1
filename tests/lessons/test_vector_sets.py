"""Sets of vectors, tasks by their output, labels that need the context: the lesson's figures and formulas."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.attention.vector_sets.run import LANGUAGES, LONGEST, SHAPES, in_a_minute, plain, saw, whole_names
from lessons.labs import vectors
from lessons.labs.vectors import BANDS, GRAPHS, HIGH, LOW, Vectors, apart, frames, sound, split

LESSON = catalog.load().lesson("attention/vector_sets")
EXPERIMENTS = LESSON.experiments()


def made(seed=1, **settings):
    return Vectors(EXPERIMENTS["to-vectors"].settings(settings), seed)


def tagger(model, task="saw", seed=1):
    settings = EXPERIMENTS["i-saw-a-saw"].settings({"model": model, "task": task})
    return LESSON.call("run:tagger")(settings, seed)


# Sets of vectors


def test_words_by_one_hot():
    walk = made(sentence="a zebra ran a mile")
    x = walk.vectors()
    assert x.shape == (5, 9 + 4) and (x.sum(axis=1) == 1).all() and (x[0] == x[3]).all()
    assert walk.look("heat", ()).rows == ("=a", "=zebra", "=ran", "=a", "=mile")
    assert split("我看见") == ["我", "看", "见"] and split(" ") == ["·"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_embedding_of_the_text(seed):
    words = EXPERIMENTS["to-vectors"].control("sentence").default.split()
    far = dict(zip(words, made(seed, coding="embedding").look("bars", ()).values, strict=True))
    assert max(far["dog"], far["rabbit"]) < 0.2 and 2.9 < min(far["tree"], far["flower"]) < 3.3
    grid = made(seed, coding="embedding").look("distances", ()).values
    assert np.allclose(grid, apart(made(seed, coding="embedding").vectors()))


@pytest.mark.parametrize(("shift", "count"), [("5", 200), ("10", 100), ("20", 50)])
def test_frames_of_a_second(shift, count):
    walk = made(source="speech", shift=shift)
    assert walk.vectors().shape == (count, BANDS) and walk.look("heat", ()).values.shape == (BANDS, count)
    assert walk.look("bars", ()).values.tolist() == [count, 10 * count, 60 * count]


def test_the_last_two_frames_reach_beyond_the_end():
    assert sum(k * 160 + 400 > 16000 for k in range(100)) == 2


@pytest.mark.parametrize("height", [0.2, 0.5, 0.9])
def test_a_tone_lights_its_own_band(height):
    hertz = 200 * 20**height
    loudest = frames(sound([height] * 24), 10)[10:90].argmax(axis=1)
    edges = np.geomspace(LOW, HIGH, BANDS + 1)
    assert (loudest == np.digitize(hertz, edges) - 1).all()


def test_graphs_are_chemistry():
    valence = {"H": 1, "C": 4, "O": 2}
    for name in ("water", "ethanol"):
        kinds, ties = GRAPHS[name]
        assert [sum(k in tie for tie in ties) for k in range(len(kinds))] == [valence[kind] for kind in kinds]
    assert made(source="graph", graph="ethanol").vectors()[3].tolist() == [1, 0, 0]
    assert (
        len(made(source="graph", graph="water").look("graph", ()).nodes) == 3 == len(vectors.SPOTS["water"])
    )


# Three kinds of output


def test_cards_have_their_bins():
    model = LESSON.call("run:label_shape")(EXPERIMENTS["label-shape"].settings({}), 1)
    told = list(model.right.values())
    assert [told.count(bin) for bin in ("each", "one", "free")] == [3, 3, 3] and model.right[
        "speaker"
    ] == "one"


# Labels that need the context


def test_the_first_sentence_is_the_lectures():
    walk = tagger("fc")
    rows = walk.look("tokens", ()).rows
    assert rows[0].tokens[:4] == ("=I", "=saw", "=a", "=saw") and rows[1].tokens[:4] == (
        "=0",
        "=0",
        "=0",
        "=1",
    )
    task = saw(2)
    assert all(task.v[k, j] == (task.u[k, j] in task.u[k, :j]) for k in range(20) for j in range(8))


def test_both_saws_get_the_same_answer_from_an_fc():
    walk = tagger("fc")
    walk.train(30)
    scores = walk.scores(walk.told.u[:1])[0]
    assert np.array_equal(scores[1], scores[3])
    answer = walk.look("tokens", ()).rows[2].tokens
    assert answer == tuple(f"={label}" for label in scores.argmax(axis=1))
    seeing = tagger("attention-position")
    seeing.train(30)
    assert not np.allclose(*seeing.scores(seeing.told.u[:1])[0][[1, 3]])
    weights = seeing.look("maps", ()).values
    node = seeing.trainer.predict(seeing.told.u[:1], node=seeing.net.find("look-1.weights"))
    assert np.array_equal(weights, node.reshape(8, 8).astype(float))


@pytest.mark.parametrize(
    ("model", "share"),
    [
        *(("fc", 0.65), ("fc-position", 0.67), ("window-1", 0.76), ("window-2", 0.83)),
        *(("attention", 0.74), ("attention-position", 1.0)),
    ],
)
def test_accuracies_of_the_text(model, share):
    run = proof.run_arm(LESSON, EXPERIMENTS["i-saw-a-saw"], {"model": model}, 1)
    assert run.metrics["validation-accuracy"] == pytest.approx(share, abs=0.0075)
    assert run.facts["guess"] == pytest.approx(0.65, abs=0.005) and len(run.facts["places"]) == 8


def test_surnames_are_plain_and_end_at_the_last_place():
    task = whole_names(1)
    assert plain("Müller-Lüdenscheidt") == "enscheidt".rjust(10, "d") and plain("Weiß") == "weiss"
    assert task.x.shape == (1200, LONGEST) and task.u.shape == (400, LONGEST)
    assert (task.x[:, -1] > 0).all() and (task.v[:, -1] >= 0).all() and (task.v[:, :-1] == -1).all()
    assert np.bincount(task.v[:, -1]).tolist() == [80] * len(LANGUAGES)


def test_a_name_is_shown_from_its_first_letter_and_asked_at_its_last():
    walk = tagger("attention", "surnames")
    for example in range(5):
        walk.set("example", example)
        letters, wanted, said = walk.look("tokens", ()).rows
        assert "=·" not in letters.tokens and len(letters.tokens) == (walk.example() > 0).sum() == len(
            said.tokens
        )
        assert said.tokens[-1] == walk.told.label(walk.answers(walk.example()[None])[0, -1])
        assert wanted.tokens[-1] == walk.told.label(walk.told.v[example, -1]) and set(said.tokens[:-1]) <= {
            "=·"
        }


def test_the_answer_of_the_minute():
    result = proof.run_arm(LESSON, EXPERIMENTS["to-vectors"], {}, 1)
    assert in_a_minute(result) == "n6000"


@pytest.mark.parametrize(("model", "answer"), [("fc", "guess"), ("attention-position", "")])
def test_the_question_is_answered_by_the_fc_alone(model, answer):
    run = proof.run_arm(LESSON, EXPERIMENTS["i-saw-a-saw"], {"model": model}, 1)
    assert LESSON.call("run:second_saw")(run) == answer


def test_formulas():
    one_hot = np.eye(5)

    def kinds():
        """As many labels as vectors, one, or another number: the shapes of what the labs give."""
        each, whole = saw(1), whole_names(1)
        return (each.y >= 0).sum(axis=1).tolist() == [each.length] * len(each.y) and (
            (whole.y >= 0).sum(axis=1) == 1
        ).all()

    def same():
        walk = tagger("fc")
        scores = walk.scores(np.array([[0, 1, 2, 1, 3, 4, 5, 6]]))[0]
        return np.array_equal(scores[1], scores[3])

    prove(
        LESSON.id,
        {
            "‖aⁱ − aʲ‖ = √(1 + 1) = √2": lambda: np.isclose(
                np.linalg.norm(one_hot[1] - one_hot[3]), np.sqrt(2)
            ),
            "60·100 = 6000": lambda: 60 * len(made(source="speech").vectors()) == 6000,
            "N → N, N → 1, N → N′": kinds,
            "a² = a⁴ ⇒ FC(a²) = FC(a⁴)": same,
            "11·39 = 429": lambda: 11 * 39 == 429,
        },
    )
    assert set(SHAPES) == set(EXPERIMENTS["i-saw-a-saw"].control("model").options)
