"""Threads, queues, journal and stalls."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import health
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class HealthPanel(Panel):
    NAME = "health"
    TITLE = "Health"

    def detail(self, scene: Scene) -> str:
        return health.detail(scene)

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return health.render(scene, width, height)
