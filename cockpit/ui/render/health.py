"""Threads, queues, the journal, and the stalls of this machine."""

from __future__ import annotations

from cockpit.core import JournalLevel
from cockpit.ui.render import number
from cockpit.ui.render.latency import RINGS, THREADS, rings, threads
from cockpit.ui.render.table import table
from cockpit.ui.render.text import Row, Rows, paragraph
from cockpit.ui.render.throughput import sparkline
from cockpit.ui.scene import Scene

JOURNAL_LEVELS = {int(level): level.name.lower() for level in JournalLevel}


def detail(scene: Scene) -> str:
    return "virtual time: one thread, no queue" if scene.virtual else ""


def _stalls(scene: Scene, width: int) -> Rows:
    """How late a thread that only sleeps wakes up: the machine's part of any delay."""
    series = scene.past.stalls
    if not series:
        return []
    worst = round(max(series) * 1e9)
    label = "stalls of this process"
    figure = f"worst {number.duration(worst, scene.glyphs).strip()}"
    room = max(width - len(label) - len(figure) - 4, 0)
    row: Row = (
        (label, "text"),
        ("  ", "text"),
        (sparkline(series, room, scene.glyphs), "spark"),
        ("  ", "text"),
        (figure, "warn" if worst > 50_000_000 else "dim"),
    )
    return [row]


def _journal(scene: Scene, width: int) -> Rows:
    """How far what happened is on disk; nothing where no journal is kept."""
    desk = scene.picture["desk"]
    if not desk["journal"]["used"]:
        return []
    journal = desk["journal"]
    level = JOURNAL_LEVELS.get(int(journal["level"]), "?")
    lag = number.duration(int(journal["lag_ns"]), scene.glyphs).strip()
    bad = bool(journal["trouble"])
    state: Row = (("in trouble: nothing is sent", "bad"),) if bad else (
        (f"{int(journal['sequence']):,} records, ", "text"), (f"behind {lag}", "dim")
    )  # fmt: skip
    return [(("journal".ljust(15), "text"), (f"{level}  ", "dim"), *state)]


def render(scene: Scene, width: int, height: int) -> Rows:
    if scene.virtual:
        text = "One thread, the caller's, and no queue between two: it waits for nothing."
        return paragraph(text, width)[:height]
    rows: Rows = []
    parts = [
        table(THREADS, threads(scene), width) if threads(scene) else [],
        _journal(scene, width),
        _stalls(scene, width),
        table(RINGS, rings(scene), width) if rings(scene) else [],
    ]
    for part in parts:
        if part and len(rows) + len(part) + bool(rows) <= height:
            rows += [*([()] if rows else []), *part]
    return rows or paragraph("No thread has shown itself yet.", width)[:height]
