"""Where each panel goes, by the size of the terminal: arithmetic, without a widget.

Below 60x16 there are no panels. Below 100 columns one is shown at a time; from there two
columns, of which the right one turns its pages; from 140x40 everything at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cockpit.ui.render import small

Kind = Literal["tiny", "one", "two", "full"]

GAP = 2
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Want:
    """A panel in a column: rows it needs at least, rows it has use for."""

    name: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Needs:
    """How many rows there are to show."""

    strategies: int
    symbols: int
    latency: int


def kind(width: int, height: int) -> Kind:
    if width < small.WIDTH or height < small.HEIGHT:
        return "tiny"
    if width < 100:
        return "one"
    return "full" if width >= 140 and height >= 40 else "two"


def stack(
    wants: Sequence[Want], x: int, y: int, width: int, height: int
) -> dict[str, Rect]:
    """Panels below each other, one row apart; the last are left out when it is tight.

    Rows beyond what all have use for go to the last.
    """
    shown = list(wants)
    while shown and sum(want.least + 1 for want in shown) - 1 > height:
        shown.pop()
    rows = [want.least for want in shown]
    spare = height - sum(rows) - max(len(shown) - 1, 0)
    for i, want in enumerate(shown):
        extra = min(max(want.most - want.least, 0), spare)
        rows[i] += extra
        spare -= extra
    if shown:
        rows[-1] += spare
    placed: dict[str, Rect] = {}
    for want, count in zip(shown, rows, strict=True):
        placed[want.name] = Rect(x, y, width, count)
        y += count + 1
    return placed


def arrange(
    width: int, top: int, bottom: int, focus: str, needs: Needs, kind: Kind
) -> dict[str, Rect]:
    """Panels shown between the rows ``top`` and ``bottom``, by name."""
    rect = Rect(1, top, width - 2, bottom - top)
    match kind:
        case "tiny":
            return {}
        case "one":
            return {focus: rect}
        case "two":
            return _two(rect, focus, needs)
        case "full":
            return _full(rect, needs)


def _tables(needs: Needs, height: int) -> list[Want]:
    return [
        Want("strategies", 4, 2 + max(needs.strategies, 2)),
        Want("positions", 4, 2 + max(needs.symbols, 2)),
        Want("fills", 4, height),
    ]


def _two(rect: Rect, focus: str, needs: Needs) -> dict[str, Rect]:
    left = (rect.width - GAP) * 58 // 100
    right = rect.width - GAP - left
    log = 6 if rect.height >= 28 else 0
    body = rect.height - (log + 1 if log else 0)
    pages = [
        [Want("ladder", 8, max(body - 10, 8)), Want("risk", 5, 9)],
        [Want("latency", 8, needs.latency), Want("throughput", 5, 11)],
        [] if log else [Want("log", 4, body)],
    ]
    page = next((p for p in pages if focus in [want.name for want in p]), pages[0])
    placed = stack(_tables(needs, body), rect.x, rect.y, left, body)
    placed |= stack(page, rect.x + left + GAP, rect.y, right, body)
    if log:
        placed["log"] = Rect(rect.x, rect.y + rect.height - log, rect.width, log)
    return placed


def _full(rect: Rect, needs: Needs) -> dict[str, Rect]:
    room = rect.width - 2 * GAP
    middle = min(max(room * 26 // 100, 36), 46)
    left = (room - middle) * 53 // 100
    right = room - middle - left
    log = 6 if rect.height < 42 else 7
    body = rect.height - log - 1
    at = [rect.x, rect.x + left + GAP, rect.x + left + middle + 2 * GAP]
    wants = [
        Want("risk", 9, 9),
        Want("latency", 8, needs.latency),
        Want("throughput", 5, 10),
    ]
    placed = stack(_tables(needs, body), at[0], rect.y, left, body)
    placed["ladder"] = Rect(at[1], rect.y, middle, body)
    placed |= stack(wants, at[2], rect.y, right, body)
    placed["log"] = Rect(rect.x, rect.y + rect.height - log, rect.width, log)
    return placed
