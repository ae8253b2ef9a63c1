"""Shows what is set."""

import numpy as np

from lessons.labs.base import Still
from lessons.views import Cards, Cube, Curve, Dots, Grid, Images, Line, Plane


class Hands(Still):
    def look(self, view, past):
        now = self.settings
        match view:
            case "plane":
                x, y = now["place"]
                dot = Dots(word="=now", x=np.array([x]), y=np.array([y]), mark="now")
                return Plane(extent=(-1, 1, -1, 1), dots=(dot,))
            case "grid":
                return Grid(values=np.array(now["cells"]).reshape(2, 3), tensor="W")
            case "drawn":
                line = Line(word="=y", x=np.linspace(0, 4, 5), y=np.array(now["curve"]))
                return Curve(lines=(line,), limits=(0, 4, 0, 1))
            case "pictures":
                return Images(images=np.ones((6, 3, 3)), chosen=now["unit"], tensor="h")
            case "cube":
                place = tuple(int(k) for k in np.unravel_index(now["unit"], (1, 2, 3)))
                return Cube(values=np.zeros((1, 2, 3)), axes=("=s", "=r", "=c"), chosen=place)
            case "bins":
                cards = tuple((f"={card}", bin, 0) for card, bin in zip("ab", now["cards"], strict=True))
                return Cards(bins=("=one", "=two"), cards=cards)

    def metrics(self):
        return {}

    def facts(self):
        return {}


def build(settings, seed):
    return Hands(settings, seed)
