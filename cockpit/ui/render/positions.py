"""Positions by symbol: what is held, at what price, and what it made."""

from __future__ import annotations

from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import PRICE_NONE
from cockpit.ui.render import number
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Row, Rows, Segment, clean, cut, paragraph
from cockpit.ui.scene import Scene

_COLUMNS = (
    Column("symbol", "<", 6),
    Column("pos", ">", 6),
    Column("average", ".", 9, priority=2),
    Column("last", ".", 8, priority=4),
    Column("open P&L", ".", 9, priority=3),
    Column("P&L", ".", 11),
    Column("worst", ">", 11, priority=5),
    Column("fees", ".", 7, priority=6),
    Column("feed", ">", 6, priority=1),
)


def detail(scene: Scene) -> str:
    held = sum(int(picture["position"]) != 0 for _, picture in scene.symbol_pictures())
    return f"{held} open" if scene.desk_on else ""


def _pnl(picture: Any) -> int:
    return int(picture["realised"]) + int(picture["unrealised"]) - int(picture["fees"])


def _feed(scene: Scene, picture: Any) -> Segment:
    last_ns = int(picture["last_md_ns"])
    if not last_ns:
        return ("none", "dim")
    if picture["stale"]:
        return ("gap", "bad")
    return number.age(scene.since(last_ns), scene.glyphs)


def _row(scene: Scene, symbol: Symbol, picture: Any) -> list[Segment]:
    lots, unrealised = int(picture["position"]), int(picture["unrealised"])
    last = int(picture["last"])
    average = number.average_price(int(picture["cost"]), lots, symbol)
    gain = number.signed(number.fit_money(unrealised, 12), unrealised)
    worst = f"{int(picture['worst_short']):+,}/{int(picture['worst_long']):+,}"
    return [
        (clean(symbol.name), "text"),
        number.shown_position(lots, 9),
        (average, "text" if lots else "faint"),
        (number.price(last, symbol), "text" if last != PRICE_NONE else "faint"),
        (gain, number.direction(unrealised)),
        number.shown_pnl(_pnl(picture), scene.glyphs, 15),
        (worst, "dim"),
        (number.fit_money(int(picture["fees"]), 9), "dim"),
        _feed(scene, picture),
    ]


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, no positions.", width)
    pairs = list(scene.symbol_pictures())
    if len(pairs) + 1 > height:
        # Not all fit: what is held goes before what is not.
        pairs.sort(key=lambda pair: int(pair[1]["position"]) == 0)
    body = [_row(scene, symbol, picture) for symbol, picture in pairs]
    rows = cut(table(_COLUMNS, body, width), height, scene.glyphs.ellipsis)
    if not any(_touched(picture) for _, picture in pairs):
        rows += ((), *_hint(scene, width))
    return rows[:height]


def _touched(picture: Any) -> bool:
    return bool(picture["position"] or picture["realised"] or picture["fees"])


def _hint(scene: Scene, width: int) -> list[Row]:
    return paragraph(
        "Nothing held yet. A live strategy trades; keys 1-9 switch them.", width
    )
