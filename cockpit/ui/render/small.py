"""What is left on a terminal too small for panels: mode, state, P&L, and the way to halt."""

from __future__ import annotations

from cockpit.ui.render import footer, header
from cockpit.ui.render.text import Row, Rows, Segment, settle
from cockpit.ui.scene import Scene

WIDTH = 60
HEIGHT = 16


def render(scene: Scene, width: int, height: int) -> Rows:
    space: Segment = (" ", "text")
    said = footer.status(scene)
    rows: list[Row] = [
        (header.mode(scene), space, header.state(scene)),
        (space, *header.pnl(scene)),
    ]
    if prompt := scene.prompt:
        rows.append((("type ", "dim"), (prompt.word, "strong"), (f": {prompt.typed}", "accent")))
    elif said:
        rows.append(((said[0], said[1]),))
    rows.append((space, ("h h", "key"), (" halt  ", "dim"), ("q", "key"), (" quit", "dim")))
    if scene.config_errors:
        rows.append((("config: " + scene.config_errors[0], "bad"),))
    rows.append(((f" panels need {WIDTH}x{HEIGHT}; this is {width}x{height}", "faint"),))
    return [settle(row, width) for row in rows[:height]]
