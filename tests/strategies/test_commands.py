"""``cockpit strategy`` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import main
from cockpit.core import FAULTS, STRATEGY_KINDS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def cockpit(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["strategy", *map(str, arguments)])
    return done.exit_code, done.output


def test_lists_every_kind_with_what_it_does() -> None:
    code, output = cockpit("list")
    assert code == 0
    for kind in STRATEGY_KINDS.values():
        assert f"{kind.name} " in output and kind.help in output
    code, output = cockpit("list", "pairs")
    assert code == 0 and "symbol2" in output and "hedge_scale" in output
    assert cockpit("list", "nothing")[0] == 2


@pytest.mark.parametrize("language", ["c", "python"])
def test_writes_a_strategy_and_tries_it(tmp_path: Path, language: str) -> None:
    if language == "python":
        pytest.importorskip("numba")
    code, output = cockpit("new", "mine", f"--{language}", tmp_path)
    suffix = {"c": "c", "python": "py"}[language]
    assert code == 0 and f"mine.{suffix} written" in output
    assert (tmp_path / "test_mine.py").is_file()
    code, output = cockpit("check", tmp_path / f"mine.{suffix}", "--events", 20_000)
    assert code == 0 and "max_position" in output and " fills, 0 refused" in output
    assert (
        cockpit("new", "mine", f"--{language}", tmp_path)[0] == 2
    )  # it is there already


def test_needs_a_language_and_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    assert cockpit("new", "mine", tmp_path)[0] == 2
    file = tmp_path / "bad.c"
    file.write_text("int main(")
    code, output = cockpit("check", file)
    assert code == 2 and "does not compile" in output


def test_says_why_one_was_switched_off(tmp_path: Path) -> None:
    cockpit("new", "mine", "--c", tmp_path)
    file = tmp_path / "mine.c"
    crash = "    volatile int *nowhere = 0;\n    *nowhere = 1;\n    state *s = memory;\n"
    file.write_text(file.read_text().replace("    state *s = memory;\n", crash))
    code, output = cockpit("check", file)
    assert code == 1 and f"switched off: {FAULTS[1]}" in output
