"""One order on its way: each hop where it lies in time, the slowest by name.

The order is the typical one: the median of every hop. The core keeps no single order's
hops, and the sum of medians is no percentile; the panel says what it is.
"""

from __future__ import annotations

from cockpit.core import HOPS, Hop
from cockpit.ui.render import number
from cockpit.ui.render.text import Rows, paragraph
from cockpit.ui.scene import Scene

PATH = (Hop.FEED, Hop.DECIDE, Hop.RISK, Hop.SEND, Hop.ACK)
_NAME, _TIME = 8, 8


def detail(scene: Scene) -> str:
    return "medians of each hop"


def render(scene: Scene, width: int, height: int) -> Rows:
    hops = scene.picture["hops"]
    steps = [(HOPS[hop], int(hops[hop]["p50_ns"])) for hop in PATH]
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
                (
                    name.replace("_", " ").ljust(_NAME),
                    named,
                ),
                (bar.ljust(room), style),
                (number.duration(time, scene.glyphs).rjust(_TIME + 1), "text"),
                (number.percent(time, total).rjust(6), "dim"),
            )
        )
    said = f"slowest: {worst.replace('_', ' ')}; "
    whole = f"{number.duration(total, scene.glyphs).strip()} from feed to answer"
    rows.append(((said, "warn"), (whole, "dim")))
    return rows[:height]
