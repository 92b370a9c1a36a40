"""Strategies in the whole system: engine, risk and venue under virtual time."""

from __future__ import annotations

import pytest

from cockpit import core
from cockpit.core import (
    Engine,
    Flow,
    Instrument,
    Limits,
    Mode,
    Record,
    Settings,
    Strategy,
)

QUANTITY = 300
PARENTS = {
    "twap": {},
    "vwap": {"weight_1": 4.0, "weight_8": 3.0},
    "pov": {"participation": 0.001},
    "almgren_chriss": {"aversion": 0.001},
}


def strategy(kind: str, mode: Mode = Mode.LIVE, **values: float) -> Strategy:
    """Of the standard parameters, but for the ones named."""
    parameters = core.STRATEGY_KINDS[kind].parameters
    assert values.keys() <= {parameter.name for parameter in parameters}
    return Strategy(
        kind[:15], kind, symbol=0, mode=mode, symbol2=1,
        parameters=tuple(values.get(p.name, p.standard) for p in parameters),
    )  # fmt: skip


def settings(*strategies: Strategy, seed: int = 1) -> Settings:
    limits = [
        int(limit.standard * (core.MONEY_SCALE if limit.kind == "money" else 1))
        for limit in core.LIMITS
    ]
    names = [limit.name for limit in core.LIMITS]
    limits[names.index("max_position")] = 10_000
    return Settings(
        instruments=tuple(
            Instrument(name, 1_000_000, 1_000_000, price_max=1 << 20, price_start=15_000)
            for name in ("ONE", "TWO")
        ),
        limits=Limits(tuple(limits)),
        strategies=strategies,
        flow=Flow(rate=5_000),
        virtual_time=True,
        seed=seed,
    )


def slot(engine: Engine, index: int = 0) -> Record:
    return engine.read()["desk"]["strategies"][index]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("kind", PARENTS)
def test_a_parent_order_is_done_in_its_time_to_the_lot(
    kind: str, side: int, seed: int
) -> None:
    parent = strategy(
        kind, side=side, quantity=QUANTITY, duration_s=20, max_lag=12, **PARENTS[kind]
    )
    engine = Engine(settings(parent, seed=seed))
    sign = -1 if side else 1
    done, start_ns = [], 0
    for _ in range(60):
        engine.run(3_000)
        start_ns = start_ns or int(engine.read()["start_ns"])
        done.append(sign * int(slot(engine)["position"]))
    assert done == sorted(done)  # never back
    assert done[-1] == QUANTITY  # all of it, and not a lot more
    assert float(slot(engine)["signal"]) == 1.0
    assert 0 < done[2] < QUANTITY  # and not at once
    assert int(slot(engine)["working_count"]) == 0


def test_a_parent_begins_when_it_is_switched_on_and_again_the_next_time() -> None:
    parent = strategy("twap", Mode.OFF, quantity=100, duration_s=2, max_lag=5)
    engine = Engine(settings(parent))
    engine.run(10_000)
    assert int(slot(engine)["position"]) == 0
    for total in (100, 200):
        engine.set_mode(0, Mode.LIVE)
        engine.run(40_000)
        assert int(slot(engine)["position"]) == total
        engine.set_mode(0, Mode.OFF)
        engine.run(1_000)


def test_pairs_holds_the_second_symbol_against_the_first() -> None:
    pairs = strategy("pairs", half_life_ms=3000, entry_z=1.5, cool_down_ms=200)
    engine = Engine(settings(pairs))
    held = []
    for _ in range(100):
        engine.run(1_000)
        symbols = engine.read()["desk"]["symbols"]
        held.append([int(symbols[i]["position"]) for i in (0, 1)])
    assert any(first for first, _ in held) and any(second for _, second in held)
    fills = {int(fill["symbol"]) for fill in engine.read()["desk"]["fills"]}
    assert fills == {0, 1}


@pytest.mark.parametrize("kind", core.STRATEGY_KINDS)
def test_the_same_seed_gives_the_same_state_with_every_kind(kind: str) -> None:
    hashes = []
    for _ in range(2):
        engine = Engine(settings(strategy(kind)))
        engine.run(20_000)
        hashes.append(int(engine.read()["state_hash"]))
    assert hashes[0] == hashes[1]
