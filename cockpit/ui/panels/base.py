"""A panel: a heading and what its render module draws below."""

from __future__ import annotations

from typing import ClassVar

from cockpit.ui.grid import Grid
from cockpit.ui.render import heading
from cockpit.ui.render.text import Rows, clean, paragraph
from cockpit.ui.scene import Scene


class Panel(Grid):
    """Subclasses name themselves and point at their drawing."""

    NAME: ClassVar[str]
    TITLE: ClassVar[str]

    def detail(self, scene: Scene) -> str:
        """What the heading says on its right."""
        return ""

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        raise NotImplementedError

    def paint(self, scene: Scene, width: int, height: int) -> str:
        """Draw ``scene``. What goes wrong is shown in the panel, and returned."""
        failure = ""
        try:
            detail = self.detail(scene)
            if scene.starting and self.NAME != "log":
                body = paragraph("Waiting for the first picture of the core.", width)
            else:
                body = self.body(scene, width, max(height - 1, 0))
        except Exception as error:
            # Drawing must never reach trading: say so and go on with the next panel.
            failure = clean(f"{type(error).__name__}: {error}")
            detail = "not drawn"
            body = paragraph(f"This panel cannot be drawn ({failure}). Trading goes on.",
                             width, "bad")  # fmt: skip
        focused = scene.focus == self.NAME and scene.layout == "two"
        # One panel at a time: its name is in the row of tabs above.
        title = "" if scene.layout == "one" else self.TITLE
        head = heading.render(title, detail, width, scene.glyphs, focused)
        self.show([head, *body], width, height)
        return failure
