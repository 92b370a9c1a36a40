"""Value at risk, scenarios, and the day's result split by where it came from."""

from __future__ import annotations

from math import isfinite

from cockpit.core import MONEY_SCALE
from cockpit.observe.exposure import HORIZON_S, LEVEL, WINDOWS_MIN
from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.positions import is_by_schedule
from cockpit.ui.render.text import Row, Rows, paragraph, shorten, spread
from cockpit.ui.scene import Scene

_FIGURE = 12
_SOURCES = ("spread", "slippage", "inventory", "fees")


def detail(scene: Scene) -> str:
    return f"{LEVEL:.0%} within {number.span(HORIZON_S)}"


def _money(amount: float, glyphs: Glyphs) -> Row:
    """Currency; what could not be priced is said, not guessed."""
    if not isfinite(amount):
        return (("no price", "faint"),)
    return (number.shown_pnl(round(amount * MONEY_SCALE), glyphs),)


def _at_risk(name: str, amount: float | None, missing: str, width: int) -> Row:
    if amount is None:
        return spread(((name, "text"),), ((missing, "faint"),), width)
    figure = number.fit_money(round(amount * MONEY_SCALE), _FIGURE)
    return spread(((name, "text"),), ((figure, "text"),), width)


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, nothing held.", width)
    found = scene.exposure()
    left = max(HORIZON_S + WINDOWS_MIN - found.seconds, 0)
    rows: Rows = [
        _at_risk("at risk, as seen", found.historical, f"in {left} s", width),
        _at_risk("at risk, if normal", found.parametric, "not yet", width),
    ]
    for name, profit in found.scenarios:
        label = shorten(name, max(width - _FIGURE - 3, 4))
        rows.append(spread(((label, "dim"),), _money(profit, scene.glyphs), width))
    desk = scene.picture["desk"]
    for source in _SOURCES:
        if scene.knows(f"desk.strategies.{source}"):
            amount = int(desk["strategies"][source].sum()) + int(desk["by_hand"][source])
            signed = -amount if source == "fees" else amount
            shown = number.shown_pnl(signed, scene.glyphs)
        else:
            shown = (scene.glyphs.none, "faint")
        by = " (schedule)" if source == "fees" and is_by_schedule(scene) else ""
        rows.append(spread(((f"from {source}{by}", "text"),), (shown,), width))
    return rows[:height]
