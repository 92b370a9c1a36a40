"""desk.toml: how the engine runs, the simulated market and what is traded on it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cockpit.config.fields import MONEY_MAX, Checker, Field, Refused, plain, to_money
from cockpit.config.models import (
    ControlOptions,
    DeskOptions,
    EngineOptions,
    JournalOptions,
    MarketOptions,
)
from cockpit.config.venue_tables import TABLES, venue_options
from cockpit.core import (
    MONEY_SCALE,
    SYMBOL_MAX,
    Instrument,
    JournalLevel,
    Strangers,
    Waiting,
)

PRICE_MAX = 1 << 30
"""Increments: what the price of an instrument may be at most."""


def _integer(name: str, low: int, high: int, unit: str, text: str) -> Field:
    return Field(name, "integer", text, unit, Decimal(low), Decimal(high))


def _power(name: str, low: int, high: int, unit: str, text: str) -> Field:
    return Field(name, "power", text, unit, Decimal(low), Decimal(high))


def _float(name: str, low: str, high: str, unit: str, text: str) -> Field:
    return Field(name, "float", text, unit, Decimal(low), Decimal(high))


def _decimal(name: str, low: str, high: str, unit: str, text: str) -> Field:
    return Field(name, "decimal", text, unit, Decimal(low), Decimal(high))


def _money(name: str, low: str, high: str, unit: str, text: str) -> Field:
    return Field(name, "money", text, unit, Decimal(low), Decimal(high))


ENGINE = (
    _integer("seed", 0, 2**63 - 1, "", "same seed, same market"),
    Field(
        "waiting",
        "word",
        "what a thread does when it has nothing to do",
        choices=tuple(waiting.name.lower() for waiting in Waiting),
    ),
    _integer("venue_cpu", -2, 1023, "", "core of the venue; -1 chooses, -2 pins to none"),
    _integer("desk_cpu", -2, 1023, "", "core of the desk; -1 chooses, -2 pins to none"),
    Field("lock_memory", "flag", "keep the process's pages in memory"),
    _integer("realtime", 0, 98, "", "priority of the threads under SCHED_FIFO; 0: none"),
    _power(
        "ring_capacity", 1 << 14, 1 << 24, "events", "market data on the way to the desk"
    ),
    _integer("order_capacity", 1024, 1 << 24, "orders", "orders resting at the venue"),
    _integer("desk_order_capacity", 16, 1 << 20, "orders", "orders the desk has working"),
    _integer("link_latency", 0, 10**9, "ns", "each way, under virtual time only"),
)
NOT_ASKED: dict[str, dict[str, Any]] = {
    "engine": {"lock_memory": False, "realtime": 0},
    "market": {
        "clustering": Decimal(0), "cluster_life": Decimal(1),
        "crash_every": Decimal(0), "crash_size": Decimal(0),
    },
}  # fmt: skip
"""Keys that files written before there were any do not have."""
MARKET = (
    _integer("rate", 1, 1_000_000, "events/s", "of all instruments together"),
    _integer("depth", 10, 100_000, "orders", "resting orders an instrument tends to"),
    _integer("order_qty", 1, 1_000_000, "lots", "mean size of an order"),
    _float(
        "volatility", "0", "1000", "increments a root-second", "of the efficient price"
    ),
    _float("drift", "0", "1000", "increments/s", "size of the drift regimes"),
    _float("half_spread", "0.5", "1000", "increments", "from efficient price to a quote"),
    _float("clustering", "0", "0.9", "events", "that one event sets off, on average"),
    _float("cluster_life", "0.001", "1000", "s", "how long an event sets off others"),
    _float(
        "crash_every", "0", "1000000", "s", "between an instrument's crashes; 0: none"
    ),
    _float("crash_size", "0", "1000000", "increments", "how far the price falls in one"),
)
CONTROL = (
    Field(
        "on_last_operator_gone",
        "word",
        "what a served desk does when its last operator has gone",
        choices=("keep", "reduce", "halt"),
    ),
    _float("after", "0", "86400", "s", "how long it waits for one to come back"),
)
JOURNAL = (
    Field(
        "level",
        "word",
        "what a record survives once the desk has acted on it",
        choices=tuple(level.name.lower() for level in JournalLevel),
    ),
    Field(
        "strangers",
        "word",
        "orders of ours at the venue that we do not know",
        choices=tuple(policy.name.lower() for policy in Strangers),
    ),
    Field("directory", "path", "where; empty: one a desk, in your state directory"),
)
INSTRUMENT = (
    Field("name", "name", "as the screen shows it"),
    _decimal("tick", "0.00000001", "1000000", "currency", "one step of price"),
    _decimal("lot", "0.00000001", "1000000", "units", "what one lot holds"),
    _decimal("start_price", "0", "1000000000", "currency", "where the market begins"),
    _decimal("max_price", "0", "1000000000", "currency", "highest price the venue takes"),
    _money("maker_fee", "-1000000", "1000000", "currency/lot", "negative: a rebate"),
    _money("taker_fee", "-1000000", "1000000", "currency/lot", "for taking liquidity"),
)


def desk_options(checker: Checker, table: Mapping[str, Any]) -> DeskOptions | None:
    """The checked file, or None with the problems in ``checker``."""
    before = len(checker.problems)
    checker.unknown(
        table, ["engine", "market", "control", "journal", "instrument", *TABLES], ""
    )
    for section, usual in NOT_ASKED.items():
        if isinstance(table.get(section), dict):
            table = {**table, section: {**usual, **table[section]}}
    engine = _section(checker, table, "engine", ENGINE)
    market = _section(checker, table, "market", MARKET)
    # May be left out: files written before desks were served have none.
    control: dict[str, Any] | None = {}
    if "control" in table:
        control = _section(checker, table, "control", CONTROL)
    journal = _journal(checker, table)
    instruments = _instruments(checker, table.get("instrument"))
    venue = venue_options(checker, table, [i.name for i in instruments])
    if len(checker.problems) > before or None in (engine, market, control):
        return None
    assert engine is not None and market is not None and control is not None
    resting = 2 * market["depth"] * len(instruments)
    if engine["order_capacity"] < resting:
        checker.report(
            "engine.order_capacity",
            engine["order_capacity"],
            "too small for the market described below",
            f"at least 2 x depth x instruments, {resting} orders",
        )
        return None
    engine["link_latency_ns"] = engine.pop("link_latency")
    return DeskOptions(
        EngineOptions(**engine),
        MarketOptions(**market),
        instruments,
        ControlOptions(**control),
        journal,
        venue,
    )


def _journal(checker: Checker, table: Mapping[str, Any]) -> JournalOptions:
    """Files of before there was a journal have no such table, and mean the standard."""
    if "journal" not in table:
        return JournalOptions()
    values = _section(checker, table, "journal", JOURNAL)
    return JournalOptions(**values) if values else JournalOptions()


def _section(
    checker: Checker, table: Mapping[str, Any], key: str, fields: tuple[Field, ...]
) -> dict[str, Any] | None:
    if key not in table:
        checker.report(key, None, "missing", f"a table, written [{key}]")
        return None
    section = checker.table(table[key], key)
    return None if section is None else checker.values(section, fields, key)


def _instruments(checker: Checker, found: object) -> tuple[Instrument, ...]:
    allowed = f"1 to {SYMBOL_MAX} tables, each written [[instrument]]"
    if not isinstance(found, list) or not 1 <= len(found) <= SYMBOL_MAX:
        what = "missing" if found is None else "not a list of instruments of that length"
        checker.report("instrument", found, what, allowed)
        return ()
    instruments: dict[str, Instrument] = {}
    for number, table in enumerate(found, 1):
        key = f"instrument.#{number}"
        if not isinstance(table, dict):
            checker.report(key, table, "not a table", allowed)
            continue
        values = checker.values(table, INSTRUMENT, key)
        if values is None:
            continue
        if values["name"] in instruments:
            checker.report(
                f"{key}.name",
                values["name"],
                "two instruments of that name",
                "unique names",
            )
        instrument = _instrument(checker, values, key)
        if instrument is not None:
            instruments[instrument.name] = instrument
    return tuple(instruments.values())


def _instrument(checker: Checker, values: dict[str, Any], key: str) -> Instrument | None:
    """Amounts to whole increments and money; what does not come out even is refused."""
    tick, lot = values["tick"], values["lot"]
    try:
        increment = to_money(tick)
    except Refused as refused:
        checker.report(f"{key}.tick", tick, str(refused))
        return None
    try:
        point_value, rest = divmod(increment * to_money(lot), MONEY_SCALE)
    except Refused as refused:
        checker.report(f"{key}.lot", lot, str(refused))
        return None
    if rest or point_value > MONEY_MAX:
        checker.report(
            f"{key}.lot", lot, "one tick of one lot is no whole number of money units"
        )
        return None
    price_max = _increments(
        checker, values["max_price"], tick, f"{key}.max_price", PRICE_MAX
    )
    price_start = _increments(
        checker, values["start_price"], tick, f"{key}.start_price", price_max or PRICE_MAX
    )
    if price_max is None or price_start is None:
        return None
    return Instrument(
        name=values["name"],
        increment=increment,
        point_value=point_value,
        price_max=price_max,
        price_start=price_start,
        maker_fee=values["maker_fee"],
        taker_fee=values["taker_fee"],
    )


def _increments(
    checker: Checker, price: Decimal, tick: Decimal, key: str, highest: int
) -> int | None:
    """A price as a number of ticks."""
    count, rest = divmod(price, tick)
    allowed = f"a multiple of the tick from {plain(tick)} to {plain(tick * highest)}"
    if rest:
        checker.report(key, price, f"not a multiple of the tick {plain(tick)}", allowed)
    elif not 1 <= count <= highest:
        checker.report(key, price, "too small" if count < 1 else "too large", allowed)
    else:
        return int(count)
    return None
