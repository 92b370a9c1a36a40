"""What happened, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cockpit.control.desk import Event
from cockpit.core import Severity
from cockpit.ui.render import number
from cockpit.ui.render.listing import CURSOR
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Row, Rows, clean, paragraph, settle, shorten
from cockpit.ui.scene import Scene

_STYLES = {Severity.INFO: "text", Severity.WARNING: "warn", Severity.CRITICAL: "bad"}
_SOURCE = 12


def detail(scene: Scene) -> str:
    lost = int(scene.picture["desk"]["counters"]["note_lost_count"])
    parts = [f"{lost:,} lost: more at once than the core keeps"] if lost else []
    if scene.log_least > Severity.INFO:
        parts.append(f"from {scene.log_least.name.lower()} on")
    if wanted := scene.filters.get("log"):
        parts.append(f"with {clean(wanted)!r}")
    if scene.search and scene.searched == "log":
        found = sum(_found(scene, event) for event in scene.past.log)
        parts.append(f"{found} times {clean(scene.search)!r}")
    return ", ".join(parts)


def _found(scene: Scene, event: Event) -> bool:
    wanted = scene.search.lower()
    return wanted in event.text.lower() or wanted in event.source.lower()


def events(scene: Scene) -> Iterator[Event]:
    """What the operator wants to see of it, newest first."""
    wanted = scene.filters.get("log", "").lower()
    for event in reversed(scene.past.log):
        if event.severity < scene.log_least:
            continue
        if wanted in event.text.lower() or wanted in event.source.lower():
            yield event


def _row(scene: Scene, event: Event, width: int) -> Row:
    time = number.clock_time(event.time, scene.virtual)
    source = shorten(clean(event.source), _SOURCE, scene.glyphs.ellipsis).ljust(_SOURCE)
    room = max(width - len(time) - _SOURCE - 3, 0)
    text = shorten(clean(event.text), room, scene.glyphs.ellipsis)
    style = _STYLES[event.severity]
    if scene.search and scene.searched == "log" and _found(scene, event):
        style += CURSOR
    return (
        (time, "dim"),
        (" ", "text"),
        (source, "source"),
        ("  ", "text"),
        (text, style),
    )


_COLUMNS = tuple(map(Column, ("time", "severity", "source", "text")))


def view(scene: Scene, width: int) -> View:
    """The lines as rows, for export."""
    lines = []
    for event in events(scene):
        time = number.clock_time(event.time, scene.virtual)
        values = [time, event.severity.name, clean(event.source), clean(event.text)]
        key = f"{event.time}:{event.source}:{event.text}"
        lines.append(Line(key, [(value, "text") for value in values], values))
    return View(_COLUMNS, lines)


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.past.log:
        return paragraph("Nothing has happened yet.", width)[:height]
    walked = scene.focus == "log" and "log" in scene.cursor
    found = list(islice(events(scene), None if walked else height))
    if not found:
        return paragraph("No line is like that. Esc shows all again.", width)[:height]
    first = 0
    if scene.focus == "log" and (key := scene.cursor.get("log")):
        keys = [f"{event.time}:{event.source}:{event.text}" for event in found]
        if key in keys:
            at = keys.index(key)
            first = max(at - height + 1, 0)
            rows = [_row(scene, event, width) for event in found[first : first + height]]
            marked = settle(rows[at - first], width)
            rows[at - first] = tuple(
                (text, style.removesuffix(CURSOR) + CURSOR) for text, style in marked
            )
            return rows
    return [_row(scene, event, width) for event in found[:height]]
