"""Our latest fills, newest first."""

from __future__ import annotations

from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, Side
from cockpit.ui.render import number
from cockpit.ui.render.listing import draw
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment
from cockpit.ui.scene import Scene

_MAKER = 0
_COLUMNS = (
    Column("time", "<", 12),
    Column("symbol", "<", 6),
    Column("side", "<", 4),
    Column("qty", ">", 5),
    Column("price", ".", 8),
    Column("edge, inc", ".", 9, priority=3),
    Column("as", "<", 5, priority=2),
    Column("strategy", "<", 10, priority=1),
    Column("tick to order", ">", 13, priority=4),
)


def detail(scene: Scene) -> str:
    count = int(scene.picture["desk"]["counters"]["fill_count"])
    return f"{count:,} in all" if count else ""


def edge(fill: Any) -> str:
    """How much better than the mid the price was, in increments: a buy below it is +."""
    if int(fill["mid2"]) <= 0:
        return "-"
    half = int(fill["mid2"]) - 2 * int(fill["price"])
    if int(fill["side"]) == Side.SELL:
        half = -half
    return number.signed(number.scaled(half * 5, 10, 1), half)


def _line(scene: Scene, fill: Any) -> Line:
    index = int(fill["symbol"])
    symbol = (
        scene.symbols[index]
        if index < len(scene.symbols)
        else Symbol("-", MONEY_SCALE, 0, 0)
    )
    buy = int(fill["side"]) == Side.BUY
    gained = edge(fill)
    latency = int(fill["tick_to_order_ns"])
    time = number.clock_time(scene.shown_seconds(int(fill["time_ns"])), scene.virtual)
    how = "maker" if int(fill["liquidity"]) == _MAKER else "taker"
    who = scene.slot_name(int(fill["strategy"]))
    qty, price = int(fill["qty"]), int(fill["price"])
    cells: list[Segment] = [
        (time, "dim"),
        (scene.symbol_name(index), "text"),
        ("BUY" if buy else "SELL", "up" if buy else "down"),
        (number.fit_count(qty, 7), "text"),
        (number.price(price, symbol), "text"),
        (
            gained,
            "faint" if gained == "-" else "down" if gained.startswith("-") else "up",
        ),
        (how, "dim"),
        (who, "dim"),
        (number.duration(latency, scene.glyphs) if latency else "-", "dim"),
    ]
    values = [
        time, scene.symbol_name(index), "BUY" if buy else "SELL", qty, price,
        None if gained == "-" else float(gained.replace(",", "")), how, who, latency,
    ]  # fmt: skip
    return Line(f"{int(fill['client_id'])}:{int(fill['time_ns'])}", cells, values)


def view(scene: Scene, width: int, most: int = 1 << 16) -> View:
    """At most the latest ``most``."""
    fills = scene.picture["desk"]["fills"]
    count = min(int(scene.picture["desk"]["fill_count"]), len(fills), most)
    text = "No fills yet. They appear here as soon as an order of ours trades."
    lines = [_line(scene, fills[i]) for i in range(count)]
    return View(_COLUMNS, lines, text if scene.desk_on else "No desk, no fills.")


def render(scene: Scene, width: int, height: int) -> Rows:
    # What nobody has filtered, sorted or walked through shows its first rows only.
    plain = not any(
        "fills" in kept for kept in (scene.filters, scene.sorting, scene.cursor)
    )
    shown = view(scene, width, max(height - 1, 0)) if plain else view(scene, width)
    return draw(scene, "fills", shown, width, height, tail=False)
