"""From files to the engine's settings, on the simulated market and on recordings."""

import re
from pathlib import Path

import pytest

from cockpit.config import Universe, load, settings
from cockpit.config.desk_file import ENGINE, MARKET
from cockpit.config.fields import Field, plain
from cockpit.core import Engine, FlowKind, Instrument, Mode, Waiting, limits_hash

NAMES = ("ACME", "BOREAL", "CITRA", "DUNMOR")


def recorded(*names: str) -> tuple[Instrument, ...]:
    return tuple(Instrument(name, 10**6, 10**6, 10**6) for name in names)


def test_hands_everything_to_the_core(files: Path) -> None:
    config = load(files)
    made = settings(config)
    assert made.instruments == config.desk.instruments
    assert made.limits.values == config.risk.limits
    assert (made.limits.version, made.limits.hash) == (1, limits_hash(made.limits))
    assert [strategy.symbol for strategy in made.strategies] == [0, 1, 2, 3, 1, 2]
    assert [strategy.mode for strategy in made.strategies] == [Mode.LIVE] * 5 + [Mode.OFF]
    assert {strategy.version for strategy in made.strategies} == {1}
    assert made.flow.kind == FlowKind.SYNTHETIC
    assert made.waiting == Waiting.AUTO
    assert (made.flow.rate, made.seed, made.link_latency_ns) == (2000, 1, 5000)


@pytest.mark.parametrize("field", ENGINE + MARKET, ids=lambda field: field.name)
def test_the_core_takes_what_the_files_may_say(files: Path, field: Field) -> None:
    path = files / "desk.toml"
    text = path.read_text()
    ends = field.choices or (plain(field.minimum), plain(field.maximum))
    if field.kind == "flag":
        ends = ("true", "false")
    if "capacity" in field.name:  # the largest would take gigabytes
        ends = ends[:1]
    for end in ends:
        value = f'"{end}"' if field.choices else end
        changed = re.sub(
            rf"^{field.name} = .*", f"{field.name} = {value}", text, flags=re.M
        )
        changed = re.sub(r"^depth = 400", "depth = 100", changed, flags=re.M)
        if field.name == "depth":
            changed = changed.replace("= 131072", "= 2097152")
        path.write_text(changed)
        Engine(settings(load(files), virtual_time=True)).run(100)


def test_a_command_line_overrides_seed_and_rate(files: Path) -> None:
    made = settings(load(files), seed=0, rate=50_000, virtual_time=True, desk=False)
    assert (made.seed, made.flow.rate) == (0, 50_000)
    assert made.virtual_time
    assert not made.desk


def test_shipped_strategies_run_on_any_recording(files: Path) -> None:
    config = load(files, recording=("AAPL", "MSFT"))
    made = settings(config, recording=recorded("AAPL", "MSFT"), replay_speed=0)
    assert made.flow.kind == FlowKind.REPLAY
    assert made.flow.replay_speed == 0
    assert [instrument.name for instrument in made.instruments] == ["AAPL", "MSFT"]
    assert [strategy.symbol for strategy in made.strategies] == [0, 1, 0, 1, 1, 0]


def test_a_strategy_can_name_an_instrument_of_the_recording(files: Path) -> None:
    path = files / "strategies.toml"
    path.write_text(path.read_text().replace('"ACME"', '"MSFT"'))
    made = settings(
        load(files, recording=("AAPL", "MSFT")), recording=recorded("AAPL", "MSFT")
    )
    assert made.strategies[0].symbol == 1


@pytest.mark.parametrize(
    ("symbol", "simulated", "on_recording"),
    [
        ("ACME", 0, 0),
        ("DUNMOR", 3, 1),
        ("#1", 0, 0),
        ("#4", 3, 1),
        ("#5", None, 0),
        ("#0", None, None),
        ("#01", None, None),
        ("AAPL", None, 0),
        ("acme", None, None),
        ("", None, None),
    ],
)
def test_a_symbol_means_one_instrument(
    symbol: str, simulated: int | None, on_recording: int | None
) -> None:
    assert Universe(NAMES).index(symbol) == simulated
    assert Universe(("AAPL", "MSFT"), NAMES).index(symbol) == on_recording


def test_says_when_another_instrument_stands_in() -> None:
    universe = Universe(("AAPL", "ACME"), NAMES)
    assert universe.stands_for("ACME") == ""
    assert universe.stands_for("#2") == ""
    assert universe.stands_for("BOREAL") == (
        "BOREAL is not in the recording; ACME stands in for it"
    )
    assert "AAPL stands in" in universe.stands_for("#3")
