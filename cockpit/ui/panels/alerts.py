"""What the rules have found."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import alerts
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class AlertsPanel(Panel):
    NAME = "alerts"
    TITLE = "Alerts"

    def detail(self, scene: Scene) -> str:
        return alerts.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return alerts.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return alerts.render(scene, width, height)
