"""The rows about ITCH 5.0: a day of it read whole, or kept as all symbols' books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path

from cockpit.bench.row import Row
from cockpit.core import Settings, probes
from cockpit.core.probes import ItchBench, ItchWork

ROUNDS = 3
MADE_UP_MESSAGES = 4_000_000
MADE_UP_ORDERS = 400_000


class Bar(IntEnum):
    """Nanoseconds a message."""

    DECODE = 9
    L2 = 28
    L3 = 40


def _rounds(work: ItchWork, file: Path | None) -> list[ItchBench]:
    """The same work several times, each beside its references."""
    if file is not None:
        return [probes.itch_file(work, file) for _ in range(ROUNDS)]
    day = probes.itch_stream(MADE_UP_MESSAGES, MADE_UP_ORDERS, seed=1)
    return [probes.itch(work, day) for _ in range(ROUNDS)]


def _describe(found: ItchBench, file: Path | None) -> str:
    day = "a made-up day" if file is None else file.name
    return f"{found.message_count:,} messages, {day}"


def _decode(file: Path | None) -> Iterator[Row]:
    rounds = _rounds(ItchWork.DECODE, file)
    yield Row(
        "itch_decode_ns",
        min(found.elapsed_ns for found in rounds),
        "ns",
        "looking at one field",
        min(found.walk_ns for found in rounds),
        bar=Bar.DECODE,
        note=_describe(rounds[0], file),
    )


def _books(name: str, work: ItchWork, bar: Bar, file: Path | None) -> Iterator[Row]:
    rounds = _rounds(work, file)
    reference, values = "books without a check", [found.floor_ns for found in rounds]
    note = f"{_describe(rounds[0], file)}, {rounds[0].live_count:,} orders alive"
    if rounds[0].misfit_count > 0:  # the least there is would trust them
        reference, values = "looking at one field", [found.walk_ns for found in rounds]
        note += f", {rounds[0].misfit_count:,} misfits"
    value = min(found.elapsed_ns for found in rounds)
    yield Row(name, value, "ns", reference, min(values), bar=bar, note=note)


def groups(file: Path | None) -> dict[str, Callable[[Settings], Iterator[Row]]]:
    """The rows by name, going through ``file`` or a made-up day."""

    def decode(settings: Settings) -> Iterator[Row]:
        """Every field of every ITCH message, against looking at one."""
        return _decode(file)

    def level_books(settings: Settings) -> Iterator[Row]:
        """Levels of all symbols from ITCH, against books without a check."""
        return _books("itch_l2_ns", ItchWork.L2, Bar.L2, file)

    def order_books(settings: Settings) -> Iterator[Row]:
        """Levels and queues of all symbols from ITCH, against books without a check."""
        return _books("itch_l3_ns", ItchWork.L3, Bar.L3, file)

    return {
        "itch_decode_ns": decode,
        "itch_l2_ns": level_books,
        "itch_l3_ns": order_books,
    }
