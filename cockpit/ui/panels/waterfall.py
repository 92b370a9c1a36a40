"""The way of one order."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import waterfall
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class WaterfallPanel(Panel):
    NAME = "waterfall"
    TITLE = "One order"

    def detail(self, scene: Scene) -> str:
        return waterfall.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return waterfall.render(scene, width, height)
