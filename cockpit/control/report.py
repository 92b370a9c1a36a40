"""A summary as text for people: aligned, without colour, a line an item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"))


def render(figures: Mapping[str, Any]) -> str:
    """What :func:`cockpit.control.summary.summary` returned, to be printed."""
    parts = [_head(figures), _traffic(figures)]
    if figures["desk"]:
        parts += [
            _latency(figures),
            positions(figures),
            strategies(figures),
            risk(figures),
        ]
    if "replay" in figures:
        parts.append(_replay(figures["replay"]))
    parts.append(_machine(figures))
    if figures["journal"]:
        parts.append(kept(figures["journal"]))
    if "state_hash" in figures:
        parts.append(f"state hash    {figures['state_hash']}")
    return "\n\n".join(parts) + "\n"


def duration(nanoseconds: int) -> str:
    """``831 ns``, ``1.25 us``, ``40.0 ms``: three digits that count."""
    for size, unit in UNITS:
        if nanoseconds >= size:
            value = nanoseconds / size
            return f"{value:.{max(0, 3 - len(str(int(value))))}f} {unit}"
    return f"{nanoseconds} ns"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need be: the first to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _head(figures: Mapping[str, Any]) -> str:
    took = f"{figures['seconds']:.3f} seconds"
    if figures["virtual_time"]:
        took = f"{figures['virtual_seconds']:.3f} virtual seconds in {took}"
    return f"{figures['mode']}  {figures['origin']}  {took}, seed {figures['seed']}"


def _traffic(figures: Mapping[str, Any]) -> str:
    rows = []
    if figures["events"] is not None:
        rows.append(
            f"events        {figures['events']:,} ({figures['events_per_s']:,.0f}/s), "
            f"trades {figures['trades']:,}"
        )
    rows.append(
        f"market data   {figures['market_data']:,} "
        f"({figures['market_data_per_s']:,.0f}/s), gaps {figures['gaps']:,}"
    )
    if figures["desk"]:
        rows.append(
            f"orders        {figures['orders_sent']:,} sent, {figures['cancels']:,} "
            f"cancels, {figures['fills']:,} fills, {figures['rejects']:,} rejects, "
            f"{figures['refusals']:,} refusals"
        )
    return "\n".join(rows)


def _latency(figures: Mapping[str, Any]) -> str:
    keys = ("p50", "p90", "p95", "p99", "p999", "max")
    rows = [
        (name, f"{hop['count']:,}", *(duration(hop[key]) for key in keys))
        for name, hop in figures["hops"].items()
    ]
    return _table(("latency", "count", "p50", "p90", "p95", "p99", "p99.9", "max"), rows)


def positions(figures: Mapping[str, Any]) -> str:
    def price(value: float | None) -> str:
        return "-" if value is None else f"{value:,.4f}"

    rows: list[tuple[str, ...]] = [
        (
            held["symbol"],
            f"{held['position']:,}",
            price(held["average_price"]),
            price(held["mark"]),
            _money(held["realised"]),
            _money(held["unrealised"]),
            _money(held["fees"]),
            _money(held["total"]),
        )
        for held in figures["positions"]
    ]
    profit = figures["pnl"]
    keys = ("realised", "unrealised", "fees", "total")
    rows.append(("all", "", "", "", *(_money(profit[key]) for key in keys)))
    head = (
        "position",
        "lots",
        "average",
        "mark",
        "realised",
        "unrealised",
        "fees (schedule)" if figures["fees_by"] == "schedule" else "fees",
        "P&L",
    )
    return _table(head, rows)


def strategies(figures: Mapping[str, Any]) -> str:
    def row(name: str, mode: str, item: Mapping[str, Any]) -> tuple[str, ...]:
        return (
            name,
            mode,
            f"{item['position']:,}",
            f"{item['orders']:,}",
            f"{item['fills']:,}",
            f"{item['refusals']:,}",
            _money(item["total"]),
        )

    rows = []
    for item in figures["strategies"]:
        name, *cells = row(f"{item['key']} {item['name']}", item["mode"], item)
        rows.append((name, item["symbol"], *cells))
        if item["would_be"]:
            name, *cells = row("  would be", "", item["would_be"])
            rows.append((name, item["symbol"], *cells))
    head = ("strategy", "symbol", "mode", "lots", "orders", "fills", "refusals", "P&L")
    return _table(head, rows)


def risk(figures: Mapping[str, Any]) -> str:
    risk = figures["risk"]
    rows = [
        (
            name,
            f"{limit['used']:,}",
            f"{limit['limit']:,}",
            limit["unit"],
            f"{limit['refusals']:,}",
        )
        for name, limit in risk["limits"].items()
    ]
    rows += [
        (
            f"{limit['of']} {limit['name']}",
            f"{limit['used']:,}",
            f"{limit['limit']:,}",
            limit["unit"],
            f"{limit['refusals']:,}",
        )
        for limit in risk["narrower"]
    ]
    return _table((f"risk {risk['state']}", "used", "limit", "unit", "refusals"), rows)


def _replay(replay: Mapping[str, Any]) -> str:
    share = replay["executions_matched_share"]
    matched = "" if share is None else f" ({share:.4%})"
    rows = [
        f"replay        {replay['messages']:,} of {replay['total']:,} messages, "
        f"{'finished' if replay['finished'] else 'not finished'}",
        f"executions    {replay['executions']:,}; of {replay['executions_known']:,} "
        f"whose order was recorded {replay['executions_matched']:,} met it{matched}",
        f"book          {replay['book_mismatches']:,} mismatches, "
        f"{replay['rows_checked']:,} rows checked, {replay['orphans']:,} orphans",
    ]
    if "queue_wait_ns" in replay:
        wait = replay["queue_wait_ns"]
        rows += [
            f"displaced     {replay['displaced']:,} recorded executions met the desk "
            f"({replay['displaced_qty']:,} lots)",
            f"consumed      {replay['consumed']:,} recorded orders traded away "
            f"({replay['consumed_qty']:,} lots)",
            f"impact        {replay['impact_increments']:.3f} increments an "
            f"aggressive order ({replay['aggressive_orders']:,} of them)",
            f"queue wait    p50 {duration(wait['p50'])}, p99 {duration(wait['p99'])} "
            f"({wait['count']:,} fills)",
        ]
    rows += [
        f"exception     message {item['message']:,}: order {item['ref']} "
        f"{item['cause']}, {item['qty']:,} at {item['price']:,}, "
        f"in front {item['front_ref']}"
        for item in replay["exceptions"]
    ]
    return "\n".join(rows)


def kept(journal: Mapping[str, Any]) -> str:
    """What was written down, and what it was gone on from."""
    trouble = "" if journal["trouble"] == "none" else f", {journal['trouble'].upper()}"
    return (
        f"journal       {journal['level']}, {journal['sequence']:,} records, "
        f"{journal['synced']:,} on disk, slowest sync {duration(journal['sync_max_ns'])}"
        f"{trouble}; found {journal['found']}, {journal['replayed']:,} replayed in "
        f"{duration(journal['replayed_ns'])}"
    )


def _machine(figures: Mapping[str, Any]) -> str:
    threads = [
        (
            item["name"],
            f"core {item['core']}" if item["pinned"] else "not pinned",
            item["waiting"],
            f"{item['busy']:.1%}",
        )
        for item in figures["threads"]
    ]
    rings = [
        (
            item["name"],
            f"{item['capacity']:,}",
            f"{item['high_water']:,}",
            f"{item['full_count']:,}",
        )
        for item in figures["rings"]
    ]
    tables = []
    if threads:
        tables.append(_table(("thread", "where", "waiting", "busy"), threads))
    if rings:
        tables.append(_table(("ring", "capacity", "high water", "full"), rings))
    return "\n\n".join(tables)
