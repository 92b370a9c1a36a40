"""A journal without room, for real: the desk halts, says why, and loses nothing."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import full_disk
import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = "mount -t tmpfs -o size=3m none"


def trade(directory: Path, how: str, *prefix: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [*prefix, sys.executable, full_disk.__file__, directory / "journal", how],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["stage"]: one for one in told}


def halts_and_loses_nothing(told: dict[str, dict[str, Any]], error: str) -> None:
    trading, trouble, again = told["trading"], told["trouble"], told["room again"]
    assert (trading["state"], trading["trouble"]) == ("ACTIVE", "NONE")
    assert (trouble["state"], trouble["trouble"]) == ("HALTED", "WRITE")
    assert trouble["error"] == error
    assert trouble["working"] == 0 < trading["orders"]
    # It is over, and nobody tries again.
    assert (again["state"], again["trouble"]) == ("HALTED", "WRITE")
    assert again["orders"] == trouble["orders"]
    found, on = told["found"], told["on again"]
    # What no file had room for was in memory, the end of it too.
    assert (found["end"], found["state"]) == ("ENDED", "HALTED")
    assert found["sequence"] >= again["sequence"] > again["synced"]
    assert found["hash"] == on["expected"]
    assert on["problems"] == [] and on["orders"] > 50


@pytest.mark.parametrize(
    ("how", "error"), [("size", "File too large"), ("files", "Too many open files")]
)
def test_a_limit_of_the_system_halts_the_desk(tmp_path: Path, how: str, error: str):
    told = trade(tmp_path, how)
    halts_and_loses_nothing(told, error)
    assert error in told["no room to start"]["said"]


def test_a_full_file_system_halts_the_desk(tmp_path: Path):
    where = shlex.quote(str(tmp_path))
    script = f'{SMALL} {where} && exec "$@"'
    own = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
    tried = subprocess.run(
        [*own, f"{SMALL} {where}"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"no file system of our own may be mounted: {tried.stderr.strip()}")
    told = trade(tmp_path, "space", *own, script, "sh")
    halts_and_loses_nothing(told, "No space left on device")
    assert "No space left on device" in told["no room to start"]["said"]
