"""Alerts, newest first, until they are acknowledged and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.core import Severity
from cockpit.ui.render import number
from cockpit.ui.render.listing import draw
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment, clean
from cockpit.ui.scene import Scene

if TYPE_CHECKING:
    from cockpit.control.alarms import Alert

_COLUMNS = (
    Column("since", "<", 8),
    Column("", "<", 6),
    Column("times", ">", 5, priority=1),
    Column("alert", "<", 14),
    Column("what", "<", 20),
    Column("seen by", "<", 14, priority=2),
)


def detail(scene: Scene) -> str:
    count = sum(not alert.acknowledged for alert in scene.alerts)
    return f"{count} not acknowledged: a" if count else ""


def _line(scene: Scene, alert: Alert) -> Line:
    loud = "bad" if alert.severity == Severity.CRITICAL else "warn"
    if alert.acknowledged:
        state, style = ("seen", "dim") if not alert.active else ("seen", "text")
    else:
        state, style = ("LOUD" if alert.escalated else "NEW"), loud
    time = number.clock_time(alert.first, virtual=False, decimals=0)
    name, text, by = map(clean, (alert.name, alert.text, alert.acknowledged_by))
    holds: Segment = (text, style if alert.active else "dim")
    cells = [
        (time, "dim"),
        (state, style),
        (str(alert.count), "dim"),
        (name, style),
        holds,
        (by, "dim"),
    ]
    values = [time, state, alert.count, name, text, by]
    return Line(f"{alert.number}:{alert.first}", cells, values)


def view(scene: Scene, width: int) -> View:
    lines = [_line(scene, alert) for alert in reversed(scene.alerts)]
    return View(_COLUMNS, lines, "No alert. The rules are in alerts.toml.")


def render(scene: Scene, width: int, height: int) -> Rows:
    return draw(scene, "alerts", view(scene, width), width, height)
