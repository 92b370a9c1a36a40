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


def is_found(scene: Scene, name: str, line: Line) -> bool:
    """Has the line what is searched for in this panel?"""
    if not scene.search or scene.searched != name:
        return False
    wanted = scene.search.lower()
    return any(wanted in text.lower() for text, _ in line.cells)


def seek(scene: Scene, name: str, view: View, step: int) -> bool:
    """The cursor to the next line that is found, from the end on to the beginning; with
    ``step`` 0 it stays where one is found. False when there is none."""
    lines = chosen(scene, name, view)
    keys = [line.key for line in lines]
    cursor = scene.cursor.get(name)
    at = keys.index(cursor) if cursor in keys else 0
    if cursor not in keys:
        step = 0
    order = [(at + step + offset) % len(lines) for offset in range(len(lines))]
    for place in order:
        if is_found(scene, name, lines[place]):
            scene.cursor[name] = keys[place]
            return True
    return False


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
    for place, line in enumerate(lines):
        if place == at:
            body[place] = _marked(body[place], width)
        elif is_found(scene, name, line):
            body[place] = _found(body[place])
    body = body[first : first + room]
    if tail and first == 0 and at is None and len(lines) > room > 1:
        missing = len(lines) - room + 1
        body[-1] = ((f"{scene.glyphs.ellipsis} {missing} more", "dim"),)
    return [_sorted_head(scene, name, view, head), *body][:height]


def _found(row: Row) -> Row:
    return tuple((text, style + CURSOR if text.strip() else style) for text, style in row)


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
