"""Our orders at the venue."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import working
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class WorkingPanel(Panel):
    NAME = "working"
    TITLE = "Orders"

    def detail(self, scene: Scene) -> str:
        return working.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return working.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return working.render(scene, width, height)
