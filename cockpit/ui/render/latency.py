"""Where an order's time goes, and the threads and queues it goes through."""

from __future__ import annotations

from cockpit.core import HOPS, Hop, Waiting
from cockpit.ui.render import number
from cockpit.ui.render.listing import chosen, draw
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment, clean
from cockpit.ui.render.throughput import sparkline
from cockpit.ui.scene import Scene

_SPARK = 12
_WIDE = 63
"""From here counts are written out and units stand apart."""


def _columns(wide: bool, figures: tuple[str, ...]) -> tuple[Column, ...]:
    figure = 7 if wide else 6
    columns = (
        Column("hop", "<", 13),
        Column("count", ">", 9 if wide else 5, priority=3),
        Column("p50", ">", figure),
        Column("p90", ">", figure, priority=2),
        Column("p95", ">", figure, priority=5),
        Column("p99", ">", figure),
        Column("p99.9", ">", figure, priority=1),
        Column("max", ">", figure),
        Column("in 5 min", ">", 8, priority=4),
    )
    return tuple(c for c in columns if c.title != "p95" or "p95_ns" in figures)


THREADS = (
    Column("thread", "<", 13),
    Column("core", ">", 4),
    Column("pinned", "<", 6, priority=2),
    Column("waits", "<", 6, priority=1),
    Column("busy", ">", 5),
    Column("alive", ">", 7),
)
RINGS = (
    Column("queue", "<", 13),
    Column("fill", ">", 8),
    Column("of", ">", 8, priority=1),
    Column("highest", ">", 8),
    Column("full", ">", 8),
)
_WAITING = {int(waiting): waiting.name.lower() for waiting in Waiting}
_FIGURES = ("p50_ns", "p90_ns", "p95_ns", "p99_ns", "p999_ns", "max_ns")


def detail(scene: Scene) -> str:
    return "virtual time" if scene.virtual else ""


def _figures(scene: Scene) -> tuple[str, ...]:
    """Of each hop; an old tape may not know all of them."""
    return tuple(name for name in _FIGURES if scene.knows(f"hops.{name}"))


def _line(
    scene: Scene, index: int, name: str, wide: bool, names: tuple[str, ...]
) -> Line:
    hop = scene.picture["hops"][index]
    whole = index == Hop.TICK_TO_ORDER
    count = int(hop["count"])
    cells: list[Segment] = [
        (name.replace("_", " "), "strong" if whole else "text"),
        (number.fit_count(count, 9 if wide else 5), "dim" if count else "faint"),
    ]
    for figure in names:
        time = number.duration(int(hop[figure]), scene.glyphs, " " if wide else "")
        shown = time if count else "-"
        cells.append((shown, ("strong" if whole else "text") if count else "faint"))
    grown = scene.past.history.hop_change(index, int(hop["p99_ns"]))
    cells.append(_change(grown))
    figures = [int(hop[figure]) for figure in names]
    return Line(str(index), cells, [name, count, *figures, grown])


def _change(grown: float | None) -> Segment:
    """The p99 against five minutes ago."""
    if grown is None:
        return ("-", "faint")
    if abs(grown) < 0.005:
        return ("0%", "dim")
    text = f"{grown:+.0%}" if grown < 9.99 else ">+999%"
    return (text, "warn" if grown > 0.25 else "text")


def threads(scene: Scene) -> list[list[Segment]]:
    body = []
    for i, thread in enumerate(scene.picture["threads"]):
        if not (name := clean(bytes(thread["name"]).decode("utf-8", "replace"))):
            continue
        cpu = int(thread["cpu"])
        share = (
            scene.past.history.busy_share[i]
            if i < len(scene.past.history.busy_share)
            else None
        )
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


def rings(scene: Scene) -> list[list[Segment]]:
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
    return 1 + len(HOPS)


def view(scene: Scene, width: int) -> View:
    wide = width >= _WIDE
    names = _figures(scene)
    lines = [_line(scene, i, name, wide, names) for i, name in enumerate(HOPS)]
    return View(_columns(wide, names), lines)


def render(scene: Scene, width: int, height: int) -> Rows:
    shown = view(scene, width)
    # From here there is room for each hop's p99 over the last minutes.
    room = width - _needed(shown, width)
    rows = draw(scene, "latency", shown, width - room, height)
    if room < _SPARK or not rows:
        return rows
    order = [int(line.key) for line in chosen(scene, "latency", shown)]
    head = (*rows[0], (" p99, last minutes".ljust(room), "head"))
    body = []
    for hop, row in zip(order, rows[1:], strict=False):
        series = [float(sample[hop]) for sample in scene.past.history.hops]
        body.append(
            (*row, (" ", "text"), (sparkline(series, room - 1, scene.glyphs), "spark"))
        )
    return [head, *body]


def _needed(shown: View, width: int) -> int:
    """Cells the table takes when it is not spread out, or all there is."""
    cells = [max(c.minimum, len(c.title)) for c in shown.columns]
    for line in shown.lines:
        cells = [max(n, len(t)) for n, (t, _) in zip(cells, line.cells, strict=True)]
    needed = sum(cells) + 2 * (len(cells) - 1)
    return needed if width - needed >= _SPARK else width
