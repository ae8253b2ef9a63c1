"""What the keys and the mouse do on the lesson screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from lessons import spec
from lhytui import layout
from lhytui.commands import COMMANDS, Command
from lhytui.language import sentence, tell
from lhytui.mending import carry_out, mend
from lhytui.screens.pointer import INSIDE
from lhytui.values import short

SPEEDS = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


class Deeds:
    """Mixed into the lesson screen."""

    # which keys act

    def available(self) -> Iterator[Command]:
        """The commands that do something now."""
        for command in COMMANDS:
            if command.where in ("lesson", "both") and self.acts(command.id):
                yield command

    def acts(self, id: str) -> bool:
        session = self.bridge.session
        trains = not self.bridge.still
        match id:
            case "play" | "finish":
                return trains and self.bridge.phase not in ("done", "diverged", "failed")
            case "faster" | "slower" | "again":
                return trains
            case "reseed":
                return any(isinstance(c, spec.Seed) for c in self.experiment.controls)
            case "back" | "first":
                return trains and session is not None and session.step > 0
            case "forward" | "last":
                return trains
            case "epoch-back" | "epoch-forward":
                return trains and session is not None and session.epoch > 1
            case "digit":
                return self.story.asking or bool(self.experiment.actions) or self.arranging() is not None
            case "page":
                return not self.plan.wide
            case "view":
                return len(self.fitting) > 1
            case "ghosts":
                return session is not None and bool(session.ghosts)
            case "down" | "right":
                return bool(self.section.show) or self.pane != "controls"
        return True

    def label_of(self, id: str) -> str:
        if id == "enter":
            means = self.enter_means()
            return self.say(
                f"ui.enter.{means}" if means != "mend" else f"ui.enter.mend-{mend(self.bridge).kind}"
            )
        if id == "play":
            return self.say("ui.pause" if self.bridge.phase == "running" else "ui.play")
        if id == "digit" and self.story.asking:
            return self.say("ui.answer")
        return self.say(f"command.{id}")

    def enter_means(self) -> str:
        """answer | open | set | fold | mend | run | pause | next"""
        if self.story.asking and self.pane in ("card", "controls"):
            return "answer"
        if self.pane != "text" and mend(self.bridge) is not None:
            return "mend"
        if (
            self.pane == "controls"
            and self.chosen
            and isinstance(self.experiment.control(self.chosen), (*INSIDE, spec.Text))
        ):
            return "open"
        if self.pane == "text" and self.has_folds:
            return "fold"
        if self.pane.startswith("view-") and isinstance(self.moved(), spec.Cells):
            return "set"
        if self.bridge.phase in ("done", "diverged", "failed") or self.bridge.still:
            return "next"
        return "pause" if self.bridge.phase == "running" else "run"

    # from key to deed

    def action_do(self, id: str, key: str) -> None:
        self.pressed = perf_counter()
        if not self.acts(id):
            return
        deed = getattr(self, "do_" + id.replace("-", "_"), None)
        if deed is None:
            self.app.do(id)
        elif id == "digit":
            deed(int(key))
        else:
            deed()
        self.wake()
        self.repaint_chrome()
        self.mark_views()
        self.call_after_refresh(self.painted)

    def painted(self) -> None:
        if self.pressed is not None:
            self.latencies.append(perf_counter() - self.pressed)
            self.pressed = None

    def mark_views(self) -> None:
        """Let the next frames draw the views again."""
        waiting = set(self.dirty)
        self.dirty.extend(k for k in range(len(self.views)) if k not in waiting)

    def do_enter(self) -> None:
        match self.enter_means():
            case "answer":
                self.reply(self.story.chosen)
            case "open":
                self.open_control(self.experiment.control(self.chosen))
            case "set":
                self.set_cell(self.moved())
            case "fold":
                self.prose.toggle_fold()
            case "mend":
                carry_out(self.bridge, mend(self.bridge))
            case "next":
                self.do_next()
            case "run" | "pause":
                self.do_play()

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

    def reply(self, index: int) -> None:
        if self.story.reply(index):
            self.pane = self.first_pane()
            self.place()

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

    def do_play(self) -> None:
        """Run or pause; on a narrow screen the experiment comes to the front."""
        if self.bridge.phase == "running":
            self.bridge.send(lambda s: s.pause())
            return
        if not self.plan.wide and self.page != "experiment":
            self.page = "experiment"
            self.place()
        self.bridge.send(lambda s: s.play())

    def do_digit(self, number: int) -> None:
        if self.story.asking:
            if number == 0:
                self.story.skipped = True
                self.pane = self.first_pane()
                self.place()
            else:
                self.reply(number - 1)
            return
        if arranged := self.arranging():
            self.put_card(arranged, number)
        else:
            self.bridge.act(number)

    def do_back(self) -> None:
        self.bridge.send(lambda s: s.seek(s.target - 1))

    def do_forward(self) -> None:
        self.bridge.send(lambda s: s.seek(s.target + 1) if s.target < s.end else s.advance(1))

    def do_epoch_back(self) -> None:
        self.bridge.send(lambda s: s.seek(max(0, (s.step - 1) // s.epoch * s.epoch)))

    def do_epoch_forward(self) -> None:
        def on(s):
            target = (s.step // s.epoch + 1) * s.epoch
            s.seek(target) if target <= s.end else s.advance(target - s.step)

        self.bridge.send(on)

    def do_first(self) -> None:
        self.bridge.send(lambda s: s.seek(0))

    def do_last(self) -> None:
        self.bridge.send(lambda s: s.seek(s.end))

    def do_finish(self) -> None:
        self.bridge.send(lambda s: s.finish())

    def do_slower(self) -> None:
        self.pace(-1)

    def do_faster(self) -> None:
        self.pace(1)

    def pace(self, by: int) -> None:
        at = SPEEDS.index(min(SPEEDS, key=lambda s: abs(s - self.speed))) + by
        self.speed = SPEEDS[max(0, min(at, len(SPEEDS) - 1))]
        speed = self.speed
        self.app.settings.change(speed=float(speed))
        self.bridge.send(lambda s: s.speed(speed))

    def do_again(self) -> None:
        self.bridge.reset()

    def do_reseed(self) -> None:
        self.bridge.set("seed", self.bridge.seed + 1)

    def do_defaults(self) -> None:
        self.bridge.reset(self.bridge.home, self.bridge.home_seed)

    def do_undo(self) -> None:
        self.bridge.undo()

    def do_ghosts(self) -> None:
        self.bridge.ghosts_shown = not self.bridge.ghosts_shown

    def do_next(self) -> None:
        self.app.step_section(self.lesson.id, self.section.id, 1)

    def do_previous(self) -> None:
        self.app.step_section(self.lesson.id, self.section.id, -1)

    def do_page_up(self) -> None:
        self.prose.page_up()

    def do_page_down(self) -> None:
        self.prose.page_down()

    # panes, controls, cursors

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

    def fault_text(self) -> str:
        """What went wrong and the mend, when the run blew up or could not start."""
        session = self.bridge.session
        if session is not None and self.bridge.phase == "diverged" and session.fault:
            return self.autopsy(session.fault | {"update": session.step})
        error = self.bridge.error or (session.error if session is not None else None)
        if self.bridge.phase == "failed" and error is not None:
            return sentence(error, self.lang)
        return ""

    def autopsy(self, fault: Mapping[str, Any]) -> str:
        """The sentence that names the update, the layer and the cause of a blow-up."""
        layer, _, number = str(fault.get("layer", "–")).partition("-")
        name = f"layer.{layer}"
        layer = f"{self.words(name) if self.words.has(name) else layer} {number}".strip()
        rate = fault.get("rate", self.bridge.settings.get("rate", "–"))
        facts = {**fault, "layer": layer, "rate": short(rate) if isinstance(rate, float) else rate}
        own = f"{fault['code']}-{fault.get('cause')}"
        return tell(own if self.app.words.has(f"error.{own}") else fault["code"], facts, self.lang)

    def mend_text(self) -> str:
        """What enter does about the blow-up; empty when nothing is known to help."""
        found = mend(self.bridge)
        if found is None:
            return ""
        return self.say(f"ui.mend.{found.kind}", update=f"{found.update:,}", rate=short(found.rate))

    def on_key_bar_chosen(self, event) -> None:
        if event.command != "digit":
            self.action_do(event.command, "")
