"""``cockpit strategy`` as a user runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import main
from cockpit.core import FAULTS, STRATEGY_KINDS
from cockpit.strategies.prepared import NEEDS_NUMBA


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


def test_says_how_numba_is_installed_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)  # as if it were not there
    code, output = cockpit("new", "mine", "--python", tmp_path)
    said = [line for line in output.splitlines() if "needs numba" in line]
    assert code == 0 and (tmp_path / "mine.py").is_file()
    assert said == [f"cockpit: {NEEDS_NUMBA}"]
    assert "which is not installed: pip install 'cockpit[strategies]'" in said[0]
    code, output = cockpit("check", tmp_path / "mine.py")
    assert code == 2
    assert output == f"cockpit: {tmp_path / 'mine.py'}: {NEEDS_NUMBA}\n"
    # One in C does without, and so does Python where it is.
    assert "needs numba" not in cockpit("new", "other", "--c", tmp_path)[1]
    monkeypatch.delitem(sys.modules, "numba")
    pytest.importorskip("numba")
    assert "needs numba" not in cockpit("new", "another", "--python", tmp_path)[1]


def test_a_desk_says_how_numba_is_installed_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["init", str(tmp_path)], standalone_mode=False) in (None, 0)
    cockpit("new", "mine", "--python", tmp_path)
    file = tmp_path / "strategies.toml"
    file.write_text(
        '[my_mine]\nkind = "file:mine.py"\nsymbol = "#1"\nmode = "off"\n'
        "smooth = 200.0\nstep = 1\norder_qty = 5\nmax_position = 20\n"
    )
    monkeypatch.setitem(sys.modules, "numba", None)
    done = CliRunner().invoke(main, ["once", "--config", str(tmp_path)])
    assert done.exit_code == 2
    assert NEEDS_NUMBA in " ".join(done.output.split())


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
