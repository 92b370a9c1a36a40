"""What happened, newest first."""

from __future__ import annotations

from itertools import islice

from cockpit.control.desk import Event
from cockpit.core import Severity
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, Rows, clean, paragraph, shorten
from cockpit.ui.scene import Scene

_STYLES = {Severity.INFO: "text", Severity.WARNING: "warn", Severity.CRITICAL: "bad"}
_SOURCE = 12


def detail(scene: Scene) -> str:
    lost = int(scene.picture["desk"]["counters"]["note_lost_count"])
    return f"{lost:,} lost: more at once than the core keeps" if lost else ""


def _row(scene: Scene, event: Event, width: int) -> Row:
    time = number.clock_time(event.time, scene.virtual)
    source = shorten(clean(event.source), _SOURCE, scene.glyphs.ellipsis).ljust(_SOURCE)
    room = max(width - len(time) - _SOURCE - 3, 0)
    text = shorten(clean(event.text), room, scene.glyphs.ellipsis)
    style = _STYLES[event.severity]
    return (
        (time, "dim"),
        (" ", "text"),
        (source, "source"),
        ("  ", "text"),
        (text, style),
    )


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.log:
        return paragraph("Nothing has happened yet.", width)[:height]
    return [_row(scene, event, width) for event in islice(reversed(scene.log), height)]
