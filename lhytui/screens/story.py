"""Predict, run, explain: a section's question, the learner's answer, the verdict of the run, the claims."""

from __future__ import annotations

from rich.cells import cell_len

from lhytui.text.wrap import fold


class Story:
    """Where the learner stands in one section; `rows` is what the card says."""

    def __init__(self, screen):
        self.screen = screen
        store = screen.app.store
        lesson, section = screen.lesson.id, screen.section.id
        self.options = list(screen.section.ask.get("options", ()))
        kept = store.answer(lesson, section)
        self.answer: str | None = kept.option if kept and kept.option in self.options else None
        self.skipped = False
        self.chosen = 0
        self.explained = store.state(lesson, section) == "done"
        self.claims_met = set(store.claims(lesson))
        self._graded = False
        store.see(lesson, section)

    @property
    def asking(self) -> bool:
        """The question waits for an answer."""
        return bool(self.options) and self.answer is None and not self.skipped

    def met(self, claim: str) -> bool:
        return claim in self.claims_met

    def reply(self, index: int) -> bool:
        """Answer with option `index` (from 0); False when there is none."""
        if not self.asking or not 0 <= index < len(self.options):
            return False
        self.answer = self.options[index]
        self._graded = False
        self.screen.app.store.predict(self.screen.lesson.id, self.screen.section.id, self.answer, None)
        return True

    def update(self) -> None:
        """Take in what the runs have shown: verdict, claims, and the explanation once a run is over."""
        screen, bridge, store = self.screen, self.screen.bridge, self.screen.app.store
        lesson, section = screen.lesson.id, screen.section.id
        news = False
        for claim in bridge.proved - self.claims_met:
            self.claims_met.add(claim)
            store.meet(lesson, claim)
            news = True
        if bridge.verdict and self.answer and not self._graded:
            self._graded = news = True
            store.predict(lesson, section, self.answer, self.answer == bridge.verdict)
        over = bridge.phase in ("done", "diverged") and (not bridge.still or bridge.proved)
        if over and not self.explained:
            self.explained = news = True
            store.finish(lesson, section)
            screen.call_after_refresh(screen.show_text)
        if news:
            screen.place()
            screen.head.repaint()
            screen.card.repaint()
            screen.show_keys()

    def rows(self, width: int) -> list[tuple[str, str, str]]:
        """(glyph, text, tone) for each row of the card, question first."""
        screen, say, words = self.screen, self.screen.say, self.screen.words
        section = screen.section
        room = width - 5
        rows: list[tuple[str, str, str]] = []
        name = lambda option: words(f"ask.{section.id}.{option}")
        if fault := screen.fault_text():
            rows += self._block("✗", fault, room, "bad")
            if mend := screen.mend_text():
                rows += self._block("▸", mend, room, "text")
        if self.options:
            if self.asking:
                question = fold(words(f"ask.{section.id}"), room)
                rows += [("?" if k == 0 else "", text, "text") for k, text in enumerate(question)]
                for k, option in enumerate(self.options):
                    here = k == self.chosen and screen.pane == "card"
                    for j, text in enumerate(fold(f"{k + 1} {name(option)}", room)):
                        rows.append(
                            ("", text, "chosen" if here else "option") if j == 0 else ("", text, "option")
                        )
                return rows
            if self.answer:
                verdict = screen.bridge.verdict
                if verdict is None:
                    rows += self._block("?", say("ui.guess", answer=name(self.answer)), room, "dim")
                else:
                    right = verdict == self.answer
                    key = "ui.guess.right" if right else "ui.guess.wrong"
                    text = say(key, answer=name(self.answer), shown=name(verdict))
                    rows += self._block("✓" if right else "✗", text, room, "good" if right else "bad")
        if (actions := screen.experiment.actions) and screen.arranging() is None:  # else digits put cards
            rows += self._pack([f"{k} {words(f'action.{a.id}')}" for k, a in enumerate(actions, 1)], room)
        if words.has(f"look.{section.id}") and not fault:
            rows += self._block("▸", words(f"look.{section.id}"), room, "text")
        for claim in section.claims:
            done = self.met(claim)
            rows += self._block(
                "✓" if done else "·", words(f"claim.{claim}"), room, "text" if done else "dim"
            )
        return rows

    def _block(self, glyph: str, text: str, room: int, tone: str) -> list[tuple[str, str, str]]:
        return [(glyph if k == 0 else "", part, tone) for k, part in enumerate(fold(text, room))]

    def _pack(self, pieces: list[str], room: int) -> list[tuple[str, str, str]]:
        """Numbered actions side by side, as many in a row as fit."""
        rows, row = [], ""
        for piece in pieces:
            if row and cell_len(row) + 3 + cell_len(piece) > room:
                rows.append(("", row, "option"))
                row = ""
            row += ("   " if row else "") + piece
        return [*rows, ("", row, "option")]

    def hint(self) -> tuple[str, str]:
        """One line for the experiment page of a narrow screen: fault, question, or what to look for."""
        screen, words = self.screen, self.screen.words
        if inspected := screen.inspected():
            return "▸", inspected
        if fault := screen.fault_text():
            return "✗", fault
        if self.asking:
            return "?", words(f"ask.{screen.section.id}")
        if words.has(f"look.{screen.section.id}"):
            return "▸", words(f"look.{screen.section.id}")
        return "", ""
