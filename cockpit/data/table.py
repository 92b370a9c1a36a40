"""Comma-separated numbers, read exactly and at array speed.

No float on the way: a column with decimals becomes an integer in units of its last
decimal place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from cockpit.data.errors import DataError

_COMMA, _NEWLINE, _MINUS, _DOT, _ZERO = b",\n-.0"
_WIDTH_MAX = 18  # digits that always fit 64 bits
_DECIMAL_WIDTH_MAX = 32  # a double printed in full is 25
_CHUNK = 1 << 16  # fields converted at a time: what fits the cache

Integers = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


def read_table(raw: bytes, path: Path, columns: int | None, decimals: int) -> Integers:
    """Numbers of a file as an array of [lines, columns].

    The first column may have decimals and comes in units of 10^-``decimals``; the others
    are integers. ``columns`` None: as many as line 1 has. Some files were written from
    doubles (43002.632812672004 for 43002.632812672): further places are rounded.

    Raises :class:`DataError` with the line that is not so.
    """
    text = raw.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    if text == b"\n":
        raise DataError(path, "is empty; expected lines of comma-separated numbers")
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero((data == _COMMA) | (data == _NEWLINE))
    columns = _check_shape(data[ends] == _NEWLINE, path, columns)
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    values = np.empty(len(ends), np.int64)
    for begin in range(0, len(ends), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        values[part] = _integers(data, starts[part], ends[part])
    if decimals > 0:
        first = slice(None, None, columns)
        values[first] = _decimals(data, starts[first], ends[first], decimals)
    bad = np.flatnonzero(values == _BAD)
    if len(bad) > 0:
        line, column = divmod(int(bad[0]), columns)
        field = text[starts[bad[0]] : ends[bad[0]]][:40].decode("ascii", "replace")
        kind = "a positive number" if decimals > 0 and column == 0 else "an integer"
        raise DataError(
            path, f"column {column + 1} is {field!r}; expected {kind}", line + 1
        )
    return values.reshape(-1, columns)


_BAD = np.iinfo(np.int64).min


def _check_shape(
    is_newline: npt.NDArray[np.bool_], path: Path, columns: int | None
) -> int:
    """That each line has the same number of fields; how many."""
    counts = np.diff(np.flatnonzero(is_newline), prepend=-1)
    expected = int(counts[0]) if columns is None else columns
    bad = np.flatnonzero(counts != expected)
    if len(bad) > 0:
        raise DataError(
            path,
            f"has {counts[bad[0]]} columns; expected {expected} separated by commas",
            int(bad[0]) + 1,
        )
    return expected


def _integers(data: _Bytes, starts: Integers, ends: Integers) -> Integers:
    """Each field as an integer, or _BAD."""
    negative = data[starts] == _MINUS
    starts = starts + negative
    widths = ends - starts
    bad = (widths < 1) | (widths > _WIDTH_MAX)
    values = np.zeros(len(starts), np.int64)
    scale = 1
    for place in range(min(int(widths.max()), _WIDTH_MAX)):
        # Bytes wrap around: what is not a digit becomes more than 9.
        digits = data[np.maximum(ends - 1 - place, 0)] - _ZERO
        used = widths > place
        bad |= used & (digits > 9)
        values += np.where(used, digits, 0) * np.int64(scale)
        scale *= 10
    values[negative] *= -1
    values[bad] = _BAD
    return values


def _decimals(data: _Bytes, starts: Integers, ends: Integers, decimals: int) -> Integers:
    """Each field, a number that may have a fraction, times 10^decimals, or _BAD."""
    widths = ends - starts
    bad = (widths < 1) | (widths > _DECIMAL_WIDTH_MAX)
    values = np.zeros(len(starts), np.int64)
    dots = np.zeros(len(starts), np.int64)
    places = np.zeros(len(starts), np.int64)
    up = np.zeros(len(starts), np.int64)
    for place in range(min(int(widths.max()), _DECIMAL_WIDTH_MAX)):
        byte = data[np.minimum(starts + place, len(data) - 1)]
        digit = byte - _ZERO
        used = widths > place
        is_dot = used & (byte == _DOT)
        bad |= used & ~is_dot & (digit > 9)
        is_digit = used & ~is_dot
        kept = is_digit & (places < decimals)
        values = np.where(kept, values * 10 + digit, values)
        up = np.where(is_digit & (places == decimals), digit >= 5, up)
        places += is_digit & (dots > 0)
        dots += is_dot
    bad |= (dots > 1) | (dots >= widths)
    bad |= widths - dots - places > _WIDTH_MAX - decimals
    values *= np.power(10, np.clip(decimals - places, 0, decimals), dtype=np.int64)
    values += up
    values[bad] = _BAD
    return values
