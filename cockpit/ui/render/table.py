"""A table in rows: columns keep their width, and go by priority when space is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cockpit.ui.render.text import Row, Rows, Segment, shorten

_GAP_MAX = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``.`` aligns on the decimal point."""

    title: str
    align: Literal["<", ">", "."] = ">"
    minimum: int = 0
    """Cells it keeps when its figures are short, so that it does not move."""
    priority: int = 0
    """The highest number is dropped first; 0 stays."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a listing."""

    key: str
    """What it is about, whichever place it has: the cursor holds on to it."""
    cells: Sequence[Segment]
    values: Sequence[Any]
    """The figures behind the cells, to sort and to export: money in money units."""


@dataclass(frozen=True, slots=True)
class View:
    """A panel's rows before they are filtered, sorted and drawn."""

    columns: tuple[Column, ...]
    lines: list[Line]
    empty: str = ""
    """What to say instead of no rows."""


def _pointed(cells: Sequence[Segment]) -> list[Segment]:
    """Pad on the right so that the decimal points stand below each other."""
    tails = [len(text) - text.rfind(".") if "." in text else 0 for text, _ in cells]
    longest = max(tails, default=0)
    return [
        (text + " " * (longest - tail), style)
        if any(map(str.isdigit, text))
        else (text, style)
        for (text, style), tail in zip(cells, tails, strict=True)
    ]


def _placed(cell: Segment, width: int, align: str) -> Segment:
    text, style = cell
    text = shorten(text, width)
    return (text.ljust(width) if align == "<" else text.rjust(width), style)


def table(
    columns: Sequence[Column], body: Sequence[Sequence[Segment]], width: int
) -> Rows:
    """A head and one row for each of ``body``; no row is longer than ``width``."""
    by_column = [[row[i] for row in body] for i in range(len(columns))]
    by_column = [
        _pointed(cells) if column.align == "." else cells
        for column, cells in zip(columns, by_column, strict=True)
    ]
    widths = [
        max(column.minimum, len(column.title), *(len(text) for text, _ in cells), 0)
        for column, cells in zip(columns, by_column, strict=True)
    ]
    shown = list(range(len(columns)))

    def needed(gap: int) -> int:
        return sum(widths[i] for i in shown) + gap * (len(shown) - 1)

    while needed(1) > width and any(columns[i].priority for i in shown):
        shown.remove(max(reversed(shown), key=lambda i: columns[i].priority))
    if needed(1) > width:
        # Words can be cut, figures cannot: the longest words are.
        words = [i for i in shown if columns[i].align == "<"] or shown[:1]
        longest = max(words, key=lambda i: widths[i])
        widths[longest] = max(widths[longest] - (needed(1) - width), 1)
    gap = next((g for g in range(_GAP_MAX, 1, -1) if needed(g) <= width), 1)

    def line(cells: Sequence[Segment]) -> Row:
        parts: list[Segment] = []
        for i, cell in zip(shown, cells, strict=True):
            if parts:
                parts.append((" " * gap, "text"))
            parts.append(_placed(cell, widths[i], columns[i].align))
        return tuple(parts)

    head = line([(columns[i].title, "head") for i in shown])
    return [head, *(line([by_column[i][y] for i in shown]) for y in range(len(body)))]
