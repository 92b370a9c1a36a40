"""What happened."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import log
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class LogPanel(Panel):
    NAME = "log"
    TITLE = "Log"

    def detail(self, scene: Scene) -> str:
        return log.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return log.view(scene, width)

    def age(self, scene: Scene) -> float:
        return 0.0  # what happened stays so

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return log.render(scene, width, height)
