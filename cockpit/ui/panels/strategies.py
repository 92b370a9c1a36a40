"""The strategies and their keys."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import strategies
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class StrategiesPanel(Panel):
    NAME = "strategies"
    TITLE = "Strategies"

    def detail(self, scene: Scene) -> str:
        return strategies.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return strategies.render(scene, width, height)
