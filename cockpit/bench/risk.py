"""The rows about risk: one check of an order, every limit there is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cockpit.bench.row import Row
from cockpit.core import Settings, probes

CHECKS = 4_000_000
CLOCK = "two readings of the clock"


def check(settings: Settings) -> Iterator[Row]:
    """Gathering and checking, global limits, the symbol's and the strategy's."""
    bench = probes.risk(CHECKS)
    yield Row(
        "risk_check_ns",
        bench.check_ns,
        "ns",
        CLOCK,
        bench.clock_ns,
        bar=50,
        note="all limits on, global, of the symbol and of the strategy; with gathering",
    )
    for suffix, value, bar in (
        ("p50", bench.p50_ns, None),
        ("p99", bench.p99_ns, 150),
        ("p999", bench.p999_ns, None),
    ):
        yield Row(
            f"risk_check_ns.{suffix}",
            float(value),
            "ns",
            CLOCK,
            bench.clock_ns,
            bar=bar,
            note="one check at a time, two readings of the clock included",
        )


GROUPS: dict[str, Callable[[Settings], Iterator[Row]]] = {"risk_check_ns": check}
