"""The limits, and how near they are."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import risk
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class RiskPanel(Panel):
    NAME = "risk"
    TITLE = "Risk"

    def detail(self, scene: Scene) -> str:
        return risk.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return risk.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return risk.render(scene, width, height)
