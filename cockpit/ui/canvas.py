"""The one widget: the parts of a frame where they stand, as lines across the terminal.

That nothing is a widget of its own spares Textual a layout whenever something opens,
closes or moves: all it ever learns is which cells are different.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from rich.segment import Segment as RichSegment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cockpit.ui import painting
from cockpit.ui.frame import PARTS, Frame
from cockpit.ui.grid import Grid, Run, changes, piece
from cockpit.ui.layout import Rect
from cockpit.ui.render.text import Row, Segment
from cockpit.ui.themes import Theme

_AIR = "air"
"""The style between parts: of the screen itself."""


class Canvas(Widget):
    """Give it frames with :meth:`paint`."""

    DEFAULT_CSS = "Canvas { width: 100%; height: 100%; }"
    ALLOW_SELECT = False

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.grids = {name: Grid() for name in PARTS}
        self.placed: dict[str, Rect] = {}
        self._across: list[list[tuple[Rect, Grid]]] = []
        """By line: the parts on it from left to right, without what lies over them."""
        self._width = 0
        self._lost = True

    def wear(self, theme: Theme) -> None:
        """Draw in another theme from now on."""
        self._lost = self._lost or theme is not self._theme
        self._theme = theme
        self.refresh()

    def lose(self) -> None:
        """What was drawn is not on the terminal any more."""
        self._lost = True

    def adopt(self, frame: Frame, width: int, height: int) -> None:
        """Take a frame as drawn that is on the terminal already."""
        for name, rect in frame.placed.items():
            self.grids[name].take(frame.rows[name], rect.width, rect.height)
        self._place(frame.placed, width, height)
        self._lost = False

    def paint(self, frame: Frame, width: int, height: int) -> None:
        """Show a frame: write what is different, or have Textual draw it."""
        if self._lost or (width, height) != (self._width, len(self._across)):
            self.adopt(frame, width, height)
            runs = [((y, 0, width), self.line(y)) for y in range(height)]
        else:
            runs = self._changed(frame, width, height)
        if runs:
            self._show(runs)

    def _changed(self, frame: Frame, width: int, height: int) -> list[tuple[Run, Row]]:
        """Take a frame; what is different, with the cells that are there now."""
        was, over = self.placed.get("over"), frame.placed.get("over")
        compared: Collection[int] = ()
        if _below(frame.placed) != _below(self.placed):
            compared = range(height)
        elif was and over and was != over:
            compared = {*_lines(was), *_lines(over)}
        before = {y: self.line(y) for y in compared}
        runs: list[tuple[Run, Row]] = []
        for name, rect in frame.placed.items():
            grid = self.grids[name]
            found = grid.take(frame.rows[name], rect.width, rect.height) or ()
            for y, x, end in found if name != "over" or was == over else ():
                if (line := rect.y + y) in before:
                    continue
                for start, stop in _seen(
                    line, rect.x + x, rect.x + end, over or was, name
                ):
                    cells = piece(grid.rows[y], start - rect.x, stop - rect.x)
                    runs.append(((line, start, stop), cells))
        if frame.placed != self.placed:
            self._place(frame.placed, width, height)
        for y, old in before.items():
            new = self.line(y)
            runs += (((y, x, end), piece(new, x, end)) for x, end in changes(old, new))
        # What opens or closes is written whole: it has little in common with what is
        # below it, and comparing them cell by cell takes as long as all the rest.
        if not before and was != over and (box := over or was):
            x, end = box.x, box.x + box.width
            runs += (((y, x, end), piece(self.line(y), x, end)) for y in _lines(box))
        return runs

    def _show(self, runs: list[tuple[Run, Row]]) -> None:
        regions = [Region(x, y, end - x, 1) for (y, x, end), _ in runs]
        if painting.can_write(self.screen):
            painting.forget(self, regions)
            pieces = [(y, x, row) for (y, x, _), row in runs]
            painting.write(self.screen, pieces, self._look)
        elif painting.EXACT_SPANS:
            self.refresh(*regions)
        else:
            lines = sorted({region.y for region in regions})
            self.refresh(*(Region(0, y, self._width, 1) for y in lines))

    def _look(self, style: str) -> Style:
        return self._theme.look("text" if style == _AIR else style)

    def _place(self, placed: dict[str, Rect], width: int, height: int) -> None:
        self.placed, self._width = placed, width
        for name, grid in self.grids.items():
            grid.display = name in placed
        self._across = [[] for _ in range(height)]
        for name, rect in sorted(placed.items(), key=lambda item: item[1].x):
            if name == "over":
                continue
            for y in range(rect.y, min(rect.y + rect.height, height)):
                self._across[y].append((rect, self.grids[name]))

    def line(self, y: int) -> Row:
        """A whole line of the terminal."""
        found: list[Segment] = []
        x = 0
        for rect, grid in self._across[y]:
            if rect.x > x:
                found.append((" " * (rect.x - x), _AIR))
            found += grid.rows[y - rect.y]
            x = rect.x + rect.width
        if x < self._width:
            found.append((" " * (self._width - x), _AIR))
        over = self.placed.get("over")
        if over is None or not over.y <= y < over.y + over.height:
            return tuple(found)
        row, right = tuple(found), over.x + over.width
        return (
            *piece(row, 0, over.x),
            *self.grids["over"].rows[y - over.y],
            *piece(row, right, self._width),
        )

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._across) or width != self._width:
            return Strip.blank(width, self.rich_style)
        air, line = self.rich_style, self.line(y)
        segments = [
            RichSegment(text, air if style == _AIR else self._theme.look(style))
            for start, end in pairwise(self._edges(y))
            for text, style in piece(line, start, end)
        ]
        return Strip(segments, width)

    def _edges(self, y: int) -> list[int]:
        """Where a part begins or ends, also below another: pictures are cut there."""
        rects = [rect for rect, _ in self._across[y]]
        over = self.placed.get("over")
        if over is not None and over.y <= y < over.y + over.height:
            rects.append(over)
        edges = {edge for rect in rects for edge in (rect.x, rect.x + rect.width)}
        return sorted(edges | {0, self._width})


def _below(placed: dict[str, Rect]) -> dict[str, Rect]:
    """What stands where, without what lies over it."""
    return {name: rect for name, rect in placed.items() if name != "over"}


def _lines(rect: Rect) -> range:
    return range(rect.y, rect.y + rect.height)


def _seen(
    y: int, start: int, end: int, over: Rect | None, name: str
) -> list[tuple[int, int]]:
    """What of a run of cells is not covered."""
    if over is None or name == "over" or not over.y <= y < over.y + over.height:
        return [(start, end)]
    right = over.x + over.width
    found = (start, min(end, over.x)), (max(start, right), end)
    return [(x, stop) for x, stop in found if x < stop]
