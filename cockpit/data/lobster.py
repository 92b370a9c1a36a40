"""LOBSTER message and order book files, read into the events the core plays.

Source: LOBSTER's sample files readme (lobsterdata.com). A message file has the columns
time (seconds after midnight), type, order id, size, price (1/10000 dollar) and direction
of the resting order; row k of the order book file is the book after message k.
"""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cockpit.data.errors import DataError
from cockpit.data.packed import is_gzip, is_zip, read_gzip
from cockpit.data.reveal import (
    ADD,
    DELETE,
    EXECUTE,
    NOWHERE,
    QTY_MAX,
    Messages,
    Revealer,
    Step,
)
from cockpit.data.table import Integers, read_table

COLUMNS = 6
TICK = 100  # one cent in 1/10000: no increment is wider
MONEY_PER_PRICE = 10_000  # money units in 1/10000 dollar
PRICE_MAX = 2_000_000_000  # 1/10000 dollar
ROW_NONE = 0xFFFF_FFFF  # CP_ROW_NONE
SIZE_MAX = 4 << 30  # bytes of one file, unpacked

_HALT = 7
# LOBSTER type -> cp_md_kind; a halt (7) is a message that does nothing.
_KINDS = np.array([0, 1, 3, 4, 2, 6, 6, 0], np.uint8)

_NAME = re.compile(r"^(?P<symbol>[^_]+)_.*message_(?P<level>\d+)[^/]*\.csv(\.gz)?$", re.I)


@dataclass(frozen=True, slots=True)
class LobsterDay:
    """One LOBSTER recording, ready to be played."""

    symbol: str
    increment: int
    """Step of price, in 1/10000 dollar."""
    price_max: int
    """Highest displayed price, increments."""
    price_first: int
    """First displayed price, increments."""
    events: npt.NDArray[Any]
    """``cp_flow_event`` records."""
    reference: Integers | None
    """The published book: [messages, 4 x levels], prices in increments (-1: no level)."""
    levels: int
    message_count: int
    halt_count: int
    resting_max: int
    """At most so many orders rest at once (those executed away count on)."""
    execution_count: int
    """Executions of visible orders (type 4)."""


def is_message_name(name: str) -> bool:
    """Is it what LOBSTER calls a message file?"""
    return _NAME.match(Path(name).name) is not None


def read_lobster(path: Path, dtype: np.dtype[Any]) -> LobsterDay:
    """Read a message file (.csv, .csv.gz) with the order book file that lies beside it,
    or a .zip that holds both.

    ``dtype``: the layout of ``cp_flow_event``. Raises :class:`DataError`.
    """
    name, message_bytes, book_bytes = _load(path)
    table = read_table(message_bytes, path, COLUMNS, decimals=9)
    _check_messages(table, path)
    match = _NAME.match(name)
    book = None
    if book_bytes is not None:
        book = read_table(book_bytes, path, None, decimals=0)
        _check_book(book, len(table), path)
    return _assemble(match["symbol"] if match else path.stem, table, book, dtype, path)


# ---- files ---------------------------------------------------------------------------


def _load(path: Path) -> tuple[str, bytes, bytes | None]:
    """Name and bytes of the message file, and bytes of its order book file."""
    try:
        if is_zip(path):
            return _load_zip(path)
        beside = _beside(path)
        book = _unpack(beside) if beside is not None else None
        return path.name, _unpack(path), book
    except (EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(path, f"cannot be unpacked: {error}") from error
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error


def _load_zip(path: Path) -> tuple[str, bytes, bytes | None]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if is_message_name(name)]
        if len(names) != 1:
            raise DataError(
                path,
                f"holds {len(names)} LOBSTER message files; expected one named "
                f"SYMBOL_..._message_LEVEL.csv",
            )
        book_name = _book_name(names[0])
        has_book = book_name in archive.namelist()
        for name in (names[0], book_name)[: 1 + has_book]:
            if archive.getinfo(name).file_size > SIZE_MAX:
                raise DataError(path, f"{name} is larger than {SIZE_MAX >> 30} GiB")
        book = archive.read(book_name) if has_book else None
        return Path(names[0]).name, archive.read(names[0]), book


def _book_name(message_name: str) -> str:
    head, _, tail = message_name.rpartition("message")
    return f"{head}orderbook{tail}"


def _beside(path: Path) -> Path | None:
    """The order book file of a message file, packed or not, if it is there."""
    if not is_message_name(path.name):
        return None
    plain = _book_name(path.name).removesuffix(".gz")
    for name in (_book_name(path.name), plain, f"{plain}.gz"):
        if path.with_name(name).is_file():
            return path.with_name(name)
    return None


def _unpack(path: Path) -> bytes:
    if is_gzip(path):
        return read_gzip(path, SIZE_MAX)
    return path.read_bytes()


# ---- what must hold ------------------------------------------------------------------


def _check(path: Path, bad: npt.NDArray[np.bool_], expected: str) -> None:
    lines = np.flatnonzero(bad)
    if len(lines) > 0:
        raise DataError(path, f"expected {expected}", int(lines[0]) + 1)


def _check_messages(table: Integers, path: Path) -> None:
    time, kind, ref, size, price, direction = table.T
    _check(path, (kind < 1) | (kind > _HALT), "a type from 1 to 7 in column 2")
    _check(path, (time < 0) | (np.diff(time, prepend=time[0]) < 0),
           "a time in column 1 that is not before the line above it")  # fmt: skip
    _check(path, np.abs(direction) != 1, "a direction of 1 or -1 in column 6")
    named = kind <= EXECUTE
    _check(path, named & (ref <= 0), "an order id above 0 in column 3")
    played = kind != _HALT
    _check(path, (size < 0) | (size > QTY_MAX) | (named & (size == 0)),
           f"a size from 1 to {QTY_MAX} in column 4")  # fmt: skip
    _check(path, played & ((price <= 0) | (price > PRICE_MAX)),
           f"a price from 1 to {PRICE_MAX} in column 5")  # fmt: skip


def _check_book(book: Integers, message_count: int, path: Path) -> None:
    if len(book) != message_count:
        raise DataError(
            path,
            f"has {message_count} messages, and {len(book)} rows in the order book file "
            f"beside it; expected as many",
        )
    if book.shape[1] % 4 != 0:
        raise DataError(path, f"order book file has {book.shape[1]} columns; expected "
                              f"four for each level")  # fmt: skip
    price, size = book[:, 0::2], book[:, 1::2]
    nowhere = np.abs(price) == NOWHERE
    bad = (
        (size < 0) | (size > QTY_MAX) | (~nowhere & ((price <= 0) | (price > PRICE_MAX)))
    )
    _check(
        path,
        bad.any(axis=1),
        f"prices above 0 and sizes up to {QTY_MAX} in the order book file",
    )


# ---- into events ---------------------------------------------------------------------


def _assemble(
    symbol: str, table: Integers, book: Integers | None, dtype: np.dtype[Any], path: Path
) -> LobsterDay:
    kind = table[:, 1]
    displayed = table[kind <= EXECUTE, 4]
    prices = displayed
    if book is not None:
        every = book[:, 0::2].ravel()
        prices = np.concatenate([displayed, every[np.abs(every) != NOWHERE]])
    if len(prices) == 0:
        raise DataError(path, "has no visible orders; expected messages of types 1 to 4")
    increment = math.gcd(TICK, int(np.gcd.reduce(prices)))
    steps = _reveal(table, book)
    events = _events(table, steps, increment, book is not None, dtype)
    return LobsterDay(
        symbol=symbol,
        increment=increment,
        price_max=int(prices.max()) // increment,
        price_first=int(prices[0]) // increment,
        events=events,
        reference=None if book is None else _reference(book, increment),
        levels=0 if book is None else book.shape[1] // 4,
        message_count=len(table),
        halt_count=int((kind == _HALT).sum()),
        resting_max=_resting_max(events["kind"]),
        execution_count=int((kind == EXECUTE).sum()),
    )


def _reveal(table: Integers, book: Integers | None) -> list[Step]:
    _, kind, ref, size, price, direction = table.T
    messages = Messages(
        kind=kind.tolist(),
        ref=ref.tolist(),
        qty=size.tolist(),
        distance=(-price * direction).tolist(),
        side=(direction < 0).astype(np.int64).tolist(),
    )
    takes: dict[int, int] = {}
    last_kind: dict[int, int] = {}
    for one, order, qty in zip(messages.kind, messages.ref, messages.qty, strict=True):
        if one <= EXECUTE:
            takes[order] = takes.get(order, 0) + (qty if one != ADD else 0)
            last_kind[order] = one
    ends = {order for order, one in last_kind.items() if one == DELETE}
    revealer = Revealer(messages, takes, ends)
    if book is None:
        revealer.walk_without_book()
    else:
        asks, bids = book[:, 0::4], -book[:, 2::4]
        revealer.walk_with_book([bids, asks], [book[:, 3::4], book[:, 1::4]])
    return revealer.steps


def _events(
    table: Integers,
    steps: list[Step],
    increment: int,
    has_book: bool,
    dtype: np.dtype[Any],
) -> npt.NDArray[Any]:
    """Messages and steps in one array, in order."""
    time, kind, ref, size, price, direction = table.T
    rows = np.arange(len(table))
    made = np.zeros(len(table) + len(steps), dtype)
    whens = np.concatenate([3 * rows + 1, np.array([s.when for s in steps], np.int64)])
    order = np.argsort(whens, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    at = place[: len(table)]
    made["ref"][at] = np.maximum(ref, 0)
    made["price"][at] = price // increment
    made["price_rest"][at] = price % increment * MONEY_PER_PRICE
    made["qty"][at] = size
    made["kind"][at] = _KINDS[kind]
    made["side"][at] = direction < 0
    if steps:
        _fill_steps(made, place[len(table) :], steps, increment)
    row_of = whens[order] // 3
    made["time_ns"] = time[np.maximum(row_of, 0)]
    made["row"] = ROW_NONE
    if has_book:
        last = np.append(row_of[1:] != row_of[:-1], True) & (row_of >= 0)
        made["row"][last] = row_of[last]
    return made


def _fill_steps(
    made: npt.NDArray[Any], at: Integers, steps: list[Step], increment: int
) -> None:
    _, kinds, refs, qtys, distances, sides, flags = zip(*steps, strict=True)
    side = np.array(sides)
    made["ref"][at] = np.array(refs, np.uint64)
    made["price"][at] = np.array(distances) * np.where(side == 1, 1, -1) // increment
    made["qty"][at] = qtys
    made["kind"][at] = _KINDS[np.array(kinds)]
    made["side"][at] = side
    made["flags"][at] = flags


def _resting_max(kinds: npt.NDArray[np.uint8]) -> int:
    enter, leave = kinds == _KINDS[ADD], kinds == _KINDS[DELETE]
    return int(np.cumsum(enter.astype(np.int64) - leave).max())


def _reference(book: Integers, increment: int) -> Integers:
    reference = book.copy()
    price = reference[:, 0::2]
    nowhere = np.abs(price) == NOWHERE
    price //= increment
    price[nowhere] = -1
    return reference
