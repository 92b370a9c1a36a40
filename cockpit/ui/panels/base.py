"""A panel: a heading and what its render module draws below."""

from __future__ import annotations

from typing import ClassVar

from cockpit.ui.render import heading, listing
from cockpit.ui.render.number import LATE_S, STALE_S
from cockpit.ui.render.table import View
from cockpit.ui.render.text import Rows, clean, paragraph, settle
from cockpit.ui.scene import Scene


class Panel:
    """Subclasses name themselves and point at their drawing."""

    NAME: ClassVar[str]
    TITLE: ClassVar[str]

    def detail(self, scene: Scene) -> str:
        """What the heading says on its right."""
        return ""

    def view(self, scene: Scene, width: int) -> View | None:
        """What it shows as rows that can be walked, sorted and exported, if it does."""
        return None

    def age(self, scene: Scene) -> float:
        """Seconds for which what it shows has not been renewed."""
        return scene.picture_age

    def body(self, scene: Scene, width: int, height: int) -> Rows:
        raise NotImplementedError

    def rows(self, scene: Scene, width: int, height: int) -> tuple[Rows, str]:
        """``scene`` drawn. What goes wrong is shown in the panel, and returned."""
        failure = ""
        try:
            detail = self._searched(
                scene, self._filtered(scene, self.detail(scene)), width
            )
            if scene.starting and self.NAME not in ("log", "alerts"):
                body = paragraph("Waiting for the first picture of the core.", width)
            else:
                body = self.body(scene, width, max(height - 1, 0))
                body = aged(body, self.age(scene), width)
        except Exception as error:
            # Drawing must never reach trading: say so and go on with the next panel.
            failure = clean(f"{type(error).__name__}: {error}")
            detail = "not drawn"
            body = paragraph(f"This panel cannot be drawn ({failure}). Trading goes on.",
                             width, "bad")  # fmt: skip
        # One panel at a time: its name is in the row of tabs above.
        title = "" if scene.layout == "one" else self.TITLE
        focused = scene.focus == self.NAME and scene.layout != "one"
        head = heading.render(title, detail, width, scene.glyphs, focused)
        return [head, *body], failure

    def _filtered(self, scene: Scene, detail: str) -> str:
        wanted = scene.filters.get(self.NAME)
        if not wanted or self.NAME == "log":
            return detail
        return ", ".join(filter(None, (detail, f"with {clean(wanted)!r}")))

    def _searched(self, scene: Scene, detail: str, width: int) -> str:
        if not scene.search or scene.searched != self.NAME or self.NAME == "log":
            return detail
        view = self.view(scene, width)
        lines = listing.chosen(scene, self.NAME, view) if view else []
        count = sum(listing.is_found(scene, self.NAME, line) for line in lines)
        said = f"{count} times {clean(scene.search)!r}"
        return ", ".join(filter(None, (detail, said)))


def aged(rows: Rows, age: float, width: int) -> Rows:
    """Dimmed from two seconds on, striped from five."""
    if age < STALE_S:
        return rows
    dimmed: Rows = [tuple((text, "stale") for text, _ in row) for row in rows]
    if age < LATE_S:
        return dimmed
    return [
        tuple((text, "stale|stripe") for text, _ in settle(row, width)) if y % 2 else row
        for y, row in enumerate(dimmed)
    ]
