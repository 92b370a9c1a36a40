"""What can be stopped by itself: everything, one strategy, one symbol; halted by a key
pressed twice, flattened and let go again by a typed word."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.ui.dialogs.halting import Halting, Scope
from cockpit.ui.render import number
from cockpit.ui.render.overlay import box
from cockpit.ui.render.table import Column, table
from cockpit.ui.render.text import Row, Rows, clean, settle
from cockpit.ui.scene import Scene

_WIDTH = 72
_COLUMNS = (
    Column("", "<", 8),
    Column("what", "<", 14),
    Column("state", "<", 10),
    Column("orders", ">", 6),
    Column("held", ">", 10),
)
TWICE_S = 2.0

Command = Callable[[str, Scope], None]
"""Asks the desk for ``halt``, ``flatten`` or ``release`` of a scope."""


class KillBoard:
    """Ticks while it is open. ``h`` twice still halts everything, whatever is chosen."""

    takes_letters = False

    def __init__(self, command: Command, refusal: Callable[[str, Scope], str]) -> None:
        self.at = 0
        self.word = ""
        """The word that is asked for; empty: none."""
        self.typed = ""
        self._command = command
        self._refusal = refusal
        self._armed_until = 0.0

    def scopes(self, scene: Scene) -> list[Scope]:
        return [
            Scope(),
            *(Scope(strategy=slot) for slot, _ in scene.slots()),
            *(Scope(symbol=index) for index in range(len(scene.symbols))),
        ]

    def chosen(self, scene: Scene) -> Scope:
        scopes = self.scopes(scene)
        self.at = min(self.at, len(scopes) - 1)
        return scopes[self.at]

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        across = min(_WIDTH, width - 2)
        inner = across - 4
        scopes, chosen = self.scopes(scene), self.chosen(scene)
        lines = table(_COLUMNS, [_cells(scene, scope) for scope in scopes], inner)
        room = max(height - 6, 1)
        top = max(min(self.at - room // 2, len(scopes) - room), 0)
        body: Rows = [lines[0]]
        for index, row in enumerate(lines[1:][top : top + room], top):
            mark = "|row" if index == self.at else ""
            body.append(tuple((text, s + mark) for text, s in settle(row, inner)))
        body += [(), self._foot(scene, chosen)]
        return box("Kill", body, across, scene.glyphs)

    def _foot(self, scene: Scene, chosen: Scope) -> Row:
        name = chosen.name(scene)
        if self.word:
            right = self.word.startswith(self.typed)
            return (
                (f"type {self.word} for {name} and press Enter: ", "warn"),
                (self.typed, "strong" if right else "bad"),
                (scene.glyphs.cursor, "accent"),
            )
        if scene.now < self._armed_until:
            return ((f" press k again within 2 s to HALT {name} ", "alarm"),)
        return (
            ("k k", "key"), (" halt  ", "dim"), ("f", "key"), (" flatten  ", "dim"),
            ("r", "key"), (" let go  ", "dim"), ("Up Down", "key"), (" choose  ", "dim"),
            ("Esc", "key"), (" leave", "dim"),
        )  # fmt: skip

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        armed, self._armed_until = scene.now < self._armed_until, 0.0
        if self.word:
            return self._type(scene, key, character)
        if key == "escape":
            scene.dialog = None
        elif key in ("up", "down", "pageup", "pagedown"):
            step = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}[key]
            self.at = min(max(self.at + step, 0), len(self.scopes(scene)) - 1)
        elif key == "k":
            if self._allowed(scene, "halt"):
                if armed:
                    self._do(scene, "halt")
                else:
                    self._armed_until = scene.now + TWICE_S
        elif key in ("f", "r"):
            action, word = {"f": ("flatten", "flatten"), "r": ("release", "release")}[key]
            if self._allowed(scene, action):
                self.word, self.typed = word, ""
        elif key == "enter":
            scene.say("k k halts what is chosen, f flattens it", "text")
        else:
            return False
        return True

    def _type(self, scene: Scene, key: str, character: str | None) -> bool:
        if key == "escape":
            self.word = ""
        elif key == "backspace":
            self.typed = self.typed[:-1]
        elif key == "enter":
            word, right = self.word, self.typed == self.word
            self.typed = ""
            if right:
                self.word = ""
                self._do(scene, word)
        elif character and character.isprintable():
            self.typed = clean(self.typed + character)[: len(self.word) + 8]
        return True

    def _allowed(self, scene: Scene, action: str) -> bool:
        if refusal := self._refusal(action, self.chosen(scene)):
            scene.say(f"{action}: {refusal}", "warn")
        return not refusal

    def _do(self, scene: Scene, action: str) -> None:
        scope = self.chosen(scene)
        if refusal := self._refusal(action, scope):
            scene.say(f"{action}: {refusal}", "warn")
            return
        self._command(action, scope)
        if action != "release":
            scene.dialog = Halting(scene, scope, flatten=action == "flatten")


def _cells(scene: Scene, scope: Scope) -> list[tuple[str, str]]:
    kind = "strategy" if scope.strategy is not None else "symbol"
    orders, pending = scope.orders(scene)
    held = scope.position(scene)
    shown = number.shown_position(held, 9)
    if not scope.named:
        kind, shown = "all", (f"{held} open", "text")
    waits = f" ({pending}?)" if pending else ""
    state = scope.state(scene)
    stopped = state in ("HALTED", "FLATTENING")
    return [
        (kind, "dim"),
        (scope.name(scene), "text"),
        (state, "bad" if stopped else "text"),
        (f"{orders}{waits}", "text" if orders else "faint"),
        shown,
    ]
