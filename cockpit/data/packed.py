"""Files packed by gzip, read within a limit."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from cockpit.data.errors import DataError

_CHUNK = 1 << 20


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
