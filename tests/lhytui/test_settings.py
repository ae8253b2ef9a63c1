import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lhytui import files
from lhytui.settings import Settings, check, load


def test_no_file_means_defaults_and_no_notice(tmp_path):
    settings = load(tmp_path)
    assert settings == Settings() and settings.notices == []


def test_what_is_changed_is_there_next_time(tmp_path):
    settings = load(tmp_path / "new" / "folder")
    assert settings.change(language="zh", speed=2.5, theme='a"\\b\n学')
    assert load(tmp_path / "new" / "folder") == settings


def test_other_lines_of_the_file_stay(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('# mine\nfuture = [1, 2]\ntheme = "nord"  # calm\n\n[plugin]\nspeed = 9\n')
    settings = load(tmp_path)
    assert settings.theme == "nord" and settings.speed == 1.0
    settings.change(speed=4.0, theme="gruvbox")
    text = file.read_text()
    assert text.startswith("# mine\nfuture = [1, 2]\n")
    assert tomllib.loads(text) == {"future": [1, 2], "theme": "gruvbox", "speed": 4.0, "plugin": {"speed": 9}}


def test_a_value_may_return_to_its_default(tmp_path):
    settings = load(tmp_path)
    settings.change(speed=4.0)
    settings.change(speed=1.0)
    assert load(tmp_path).speed == 1.0


@pytest.mark.parametrize("damage", [b"theme = [", b"\xff\xfe\x00", b"theme = 'a'\ntheme = 'b'"])
def test_a_damaged_file_gives_defaults_one_notice_and_is_set_aside(tmp_path, damage):
    file = tmp_path / "settings.toml"
    file.write_bytes(damage)
    settings = load(tmp_path)
    assert settings == Settings()
    assert [code for code, _ in settings.notices] == ["settings-damaged"]
    assert settings.change(theme="nord")
    assert (tmp_path / "settings.toml.damaged-1").read_bytes() == damage
    assert load(tmp_path).theme == "nord"


def test_bad_values_are_named_once_and_left_at_their_defaults(tmp_path):
    (tmp_path / "settings.toml").write_text('speed = "fast"\nlanguage = "fr"\nframes = 30\n')
    settings = load(tmp_path)
    assert (settings.speed, settings.language, settings.frames) == (1.0, "auto", 30)
    assert len(settings.notices) == 1
    code, facts = settings.notices[0]
    assert code == "settings-bad-values" and facts["keys"] == "language, speed"


def test_a_folder_that_cannot_be_written_works_in_memory_with_one_notice(tmp_path):
    (tmp_path / "blocked").write_text("a file, not a folder")
    settings = load(tmp_path / "blocked" / "config")
    assert not settings.change(theme="nord") and not settings.change(speed=2.0)
    assert settings.theme == "nord" and settings.speed == 2.0
    assert [code for code, _ in settings.notices].count("settings-not-saved") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", True),
        ("speed", 1000.0),
        ("frames", 2.5),
        ("glyphs", "emoji"),
        ("nothing", 1),
    ],
)
def test_the_schema_refuses(name, value):
    assert not check(name, value)
    assert not Settings().change(**{name: value})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_file(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("settings")
    load(folder).change(theme=text)
    assert load(folder).theme == text


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "settings.toml"
    file.write_text('theme = "nord"\n')

    def fail(*_):
        raise OSError

    monkeypatch.setattr(files.os, "replace", fail)
    assert not load(tmp_path).change(theme="gruvbox")
    assert file.read_text() == 'theme = "nord"\n' and list(tmp_path.iterdir()) == [file]


def test_set_aside_never_overwrites(tmp_path):
    for k in range(3):
        (tmp_path / "f").write_text(str(k))
        (tmp_path / "f-wal").write_text("wal")
        files.set_aside(tmp_path / "f", ("", "-wal", "-shm"))
    assert [(tmp_path / f"f.damaged-{k + 1}").read_text() for k in range(3)] == ["0", "1", "2"]
    assert (tmp_path / "f.damaged-2-wal").exists() and not (tmp_path / "f-wal").exists()
