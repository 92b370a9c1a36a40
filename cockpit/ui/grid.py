"""The widget everything is drawn with: rows of segments, refreshed where they changed.

Textual compares nothing with the last frame: what is refreshed is sent. So the grid
compares, and an unchanged frame costs no byte.
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
    for x, (before, after) in enumerate(zip(_cells(old), _cells(new), strict=True)):
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

    def show(self, rows: Rows, width: int, height: int) -> None:
        """Show ``rows`` in ``width`` x ``height``: the place the grid has or will get."""
        padded = [*rows[:height], *[BLANK] * (height - len(rows))]
        settled = [settle(row, width) for row in padded]
        before, self._rows = self._rows, settled
        if width != self._width or len(before) != height:
            self._width = width
            self.refresh()
            return
        regions: list[Region] = []
        for y, (old, new) in enumerate(zip(before, settled, strict=True)):
            if not (runs := changes(old, new)):
                continue
            if not painting.EXACT_SPANS:
                runs = [(runs[0][0], runs[-1][1])]
            regions += (Region(x, y, end - x, 1) for x, end in runs)
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        look = self._theme.look
        row = self._rows[y] if y < len(self._rows) else BLANK
        row = settle(row, self.size.width)
        segments = [RichSegment(text, look(style)) for text, style in row]
        return Strip(segments, self.size.width)
