"""What the rows and views of the lesson screen show now: each method paints one widget's canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lessons import spec
from lhytui import layout, panels
from lhytui.draw import draw
from lhytui.draw.canvas import Canvas
from lhytui.draw.number import short
from lhytui.text.wrap import fold
from lhytui.values import value

MARKS = {"running": "▶", "paused": "⏸", "done": "■", "diverged": "✗", "failed": "✗"}


class Pictures:
    """Mixed into the lesson screen."""

    @property
    def ink(self):
        return self.app.ink

    def paint_head(self, width: int, height: int) -> Canvas:
        sections = self.lesson.sections
        at = sections.index(self.section) + 1
        crumbs = (
            self.words(f"chapter.{self.lesson.chapter}"),
            f"{self.lesson.number} {self.lesson.title[self.lang]}",
            f"{at}/{len(sections)} {self.section.title[self.lang]}",
        )
        lines = (
            self.say("ui.lesson.notes", lines=self.section.notes.removeprefix("L"))
            if width >= layout.WIDE
            else ""
        )
        other = self.say("ui.other-language")
        ticks = [claim in self.bridge.proved or self.story.met(claim) for claim in self.section.claims]
        return panels.head(width, self.ink, crumbs, ticks, f"{lines}  {other}".strip())

    def paint_tabs(self, width: int, height: int) -> Canvas:
        return panels.tabs(width, self.ink, self.page_names(), layout.PAGES.index(self.page))

    def page_names(self) -> list[str]:
        return [self.say(f"ui.page.{page}") for page in layout.PAGES]

    def card_rows(self, width: int) -> list[tuple[str, str, str]]:
        return self.story.rows(width) if hasattr(self, "story") else []

    def paint_card(self, width: int, height: int) -> Canvas:
        return panels.card(width, height, self.ink, self.card_rows(width))

    def paint_view(self, k: int, width: int, height: int) -> Canvas:
        if k >= len(self.views):
            return Canvas(width, height)
        view = self.experiment.view(self.views[k][0])
        title = self.words(f"view.{view.id}")
        payload = self.bridge.payload(view, self.name_change)
        if payload is None or isinstance(payload, Exception):
            canvas = Canvas(width, height)
            canvas.put(0, 0, panels.cut(title, width), fg=self.ink.dim)
            if isinstance(payload, Exception):
                state = self.say("ui.view.failed", detail=str(payload))
            else:
                state = self.fault_text() or self.say(f"ui.phase.{self.bridge.phase}")
            for row, text in enumerate(fold(state, width - 4)[: height - 2]):
                canvas.put(2, min(height // 2, 3) + row, text, fg=self.ink.dim)
            return canvas
        if view.moves:
            payload = self.with_cursor(self.experiment.control(view.moves), payload)
        canvas = draw(view.kind, payload, width, height, self.ink, self.words, title)
        if self.pane == f"view-{k}":
            self.mark_cursor(canvas, view, payload, title)
        return canvas

    def with_cursor(self, control: spec.Control, payload: Any) -> Any:
        """The payload with the entry that the keys are on marked."""
        at = self.indices.get(control.id, 0)
        match control:
            case spec.Arrange():
                return replace(payload, chosen=at)
            case spec.Cells() if self.pane.startswith("view-"):
                flat = getattr(payload.values, "ndim", 2) == 1
                return replace(payload, chosen=at if flat else divmod(at, control.cols))
            case spec.Draw() if self.pane.startswith("view-") and payload.lines:
                line = payload.lines[0].x
                return replace(payload, cursor=line[0] + (line[-1] - line[0]) * at / (control.count - 1))
        return payload

    def name_change(self, control: str, setting: Any) -> str:
        shown = value(self.experiment.control(control), setting, self.words)
        return f"{self.words(f'control.{control}')} {shown}"

    def paint_hint(self, width: int, height: int) -> Canvas:
        canvas = Canvas(width, 1)
        canvas.fill(0, 0, width, 1, bg=self.ink.panel)
        glyph, text = self.story.hint()
        canvas.put(1, 0, glyph, fg=self.ink.accent, bg=self.ink.panel)
        canvas.put(3, 0, panels.cut(text, width - 4), fg=self.ink.text, bg=self.ink.panel)
        return canvas

    def line_texts(self, width: int) -> tuple[str, str]:
        """What stands left and right of the track."""
        bridge, session = self.bridge, self.bridge.session
        phase = self.say(f"ui.phase.{bridge.phase}")
        if session is None:
            return f"  {phase}", ""
        facts = [f"{self.say('ui.update')} {session.step:,}"] if width >= layout.WIDE else []
        if session.epoch > 1:
            facts.append(f"{self.say('ui.epoch')} {session.step / session.epoch:.1f}")
        if bridge.phase == "running" and session.rate_now and width >= 90:
            facts.append(self.say("ui.rate", rate=f"{session.rate_now:,.0f}"))
        if self.speed != 1:
            facts.append(f"×{self.speed:g}")
        room = 3 if width >= layout.WIDE else 1
        for id, measured in [pair for pair in bridge.metrics.items() if "/" not in pair[0]][:room]:
            facts.append(f"{self.words(f'metric.{id}')} {short(measured)}")
        seed = (
            f"  {self.say('ui.seed')} {bridge.seed}"
            if any(isinstance(c, spec.Seed) for c in self.experiment.controls)
            else ""
        )
        return (
            f"{MARKS.get(bridge.phase, '·')} {phase}  " + " · ".join(facts),
            f"{session.step:,} / {max(session.end, session.limit):,}{seed}",
        )

    def paint_line(self, width: int, height: int) -> Canvas:
        left, right = self.line_texts(width)
        session = self.bridge.session
        step, end, limit, marks = (
            (session.step, session.end, session.limit, [update for update, _, _ in session.log])
            if session
            else (0, 0, 0, [])
        )
        running = self.bridge.phase == "running"
        return panels.timeline(
            width, self.ink, left, right, step, end, limit, marks, self.pane == "timeline", running
        )

    def chips(self, width: int, rows: int) -> tuple[list[layout.Chip], int]:
        items = []
        for id in self.section.show:
            control = self.experiment.control(id)
            setting = self.bridge.seed if id == "seed" else self.bridge.settings[id]
            shown = value(control, setting, self.words, self.indices.get(id, 0))
            items.append((id, self.words(f"control.{id}"), shown))
        return layout.flow(items, width, rows)

    def paint_controls(self, width: int, height: int) -> Canvas:
        chips, hidden = self.chips(width, height)
        more = len(self.experiment.controls) - len(self.section.show) + hidden
        return panels.controls(
            width,
            height,
            self.ink,
            chips,
            self.chosen,
            self.pane == "controls",
            f"+{more} o" if more > 0 else "",
        )

    def footer(self) -> list[tuple[str, str, str]]:
        """(command id, cap, label) of the keys that act now, in the footer's order."""
        entries = []
        for command in self.available():
            if command.foot and command.foot < 99:
                cap = (
                    self.say(f"cap.{command.id}") if self.app.words.has(f"cap.{command.id}") else command.cap
                )
                entries.append((command.foot, command.id, cap, self.label_of(command.id)))
        return [(id, cap, label) for _, id, cap, label in sorted(entries)]

    def show_keys(self) -> None:
        self.keys.show(self.footer(), ("help", "?", self.say("command.help")))
