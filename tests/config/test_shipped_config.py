"""The shipped files: in order, complete, and a manual that tells no lies."""

from pathlib import Path

import pytest

from cockpit.config import load, settings
from cockpit.config.desk_file import CONTROL, ENGINE, INSTRUMENT, MARKET
from cockpit.config.venue_tables import BOUNDS, DAY, HALT, LATENCY, TIER
from cockpit.core import LIMITS, STRATEGY_KINDS, Engine, StrategyKind
from cockpit.paths import default_config

UNITS = {"bp": "basis points", "per second": "last second"}
VENUE = (*DAY, *BOUNDS, *HALT, *TIER, *LATENCY)
MANUAL = Path(__file__).parents[2] / "docs" / "configuration.md"


def text_of(file: str) -> str:
    return (default_config() / file).read_text()


def test_the_shipped_files_start_an_engine() -> None:
    made = settings(load(default_config()), virtual_time=True)
    engine = Engine(made)
    engine.run(2000)
    desk = engine.read()["desk"]
    assert int(desk["strategies"]["config"]["used"].sum()) == len(made.strategies) >= 6
    assert int(desk["counters"]["order_count"]) > 0


def kinds_at_work() -> list[StrategyKind]:
    kinds = {options.kind for options in load(default_config()).strategies}
    return [STRATEGY_KINDS[kind] for kind in sorted(kinds)]


@pytest.mark.parametrize("kind", kinds_at_work(), ids=lambda kind: kind.name)
def test_the_comments_explain_every_parameter_with_its_unit(kind: StrategyKind) -> None:
    lines = text_of("strategies.toml").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    for parameter in kind.parameters:
        assert any(
            parameter.name in line and parameter.unit in line for line in comments
        ), parameter


def test_the_comments_say_the_unit_of_every_limit() -> None:
    lines = text_of("risk.toml").splitlines()
    for limit in LIMITS:
        place = next(i for i, line in enumerate(lines) if line.startswith(limit.name))
        unit = UNITS.get(limit.unit, limit.unit)
        assert unit in lines[place - 1].lower(), limit


def test_the_manual_names_every_key_with_its_range() -> None:
    manual = MANUAL.read_text()
    for field in (*ENGINE, *MARKET, *CONTROL, *INSTRUMENT, *VENUE):
        assert f"| `{field.name}` |" in manual, field
        assert field.allowed in manual, field
