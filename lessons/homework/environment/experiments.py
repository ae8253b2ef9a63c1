"""What this machine has, and how long its matrix products take."""

from lessons.labs.pieces import alone, claim, whole
from lessons.spec import Action, Experiment, View

ALONE, BATCH = {"batch": 1}, {"batch": 100}

EXPERIMENTS = {
    "machine": Experiment(
        lab="walk",
        controls=(
            whole("size", 300, 100, 200, 300, 500, 1000),
            whole("batch", 100, 1, 3, 10, 30, 100),
        ),
        views=(
            View(id="machine", kind="table"),
            View(id="product", kind="bars"),
            View(id="batches", kind="bars"),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            Action("thousand", {"size": 1000}),
            Action("alone", ALONE),
            Action("batch", BATCH),
            Action("small", {"size": 300}),
        ),
        claims=(
            claim(
                "cubed",
                {"small": {"size": 100}, "large": {"size": 200}},
                {"small": {"size": 100}, "large": {"size": 100}},
                "timing",
            ),
            alone("one-product", BATCH, ALONE, "timing"),
            alone("reuse", BATCH, ALONE, "timing"),
        ),
        build="run:build",
    ),
}
