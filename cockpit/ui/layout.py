"""Where each panel goes, by the size of the terminal: arithmetic, without a widget.

Below 60x16 there are no panels. Below 100 columns one is shown at a time; from there two
columns, of which the right one turns its pages; from 140x40 everything at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["tiny", "one", "two", "full"]

WIDTH_MIN, HEIGHT_MIN = 60, 16
"""The smallest terminal that has panels."""
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
    risk: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A screen: which panels it has, in columns, and what lies below all of them."""

    name: str
    title: str
    letter: str
    """The key that shows it, after ``g``."""
    columns: tuple[tuple[str, ...], ...]
    shares: tuple[int, ...]
    bottom: str = ""

    @property
    def panels(self) -> tuple[str, ...]:
        """All of them, in the order in which Tab goes."""
        inside = tuple(name for column in self.columns for name in column)
        return (*inside, self.bottom) if self.bottom else inside


SCREENS: tuple[Plan, ...] = (
    Plan("trade", "Trade", "t",
         (("strategies", "positions", "working", "fills"), ("ladder", "pnl"),
          ("risk", "latency", "throughput")), (38, 30, 32), "log"),
    Plan("risk", "Risk", "r",
         (("risk", "positions", "alerts"), ("exposure", "pnl", "strategies")),
         (64, 36), "log"),
    Plan("latency", "Latency", "l",
         (("latency", "waterfall", "throughput"), ("health",)), (60, 40), "log"),
    Plan("strategies", "Strategies", "s",
         (("strategies", "parameters", "fills"), ("pnl", "positions", "throughput")),
         (60, 40), "log"),
    Plan("orders", "Orders", "o",
         (("working", "fills"), ("ladder",)), (64, 36), "log"),
    Plan("log", "Log", "e", (("log",), ("alerts",)), (62, 38)),
    Plan("replay", "Replay", "p",
         (("playback", "positions", "fills"), ("pnl", "ladder")), (60, 40), "log"),
)  # fmt: skip
BY_NAME: dict[str, Plan] = {plan.name: plan for plan in SCREENS}


def kind(width: int, height: int) -> Kind:
    if width < WIDTH_MIN or height < HEIGHT_MIN:
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
    plan: Plan,
    hidden: Collection[str],
    width: int,
    top: int,
    bottom: int,
    focus: str,
    needs: Needs,
    kind: Kind,
    maximised: bool = False,
) -> dict[str, Rect]:
    """Panels shown between the rows ``top`` and ``bottom``, by name."""
    rect = Rect(1, top, width - 2, bottom - top)
    if kind == "tiny":
        return {}
    if kind == "one" or maximised:
        return {focus: rect}
    columns = [[n for n in column if n not in hidden] for column in plan.columns]
    shares = [s for s, column in zip(plan.shares, columns, strict=True) if column]
    columns = [column for column in columns if column]
    below = plan.bottom if plan.bottom not in hidden else ""
    log = 0
    if below and rect.height >= 28 and columns:
        log = 6 if rect.height < 42 else 7
    elif below:
        columns, shares = [*columns, [below]], [*shares, 40]
    body = rect.height - (log + 1 if log else 0)
    area = Rect(rect.x, rect.y, rect.width, body)
    if kind == "two":
        placed = _two(area, columns, focus, needs)
    else:
        placed = _full(area, columns, shares, needs)
    if log:
        placed[below] = Rect(rect.x, rect.y + rect.height - log, rect.width, log)
    return placed


def _want(name: str, needs: Needs, height: int) -> Want:
    least, most = {
        "strategies": (4, 2 + max(needs.strategies, 2)),
        "positions": (4, 2 + max(needs.symbols, 2)),
        "working": (4, 10),
        "ladder": (8, max(height - 10, 8)),
        "risk": (5, needs.risk),
        "latency": (8, needs.latency),
        "waterfall": (7, 7),
        "throughput": (5, 11),
        "pnl": (5, 14),
        "exposure": (7, 11),
        "health": (6, 16),
        "parameters": (5, 12),
        "alerts": (4, 12),
        "playback": (5, 9),
    }.get(name, (4, height))
    return Want(name, least, most)


def _two(
    rect: Rect, columns: list[list[str]], focus: str, needs: Needs
) -> dict[str, Rect]:
    """The first column stays; all else takes turns in the second."""
    if not columns:
        return {}
    left = (rect.width - GAP) * 58 // 100
    right = rect.width - GAP - left
    first = [_want(name, needs, rect.height) for name in columns[0]]
    placed = stack(first, rect.x, rect.y, left, rect.height)
    rest = [name for name in columns[0] if name not in placed]
    rest = [name for column in columns[1:] for name in column] + rest
    if not rest:
        return stack(first, rect.x, rect.y, rect.width, rect.height)
    page = _page(rest, focus, needs, rect.height)
    return placed | stack(page, rect.x + left + GAP, rect.y, right, rect.height)


def _page(names: list[str], focus: str, needs: Needs, height: int) -> list[Want]:
    """Of panels that do not all fit, those that stand beside ``focus``."""
    pages: list[list[Want]] = [[]]
    for name in names:
        want = _want(name, needs, height)
        if pages[-1] and sum(w.least + 1 for w in pages[-1]) + want.least > height:
            pages.append([])
        pages[-1].append(want)
    return next((p for p in pages if focus in [w.name for w in p]), pages[0])


def _full(
    rect: Rect, columns: list[list[str]], shares: list[int], needs: Needs
) -> dict[str, Rect]:
    placed: dict[str, Rect] = {}
    room = rect.width - GAP * (len(columns) - 1)
    x, left = rect.x, room
    for number, (names, share) in enumerate(zip(columns, shares, strict=True)):
        last = number == len(columns) - 1
        width = left if last else room * share // sum(shares)
        wants = [_want(name, needs, rect.height) for name in names]
        placed |= stack(wants, x, rect.y, width, rect.height)
        x, left = x + width + GAP, left - width
    return placed
