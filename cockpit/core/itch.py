"""What a file of ITCH 5.0 holds, looked through by the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cockpit._native import ffi, lib
from cockpit.core.codes import CoreError, text_of


@dataclass(frozen=True, slots=True)
class ItchSymbol:
    """One stock of an ITCH file. Prices in 1/10000."""

    name: str
    locate: int
    message_count: int
    add_count: int
    price_gcd: int
    price_max: int
    price_first: int


@dataclass(frozen=True, slots=True)
class ItchScan:
    """What one pass over an ITCH file found."""

    message_count: int
    complete: bool
    """It ended with the end-of-session mark."""
    first_ns: int
    last_ns: int
    type_count: dict[str, int]
    symbols: tuple[ItchSymbol, ...]


def itch_scan(buffer: Any) -> ItchScan:
    """Read a whole ITCH 5.0 file in memory (bytes or mmap).

    Raises :class:`CoreError`, with the byte offset, when it is not one.
    """
    capacity = 65536
    scan = ffi.new("cp_itch_scan *")
    symbols = ffi.new("cp_itch_symbol[]", capacity)
    raw = ffi.from_buffer("uint8_t[]", buffer)
    result = lib.cp_itch_scan_file(raw, len(raw), scan, symbols, capacity)
    if result < 0:
        raise CoreError(
            f"not an ITCH 5.0 file: no valid message at byte {scan.error_offset}, after "
            f"{scan.message_count} messages (expected a two-byte length that is right "
            f"for the message type behind it)"
        )
    return ItchScan(
        message_count=scan.message_count,
        complete=bool(scan.complete),
        first_ns=scan.first_ns,
        last_ns=scan.last_ns,
        type_count={chr(i): n for i in range(128) if (n := scan.type_count[i])},
        symbols=tuple(
            ItchSymbol(
                name=text_of(symbol.name),
                locate=symbol.locate,
                message_count=symbol.message_count,
                add_count=symbol.add_count,
                price_gcd=symbol.price_gcd,
                price_max=symbol.price_max,
                price_first=symbol.price_first,
            )
            for symbol in (symbols[i] for i in range(scan.symbol_count))
        ),
    )
