"""The strategies, each with the key that switches it."""

from __future__ import annotations

from typing import Any

from cockpit.core import Mode, RiskState
from cockpit.ui.render import number
from cockpit.ui.render.listing import draw
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment
from cockpit.ui.scene import Scene

_COLUMNS = (
    Column("key", "<", 3),
    Column("strategy", "<", 10),
    Column("state", "<", 8),
    Column("symbol", "<", 6, priority=6),
    Column("pos", ">", 6, priority=1),
    Column("P&L", ".", 7),
    Column("working", ">", 7, priority=7),
    Column("orders", ">", 6, priority=5),
    Column("/s", ">", 3, priority=4),
    Column("fills", ">", 5, priority=2),
    Column("refused", ">", 7, priority=3),
    Column("rejected", ">", 8, priority=8),
)
_NAMES = {int(mode): mode.name for mode in Mode}
_CENTS_WIDTH = 66
"""From here there is room for the P&L's decimals beside every column that matters."""


WOULD_BE = "would be"
"""What a strategy in SHADOW would have: on a line of its own, apart from what is real."""


def detail(scene: Scene) -> str:
    slots = list(scene.slots())
    live = sum(int(slot["config"]["mode"]) == Mode.LIVE for _, slot in slots)
    shadow = [slot for _, slot in slots if rehearses(scene, slot)]
    if not slots:
        return ""
    text = f"{live} of {len(slots)} live"
    if shadow:
        made = number.fit_money(sum(map(would_be_pnl, shadow)), 12)
        text += f", {len(shadow)} in shadow: would be {made}"
    return text


def line_count(scene: Scene) -> int:
    """Lines there are for the strategies."""
    return sum(1 + rehearses(scene, slot) for _, slot in scene.slots())


def slot_at(key: str) -> int | None:
    """The strategy a line is about, by the line's key."""
    slot = key.partition(":")[0]
    return int(slot) if slot.isdecimal() else None


def rehearses(scene: Scene, picture: Any) -> bool:
    """In SHADOW, as a core that said what it would have done."""
    shadow = int(picture["config"]["mode"]) == Mode.SHADOW
    return shadow and scene.knows("desk.strategies.would_be_refusal_count")


def would_be_pnl(picture: Any) -> int:
    """Money, fees taken off."""
    made = int(picture["would_be_realised"]) + int(picture["would_be_unrealised"])
    return made - int(picture["would_be_fees"])


def _state(scene: Scene, slot: int, mode: int, fault: int) -> Segment:
    if pending := scene.pending.get(slot):
        return (f"{scene.glyphs.waiting} {pending.mode.name}?", "pending")
    if mode == Mode.OFF and fault:  # the Risk panel says which
        return (f"{scene.glyphs.off} FAULT", "bad")
    if mode == Mode.OFF:
        return (f"{scene.glyphs.off} OFF", "off")
    if mode == Mode.SHADOW:
        return (f"{scene.glyphs.off} SHADOW", "pending")
    reducing = scene.risk_state == RiskState.REDUCING
    if scene.risk_state != RiskState.ACTIVE and not reducing:
        return (f"{scene.glyphs.waiting} HELD", "warn")
    if mode == Mode.REDUCE or reducing:
        return (f"{scene.glyphs.partly} REDUCE", "warn")
    return (f"{scene.glyphs.on} LIVE", "on")


def _line(scene: Scene, slot: int, picture: Any, decimals: int) -> Line:
    pnl = int(picture["realised"]) + int(picture["unrealised"]) - int(picture["fees"])
    refused, rejected = int(picture["refusal_count"]), int(picture["reject_count"])
    mode = int(picture["config"]["mode"])
    symbol = scene.symbol_name(int(picture["config"]["symbol"]))
    rate = scene.past.history.order_rate(slot)
    working, orders, fills = (
        int(picture[name]) for name in ("working_count", "order_count", "fill_count")
    )
    cells: list[Segment] = [
        (f" {slot + 1}" if slot < 9 else " -", "key"),
        (scene.slot_name(slot), "text"),
        _state(scene, slot, mode, int(picture["fault"])),
        (symbol, "dim"),
        number.shown_position(int(picture["position"]), 9),
        number.shown_pnl(pnl, scene.glyphs, 15, decimals),
        (number.fit_count(working, 7), "text"),
        (number.fit_count(orders, 7), "text"),
        ("-" if rate is None else f"{rate:.0f}", "text" if rate else "faint"),
        (number.fit_count(fills, 7), "text"),
        (number.fit_count(refused, 7), "warn" if refused else "faint"),
        (number.fit_count(rejected, 7), "warn" if rejected else "faint"),
    ]
    values = [
        slot + 1, scene.slot_name(slot), _NAMES.get(mode, str(mode)), symbol,
        int(picture["position"]), pnl, working, orders, rate, fills, refused, rejected,
    ]  # fmt: skip
    return Line(str(slot), cells, values)


def _would_be_line(scene: Scene, slot: int, picture: Any, decimals: int) -> Line:
    symbol = scene.symbol_name(int(picture["config"]["symbol"]))
    lots, pnl = int(picture["would_be_position"]), would_be_pnl(picture)
    working = sum(1 for qty in picture["would_be_qty"] if qty)
    orders, fills, refused = (
        int(picture[f"would_be_{name}_count"]) for name in ("order", "fill", "refusal")
    )
    made = number.signed(number.fit_money(pnl, 12, decimals), pnl)
    texts = [
        "", f" {scene.glyphs.off} {WOULD_BE}", "", symbol,
        number.shown_position(lots, 9)[0], made, number.fit_count(working, 7),
        number.fit_count(orders, 7), "", number.fit_count(fills, 7),
        number.fit_count(refused, 7), "",
    ]  # fmt: skip
    values = [
        slot + 1, f"{scene.slot_name(slot)} {WOULD_BE}", WOULD_BE, symbol,
        lots, pnl, working, orders, None, fills, refused, None,
    ]  # fmt: skip
    return Line(f"{slot}:{WOULD_BE}", [(text, "pending") for text in texts], values)


def view(scene: Scene, width: int) -> View:
    decimals = 2 if width >= _CENTS_WIDTH else 0
    lines = []
    for slot, picture in scene.slots():
        lines.append(_line(scene, slot, picture, decimals))
        if rehearses(scene, picture):
            lines.append(_would_be_line(scene, slot, picture, decimals))
    empty = "No strategy is configured. Add one to strategies.toml: it is taken at once."
    if not scene.desk_on:
        lines, empty = [], "The exchange runs alone. Strategies need a desk."
    return View(_COLUMNS, lines, empty)


def render(scene: Scene, width: int, height: int) -> Rows:
    return draw(scene, "strategies", view(scene, width), width, height)
