"""The screen as Textual sees it: a grid for each part of a frame, and where it stands."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import Screen

from cockpit.ui import painting
from cockpit.ui.frame import PARTS, compose
from cockpit.ui.grid import Grid
from cockpit.ui.layout import Rect
from cockpit.ui.scene import Scene
from cockpit.ui.themes import Theme, css_colour


class MainScreen(Screen[None], inherit_bindings=False):
    """Places the grids and hands each its rows."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    MainScreen { layers: base over; overflow: hidden; }
    MainScreen Grid { position: absolute; layer: base; }
    MainScreen #over { layer: over; }
    """

    def __init__(self, theme: Theme, ready: Callable[[], None]) -> None:
        super().__init__()
        self._theme = theme
        self._ready = ready
        self._placed: dict[str, Rect] = {}
        self._grids = {name: Grid(theme, id=name) for name in PARTS}

    def compose(self) -> ComposeResult:
        yield from self._grids.values()

    def on_mount(self) -> None:
        self.wear(self._theme)
        self._ready()

    def wear(self, theme: Theme) -> None:
        """Draw everything anew in another theme."""
        self._theme = theme
        self.styles.background = css_colour(self._theme.background)
        self.styles.color = css_colour(self._theme.foreground)
        for grid in self._grids.values():
            grid.wear(theme)

    def part(self, name: str) -> Grid:
        """The grid of a panel, or header, alert, tabs, small, footer, over."""
        return self._grids[name]

    @property
    def placed(self) -> dict[str, Rect]:
        """What is shown, and where."""
        return dict(self._placed)

    def paint(self, scene: Scene) -> list[str]:
        """Draw a frame; what could not be drawn is returned in words."""
        width, height = self.size
        frame = compose(scene, width, height)
        # Where something lies over the panels, or moves, Textual knows what is seen.
        straight = frame.placed == self._placed and "over" not in frame.placed
        straight = straight and painting.can_write(self)
        self._place(frame.placed)
        pieces: list[painting.Piece] = []
        for name, rect in frame.placed.items():
            grid = self._grids[name]
            regions = grid.take(frame.rows[name], rect.width, rect.height)
            if regions is None:
                grid.refresh()
            elif straight:
                painting.forget(grid, regions)
                pieces += (
                    (rect.y + region.y, rect.x + region.x, grid.part(region))
                    for region in regions
                )
            elif regions:
                grid.refresh(*regions)
        if pieces:
            painting.write(self, pieces, self._theme.look)
        return frame.failures

    def _place(self, plan: dict[str, Rect]) -> None:
        """Move grids only when their place changes: it costs a layout."""
        if plan == self._placed:
            return
        for name, grid in self._grids.items():
            rect = plan.get(name)
            grid.display = rect is not None
            if rect is None or rect == self._placed.get(name):
                continue
            grid.styles.offset = (rect.x, rect.y)
            grid.styles.width = rect.width
            grid.styles.height = rect.height
        self._placed = plan
