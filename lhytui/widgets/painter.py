"""A painted widget whose picture is a function of its size, and which tells where it was clicked."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from lhytui.draw.canvas import Canvas
from lhytui.layout import Rect
from lhytui.widgets.painted import Painted


class Painter(Painted):
    """`picture(width, height)` gives the canvas."""

    class Clicked(Message):
        """A click at cell (x, y) of the painter."""

        def __init__(self, painter: Painter, x: int, y: int):
            super().__init__()
            self.painter, self.x, self.y = painter, x, y

    class Turned(Message):
        """The mouse wheel over cell (x, y), `by` −1 or 1."""

        def __init__(self, painter: Painter, x: int, y: int, by: int):
            super().__init__()
            self.painter, self.x, self.y, self.by = painter, x, y, by

    def __init__(self, picture: Callable[[int, int], Canvas], **kwargs):
        super().__init__(**kwargs)
        self.picture = picture

    def paint(self, width: int, height: int) -> Canvas:
        return self.picture(width, height)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked(self, event.x, event.y))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Turned(self, event.x, event.y, 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Turned(self, event.x, event.y, -1))


def stand(widget, rect: Rect) -> None:
    """Put a widget where the plan says, or hide it where it has no room."""
    shown = rect.width > 0 and rect.height > 0
    widget.display = shown
    if shown:
        widget.styles.offset = (rect.x, rect.y)
        widget.styles.width, widget.styles.height = rect.width, rect.height
