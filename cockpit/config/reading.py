"""From a path to a parsed table: every way in which a file can fail to be one.

Reading is by looks. A file counts when two looks a moment apart are equal in size, time
and content, because a file that is being written is often a valid, different one:
``max_position = 10`` on its way to ``max_position = 1000``. For the same reason a file
has to end with a line break.
"""

from __future__ import annotations

import os
import re
import stat
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cockpit.config.problems import ConfigError, Problem, shown

SIZE_MAX = 1 << 20
"""Bytes of a file."""
SETTLE_SECONDS = 0.03
"""Between two looks that must agree."""
SETTLE_LOOKS = 200
"""After so many looks a file that never lies still is a problem of its own."""

POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


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


def settle(
    directory: Path,
    files: Sequence[str],
    sleep: Callable[[float], object] = time.sleep,
) -> tuple[Look, ...]:
    """Look until two looks in a row agree on every file."""
    after = tuple(look(directory / file) for file in files)
    for _ in range(SETTLE_LOOKS):
        before = after
        sleep(SETTLE_SECONDS)
        after = tuple(look(directory / file) for file in files)
        if after == before:
            return after
    return tuple(
        new if new == old else Look(new.file, problem="never lies still")
        for old, new in zip(before, after, strict=True)
    )


def parse(found: Look) -> dict[str, Any]:
    """The file as a table: numbers with a point as Decimal.

    Raises :class:`ConfigError` with one problem, which names line and column if it can.
    """
    if found.problem:
        raise _error(found, what=found.problem)
    try:
        text = found.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = found.data.count(b"\n", 0, error.start) + 1
        raise _error(found, f"line {line}", "not UTF-8 text") from None
    try:
        table = tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(found, text, str(error)) from None
    except RecursionError:
        raise _error(found, what="brackets nested too deeply") from None
    except ValueError as error:
        raise _error(found, what=f"a number cannot be read ({error})") from None
    if not table:
        raise _error(
            found,
            what="empty: it says nothing (comments do not count)",
        )
    if not text.endswith("\n"):
        raise _error(
            found,
            f"line {text.count(chr(10)) + 1}",
            f"half-written? It does not end with a line break, after: {_last(text)}",
        )
    return table


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the exponent of {text[:40]} is out of reach") from None


def _error(found: Look, key: str = "", what: str = "") -> ConfigError:
    return ConfigError([Problem(found.file, key, "", what)])


def _last(text: str) -> str:
    return shown(text.rstrip().rpartition("\n")[2])


def _syntax_error(found: Look, text: str, message: str) -> ConfigError:
    position = POSITION.search(message)
    what = message[: position.start()] if position else message
    if "overwrite" in what or "twice" in what:
        what += " (it is there twice)"
    lines = text.split("\n")
    if position and position[1]:
        line, column = int(position[1]), int(position[2])
    else:
        written = text.rstrip("\n").split("\n")
        line, column = len(written), len(written[-1]) + 1
    return _error(
        found, f"line {line}, column {column}", f"{what}: {shown(lines[line - 1])}"
    )
