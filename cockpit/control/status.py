"""A served desk in figures, as ``cockpit ctl status`` prints them.

Money in currency, times in nanoseconds unless a key says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit.control import report, summary
from cockpit.control.remote import RemoteDesk
from cockpit.core import Hop


def status(desk: RemoteDesk) -> dict[str, Any]:
    """What the latest picture of the desk says, of plain JSON types."""
    picture = desk.read()
    firm = picture["desk"]
    counters, welcome, controls = firm["counters"], desk.welcome, desk.controls
    hop = picture["hops"][Hop.TICK_TO_ORDER]
    return {
        "name": welcome.name,
        "pid": welcome.pid,
        "mode": desk.mode,
        "origin": welcome.origin,
        "up_seconds": (int(picture["time_ns"]) - int(picture["start_ns"])) / 1e9,
        "state": summary.risk(desk, firm)["state"],
        "stands": summary.stands(desk, firm),
        "journal": summary.journal(firm["journal"]),
        "pnl": summary.profit(firm),
        "fees_by": summary.fees_by(picture),
        "orders_working": int(firm["working_count"]),
        "orders_sent": int(counters["order_count"]),
        "fills": int(counters["fill_count"]),
        "rejects": int(counters["reject_count"]),
        "refusals": int(counters["refusal_count"]),
        "tick_to_order_ns": {
            key: int(hop[field])
            for key, field in (
                ("count", "count"),
                ("p50", "p50_ns"),
                ("p95", "p95_ns"),
                ("p99", "p99_ns"),
                ("max", "max_ns"),
            )
        },
        "controls": controls.name,
        "clients": list(controls.sessions),
        "config_errors": list(desk.config_errors()),
        "strategies": summary.strategies(desk, firm),
        "positions": summary.positions(desk, firm),
        "risk": summary.risk(desk, firm),
    }


def render(figures: Mapping[str, Any]) -> str:
    """The same for people."""
    hop = figures["tick_to_order_ns"]
    pnl = figures["pnl"]["total"]
    head = [
        f"{figures['name']}  {figures['mode']}  {figures['state']}  {figures['origin']}  "
        f"pid {figures['pid']}, up {figures['up_seconds']:,.0f} s",
        f"P&L {pnl:+,.2f}, {figures['orders_working']} orders working, "
        f"{figures['orders_sent']:,} sent, {figures['fills']:,} fills, tick to order "
        + _taken(hop),
        f"controls: {figures['controls'] or 'nobody'}; "
        f"here: {', '.join(figures['clients']) or 'nobody'}",
    ]
    head += _stands(figures)
    head += [f"WRONG: {error}" for error in figures["config_errors"]]
    parts = ["\n".join(head)]
    if figures["journal"]:
        parts.append(report.kept(figures["journal"]))
    parts += [
        part(figures) for part in (report.strategies, report.positions, report.risk)
    ]
    return "\n\n".join(parts) + "\n"


def _taken(hop: Mapping[str, int]) -> str:
    if not hop["count"]:
        return "not measured yet"
    return f"p50 {report.duration(hop['p50'])}, p99 {report.duration(hop['p99'])}"


def _stands(figures: Mapping[str, Any]) -> list[str]:
    """A line for each thing that keeps it from trading, and what ends it."""
    stands, rows = figures["stands"], []
    if figures["state"] != "ACTIVE":
        by = f", by {stands['by']}" if stands["by"] else ""
        why = f"; why: {stands['why']}" if stands["why"] else ""
        rows.append(f"{figures['state']}: {stands['cause']}{by}{why}")
    for strategy in figures["strategies"]:
        if strategy["fault"]:
            rows.append(f"FAULT: {strategy['name']} is off: {strategy['fault']}")
    if stands["in_doubt"]:
        names = ", ".join(stands["in_doubt"])
        rows.append(f"IN DOUBT: {names}: nothing is sent there; `cockpit ctl accept`")
    if stands["halted"]:
        names = ", ".join(stands["halted"])
        rows.append(f"halted: {names}; `cockpit ctl resume --symbol`")
    return rows
