"""The widget everything is drawn with: rows of segments, refreshed where they changed.

Textual compares nothing with the last frame: what is refreshed is sent. So the grid
compares, and an unchanged frame costs no byte. Nor is a row made anew whose drawing is
as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment as RichSegment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cockpit.ui import painting
from cockpit.ui.render.text import BLANK, Row, Rows, settle
from cockpit.ui.themes import Theme

_JOIN = 6
"""Unchanged cells between two changes that are sent too: a cursor move costs as much."""


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


class Grid(Widget):
    """Rows of a fixed pitch. Give it rows with :meth:`show`."""

    DEFAULT_CSS = "Grid { width: 1fr; height: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, theme: Theme, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._theme = theme
        self._rows: Rows = []
        self._drawn: Rows = []
        """The rows as they were given, of which the others were made."""
        self._width = 0

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self._rows

    @property
    def text(self) -> str:
        """What is shown, as lines without style."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)

    def wear(self, theme: Theme) -> None:
        """Draw in another theme from now on."""
        self._theme = theme
        self.refresh()

    def take(self, rows: Rows, width: int, height: int) -> list[Region] | None:
        """Have ``rows`` in ``width`` x ``height``, the place the grid has or will get.

        What is different now, to be refreshed or written; None: everything.
        """
        before, drawn = self._rows, self._drawn
        self._drawn = padded = [*rows[:height], *[BLANK] * (height - len(rows))]
        if width != self._width or len(before) != height:
            self._rows = [settle(row, width) for row in padded]
            self._width = width
            return None
        self._rows = list(before)
        regions: list[Region] = []
        for y, row in enumerate(padded):
            if row == drawn[y]:
                continue
            self._rows[y] = new = settle(row, width)
            if not (runs := changes(before[y], new)):
                continue
            if not painting.EXACT_SPANS:
                runs = [(runs[0][0], runs[-1][1])]
            regions += (Region(x, y, end - x, 1) for x, end in runs)
        return regions

    def part(self, region: Region) -> Row:
        """What is in a region of one row."""
        at, found = 0, []
        for text, style in self._rows[region.y]:
            piece = text[max(region.x - at, 0) : max(region.right - at, 0)]
            if piece:
                found.append((piece, style))
            at += len(text)
        return tuple(found)

    def render_line(self, y: int) -> Strip:
        look = self._theme.look
        row = self._rows[y] if y < len(self._rows) else BLANK
        row = settle(row, self.size.width)
        segments = [RichSegment(text, look(style)) for text, style in row]
        return Strip(segments, self.size.width)
