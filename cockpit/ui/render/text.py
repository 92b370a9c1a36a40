"""Rows of styled text: the one form in which everything reaches the screen.

A segment is (text, style name), a row is a tuple of segments. One character is one cell:
:func:`clean` makes sure of it for text that came from outside.
"""

from __future__ import annotations

import unicodedata

Segment = tuple[str, str]
Row = tuple[Segment, ...]
Rows = list[Row]

BLANK: Row = ()
_ODD_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"})


def clean(text: str) -> str:
    """``text`` with each character that is not exactly one cell wide made a ``?``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _one_cell(character) else "?" for character in text)


def _one_cell(character: str) -> bool:
    return (
        unicodedata.category(character) not in _ODD_CATEGORIES
        and unicodedata.east_asian_width(character) not in "WF"
    )


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """At most ``width`` characters of ``text``; a cut one ends in ``ellipsis``."""
    if len(text) <= width:
        return text
    if width <= len(ellipsis):
        return text[: max(width, 0)]
    return text[: width - len(ellipsis)] + ellipsis


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width``, broken at spaces where there are any."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        while len(word) > width > 0:
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:width])
            word = word[width:]
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def length(row: Row) -> int:
    """Cells a row takes."""
    return sum(len(text) for text, _ in row)


def settle(row: Row, width: int) -> Row:
    """``row`` in exactly ``width`` cells: cut or padded, equal neighbours merged."""
    merged: list[Segment] = []
    room = width
    for text, style in (*row, (" " * max(width - length(row), 0), "text")):
        text = text[:room]
        if not text:
            continue
        room -= len(text)
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return tuple(merged)


def spread(left: Row, right: Row, width: int) -> Row:
    """``left`` and ``right`` at the two ends; ``left`` gives way when both do not fit."""
    right_length = length(right)
    if right_length >= width:
        return settle(right, width)
    room = width - right_length
    return (*settle(left, room), *right)


def centre(row: Row, width: int) -> Row:
    """``row`` in the middle of ``width`` cells."""
    space = max(width - length(row), 0) // 2
    return ((" " * space, "text"), *row)


def cut(rows: Rows, height: int, ellipsis: str = "…") -> Rows:
    """At most ``height`` rows; the last one says how many are missing."""
    if len(rows) <= height or height <= 0:
        return rows[: max(height, 0)]
    missing = len(rows) - height + 1
    return [*rows[: height - 1], ((f"{ellipsis} {missing} more", "dim"),)]


def paragraph(text: str, width: int, style: str = "dim") -> Rows:
    """Wrapped ``text``, a row a line."""
    return [((line, style),) for line in wrap(text, width)]
