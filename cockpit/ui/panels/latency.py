"""Hops, threads and queues."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import latency
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class LatencyPanel(Panel):
    NAME = "latency"
    TITLE = "Latency"

    def detail(self, scene: Scene) -> str:
        return latency.detail(scene)

    def view(self, scene: Scene, width: int) -> View:
        return latency.view(scene, width)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return latency.render(scene, width, height)
