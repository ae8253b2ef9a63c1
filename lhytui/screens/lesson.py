"""The lesson screen: text and experiment; one timer takes the newest frame and draws what changed."""

from __future__ import annotations

from collections import deque
from time import perf_counter

from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from lessons import spec
from lessons.text import Fold
from lhytui import layout
from lhytui.bridge import Bridge
from lhytui.commands import bindings
from lhytui.screens.deeds import Deeds
from lhytui.screens.panes import Panes
from lhytui.screens.pictures import Pictures
from lhytui.screens.pointer import Pointer
from lhytui.screens.running import Running
from lhytui.screens.story import Story
from lhytui.widgets.keybar import KeyBar
from lhytui.widgets.painter import Painter, stand
from lhytui.widgets.prose import Prose

PANES = 4  # views shown at once
AT_ONCE = 2  # views redrawn in one frame
QUIET = 8  # ticks without news after which the timer stops


class LessonScreen(Pictures, Deeds, Running, Panes, Pointer, Screen):
    """One section of a lesson."""

    BINDINGS = [(key, action, "") for key, action in bindings("lesson")]
    DEFAULT_CSS = """
    LessonScreen { layers: base; overflow: hidden; }
    LessonScreen Painter, LessonScreen Prose, LessonScreen KeyBar { position: absolute; }
    """

    def __init__(self, lesson, section, changes=None, seed: int | None = None, log: tuple = (), device="cpu"):
        super().__init__()
        self.lesson, self.section = lesson, section
        self.bridge = Bridge(lesson, section, changes, seed, log, device)
        self.experiment = self.bridge.experiment
        self.order = [self.experiment.view(id) for id in section.views]
        self.page, self.pane, self.enlarged = "text", "controls", False
        self.chosen = section.show[0] if section.show else ""
        self.indices: dict[str, int] = {}  # entry under the cursor, by control (matrices, curves, cards)
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
        self.wake()  # for the first frame of views that have room now

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
        fresh = self.bridge.frame()
        self.tell_device()
        shown = [view.id for view in self.fitting]
        serial = f"{self.bridge.phase} {self.bridge.still} {shown} {self.fault_text()}"
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
