"""Where a tape or a recording stands."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.render import playback
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene


class PlaybackPanel(Panel):
    NAME = "playback"
    TITLE = "Playback"

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        return playback.render(scene, width, height)
