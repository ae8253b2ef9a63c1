"""Folders of the app, and where caches go."""

import os
import stat
import sys
from pathlib import Path

import pytest

from lhytui import paths


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    for name in ("NUMBA_CACHE_DIR", "LHYTUI_CACHE_DIR"):
        # Set first, so that the value that `prepare` leaves is taken back after the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path / "home"


def test_home_holds_all_folders(home):
    assert {folder.parent for folder in paths.paths().all.values()} == {home}


def test_without_home_each_folder_has_the_platforms_place(monkeypatch):
    monkeypatch.delenv("LHYTUI_HOME")
    found = paths.paths()
    assert len(set(found.all.values())) >= 3 - (sys.platform == "darwin")
    assert all("lhytui" in str(folder) for folder in found.all.values())


def test_folders_are_made_for_this_user_only(home):
    found = paths.prepare()
    for folder in found.all.values():
        assert folder.is_dir()
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_caches_are_named_in_the_environment(home):
    paths.prepare()
    assert Path(os.environ["NUMBA_CACHE_DIR"]) == home / "cache" / "numba"
    assert Path(os.environ["LHYTUI_CACHE_DIR"]).is_relative_to(home / "cache")


def test_caches_already_named_stay(monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    paths.prepare()
    assert os.environ["NUMBA_CACHE_DIR"] == "elsewhere"


def test_a_folder_that_cannot_be_made_is_not_usable(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "file"))
    found = paths.prepare()
    assert not any(paths.usable(folder) for folder in found.all.values())
    assert "NUMBA_CACHE_DIR" not in os.environ
