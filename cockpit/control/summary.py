"""A run in figures: what ``cockpit once`` prints, as JSON or as text.

Money and prices are in currency, times in nanoseconds unless a key says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cockpit.control.desk import Desk
from cockpit.control.local import LocalDesk
from cockpit.core import (
    BREAKERS,
    FAULTS,
    HOPS,
    LIMITS,
    MONEY_SCALE,
    PRICE_NONE,
    SCOPES,
    TRIGGERS,
    Cause,
    Engine,
    FlowKind,
    Hop,
    JournalEnd,
    JournalLevel,
    LinkState,
    MismatchCause,
    Mode,
    Placement,
    Record,
    RiskState,
    Role,
    Scope,
    Settings,
    Side,
    Trouble,
    Waiting,
)

MISMATCHES_SHOWN = 100
"""Executions listed one by one; all are counted."""


def summary(desk: LocalDesk, seconds: float) -> dict[str, Any]:
    """Everything a run of so many seconds came to, of plain JSON types.

    ``seconds`` is what it took by the clock on the wall, also under virtual time: the
    rates say how fast it went.
    """
    picture = desk.read()
    settings = desk.engine.settings
    firm, venue = picture["desk"], picture["venue"]
    counters = firm["counters"]
    elsewhere = settings.net is not None  # what an exchange elsewhere does it keeps
    heard = int(picture["net"]["feed_count"] if elsewhere else venue["md_count"])

    def told(count: Any) -> int | None:
        return None if elsewhere else int(count)

    figures: dict[str, Any] = {
        "mode": desk.mode,
        "origin": desk.origin,
        "seed": settings.seed,
        "virtual_time": settings.virtual_time,
        "desk": settings.desk,
        "seconds": seconds,
        "events": told(venue["event_count"]),
        "events_per_s": None if elsewhere else _per_second(venue["event_count"], seconds),
        "market_data": heard,
        "market_data_per_s": _per_second(heard, seconds),
        "trades": told(venue["trade_count"]),
        "resting_orders": told(venue["resting_count"]),
        "late_ns": told(venue["late_ns"]),
        "orders_sent": int(counters["order_count"]),
        "cancels": int(counters["cancel_count"]),
        "acks": int(counters["ack_count"]),
        "fills": int(counters["fill_count"]),
        "rejects": int(counters["reject_count"]),
        "refusals": int(counters["refusal_count"]),
        "gaps": int(counters["gap_count"]),
        "unexpected_reports": int(counters["unexpected_report_count"]),
        "notes_lost": int(counters["note_lost_count"]),
        "orders_working": int(firm["working_count"]),
        "hops": {name: _hop(picture["hops"][hop]) for hop, name in enumerate(HOPS)},
        "tick_to_order_ns": _hop(picture["hops"][Hop.TICK_TO_ORDER]),
        "positions": positions(desk, firm),
        "pnl": profit(firm) | sources(*firm["strategies"]),
        "fees_by": fees_by(picture),
        "risk": risk(desk, firm) | _ended_in(desk),
        "strategies": strategies(desk, firm),
        "threads": _threads(settings, picture["threads"]),
        "memory_locked": bool(picture["memory_locked"]),
        "rings": [_ring(ring) for ring in picture["rings"] if ring["name"]],
        "journal": journal(firm["journal"]),
        "config_errors": list(desk.config_errors()),
    }
    if settings.net:
        figures["net"] = _net(desk, picture["net"])
    if settings.virtual_time:
        passed_ns = int(picture["time_ns"]) - int(picture["start_ns"])
        figures["virtual_seconds"] = passed_ns / 1e9
        figures["state_hash"] = f"{int(picture['state_hash']):016x}"
    if settings.flow.kind == FlowKind.REPLAY:
        figures["replay"] = _replay(desk.engine, picture)
    return figures


# ---- parts -----------------------------------------------------------------------------


def fees_by(picture: Record) -> str:
    """Who says what fees are: the venue, or, where it says nothing of them, desk.toml."""
    elsewhere = int(picture["net"]["role"]) == Role.REMOTE
    return "schedule" if elsewhere else "venue"


def stands(desk: Desk, firm: Record) -> dict[str, Any]:
    """Why it stands as it does: who asked for it, and what does not trade."""
    names = [symbol.name for symbol in desk.symbols]

    def named(bits: int) -> list[str]:
        return [name for bit, name in enumerate(names) if bits >> bit & 1]

    return {
        "cause": Cause(int(firm["state_cause"])).name.lower(),
        "by": _text(firm["state_by"]),
        "why": _text(firm["state_why"]),
        "in_doubt": named(int(firm["doubt"])),
        "halted": named(int(firm["halted"])),
    }


def journal(journal: Record) -> dict[str, Any] | None:
    """What was written down; None without a journal."""
    if not journal["used"]:
        return None
    return {
        "level": JournalLevel(int(journal["level"])).name.lower(),
        "found": JournalEnd(int(journal["end"])).name.lower(),
        "trouble": Trouble(int(journal["trouble"])).name.lower(),
        "sequence": int(journal["sequence"]),
        "written": int(journal["written"]),
        "synced": int(journal["synced"]),
        "lag_ns": int(journal["lag_ns"]),
        "sync_count": int(journal["sync_count"]),
        "sync_max_ns": int(journal["sync_max_ns"]),
        "unrecorded": int(journal["unrecorded_count"]),
        "replayed": int(journal["replayed_count"]),
        "replayed_ns": int(journal["replayed_ns"]),
        "cut_bytes": int(journal["cut_size"]),
        "recovered_hash": f"{int(journal['recovered_hash']):016x}",
    }


def _per_second(count: Any, seconds: float) -> float:
    return round(int(count) / seconds, 1) if seconds > 0 else 0.0


def _text(name: Any) -> str:
    return bytes(name).decode()


def _currency(money: Any) -> float:
    return int(money) / MONEY_SCALE


def _hop(hop: Record) -> dict[str, int]:
    return {
        "count": int(hop["count"]),
        "p50": int(hop["p50_ns"]),
        "p90": int(hop["p90_ns"]),
        "p95": int(hop["p95_ns"]),
        "p99": int(hop["p99_ns"]),
        "p999": int(hop["p999_ns"]),
        "max": int(hop["max_ns"]),
    }


def _net(desk: LocalDesk, net: Record) -> dict[str, Any]:
    """The exchange in another process, as this desk has known it."""
    counts = (
        "orders_in", "reports_out", "feed_count", "gap_count", "duplicate_count",
        "reordered_count", "request_count", "lost_count", "foreign_count",
    )  # fmt: skip
    orders, feed = desk.links_ended_in or (
        LinkState(int(net["orders"]["state"])),
        LinkState(int(net["feed"]["state"])),
    )
    return {
        "session": bytes(net["session"]).decode(),
        "orders": orders.name,
        "feed": feed.name,
        "breaks": int(net["orders"]["break_count"]) + int(net["feed"]["break_count"]),
        "sockets": Placement(int(net["placement"])).name.lower(),
        "tick_to_order_ns": _hop(net["tick_to_order"]),
        "order_to_ack_ns": _hop(net["order_to_ack"]),
        "positions": {
            symbol.name: int(qty)
            for symbol, qty in zip(desk.symbols, net["positions"], strict=False)
        },
        **{name: int(net[name]) for name in counts},
    }


def profit(holder: Mapping[str, Any]) -> dict[str, float]:
    """Realised and unrealised are before fees; the total is after them."""
    realised, unrealised, fees = (
        int(holder[key]) for key in ("realised", "unrealised", "fees")
    )
    return {
        "realised": _currency(realised),
        "unrealised": _currency(unrealised),
        "fees": _currency(fees),
        "total": _currency(realised + unrealised - fees),
    }


def sources(*strategies: Record) -> dict[str, float]:
    """Where the result came from: with the fees taken off they are the total."""
    return {
        name: _currency(sum(int(strategy[name]) for strategy in strategies))
        for name in ("spread", "slippage", "inventory")
    }


def _price(steps: Any, count: int, increment: float) -> float | None:
    return round(int(steps) / count * increment, 8) if count else None


def positions(desk: Desk, firm: Record) -> list[dict[str, Any]]:
    found = []
    for symbol, held in zip(desk.symbols, firm["symbols"], strict=False):
        increment = symbol.increment / MONEY_SCALE
        position, bid, ask = int(held["position"]), int(held["bid"]), int(held["ask"])
        two_sided = bid != PRICE_NONE and ask != PRICE_NONE
        found.append(
            {
                "symbol": symbol.name,
                "position": position,
                "average_price": _price(held["cost"], position, increment),
                "mark": _price(bid + ask, 2, increment) if two_sided else None,
                "worst_long": int(held["worst_long"]),
                "worst_short": int(held["worst_short"]),
                "realised_fifo": _currency(held["realised_fifo"]),
                "fifo_exact": not held["lots_merged"],
                "stale": bool(held["stale"]),
                **profit(held),
            }
        )
    return found


def breakers(firm: Record) -> dict[str, dict[str, Any]]:
    """Each circuit breaker: the figure that tripped it last and what it had to exceed.

    None for both where it has not: ``triggers`` has what it trips at.
    """
    found = {}
    for (name, counts), breaker in zip(BREAKERS, firm["breakers"], strict=False):
        has = bool(breaker["trip_count"])
        found[name] = {
            "tripped": bool(breaker["tripped_ns"]),
            "figure": int(breaker["figure"]) if has else None,
            "trigger": int(breaker["trigger"]) if has else None,
            "trips": int(breaker["trip_count"]),
            "counts": counts,
        }
    return found


def narrower(desk: Desk, firm: Record) -> list[dict[str, Any]]:
    """The limits of single instruments and strategies."""
    found = []
    for row in firm["scoped"][: int(firm["scoped_count"])]:
        what = row["limit"]
        scope, target = Scope(int(what["scope"])), int(what["target"])
        parameter = LIMITS[int(what["limit"])]
        money = parameter.kind == "money"
        used, most = int(row["used"]), int(what["value"])
        found.append(
            {
                "scope": SCOPES[scope],
                "of": desk.symbols[target].name
                if scope == Scope.SYMBOL
                else _text(firm["strategies"][target]["config"]["name"]),
                "name": parameter.name,
                "used": _currency(used) if money else used,
                "limit": _currency(most) if money else most,
                "unit": parameter.unit,
                "refusals": int(row["refusal_count"]),
            }
        )
    return found


def risk(desk: Desk, firm: Record) -> dict[str, Any]:
    limits = {}
    for parameter, limit in zip(LIMITS, firm["limits"], strict=False):
        money = parameter.kind == "money"
        used, most = int(limit["used"]), int(limit["limit"])
        limits[parameter.name] = {
            "used": _currency(used) if money else used,
            "limit": _currency(most) if money else most,
            "unit": parameter.unit,
            "refusals": int(limit["refusal_count"]),
        }
    return {
        "state": RiskState(int(firm["risk_state"])).name,
        "limits": limits,
        "narrower": narrower(desk, firm),
        "breakers": breakers(firm),
        "triggers": {
            trigger.name: int(value)
            for trigger, value in zip(TRIGGERS, firm["triggers"], strict=False)
        },
        "limits_version": int(firm["limits_version"]),
        "limits_hash": f"{int(firm['limits_hash']):016x}",
    }


def _ended_in(desk: LocalDesk) -> dict[str, str]:
    """The state it was stopped in: stopping halts every desk, which says nothing."""
    return {"state": desk.ended_in.name} if desk.ended_in is not None else {}


def strategies(desk: Desk, firm: Record) -> list[dict[str, Any]]:
    found = []
    for slot, strategy in enumerate(firm["strategies"]):
        config = strategy["config"]
        if not config["used"]:
            continue
        found.append(
            {
                "key": slot + 1,
                "name": _text(config["name"]),
                "kind": _kind_of(desk, int(config["kind"])),
                "symbol": desk.symbols[int(config["symbol"])].name,
                "mode": Mode(int(config["mode"])).name,
                "fault": FAULTS[fault] if (fault := int(strategy["fault"])) else None,
                "version": int(config["version"]),
                "hash": f"{int(config['hash']):016x}",
                "position": int(strategy["position"]),
                "orders": int(strategy["order_count"]),
                "fills": int(strategy["fill_count"]),
                "refusals": int(strategy["refusal_count"]),
                "rejects": int(strategy["reject_count"]),
                **profit(strategy),
                **sources(strategy),
                "would_be": _would_be(desk, strategy),
            }
        )
    return found


def _kind_of(desk: Desk, index: int) -> str:
    """Its name; a desk says so of every kind it runs."""
    kind = desk.kinds.get(index)
    return kind.name if kind else f"kind {index}"


def _would_be(desk: Desk, strategy: Record) -> dict[str, Any] | None:
    """What it would have done since it is in SHADOW: in no other figure."""
    config = strategy["config"]
    if int(config["mode"]) != Mode.SHADOW:
        return None
    increment = desk.symbols[int(config["symbol"])].increment / MONEY_SCALE
    quotes = [
        {
            "side": side.name.lower(),
            "price": _price(strategy["would_be_price"][side], 1, increment),
            "qty": int(strategy["would_be_qty"][side]),
            "ahead": int(strategy["would_be_ahead"][side]),
        }
        for side in Side
        if int(strategy["would_be_qty"][side])
    ]
    parts = ("realised", "unrealised", "fees")
    return {
        "position": int(strategy["would_be_position"]),
        "orders": int(strategy["would_be_order_count"]),
        "fills": int(strategy["would_be_fill_count"]),
        "refusals": int(strategy["would_be_refusal_count"]),
        "working": len(quotes),
        "quotes": quotes,
        **profit({part: strategy[f"would_be_{part}"] for part in parts}),
    }


def _threads(settings: Settings, threads: Iterable[Record]) -> list[dict[str, Any]]:
    """Those that ran: under virtual time the caller's alone did everything."""
    if settings.virtual_time:
        return []
    found = [_thread(thread) for thread in threads if thread["name"]]
    return [one for one in found if not (settings.net and one["name"] == "venue")]


def _thread(thread: Record) -> dict[str, Any]:
    total = int(thread["total_ns"])
    return {
        "name": _text(thread["name"]),
        "core": int(thread["cpu"]),
        "pinned": bool(thread["pinned"]),
        "waiting": Waiting(int(thread["waiting"])).name.lower(),
        "realtime": int(thread["realtime"]),
        "busy": round(int(thread["busy_ns"]) / total, 4) if total else 0.0,
    }


def _ring(ring: Record) -> dict[str, Any]:
    return {
        "name": _text(ring["name"]),
        "capacity": int(ring["capacity"]),
        "high_water": int(ring["high_water"]),
        "full_count": int(ring["full_count"]),
    }


def _replay(engine: Engine, picture: Record) -> dict[str, Any]:
    venue = picture["venue"]
    replay = venue["replay"]
    found: dict[str, Any] = {
        name: int(replay[name])
        for name in replay
        if name not in ("finished", "has_reference", "time_ns")
    }
    found["finished"] = bool(replay["finished"])
    found["has_reference"] = bool(replay["has_reference"])
    found["recorded_time_ns"] = int(replay["time_ns"])
    known = int(replay["executions_known"])
    found["executions_matched_share"] = (
        int(replay["executions_matched"]) / known if known else None
    )
    mismatches = engine.mismatches()
    found["exceptions"] = [
        {
            "message": int(mismatch["message"]),
            "ref": int(mismatch["ref"]),
            "front_ref": int(mismatch["front_ref"]),
            "price": int(mismatch["price"]),
            "qty": int(mismatch["qty"]),
            "cause": MismatchCause(int(mismatch["cause"])).name.lower(),
        }
        for mismatch in mismatches[:MISMATCHES_SHOWN]
    ]
    if engine.settings.desk:
        orders = int(venue["impact_count"])
        found["aggressive_orders"] = orders
        found["impact_increments"] = int(venue["impact2"]) / 2 / orders if orders else 0.0
        found["queue_wait_ns"] = _hop(picture["hops"][Hop.QUEUE_WAIT])
    return found
