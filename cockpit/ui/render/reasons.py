"""What led to a row: from a fill or an order to its strategy's signal and the tick it
answers, from a refusal to its limit, with the numbers, as the core tells them."""

from __future__ import annotations

from typing import Any

from cockpit.core import LIMITS, REFUSALS, Scope, Side
from cockpit.ui.render import number, risk
from cockpit.ui.render.strategies import rehearses, slot_at, would_be_pnl
from cockpit.ui.render.table import Line, View
from cockpit.ui.render.text import Rows, clean, wrap
from cockpit.ui.render.ways import Way, of_row
from cockpit.ui.scene import BY_HAND, Scene

_NAME = 16
_SAME_S = 0.45
"""Between the time of a refusal's line in the log and the picture's."""


def fields(view: View, line: Line, width: int = 80) -> Rows:
    """Everything a row has, a line each; what is long goes on below."""
    rows: Rows = []
    for column, (text, style) in zip(view.columns, line.cells, strict=True):
        parts = wrap(text, max(width - _NAME, 20)) or [""]
        for number_, part in enumerate(parts):
            name = "" if number_ else column.title or "state"
            rows.append(((name.ljust(_NAME), "dim"), (part, style)))
    return rows


def why(scene: Scene, panel: str, view: View, line: Line, width: int) -> Rows:
    """In sentences."""
    rows: Rows = []
    match panel:
        case "fills":
            said = _of_fill(scene, line)
        case "working":
            said = _of_order(scene, line)
        case "strategies":
            said = _of_strategy(scene, slot_at(line.key) or 0)
        case "risk":
            said = _of_limit(scene, line.key)
        case "log":
            rows = _of_event(view, line, width)
            said = _refused_then(scene, line)
            rows += [()] if said else []
        case _:
            return fields(view, line, width)
    for text in said:
        rows += [((part, "text"),) for part in wrap(clean(text), width)]
    return rows


def _slot(scene: Scene, name: object) -> int | None:
    return next(
        (slot for slot, _ in scene.slots() if scene.slot_name(slot) == name), None
    )


def _signal(scene: Scene, name: object) -> list[str]:
    if name == BY_HAND:
        return ["An operator sent it by hand; the log says who."]
    slot = _slot(scene, name)
    if slot is None:
        return ["It came of the desk itself: flattening, or a strategy that is gone."]
    signal = float(dict(scene.slots())[slot]["signal"])
    return [f"The strategy {name} wanted it. Its signal now is {signal:,.6g}."]


def _tick(scene: Scene, way: Way | None, who: object) -> list[str]:
    """From an order back to what it answers."""
    if who == BY_HAND:
        return []
    if way is None:
        return [
            "What it answered is not at hand: that is kept of the latest orders only, "
            "since the desk began. The journal has the order: cockpit journal show."
        ]
    known = way.symbol < len(scene.symbols)
    symbol = scene.symbols[way.symbol] if known else None
    bid, ask = (
        number.price(price, symbol) if symbol else str(price)
        for price in (way.bid, way.ask)
    )
    when = number.clock_time(scene.shown_seconds(way.received_ns), scene.virtual, 6)
    what = "a tick" if way.hops_ns[0] else "a tick, or an answer of the venue,"
    said = [
        f"It answers {what} received at {when}: best bid {bid}, best ask {ask} in "
        f"{scene.symbol_name(way.symbol)}.",
        f"The signal of {who} then: {way.signal:,.6g}.",
    ]
    if way.total_ns:
        steps = ", ".join(
            f"{name} {number.duration(time, scene.glyphs).strip()}"
            for name, time in way.steps
            if time
        )
        said.append(f"Its way: {steps}; slowest: {way.slowest}.")
    return said


def _of_fill(scene: Scene, line: Line) -> list[str]:
    time, symbol, side, qty, _, gained, how, who, latency = line.values
    price = line.cells[4][0].strip()
    said = [f"{side} {qty:,} {symbol} at {price}, {time}, as {how}."]
    said += _signal(scene, who)
    said += _tick(scene, of_row(scene, "fills", line.key), who)
    if latency:
        took = number.duration(latency, scene.glyphs).strip()
        said.append(f"From the tick it was decided on to the order on its way: {took}.")
    if gained is not None:
        better = "better" if gained >= 0 else "worse"
        said.append(f"The price was {abs(gained):g} increments {better} than the mid.")
    return said


def _of_order(scene: Scene, line: Line) -> list[str]:
    state, symbol, side, leaves, qty, _, ahead, age, who, order = line.values
    price = line.cells[5][0].strip()
    said = [
        f"Order {order}: {side} {leaves:,} of {qty:,} {symbol} "
        f"at {price}, {state.lower()}, sent {number.span(age)} ago, "
        f"{ahead:,} lots before it at its price."
    ]
    if "?" in state or state == "SENT":
        said.append("The venue has not answered yet; until it does this is not so.")
    said += _signal(scene, who)
    return said + _tick(scene, of_row(scene, "working", line.key), who)


def _of_event(view: View, line: Line, width: int) -> Rows:
    """A line of the log; a change of a file as its diff, a refusal as its numbers."""
    _, _, source, text = line.values
    head, found, changes = str(text).partition(" in force: ")
    if source == "config" and found:
        rows: Rows = [((f"{head} in force:", "text"),), ()]
        for change in changes.split(", "):
            old, arrow, new = change.partition(" -> ")
            key, _, old = old.rpartition(" ")
            if not arrow:
                rows.append(((change, "text"),))
                continue
            rows += [((f"- {key} = {old}", "down"),), ((f"+ {key} = {new}", "up"),)]
        return rows
    return fields(view, line, width)


def _of_strategy(scene: Scene, slot: int) -> list[str]:
    strategy: Any = dict(scene.slots()).get(slot)
    if strategy is None:
        return ["The strategy is gone."]
    name = scene.slot_name(slot)
    said = [f"{name}: its signal is {float(strategy['signal']):,.6g}."]
    refused = int(strategy["refusal_count"])
    if rehearses(scene, strategy):
        said += _would_be(scene, strategy)
        refused = int(strategy["would_be_refusal_count"])
    last = int(strategy["last_refusal"])
    if refused and last < len(REFUSALS):
        said.append(
            f"{refused:,} of its orders were refused, the last by {REFUSALS[last]}."
        )
        if last < len(LIMITS):
            said += _of_limit(scene, str(last))
        else:
            said += _latest_refused(scene, slot=slot)
    found = [e for e in reversed(scene.log) if e.source == name]
    return said + [f"Last said: {event.text}" for event in found[:3]]


def _would_be(scene: Scene, strategy: Any) -> list[str]:
    """What it would have done since it is in SHADOW."""
    orders = int(strategy["would_be_order_count"])
    fills = int(strategy["would_be_fill_count"])
    symbol = int(strategy["config"]["symbol"])
    lots, made = int(strategy["would_be_position"]), would_be_pnl(strategy)
    said = [
        f"In SHADOW it sends nothing. It would have sent {orders:,} orders, would have "
        f"had {fills:,} fills, would hold {lots:+,} {scene.symbol_name(symbol)} and "
        f"would have made {number.signed(number.fit_money(made), made)}, fees taken off."
    ]
    for side in Side:
        if qty := int(strategy["would_be_qty"][side]):
            price = number.price(
                int(strategy["would_be_price"][side]), scene.symbols[symbol]
            )
            ahead = int(strategy["would_be_ahead"][side])
            said.append(
                f"It would {side.name.lower()} {qty:,} at {price}, behind {ahead:,} lots."
            )
    return said


def _of_limit(scene: Scene, key: str) -> list[str]:
    gauge = risk.at_key(scene, key)
    if gauge is None:
        return ["That limit is not there any more."]
    limit, index = gauge.parameter, gauge.index
    name = risk.name_in_file(scene, index, gauge.scope, gauge.target)
    said = [
        f"{name}: {limit.help}.",
        f"Used {risk.value(gauge.used, limit)} of {risk.value(gauge.limit, limit)} "
        f"{limit.unit}; {gauge.refused:,} orders were refused by it.",
    ]
    word = REFUSALS[index] if index < len(REFUSALS) else limit.name
    # As the log names it: "ALFA's own position" of a narrower one.
    whose = risk.whose(scene, gauge.scope, gauge.target)
    wanted = f": {whose}'s own {word} " if whose else f": {word} "
    found = [
        event
        for event in reversed(scene.log)
        if "risk refused" in event.text and wanted in f"{event.text} "
    ]
    if gauge.refused:
        said += _latest_refused(scene, gauge=gauge)
    return said + [f"{event.source}: {event.text}" for event in found[:3]]


def _latest_refused(
    scene: Scene, *, slot: int | None = None, gauge: risk.Gauge | None = None
) -> list[str]:
    """What the latest order answered that was refused to a strategy, or by a limit."""
    for whose, refused in reversed(scene.refused):
        if slot in (None, whose) and (gauge is None or _is_by(gauge, whose, refused)):
            return ["The latest of them:", *_of_refused(scene, whose, refused)]
    return []


def _is_by(gauge: risk.Gauge, slot: int, refused: Any) -> bool:
    """Was it this limit that refused it?"""
    targets = {Scope.SYMBOL: int(refused["symbol"]), Scope.STRATEGY: slot}
    return (
        int(refused["refusal"]) == gauge.index
        and int(refused["scope"]) == gauge.scope
        and targets.get(gauge.scope, 0) == gauge.target
    )


def _refused_then(scene: Scene, line: Line) -> list[str]:
    """What the order of a line of the log answered, where the line tells of a refusal."""
    _, _, source, text = line.values
    if "risk refused" not in text:
        return []
    when = float(line.key.partition(":")[0])
    for slot, refused in reversed(scene.refused):
        # Of one kind a strategy's refusals are said once a second at most.
        near = abs(scene.shown_seconds(int(refused["time_ns"])) - when) < _SAME_S
        word = REFUSALS[int(refused["refusal"])]
        side = Side(int(refused["side"])).name.lower()
        symbol = scene.symbol_name(int(refused["symbol"]))
        if (
            near
            and scene.slot_name(slot) == source
            and f"refused to {side} {symbol}: " in text
            and word in text
        ):
            return _of_refused(scene, slot, refused)
    return []


def _of_refused(scene: Scene, slot: int, refused: Any) -> list[str]:
    """The order that was refused, and the market it was wanted in."""
    index = int(refused["symbol"])
    symbol = scene.symbols[index] if index < len(scene.symbols) else None
    price, bid, ask = (
        number.price(int(refused[name]), symbol) if symbol else str(int(refused[name]))
        for name in ("price", "bid", "ask")
    )
    who, side = scene.slot_name(slot), Side(int(refused["side"])).name
    qty, named = int(refused["qty"]), scene.symbol_name(index)
    said = [f"{who} wanted to {side} {qty:,} {named} at {price}."]
    best = f"best bid {bid}, best ask {ask} in {named}"
    if received_ns := int(refused["received_ns"]):
        when = number.clock_time(scene.shown_seconds(received_ns), scene.virtual, 6)
        said.append(f"It answered what was received at {when}: {best}.")
    else:
        said.append(f"It answered no tick; then: {best}.")
    said.append(f"The signal of {who} then: {float(refused['signal']):.4g}.")
    refusal = int(refused["refusal"])
    if refusal < len(LIMITS):
        limit = LIMITS[refusal]
        said.append(f"{limit.name}: {limit.help}.")
    return said
