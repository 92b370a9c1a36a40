"""Each check of the doctor, made to find something wrong; the command as it is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.config.load import FILES
from cockpit.observe import doctor
from cockpit.paths import default_config

ROOT = Path(__file__).resolve().parent.parent
NAMES = [
    "core", "config", "alerts", "stress", "keys", "exchange", "users", "socket",
    "cores", "pinning", "governor", "clock", "memlock",
    "rtprio", "terminal", "colours", "encoding", "tmux", "compiler",
]  # fmt: skip


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cockpit", "doctor", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for file in FILES:
        shutil.copy(default_config() / file, tmp_path)
    return tmp_path


def test_every_check_is_a_line_and_says_what_to_do(files: Path) -> None:
    runtime = files / "run"
    runtime.mkdir(mode=0o700)
    done = run("--config", files, XDG_RUNTIME_DIR=str(runtime))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines] == NAMES
    for line in lines:
        assert line.split()[0] in ("ok", "note")
        assert line.startswith("ok") or " -> " in line, line
    rows = json.loads(run("--json", XDG_RUNTIME_DIR=str(runtime)).stdout)
    assert [row["name"] for row in rows] == NAMES
    assert all(set(row) == {"name", "level", "text", "do"} for row in rows)


def test_files_that_are_wrong_are_bad_and_named(files: Path) -> None:
    risk = files / "risk.toml"
    risk.write_text(risk.read_text().replace("max_position = ", "max_positon = "))
    done = run("--config", files)
    assert done.returncode == 1
    line = next(text for text in done.stdout.splitlines() if " config " in text)
    assert line.startswith("bad") and "did you mean max_position" in line


GOOD_ALERT = '[[alert]]\nname = "a"\nwhen = "feed"\nabove = 5\n'


@pytest.mark.parametrize(
    ("file", "content", "check", "said"),
    [
        ("alerts.toml", GOOD_ALERT.replace("5", "nan"), "alerts", "above = nan"),
        (
            "alerts.toml",
            GOOD_ALERT + 'sinks = ["command"]\ncommand = ["no-such-program"]\n',
            "alerts",
            "no program 'no-such-program'",
        ),
        ("stress.toml", "[[scenario]]\nname = 'x'\nall = nan\n", "stress", "all = nan"),
        ("keys.toml", "[keys]\nhlat = 'x'\n", "keys", "no such action"),
        ("exchange.toml", "[exchange]\nx = 1\n", "exchange", "written [desk]"),
        ("alerts.toml", "x = [", "alerts", "alerts.toml"),
    ],
)
def test_a_broken_file_beside_them_is_bad_and_named(
    files: Path, file: str, content: str, check: str, said: str
) -> None:
    (files / file).write_text(content)
    done = run("--config", files)
    assert done.returncode == 1
    bad = [line for line in done.stdout.splitlines() if line.startswith("bad")]
    assert [line.split()[1] for line in bad] == [check]
    assert said in bad[0]


def test_good_files_beside_them_are_counted(files: Path) -> None:
    for name in ("alerts.toml", "stress.toml", "exchange.toml"):
        shutil.copy(default_config() / name, files)
    (files / "keys.toml").write_text("[keys]\npause = 'f12'\n")
    found = {
        row["name"]: row for row in json.loads(run("--json", "--config", files).stdout)
    }
    assert "rules" in found["alerts"]["text"] and found["alerts"]["text"][0] != "0"
    assert found["keys"]["text"] == "1 of your own"
    assert {found[n]["level"] for n in ("alerts", "stress", "keys", "exchange")} == {"ok"}


def test_users_that_others_may_read_are_bad(tmp_path: Path) -> None:
    path = tmp_path / "exchange.users"
    assert doctor.users(path).level == "ok"
    path.write_text("desk secret\n")
    path.chmod(0o644)
    assert doctor.users(path).level == "bad"
    path.chmod(0o600)
    assert doctor.users(path).text.endswith("1 users")


def test_shipped_files_are_noted() -> None:
    found = doctor.files(default_config())
    assert (found.level, "cockpit init" in found.do) == ("note", True)


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_socket_directory_open_to_others_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert doctor.sockets().level == "ok"
    (tmp_path / "cockpit").mkdir()
    (tmp_path / "cockpit").chmod(mode)
    found = doctor.sockets()
    assert found.level == "bad" and "chmod 700" in found.text
    assert run(XDG_RUNTIME_DIR=str(tmp_path)).returncode == 1


def test_a_socket_directory_that_cannot_be_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nowhere"))
    assert doctor.sockets().level == "bad"


def test_pinning_is_tried_and_undone() -> None:
    before = os.sched_getaffinity(0)
    assert doctor.pinning().level == "ok"
    assert os.sched_getaffinity(0) == before


def test_one_core_is_noted() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {max(os.sched_getaffinity(0))});"
        "from cockpit.observe.doctor import cores; print(cores())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "note" in done.stdout and "1 of" in done.stdout and "park" in done.stdout


@pytest.mark.parametrize(
    ("governors", "level"),
    [([], "ok"), (["performance"] * 2, "ok"), (["performance", "powersave"], "note")],
)
def test_a_governor_that_saves_power_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, governors: list[str], level: str
) -> None:
    for number, name in enumerate(governors):
        file = tmp_path / f"cpu{number}/cpufreq/scaling_governor"
        file.parent.mkdir(parents=True)
        file.write_text(f"{name}\n")
    monkeypatch.setattr(doctor, "CPUS", tmp_path)
    found = doctor.governor()
    assert found.level == level
    assert level == "ok" or "performance" in found.do


@pytest.mark.parametrize(("name", "level"), [("tsc", "ok"), ("hpet", "note")])
def test_a_slow_clock_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, level: str
) -> None:
    file = tmp_path / "clock"
    file.write_text(f"{name}\n")
    monkeypatch.setattr(doctor, "CLOCK", file)
    assert doctor.clock().level == level


def test_limits_of_the_process_are_seen() -> None:
    code = (
        "import resource as r; r.setrlimit(r.RLIMIT_MEMLOCK, (65536, 65536));"
        "from cockpit.observe.doctor import locked_memory; print(locked_memory())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "note" in done.stdout and "64 KiB" in done.stdout


@pytest.mark.parametrize(
    ("environment", "level", "said"),
    [
        ({"NO_COLOR": "1"}, "ok", "NO_COLOR"),
        ({"COLORTERM": "truecolor", "TERM": "xterm"}, "ok", "16 million"),
        ({"TERM": "screen-256color"}, "ok", "256"),
        ({"TERM": "vt100"}, "note", "16 or fewer"),
    ],
)
def test_colours_are_what_the_environment_says(
    environment: dict[str, str], level: str, said: str
) -> None:
    found = doctor.colours(environment)
    assert (found.level, said in found.text) == (level, True)


def test_a_terminal_that_cannot_move_its_cursor_is_bad(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert doctor.terminal({"TERM": "dumb"}).level == "bad"
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    assert doctor.terminal({"TERM": "xterm"}).level == "note"


@pytest.mark.parametrize(
    ("delay", "level"), [("500", "note"), ("10", "ok"), ("x", "note")]
)
def test_tmux_that_holds_esc_up_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delay: str, level: str
) -> None:
    fake = tmp_path / "tmux"
    fake.write_text(f"#!/bin/sh\necho {delay}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert doctor.tmux({"TMUX": "/tmp/x,1,0"}).level == level
    assert doctor.tmux({}).level == "ok"


def test_without_a_compiler_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert doctor.compiler().level == "note"
