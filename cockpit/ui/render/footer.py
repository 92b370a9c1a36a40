"""The status line: what was said last, and the keys that can be pressed now."""

from __future__ import annotations

from cockpit.ui import keys
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, length, shorten
from cockpit.ui.scene import Scene


def status(scene: Scene) -> tuple[str, str] | None:
    """What has to be said now, most urgent first."""
    if scene.closing_since is not None:
        waited = number.scaled(int((scene.now - scene.closing_since) * 10), 10, 1)
        return (f"closing: pulling every order and stopping the engine, {waited} s", "warn")
    if "halt" in scene.armed:
        return ("press h again within 2 s to HALT: stop all, pull every order", "alarm")
    if scene.message:
        return (scene.message.text, scene.message.style)
    if scene.trouble:
        return (scene.trouble, "bad")
    return None


def _hint(scene: Scene, action: keys.Action) -> Row:
    # A key of several is drawn as possible: each of them answers for itself.
    refused = not action.indexed and bool(action.refusal(scene, 0))
    return (
        (action.label, "faint" if refused else "key"),
        (f" {action.hint}", "faint" if refused else "dim"),
    )


def render(scene: Scene, width: int) -> Row:
    """One row. The halt key is always in it; a message takes the place of other keys."""
    row: Row = ((" ", "text"),)
    said = status(scene)
    for action in keys.ACTIONS:
        if not action.hint:
            continue
        hint = _hint(scene, action)
        if length(row) + length(hint) + 1 > width and action.name != "halt":
            break
        row = (*row, *hint, ("  ", "text"))
        if action.name == "halt" and said:
            text = shorten(said[0], max(width - length(row) - 3, 0), scene.glyphs.ellipsis)
            row = (*row, (f" {text} ", said[1]), ("  ", "text"))
    return row
