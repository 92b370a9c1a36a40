"""The book of the symbol that is selected."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import ladder
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class LadderPanel(Panel):
    NAME = "ladder"
    TITLE = "Ladder"

    def detail(self, scene: Scene) -> str:
        return ladder.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return ladder.render(scene, width, height)
