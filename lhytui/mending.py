"""What a run that blew up needs, and how it goes on: a smaller rate from before the blow-up, or a change undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lessons.spec import Number

if TYPE_CHECKING:
    from lhytui.bridge import Bridge

SMALLER = 10  # times


@dataclass(frozen=True)
class Mend:
    """`kind` rate: stand at `update` and go on with `rate`; undo: take the last change back."""

    kind: str
    update: int = 0
    rate: float = 0.0


def mend(bridge: Bridge) -> Mend | None:
    """The mend of the present run, None if it did not blow up or nothing is known to help."""
    session = bridge.session
    if session is None or bridge.phase != "diverged":
        return None
    rate = next((c for c in bridge.experiment.controls if c.id == "rate" and isinstance(c, Number)), None)
    arms = bridge.experiment.arms.arms.values() if bridge.experiment.arms else ()
    if rate is not None and not any("rate" in arm for arm in arms):
        changes = [(at, value) for at, id, value in bridge.log if id == "rate"]
        update = min(calm(session.tape), changes[-1][0] if changes else session.step) if rate.live else 0
        held = next((value for at, value in changes[::-1] if at < update), bridge.base["rate"])
        smaller = min(max(float(f"{bridge.settings['rate'] / SMALLER:.3g}"), rate.lo), held)
        if smaller < bridge.settings["rate"]:
            return Mend("rate", update, smaller)
    return Mend("undo") if bridge.changes else None


def calm(tape: Any) -> int:
    """The last update at which the loss was not above that of the start; 0 where the tape has no loss."""
    if "loss" not in tape.columns or not len(tape):
        return 0
    loss = tape.column("loss").tolist()
    return max((k for k, value in enumerate(loss) if value <= loss[0]), default=0)


def carry_out(bridge: Bridge, found: Mend) -> None:
    """Mend the run and let it go on."""
    if found.kind == "undo":
        bridge.undo()
        return
    bridge.settings["rate"] = found.rate
    if bridge.experiment.control("rate").live:
        bridge.send(lambda s: s.seek(found.update))
    bridge.send(lambda s: s.set("rate", found.rate))
    bridge.send(lambda s: s.play())
