"""Rates a second."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import throughput
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class ThroughputPanel(Panel):
    NAME = "throughput"
    TITLE = "Throughput"

    def detail(self, scene: Scene) -> str:
        return throughput.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return throughput.render(scene, width, height)
