"""The bar under the header while a file on disk is wrong."""

from __future__ import annotations

from cockpit.ui.render.text import Row, settle, shorten
from cockpit.ui.scene import Scene


def render(scene: Scene, width: int) -> Row:
    """One row; the running values stay in force, and it says so."""
    errors = scene.config_errors
    if not errors:
        return ()
    more = f"  (+{len(errors) - 1} more)" if len(errors) > 1 else ""
    head, tail = " config not taken ", f"{more}  the last good one is in force "
    room = max(width - len(head) - len(tail) - 2, 12)
    text = shorten(errors[0], room, scene.glyphs.ellipsis)
    return settle(((head, "alarm"), (f" {text}", "bad"), (tail, "dim")), width)
