"""The day's profit and loss as a curve, and how far it is below its best."""

from __future__ import annotations

from cockpit.core import MONEY_SCALE
from cockpit.ui.render import number
from cockpit.ui.render.braille import curve, steps
from cockpit.ui.render.text import Row, Rows, paragraph, spread
from cockpit.ui.scene import Scene

_SCALE = 9


def drawdown(scene: Scene) -> int:
    """Money: from the day's best to now, as far as the core knows it."""
    peak = int(scene.picture["desk"]["equity_peak"])
    return max(peak - scene.shown_pnl, 0)


def detail(scene: Scene) -> str:
    seconds = len(scene.past.history.pnl)
    return f"last {number.span(seconds)}" if seconds > 1 else ""


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, no profit and no loss.", width)
    fallen = drawdown(scene)
    share = number.fit_money(fallen, 12)
    head: Row = spread(
        (("now ", "dim"), number.shown_pnl(scene.shown_pnl, scene.glyphs)),
        (("below the best ", "dim"), (share, "warn" if fallen else "faint")),
        width,
    )
    series = [value / MONEY_SCALE for value in scene.past.history.pnl]
    room = height - 1
    if len(series) < 2 or room < 2 or width < _SCALE + 8:
        return [head][:height]
    low, high = min(*series, 0.0), max(*series, 0.0)
    if high - low < 1:
        high = low + 1
    cells = width - _SCALE - 1
    if scene.glyphs.braille:
        lines = curve(series, cells, room, low, high)
    else:
        lines = steps(series, cells, room, low, high, scene.glyphs.mark)
    zero = room - 1 - round((0 - low) / (high - low) * (room - 1))
    rows: Rows = [head]
    for y, line in enumerate(lines):
        label = ""
        if y == 0:
            label = number.fit_money(round(high * MONEY_SCALE), _SCALE, 0)
        elif y == room - 1:
            label = number.fit_money(round(low * MONEY_SCALE), _SCALE, 0)
        elif y == zero:
            label = "0"
        style = "up" if y < zero or low >= 0 else "down" if y > zero else "flat"
        if y == zero:
            style = "up" if scene.shown_pnl >= 0 else "down"
        rows.append(((label.rjust(_SCALE), "faint"), (" ", "text"), (line, style)))
    return rows[:height]
