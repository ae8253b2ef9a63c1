"""A little course of three lessons and an app around one screen, for tests of the quiet screens."""

import pytest
from textual.app import App

from lessons.catalog import Course, Lesson, Section
from lhytui import language
from lhytui.settings import Settings
from lhytui.store import Store

WORDS = """
[view]
loss = { zh = "损失曲线", en = "loss curve" }
[ask]
one = { zh = "会走到谷底吗？", en = "Does it reach the bottom of the valley?" }
[claim]
crawls = { zh = "学习率太小：走不到", en = "Too small a rate never arrives" }
limit = { zh = "太大：来回跳", en = "Too large a rate bounces" }
"""
CARDS = """
[[card]]
id = "bounce"
section = "one"
question = { zh = "loss 为什么来回跳？", en = "Why does the loss bounce in x[i]?" }
options = { zh = ["梯度为零", "一步跨过谷底", "有噪声"], en = ["no gradient", "crosses the valley", "noise"] }
right = 1
answer = { zh = "跨过谷底。", en = "It crosses the valley." }
why = { zh = "步长是 η‖g‖。", en = "A step is η‖g‖ long." }
[[card]]
id = "free"
section = "two"
question = { zh = "为什么要自适应？", en = "Why adapt the rate?" }
answer = { zh = "曲率不同。", en = "Curvatures differ." }
"""


@pytest.fixture
def course(tmp_path) -> Course:
    lessons = []
    for number, (id, count, needs) in enumerate(
        [("basics/line", 2, ()), ("basics/relu", 1, ("basics/line",)), ("training/rate", 3, ())], 1
    ):
        folder = tmp_path / id
        folder.mkdir(parents=True)
        (folder / "words.toml").write_text(WORDS, "utf-8")
        (folder / "cards.toml").write_text(CARDS, "utf-8")
        sections = tuple(
            Section(
                id=name,
                lesson=id,
                title={"zh": f"第{number}课 {name}", "en": f"Section {name} of {number}"},
                experiment="x",
                views=("loss",),
                ask={"options": ["a"]} if name == "one" else {},
                claims=("crawls", "limit") if name == "one" else (),
            )
            for name in ("one", "two", "three")[:count]
        )
        name = id.partition("/")[2]
        lessons.append(
            Lesson(
                id=id,
                chapter=id.partition("/")[0],
                number=number,
                order=number,
                minutes=10,
                needs=needs,
                title={"zh": f"课 {name}", "en": f"Lesson {name}"},
                sections=sections,
                folder=folder,
                package="little",
            )
        )
    return Course(tuple(lessons))


class Little(App):
    """What the quiet screens know of the app."""

    def __init__(self, course: Course, screen, lang: str = "en"):
        super().__init__()
        self.course, self.store, self.settings = course, Store(False), Settings()
        self.first, self.opened, self.did = screen, [], []
        self.speak(lang)

    def speak(self, lang: str) -> None:
        self.language, self.words = lang, language.words(lang)

    def on_mount(self) -> None:
        self.push_screen(self.first)

    def open_lesson(self, lesson: str, section: str | None = None) -> None:
        self.opened.append((lesson, section))

    def do(self, id: str) -> None:
        self.did.append(id)

    def shown(self) -> str:
        """What the screen shows, row by row."""
        rows = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in row) for row in rows)


@pytest.fixture
def little(course):
    return lambda screen, lang="en": Little(course, screen, lang)
