"""The lesson screen by keyboard and mouse, on the toy course: each key does what the table says."""

import asyncio
import time

import pytest

from lhytui import mending
from lhytui.app import LhyApp

TOY = {"lesson": "toys/fall", "section": "one-rate", "changes": {}, "seed": None}


async def until(pilot, condition, seconds=60):
    """Let the app run until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


@pytest.fixture
def toy(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_COURSE", str(toys))
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))

    def app(lang="en", **start):
        return LhyApp(lang, TOY | start)

    return app


def shown(app) -> str:
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in row) for row in rows)


async def ready(pilot):
    await until(
        pilot, lambda: hasattr(pilot.app.screen, "bridge") and pilot.app.screen.bridge.session is not None
    )
    await until(pilot, lambda: pilot.app.screen.bridge.phase in ("ready", "done"))
    return pilot.app.screen


async def test_digits_place_the_cards_of_the_deck_in_hand(toy):
    app = toy(lesson="dl/network", section="three-steps")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0", "1")
        await until(pilot, lambda: screen.bridge.settings["parts"][0] == 1)
        while screen.pane != "view-1":
            await pilot.press("tab")
        await pilot.press("4")
        await until(pilot, lambda: screen.bridge.settings["history"][0] == 4)
        assert screen.bridge.settings["parts"] == (1,) + (0,) * 8


async def test_predict_run_explain(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        assert screen.story.asking and not screen.story.explained
        await pilot.press("1")
        assert screen.story.answer == "arrives"
        await pilot.press("f")
        await until(pilot, lambda: screen.bridge.phase == "done")
        await until(pilot, lambda: screen.story.explained and screen.bridge.verdict)
        assert screen.bridge.verdict == "arrives"
        assert "arrives" in screen.bridge.proved
        assert app.store.answer("toys/fall", "one-rate").right
        assert app.store.claims("toys/fall") >= {"arrives"}
        assert app.store.state("toys/fall", "one-rate") == "done"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not screen)
        assert app.screen.section.id == "too-large"


async def test_wrong_answer_is_graded_wrong_and_zero_skips(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("2", "f")
        await until(pilot, lambda: screen.bridge.verdict is not None)
        await until(pilot, lambda: app.store.answer("toys/fall", "one-rate").right is False)
    app = toy(section="too-large")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        assert not screen.story.asking


async def test_time_goes_back_and_on(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0", "full_stop", "full_stop", "full_stop")
        session = screen.bridge.session
        await until(pilot, lambda: session.step == 3 and session.phase == "paused")
        w = screen.bridge.session.result().metrics["w"]
        await pilot.press("comma")
        await until(pilot, lambda: session.step == 2)
        await pilot.press("full_stop")
        await until(pilot, lambda: session.step == 3)
        assert session.result().metrics["w"] == w
        await pilot.press("home")
        await until(pilot, lambda: session.step == 0)
        await pilot.press("end")
        await until(pilot, lambda: session.step == 3)


async def test_controls_change_and_undo(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0")
        before = screen.bridge.settings["rate"]
        await pilot.press("right")
        assert screen.bridge.settings["rate"] > before
        await pilot.press("u")
        await until(pilot, lambda: screen.bridge.settings["rate"] == before)
        await pilot.press("down", "right")
        assert screen.chosen == "start"
        await until(pilot, lambda: screen.bridge.phase == "ready" and screen.bridge.settings["start"] > 3)
        await pilot.press("d")
        await until(pilot, lambda: screen.bridge.settings == screen.bridge.home)


async def test_a_restart_keeps_a_ghost_and_c_hides_it(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0", "f")
        await until(pilot, lambda: screen.bridge.phase == "done")
        await pilot.press("r")
        await until(pilot, lambda: len(screen.bridge.session.ghosts) == 1)
        view = screen.experiment.view("loss")
        ghosts = lambda: [
            x for x in screen.bridge.payload(view, screen.name_change).lines if x.role == "ghost"
        ]
        await until(pilot, lambda: len(ghosts()) == 1)
        await pilot.press("c")
        assert ghosts() == []


async def test_divergence_names_layer_and_mend(toy):
    app = toy(section="too-large")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("f")
        await until(pilot, lambda: screen.bridge.phase == "diverged")
        await until(pilot, lambda: "1.5" in screen.fault_text())
        assert "w" in screen.fault_text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_key_at_every_size(toy, size, lang):
    """No key crashes, whatever came before."""
    app = toy(lang)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        keys = "2 space t t t v z z i up down left right i tab tab tab right left c o escape less_than_sign"
        keys += " greater_than_sign minus plus f home end r s d u l l pageup pagedown question_mark escape"
        for key in keys.split():
            await pilot.press(key)
        await pilot.press("n")
        await ready(pilot)
        await pilot.press("b")
        await ready(pilot)
        assert app.screen.section.id == "one-rate"
        assert shown(app).strip() != "…"


async def test_language_switches_in_place(toy):
    app = toy("en")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        assert "One rate" in shown(app)
        await pilot.press("l")
        await pilot.pause()
        assert app.screen is screen and "一个学习率" in shown(app)


async def test_mouse_answers_turns_and_seeks(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        first = len(screen.card_rows(screen.plan.card.width)) - 2
        await pilot.click("#card", offset=(5, first))
        assert screen.story.answer == "arrives"
        await pilot.press("f")
        await until(pilot, lambda: screen.bridge.phase == "done")
        rect = screen.plan.timeline
        from lhytui.panels import timeline_track

        start, length = timeline_track(rect.width, *screen.line_texts(rect.width))
        await pilot.click("#timeline", offset=(start + length // 2, 0))
        await until(pilot, lambda: 60 < screen.bridge.session.step < 140)


async def test_quit_while_training(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0", "minus", "space")
        await until(pilot, lambda: screen.bridge.phase == "running")
        thread = screen.bridge.session._thread
        app.exit(0)
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_palette_finds_lessons_and_commands(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("g")
        await pilot.pause(0.3)
        await pilot.press(*"squares")
        await pilot.pause(0.6)
        await pilot.press("enter")
        await until(
            pilot, lambda: getattr(app.screen, "lesson", None) and app.screen.lesson.id == "toys/square"
        )
        await ready(pilot)


async def test_escape_goes_home_and_never_quits(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert type(app.screen).__name__ == "HomeScreen"
        await pilot.press("escape", "escape")
        assert app.is_running


async def test_a_window_too_small_says_so_and_recovers(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: "60" in shown(app) and app.screen is not screen)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen is screen)


async def test_an_action_brings_the_experiment_of_a_narrow_screen_to_the_front(tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    app = LhyApp(
        "en", {"lesson": "basics/piecewise", "section": "more-features", "changes": {}, "seed": None}
    )
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        await pilot.press("0")
        assert screen.page == "text"
        await pilot.press("1")
        assert screen.page == "experiment" and screen.bridge.settings != screen.bridge.home


async def test_views_that_a_larger_window_brings_are_drawn(toy):
    """Also when all was quiet and the timer had stopped."""
    app = toy()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        await until(pilot, lambda: not screen._timer._active.is_set())
        assert "way" not in screen.bridge.payloads
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "w = 3.000" in shown(app), seconds=20)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_blow_up_is_explained_and_one_key_goes_on(tmp_path, monkeypatch, lang):
    """The frame stays, the card names layer and cause, enter mends: again and again until it no longer blows up."""
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    start = {
        "lesson": "training/learning_rate",
        "section": "lr-too-big-small",
        "changes": {"rate": 1e-4},
        "seed": None,
    }
    app = LhyApp(lang, start)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        bridge = screen.bridge
        await pilot.press("0", "f")
        await until(pilot, lambda: bridge.phase == "diverged" and "plane" in bridge.payloads)
        await until(pilot, lambda: "1e-5" in shown(app))  # the mend
        text = " ".join(shown(app).split())
        cause, layer = ("溢出", "直线") if lang == "zh" else ("overflowed", "line")
        assert cause in text and layer in text and "1e-5" in text
        frozen = bridge.session.step
        await pilot.press("enter")
        await until(pilot, lambda: bridge.session.settings["rate"] == 1e-5)
        await until(pilot, lambda: bridge.phase == "diverged")
        assert bridge.session.step > frozen and len(bridge.session.ghosts) >= 1
        await pilot.press("enter", "f")
        await until(pilot, lambda: bridge.phase == "done")
        assert bridge.session.settings["rate"] == 1e-6 and screen.fault_text() == ""
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not screen)


async def test_a_rate_raised_too_far_goes_back_to_where_the_loss_was_sane(toy):
    app = toy()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        session = screen.bridge.session
        await pilot.press("0", *["full_stop"] * 5)
        await until(pilot, lambda: session.step == 5)
        screen.bridge.set("rate", 1.5)
        await pilot.press("f")
        await until(pilot, lambda: screen.bridge.phase == "diverged")
        await pilot.press("enter")
        await until(pilot, lambda: session.settings["rate"] == 0.1 and session.step > 5)
        loss = session.tape.column("loss")
        assert max(loss[:6]) == loss[0] and loss[-1] <= loss[5]


async def test_where_no_smaller_rate_is_left_the_last_change_is_undone(toy, monkeypatch):
    monkeypatch.setattr(mending, "SMALLER", 0.5)
    app = toy(section="too-large")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        bridge, before = screen.bridge, screen.bridge.settings["start"]
        bridge.set("start", 5.0)
        await pilot.press("f")
        await until(pilot, lambda: bridge.phase == "diverged" and "undo the change" in shown(app), 20)
        await pilot.press("enter")
        await until(pilot, lambda: bridge.session.settings["start"] == before and bridge.phase == "ready", 20)
