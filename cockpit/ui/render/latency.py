"""Where an order's time goes, and the threads and queues it goes through."""

from __future__ import annotations

from cockpit.core import HOPS, Hop, Waiting
from cockpit.ui.render import number
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Rows, Segment, clean
from cockpit.ui.scene import Scene

_WIDE = 63
"""From here counts are written out and units stand apart."""


def _columns(wide: bool) -> tuple[Column, ...]:
    figure = 7 if wide else 6
    return (
        Column("hop", "<", 13),
        Column("count", ">", 9 if wide else 5, priority=3),
        Column("p50", ">", figure),
        Column("p90", ">", figure, priority=2),
        Column("p99", ">", figure),
        Column("p99.9", ">", figure, priority=1),
        Column("max", ">", figure),
    )


_THREADS = (
    Column("thread", "<", 13),
    Column("core", ">", 4),
    Column("pinned", "<", 6, priority=2),
    Column("waits", "<", 6, priority=1),
    Column("busy", ">", 5),
    Column("alive", ">", 7),
)
_RINGS = (
    Column("queue", "<", 13),
    Column("fill", ">", 8),
    Column("of", ">", 8, priority=1),
    Column("highest", ">", 8),
    Column("full", ">", 8),
)
_WAITING = {int(waiting): waiting.name.lower() for waiting in Waiting}
_FIGURES = ("p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns")


def detail(scene: Scene) -> str:
    return "virtual time" if scene.virtual else ""


def _hop(scene: Scene, index: int, name: str, wide: bool) -> list[Segment]:
    hop = scene.picture["hops"][index]
    whole = index == Hop.TICK_TO_ORDER
    count = int(hop["count"])
    cells: list[Segment] = [
        (name.replace("_", " "), "strong" if whole else "text"),
        (number.fit_count(count, 9 if wide else 5), "dim" if count else "faint"),
    ]
    for figure in _FIGURES:
        time = number.duration(int(hop[figure]), scene.glyphs, " " if wide else "")
        shown = time if count else "-"
        cells.append((shown, ("strong" if whole else "text") if count else "faint"))
    return cells


def _threads(scene: Scene) -> list[list[Segment]]:
    body = []
    for i, thread in enumerate(scene.picture["threads"]):
        if not (name := clean(bytes(thread["name"]).decode("utf-8", "replace"))):
            continue
        cpu = int(thread["cpu"])
        share = scene.history.busy_share[i] if i < len(scene.history.busy_share) else None
        body.append([
            (name, "text"),
            (str(cpu) if cpu >= 0 else "any", "text"),
            ("yes", "text") if thread["pinned"] else ("no", "warn"),
            (_waiting(int(thread["waiting"])), "dim"),
            ("-", "faint") if share is None else (number.percent(share, 1), "text"),
            number.age(scene.since(int(thread["heartbeat_ns"])), scene.glyphs),
        ])  # fmt: skip
    return body


def _waiting(value: int) -> str:
    return _WAITING.get(value, "-")


def _rings(scene: Scene) -> list[list[Segment]]:
    body = []
    for ring in scene.picture["rings"]:
        if not (name := clean(bytes(ring["name"]).decode("utf-8", "replace"))):
            continue
        full = int(ring["full_count"])
        body.append([
            (name, "text"),
            (number.fit_count(int(ring["fill"]), 9), "text"),
            (number.fit_count(int(ring["capacity"]), 9), "dim"),
            (number.fit_count(int(ring["high_water"]), 9), "text"),
            (number.fit_count(full, 9), "warn" if full else "faint"),
        ])  # fmt: skip
    return body


def rows_wanted(scene: Scene) -> int:
    """Rows it has something for."""
    rows = 1 + len(HOPS)
    if scene.virtual:
        return rows
    return rows + sum(len(body) + 2 for body in (_threads(scene), _rings(scene)) if body)


def render(scene: Scene, width: int, height: int) -> Rows:
    wide = width >= _WIDE
    hops = [_hop(scene, i, name, wide) for i, name in enumerate(HOPS)]
    rows = table(_columns(wide), hops, width)
    threads, rings = _threads(scene), _rings(scene)
    # A virtual engine has one thread, which is the caller's, and no queue between two.
    if threads and not scene.virtual and len(rows) + len(threads) + 2 <= height:
        rows += [(), *table(_THREADS, threads, width)]
    if rings and not scene.virtual and len(rows) + len(rings) + 2 <= height:
        rows += [(), *table(_RINGS, rings, width)]
    return rows[:height]
