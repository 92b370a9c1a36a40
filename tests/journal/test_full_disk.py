"""A journal without room, or on a disk that fails: the desk halts, says why, and loses
nothing. A real process, and real files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import full_disk
import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = "mount -t tmpfs none /dev/shm && mount -t tmpfs -o size=3m none"
"""Memory of its own too: desks outside cannot see this directory, and would clear up."""


def trade(
    directory: Path, how: str, *prefix: str, level: int = 1, **environment: str
) -> dict[str, dict[str, Any]]:
    script = [sys.executable, full_disk.__file__, directory / "journal", how, str(level)]
    done = subprocess.run(
        [*prefix, *script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * full_disk.PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["stage"]: one for one in told}


def halts_and_loses_nothing(
    told: dict[str, dict[str, Any]], error: str, why: str = "WRITE"
) -> None:
    trading, trouble, again = told["trading"], told["trouble"], told["room again"]
    assert (trading["state"], trading["trouble"]) == ("ACTIVE", "NONE")
    assert (trouble["state"], trouble["trouble"]) == ("HALTED", why)
    assert trouble["error"] == error
    assert trouble["working"] == 0 < trading["orders"]
    # It is over, and nobody tries again.
    assert (again["state"], again["trouble"]) == ("HALTED", why)
    assert again["failures"] == 1 and again["synced"] == trouble["synced"]
    assert again["orders"] == trouble["orders"]
    found, on = told["found"], told["on again"]
    # What no file had room for was in memory, the end of it too.
    assert (found["end"], found["state"]) == ("ENDED", "HALTED")
    assert found["sequence"] >= again["sequence"] > again["synced"]
    assert found["hash"] == on["expected"]
    assert on["problems"] == [] and on["orders"] > 50


@pytest.mark.parametrize(
    ("how", "error", "level"),
    [
        ("size", "File too large", 1),
        ("size", "File too large", 2),
        ("files", "Too many open files", 1),
    ],
)
def test_a_limit_of_the_system_halts_the_desk(
    tmp_path: Path, how: str, error: str, level: int
):
    told = trade(tmp_path, how, level=level)
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


@pytest.mark.parametrize("how", ["write", "sync"])
def test_a_disk_that_fails_halts_the_desk(tmp_path: Path, how: str):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = tmp_path / "broken_disk.so"
    source = Path(__file__).with_name("broken_disk.c")
    build = [compiler, "-shared", "-fPIC", "-D_GNU_SOURCE", source, "-o", library, "-ldl"]
    subprocess.run(build, check=True)
    told = trade(
        tmp_path,
        how,
        LD_PRELOAD=str(library),
        BROKEN_WRITE=str(tmp_path / "write"),
        BROKEN_SYNC=str(tmp_path / "sync"),
    )
    halts_and_loses_nothing(told, "Input/output error", how.upper())
    assert "Input/output error" in told["no room to start"]["said"]
