"""tracebook-conformance finds nothing to object to: its suite and its campaigns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from tests.venue import pipe

pytest.importorskip("tracebook", reason="tracebook-conformance is not installed")
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from tracebook.conformance.cli import main; raise SystemExit(main())"


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    pipe.build()


def judge(*words: str) -> str:
    """What tracebook says of the venue; it must be content."""
    candidate = ["--candidate", sys.executable, "-m", "tests.venue.tracebook_adapter"]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, *candidate],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("profile", ["fifo-full-v1", "fifo-partial-fill-v1"])
def test_a_profile_is_met(profile: str, tmp_path: Path) -> None:
    campaign = ["--seed", "1", "--traces", "10", "--events-per-trace", "200"]
    output = ["--output-dir", str(tmp_path / "found")]
    said = judge("qualify", "--profile", profile, *campaign, *output)
    assert "Campaign traces: 10/10" in said
    assert "Qualification: PASS" in said


@pytest.mark.parametrize(
    "case", ["stp-cancel-resting", "stp-cancel-resting-deep", "stp-cancel-incoming"]
)
def test_self_match_prevention_is_met(case: str) -> None:
    with as_file(files("tracebook.conformance") / "fixtures" / "v2") as folder:
        manifest = json.loads((folder / "manifest.json").read_text())
        config = next(x["config"] for x in manifest["cases"] if x["name"] == case)
        policy = ["--self-trade-policy", config["self_trade_policy"]]
        judge("run", str(folder / f"{case}.jsonl"), *policy)
