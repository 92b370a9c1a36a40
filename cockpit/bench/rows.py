"""The rows of ``cockpit bench``, by name.

A group measures one thing and yields its rows: the value, the reference measured beside
it in the same run, and the bar it is held to.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cockpit import core
from cockpit.bench import itch, journal, match, risk, wire
from cockpit.bench.row import Row
from cockpit.core import Engine, FlowKind, Hop, Mode, Settings, Strategy, probes

Group = Callable[[Settings], Iterator[Row]]

ROUND_TRIPS = 300_000
LIVE_SECONDS = 4.0
SIM_EVENTS = 10_000_000
VENUE_EVENTS = 5_000_000
STREAM_LINES = 20_000_000
DESK_EVENTS = 1_000_000
ORDER_SECONDS = 3.0
MARKET_RATE = 50_000
"""Events a second of the market in which an order's way is timed: far from busy."""
MAKERS = 16
MAKERS_RATE = 500_000
"""Events a second of the others' flow that the makers react to."""


def _round_trip_ns() -> tuple[float, float]:
    """Median round trip through two rings, and of a bare cache line (ns)."""
    rings, bare = [], []
    for _ in range(3):
        rings.append(probes.round_trip(ROUND_TRIPS, bare=False)["p50_ns"])
        bare.append(probes.round_trip(ROUND_TRIPS, bare=True)["p50_ns"])
    return float(statistics.median(rings)), float(statistics.median(bare))


def ring_round_trip(settings: Settings) -> Iterator[Row]:
    """There and back between two pinned threads, against the bare cache line."""
    ring, bare = _round_trip_ns()
    yield Row("ring_round_trip_ns", ring, "ns", "bare cache line", bare, bar=2 * bare)


def _unlimited(settings: Settings, *names: str) -> Settings:
    """The same, with these limits as far out as they go."""
    values = tuple(
        int(limit.maximum) if limit.name in names else value
        for limit, value in zip(core.LIMITS, settings.limits.values, strict=True)
    )
    return replace(settings, limits=replace(settings.limits, values=values, hash=0))


def _makers(settings: Settings, count: int, **changes: float) -> Settings:
    """So many market makers of the standard parameters, in turn on each instrument."""
    kind = core.STRATEGY_KINDS["market_maker"]
    parameters = tuple(changes.get(p.name, p.standard) for p in kind.parameters)
    makers = tuple(
        Strategy(
            f"mm{i}", "market_maker", i % len(settings.instruments), Mode.LIVE, parameters
        )
        for i in range(count)
    )
    return replace(
        _unlimited(
            settings,
            "max_message_rate", "max_same_orders", "max_open_orders", "max_position",
        ),
        strategies=makers,
    )  # fmt: skip


def _tick_to_order(settings: Settings) -> tuple[Any, str]:
    """The hop of a live desk with makers everywhere, and what it is of."""
    made = _makers(settings, len(settings.instruments), half_spread=1.5)
    flow = replace(made.flow, rate=MARKET_RATE)
    with Engine(replace(made, virtual_time=False, flow=flow)) as engine:
        time.sleep(LIVE_SECONDS)
        engine.halt()
        time.sleep(0.1)
        read = engine.read()
        hop = read["hops"][Hop.TICK_TO_ORDER].copy()
        waiting = core.Waiting(int(read["threads"][1]["waiting"])).name.lower()
    return hop, f"{int(hop['count']):,} orders, waiting {waiting}"


def tick_to_order(settings: Settings) -> Iterator[Row]:
    """T1 to T4 in the embedded desk, makers everywhere, against the ring one way."""
    ring, _ = _round_trip_ns()
    hop, note = _tick_to_order(settings)
    with tempfile.TemporaryDirectory() as directory:
        journal = core.Journal(Path(directory))
        kept, kept_note = _tick_to_order(replace(settings, journal=journal))
    kept_note += f", journal {journal.level.name.lower()}"
    for found, field, suffix, bar, about in (
        (hop, "p50_ns", "", 1_000.0, note),
        (hop, "p50_ns", ".ring", 4 * ring / 2, note),
        (hop, "p99_ns", ".p99", 5_000.0, note),
        (hop, "p999_ns", ".p999", None, note),
        (kept, "p50_ns", ".journal", 1_000.0, kept_note),
        (kept, "p99_ns", ".journal.p99", 5_000.0, kept_note),
    ):
        yield Row(
            f"tick_to_order_ns{suffix}",
            float(found[field]),
            "ns",
            "ring one way",
            ring / 2,
            bar,
            note=about,
        )


def desk_step(settings: Settings) -> Iterator[Row]:
    """Event in, order in the outbox: the desk alone in one thread, a maker everywhere."""
    found = probes.desk(
        _makers(settings, len(settings.instruments), half_spread=1.5), DESK_EVENTS
    )
    ring, _ = _round_trip_ns()
    note = (
        f"{found.step['count']} of {found.md_count:,} events, {found.order_count} orders"
    )
    for field, suffix, bar in (("p50_ns", "", 250.0), ("p99_ns", ".p99", None)):
        yield Row(
            f"desk_step_ns{suffix}", float(found.step[field]), "ns", "ring one way",
            ring / 2, bar, note=note,
        )  # fmt: skip


def embedded_orders(settings: Settings) -> Iterator[Row]:
    """Orders through strategies, risk, matching and back, venue and desk on threads."""
    made = _makers(settings, MAKERS, half_spread=15, skew=0, micro_weight=1)
    flow = replace(made.flow, rate=MAKERS_RATE, half_spread=20.0, volatility=0.0)
    with Engine(replace(made, virtual_time=False, flow=flow)) as engine:
        time.sleep(1.0)
        first = engine.read()["desk"]["counters"].copy()
        begin = time.perf_counter()
        time.sleep(ORDER_SECONDS)
        last = engine.read()["desk"]["counters"].copy()
        seconds = time.perf_counter() - begin
    sent, answered, filled = (
        int(last[name]) - int(first[name])
        for name in ("order_count", "ack_count", "fill_count")
    )
    yield Row(
        "embedded_orders_per_s",
        sent / seconds,
        "orders/s",
        "events of its venue alone",
        _run_virtual(_virtual(settings, desk=False), VENUE_EVENTS)[0],
        bar=1e6,
        higher_is_better=True,
        note=f"{MAKERS} market makers, {answered:,} acknowledged, {filled:,} fills",
    )


def _virtual(settings: Settings, *, desk: bool) -> Settings:
    flow = replace(settings.flow, kind=FlowKind.SYNTHETIC, rate=1_000_000)
    return replace(settings, virtual_time=True, desk=desk, flow=flow)


def _run_virtual(settings: Settings, events: int) -> tuple[float, Any]:
    """Market data events a second after a warm-up, and the last picture."""
    engine = Engine(settings)
    engine.run(500_000)
    begin = time.perf_counter()
    engine.run(events)
    return events / (time.perf_counter() - begin), engine.read().copy()


def sim_events(settings: Settings) -> Iterator[Row]:
    """The whole system under virtual time, against its venue alone."""
    full, venue, hashes = [], [], set()
    for _ in range(2):
        speed, picture = _run_virtual(_virtual(settings, desk=True), SIM_EVENTS)
        full.append(speed)
        hashes.add(int(picture["state_hash"]))
        venue.append(_run_virtual(_virtual(settings, desk=False), SIM_EVENTS // 2)[0])
    if len(hashes) != 1:
        raise AssertionError(f"same seed, different state: {hashes}")
    yield Row(
        "sim_events_per_s",
        max(full),
        "events/s",
        "its venue alone",
        max(venue),
        bar=5e6,
        higher_is_better=True,
        note=f"state hash {hashes.pop():016x} twice over {SIM_EVENTS:,} events",
    )


def venue_events(settings: Settings) -> Iterator[Row]:
    """Flow and matching alone, against writing and reading as many lines in a ring."""
    speeds, streams = [], []
    for _ in range(3):
        speeds.append(_run_virtual(_virtual(settings, desk=False), VENUE_EVENTS)[0])
        streams.append(probes.lines_per_s(STREAM_LINES))
    yield Row(
        "venue_events_per_s",
        statistics.median(speeds),
        "events/s",
        "64-byte lines through a ring",
        statistics.median(streams),
        bar=5e6,
        higher_is_better=True,
    )


GROUPS: dict[str, Group] = {
    "ring_round_trip_ns": ring_round_trip,
    "tick_to_order_ns": tick_to_order,
    "desk_step_ns": desk_step,
    "embedded_orders_per_s": embedded_orders,
    "sim_events_per_s": sim_events,
    "venue_events_per_s": venue_events,
    "recover_1m_s": journal.recover,
    **match.GROUPS,
    **risk.GROUPS,
    **itch.groups(None),
    **wire.GROUPS,
}


def measure(
    names: tuple[str, ...], settings: Settings, itch_file: Path | None = None
) -> Iterator[Row]:
    """The rows of the groups named, or of all. Raises KeyError on an unknown name.

    The rows of ITCH go through ``itch_file``, or without one through a made-up day.
    """
    groups = GROUPS | itch.groups(itch_file)
    for group in [groups[name] for name in names or groups]:
        yield from group(settings)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def render(row: Row) -> str:
    """One line for people."""
    bar = (
        ""
        if row.bar is None
        else f"{'≥' if row.higher_is_better else '≤'} {row.bar:,.0f}"
    )
    verdict = {None: "", True: "met", False: "NOT MET"}[row.met]
    return (
        f"{row.name:24} {_figure(row.value):>14} {row.unit:9} "
        f"{row.ratio:>7.2f} x {row.reference} ({_figure(row.reference_value)})"
        f"{f'   bar {bar} {verdict}' if bar else ''}"
        f"{f'   {row.note}' if row.note else ''}"
    )
