"""One line of text from the operator: what to search for, what to filter by."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Rows, clean
from cockpit.ui.scene import Scene

_WIDTH = 56
_LENGTH_MAX = 40


class Line:
    """Every letter is handed on as it is typed; Esc takes it all back."""

    takes_letters = True

    def __init__(
        self, title: str, hint: str, typed: str, take: Callable[[str], None]
    ) -> None:
        self.typed = typed
        self._title = title
        self._hint = hint
        self._take = take

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        body: Rows = [
            (("> ", "dim"), (self.typed, "strong"), (scene.glyphs.cursor, "accent")),
            ((self._hint, "dim"),),
        ]
        return box(self._title, body, min(_WIDTH, width - 2), scene.glyphs)

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key == "escape":
            self.typed = ""
            scene.dialog = None
        elif key == "enter":
            scene.dialog = None
        elif key == "backspace":
            self.typed = self.typed[:-1]
        elif character and character.isprintable():
            self.typed = clean(self.typed + character)[:_LENGTH_MAX]
        else:
            return False
        self._take(self.typed)
        return True
