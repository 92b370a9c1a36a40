"""The halt while it happens: orders out, cancels answered, and how it ended."""

from __future__ import annotations

from cockpit.core import RiskState
from cockpit.ui.render import number
from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, clean
from cockpit.ui.scene import Scene

_WIDTH = 64


class Halting:
    """Goes on ticking; every key of the screen works meanwhile. Esc leaves."""

    takes_letters = False

    def __init__(self, scene: Scene) -> None:
        self._began = scene.now
        self._orders = int(scene.live["desk"]["working_count"])
        self._done: float | None = None

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        desk = scene.live["desk"]
        left, pending = int(desk["working_count"]), int(desk["cancels_pending"])
        halted = scene.risk_state == RiskState.HALTED
        if halted and not left and not pending and self._done is None:
            self._done = scene.now
        self._orders = max(self._orders, left)
        passed = (self._done or scene.now) - self._began
        body: Rows = [
            _step("asked of the core", True, ""),
            _step("HALTED, the core says", halted, number.span(passed)),
            _step(
                "orders pulled",
                halted and not left,
                f"{self._orders - left} of {self._orders}",
            ),
            _step("cancels answered", halted and not pending, f"{pending} outstanding"),
            (),
        ]
        if self._done is not None:
            body.append(((f"HALTED after {number.span(passed)}.", "strong"),))
            for event in reversed(scene.log):
                if "HALTED" in event.text or "halt" in event.text:
                    at = number.clock_time(event.time, scene.virtual)
                    text = clean(f"{at} {event.source}: {event.text}")
                    body.append(((text, "dim"),))
                    break
            body.append((("u leaves it for PAUSED; Esc closes this.", "dim"),))
        else:
            body.append((("The core has not confirmed it yet.", "warn"),))
        return box("Halt", body, min(_WIDTH, width - 2), scene.glyphs)

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key in ("escape", "enter"):
            scene.dialog = None
            return True
        return False


def _step(text: str, done: bool, note: str) -> Row:
    style = "text" if done else "pending"
    return (
        (("done" if done else "waits").ljust(7), "on" if done else "pending"),
        (text.ljust(26), style),
        (note, "dim"),
    )
