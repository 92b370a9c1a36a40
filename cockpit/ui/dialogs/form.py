"""One value of a file, to be changed: what it means, what it may be, what it would do.

Enter first shows the line of the file before and after; Enter again writes it. What
loosens a limit asks for a word. The screen shows the new value when the core runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cockpit.control.loosening import ASKED_SECONDS
from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, clean, wrap
from cockpit.ui.scene import Scene

_WIDTH = 76
WORD = "loosen"


class Change(Protocol):
    """A change of a file that is checked and not yet made."""

    @property
    def text(self) -> str: ...

    @property
    def loosens(self) -> bool: ...

    @property
    def lines(self) -> tuple[str, str]:
        """What differs in the file, before and after: mostly one line, or none."""


class Form:
    """``plan`` makes a change of what was typed, or raises; ``write`` makes it so.

    A desk elsewhere is asked: then ``plan`` gives None until it has answered, and is
    called again with each frame.
    """

    takes_letters = True

    def __init__(
        self,
        title: str,
        facts: list[tuple[str, str]],
        plan: Callable[[str], Change | None],
        write: Callable[[Change], None],
    ) -> None:
        self.typed = ""
        self.word = ""
        self.change: Change | None = None
        self.problem = ""
        self._waits = False
        self._title = title
        self._facts = facts
        self._plan = plan
        self._write = write

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        if self._waits:
            self._plan_it()
        across = min(_WIDTH, width - 2)
        inner = across - 4
        body: Rows = []
        for name, text in self._facts:
            for number, line in enumerate(wrap(text, inner - 12)):
                body.append(((("" if number else name).ljust(12), "dim"), (line, "text")))
        body += [(), self._input(scene)]
        if self.problem:
            body += [((line, "bad"),) for line in wrap(self.problem, inner)]
        if self.change is not None:
            before, after = self.change.lines
            body.append(())
            body += [((f"- {line}", "down"),) for line in before.splitlines()]
            body += [((f"+ {line}", "up"),) for line in after.splitlines()]
            if self.change.loosens:
                within = f"within {ASKED_SECONDS:g} s type {WORD}, Enter: "
                text = f"This loosens a limit: {within}"
                typed: Row = ((self.word, "strong"), (scene.glyphs.cursor, "accent"))
                body.append(((text, "warn"), *typed))
            else:
                body.append((("Enter writes this line; Esc leaves the file.", "dim"),))
        elif self._waits:
            text = f"{scene.glyphs.waiting} asked the desk what that would change"
            body.append(((text, "pending"),))
        elif not self.problem:
            body.append((("Enter shows what would change; Esc leaves.", "dim"),))
        return box(self._title, body, across, scene.glyphs)

    def _input(self, scene: Scene) -> Row:
        if self.change is not None:
            return (("new value   ", "dim"), (self.typed, "strong"))
        cursor = (scene.glyphs.cursor, "accent")
        return (("new value   ", "dim"), (self.typed, "strong"), cursor)

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key == "escape":
            scene.dialog = None
        elif key == "enter":
            self._enter(scene)
        elif key == "backspace":
            if self.change is not None and self.change.loosens:
                self.word = self.word[:-1]
            else:
                self.typed, self.change, self.problem = self.typed[:-1], None, ""
                self._waits = False
        elif character and character.isprintable():
            if self.change is not None and self.change.loosens:
                self.word = clean(self.word + character)[: len(WORD) + 4]
            else:
                self.typed = clean(self.typed + character)[:24]
                self.change, self.problem, self._waits = None, "", False
        else:
            return False
        return True

    def _plan_it(self) -> None:
        self._waits = False
        try:
            self.change = self._plan(self.typed.strip())
        except Exception as error:
            self.problem = clean(str(error))
        else:
            self._waits = self.change is None

    def _enter(self, scene: Scene) -> None:
        try:
            if self.change is None:
                self._plan_it()
            elif self.change.loosens and self.word != WORD:
                self.word = ""
            else:
                self._write(self.change)
                scene.dialog = None
                scene.say(f"written: {self.change.text}; the core will say so")
        except Exception as error:
            self.change, self.problem = None, clean(str(error))
