"""Our latest trades."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import fills
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class FillsPanel(Panel):
    NAME = "fills"
    TITLE = "Fills"

    def detail(self, scene: Scene) -> str:
        return fills.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return fills.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return fills.render(scene, width, height)
