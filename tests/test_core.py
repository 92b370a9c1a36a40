"""The binding: layouts, tables, and an engine held from Python."""

import time
from dataclasses import replace

import numpy as np
import pytest

from cockpit import core
from cockpit._native import ffi, lib
from cockpit.core import (
    CoreError,
    Engine,
    Flow,
    Hop,
    Instrument,
    Limits,
    Mode,
    Scope,
    ScopedLimit,
    Settings,
    Strategy,
)


def settings(**changes) -> Settings:
    limits = [
        int(limit.standard * (core.MONEY_SCALE if limit.kind == "money" else 1))
        for limit in core.LIMITS
    ]
    # Those of a user's that another test has loaded are none of these tests' business.
    kinds = [k for k in core.STRATEGY_KINDS.values() if not k.name.startswith("file:")]
    defaults = {
        "instruments": tuple(
            Instrument(name, 1_000_000, 1_000_000, price_max=1 << 20, price_start=15_000)
            for name in ("ONE", "TWO")
        ),
        "limits": Limits(tuple(limits), version=3),
        "strategies": tuple(
            Strategy(
                kind.name[:15], kind.name, symbol=0, mode=Mode.LIVE,
                parameters=tuple(p.standard for p in kind.parameters), version=1, hash=7,
                symbol2=1,
            )
            for kind in kinds
        ),
        "flow": Flow(rate=20_000),
        "virtual_time": True,
    }  # fmt: skip
    return Settings(**(defaults | changes))


@pytest.mark.parametrize(
    "name", ["cp_picture", "cp_note", "cp_flow_event", "cp_desk_picture"]
)
def test_a_dtype_has_the_layout_of_its_struct(name: str):
    dtype = core.dtype_of(name)
    assert dtype.itemsize == ffi.sizeof(name)
    for field, _ in ffi.typeof(name).fields:
        assert dtype.fields[field][1] == ffi.offsetof(name, field)


def test_the_tables_describe_every_limit_and_strategy():
    assert len(core.LIMITS) == lib.CP_LIMIT_COUNT
    assert len({limit.name for limit in core.LIMITS}) == lib.CP_LIMIT_COUNT
    assert {"mean_reversion", "momentum", "market_maker"} <= set(core.STRATEGY_KINDS)
    for table in [
        core.LIMITS,
        *(kind.parameters for kind in core.STRATEGY_KINDS.values()),
    ]:
        for parameter in table:
            assert parameter.help and parameter.unit
            assert parameter.minimum <= parameter.standard <= parameter.maximum
    assert len(core.HOPS) == len(Hop)
    assert all(core.REFUSALS) and all(core.REASONS) and all(core.ORDER_STATES)


def test_a_config_the_core_cannot_honour_is_an_error_that_says_why():
    with pytest.raises(CoreError, match="ring_capacity"):
        Engine(settings(ring_capacity=1000))


def test_same_seed_same_state():
    hashes = []
    for seed in (1, 1, 2):
        engine = Engine(settings(seed=seed))
        engine.run(100_000)
        hashes.append(int(engine.read()["state_hash"]))
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_picture_echoes_what_the_core_runs():
    engine = Engine(settings())
    engine.run(1_000)
    desk = engine.read()["desk"]
    assert int(desk["limits_version"]) == 3
    assert int(desk["limits_hash"]) == core.limits_hash(settings().limits)
    assert desk["strategies"]["config"]["version"][0] == 1
    scoped = ScopedLimit(Scope.SYMBOL, target=1, limit=2, value=100)
    limits = Limits(settings().limits.values, version=4, scoped=(scoped,))
    engine.set_limits(replace(limits, hash=core.limits_hash(limits)))
    engine.run(1_000)
    desk = engine.read()["desk"]
    assert int(desk["limits_version"]) == 4
    assert int(desk["limits_hash"]) == core.limits_hash(limits)
    (shown,) = desk["scoped"][: int(desk["scoped_count"])]["limit"]
    assert [int(shown[name]) for name in ("scope", "target", "limit", "value")] == [
        1, 1, 2, 100,
    ]  # fmt: skip


def test_the_core_refuses_limits_that_are_not_those_of_their_hash():
    limits = replace(settings().limits, hash=33)
    with pytest.raises(CoreError, match="hash"):
        Engine(settings(limits=limits))
    engine = Engine(settings())
    engine.run(1_000)
    engine.set_limits(replace(limits, version=9))
    engine.run(1_000)
    assert int(engine.read()["desk"]["limits_version"]) == 3


def test_the_picture_cannot_be_written():
    engine = Engine(settings())
    with pytest.raises(ValueError, match="read-only"):
        engine.read()["time_ns"] = 0


def test_live_threads_trade_and_are_measured():
    engine = Engine(settings(virtual_time=False))
    with engine:
        deadline = time.monotonic() + 60
        while engine.read()["desk"]["counters"]["fill_count"] < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        engine.halt()
        while (
            engine.read()["desk"]["working_count"]
            or not engine.read()["desk"]["risk_state"]
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    picture = engine.read()
    assert picture["desk"]["counters"]["gap_count"] == 0
    assert (
        engine.histogram(Hop.TICK_TO_ORDER).sum()
        == picture["hops"]["count"][Hop.TICK_TO_ORDER]
    )
    assert picture["threads"]["busy_ns"].all()


def test_an_order_remembers_the_tick_it_answers_and_each_step_of_its_way():
    engine = Engine(settings(virtual_time=False))
    engine.start()
    deadline = time.monotonic() + 60
    while engine.read()["desk"]["counters"]["fill_count"] < 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    engine.stop()
    picture = engine.read()
    desk = picture["desk"]
    fills = desk["fills"][: int(desk["fill_count"])]
    caused = fills[fills["way"]["received_ns"] > 0]
    assert len(caused)
    feed, decide, risk, send, ack = caused["way"]["hop_ns"].T.astype(np.int64)
    sent = decide + risk + send
    # A fill may come of a replaced order, whose first message counts for tick_to_order.
    assert (sent == caused["tick_to_order_ns"]).all()
    assert (risk > 0).all()
    # What answers a report of the venue's and no market data has no time on the feed.
    assert (feed > 0).any() and (ack > 0).any()
    way = caused["way"]
    assert (way["received_ns"] + sent.astype(np.uint64) <= picture["time_ns"]).all()
    both = (way["bid"] != core.PRICE_NONE) & (way["ask"] != core.PRICE_NONE)
    assert (way["bid"][both] < way["ask"][both]).all()
    works = desk["working"][: int(desk["working_count"])]
    assert (works["way"]["received_ns"] <= picture["time_ns"]).all()


def test_money_is_conserved_over_a_run():
    """Realised and unrealised P&L, by symbol and by strategy, add up to the same."""
    engine = Engine(settings())
    engine.run(500_000)
    desk = engine.read()["desk"]
    assert desk["counters"]["fill_count"] > 50
    for field in ("realised", "fees"):
        assert desk["symbols"][field].sum() == desk[field]
    total = desk["strategies"]["realised"] + desk["strategies"]["unrealised"]
    by_symbol = desk["symbols"]["realised"] + desk["symbols"]["unrealised"]
    assert total.sum() == by_symbol.sum()
    assert np.array_equal(
        [desk["strategies"]["position"].sum()], [desk["symbols"]["position"].sum()]
    )
