"""What a strategy is set to."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import parameters
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class ParametersPanel(Panel):
    NAME = "parameters"
    TITLE = "Parameters"

    def detail(self, scene: Scene) -> str:
        return parameters.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return parameters.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return parameters.render(scene, width, height)
