"""What ``cockpit bench`` measures: the core, and beside it the machine."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit._native import ffi, lib
from cockpit.core.codes import CoreError, Waiting, check, text_of
from cockpit.core.settings import Net, Settings, fill_config, fill_net

if TYPE_CHECKING:  # loaded where an array is made: a screen needs none
    import numpy as np
    import numpy.typing as npt

    Array = np.ndarray[Any, Any]


def round_trip(count: int, *, bare: bool) -> dict[str, int]:
    """Round trips of a line between two pinned threads: count and percentiles in ns.

    Through two rings, or ``bare``: two plain words, the least the machine can do.
    """
    hop = ffi.new("cp_hop_picture *")
    cpus = lib.cp_bench_cpu(0), lib.cp_bench_cpu(1)
    check(lib.cp_bench_round_trip(bare, *cpus, count, hop))
    return {
        name: int(getattr(hop, name)) for name, _ in ffi.typeof("cp_hop_picture").fields
    }


def lines_per_s(count: int) -> float:
    """64-byte lines a second written into a ring and read from it by one thread."""
    elapsed_ns = ffi.new("uint64_t *")
    check(lib.cp_bench_line_stream(count, elapsed_ns))
    return count * 1e9 / float(elapsed_ns[0])


@dataclass(frozen=True, slots=True)
class MatchBench:
    """The venue alone on one shape of market; times in nanoseconds a message."""

    shape: str
    message_count: int
    elapsed_ns: float
    stream_ns: float
    """The same messages read and as many lines written, without a venue."""
    line_count: float
    """Reports and market data events a message."""
    resting_count: int
    fault_count: int
    allocated_bytes: int
    p99_ns: int
    p999_ns: int


def match_shapes() -> tuple[str, ...]:
    """The shapes of market the venue is measured in."""
    names: list[str] = []
    while (name := lib.cp_bench_match_shape(len(names))) != ffi.NULL:
        names.append(text_of(name))
    return tuple(names)


def match(shape: str, message_count: int, rounds: int, *, seed: int) -> MatchBench:
    """Play mixed messages ``rounds`` times; the best of each part of them counts."""
    found = ffi.new("cp_match_figures *")
    index = match_shapes().index(shape)
    check(lib.cp_bench_match(index, message_count, rounds, seed, found))
    count = int(found.messages)
    return MatchBench(
        shape=shape,
        message_count=count,
        elapsed_ns=found.elapsed_ns / count,
        stream_ns=found.stream_ns / count,
        line_count=(found.md_lines + found.report_lines) / count,
        resting_count=int(found.resting_count),
        fault_count=int(found.fault_count),
        allocated_bytes=int(found.allocated_bytes),
        p99_ns=int(found.latency.p99_ns),
        p999_ns=int(found.latency.p999_ns),
    )


@dataclass(frozen=True, slots=True)
class RiskBench:
    """Checks of orders, every limit set; nanoseconds a check."""

    check_ns: float
    clock_ns: float
    """Two readings of the clock."""
    p50_ns: int
    """Of checks timed one by one, those two readings with them."""
    p99_ns: int
    p999_ns: int


def risk(count: int) -> RiskBench:
    """Check ``count`` orders that pass: in parts (the best counts), and one by one."""
    found = ffi.new("cp_risk_figures *")
    check(lib.cp_bench_risk(count, found))
    return RiskBench(
        check_ns=found.elapsed_ns / found.count,
        clock_ns=found.clock_ns / found.count,
        p50_ns=int(found.latency.p50_ns),
        p99_ns=int(found.latency.p99_ns),
        p999_ns=int(found.latency.p999_ns),
    )


def match_bare(count: int) -> float:
    """Nanoseconds to add an order to a small book, or to take one off, by handle."""
    elapsed_ns = ffi.new("uint64_t *")
    check(lib.cp_bench_match_bare(count, elapsed_ns))
    return float(elapsed_ns[0]) / (2 * count)


def match_memory(order_count: int) -> tuple[int, float]:
    """Bytes that so many resting orders take, and nanoseconds to enter one."""
    size, elapsed_ns = ffi.new("uint64_t *"), ffi.new("uint64_t *")
    check(lib.cp_bench_match_memory(order_count, size, elapsed_ns))
    return int(size[0]), float(elapsed_ns[0]) / order_count


class ItchWork(IntEnum):
    """What is done with a day of ITCH 5.0."""

    DECODE = lib.CP_BENCH_ITCH_DECODE
    L2 = lib.CP_BENCH_ITCH_L2
    L3 = lib.CP_BENCH_ITCH_L3


@dataclass(frozen=True, slots=True)
class ItchBench:
    """What a day of ITCH 5.0 took; times in nanoseconds a message."""

    message_count: int
    walk_ns: float
    """From message to message, looking at one field."""
    elapsed_ns: float
    floor_ns: float
    """The least that such books can cost; 0 where there is none."""
    live_count: int
    misfit_count: int
    """Messages that did not fit the books, as in a day that begins in its middle."""


def _itch(found: Any) -> ItchBench:
    count = max(int(found.message_count), 1)
    return ItchBench(
        message_count=int(found.message_count),
        walk_ns=found.walk_ns / count,
        elapsed_ns=found.elapsed_ns / count,
        floor_ns=found.floor_ns / count,
        live_count=int(found.live_count),
        misfit_count=int(found.misfit_count),
    )


def journal(settings: Settings, records: int) -> None:
    """Leave a journal of so many records, as a desk does that was killed."""
    config = ffi.new("cp_config *")
    fill_config(config, settings)
    error = ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_bench_journal(config, records, error)
    if result < 0:
        raise CoreError(text_of(error) or os.strerror(-result))


@dataclass(frozen=True, slots=True)
class DeskBench:
    """A desk alone in one thread."""

    order_count: int
    """New orders and replaces."""
    md_count: int
    step: dict[str, int]
    """Event given to the desk until it has left an order: count and percentiles, ns."""


def desk(settings: Settings, md_events: int) -> DeskBench:
    """Give a desk so many events of the settings' market, in one thread."""
    config, found = ffi.new("cp_config *"), ffi.new("cp_bench_desk_figures *")
    fill_config(config, settings)
    error = ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_bench_desk(config, md_events, found, error)
    if result < 0:
        raise CoreError(text_of(error) or os.strerror(-result))
    return DeskBench(
        order_count=int(found.orders),
        md_count=int(found.md_events),
        step={
            name: int(getattr(found.step, name))
            for name, _ in ffi.typeof("cp_hop_picture").fields
        },
    )


def itch(work: ItchWork, day: npt.NDArray[np.uint8]) -> ItchBench:
    """Go through the records in ``day``. Raises OSError if they are none."""
    found = ffi.new("cp_bench_itch_result *")
    check(lib.cp_bench_itch(work, ffi.from_buffer("uint8_t[]", day), day.size, found))
    return _itch(found)


def itch_file(work: ItchWork, path: Path) -> ItchBench:
    """Go through a file, mapped whole. Raises CoreError if it cannot be."""
    found = ffi.new("cp_bench_itch_result *")
    result = lib.cp_bench_itch_file(work, os.fsencode(path), found)
    if result == -errno.EPROTO:
        raise CoreError(f"{path} is not a day of ITCH 5.0, or is cut short (unpacked?)")
    if result < 0:
        raise CoreError(f"{path}: {os.strerror(-result)}")
    return _itch(found)


def itch_stream(count: int, order_count: int, *, seed: int) -> npt.NDArray[np.uint8]:
    """``count`` made-up messages, first ``order_count`` orders; the same for a seed."""
    import numpy as np

    day = np.empty(count * 52, np.uint8)
    size = ffi.new("uint64_t *")
    room = ffi.from_buffer("uint8_t[]", day, require_writable=True)
    check(lib.cp_bench_itch_stream(count, order_count, seed, room, day.size, size))
    return day[: int(size[0])]


def tcp_round_trip(size: int, count: int, waiting: Waiting) -> dict[str, int]:
    """Round trips of ``size`` bytes over loopback TCP: count and percentiles in ns."""
    hop = ffi.new("cp_hop_picture *")
    cpus = lib.cp_bench_cpu(0), lib.cp_bench_cpu(1)
    check(lib.cp_bench_tcp_round_trip(size, count, int(waiting), *cpus, hop))
    return _hop_dict(hop)


@dataclass(frozen=True, slots=True)
class WireBench:
    """What a client at an exchange in another process has counted."""

    count: int
    """Orders sent and answered, or messages of the feed."""
    rejected_count: int
    seconds: float
    latency: dict[str, int]
    """Order to answer: count and percentiles in ns."""


def _wire(found: Any) -> WireBench:
    return WireBench(
        found.count,
        found.rejected_count,
        found.elapsed_ns / 1e9,
        _hop_dict(found.latency),
    )


def wire_orders(
    net: Net, symbol: str, price: int, rate: int, seconds: float, waiting: Waiting
) -> WireBench:
    """Send immediate orders at a price (1/10000), ``rate`` a second, all to be answered.

    Raises OSError when one is not, or out of order.
    """
    config, found = ffi.new("cp_net_config *"), ffi.new("cp_bench_wire *")
    fill_net(config, net)
    check(
        lib.cp_bench_wire_orders(
            config, symbol.encode(), price, rate, int(seconds * 1e9), int(waiting), found
        )
    )
    return _wire(found)


def wire_feed(net: Net, seconds: float, waiting: Waiting) -> WireBench:
    """Read the feed of an exchange. Raises OSError when it cuts us off."""
    config, found = ffi.new("cp_net_config *"), ffi.new("cp_bench_wire *")
    fill_net(config, net)
    check(lib.cp_bench_wire_feed(config, int(seconds * 1e9), int(waiting), found))
    return _wire(found)


def _hop_dict(hop: Any) -> dict[str, int]:
    return {
        name: int(getattr(hop, name)) for name, _ in ffi.typeof("cp_hop_picture").fields
    }
