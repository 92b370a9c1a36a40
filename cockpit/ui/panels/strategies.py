"""The strategies and their keys."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import strategies
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class StrategiesPanel(Panel):
    NAME = "strategies"
    TITLE = "Strategies"

    def detail(self, scene: Scene) -> str:
        return strategies.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return strategies.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return strategies.render(scene, width, height)
