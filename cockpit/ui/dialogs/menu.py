"""A list to choose from: the palette, places to go, modes of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, clean, length, settle, shorten
from cockpit.ui.scene import Scene

_WIDTH = 92
_ROWS = 18
"""Choices shown at once, however high the terminal: below them one sees the market."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu."""

    label: str
    act: Callable[[], None]
    key: str = ""
    """Shown beside it; in a menu without typing it also chooses."""
    refusal: str = ""
    """Why it cannot be chosen now."""


class Menu:
    """Choices; with ``typing`` letters narrow them down, else they choose."""

    def __init__(
        self,
        title: str,
        choices: Callable[[Scene], list[Choice]],
        *,
        typing: bool = False,
        width: int = _WIDTH,
    ) -> None:
        self.takes_letters = typing
        self.typed = ""
        self.at = 0
        self._title = title
        self._choices = choices
        self._width = width

    def found(self, scene: Scene) -> list[Choice]:
        """What the letters typed leave, in order; every word must be in it."""
        words = self.typed.lower().split()
        return [
            choice
            for choice in self._choices(scene)
            if all(word in f"{choice.label} {choice.key}".lower() for word in words)
        ]

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        across = min(self._width, width - 2)
        inner = across - 4
        found = self.found(scene)
        self.at = min(self.at, max(len(found) - 1, 0))
        room = min(len(self._choices(scene)), height - 2 - 2 * self.takes_letters)
        room = max(min(room, _ROWS) if self.takes_letters else room, 1)
        top = max(self.at - room + 1, 0)
        body: Rows = []
        if self.takes_letters:
            cursor = (scene.glyphs.cursor, "accent")
            body = [(("> ", "dim"), (self.typed, "strong"), cursor),
                    ()]  # fmt: skip
        keys = max((len(choice.key) for choice in found), default=0)
        for number, choice in enumerate(found[top : top + room], top):
            body.append(_line(scene, choice, number == self.at, inner, keys))
        if not found:
            body.append((("nothing is called that", "dim"),))
        body += [()] * (room - max(len(found), 1))
        return box(self._title, body, across, scene.glyphs)

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        found = self.found(scene)
        if key == "escape":
            scene.dialog = None
        elif key in ("up", "down", "pageup", "pagedown"):
            step = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}[key]
            self.at = min(max(self.at + step, 0), max(len(found) - 1, 0))
        elif key == "enter":
            if found:
                self._choose(scene, found[self.at])
        elif self.takes_letters:
            if key == "backspace":
                self.typed = self.typed[:-1]
            elif character and character.isprintable():
                self.typed = clean(self.typed + character)[:40]
            else:
                return False
            self.at = 0
        else:
            for choice in found:
                if character and choice.key == character:
                    self._choose(scene, choice)
                    return True
            return False
        return True

    def _choose(self, scene: Scene, choice: Choice) -> None:
        if choice.refusal:
            scene.say(f"{choice.label}: {choice.refusal}", "warn")
            return
        scene.dialog = None
        try:
            choice.act()
        except Exception as error:
            scene.say(f"{choice.label}: {error}", "bad")


def _line(scene: Scene, choice: Choice, here: bool, width: int, keys: int) -> Row:
    mark = "|row" if here else ""
    dim = bool(choice.refusal)
    note = f"  {choice.refusal}" if choice.refusal else ""
    room = width - keys - 3
    label = shorten(choice.label, room, scene.glyphs.ellipsis)
    row: Row = (
        (choice.key.rjust(keys), ("faint" if dim else "key") + mark),
        ("  ", "text" + mark),
        (label, ("dim" if dim else "text") + mark),
        (shorten(note, max(room - len(label), 0), scene.glyphs.ellipsis), "warn" + mark),
    )
    if here:
        row = (*row, (" " * max(width - length(row), 0), "text" + mark))
    return settle(row, width)
