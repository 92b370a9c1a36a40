"""Our orders at the venue: what each waits for, how long, and behind how much."""

from __future__ import annotations

import math
from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, ORDER_STATES, Side
from cockpit.ui.render import number
from cockpit.ui.render.listing import draw
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment
from cockpit.ui.scene import Scene

_COLUMNS = (
    Column("state", "<", 10),
    Column("symbol", "<", 6),
    Column("side", "<", 4),
    Column("left", ">", 5),
    Column("of", ">", 4, priority=5),
    Column("price", ".", 8),
    Column("ahead", ">", 6, priority=1),
    Column("age", ">", 6, priority=2),
    Column("strategy", "<", 10, priority=3),
    Column("id", ">", 8, priority=4),
)

_LEAVING = tuple(map(ORDER_STATES.index, ("pending_new", "pending_replace")))
"""States in which an order may have been sent just now, and when is not known yet."""


def detail(scene: Scene) -> str:
    desk = scene.picture["desk"]
    count, pending = int(desk["working_count"]), int(desk["cancels_pending"])
    waits = f", {pending} cancels unanswered" if pending else ""
    return f"{count} at the venue{waits}" if count or pending else ""


def state(scene: Scene, value: int) -> Segment:
    """Glyph and word. What the venue has not answered is never drawn as working."""
    word = ORDER_STATES[value] if value < len(ORDER_STATES) else "?"
    glyphs = scene.glyphs
    if "pending" in word:
        short = {"new": "SENT", "cancel": "CANCEL?", "replace": "MOVE?"}
        return (f"{glyphs.waiting} {short.get(word.rpartition('_')[2], word)}", "pending")
    shown = {
        "live": (f"{glyphs.on} WORKS", "on"),
        "partial": (f"{glyphs.partly} PARTLY", "on"),
    }
    return shown.get(word, (f"{glyphs.off} {word.upper()}", "dim"))


def _age(scene: Scene, order: Any) -> float:
    """Seconds since it was sent; of one from before a restart nobody knows: infinity."""
    if sent_ns := int(order["sent_ns"]):
        return scene.since(sent_ns)
    return 0.0 if int(order["state"]) in _LEAVING else math.inf


def _line(scene: Scene, order: Any) -> Line:
    index = int(order["symbol"])
    known = index < len(scene.symbols)
    symbol = scene.symbols[index] if known else Symbol("-", MONEY_SCALE, 0, 0)
    buy = int(order["side"]) == Side.BUY
    leaves, qty, price = (int(order[name]) for name in ("leaves", "qty", "price"))
    ahead, number_ = int(order["qty_ahead"]), int(order["client_id"])
    age = _age(scene, order)
    who = scene.slot_name(int(order["strategy"]))
    shown = state(scene, int(order["state"]))
    cells: list[Segment] = [
        shown,
        (scene.symbol_name(index), "text"),
        ("BUY" if buy else "SELL", "up" if buy else "down"),
        (number.fit_count(leaves, 7), "text"),
        (number.fit_count(qty, 7), "dim"),
        (number.price(price, symbol), "text"),
        (number.fit_count(ahead, 7), "text" if ahead else "faint"),
        (number.span(age) if math.isfinite(age) else "before", "dim"),
        (who, "dim"),
        (str(number_), "faint"),
    ]
    values = [
        shown[0][2:], scene.symbol_name(index), "BUY" if buy else "SELL", leaves, qty,
        price, ahead, age, who, number_,
    ]  # fmt: skip
    return Line(str(number_), cells, values)


def view(scene: Scene, width: int) -> View:
    desk = scene.picture["desk"]
    count = min(int(desk["working_count"]), len(desk["working"]))
    lines = [_line(scene, desk["working"][i]) for i in range(count)]
    text = "No order of ours is at the venue." if scene.desk_on else "No desk, no orders."
    return View(_COLUMNS, lines, text)


def render(scene: Scene, width: int, height: int) -> Rows:
    return draw(scene, "working", view(scene, width), width, height)
