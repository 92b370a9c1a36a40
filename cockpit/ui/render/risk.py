"""The risk limits as gauges: used, limit, and how near one is to the other."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.core import (
    BREAKERS,
    LIMITS,
    PRICE_NONE,
    REFUSALS,
    Parameter,
    RiskState,
    Scope,
)
from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.listing import CURSOR, chosen
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import (
    Row,
    Rows,
    Segment,
    clean,
    cut,
    paragraph,
    settle,
    shorten,
)
from cockpit.ui.scene import Scene

WARN = 0.75
"""Share of a limit from which its gauge warns; at 1 it is a breach."""
_BAR_MAX = 24
_VALUE = 9
_VALUE_NARROW = 7
_NARROW = 46
_WIDE = 104
"""From here what is left stands beside each gauge, in so many cells:"""
_DISTANCE = 44
_COLUMNS = tuple(map(Column, ("limit", "used", "of", "unit", "refused")))


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


def distance(scene: Scene, index: int) -> Segment:
    """What is left until the limit, in its own unit; of a position also in money."""
    parameter = LIMITS[index]
    picture = scene.picture["desk"]["limits"][index]
    left = max(int(picture["limit"]) - int(picture["used"]), 0)
    text = f"{value(left, parameter)} {parameter.unit} left"
    if parameter.name == "max_position" and (money := _money_of(scene, left)):
        text += f", about {number.fit_money(money, 10, 0)} of the dearest"
    return (text, severity(int(picture["used"]), int(picture["limit"])))


def _money_of(scene: Scene, lots: int) -> int:
    """So many lots of the dearest symbol, money."""
    prices = [
        int(picture["last"]) * symbol.point_value
        for symbol, picture in scene.symbol_pictures()
        if int(picture["last"]) != PRICE_NONE
    ]
    return lots * max(prices, default=0)


def narrower(scene: Scene, width: int, name_width: int) -> Rows:
    """The limits of single symbols and strategies, where there are any."""
    desk = scene.picture["desk"]
    rows: Rows = []
    for row in desk["scoped"][: int(desk["scoped_count"])]:
        limit = row["limit"]
        index, target = int(limit["limit"]), int(limit["target"])
        if index >= len(LIMITS):
            continue
        parameter, of_symbol = LIMITS[index], int(limit["scope"]) == Scope.SYMBOL
        whose = scene.symbol_name(target) if of_symbol else scene.slot_name(target)
        used, most = int(row["used"]), int(limit["value"])
        style = severity(used, most)
        shown = value(used, parameter).rjust(_VALUE)
        name = f"{clean(whose)} {label(parameter.name)}"
        figures: Row = (
            (shown, "text" if style == "gauge" else style),
            (" / ", "faint"),
            (value(most, parameter).ljust(_VALUE), "dim"),
            (number.percent(used, most).rjust(5), "dim" if style == "gauge" else style),
        )
        room = max(width - sum(len(text) for text, _ in figures) - 1, name_width)
        rows.append(((shorten(name, room).ljust(room), "text"), (" ", "text"), *figures))
    return [((" of one symbol or strategy".ljust(width), "head"),), *rows] if rows else []


def breakers(scene: Scene, width: int) -> Rows:
    """What stops trading now, and why; or that nothing does."""
    state = scene.risk_state
    since = scene.since(int(scene.live["desk"]["risk_changed_ns"]))
    rows: Rows = []
    if state != RiskState.ACTIVE:
        why = next(
            (e.text for e in reversed(scene.log) if f"-> {state.name}" in e.text), ""
        )
        shown = f"{state.name} for {number.span(since)}"
        rows.append(((shown, "bad"), (f"  {clean(why)}" if why else "", "dim")))
    found = scene.picture["desk"]["breakers"]
    for (name, what), breaker in zip(BREAKERS, found, strict=False):
        if breaker["tripped_ns"]:
            ago = number.span(scene.since(int(breaker["tripped_ns"])))
            figures = f"{int(breaker['figure']):,} of {int(breaker['trigger']):,}"
            head = f"{name.replace('_', ' ')} tripped {ago} ago: {figures}"
            rows.append(((head, "bad"), (f"  {what}", "dim")))
    for symbol, picture in scene.symbol_pictures():
        if picture["stale"]:
            rows.append(((f"{symbol.name}: book in doubt, nothing is sent", "bad"),))
    for index in scene.limits:
        parameter = LIMITS[index]
        picture = scene.picture["desk"]["limits"][index]
        if severity(int(picture["used"]), int(picture["limit"])) == "bad":
            rows.append(((f"{label(parameter.name)}: at its limit", "bad"),))
    for slot, strategy in scene.slots():
        last = int(strategy["last_refusal"])
        if int(strategy["refusal_count"]) and last < len(REFUSALS):
            count = number.fit_count(int(strategy["refusal_count"]))
            text = f"{scene.slot_name(slot)}: {count} refused, last by {REFUSALS[last]}"
            rows.append(((text.replace("_", " "), "warn"),))
    if not rows:
        return [(("No breaker is open.", "dim"),)]
    return [settle(row, width) for row in rows]


def view(scene: Scene, width: int) -> View:
    """The limits as rows, for the cursor and for export; drawn as gauges."""
    limits = scene.picture["desk"]["limits"] if scene.desk_on else ()
    lines = []
    for index in scene.limits if scene.desk_on else ():
        parameter = LIMITS[index]
        used, limit = int(limits[index]["used"]), int(limits[index]["limit"])
        refused = int(limits[index]["refusal_count"])
        values = [parameter.name, used, limit, parameter.unit, refused]
        lines.append(Line(str(index), [(str(v), "text") for v in values], values))
    return View(_COLUMNS, lines, "No desk, no limits.")


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, no limits.", width)
    name_width = max(len(label(LIMITS[index].name)) for index in scene.limits)
    order = [int(line.key) for line in chosen(scene, "risk", view(scene, width))]
    if len(order) > height and "risk" not in scene.sorting:
        # Not all fit: the nearest to their limits go first.
        order.sort(key=_distance(scene))
    wide = width >= _WIDE
    room = width - _DISTANCE if wide else width
    rows: Rows = []
    for index in order:
        row = _gauge(scene, index, LIMITS[index], room, name_width)
        if wide:
            row = (*settle(row, room), ("  ", "text"), distance(scene, index))
        if scene.focus == "risk" and scene.cursor.get("risk") == str(index):
            row = tuple((text, style + CURSOR) for text, style in settle(row, width))
        rows.append(row)
    scoped = narrower(scene, width, name_width)
    if scoped and height >= len(rows) + 3:
        rows += [(), *scoped]
    if height >= len(rows) + 3:
        rows += [(), *breakers(scene, width)]
    return cut(rows, height, scene.glyphs.ellipsis)


def _distance(scene: Scene) -> Callable[[int], float]:
    limits = scene.picture["desk"]["limits"]
    return lambda index: -int(limits[index]["used"]) / max(int(limits[index]["limit"]), 1)
