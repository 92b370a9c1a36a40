"""desk.toml's tables of the venue: its day, its bounds, fee tiers, and latency.

All of them may be left out: the venue then trades without a break, holds nobody to
anything, and messages take as long as they take.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

from cockpit.config.fields import Checker, Field, Refused
from cockpit.config.models import HaltOptions, VenueOptions
from cockpit.core import (
    HALT_MAX,
    LATENCY_POINTS,
    TIER_MAX,
    Latency,
    Leg,
    Rules,
    Smp,
    Tier,
)

SECOND_NS = 1_000_000_000
WEEK = "604800"
LATENCY_MAX_NS = 3600 * SECOND_NS
SAMPLES_MAX = 1_000_000
ALL = "all"


def _seconds(name: str, text: str) -> Field:
    return Field(name, "decimal", text, "s", Decimal(0), Decimal(WEEK))


def _integer(name: str, low: int, high: int, unit: str, text: str) -> Field:
    return Field(name, "integer", text, unit, Decimal(low), Decimal(high))


def _money(name: str, text: str) -> Field:
    million = Decimal(1_000_000)
    return Field(name, "money", text, "currency/lot", -million, million)


DAY = (
    _seconds("pre_open", "orders are collected, then the opening cross; 0: none"),
    _seconds("continuous", "how long it trades; 0: it never closes"),
    _seconds("pre_close", "orders are collected, then the closing cross"),
    _seconds("closed", "until the next day begins; 0: there is no other"),
)
BOUNDS = (
    _integer("band", 0, 10_000, "bp", "limit up and down, from the reference; 0: none"),
    _seconds("reference", "how often it follows the last price; 0: it stays the first"),
    _integer("throttle", 0, 10**9, "messages", "orders and replaces a window; 0: any"),
    _seconds("window", "of the throttle"),
    _seconds("dead_man", "a session silent for so long has its orders pulled; 0: none"),
    Field(
        "smp",
        "word",
        "what an order does that meets one of its own participant",
        choices=tuple(mode.name.lower() for mode in Smp),
    ),
)
HALT = (
    Field("symbol", "name", "an instrument, or all"),
    _seconds("at", "after the day began"),
    _seconds("length", "then a cross, and trading goes on"),
)
TIER = (
    _integer("from", 0, 2**53, "lots", "traded by the session before"),
    _money("maker_fee", "added to the instrument's"),
    _money("taker_fee", "added to the instrument's"),
)
LATENCY = (
    Field(
        "model",
        "word",
        "how long a message is under way",
        choices=("none", "constant", "log-normal", "recorded"),
    ),
    Field("typical", "float", "the median", "us", Decimal(0), Decimal(10**9)),
    Field("spread", "float", "of its logarithm, log-normal", "", Decimal(0), Decimal(5)),
    _integer("spikes", 0, 1_000_000, "per million", "messages that take longer"),
    Field("spike", "float", "by how much", "us", Decimal(0), Decimal(10**9)),
    Field("file", "path", "recorded: a time in ns a line"),
)
LEGS = tuple(leg.name.lower() for leg in Leg)
TABLES = ("day", "bounds", "halt", "tier", "latency")


def venue_options(
    checker: Checker, table: Mapping[str, Any], instruments: Sequence[str]
) -> VenueOptions:
    """What the tables say; problems go to ``checker``."""
    values: dict[str, Any] = {}
    for key, fields in (("day", DAY), ("bounds", BOUNDS)):
        if key in table:
            section = checker.table(table[key], key)
            if section is not None:
                values |= checker.values(section, fields, key) or {}
    rules = _rules(checker, values) if values else Rules()
    tiers = _tiers(checker, _list(checker, table, "tier", TIER, TIER_MAX))
    return VenueOptions(
        replace(rules, tiers=tiers),
        _halts(checker, _list(checker, table, "halt", HALT, HALT_MAX), instruments),
        _latencies(checker, table.get("latency", {})),
    )


def _rules(checker: Checker, values: Mapping[str, Any]) -> Rules:
    def ns(name: str) -> int:
        return _ns(values.get(name, Decimal(0)))

    if not ns("continuous") and (ns("pre_close") or ns("closed")):
        checker.report(
            "day.continuous", 0, "it never closes, and yet there is a time after that"
        )
    if values.get("throttle", 0) and not values["window"]:
        checker.report("bounds.window", 0, "a throttle needs one")
    return Rules(
        pre_open_ns=ns("pre_open"),
        continuous_ns=ns("continuous"),
        pre_close_ns=ns("pre_close"),
        closed_ns=ns("closed"),
        band_bp=values.get("band", 0),
        reference_ns=ns("reference"),
        throttle_count=values.get("throttle", 0),
        throttle_window_ns=ns("window"),
        dead_man_ns=ns("dead_man"),
        smp=Smp[str(values.get("smp", "none")).upper()],
    )


def _list(
    checker: Checker,
    table: Mapping[str, Any],
    key: str,
    fields: tuple[Field, ...],
    most: int,
) -> list[dict[str, Any]]:
    found = table.get(key, [])
    if not isinstance(found, list) or len(found) > most:
        checker.report(key, found, "not a list", f"up to {most} tables, [[{key}]]")
        return []
    rows = []
    for number, each in enumerate(found, 1):
        section = checker.table(each, f"{key}.#{number}")
        values = section and checker.values(section, fields, f"{key}.#{number}")
        if values:
            rows.append(values)
    return rows


def _halts(
    checker: Checker, rows: list[dict[str, Any]], instruments: Sequence[str]
) -> tuple[HaltOptions, ...]:
    for number, row in enumerate(rows, 1):
        if row["symbol"] != ALL and row["symbol"] not in instruments:
            checker.report(
                f"halt.#{number}.symbol",
                row["symbol"],
                "not traded",
                ", ".join((ALL, *instruments)),
            )
    return tuple(
        HaltOptions(
            "" if row["symbol"] == ALL else row["symbol"],
            _ns(row["at"]),
            _ns(row["length"]),
        )
        for row in rows
    )


def _tiers(checker: Checker, rows: list[dict[str, Any]]) -> tuple[Tier, ...]:
    tiers = tuple(Tier(row["from"], row["maker_fee"], row["taker_fee"]) for row in rows)
    for number in range(1, len(tiers)):
        if tiers[number].from_qty <= tiers[number - 1].from_qty:
            checker.report(
                f"tier.#{number + 1}.from", tiers[number].from_qty, "not above the last"
            )
    return tiers


# ---- latency ---------------------------------------------------------------------------


def _latencies(
    checker: Checker, found: object
) -> tuple[Latency | None, Latency | None, Latency | None]:
    table = checker.table(found, "latency") or {}
    checker.unknown(table, list(LEGS), "latency")
    made = []
    for leg in LEGS:
        key = f"latency.{leg}"
        section = checker.table(table[leg], key) if leg in table else None
        values = checker.values(section, LATENCY, key) if section is not None else None
        made.append(_latency(checker, values, key) if values else None)
    return made[0], made[1], made[2]


def _latency(checker: Checker, values: dict[str, Any], key: str) -> Latency | None:
    if values["model"] == "none":
        return None
    try:
        points = _points(values)
    except Refused as refused:
        checker.report(f"{key}.file", values["file"], str(refused))
        return None
    return Latency(points, values["spikes"], round(values["spike"] * 1000))


def _points(values: Mapping[str, Any]) -> tuple[int, ...]:
    typical_ns = values["typical"] * 1000
    match values["model"]:
        case "constant":
            return (round(typical_ns),) * LATENCY_POINTS
        case "log-normal":
            normal = NormalDist()
            # The ends stand for half a step each: there is no shortest and no longest.
            places = [
                min(max(i, 0.5), LATENCY_POINTS - 1.5) / (LATENCY_POINTS - 1)
                for i in range(LATENCY_POINTS)
            ]
            return tuple(
                min(
                    round(typical_ns * math.exp(values["spread"] * normal.inv_cdf(p))),
                    LATENCY_MAX_NS,
                )
                for p in places
            )
        case _:
            return _recorded(Path(values["file"]).expanduser())


def _recorded(path: Path) -> tuple[int, ...]:
    """Quantiles of a file's times. Raises :class:`Refused`."""
    try:
        lines = path.read_text(encoding="ascii").split("\n")
        times = sorted(int(line) for line in lines if line and not line.startswith("#"))
    except (OSError, ValueError) as error:
        raise Refused(f"not a file of whole numbers, a line each: {error}") from None
    if not 2 <= len(times) <= SAMPLES_MAX:
        raise Refused(f"{len(times)} times; 2 to {SAMPLES_MAX:,} can be taken")
    if times[0] < 0 or times[-1] > LATENCY_MAX_NS:
        raise Refused("a time below 0 or above an hour")
    last = LATENCY_POINTS - 1
    return tuple(times[round(i * (len(times) - 1) / last)] for i in range(LATENCY_POINTS))


def _ns(seconds: Decimal) -> int:
    return int(seconds * SECOND_NS)
