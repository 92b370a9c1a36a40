"""What a part of a frame showed last, and which cells are different now.

Textual compares nothing with the last frame: what is refreshed is sent. So this compares,
and an unchanged frame costs no byte. Nor is a row made anew whose drawing is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.ui.render.text import BLANK, Row, Rows, settle

_JOIN = 6
"""Unchanged cells between two changes that are sent too: a cursor move costs as much."""

Run = tuple[int, int, int]
"""Line, first column, and the one behind the last."""


def _cells(row: Row) -> Iterator[tuple[str, str]]:
    for text, style in row:
        for character in text:
            yield character, style


def changes(old: Row, new: Row, join: int = _JOIN) -> list[tuple[int, int]]:
    """The runs (start, end) of cells in which two rows of equal length differ."""
    runs: list[tuple[int, int]] = []
    if old == new:
        return runs
    # Most of a row is as it was: segments that are equal need no look at their cells.
    first = start = last = 0
    most = min(len(old), len(new))
    while first < most and old[first] == new[first]:
        start += len(old[first][0])
        first += 1
    while last < most - first and old[-1 - last] == new[-1 - last]:
        last += 1
    cells = zip(
        _cells(old[first : len(old) - last]),
        _cells(new[first : len(new) - last]),
        strict=True,
    )
    for x, (before, after) in enumerate(cells, start):
        if before == after:
            continue
        if runs and x - runs[-1][1] <= join:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def piece(row: Row, start: int, end: int) -> Row:
    """The cells of a row from ``start`` to before ``end``."""
    at, found = 0, []
    for text, style in row:
        behind = at + len(text)
        if behind > start:
            if at >= end:
                break
            whole = at >= start and behind <= end
            inside = text if whole else text[max(start - at, 0) : end - at]
            found.append((inside, style))
        at = behind
    return tuple(found)


class Grid:
    """Rows of a fixed pitch."""

    def __init__(self) -> None:
        self.display = False
        """It has a place."""
        self._rows: Rows = []
        self._drawn: Rows = []
        """The rows as they were given, of which the others were made."""
        self._width = 0

    @property
    def rows(self) -> Rows:
        """What is shown, each row exactly as wide as the part."""
        return self._rows

    @property
    def text(self) -> str:
        """What is shown, as lines without style."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)

    def take(self, rows: Rows, width: int, height: int) -> list[Run] | None:
        """Have ``rows`` in ``width`` x ``height``: what is different now.

        None: everything, for it was of another size.
        """
        before, drawn = self._rows, self._drawn
        self._drawn = padded = [*rows[:height], *[BLANK] * (height - len(rows))]
        if width != self._width or len(before) != height:
            self._rows = [settle(row, width) for row in padded]
            self._width = width
            return None
        self._rows = list(before)
        runs: list[Run] = []
        for y, row in enumerate(padded):
            if row == drawn[y]:
                continue
            self._rows[y] = new = settle(row, width)
            runs += ((y, x, end) for x, end in changes(before[y], new))
        return runs
