"""The risk limits as gauges: used, limit, and how near one is to the other."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.core import BREAKERS, LIMITS, Parameter
from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, Rows, Segment, cut, paragraph, shorten
from cockpit.ui.scene import Scene

WARN = 0.75
"""Share of a limit from which its gauge warns; at 1 it is a breach."""
_BAR_MAX = 24
_VALUE = 9
_VALUE_NARROW = 7
_NARROW = 46


def detail(scene: Scene) -> str:
    """The breakers that have tripped, or how many orders were refused."""
    breakers = scene.picture["desk"]["breakers"]
    tripped = [
        name
        for (name, _), breaker in zip(BREAKERS, breakers, strict=False)
        if breaker["tripped_ns"]
    ]
    if tripped:
        return f"tripped: {', '.join(tripped)}"
    refused = sum(
        int(limit["refusal_count"]) for limit in scene.picture["desk"]["limits"]
    )
    return f"{refused:,} refused" if refused else ""


def label(name: str) -> str:
    """A limit's name as words: ``max_order_qty`` is ``order qty``."""
    return name.removeprefix("max_").replace("_", " ")


def severity(used: int, limit: int) -> str:
    """Style of a gauge. A limit of 0 is breached by anything at all."""
    if used >= limit and used > 0:
        return "bad"
    if used >= WARN * limit and used > 0:
        return "warn"
    return "gauge"


def bar(used: int, limit: int, width: int, glyphs: Glyphs) -> Row:
    """``width`` cells; half a cell counts, and what is not 0 shows."""
    share = (
        1.0
        if limit <= 0 and used > 0
        else min(max(used / limit, 0.0), 1.0)
        if limit
        else 0.0
    )
    halves = round(share * width * 2)
    if used > 0 and width > 0:
        halves = max(halves, 1)
    full, half = divmod(halves, 2)
    filled = glyphs.bar * full + glyphs.bar_half * half
    rest: Segment = (glyphs.bar_back * (width - full - half), "gauge.back")
    return ((filled, severity(used, limit)), rest)


def value(amount: int, parameter: Parameter, width: int = _VALUE) -> str:
    """An amount in its limit's own unit; money as currency."""
    if parameter.kind == "money":
        return number.fit_money(amount, width, decimals=0)
    return number.fit_count(amount, width)


def _gauge(
    scene: Scene, index: int, parameter: Parameter, width: int, name_width: int
) -> Row:
    picture = scene.picture["desk"]["limits"][index]
    used, limit = int(picture["used"]), int(picture["limit"])
    style = severity(used, limit)
    figure = _VALUE if width >= _NARROW else _VALUE_NARROW
    figures: Row = (
        (
            value(used, parameter, figure).rjust(figure),
            "text" if style == "gauge" else style,
        ),
        (" / ", "faint"),
        (value(limit, parameter, figure).ljust(figure), "dim"),
        (number.percent(used, limit).rjust(5), "dim" if style == "gauge" else style),
    )
    unit_width = max(map(len, (p.unit for p in LIMITS)))
    room = width - name_width - 2 - sum(len(text) for text, _ in figures)
    bar_width = max(min(room - 1, _BAR_MAX), 0)
    row: Row = ((shorten(label(parameter.name), name_width).ljust(name_width), "text"),)
    row = (
        *row,
        (" ", "text"),
        *bar(used, limit, bar_width, scene.glyphs),
        (" ", "text"),
        *figures,
    )
    if room - bar_width > unit_width + 1:
        row = (*row, (" ", "text"), (parameter.unit, "faint"))
    return row


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, no limits.", width)
    name_width = max(len(label(parameter.name)) for parameter in LIMITS)
    rows = [
        _gauge(scene, index, parameter, width, name_width)
        for index, parameter in enumerate(LIMITS)
    ]
    if len(rows) > height:
        # Not all fit: the nearest to their limits go first.
        rows = [rows[index] for index in sorted(range(len(rows)), key=_distance(scene))]
    return cut(rows, height, scene.glyphs.ellipsis)


def _distance(scene: Scene) -> Callable[[int], float]:
    limits = scene.picture["desk"]["limits"]
    return lambda index: -int(limits[index]["used"]) / max(int(limits[index]["limit"]), 1)
