"""make says in one line what is missing, before it begins anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("CC=no-such-compiler", "needs a C compiler"),
        ("PYTHON=", "needs Python 3.11 or newer"),
        ("PYTHON=/bin/false", "needs Python's venv"),
    ],
)
def test_what_is_missing_is_said_in_one_line(setting: str, said: str):
    if not shutil.which("make"):
        pytest.skip("make is not here")
    done = subprocess.run(
        ["make", "-s", "tools", setting],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1 and said in lines[0] and "install" in lines[0]
