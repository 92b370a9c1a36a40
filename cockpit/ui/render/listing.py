"""Rows that can be filtered, sorted and walked through: what every table panel shares."""

from __future__ import annotations

from typing import Any

from cockpit.ui.render.table import Line, View, table
from cockpit.ui.render.text import Row, Rows, paragraph
from cockpit.ui.scene import Scene

CURSOR = "|row"
"""Added to a style's name: the same, on the ground of the chosen row."""


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers before words, none last."""
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, (int, float)):
        return (0, float(value), "")
    return (1, 0.0, str(value).lower())


def chosen(scene: Scene, name: str, view: View) -> list[Line]:
    """The lines of a panel as the operator wants them: filtered, then sorted."""
    lines = view.lines
    if wanted := scene.filters.get(name, "").lower():
        lines = [
            line
            for line in lines
            if any(wanted in text.lower() for text, _ in line.cells)
        ]
    if name in scene.sorting:
        title, descending = scene.sorting[name]
        titles = [column.title for column in view.columns]
        if title in titles:
            at = titles.index(title)
            lines = sorted(lines, key=lambda line: _order(line.values[at]))
            if descending:
                lines.reverse()
    return lines


def at_cursor(scene: Scene, name: str, view: View) -> Line | None:
    """The line the cursor is on."""
    key = scene.cursor.get(name)
    return next((line for line in view.lines if line.key == key), None)


def move(scene: Scene, name: str, view: View, step: int) -> None:
    """The cursor so many lines on; at the ends it stays."""
    lines = chosen(scene, name, view)
    if not lines:
        return
    keys = [line.key for line in lines]
    at = keys.index(scene.cursor[name]) + step if scene.cursor.get(name) in keys else 0
    scene.cursor[name] = keys[min(max(at, 0), len(keys) - 1)]


def draw(
    scene: Scene, name: str, view: View, width: int, height: int, *, tail: bool = True
) -> Rows:
    """Head and lines; the line of the cursor is always among them.

    With ``tail`` the last row says how many lines there is no room for.
    """
    lines = chosen(scene, name, view)
    if not lines:
        text = view.empty
        if view.lines:
            text = f"Nothing here has {scene.filters[name]!r} in it. Esc shows all again."
        return paragraph(text, width)[:height]
    room = max(height - 1, 0)
    keys = [line.key for line in lines]
    cursor = scene.cursor.get(name)
    at = keys.index(cursor) if cursor in keys and scene.focus == name else None
    first = 0
    if at is not None and at >= room:
        first = at - room + 1
    rows = table(view.columns, [line.cells for line in lines], width)
    head, body = rows[0], rows[1:]
    if at is not None:
        body[at] = _marked(body[at], width)
    body = body[first : first + room]
    if tail and first == 0 and at is None and len(lines) > room > 1:
        missing = len(lines) - room + 1
        body[-1] = ((f"{scene.glyphs.ellipsis} {missing} more", "dim"),)
    return [_sorted_head(scene, name, view, head), *body][:height]


def _marked(row: Row, width: int) -> Row:
    length = sum(len(text) for text, _ in row)
    padded = (*row, (" " * max(width - length, 0), "text"))
    return tuple((text, style + CURSOR) for text, style in padded)


def _sorted_head(scene: Scene, name: str, view: View, head: Row) -> Row:
    """The title of the column sorted by stands out."""
    if name not in scene.sorting:
        return head
    title = scene.sorting[name][0]
    return tuple((t, "key" if t.strip() == title else style) for t, style in head)
