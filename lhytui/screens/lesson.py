"""The lesson screen: text and experiment; one timer takes the newest frame and draws what changed."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from time import perf_counter
from typing import Any

from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from lessons import spec
from lessons.text import Fold
from lhytui import layout, panels
from lhytui.bridge import Bridge
from lhytui.commands import bindings
from lhytui.draw import draw
from lhytui.draw.canvas import Canvas
from lhytui.draw.number import short
from lhytui.screens.deeds import Deeds
from lhytui.screens.pointer import Pointer
from lhytui.screens.story import Story
from lhytui.text.wrap import fold
from lhytui.values import value
from lhytui.widgets.keybar import KeyBar
from lhytui.widgets.painter import Painter, stand
from lhytui.widgets.prose import Prose

PANES = 4  # views shown at once
AT_ONCE = 2  # views redrawn in one frame
QUIET = 8  # ticks without news after which the timer stops
MARKS = {"running": "▶", "paused": "⏸", "done": "■", "diverged": "✗", "failed": "✗"}


class LessonScreen(Deeds, Pointer, Screen):
    """One section of a lesson."""

    BINDINGS = [(key, action, "") for key, action in bindings("lesson")]
    DEFAULT_CSS = """
    LessonScreen { layers: base; overflow: hidden; }
    LessonScreen Painter, LessonScreen Prose, LessonScreen KeyBar { position: absolute; }
    """

    def __init__(self, lesson, section, changes=None, seed: int | None = None, log: tuple = ()):
        super().__init__()
        self.lesson, self.section = lesson, section
        self.bridge = Bridge(lesson, section, changes, seed, log)
        self.experiment = self.bridge.experiment
        self.order = [self.experiment.view(id) for id in section.views]
        self.page, self.pane, self.enlarged = "text", "controls", False
        self.chosen = section.show[0] if section.show else ""
        self.indices: dict[
            str, int
        ] = {}  # entry under the cursor, by control (matrices, drawn curves, cards)
        self.cursors: dict[str, tuple[int, int]] = {}  # cell under the cursor, by view
        self.inspecting = False
        self.speed = 1.0  # the pace of the learner, times that of the experiment
        self.dirty: deque[int] = deque()
        self.gaps: deque[float] = deque(maxlen=2000)  # seconds between frames while something runs
        self.pressed: float | None = None
        self.latencies: deque[float] = deque(maxlen=500)  # seconds from key to painted frame
        self._quiet = 0
        self._last: float | None = None
        self._serial = ""
        self._timer: Timer | None = None

    # making the screen

    def compose(self) -> ComposeResult:
        self.head = Painter(self.paint_head, id="head")
        self.tabs = Painter(self.paint_tabs, id="tabs")
        self.prose = Prose(id="text")
        self.card = Painter(self.paint_card, id="card")
        self.panes = [
            Painter(lambda w, h, k=k: self.paint_view(k, w, h), id=f"view-{k}") for k in range(PANES)
        ]
        self.hint = Painter(self.paint_hint, id="hint")
        self.line = Painter(self.paint_line, id="timeline")
        self.bar = Painter(self.paint_controls, id="controls")
        self.keys = KeyBar(id="keys")
        yield from (
            self.head,
            self.tabs,
            self.prose,
            self.card,
            *self.panes,
            self.hint,
            self.line,
            self.bar,
            self.keys,
        )

    def on_mount(self) -> None:
        self.speed = self.app.settings.speed
        self.relabel()
        self.story = Story(self)
        self.pane = "card" if self.story.asking else self.first_pane()
        self.place()
        self.show_text()
        self._timer = self.set_interval(1 / self.app.frames_per_second, self.tick)
        self.call_after_refresh(self.open)

    def open(self) -> None:
        self.bridge.open(self.wanted)
        self.bridge.send(lambda session: session.speed(self.speed))
        self.wake()

    def first_pane(self) -> str:
        """Where the keys go first: into the view when all is done there, else to the controls."""
        inside = self.order and self.order[0].moves and self.experiment.lab == "sort"
        return "view-0" if inside else "controls"

    def relabel(self) -> None:
        """Take the words of the app's language."""
        self.lang = self.app.language
        self.words = self.lesson.words(self.lang)
        self.text = self.lesson.text(self.lang).get(self.section.id)

    def switch_language(self) -> None:
        self.relabel()
        self.place()
        self.show_text(keep=True)
        self.repaint_all()

    @property
    def has_folds(self) -> bool:
        blocks = (*self.text.before, *self.text.after) if self.text else ()
        return any(isinstance(block, Fold) for block in blocks)

    def say(self, key: str, **facts) -> str:
        return self.app.words(key, **facts)

    def help_texts(self) -> list[tuple[str, str]]:
        """(title, text) for the help: the chosen control and how to read each view in sight."""
        found = []
        for id, _ in self.views:
            title = self.say("ui.help.view", title=self.words(f"view.{id}"))
            found.append((title, self.words.read(id, self.experiment.view(id).kind)))
        if self.chosen:
            control = self.experiment.control(self.chosen)
            key = "ui.help.live" if control.live else "ui.help.restart"
            label = self.words(f"control.{self.chosen}")
            found.append((self.say("ui.help.control", label=label), self.say(key)))
        return found

    def on_unmount(self) -> None:
        self.bridge.close()

    def on_resize(self) -> None:
        self.app.fit()
        self.place()
        self.repaint_all()

    # layout

    @property
    def fitting(self) -> list[spec.View]:
        """The section's views that have something to show, the most important one first."""
        return [view for view in self.order if view.fits(self.bridge.settings)]

    def bring(self, view: spec.View, front: bool = True) -> None:
        """Make a view the first one, or the last."""
        self.order.remove(view)
        self.order.insert(0 if front else len(self.order), view)
        self.place()

    @property
    def views(self) -> list[tuple[str, layout.Rect]]:
        return list(self.plan.views)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Views that the model must draw: the visible ones that are not read from the tape."""
        return tuple(id for id, _ in self.views if not self.experiment.view(id).series)

    def place(self) -> None:
        """Compute the plan and put every widget in its place."""
        width, height = self.app.size
        rows = len(self.card_rows(max(40, min(60, round(width * 0.38))) if width >= layout.WIDE else width))
        self.plan = layout.plan_screen(
            width,
            height,
            [view.id for view in self.fitting],
            min(layout.CARD_ROWS, max(3, rows)),
            1 if not self.chips(width - 6, 1)[1] else 2,
            self.page,
            self.enlarged,
            self.bridge.still,
        )
        names = ("head", "tabs", "text", "card", "hint", "timeline", "controls", "keys")
        for widget, name in zip(
            (self.head, self.tabs, self.prose, self.card, self.hint, self.line, self.bar, self.keys),
            names,
            strict=True,
        ):
            stand(widget, getattr(self.plan, name))
        boxes = [rect for _, rect in self.plan.views]
        for k, pane in enumerate(self.panes):
            stand(pane, boxes[k] if k < len(boxes) else layout.NOWHERE)
        self.bridge.send(lambda session: session.want(self.wanted))

    def show_text(self, keep: bool = False) -> None:
        """The part before the run; after it, the explanation too, with its first line on top."""
        if self.text is None:
            return
        before, after = self.text.before, self.text.after if self.story.explained else ()
        self.prose.show([*before, *after], keep=keep, start=len(before) if after else 0)

    # the timer

    def wake(self) -> None:
        """Something happens: keep the timer running."""
        self._quiet, self._last = 0, None
        if self._timer is not None:
            self._timer.resume()

    def tick(self) -> None:
        """Take the newest frame and draw at most two views; stop the timer when all is quiet."""
        if not self.is_current:
            return
        started = perf_counter()
        if self._last is not None and self.bridge.phase == "running":
            self.gaps.append(started - self._last)
        self._last = started
        serial = f"{self.bridge.phase} {self.bridge.still} {[view.id for view in self.fitting]}"
        fresh = self.bridge.frame()
        if serial != self._serial:
            self._serial = serial
            self.story.update()
            self.place()
            self.repaint_chrome()
            fresh = True
        if fresh:
            self._quiet = 0
            self.story.update()
            waiting = set(self.dirty)
            self.dirty.extend(k for k in range(len(self.views)) if k not in waiting)
            self.line.repaint()
            self.hint.repaint()
            self.bar.repaint()
        self.draw_some(AT_ONCE)
        busy = self.bridge.busy or (self.bridge.session is None and self.bridge.error is None)
        self._quiet = 0 if busy or self.dirty else self._quiet + 1
        if self._quiet > QUIET:
            self._timer.pause()
        period = 1 / self.app.frames_per_second
        spent = perf_counter() - started
        if spent > period / 2:
            self._timer.pause()
            self.set_timer(min(0.2, spent), self._timer.resume)

    def draw_some(self, most: int) -> None:
        for _ in range(min(most, len(self.dirty))):
            k = self.dirty.popleft()
            if k < len(self.views):
                self.panes[k].repaint()

    def repaint_chrome(self) -> None:
        for widget in (self.head, self.tabs, self.card, self.hint, self.line, self.bar):
            widget.repaint()
        self.show_keys()

    def repaint_all(self) -> None:
        self.repaint_chrome()
        self.dirty.clear()
        for pane in self.panes:
            pane.repaint()

    # painting

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
                return replace(payload, chosen=divmod(at, control.cols))
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
