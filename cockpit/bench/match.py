"""The rows about matching: the venue alone, fed with messages made beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cockpit.bench.row import Row
from cockpit.core import Settings, probes
from cockpit.core.probes import MatchBench

MESSAGES = 1_000_000
ROUNDS = 5
SEED = 1
BARE_STEPS = 4_000_000
RESTING = 10_000_000
ORDER_BYTES = 32
"""Of an order in the book: what ten million take with nothing else kept of them."""

STREAM = "messages read, lines written"


def mixed(settings: Settings) -> Iterator[Row]:
    """Mixed messages in each shape of market, against as many lines without a venue."""
    found = [
        probes.match(shape, MESSAGES, ROUNDS, seed=SEED)
        for shape in probes.match_shapes()
    ]
    for bench in found:
        yield Row(
            f"match_mixed_ns.{bench.shape}",
            bench.elapsed_ns,
            "ns",
            STREAM,
            bench.stream_ns,
            bar=30,
            note=f"{bench.line_count:.2f} lines a message, "
            f"{bench.resting_count:,} orders at the end",
        )
    worst = max(found, key=lambda bench: bench.elapsed_ns)
    yield Row(
        "match_mixed_ns",
        worst.elapsed_ns,
        "ns",
        STREAM,
        worst.stream_ns,
        bar=30,
        note=f"the worst: {worst.shape}",
    )
    yield from _normal([bench for bench in found if bench.shape == "normal"])
    yield Row(
        "match_faults",
        float(sum(b.fault_count + b.allocated_bytes for b in found)),
        "faults",
        "messages",
        float(sum(b.message_count * ROUNDS for b in found)),
        bar=0,
        note="page faults and bytes allocated while matching",
    )


def _normal(found: list[MatchBench]) -> Iterator[Row]:
    for bench in found:
        for suffix, value, bar in (
            ("p99", bench.p99_ns, 150),
            ("p999", bench.p999_ns, 300),
        ):
            yield Row(
                f"match_mixed_ns.normal.{suffix}",
                float(value),
                "ns",
                STREAM,
                bench.stream_ns,
                bar=bar,
                note="one message at a time, two readings of the clock included",
            )


def bare(settings: Settings) -> Iterator[Row]:
    """Adding and cancelling by handle in a small book, against lines through a ring."""
    values = [probes.match_bare(BARE_STEPS) for _ in range(ROUNDS)]
    line_ns = 1e9 / max(probes.lines_per_s(BARE_STEPS) for _ in range(ROUNDS))
    yield Row(
        "match_bare_ns", min(values), "ns", "a line through a ring", line_ns, bar=15
    )


def memory(settings: Settings) -> Iterator[Row]:
    """Ten million resting orders with their ids, against the orders alone."""
    size, add_ns = probes.match_memory(RESTING)
    yield Row(
        "order_memory_mb",
        size / 1e6,
        "MB",
        "the orders alone",
        RESTING * ORDER_BYTES / 1e6,
        bar=400,
        note=f"{RESTING:,} orders, {add_ns:,.0f} ns to enter one",
    )


GROUPS: dict[str, Callable[[Settings], Iterator[Row]]] = {
    "match_mixed_ns": mixed,
    "match_bare_ns": bare,
    "order_memory_mb": memory,
}
