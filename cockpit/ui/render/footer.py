"""The status line: what was said last, and the keys that can be pressed now."""

from __future__ import annotations

from cockpit.ui import keys
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, length, shorten
from cockpit.ui.scene import Scene

_KEPT = frozenset({"halt", "help", "quit"})


def status(scene: Scene) -> tuple[str, str] | None:
    """What has to be said now, most urgent first."""
    if scene.closing_since is not None:
        waited = number.scaled(int((scene.now - scene.closing_since) * 10), 10, 1)
        return (
            f"closing: pulling every order and stopping the engine, {waited} s",
            "warn",
        )
    if "cancel_all" in scene.armed:
        return ("press x again within 2 s to pull every order", "alarm")
    if "halt" in scene.armed:
        return ("press h again within 2 s to HALT: stop all, pull every order", "alarm")
    if "take_over" in scene.armed:
        holder = (scene.seat.holder if scene.seat else "") or "nobody"
        text = f"press t again within 2 s to take the controls from {holder}"
        return (text, "alarm")
    if scene.message:
        return (scene.message.text, scene.message.style)
    if scene.trouble:
        return (scene.trouble, "bad")
    return None


def _hint(scene: Scene, action: keys.Action) -> Row:
    # A key of several is drawn as possible: each of them answers for itself.
    refused = not action.indexed and bool(action.refusal(scene, 0))
    hint = "leave" if scene.seat and action.name == "quit" else action.hint
    return (
        (keys.label(scene, action), "faint" if refused else "key"),
        (f" {hint}", "faint" if refused else "dim"),
    )


def _fitting(scene: Scene, width: int) -> list[keys.Action]:
    """Actions whose hints fit: when not all do, first those go that are impossible now,
    then from the end of the table, but for help and quit."""
    shown = [action for action in keys.ACTIONS if action.hint]

    def fits() -> bool:
        return sum(length(_hint(scene, a)) + 2 for a in shown) - 1 <= width

    def droppable() -> list[keys.Action]:
        refused = [a for a in shown if a.refusal(scene, 0) and not a.indexed]
        return [a for a in refused or shown if a.name not in _KEPT] or [
            a for a in shown if a.name != "halt"
        ]

    while len(shown) > 1 and not fits():
        shown.remove(droppable()[-1])
    return shown


def render(scene: Scene, width: int) -> Row:
    """One row. The halt key is always in it; a message takes the place of other keys."""
    halt = _hint(scene, keys.BY_NAME["halt"])
    if said := status(scene):
        room = max(width - length(halt) - 6, 0)
        text = shorten(said[0], room, scene.glyphs.ellipsis)
        return ((" ", "text"), *halt, ("   ", "text"), (f" {text} ", said[1]))
    row: Row = ((" ", "text"),)
    for action in _fitting(scene, width):
        row = (*row, *_hint(scene, action), ("  ", "text"))
    return row
