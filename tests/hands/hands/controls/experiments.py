"""One control of each kind that is set inside a view or an editor, and a view for each."""

from lessons.spec import Arrange, Cells, Draw, Experiment, Pick, Point, Text, View

EXPERIMENTS = {
    "all": Experiment(
        lab="walk",
        controls=(
            Point(id="place", lo=(-1.0, -1.0), hi=(1.0, 1.0), default=(0.0, 0.0), live=True),
            Cells(id="cells", rows=2, cols=3, lo=-3, hi=3, step=0.5, default=(0.0,) * 6),
            Draw(id="curve", count=5, lo=0.0, hi=1.0, default=(0.5,) * 5, live=True),
            Pick(id="unit", count=6),
            Text(id="word", default="abc", live=True),
            Arrange(id="cards", cards=("a", "b"), bins=("one", "two")),
        ),
        views=(
            View(id="plane", kind="plane", moves="place"),
            View(id="grid", kind="grid", moves="cells"),
            View(id="drawn", kind="curve", moves="curve"),
            View(id="pictures", kind="images", moves="unit"),
            View(id="cube", kind="cube", moves="unit"),
            View(id="bins", kind="cards", moves="cards"),
        ),
    )
}
