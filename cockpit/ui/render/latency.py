"""Where an order's time goes, and the threads and queues it goes through."""

from __future__ import annotations

from cockpit.core import HOPS, Hop, Waiting
from cockpit.ui.render import number
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Rows, Segment, clean
from cockpit.ui.scene import Scene

_HOPS = (
    Column("hop", "<", 13),
    Column("count", ">", 9, priority=2),
    Column("p50", ">", 7),
    Column("p90", ">", 7, priority=3),
    Column("p99", ">", 7),
    Column("p99.9", ">", 7, priority=1),
    Column("max", ">", 7),
)
_THREADS = (
    Column("thread", "<", 13),
    Column("core", ">", 4),
    Column("pinned", "<", 6, priority=2),
    Column("waits by", "<", 8, priority=1),
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


def _hop(scene: Scene, index: int, name: str) -> list[Segment]:
    hop = scene.picture["hops"][index]
    whole = index == Hop.TICK_TO_ORDER
    count = int(hop["count"])
    cells: list[Segment] = [
        (name, "strong" if whole else "text"),
        (number.fit_count(count, 11), "dim" if count else "faint"),
    ]
    for figure in _FIGURES:
        shown = number.duration(int(hop[figure]), scene.glyphs) if count else "-"
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


def render(scene: Scene, width: int, height: int) -> Rows:
    hops = [_hop(scene, i, name) for i, name in enumerate(HOPS)]
    rows = table(_HOPS, hops, width)
    threads, rings = _threads(scene), _rings(scene)
    # A virtual engine has one thread, which is the caller's, and no queue between two.
    if threads and not scene.virtual and len(rows) + len(threads) + 2 <= height:
        rows += [(), *table(_THREADS, threads, width)]
    if rings and not scene.virtual and len(rows) + len(rings) + 2 <= height:
        rows += [(), *table(_RINGS, rings, width)]
    return rows[:height]
