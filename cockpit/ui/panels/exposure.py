"""What the positions could lose, and where the day's profit came from."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import exposure
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class ExposurePanel(Panel):
    NAME = "exposure"
    TITLE = "Exposure"

    def detail(self, scene: Scene) -> str:
        return exposure.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return exposure.render(scene, width, height)
