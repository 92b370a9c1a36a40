"""The risk limits as gauges: used, limit, and how near one is to the other."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.core import (
    BREAKERS,
    FAULTS,
    LIMITS,
    PRICE_NONE,
    REFUSALS,
    SCOPES,
    Parameter,
    RiskState,
    Scope,
)
from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.listing import CURSOR, chosen, is_found
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
_ROWS_ELSEWHERE = 13
_STOPS, _STOPS_HEIGHT = 3, 9
"""What stops trading has so many rows, from so many on, when not all limits fit."""
_COLUMNS = tuple(map(Column, ("limit", "used", "of", "unit", "refused")))
_TABLES = {Scope.SYMBOL: "symbols", Scope.STRATEGY: "strategies"}
"""What the narrower limits stand under in risk.toml."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A limit, of what, and how much of it is used."""

    index: int
    """Of the limit."""
    scope: Scope
    target: int
    """Of the symbol or the slot; 0 of the desk's own."""
    used: int
    limit: int
    refused: int

    @property
    def key(self) -> str:
        """What the cursor holds on to."""
        if self.scope == Scope.GLOBAL:
            return str(self.index)
        return f"{self.index}:{int(self.scope)}:{self.target}"

    @property
    def parameter(self) -> Parameter:
        return LIMITS[self.index]

    @property
    def share(self) -> float:
        return self.used / max(self.limit, 1)


def whose(scene: Scene, scope: Scope, target: int) -> str:
    """The symbol or strategy of a narrower limit; empty of the desk's own."""
    if scope == Scope.GLOBAL:
        return ""
    of_symbol = scope == Scope.SYMBOL
    return scene.symbol_name(target) if of_symbol else scene.slot_name(target)


def name_in_file(scene: Scene, index: int, scope: Scope, target: int) -> str:
    """As it is written: ``max_position``, or ``symbols.ACME.max_position``."""
    name = LIMITS[index].name
    if scope == Scope.GLOBAL:
        return name
    return f"{_TABLES[scope]}.{whose(scene, scope, target)}.{name}"


def gauges(scene: Scene, *, live: bool = False) -> list[Gauge]:
    """The desk's own limits, then those of one symbol or strategy; with ``live`` as they
    are now, though the view is held."""
    if not scene.desk_on:
        return []
    desk = (scene.live if live else scene.picture)["desk"]
    rows = desk["limits"]
    found = [
        Gauge(
            index,
            Scope.GLOBAL,
            0,
            int(rows[index]["used"]),
            int(rows[index]["limit"]),
            int(rows[index]["refusal_count"]),
        )
        for index in scene.limits
    ]
    for row in desk["scoped"][: int(desk["scoped_count"])]:
        limit = row["limit"]
        if int(limit["limit"]) < len(LIMITS) and int(limit["scope"]) < len(SCOPES):
            found.append(
                Gauge(
                    int(limit["limit"]),
                    Scope(int(limit["scope"])),
                    int(limit["target"]),
                    int(row["used"]),
                    int(limit["value"]),
                    int(row["refusal_count"]),
                )
            )
    return found


def at_key(scene: Scene, key: str) -> Gauge | None:
    """The gauge of a row; None when it is not there any more."""
    return next((gauge for gauge in gauges(scene) if gauge.key == key), None)


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


def _left_width(width: int, name_width: int) -> int:
    """Cells for the name and its bar; the same for all, so that figures align."""
    room = width - name_width - 2 - sum(map(len, (" / ", " " * 5))) - 2 * _figure(width)
    return name_width + 1 + max(min(room - 1, _BAR_MAX), 0)


def _figure(width: int) -> int:
    return _VALUE if width >= _NARROW else _VALUE_NARROW


def _gauge(scene: Scene, gauge: Gauge, width: int, name_width: int) -> Row:
    used, limit, parameter = gauge.used, gauge.limit, gauge.parameter
    style, figure = severity(used, limit), _figure(width)
    left = _left_width(width, name_width)
    name = label(parameter.name)
    if of := whose(scene, gauge.scope, gauge.target):
        # Of one symbol or strategy the name is long: it has the bar's place too.
        name = shorten(f"{clean(of)} {name}", left, scene.glyphs.ellipsis)
        row: Row = ((name.ljust(left), "text"),)
    else:
        row = (
            (shorten(name, name_width).ljust(name_width), "text"),
            (" ", "text"),
            *bar(used, limit, left - name_width - 1, scene.glyphs),
        )
    row = (
        *row,
        (" ", "text"),
        (
            value(used, parameter, figure).rjust(figure),
            "text" if style == "gauge" else style,
        ),
        (" / ", "faint"),
        (value(limit, parameter, figure).ljust(figure), "dim"),
        (number.percent(used, limit).rjust(5), "dim" if style == "gauge" else style),
    )
    unit_width = max(map(len, (p.unit for p in LIMITS)))
    if width - sum(len(text) for text, _ in row) > unit_width:
        row = (*row, (" ", "text"), (parameter.unit, "faint"))
    return row


def distance(scene: Scene, gauge: Gauge) -> Segment:
    """What is left until the limit, in its own unit; of a position also in money."""
    parameter = gauge.parameter
    left = max(gauge.limit - gauge.used, 0)
    text = f"{value(left, parameter)} {parameter.unit} left"
    if parameter.name == "max_position" and (money := _money_of(scene, gauge, left)):
        dearest = "" if gauge.scope == Scope.SYMBOL else " of the dearest"
        text += f", about {number.fit_money(money, 10, 0)}{dearest}"
    return (text, severity(gauge.used, gauge.limit))


def _money_of(scene: Scene, gauge: Gauge, lots: int) -> int:
    """So many lots of the limit's symbol, of the dearest where it has none, money."""
    prices = [
        int(picture["last"]) * symbol.point_value
        for index, (symbol, picture) in enumerate(scene.symbol_pictures())
        if int(picture["last"]) != PRICE_NONE
        and (gauge.scope != Scope.SYMBOL or index == gauge.target)
    ]
    return lots * max(prices, default=0)


def breakers(scene: Scene, width: int) -> Rows:
    """What stops trading now, and why; or that nothing does."""
    state = scene.risk_state
    since = scene.since(int(scene.live["desk"]["risk_changed_ns"]))
    rows: Rows = []
    if state != RiskState.ACTIVE:
        why = next(
            (e.text for e in reversed(scene.past.log) if f"-> {state.name}" in e.text), ""
        )
        shown = f"{state.name} for {number.span(since)}"
        rows.append(((shown, "bad"), (f"  {clean(why)}" if why else "", "dim")))
    found = scene.picture["desk"]["breakers"]
    for (name, what), breaker in zip(BREAKERS, found, strict=False):
        if breaker["tripped_ns"]:
            ago = number.span(scene.since(int(breaker["tripped_ns"])))
            figures = f"{int(breaker['figure']):,} of {int(breaker['trigger']):,}"
            head = f"{name.replace('_', ' ')} tripped {ago} ago: {figures}"
            rows.append(((head, "bad"), (f"  {what}; resume resets it", "dim")))
    for slot, strategy in scene.slots():
        if 0 < (fault := int(strategy["fault"])) < len(FAULTS):
            text = f"{scene.slot_name(slot)}: switched off: {FAULTS[fault]}"
            rows.append(((text, "bad"), ("  a mode given by hand ends that", "dim")))
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
            by = REFUSALS[last].replace("_", " ")
            text = f"{scene.slot_name(slot)}: {count} refused, last by {by}"
            rows.append(((text, "warn"),))
    if not rows:
        said = "No breaker is open."
        if not scene.knows("desk.breakers"):
            said = "The tape does not tell of breakers."
        return [((said, "dim"),)]
    return [settle(row, width) for row in rows]


def rows_wanted(scene: Scene) -> int:
    """Rows it has something for: on its own screen all, on others the nearest."""
    if scene.screen != "risk":
        return _ROWS_ELSEWHERE
    found = gauges(scene)
    own = any(gauge.scope != Scope.GLOBAL for gauge in found)
    return len(found) + (2 if own else 0) + 1 + max(len(breakers(scene, 80)), 1)


def view(scene: Scene, width: int) -> View:
    """The limits as rows, for the cursor and for export; drawn as gauges."""
    lines = []
    for gauge in gauges(scene):
        name = name_in_file(scene, gauge.index, gauge.scope, gauge.target)
        values = [name, gauge.used, gauge.limit, gauge.parameter.unit, gauge.refused]
        lines.append(Line(gauge.key, [(str(v), "text") for v in values], values))
    return View(_COLUMNS, lines, "No desk, no limits.")


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph("No desk, no limits.", width)
    by_key = {gauge.key: gauge for gauge in gauges(scene)}
    lines = {line.key: line for line in chosen(scene, "risk", view(scene, width))}
    found = [by_key[key] for key in lines]
    if not found:
        text = f"No limit has {scene.filters['risk']!r} in it. Esc shows all again."
        return paragraph(text, width)[:height]
    cursor = scene.cursor.get("risk") if scene.focus == "risk" else None
    walked, ordered = cursor in by_key, "risk" in scene.sorting
    if len(found) > height and not walked and not ordered:
        # Not all fit: the nearest to their limits go first.
        found.sort(key=lambda gauge: -gauge.share)
        ordered = True
    name_width = max(len(label(LIMITS[index].name)) for index in scene.limits)
    room = width - _DISTANCE if width >= _WIDE else width
    rows: Rows = []
    at = 0
    for gauge in found:
        if gauge.scope != Scope.GLOBAL and not ordered:
            rows += [(), ((" of one symbol or strategy".ljust(width), "head"),)]
            ordered = True  # the head once
        row = _gauge(scene, gauge, room, name_width)
        if width >= _WIDE:
            row = (*settle(row, room), ("  ", "text"), distance(scene, gauge))
        if gauge.key == cursor:
            at = len(rows)
            row = tuple((text, style + CURSOR) for text, style in settle(row, width))
        elif is_found(scene, "risk", lines[gauge.key]):
            row = tuple((text, style + CURSOR) for text, style in row)
        rows.append(row)
    if walked and len(rows) > height:
        first = max(at - height + 1, 0)
        return rows[first : first + height]
    stops = breakers(scene, width)
    if height >= len(rows) + 1 + min(len(stops), 2):
        return cut([*rows, (), *stops], height, scene.glyphs.ellipsis)
    if height < _STOPS_HEIGHT or not any("bad" in style for _, style in stops[0]):
        return cut(rows, height, scene.glyphs.ellipsis)
    # What stands in the way of trading goes before limits that are far.
    stops = stops[:_STOPS]
    rows = cut(rows, height - 1 - len(stops), scene.glyphs.ellipsis)
    return [*rows, (), *stops]
