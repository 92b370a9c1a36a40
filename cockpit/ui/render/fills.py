"""Our latest fills, newest first."""

from __future__ import annotations

from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, Side
from cockpit.ui.render import number
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Rows, Segment, paragraph
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


def _row(scene: Scene, fill: Any) -> list[Segment]:
    index = int(fill["symbol"])
    symbol = (
        scene.symbols[index]
        if index < len(scene.symbols)
        else Symbol("-", MONEY_SCALE, 0, 0)
    )
    buy = int(fill["side"]) == Side.BUY
    gained = edge(fill)
    latency = int(fill["tick_to_order_ns"])
    return [
        (
            number.clock_time(scene.shown_seconds(int(fill["time_ns"])), scene.virtual),
            "dim",
        ),
        (scene.symbol_name(index), "text"),
        ("BUY" if buy else "SELL", "up" if buy else "down"),
        (number.fit_count(int(fill["qty"]), 7), "text"),
        (number.price(int(fill["price"]), symbol), "text"),
        (
            gained,
            "faint" if gained == "-" else "down" if gained.startswith("-") else "up",
        ),
        ("maker" if int(fill["liquidity"]) == _MAKER else "taker", "dim"),
        (scene.slot_name(int(fill["strategy"])), "dim"),
        (number.duration(latency, scene.glyphs) if latency else "-", "dim"),
    ]


def render(scene: Scene, width: int, height: int) -> Rows:
    fills = scene.picture["desk"]["fills"]
    count = min(int(scene.picture["desk"]["fill_count"]), len(fills), max(height - 1, 0))
    if not count:
        text = "No fills yet. They appear here as soon as an order of ours trades."
        return paragraph(text if scene.desk_on else "No desk, no fills.", width)[:height]
    return table(_COLUMNS, [_row(scene, fills[i]) for i in range(count)], width)
