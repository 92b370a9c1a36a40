"""The panels' names in one row, for terminals that show one panel at a time."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.ui.render.text import Row


def render(titles: Sequence[tuple[str, str]], focus: str, width: int) -> Row:
    """``titles`` as (name, title); the one in focus stands out. Gaps shrink to fit."""
    need = sum(len(title) for _, title in titles)
    gap = next((g for g in (3, 2, 1) if need + g * len(titles) < width), 1)
    row: Row = ()
    for name, title in titles:
        row = (
            *row,
            (" " * gap if row else " ", "text"),
            (title, "tab" if name == focus else "dim"),
        )
    return row
