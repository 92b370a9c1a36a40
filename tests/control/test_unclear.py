"""What cannot be begun is said in a line that names where, without a traceback."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from serving import ROOT


def cockpit(home: Path, *words: object, limit: int = -1) -> tuple[int, str]:
    def limited() -> None:
        if limit >= 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "cockpit", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
        preexec_fn=limited,
        env={**os.environ, "XDG_RUNTIME_DIR": str(home), "XDG_STATE_HOME": str(home)},
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = Path(tempfile.mkdtemp(prefix="ck", dir=tmp_path))
    (made / "cockpit").mkdir(mode=0o700)
    return made


@pytest.mark.parametrize("words", [("once", "--seconds", 1), ("serve", "desk")])
def test_where_there_is_no_room_for_a_journal(home: Path, words: tuple[object, ...]):
    place = home / "journal"
    code, said = cockpit(home, *words, "--journal", place, limit=100_000)
    assert code == 2 and "Traceback" not in said
    assert said.count("\n") == 1 and "File too large" in said and str(place) in said


@pytest.mark.parametrize("words", [("once", "--seconds", 1), ("serve", "desk")])
def test_where_a_file_is_in_the_way_of_a_journal(home: Path, words: tuple[object, ...]):
    (home / "file").touch()
    code, said = cockpit(home, *words, "--journal", home / "file" / "journal")
    assert code == 2 and "Traceback" not in said
    assert said.count("\n") == 1 and f"{home / 'file'}: not a directory" in said


def test_a_start_in_vain_does_not_put_a_crash_in_order(home: Path):
    place = home / "journal"
    words = ("once", "--seconds", 60, "--journal", place)
    trading = subprocess.Popen(
        [sys.executable, "-m", "cockpit", *map(str, words)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_RUNTIME_DIR": str(home), "XDG_STATE_HOME": str(home)},
    )  # fmt: skip
    end = time.monotonic() + 20
    while not list(place.glob("*.journal")):
        assert time.monotonic() < end, "no journal was begun"
        time.sleep(0.1)
    time.sleep(1)
    trading.send_signal(signal.SIGKILL)
    trading.wait()
    # Room for the ring, and none for a segment: it fails when it is about to begin.
    code, said = cockpit(home, *words, limit=8_400_000)
    assert code == 2 and "did not start" in said
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "once", "--seconds", "1", "--json",
         "--journal", place],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout)["journal"]["found"] == "crashed", done.stderr
