"""Files as they lie: every way in which there can be nothing to read.

Reading is by looks. A file counts when two looks a moment apart are equal in size, time
and content, because a file that is being written is often a valid, different one.

Apart from what the files mean, and light, so that the first of the two looks can be taken
before what understands them is loaded.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SIZE_MAX = 1 << 20
"""Bytes of a file."""
SETTLE_SECONDS = 0.03
"""Between two looks that must agree."""
SETTLE_LOOKS = 200
"""After so many looks a file that never lies still is a problem of its own."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a path found: its bytes, or why there are none."""

    file: str
    data: bytes = b""
    modified_ns: int = 0
    problem: str = ""


def look(path: Path) -> Look:
    """Read a file once, whatever is at its place. Never blocks, never raises."""
    try:
        # Not blocking: somebody may have put a pipe there.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Look(path.name, problem="is missing")
    except OSError as error:
        return Look(path.name, problem=f"cannot be read ({error.strerror})")
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Look(path.name, problem="is not a regular file")
        if status.st_size > SIZE_MAX:
            return Look(path.name, problem=f"is larger than {SIZE_MAX} bytes")
        data = os.read(descriptor, SIZE_MAX + 1)
    except OSError as error:
        return Look(path.name, problem=f"cannot be read ({error.strerror})")
    finally:
        os.close(descriptor)
    return Look(path.name, data, status.st_mtime_ns)


def signature_of(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file, cheaper than a look at it; None: it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True)
class First:
    """A first look at files, and when it was taken."""

    paths: tuple[Path, ...]
    looks: tuple[Look, ...]
    taken: float


def first(directory: Path, files: Sequence[str]) -> First:
    """Look once, for :func:`settle` to look again later."""
    paths = tuple(directory / file for file in files)
    return First(paths, tuple(look(path) for path in paths), time.monotonic())


def settle(
    directory: Path,
    files: Sequence[str],
    sleep: Callable[[float], object] = time.sleep,
    begun: First | None = None,
) -> tuple[Look, ...]:
    """Look until two looks in a row agree on every file.

    ``begun``: the first look, taken before; what has passed since then is not waited for.
    """
    paths = tuple(directory / file for file in files)
    wait = SETTLE_SECONDS
    if begun is not None and begun.paths == paths:
        after = begun.looks
        wait -= time.monotonic() - begun.taken
    else:
        after = tuple(look(path) for path in paths)
    for _ in range(SETTLE_LOOKS):
        before = after
        sleep(max(wait, 0.0))
        wait = SETTLE_SECONDS
        after = tuple(look(path) for path in paths)
        if after == before:
            return after
    return tuple(
        new if new == old else Look(new.file, problem="never lies still")
        for old, new in zip(before, after, strict=True)
    )
