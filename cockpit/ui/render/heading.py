"""The line above a panel: its name, a rule, and what it has to say in short."""

from __future__ import annotations

from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, shorten


def render(title: str, detail: str, width: int, glyphs: Glyphs, focused: bool = False) -> Row:
    """``Title ─────── detail``, exactly ``width`` cells where there is room."""
    detail = shorten(detail, max(width - len(title) - 4, 0), glyphs.ellipsis)
    used = len(title) + 1 + (len(detail) + 1 if detail else 0)
    row: Row = (
        (title, "accent" if focused else "title"),
        (" ", "text"),
        (glyphs.rule * max(width - used, 0), "faint"),
    )
    return (*row, (" ", "text"), (detail, "dim")) if detail else row
