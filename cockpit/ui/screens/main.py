"""The screen: header, panels by the terminal's size, status line, and what is over it.

Questions and the list of keys are drawn over the panels, below the header, which stays in
sight and goes on living; so does everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.screen import Screen

from cockpit.ui import layout
from cockpit.ui.grid import Grid
from cockpit.ui.layout import Rect
from cockpit.ui.panels import PANELS
from cockpit.ui.panels.base import Panel
from cockpit.ui.render import alert, footer, header, latency, overlay, small, tabs
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene
from cockpit.ui.themes import Theme, css_colour

TITLES: dict[str, str] = {panel.NAME: panel.TITLE for panel in PANELS}
_PROMPT_WIDTH = 62


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

    def compose(self) -> ComposeResult:
        for name in ("header", "alert", "tabs", "small", "footer", "edge"):
            yield Grid(self._theme, id=name)
        for panel in PANELS:
            yield panel(self._theme, id=panel.NAME)
        yield Grid(self._theme, id="over")

    def on_mount(self) -> None:
        self.wear(self._theme)
        self._ready()

    def wear(self, theme: Theme) -> None:
        """Draw everything anew in another theme."""
        self._theme = theme
        self.styles.background = css_colour(self._theme.background)
        self.styles.color = css_colour(self._theme.foreground)
        for grid in self.query(Grid):
            grid.wear(theme)

    def part(self, name: str) -> Grid:
        """The grid of a panel, or header, alert, tabs, small, footer, over."""
        return self.query_one(f"#{name}", Grid)

    @property
    def placed(self) -> dict[str, Rect]:
        """What is shown, and where."""
        return dict(self._placed)

    def paint(self, scene: Scene) -> list[str]:
        """Draw a frame; what could not be drawn is returned in words."""
        width, height = self.size
        scene.layout = layout.kind(width, height)
        panels = layout.BY_NAME[scene.screen].panels
        if scene.focus not in panels:
            scene.focus = panels[0]
        over = self._over(scene, width, height)
        self._place(self._plan(scene, over, width, height))
        scene.placed = tuple(name for name in self._placed if name in TITLES)
        failures: list[str] = []
        for name, rect in self._placed.items():
            grid = self.part(name)
            if isinstance(grid, Panel):
                if failure := grid.paint(scene, rect.width, rect.height):
                    failures.append(f"panel {name}: {failure}")
            else:
                rows = over if name == "over" else self._rows(name, scene)
                grid.show(rows, rect.width, rect.height)
        return failures

    def _rows(self, name: str, scene: Scene) -> Rows:
        width, height = self.size
        match name:
            case "header":
                return header.render(scene, width)
            case "alert":
                return [alert.render(scene, width)]
            case "tabs":
                titles = [(n, TITLES[n]) for n in layout.BY_NAME[scene.screen].panels]
                return [tabs.render(titles, scene.focus, width)]
            case "edge":
                edge = (scene.glyphs.edge, header.edge_style(scene))
                return [(edge,)] * height
            case "small":
                return small.render(scene, width, height)
        return [footer.render(scene, width)]

    def _over(self, scene: Scene, width: int, height: int) -> Rows:
        if scene.layout == "tiny":
            return []
        if scene.prompt:
            return overlay.prompt_rows(scene, scene.prompt, min(_PROMPT_WIDTH, width - 4))
        room = height - header.HEIGHT - 1
        if scene.dialog:
            return scene.dialog.rows(scene, width, room)
        if scene.helping:
            return overlay.help_rows(scene, width if width < 100 else 96, room)
        return []

    def panel(self, name: str) -> Panel:
        """A panel by its name."""
        return self.query_one(f"#{name}", Panel)

    def _plan(self, scene: Scene, over: Rows, width: int, height: int) -> dict[str, Rect]:
        if scene.layout == "tiny":
            return {"small": Rect(0, 0, width, height)}
        plan = {"header": Rect(0, 0, width, header.HEIGHT)}
        top = header.HEIGHT
        if scene.config_errors:
            plan["alert"] = Rect(0, top, width, 1)
            top += 1
        if scene.layout == "one":
            plan["tabs"] = Rect(0, top, width, 1)
            top += 1
        else:
            top += 1  # air
        plan["edge"] = Rect(0, top, 1, height - 1 - top)
        plan["footer"] = Rect(0, height - 1, width, 1)
        # A line of air above the keys, where there is room for it.
        bottom = height - (2 if scene.layout != "one" and height >= 30 else 1)
        needs = layout.Needs(
            strategies=len(list(scene.slots())),
            symbols=len(scene.symbols),
            latency=latency.rows_wanted(scene) + 1,
        )
        plan |= layout.arrange(
            layout.BY_NAME[scene.screen],
            scene.hidden,
            width,
            top,
            bottom,
            scene.focus,
            needs,
            scene.layout,
            scene.maximised,
        )
        if over:
            across = sum(len(text) for text, _ in over[0])
            room = height - 1 - header.HEIGHT
            down = header.HEIGHT + max((room - len(over)) // 2, 0)
            plan["over"] = Rect((width - across) // 2, down, across, min(len(over), room))
        return plan

    def _place(self, plan: dict[str, Rect]) -> None:
        """Move grids only when their place changes: it costs a layout."""
        if plan == self._placed:
            return
        for grid in self.query(Grid):
            rect = plan.get(grid.id or "")
            grid.display = rect is not None
            if rect is None or rect == self._placed.get(grid.id or ""):
                continue
            grid.styles.offset = (rect.x, rect.y)
            grid.styles.width = rect.width
            grid.styles.height = rect.height
        self._placed = plan
