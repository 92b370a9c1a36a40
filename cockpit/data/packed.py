"""Packed files: known by their first bytes, read within a limit."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from cockpit.data.errors import DataError

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


def read_head(path: Path, size: int) -> bytes:
    """The first ``size`` bytes as they lie on disk. Raises :class:`DataError`."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error


def is_gzip(path: Path) -> bool:
    return read_head(path, len(_GZIP)) == _GZIP


def is_zip(path: Path) -> bool:
    return read_head(path, len(_ZIP)) == _ZIP


def read_gzip(path: Path, limit: int, *, head: bool = False) -> bytes:
    """The unpacked bytes of a file; with ``head``, only the first ``limit`` of them.

    Raises :class:`DataError` when it is damaged, or larger than ``limit`` unpacked (a
    small file can unpack to more than any memory).
    """
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.open(path) as stream:
            while part := stream.read(min(_CHUNK, limit + 1)):
                parts.append(part)
                size += len(part)
                if size > limit:
                    break
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(path, f"cannot be unpacked: {error}") from error
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    if size > limit and not head:
        raise DataError(path, f"is larger than {limit >> 30} GiB unpacked")
    return b"".join(parts)[:limit]
