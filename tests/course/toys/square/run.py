"""A still model: its numbers follow the control."""

from lessons.labs.base import Still
from lessons.views import Numbers, Step


class Square(Still):
    def look(self, view, past):
        x = self.settings["x"]
        return Numbers(steps=(Step(text=f"{x:g}² = {x * x:g}"),))

    def metrics(self):
        return {"square": self.settings["x"] ** 2}


def build(settings, seed):
    return Square(settings, seed)


def positive(runs):
    return runs["x"].metrics["square"] > 0
