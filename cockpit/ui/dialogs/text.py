"""Something to read over the panels; the keys of the screen go on working."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene

_WIDTH = 84


class Text:
    """Rows made anew with every frame: what they say stays true. Esc leaves."""

    takes_letters = False

    def __init__(self, title: str, body: Callable[[Scene, int], Rows]) -> None:
        self._title = title
        self._body = body

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        across = min(_WIDTH, width - 2)
        body = self._body(scene, across - 4)
        return box(
            self._title, [*body, (), (("Esc leaves", "dim"),)], across, scene.glyphs
        )

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key in ("escape", "enter"):
            scene.dialog = None
            return True
        return False
