"""The line above a panel: its name, a rule, and what it has to say in short."""

from __future__ import annotations

from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, length, shorten


def render(
    title: str, detail: str, width: int, glyphs: Glyphs, focused: bool = False
) -> Row:
    """``Title ─────── detail``, exactly ``width`` cells where there is room."""
    before: Row = (
        ((title, "accent" if focused else "title"), (" ", "text")) if title else ()
    )
    room = max(width - length(before), 0)
    detail = shorten(detail, max(room - 4, 0), glyphs.ellipsis)
    after: Row = ((" ", "text"), (detail, "dim")) if detail else ()
    rule = glyphs.rule * max(room - length(after), 0)
    return (*before, (rule, "faint"), *after)
