"""Panes, controls and cursors on the lesson screen: where the keys go, what the arrows turn."""

from __future__ import annotations

from typing import Any

from lessons import spec
from lhytui import layout


class Panes:
    """Mixed into the lesson screen."""

    def pane_names(self) -> list[str]:
        names = []
        if self.plan.text.height:
            names.append("text")
        if self.plan.card.height and self.story.asking:
            names.append("card")
        names += [f"view-{k}" for k in range(len(self.views))]
        if self.plan.controls.height:
            names.append("controls")
        if self.plan.timeline.height:
            names.append("timeline")
        return names

    def do_pane(self, by: int = 1) -> None:
        names = self.pane_names()
        at = names.index(self.pane) if self.pane in names else -1
        self.pane = names[(at + by) % len(names)]

    def do_pane_back(self) -> None:
        self.do_pane(-1)

    def do_view(self) -> None:
        self.bring(self.fitting[0], front=False)

    def do_enlarge(self) -> None:
        if self.pane.startswith("view-") and not self.enlarged:
            self.bring(self.experiment.view(self.views[int(self.pane[5:])][0]))
            self.pane = "view-0"
        self.enlarged = not self.enlarged
        self.place()

    def do_inspect(self) -> None:
        self.inspecting = not self.inspecting
        if self.inspecting and not self.pane.startswith("view-"):
            self.pane = "view-0"

    def do_page(self) -> None:
        pages = layout.PAGES
        self.page = pages[(pages.index(self.page) + 1) % len(pages)]
        self.pane = "card" if self.story.asking and self.page != "experiment" else "controls"
        self.place()

    def do_controls(self) -> None:
        from lhytui.screens.controls import AllControls

        self.app.push_screen(AllControls(self))

    def do_up(self) -> None:
        self.vertical(-1)

    def do_down(self) -> None:
        self.vertical(1)

    def do_left(self) -> None:
        self.horizontal(-1)

    def do_right(self) -> None:
        self.horizontal(1)

    def vertical(self, by: int) -> None:
        if self.pane == "card" and self.story.asking:
            self.story.chosen = (self.story.chosen + by) % len(self.story.options)
        elif self.pane == "text":
            self.prose.scroll_relative(y=by, animate=False)
        elif self.pane.startswith("view-"):
            self.move_in_view(0, by)
        else:
            self.pane = "controls"
            show = list(self.section.show)
            if show:
                at = show.index(self.chosen) if self.chosen in show else 0
                self.chosen = show[(at + by) % len(show)]

    def horizontal(self, by: int) -> None:
        if self.pane == "timeline":
            self.bridge.send(lambda s: s.seek(s.target + by * max(1, max(s.end, s.limit) // 100)))
        elif self.pane.startswith("view-"):
            self.move_in_view(by, 0)
        elif self.chosen:
            self.pane = "controls"
            self.turn(self.experiment.control(self.chosen), by)

    def turn(self, control: spec.Control, by: int) -> None:
        """← → on a control."""
        now = self.bridge.seed if control.id == "seed" else self.bridge.settings[control.id]
        if isinstance(control, (spec.Point, spec.Cells, spec.Draw)):
            self.change(control, control.nudge(now, self.indices.get(control.id, 0), by))
        else:
            self.change(control, control.move(now, by))

    def change(self, control: spec.Control, setting: Any) -> None:
        self.bridge.set(control.id, setting)
        self.wake()

    def open_control(self, control: spec.Control) -> None:
        """Go to where this control is set: the view it moves in, or a one-line editor."""
        if isinstance(control, spec.Text):
            from lhytui.screens.editor import Editor

            def typed(text: str | None) -> None:
                if text is not None:
                    self.change(control, text)

            label = self.words(f"control.{control.id}")
            self.app.push_screen(Editor(label, self.bridge.settings[control.id], control.longest), typed)
            return
        view = next((view for view in self.fitting if view.moves == control.id), None)
        if view is None:
            return
        if not self.plan.wide:
            self.page = "experiment"
            self.place()
        if view.id not in dict(self.views):
            self.bring(view)
        self.pane = f"view-{list(dict(self.views)).index(view.id)}"

    def set_cell(self, control: spec.Cells) -> None:
        """Turn the cell under the cursor if it has few values, else go to the controls for ← →."""
        if control.few:
            now, at = self.bridge.settings[control.id], self.indices.get(control.id, 0)
            self.change(control, control.turned(now, at))
        else:
            self.chosen, self.pane = control.id, "controls"

    def moved(self) -> spec.Control | None:
        """The control that the cursor of the view with the keys moves."""
        at = int(self.pane[5:]) if self.pane.startswith("view-") else len(self.views)
        view = self.experiment.view(self.views[at][0]) if at < len(self.views) else None
        return self.experiment.control(view.moves) if view is not None and view.moves else None
