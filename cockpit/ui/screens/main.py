"""The screen as Textual sees it: nothing but a canvas."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import Screen

from cockpit.ui.canvas import Canvas
from cockpit.ui.frame import compose
from cockpit.ui.grid import Grid
from cockpit.ui.layout import Rect
from cockpit.ui.scene import Scene
from cockpit.ui.themes import Theme, css_colour


class MainScreen(Screen[None], inherit_bindings=False):
    """Draws a scene on the canvas."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = "MainScreen { overflow: hidden; }"

    def __init__(
        self, theme: Theme, ready: Callable[[], None], resized: Callable[[], None]
    ) -> None:
        super().__init__()
        self._theme = theme
        self._ready = ready
        self._resized = resized
        self._canvas = Canvas(theme)
        self.lose = self._canvas.lose
        self.adopt = self._canvas.adopt

    def compose(self) -> ComposeResult:
        yield self._canvas

    def on_mount(self) -> None:
        self.wear(self._theme)
        self._ready()

    def on_resize(self) -> None:
        self.call_next(self._resized)

    def wear(self, theme: Theme) -> None:
        """Draw everything anew in another theme."""
        self._theme = theme
        self.styles.background = css_colour(self._theme.background)
        self.styles.color = css_colour(self._theme.foreground)
        self._canvas.wear(theme)

    def part(self, name: str) -> Grid:
        """A panel, or header, alert, tabs, small, footer, over."""
        return self._canvas.grids[name]

    @property
    def placed(self) -> dict[str, Rect]:
        """What is shown, and where."""
        return dict(self._canvas.placed)

    def paint(self, scene: Scene) -> list[str]:
        """Draw a frame; what could not be drawn is returned in words."""
        width, height = self.size
        frame = compose(scene, width, height)
        self._canvas.paint(frame, width, height)
        return frame.failures
