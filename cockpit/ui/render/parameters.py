"""What a strategy is set to: each parameter with its range, unit and what it means."""

from __future__ import annotations

from typing import Any

from cockpit.core import Parameter
from cockpit.ui.render.listing import draw
from cockpit.ui.render.strategies import slot_at
from cockpit.ui.render.table import Column, Line, View
from cockpit.ui.render.text import Rows, Segment
from cockpit.ui.scene import Scene

_COLUMNS = (
    Column("parameter", "<", 12),
    Column("value", ".", 8),
    Column("unit", "<", 6, priority=2),
    Column("from", ".", 5, priority=4),
    Column("to", ".", 6, priority=4),
    Column("meaning", "<", 16, priority=1),
)


def slot_of(scene: Scene) -> int | None:
    """The strategy meant: the one under the cursor, else the first."""
    slots = dict(scene.slots())
    chosen = slot_at(scene.cursor.get("strategies", ""))
    return chosen if chosen in slots else next(iter(slots), None)


def declared(scene: Scene, picture: Any) -> tuple[Parameter, ...]:
    """The parameters of what runs in a slot."""
    kind = scene.kinds.get(int(picture["config"]["kind"]))
    return kind.parameters if kind else ()


def plain(value: float, parameter: Parameter) -> str:
    """A value as a file has it."""
    return f"{value:.0f}" if parameter.kind == "integer" else f"{value:g}"


def detail(scene: Scene) -> str:
    slot = slot_of(scene)
    if slot is None:
        return ""
    kind = scene.kinds.get(int(dict(scene.slots())[slot]["config"]["kind"]))
    return f"{scene.slot_name(slot)}, {kind.name}" if kind else scene.slot_name(slot)


def view(scene: Scene, width: int) -> View:
    slot = slot_of(scene)
    if slot is None:
        return View(_COLUMNS, [], "No strategy, no parameters.")
    picture = dict(scene.slots())[slot]
    if int(picture["config"]["kind"]) not in scene.kinds:
        name = scene.slot_name(slot)
        return View(_COLUMNS, [], f"What runs as {name} has not said its parameters.")
    lines = []
    for index, parameter in enumerate(declared(scene, picture)):
        value = float(picture["config"]["parameters"][index])
        texts = [
            parameter.name,
            plain(value, parameter),
            parameter.unit,
            plain(parameter.minimum, parameter),
            plain(parameter.maximum, parameter),
            parameter.help,
        ]
        styles = ("text", "strong", "dim", "faint", "faint", "dim")
        cells: list[Segment] = list(zip(texts, styles, strict=True))
        values = [
            parameter.name, value, parameter.unit, parameter.minimum, parameter.maximum,
            parameter.help,
        ]  # fmt: skip
        lines.append(Line(f"{slot}:{index}", cells, values))
    return View(_COLUMNS, lines, "This kind of strategy declares no parameters.")


def render(scene: Scene, width: int, height: int) -> Rows:
    return draw(scene, "parameters", view(scene, width), width, height)
