"""Cursors and mouse on the lesson screen: what an arrow or a click inside a view, a control, the time line does."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from lessons import spec
from lhytui import layout, panels
from lhytui.draw import inspect as inspect_view
from lhytui.draw import place as place_in_view
from lhytui.draw.ink import on
from lhytui.picking import picked
from lhytui.widgets.painter import Painter

# set inside a view, not by ← → alone
INSIDE = (spec.Point, spec.Cells, spec.Draw, spec.Arrange)


class Pointer:
    """Mixed into the lesson screen."""

    def arranging(self) -> spec.Arrange | None:
        """The cards that digits put into bins: those of the view that has the keys, else the first to be seen."""
        seen = {view.moves for view in self.fitting}
        cards = {c.id: c for c in self.experiment.controls if isinstance(c, spec.Arrange) and c.id in seen}
        if self.pane.startswith("view-") and int(self.pane[5:]) < len(self.views):
            here = self.experiment.view(self.views[int(self.pane[5:])][0]).moves
            if here in cards:
                return cards[here]
        return next(iter(cards.values()), None)

    def put_card(self, control: spec.Arrange, number: int) -> None:
        """Put the chosen card into a bin (0: back into the hand) and go on to the next card in hand."""
        if number > len(control.bins):
            return
        at = self.indices.get(control.id, 0)
        placed = list(self.bridge.settings[control.id])
        placed[at] = number
        self.change(control, tuple(placed))
        following = [*range(at + 1, len(placed)), *range(at)]
        self.indices[control.id] = next((k for k in following if placed[k] == 0), at)

    def move_in_view(self, dx: int, dy: int) -> None:
        """An arrow inside a view: it moves what the view moves, else the cursor that inspects."""
        k = int(self.pane[5:])
        view = self.experiment.view(self.views[k][0])
        control = self.experiment.control(view.moves) if view.moves else None
        if control is None or self.inspecting:
            rect = self.views[k][1]
            x, y = self.cursors.get(view.id, (rect.width // 2, rect.height // 2))
            self.cursors[view.id] = (
                max(0, min(x + dx, rect.width - 1)),
                max(1, min(y + dy, rect.height - 1)),
            )
            self.inspecting = True
            return
        now = self.bridge.settings[control.id]
        at = self.indices.get(control.id, 0)
        match control:
            case spec.Point():
                self.change(control, control.nudge(now, 0 if dx else 1, dx or -dy))
            case spec.Cells():
                shape = self.bridge.payloads[view.id].values.shape  # the part of the matrix in use
                rows, cols = shape if len(shape) == 2 else (control.rows, control.cols)
                if len(shape) == 1 and not dx:  # a row drawn as bars, one below the other
                    dx, dy = dy, 0
                row, col = divmod(at, control.cols)
                row, col = (row + dy) % rows, (col + dx) % cols
                self.indices[control.id] = row * control.cols + col
            case spec.Draw() if dx:
                self.indices[control.id] = (at + dx) % control.count
            case spec.Draw():
                self.change(control, control.nudge(now, at, -dy))
            case spec.Arrange():
                self.indices[control.id] = (at + (dy or dx)) % len(control.cards)
            case spec.Pick():
                self.change(control, control.move(now, dx or dy))
        self.chosen = control.id if control.id in self.section.show else self.chosen

    def mark_cursor(self, canvas, view: spec.View, payload: Any, title: str) -> None:
        """Show which view has the keys, and the inspecting cursor in it."""
        ground, text = self.ink.accent, on(self.ink.accent)
        canvas.put(1, 0, panels.cut(title, canvas.width - 1), fg=text, bg=ground, bold=True)
        if (
            self.inspecting
            and (at := self.cursors.get(view.id))
            and at[0] < canvas.width
            and at[1] < canvas.height
        ):
            canvas.tint(at[0], at[1], fg=on(self.ink.accent), bg=self.ink.accent)
            text = panels.cut(self.inspected(), canvas.width - 2)
            canvas.fill(0, canvas.height - 1, canvas.width, 1, bg=self.ink.accent)
            canvas.put(1, canvas.height - 1, text, fg=on(self.ink.accent), bg=self.ink.accent)

    def inspected(self) -> str:
        """What is under the cursor of the view that has the keys."""
        if not (self.inspecting and self.pane.startswith("view-")) or int(self.pane[5:]) >= len(self.views):
            return ""
        id, rect = self.views[int(self.pane[5:])]
        view = self.experiment.view(id)
        payload = self.bridge.payload(view, self.name_change)
        at = self.cursors.get(id)
        if at is None or payload is None or isinstance(payload, Exception):
            return ""
        return inspect_view(view.kind, payload, rect.width, rect.height, *at, self.words)

    # the mouse

    def on_painter_clicked(self, event: Painter.Clicked) -> None:
        self.pressed = perf_counter()
        name = event.painter.id or ""
        if name.startswith("view-"):
            self.click_view(int(name[5:]), event.x, event.y)
        elif name == "controls":
            self.click_control(event.x, event.y)
        elif name == "timeline":
            self.click_line(event.x)
        elif name == "tabs" and (at := panels.tab_at(event.x, self.page_names())) is not None:
            self.page = layout.PAGES[at]
            self.place()
        elif name == "card" and self.story.asking:
            first = len(self.card_rows(self.plan.card.width)) - len(self.story.options)
            self.reply(event.y - first)
        elif name == "head" and event.x > self.plan.width - 8:
            self.app.do("language")
        self.wake()
        self.repaint_chrome()
        self.mark_views()
        self.call_after_refresh(self.painted)

    def on_painter_turned(self, event: Painter.Turned) -> None:
        if event.painter.id == "controls":
            for chip in self.chips(self.plan.controls.width, self.plan.controls.height)[0]:
                if chip.y == event.y and chip.x <= event.x < chip.x + chip.width:
                    self.chosen = chip.id
                    self.turn(self.experiment.control(chip.id), event.by)
        elif (event.painter.id or "").startswith("view-"):
            self.turn_in_view(int(event.painter.id[5:]), event.x, event.y, event.by)
        elif event.painter.id == "timeline":
            self.bridge.send(lambda s: s.seek(s.target + event.by * max(1, max(s.end, s.limit) // 100)))
        self.wake()
        self.repaint_chrome()

    def place_of(self, view: spec.View, payload: Any, rect: layout.Rect, x: int, y: int):
        """What the cell stands for in the view's own coordinates, None for nothing."""
        return place_in_view(view.kind, payload, rect.width, rect.height, x, y, self.words)

    def click_view(self, k: int, x: int, y: int) -> None:
        id, rect = self.views[k]
        view = self.experiment.view(id)
        self.pane = f"view-{k}"
        payload = self.bridge.payload(view, self.name_change)
        place = None if payload is None else self.place_of(view, payload, rect, x, y)
        if not view.moves or place is None:
            self.cursors[id], self.inspecting = (x, y), True
            return
        control = self.experiment.control(view.moves)
        match control:
            case spec.Point():
                inside = [
                    min(hi, max(lo, v)) for v, lo, hi in zip(place, control.lo, control.hi, strict=True)
                ]
                self.change(control, tuple(float(f"{v:.4g}") for v in inside))
            case spec.Cells():
                self.indices[control.id] = self.cell_at(control, payload, place)
                if control.few:
                    self.set_cell(control)
            case spec.Draw():
                self.draw_at(control, payload, place)
            case spec.Arrange() if place[0] < 0:  # an empty part of a bin: the chosen card goes there
                self.put_card(control, int(place[1]))
            case spec.Arrange():
                self.indices[control.id] = min(int(place[0]), len(control.cards) - 1)
            case spec.Pick():
                if (at := picked(payload, place, control.count)) is not None:
                    self.change(control, at)
        if control.id in self.section.show:
            self.chosen = control.id

    def cell_at(self, control: spec.Cells, payload: Any, place: tuple[float, float]) -> int:
        """The entry of the matrix under the pointer; bars show one entry each."""
        flat = payload.values.ndim == 1
        return int(place[0]) if flat else int(place[0]) * control.cols + int(place[1])

    def turn_in_view(self, k: int, x: int, y: int, by: int) -> None:
        """The wheel inside a view: the entry under the pointer goes up or down."""
        id, rect = self.views[k]
        view = self.experiment.view(id)
        control = self.experiment.control(view.moves) if view.moves else None
        if isinstance(control, spec.Pick):
            self.change(control, control.move(self.bridge.settings[control.id], -by))
        if not isinstance(control, spec.Cells):
            return
        payload = self.bridge.payload(view, self.name_change)
        place = None if payload is None else self.place_of(view, payload, rect, x, y)
        if place is not None:
            self.indices[control.id] = self.cell_at(control, payload, place)
            self.turn(control, by)

    def draw_at(self, control: spec.Draw, payload: Any, place: tuple[float, float]) -> None:
        """Set the height of the drawn curve nearest to the click."""
        x0, x1 = payload.limits[0] or 0.0, payload.limits[1] or 1.0
        at = round((place[0] - x0) / (x1 - x0) * (control.count - 1))
        if 0 <= at < control.count:
            heights = list(self.bridge.settings[control.id])
            heights[at] = min(control.hi, max(control.lo, float(f"{place[1]:.4g}")))
            self.indices[control.id] = at
            self.change(control, tuple(heights))

    def click_control(self, x: int, y: int) -> None:
        for chip in self.chips(self.plan.controls.width, self.plan.controls.height)[0]:
            if chip.y == y and chip.x <= x < chip.x + chip.width:
                again = chip.id == self.chosen
                self.chosen, self.pane = chip.id, "controls"
                control = self.experiment.control(chip.id)
                if isinstance(control, (*INSIDE, spec.Text)):
                    self.open_control(control)
                elif again:
                    self.turn(control, 1 if x >= chip.x + chip.width * 2 // 3 else -1)

    def click_line(self, x: int) -> None:
        width = self.plan.timeline.width
        start, length = panels.timeline_track(width, *self.line_texts(width))
        if length > 1 and start <= x < start + length:
            share = (x - start) / (length - 1)
            self.bridge.send(lambda s: s.seek(round(share * max(s.end, s.limit))))
