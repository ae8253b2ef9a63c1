"""What a section trains: its network, and the examples, for the command line, other programs and notebooks.

from lessons.examples import examples
x, y, theta = examples("training/batch_size:lanes", seed=2, batch=16)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.arms import Race, Sweep
from engine.population import Population
from engine.trainer import Trainer
from lessons import catalog
from lessons.catalog import Lesson
from lessons.spec import Experiment


class Examples(NamedTuple):
    """x (N, width); y (N,) or (N, places) labels, or (N, outputs) real numbers; theta: θ of update 0; heights:
    of a drawn schedule."""

    x: np.ndarray
    y: np.ndarray
    theta: np.ndarray
    heights: list[float]


def in_sight(experiment: Experiment, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the arm that the controls choose, the first one if none fits; without arms as they are."""
    arms = experiment.arms.arms if experiment.arms else {}
    fits = [arm for arm in arms.values() if arm.items() <= dict(settings).items()]
    return {**settings, **(fits or [*arms.values(), {}])[0]}


def learner(model: Any) -> Trainer | Population | None:
    """The network that a model trains, the chosen one of several; None where it trains none."""
    if isinstance(model, Race | Sweep):
        model = model.shown
    if model.limit <= 0:
        return None
    names = ("learner", "population", "trainer")  # the first for models where it is neither of the others
    found = next(
        (found for found in (getattr(model, name, None) for name in names) if found is not None), None
    )
    if isinstance(found, Trainer) and found.program.targets is None:
        return None
    return found if isinstance(found, Trainer | Population) else None


def surface(model: Any) -> Trainer | None:
    """A trainer whose loss is a formula of θ alone; None where there is none."""
    if isinstance(model, Race | Sweep):
        model = model.shown
    found = getattr(model, "trainer", None)
    if model.limit <= 0 or not isinstance(found, Trainer) or found.program.targets is not None:
        return None
    return None if found.program.loss.op == "stream" else found


def built(lesson: Lesson, experiment: Experiment, settings: Mapping[str, Any], seed: int) -> Any:
    """A new model at update 0: of an arm, where there are several."""
    return lesson.call(experiment.build)(in_sight(experiment, settings), seed)


def examples(name: str, seed: int | None = None, **changes: Any) -> Examples:
    """The training data of LESSON:SECTION at its settings with these changes, and where its network starts."""
    lesson, section = catalog.load().find(name)
    experiment = lesson.experiments()[section.experiment]
    number = section.seed(experiment) if seed is None else seed
    made = learner(built(lesson, experiment, section.settings(experiment, changes), number))
    if made is None:
        raise LookupError(f"{name} trains no network")
    plan = made.get("schedule") if isinstance(made, Trainer) else None
    return Examples(*arrays(made), np.array(made.theta), (plan or ("", {}))[1].get("heights", []))


def arrays(found: Trainer | Population) -> tuple[np.ndarray, np.ndarray]:
    """The examples of a network, a row each: x (N, width); labels (N,), or (N, places), or targets (N, outputs)."""
    x, y = found.data
    return x, y.reshape(len(x), -1) if len(y) > len(x) else y
