"""The strategies, each with the key that switches it."""

from __future__ import annotations

from typing import Any

from cockpit.core import Mode, RiskState
from cockpit.ui.render import number
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Rows, Segment, cut, paragraph
from cockpit.ui.scene import Scene

_COLUMNS = (
    Column("key", "<", 3),
    Column("strategy", "<", 10),
    Column("state", "<", 6),
    Column("symbol", "<", 6, priority=6),
    Column("pos", ">", 6, priority=1),
    Column("P&L", ".", 7),
    Column("working", ">", 7, priority=7),
    Column("orders", ">", 6, priority=5),
    Column("fills", ">", 5, priority=2),
    Column("refused", ">", 7, priority=3),
    Column("rejected", ">", 8, priority=8),
)
_CENTS_WIDTH = 66
"""From here there is room for the P&L's decimals beside every column that matters."""


def detail(scene: Scene) -> str:
    slots = list(scene.slots())
    live = sum(int(slot["config"]["mode"]) == Mode.LIVE for _, slot in slots)
    return f"{live} of {len(slots)} live" if slots else ""


def _state(scene: Scene, slot: int, mode: int) -> Segment:
    if pending := scene.pending.get(slot):
        return (f"{scene.glyphs.waiting} {pending.mode.name}?", "pending")
    if mode != Mode.LIVE:
        return (f"{scene.glyphs.off} OFF", "off")
    if scene.risk_state != RiskState.ACTIVE:
        return (f"{scene.glyphs.waiting} HELD", "warn")
    return (f"{scene.glyphs.on} LIVE", "on")


def _row(scene: Scene, slot: int, picture: Any, decimals: int) -> list[Segment]:
    pnl = int(picture["realised"]) + int(picture["unrealised"]) - int(picture["fees"])
    refused, rejected = int(picture["refusal_count"]), int(picture["reject_count"])
    return [
        (f" {slot + 1}" if slot < 9 else " -", "key"),
        (scene.slot_name(slot), "text"),
        _state(scene, slot, int(picture["config"]["mode"])),
        (scene.symbol_name(int(picture["config"]["symbol"])), "dim"),
        number.shown_position(int(picture["position"]), 9),
        number.shown_pnl(pnl, scene.glyphs, 15, decimals),
        (number.fit_count(int(picture["working_count"]), 7), "text"),
        (number.fit_count(int(picture["order_count"]), 7), "text"),
        (number.fit_count(int(picture["fill_count"]), 7), "text"),
        (number.fit_count(refused, 7), "warn" if refused else "faint"),
        (number.fit_count(rejected, 7), "warn" if rejected else "faint"),
    ]


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("The exchange runs alone. Strategies need a desk.", width)
    decimals = 2 if width >= _CENTS_WIDTH else 0
    body = [_row(scene, slot, picture, decimals) for slot, picture in scene.slots()]
    if not body:
        text = (
            "No strategy is configured. Add one to strategies.toml: it is taken at once."
        )
        return paragraph(text, width)[:height]
    return cut(table(_COLUMNS, body, width), height, scene.glyphs.ellipsis)
