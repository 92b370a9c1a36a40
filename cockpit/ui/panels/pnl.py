"""The result as a curve."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import pnl
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class PnlPanel(Panel):
    NAME = "pnl"
    TITLE = "P&L"

    def detail(self, scene: Scene) -> str:
        return pnl.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return pnl.render(scene, width, height)
