"""What is left on a terminal too small for panels: mode, state, P&L, the way to halt."""

from __future__ import annotations

from cockpit.ui.layout import HEIGHT_MIN, WIDTH_MIN
from cockpit.ui.render import footer, header
from cockpit.ui.render.text import Row, Rows, Segment, settle, wrap
from cockpit.ui.scene import Scene


def render(scene: Scene, width: int, height: int) -> Rows:
    space: Segment = (" ", "text")
    said = footer.status(scene)
    rows: list[Row] = [
        (header.mode(scene), space, header.state(scene), space, *header.session(scene)),
        (space, *header.pnl(scene)),
    ]
    if scene.seat and scene.seat.text:
        rows.append((space, (f" {scene.seat.text} ", "risk.paused")))
    if prompt := scene.prompt:
        typed: Segment = (f": {prompt.typed}", "accent")
        rows.append((space, ("type ", "dim"), (prompt.word, "strong"), typed))
    elif said:
        rows += [((f" {line} ", said[1]),) for line in wrap(said[0], max(width - 2, 1))]
    if scene.dialog:
        title = "a dialog is open and has no room: Esc leaves it"
        rows.append((space, (title, "warn")))
    leave = " leave it trading" if scene.seat else " quit"
    rows.append((space, ("h h", "key"), (" halt  ", "dim"), ("q", "key"), (leave, "dim")))
    if scene.config_errors:
        rows.append((("config: " + scene.config_errors[0], "bad"),))
    rows.append(
        ((f" panels need {WIDTH_MIN}x{HEIGHT_MIN}; this is {width}x{height}", "faint"),)
    )
    return [settle(row, width) for row in rows[:height]]
