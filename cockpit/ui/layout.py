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


def kind(width: int, height: int) -> Kind:
    if width < small.WIDTH or height < small.HEIGHT:
        return "tiny"
    if width < 100:
        return "one"
    return "full" if width >= 140 and height >= 40 else "two"


def stack(wants: Sequence[Want], x: int, y: int, width: int, height: int) -> dict[str, Rect]:
    """Panels below each other, one row apart; the last ones are left out when it is tight.

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
    width: int, top: int, bottom: int, focus: str, *, strategies: int, symbols: int, kind: Kind
) -> dict[str, Rect]:
    """Panels shown between the rows ``top`` and ``bottom``, by name.

    ``strategies`` and ``symbols``: how many rows those tables have.
    """
    height = bottom - top
    x = 1
    width -= 2
    many = Want("strategies", 4, 2 + max(strategies, 2))
    held = Want("positions", 4, 2 + max(symbols, 2))
    match kind:
        case "tiny":
            return {}
        case "one":
            return {focus: Rect(x, top, width, height)}
        case "two":
            left = (width - GAP) * 58 // 100
            right = width - GAP - left
            log = 6 if height >= 28 else 0
            body = height - (log + 1 if log else 0)
            pages = [["ladder", "risk"], ["latency"], ["throughput"] if log else ["throughput", "log"]]
            page = next((page for page in pages if focus in page), pages[0])
            wants = {
                "ladder": Want("ladder", 8, max(body - 10, 8)),
                "risk": Want("risk", 5, 9),
                "latency": Want("latency", 8, body),
                "throughput": Want("throughput", 6, 11),
                "log": Want("log", 4, body),
            }
            placed = stack([many, held, Want("fills", 4, body)], x, top, left, body)
            placed |= stack([wants[n] for n in page], x + left + GAP, top, right, body)
            if log:
                placed["log"] = Rect(x, bottom - log, width, log)
            return placed
        case "full":
            middle = min(max(width * 27 // 100, 38), 48)
            left = (width - 2 * GAP - middle) * 53 // 100
            right = width - 2 * GAP - middle - left
            log = 7 if height < 44 else 9
            body = height - log - 1
            placed = stack([many, held, Want("fills", 4, body)], x, top, left, body)
            placed["ladder"] = Rect(x + left + GAP, top, middle, body)
            placed |= stack(
                [Want("risk", 9, 9), Want("latency", 8, 19), Want("throughput", 5, 11)],
                x + left + middle + 2 * GAP, top, right, body,
            )  # fmt: skip
            placed["log"] = Rect(x, bottom - log, width, log)
            return placed
