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


def detail(scene: Scene) -> str:
    slots = list(scene.slots())
    live = sum(int(slot["config"]["mode"]) == Mode.LIVE for _, slot in slots)
    return f"{live} of {len(slots)} live" if slots else ""


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


def view(scene: Scene, width: int) -> View:
    decimals = 2 if width >= _CENTS_WIDTH else 0
    lines = [_line(scene, slot, picture, decimals) for slot, picture in scene.slots()]
    empty = "No strategy is configured. Add one to strategies.toml: it is taken at once."
    if not scene.desk_on:
        lines, empty = [], "The exchange runs alone. Strategies need a desk."
    return View(_COLUMNS, lines, empty)


def render(scene: Scene, width: int, height: int) -> Rows:
    return draw(scene, "strategies", view(scene, width), width, height)
