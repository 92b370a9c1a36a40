"""Positions by symbol: what is held, at what price, and what it made."""

from __future__ import annotations

from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import LIMITS, PRICE_NONE, Role, Scope
from cockpit.ui.render import number
from cockpit.ui.render.listing import draw
from cockpit.ui.render.risk import WARN
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Row, Rows, Segment, clean, paragraph
from cockpit.ui.scene import Scene

_POSITION = [limit.name for limit in LIMITS].index("max_position")
_COLUMNS = (
    Column("symbol", "<", 6),
    Column("pos", ">", 6),
    Column("average", ".", 9, priority=2),
    Column("mark", ".", 8, priority=5),
    Column("open", ".", 8, priority=3),
    Column("realised", ".", 8, priority=4),
    Column("P&L", ".", 10),
    Column("worst", ">", 9, priority=6),
    Column("limit", ">", 5, priority=2),
    Column("fees", ".", 6, priority=7),
    Column("feed", ">", 5, priority=1),
)


def detail(scene: Scene) -> str:
    held = sum(int(picture["position"]) != 0 for _, picture in scene.symbol_pictures())
    if not scene.desk_on:
        return ""
    by = ", fees by schedule" if is_by_schedule(scene) else ""
    return f"{held} open{by}"


def is_by_schedule(scene: Scene) -> bool:
    """No venue says what fees it took: those shown are what desk.toml says."""
    return int(scene.picture["net"]["role"]) == Role.REMOTE


def _pnl(picture: Any) -> int:
    return int(picture["realised"]) + int(picture["unrealised"]) - int(picture["fees"])


def _feed(scene: Scene, picture: Any) -> Segment:
    last_ns = int(picture["last_md_ns"])
    if not last_ns:
        return ("none", "dim")
    if picture["stale"]:
        return ("gap", "bad")
    return number.age(scene.since(last_ns), scene.glyphs)


def _line(scene: Scene, index: int, symbol: Symbol, picture: Any) -> Line:
    lots, unrealised = int(picture["position"]), int(picture["unrealised"])
    realised = int(picture["realised"]) - int(picture["fees"])
    last, cost = int(picture["last"]), int(picture["cost"])
    average = number.average_price(cost, lots, symbol)
    short, long = int(picture["worst_short"]), int(picture["worst_long"])
    used = _used(scene, index, short, long)
    cells: list[Segment] = [
        (clean(symbol.name), "text"),
        number.shown_position(lots, 9),
        (average, "text" if lots else "faint"),
        (number.price(last, symbol), "text" if last != PRICE_NONE else "faint"),
        _gain(unrealised),
        _gain(realised),
        number.shown_pnl(_pnl(picture), scene.glyphs, 15),
        (f"{short:+,}/{long:+,}", "dim"),
        _limit(used),
        (number.fit_money(int(picture["fees"]), 9), "dim"),
        _feed(scene, picture),
    ]
    values = [
        symbol.name, lots, cost / lots if lots else None,
        last if last != PRICE_NONE else None, unrealised, realised, _pnl(picture),
        max(-short, long), used, int(picture["fees"]),
        scene.since(int(picture["last_md_ns"])),
    ]  # fmt: skip
    return Line(str(index), cells, values)


def _gain(money: int) -> Segment:
    text = number.signed(number.fit_money(money, 12), money)
    return (text, number.direction(money))


def _used(scene: Scene, index: int, short: int, long: int) -> float | None:
    """Share of the position limit that the worst case would take; of the symbol's own,
    where that is the tighter one."""
    desk = scene.picture["desk"]
    limits = [int(desk["limits"][_POSITION]["limit"])]
    for row in desk["scoped"][: int(desk["scoped_count"])]["limit"]:
        of = int(row["scope"]), int(row["target"]), int(row["limit"])
        if of == (Scope.SYMBOL, index, _POSITION):
            limits.append(int(row["value"]))
    tightest = min(limits)
    return max(-short, long, 0) / tightest if tightest else None


def _limit(used: float | None) -> Segment:
    if used is None:
        return ("-", "faint")
    style = "bad" if used >= 1 else "warn" if used >= WARN else "dim"
    return (number.percent(used, 1), style)


def view(scene: Scene, width: int) -> View:
    if not scene.desk_on:
        return View(_COLUMNS, [], "No desk, no positions.")
    pairs = list(enumerate(scene.symbol_pictures()))
    lines = [_line(scene, index, *pair) for index, pair in pairs]
    return View(_COLUMNS, lines, "No symbol is configured.")


def render(scene: Scene, width: int, height: int) -> Rows:
    shown = view(scene, width)
    if len(shown.lines) + 1 > height:
        # Not all fit: what is held goes before what is not.
        shown.lines.sort(key=lambda line: line.values[1] == 0)
    rows = draw(scene, "positions", shown, width, height)
    if shown.lines and not any(_touched(p) for _, p in scene.symbol_pictures()):
        rows += ((), *_hint(scene, width))
    return rows[:height]


def _touched(picture: Any) -> bool:
    return bool(picture["position"] or picture["realised"] or picture["fees"])


def _hint(scene: Scene, width: int) -> list[Row]:
    return paragraph(
        "Nothing held yet. A live strategy trades; keys 1-9 switch them.", width
    )
