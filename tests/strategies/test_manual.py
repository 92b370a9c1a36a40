"""docs/strategies.md is complete, and its figures are the core's."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.core import STRATEGY_KINDS, Mode, StrategyKind

MANUAL = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()
BUILT_IN = [kind for kind in STRATEGY_KINDS.values() if not kind.name.startswith("file:")]


def number(value: float) -> str:
    return f"{value:.12g}"


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_explains_every_parameter_as_the_core_declares_it(kind: StrategyKind) -> None:
    begin = MANUAL.index(f"### `{kind.name}`")
    end = MANUAL.find("\n#", begin + 1)
    section = MANUAL[begin:end]
    assert kind.help in section
    for p in kind.parameters:
        row = (
            f"| `{p.name}` | {number(p.standard)} | "
            f"{number(p.minimum)} to {number(p.maximum)} {p.unit} | {p.help} |"
        )
        assert row in section, row
    if kind.symbol_count > 1:
        assert "symbol2" in section


def test_explains_every_mode() -> None:
    for mode in Mode:
        assert f"| `{mode.name.lower()}` |" in MANUAL


def test_names_no_kind_there_is_not() -> None:
    named = {line[5:-1] for line in MANUAL.splitlines() if line.startswith("### `")}
    assert named == {kind.name for kind in BUILT_IN}
