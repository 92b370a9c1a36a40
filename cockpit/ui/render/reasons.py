"""What led to a row: from a fill or an order to its strategy's signal, from a refusal to
its limit, with the numbers, as far as the core tells them."""

from __future__ import annotations

from typing import Any

from cockpit.core import LIMITS, REFUSALS
from cockpit.ui.render import number, risk
from cockpit.ui.render.table import Line, View
from cockpit.ui.render.text import Rows, clean, wrap
from cockpit.ui.scene import Scene

_NAME = 16


def fields(view: View, line: Line) -> Rows:
    """Everything a row has, a line each."""
    return [
        (((column.title or "state").ljust(_NAME), "dim"), (text.strip(), style))
        for column, (text, style) in zip(view.columns, line.cells, strict=True)
    ]


def why(scene: Scene, panel: str, view: View, line: Line, width: int) -> Rows:
    """In sentences."""
    match panel:
        case "fills":
            said = _of_fill(scene, line)
        case "working":
            said = _of_order(scene, line)
        case "strategies":
            said = _of_strategy(scene, int(line.key))
        case "risk":
            said = _of_limit(scene, int(line.key))
        case _:
            return fields(view, line)
    rows: Rows = []
    for text in said:
        rows += [((part, "text"),) for part in wrap(clean(text), width)]
    return rows


def _slot(scene: Scene, name: object) -> int | None:
    return next(
        (slot for slot, _ in scene.slots() if scene.slot_name(slot) == name), None
    )


def _signal(scene: Scene, name: object) -> list[str]:
    slot = _slot(scene, name)
    if slot is None:
        return ["It came of the desk itself: flattening, or a strategy that is gone."]
    signal = float(dict(scene.slots())[slot]["signal"])
    return [f"The strategy {name} wanted it. Its signal now is {signal:.4g}."]


def _of_fill(scene: Scene, line: Line) -> list[str]:
    time, symbol, side, qty, _, gained, how, who, latency = line.values
    price = line.cells[4][0].strip()
    said = [f"{side} {qty:,} {symbol} at {price}, {time}, as {how}."]
    said += _signal(scene, who)
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
    return said + _signal(scene, who)


def _of_strategy(scene: Scene, slot: int) -> list[str]:
    strategy: Any = dict(scene.slots()).get(slot)
    if strategy is None:
        return ["The strategy is gone."]
    name = scene.slot_name(slot)
    said = [f"{name}: its signal is {float(strategy['signal']):.4g}."]
    refused = int(strategy["refusal_count"])
    last = int(strategy["last_refusal"])
    if refused and last < len(REFUSALS):
        said.append(
            f"{refused:,} of its orders were refused, the last by {REFUSALS[last]}."
        )
        if last < len(LIMITS):
            said += _of_limit(scene, last)
    found = [e for e in reversed(scene.log) if e.source == name]
    return said + [f"Last said: {event.text}" for event in found[:3]]


def _of_limit(scene: Scene, index: int) -> list[str]:
    limit = LIMITS[index]
    row = scene.picture["desk"]["limits"][index]
    used, most = int(row["used"]), int(row["limit"])
    unit = limit.unit
    said = [
        f"{limit.name}: {limit.help}.",
        f"Used {risk.value(used, limit)} of {risk.value(most, limit)} {unit}; "
        f"{int(row['refusal_count']):,} orders were refused by it.",
    ]
    word = REFUSALS[index].replace("_", " ") if index < len(REFUSALS) else ""
    found = [
        event
        for event in reversed(scene.log)
        if "risk refused" in event.text
        and (limit.name in event.text or (word and word in event.text))
    ]
    return said + [f"{event.source}: {event.text}" for event in found[:3]]
