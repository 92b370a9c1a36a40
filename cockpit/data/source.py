"""Any recording of order flow: recognised, read, and described for the engine."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from cockpit.core import (
    FLOW_EVENT_DTYPE,
    MONEY_SCALE,
    NAME_MAX,
    SYMBOL_MAX,
    CoreError,
    Instrument,
    ItchSymbol,
    itch_scan,
)
from cockpit.data.errors import DataError
from cockpit.data.lobster import is_message_name, read_lobster
from cockpit.data.packed import is_gzip, is_zip, read_gzip, read_head

ACCEPTED = (
    "a Nasdaq TotalView-ITCH 5.0 file (raw or .gz), or a LOBSTER message file (.csv, "
    ".csv.gz, or a .zip with its order book file)"
)
PRICE_SCALE = 10_000  # one unit of currency, in the files' own step of price
MONEY_PER_PRICE = MONEY_SCALE // PRICE_SCALE
TICK = 100  # one cent: no increment is wider
PRICE_LIMIT = 2_000_000_000  # the highest price ITCH can send, 1/10000
ITCH_SIZE_MAX = 32 << 30  # bytes of a packed file, unpacked in memory
ORDERS_SPARE = 1 << 14  # room for the desk's own orders beside the recorded ones
ORDERS_MAX = 1 << 20  # resting at once; the busiest full day has 2 million, all stocks

HEAD_SIZE = 4096  # bytes looked at to recognise a file


class Player(Protocol):
    """What a recording is loaded into: the engine."""

    def replay_itch(self, buffer: Any, locates: tuple[int, ...]) -> None: ...

    def replay_events(
        self, events: npt.NDArray[Any], reference: npt.NDArray[np.int64] | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, ready to be played by an engine."""

    path: Path
    kind: Literal["itch", "lobster"]
    instruments: tuple[Instrument, ...]
    message_count: int
    order_capacity: int
    """Resting orders the venue needs room for."""
    buffer: Any = None
    """ITCH: the file's bytes (a memory map when it is not packed)."""
    locates: tuple[int, ...] = ()
    """ITCH: the stock locate of each instrument."""
    events: npt.NDArray[Any] | None = None
    """LOBSTER: records of FLOW_EVENT_DTYPE."""
    reference: npt.NDArray[np.int64] | None = None
    """LOBSTER: the published book, [messages, 4 x levels], prices in increments."""
    halt_count: int = 0
    """LOBSTER: messages of type 7, which do nothing to the book."""

    @property
    def title(self) -> str:
        """What it is, in one line."""
        name = {"itch": "ITCH 5.0", "lobster": "LOBSTER"}[self.kind]
        symbols = " ".join(instrument.name for instrument in self.instruments)
        return f"{name} {symbols} ({self.path.name})"

    def load_into(self, engine: Player) -> None:
        """Give it to an engine made for these instruments that has not started."""
        if self.events is not None:
            engine.replay_events(self.events, self.reference)
        else:
            engine.replay_itch(self.buffer, self.locates)


def open_recording(path: Path, symbols: Sequence[str] | None = None) -> Recording:
    """Recognise a file and read what the engine needs to play it.

    ``symbols``: which stocks of a file with many; None: the busiest, at most SYMBOL_MAX.
    Raises :class:`DataError` for anything that is not a recording, with the place.
    """
    if is_zip(path) or is_message_name(path.name):
        return _lobster(path, symbols)
    packed = is_gzip(path)
    head = read_gzip(path, HEAD_SIZE, head=True) if packed else read_head(path, HEAD_SIZE)
    if not head:
        raise DataError(path, f"is empty; expected {ACCEPTED}")
    if _is_message_line(head):
        return _lobster(path, symbols)
    buffer = read_gzip(path, ITCH_SIZE_MAX) if packed else _map(path)
    return _itch(path, buffer, symbols)


# ---- recognising ---------------------------------------------------------------------


def _is_message_line(head: bytes) -> bool:
    """Does it begin as a LOBSTER message file does: six numbers?"""
    fields = head.split(b"\n", 1)[0].rstrip(b"\r").split(b",")
    digits = (field.lstrip(b"-").replace(b".", b"", 1) for field in fields)
    return len(fields) == 6 and all(field.isdigit() for field in digits)


# ---- ITCH ----------------------------------------------------------------------------


def _map(path: Path) -> Any:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _itch(path: Path, buffer: Any, symbols: Sequence[str] | None) -> Recording:
    try:
        scan = itch_scan(buffer)
    except CoreError as error:
        raise DataError(path, f"{error}. What can be played: {ACCEPTED}") from error
    if not scan.symbols:
        raise DataError(
            path, f"has {scan.message_count} ITCH 5.0 messages but no order to play"
        )
    chosen = _choose(path, scan.symbols, symbols)
    adds = sum(symbol.add_count for symbol in chosen)
    return Recording(
        path=path,
        kind="itch",
        instruments=tuple(
            _instrument(s.name or f"#{s.locate}", s.price_gcd, s.price_max, s.price_first)
            for s in chosen
        ),
        message_count=scan.message_count,
        order_capacity=min(adds, ORDERS_MAX) + ORDERS_SPARE,
        buffer=buffer,
        locates=tuple(symbol.locate for symbol in chosen),
    )


def _choose(
    path: Path, found: Sequence[ItchSymbol], wanted: Sequence[str] | None
) -> list[ItchSymbol]:
    busiest = sorted(found, key=lambda symbol: (-symbol.message_count, symbol.locate))
    if wanted is None:
        return busiest[:SYMBOL_MAX]
    if len(wanted) > SYMBOL_MAX:
        raise DataError(path, f"{len(wanted)} symbols asked for; at most {SYMBOL_MAX}")
    by_name = {symbol.name: symbol for symbol in reversed(busiest)}
    _check_wanted(path, list(by_name)[::-1], wanted)
    return [by_name[name] for name in dict.fromkeys(wanted)]


def _check_wanted(path: Path, names: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        raise DataError(
            path,
            f"has no orders of {', '.join(missing)}; "
            f"it has {', '.join(names[:10])}{more}",
        )


def _instrument(name: str, gcd: int, price_max: int, price_first: int) -> Instrument:
    """A stock; prices in 1/10000. Room above the highest is for the desk's orders."""
    step = int(np.gcd(gcd, TICK))
    return Instrument(
        name=name[:NAME_MAX],
        increment=step * MONEY_PER_PRICE,
        point_value=step * MONEY_PER_PRICE,
        price_max=min(2 * price_max, PRICE_LIMIT) // step,
        price_start=price_first // step,
    )


# ---- LOBSTER -------------------------------------------------------------------------


def _lobster(path: Path, symbols: Sequence[str] | None) -> Recording:
    day = read_lobster(path, FLOW_EVENT_DTYPE)
    if symbols is not None:
        _check_wanted(path, [day.symbol], symbols)
    step = day.increment
    prices = (day.price_max * step, day.price_first * step)
    return Recording(
        path=path,
        kind="lobster",
        instruments=(_instrument(day.symbol, step, *prices),),
        message_count=day.message_count,
        order_capacity=min(day.resting_max, ORDERS_MAX) + ORDERS_SPARE,
        events=day.events,
        reference=day.reference,
        halt_count=day.halt_count,
    )
