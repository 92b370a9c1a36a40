"""What is held, by symbol."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import positions
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class PositionsPanel(Panel):
    NAME = "positions"
    TITLE = "Positions"

    def detail(self, scene: Scene) -> str:
        return positions.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return positions.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return positions.render(scene, width, height)
