"""The run on the lesson screen: on, back, faster, again, undone; what went wrong and its mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lhytui.language import sentence, tell
from lhytui.mending import mend
from lhytui.values import short

SPEEDS = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


class Running:
    """Mixed into the lesson screen."""

    def do_play(self) -> None:
        """Run or pause."""
        if self.bridge.phase == "running":
            self.bridge.send(lambda s: s.pause())
            return
        self.show_experiment()
        self.bridge.send(lambda s: s.play())

    def show_experiment(self) -> None:
        """On a narrow screen the experiment comes to the front."""
        if not self.plan.wide and self.page != "experiment":
            self.page = "experiment"
            self.place()

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

    def do_device(self, device: str) -> None:
        """Train there, and say what comes of it."""
        self.app.told_of_device.clear()
        self.bridge.move(device)
        self.wake()

    def tell_device(self) -> None:
        """Say once what came of the device that was asked for: why there is none, or what this lesson gains."""
        news, told = self.bridge.news, self.app.told_of_device
        if news is None:
            return
        what = (
            news[0] if news[0] not in ("cuda-on", "cuda-small", "cuda-nothing") else (news[0], self.lesson.id)
        )
        if what not in told:
            told.add(what)
            self.app.notify(tell(*news, self.lang, "engine"), timeout=8, markup=False)

    # when it blew up

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
