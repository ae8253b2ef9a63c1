"""Which keys act on the lesson screen, what they mean there, and from key to deed."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from lessons import spec
from lhytui.commands import COMMANDS, Command
from lhytui.mending import carry_out, mend
from lhytui.screens.pointer import INSIDE


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
            case "code":
                return self.bridge.learns
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
            if id == "code" and self.bridge.phase not in ("loading", "idle", "compiling", "failed"):
                self.app.tell("trains-nothing")
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

    def reply(self, index: int) -> None:
        if self.story.reply(index):
            self.pane = self.first_pane()
            self.place()

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
        elif self.bridge.act(number):
            self.show_experiment()

    def do_next(self) -> None:
        self.app.step_section(self.lesson.id, self.section.id, 1)

    def do_previous(self) -> None:
        self.app.step_section(self.lesson.id, self.section.id, -1)

    def do_code(self) -> None:
        from lhytui.screens.code import CodeScreen

        self.app.push_screen(CodeScreen(self.bridge))

    def do_page_up(self) -> None:
        self.prose.page_up()

    def do_page_down(self) -> None:
        self.prose.page_down()

    def on_key_bar_chosen(self, event) -> None:
        if event.command != "digit":
            self.action_do(event.command, "")
