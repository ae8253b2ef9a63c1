"""The command line: what it prints where, and every exit status."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lhytui import __version__, cli


def test_version_and_help(lhytui):
    assert lhytui("--version").stdout == f"lhytui {__version__}\n"
    for command in ("", *cli.COMMANDS):
        shown = lhytui(*command.split(), "--help")
        assert shown.returncode == 0 and "--lang" in shown.stdout and not shown.stderr
    assert "终端" in lhytui("--help", "--lang", "zh").stdout


def test_list(lhytui):
    rows = json.loads(lhytui("list", "--json").stdout)
    fall = next(row for row in rows if row["id"] == "toys/fall")
    assert fall["title"] == {"zh": "下坡", "en": "Downhill"}
    assert [section["id"] for section in fall["sections"]] == ["one-rate", "too-large"]
    assert fall["experiments"]["bowl"]["controls"] == ["rate", "start", "noise", "seed"]
    assert [claim["id"] for claim in fall["claims"]] == ["arrives", "noise-stays", "flies-off"]
    assert fall["cards"] == 4
    plain = lhytui("list", "--lang", "zh")
    assert "下坡" in plain.stdout and "toys/fall" in plain.stdout and "\x1b" not in plain.stdout


def test_read(lhytui):
    whole = lhytui("read", "toys/fall", "--lang", "en").stdout
    assert "Think first, then run it with space." in whole and "    θ ← θ − η·g" in whole
    assert "Each step multiplies" in whole and "What does rate 1.5 do?" in whole
    part = lhytui("read", "toys/fall:too-large", "--lang", "zh").stdout
    assert "学习率 1.5 会怎样？" in part and "损失落到零" not in part


def test_run_ends_with_one_object(lhytui):
    done = lhytui("run", "toys/fall", "--json", "--seed", "7", "--set", "start=-2")
    assert done.returncode == 0 and "toys/fall:one-rate" in done.stderr
    report = json.loads(done.stdout)
    assert list(report) == [
        *("lesson", "section", "experiment", "params", "seed", "steps", "phase", "device", "threads"),
        *("metrics", "claims", "timing", "versions"),
    ]
    assert (report["lesson"], report["section"], report["experiment"]) == ("toys/fall", "one-rate", "bowl")
    assert report["params"] == {"rate": 0.1, "start": -2.0, "noise": "off"}
    assert (report["seed"], report["steps"], report["phase"]) == (7, 200, "done")
    assert set(report["timing"]) == {"compile_s", "train_s"}
    assert set(report["versions"]) == {"lhytui", "python", "numpy", "numba", "textual"}


def test_a_claim_is_checked_when_this_run_is_all_its_arms(lhytui):
    own = json.loads(lhytui("run", "toys/fall", "--json").stdout)["claims"]
    assert {claim["id"]: claim["holds"] for claim in own} == {"arrives": True, "noise-stays": None}
    other = json.loads(lhytui("run", "toys/fall", "--json", "--set", "start=1").stdout)["claims"]
    assert {claim["holds"] for claim in other} == {None}


def test_run_streams_every_update(lhytui):
    done = lhytui("run", "toys/fall", "--jsonl", "--steps", "100")
    *rows, report = map(json.loads, done.stdout.splitlines())
    assert [row["update"] for row in rows if "loss" in row] == list(range(100))
    assert rows[0] == {"update": 0, "loss": 9.0, "height": 3.0}
    assert [row["update"] for row in rows if "height" in row][:2] == [0, 50]
    assert report["steps"] == 100


def test_runs_repeat(lhytui):
    noisy = ("run", "toys/fall", "--jsonl", "--set", "noise=on", "--steps", "20")
    same, other = lhytui(*noisy), lhytui(*noisy, "--seed", "2")
    assert lhytui(*noisy).stdout.splitlines()[:20] == same.stdout.splitlines()[:20]
    assert other.stdout.splitlines()[:20] != same.stdout.splitlines()[:20]


def test_a_share_string_is_replayed(lhytui):
    done = lhytui("run", "toys/fall:one-rate?start=2&at=2~rate~0.5", "--jsonl", "--steps", "4")
    losses = [json.loads(line)["loss"] for line in done.stdout.splitlines()[:4]]
    assert losses == pytest.approx([4, 4 * 0.8**2, 4 * 0.8**4, 0])


def test_diverging_is_status_3_with_layer_and_rate(lhytui):
    done = lhytui("run", "toys/fall:too-large", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["phase"] == "diverged"
    assert "numbers of w " in done.stderr and "rate 1.5" in done.stderr


def test_without_a_card_a_run_goes_on_on_the_cpu_and_says_so(lhytui):
    done = lhytui("run", "training/batch_size", "--device", "cuda", "--steps", "1", "--json", course="")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    told = [line for line in done.stderr.splitlines() if "CPU" in line or "Training on" in line]
    assert len(told) == 1
    assert json.loads(done.stdout)["device"] == ("cuda" if "Training on" in told[0] else "cpu")


def test_a_run_that_trains_no_network_says_that_nothing_goes_to_a_card(lhytui):
    done = lhytui("run", "toys/fall", "--device", "cuda", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["device"] == "cpu"
    assert "graphics card could take over" in done.stderr


def test_a_failing_builder_is_status_4(lhytui, toys):
    (toys / "toys" / "fall" / "run.py").write_text(
        "def build(settings, seed):\n    raise RuntimeError('sand')\n"
    )
    done = lhytui("run", "toys/fall", course=toys)
    assert done.returncode == 4 and "sand" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["run", "toys/fal"], ["toys/fal", "toys/fall"]),
        (["run", "nothing-like-it"], ["nothing-like-it"]),
        (["run", "toys/fall:one-rat"], ["one-rat", "one-rate", "toys/fall"]),
        (["read", "0"], ["0"]),
        (["verify", "nope"], ["nope"]),
        (["nope"], ["nope"]),
        (["run", "toys/fall", "--set", "rate=abc"], ["rate", "abc", "0.001 … 2", "start, noise, seed"]),
        (["run", "toys/fall", "--set", "rate=9"], ["rate", "9", "0.001 … 2", "start, noise, seed"]),
        (["run", "toys/fall", "--set", "rate=nan"], ["rate", "nan", "0.001 … 2"]),
        (["run", "toys/fall", "--set", "noise=loud"], ["noise", "loud", "on, off", "rate, start"]),
        (["run", "toys/fall", "--set", "colour=red"], ["colour", "rate, start, noise, seed"]),
        (["run", "toys/fall", "--set", "rate"], ["rate"]),
        (["run", "toys/fall", "--seed", "99999999999"], ["seed", "2147483647"]),
        (["run", "toys/fall", "--steps", "-3"], ["--steps"]),
        (["run", "toys/fall", "--threads", "0"], ["--threads"]),
        (["run", "toys/fall", "--device", "abacus"], ["abacus"]),
        (["run"], ["LESSON"]),
        (["list", "--colour"], ["--colour"]),
        (["run", "toys/fall:one-rate?rate"], ["rate"]),
        (["bench", "--against", "abacus"], ["abacus", "torch, jax"]),
        (["--set", "rate=1"], ["--set"]),
        ([], ["terminal"]),
        (["toys/fall"], ["terminal"]),
    ],
)
def test_wrong_usage_is_status_2_and_one_sentence(lhytui, args, told):
    done = lhytui(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "{" not in done.stderr
    for word in told:
        assert word in done.stderr


def test_errors_are_told_in_the_language_asked_for(lhytui):
    for args, env in ((["--lang", "zh"], {}), ([], {"LANG": "zh_CN.UTF-8"}), ([], {"LC_ALL": "zh_TW"})):
        assert "没有叫 toys/fal 的课" in lhytui("run", "toys/fal", *args, **env).stderr
    assert "There is no lesson" in lhytui("run", "toys/fal", "--lang", "en", LANG="zh_CN").stderr


def test_the_language_of_the_settings_file_beats_the_locale(lhytui, tmp_path):
    folder = tmp_path / "home" / "config"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('language = "zh"\n')
    assert "没有叫" in lhytui("run", "toys/fal").stderr


def test_verify(lhytui):
    done = lhytui("verify", "toys/fall", "toys/square", "--seeds", "2", "--json")
    assert done.returncode == 0
    rows = {row["claim"]: row for row in json.loads(done.stdout)}
    assert set(rows) == {"arrives", "noise-stays", "flies-off", "positive"}
    assert all(row["ok"] and row["held"] == row["counter_failed"] == 2 for row in rows.values())
    assert "flies-off" in done.stderr


def test_verify_of_a_section_checks_its_claims_only(lhytui):
    rows = json.loads(lhytui("verify", "toys/fall:too-large", "--seeds", "1", "--json").stdout)
    assert [row["claim"] for row in rows] == ["flies-off"]


def test_a_missed_claim_is_status_1(lhytui, toys):
    path = toys / "toys" / "square" / "run.py"
    path.write_text(path.read_text().replace('["square"] > 0', '["square"] > 9'))
    done = lhytui("verify", "toys/square", "--seeds", "1", course=toys)
    assert done.returncode == 1 and "0/1" in done.stdout


def test_a_check_that_does_not_see_the_counter_is_status_1(lhytui, toys):
    path = toys / "toys" / "square" / "run.py"
    path.write_text(path.read_text().replace('["square"] > 0', '["square"] >= 0'))
    (row,) = json.loads(lhytui("verify", "toys/square", "--seeds", "1", "--json", course=toys).stdout)
    assert (row["held"], row["counter_failed"], row["ok"]) == (1, 0, False)


def test_a_broken_lesson_is_told_and_does_no_harm(lhytui, toys):
    (toys / "toys" / "square" / "lesson.toml").write_text("order = [")
    listed = lhytui("list", "--json", course=toys)
    rows = {row["id"]: row for row in json.loads(listed.stdout)}
    assert listed.returncode == 0 and "toys/square" in listed.stderr
    assert (
        rows["toys/square"]["problem"]["code"] == "unreadable-lesson" and "problem" not in rows["toys/fall"]
    )
    assert lhytui("run", "toys/fall", course=toys).returncode == 0
    assert lhytui("run", "toys/square", course=toys).returncode == 2
    checked = lhytui("check", course=toys)
    assert checked.returncode == 1 and "toys/square" in checked.stdout


def test_check_prints_findings(lhytui, toys):
    path = toys / "toys" / "square" / "lesson.toml"
    path.write_text(path.read_text().replace('show = ["x"]', 'show = ["y"]'))
    done = lhytui("check", course=toys)
    assert done.returncode == 1
    assert "toys/square: numbers: show names y; there are x" in done.stdout


def test_doctor(lhytui):
    found = json.loads(lhytui("doctor", "--json").stdout)
    assert found["packages"]["numba"] and found["processors"] >= 1 and found["course"]["lessons"] >= 2
    assert found["folders"]["cache"]["usable"] is True


def test_the_home_that_cannot_be_made_is_no_obstacle(lhytui, tmp_path):
    (tmp_path / "file").write_text("")
    done = lhytui("run", "toys/fall", LHYTUI_HOME=str(tmp_path / "file" / "home"))
    assert done.returncode == 0


def test_a_reader_that_leaves_is_no_error(lhytui, tmp_path):
    env = {**os.environ, "LHYTUI_HOME": str(tmp_path)}
    many = subprocess.Popen(
        [sys.executable, "-m", "lhytui", "list", "--json"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    many.stdout.close()
    errors = many.stderr.read().decode()
    assert many.wait(60) == 0 and "BrokenPipe" not in errors and "Exception" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupted_is_status_130(tmp_path, toys):
    ready = tmp_path / "ready"
    (toys / "toys" / "fall" / "run.py").write_text(
        f"import pathlib, time\n\n\ndef build(settings, seed):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n    time.sleep(60)\n"
    )
    env = {**os.environ, "LHYTUI_HOME": str(tmp_path / "home"), "LHYTUI_COURSE": str(toys)}
    command = [sys.executable, "-m", "lhytui", "run", "toys/fall"]
    child = subprocess.Popen(command, env=env, stderr=subprocess.PIPE)
    while not ready.exists() and child.poll() is None:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    errors = child.communicate(timeout=60)[1].decode()
    assert child.returncode == 130 and "Traceback" not in errors


def test_the_command_may_follow_options():
    assert cli.command_of(["--lang", "zh", "list", "--json"]) == ("list", ["--lang", "zh", "--json"])
    assert cli.command_of(["training/list", "--set", "run"]) == ("", ["training/list", "--set", "run"])
    assert cli.command_of(["--set", "list", "read"]) == ("read", ["--set", "list"])
