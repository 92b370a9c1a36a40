"""From what a look found to a parsed table: every way in which it can fail to be one.

A file has to end with a line break, because one that is being written is often a valid,
different one: ``max_position = 10`` on its way to ``max_position = 1000``.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal, InvalidOperation
from typing import Any

from cockpit.config.problems import ConfigError, Problem, shown
from cockpit.looks import SIZE_MAX as SIZE_MAX
from cockpit.looks import Look as Look
from cockpit.looks import look as look
from cockpit.looks import settle as settle
from cockpit.looks import signature_of as signature_of

POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


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
