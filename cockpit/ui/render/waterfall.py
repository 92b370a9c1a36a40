"""One order on its way: each step where it lies in time, the slowest by name.

The order is the one under the cursor, else the latest that was answered. Before there is
one, and on tapes of a core that kept no order's steps, it is the typical one: the median
of every step. Their sum is no percentile; the panel says what it is.
"""

from __future__ import annotations

from cockpit.ui.render import number, ways
from cockpit.ui.render.text import Rows, paragraph
from cockpit.ui.scene import Scene

_NAME, _TIME = 8, 8


def detail(scene: Scene) -> str:
    if scene.virtual:
        return "virtual time"
    if (way := ways.shown(scene)) is None:
        return "medians of each step"
    what = f"{way.side.name} {way.qty:,} {scene.symbol_name(way.symbol)}"
    return f"order {way.client_id}, {what}"


def render(scene: Scene, width: int, height: int) -> Rows:
    way = None if scene.virtual else ways.shown(scene)
    if way:
        steps = way.steps
    else:
        hops = scene.picture["hops"]
        medians = [int(hops[hop]["p50_ns"]) for hop in ways.PATH]
        steps = list(zip(ways.NAMES, medians, strict=True))
    total = sum(time for _, time in steps)
    if not total:
        text = "No order has made its way yet."
        if scene.virtual:
            text = "Under virtual time an order takes the link's latency and no more."
        return paragraph(text, width)[:height]
    room = max(width - _NAME - _TIME - 8, 4)
    worst = max(steps, key=lambda step: step[1])[0]
    rows: Rows = []
    passed = 0
    for name, time in steps:
        begin = passed * room // total
        cells = max(round(time / total * room), 1)
        begin = min(begin, room - cells)
        passed += time
        bar = " " * begin + scene.glyphs.block * cells
        style, named = ("warn", "strong") if name == worst else ("spark", "text")
        rows.append(
            (
                (name.ljust(_NAME), named),
                (bar.ljust(room), style),
                (number.duration(time, scene.glyphs).rjust(_TIME + 1), "text"),
                (number.percent(time, total).rjust(6), "dim"),
            )
        )
    whole = f"{number.duration(total, scene.glyphs).strip()} from feed to answer"
    if way:
        ago = number.span(scene.since(way.received_ns))
        whole += f", {ago} ago"
    rows.append(((f"slowest: {worst}; ", "warn"), (whole, "dim")))
    return rows[:height]
