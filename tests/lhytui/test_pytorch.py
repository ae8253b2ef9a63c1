"""Every experiment that trains a network as a PyTorch program: what it computes is what the engine computes."""

import numpy as np
import pytest

from engine.population import Population
from engine.trainer import Trainer
from lessons import catalog
from lessons.data.origin import recorded
from lessons.examples import arrays, built, learner, surface

torch = pytest.importorskip("torch")

import peer  # noqa: E402

from lessons.pytorch.program import told  # noqa: E402

torch.set_num_threads(1)
UPDATES, FEW = 20, 3
# Units stand exactly on their kinks, where a last digit of float64 decides.
SINGLE = {"basics/deep:why-deep"}
COURSE = catalog.load()
SECTIONS = [(lesson, section) for lesson in COURSE.lessons for section in lesson.sections]
IDS = [f"{lesson.id}:{section.id}" for lesson, section in SECTIONS]


@pytest.fixture(autouse=True)
def as_before():
    """Programs in double precision set PyTorch's default."""
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def training(monkeypatch):
    """The trainers and populations that trained since, with the losses of their updates."""
    seen = {}

    def watch(kind, losses):
        plain = kind.train

        def train(self, updates, *args, **given):
            rows = plain(self, updates, *args, **given)
            seen.setdefault(id(self), (self, []))[1].append(losses(rows))
            return rows

        monkeypatch.setattr(kind, "train", train)

    watch(Trainer, lambda rows: rows[:, 0])
    watch(Population, lambda rows: rows[:, 0])
    return seen


def networks(seen):
    """Those of the ones that trained that are networks."""
    return [one for one, _ in seen.values() if isinstance(one, Population) or one.program.targets is not None]


def lint(text: str) -> None:
    lines = text.rstrip("\n").split("\n")
    assert 15 <= len([line for line in lines if line.strip()]) <= 60
    assert max(map(len, lines)) <= 88
    compile(text, "program.py", "exec")


def compare(lesson, section, settings, seed, training, monkeypatch):
    """The program of an experiment beside its model; None if it trains no network."""
    double = f"{lesson.id}:{section.id}" not in SINGLE
    monkeypatch.setitem(Trainer.__init__.__kwdefaults__, "dtype", "float64" if double else "float32")
    with recorded() as calls:
        model = built(lesson, lesson.experiments()[section.experiment], settings, seed)
    program, found = told(model, calls, lesson, section, settings, seed), learner(model) or surface(model)
    training.clear()
    if program is None:
        if model.limit:
            model.train(FEW)
        return None
    # What the model does besides its updates is told in the program and left out here.
    alone = getattr(model, "beyond", ()) or hasattr(model, "lasts")
    way = found if alone or isinstance(found, Population) else model

    def go(updates):
        more = {"every": 1} if isinstance(way, Population) else {}
        way.train(updates, **more)
        return np.concatenate(training[id(found)][1])

    return peer.run(found, program, min(UPDATES, model.limit), go, monkeypatch), program


@pytest.mark.parametrize(("lesson", "section"), SECTIONS, ids=IDS)
def test_the_program_computes_what_the_experiment_computes(lesson, section, training, monkeypatch):
    """20 updates from the same θ on the same batches; where there is no program, no network trains.

    There are programs for formulas of θ, too.
    """
    experiment = lesson.experiments()[section.experiment]
    compared = compare(
        lesson, section, section.settings(experiment), section.seed(experiment), training, monkeypatch
    )
    trained = networks(training)
    assert (compared is not None) >= bool(trained)
    if compared is not None and not trained:
        assert "class Surface(nn.Module):" in compared[1].text and training
    if compared is not None:
        (theta, losses), program = compared
        lint(program.text)
        assert theta < 1e-4 and losses < 1e-4


@pytest.mark.parametrize(("lesson", "section"), SECTIONS, ids=IDS)
def test_the_program_runs_as_it_stands(lesson, section):
    """Its own data and its own start, a few updates; the data are those of the experiment."""
    experiment = lesson.experiments()[section.experiment]
    settings, seed = section.settings(experiment), section.seed(experiment)
    with recorded() as calls:
        model = built(lesson, experiment, settings, seed)
    program = told(model, calls, lesson, section, settings, seed, "zh")
    if program is None:
        return
    lint(program.text)
    names = peer.names_of(program)
    network = peer.make(names)
    if learner(model) is None:
        assert np.isfinite(names["train"](network, FEW)[0])
        return
    x = arrays(learner(model))[0]
    batches = names["batches"]()
    first, targets = next(batches)
    assert first.shape[1:] == program.entry and len(first) == len(targets) <= len(x)
    bag = {row.tobytes() for row in np.asarray(x, np.float32)}
    for row in first[:8].reshape(-1, x.shape[1]).float().numpy():
        row = np.round(row * 255) if x.dtype == np.uint8 else row
        assert row.astype(np.float32).tobytes() in bag
    losses = names["train"](network, batches, FEW)
    assert len(losses) == FEW and np.isfinite(losses[0])


# Settings that change what the program is made of: another loss, layer, optimizer, schedule, mask, start.
OTHERS = [
    ("basics/regression:three-steps", {"loss": "mae"}),
    ("basics/piecewise", {"shape": "hard-sigmoid"}),
    ("guide/bias_or_optimization", {"skip": "on"}),
    ("guide/overfitting", {"model": "network"}),
    ("training/saddle_vs_minima", {"activation": "relu"}),
    ("training/critical_points:escape-saddle", {"model": "mlp", "width": 10}),
    ("training/batch_size:batch-speed", {"batch": "10", "data": "line20"}),
    ("training/momentum:small-gradient-summary", {"helper": "noise"}),
    ("training/adaptive:adam", {"optimizer": "rmsprop"}),
    ("training/adaptive:adam", {"optimizer": "adam-biased", "momentum": 0.0}),
    ("training/schedules:lr-decay", {"schedule": "step"}),
    ("training/schedules:warmup", {"schedule": "drawn", "depth": 4}),
    ("training/classification_loss:mse-vs-ce", {"loss": "cross-entropy"}),
    ("training/batch_norm:batch-norm", {"norm": "layer", "batch": 1}),
    ("training/batch_norm:bn-why", {"norm": "group"}),
    ("training/normalization:hidden-norm", {"norm": "input"}),
    ("cnn/parameter_sharing", {"net": "local"}),
    ("cnn/pooling:pooling", {"kind": "min"}),
    ("cnn/alphago:alphago", {"net": "dense"}),
    ("attention/vector_sets:sequence-labeling", {"model": "window-2"}),
    ("attention/position", {"position": "sinusoidal"}),
    ("attention/speech:efficient", {"pattern": "global"}),
    ("attention/versus:image-vs-cnn", {"model": "attention"}),
    ("attention/versus:vs-rnn", {"model": "lstm", "length": 8}),
    ("attention/graph", {"arm": "masked"}),
    ("transformer/encoder:encoder-block", {"norm": "batch"}),
    ("transformer/encoder:encoder-variants", {"order": "pre", "warm": "on"}),
    ("transformer/non_autoregressive", {"decoder": "nat"}),
    ("transformer/training:copy", {"head": "plain"}),
    ("transformer/training:scheduled-sampling", {"inputs": "right"}),
    ("dl/learning:feature-extractor", {"data": "mnist", "depth": 0}),
    ("optim/adam_vs_sgdm:swats", {"method": "naive"}),
    ("optim/helpers:helpers", {"helper": "dropout"}),
    ("optim/helpers:helpers", {"helper": "gradient-noise"}),
    ("optim/look_ahead:nadam", {"optimizer": "nag"}),
    ("optim/warmup:adam-warmup", {"start": "plain"}),
]


@pytest.mark.parametrize(("name", "changes"), OTHERS, ids=[f"{name}-{changes}" for name, changes in OTHERS])
def test_other_settings(name, changes, training, monkeypatch):
    lesson, section = COURSE.find(name)
    experiment = lesson.experiments()[section.experiment]
    settings, seed = section.settings(experiment, changes), section.seed(experiment) + 1
    (theta, losses), program = compare(lesson, section, settings, seed, training, monkeypatch)
    lint(program.text)
    assert theta < 1e-4 and losses < 1e-4
