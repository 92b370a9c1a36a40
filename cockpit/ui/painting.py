"""What depends on Textual's private parts, in one place and only for versions it was
checked against. With any other version everything here falls back to the stock way.

Three savings. Stock Textual sends each changed span from the left edge of its widget, so
that several small changes in one line send the line's head several times; and it states
and resets the style for every piece of text. Here a span is sent from where it begins,
and of a style only what differs from the one before. And changes go to the terminal
without passing through the compositor, unless Textual has something to draw itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import textual
from rich.color import ColorSystem
from rich.style import Style

from cockpit.ui.codes import RESET, codes, switch
from cockpit.ui.opening import ENTER
from cockpit.ui.render.text import Row

CHECKED_VERSIONS = frozenset({"8.2.8"})

_PLAIN = Style()

EXACT_SPANS = False
"""Whether small spans cost what they are long, so that runs are worth refreshing."""


def _render_segments(update: Any, console: Any) -> str:
    """As ChopsUpdate.render_segments; leaves the same screen in fewer bytes."""
    pieces: list[str] = []
    system = console._color_system
    now = RESET  # each update ends with one
    for y, first, last in update.spans:
        for end, (start, strip) in zip(
            update.chop_ends[y], update.chops[y].items(), strict=True
        ):
            left, right = max(start, first), min(end, last)
            if strip is None or left >= right:
                continue
            pieces.append(f"\x1b[{y + 1};{left + 1}H")
            for text, style, control in strip.crop(left - start, right - start):
                if control:
                    continue
                wanted = codes(style or _PLAIN, system) if system is not None else now
                if wanted != now:
                    pieces.append(switch(now, wanted))
                    now = wanted
                pieces.append(text)
    pieces.append("\x1b[0m")
    return "".join(pieces)


def install() -> None:
    """Put the savings in force, once, if this Textual is one they were checked with."""
    global EXACT_SPANS
    if EXACT_SPANS or textual.__version__ not in CHECKED_VERSIONS:
        return
    from textual._compositor import ChopsUpdate

    ChopsUpdate.render_segments = _render_segments  # type: ignore
    EXACT_SPANS = True


Piece = tuple[int, int, Row]
"""Line, column, and what is to stand there."""
DIRECT = True
"""Whether changes may go to the terminal without Textual's compositor."""


def can_write(screen: Any) -> bool:
    """May the screen be written on now? Not while Textual has something to draw on it."""
    if not (DIRECT and EXACT_SPANS and screen.is_current):
        return False
    return not (
        screen._layout_required
        or screen._repaint_required
        or screen._dirty_widgets
        or screen._compositor._dirty_regions
        or screen.app._batch_count
    )


def write(screen: Any, pieces: Iterable[Piece], look: Callable[[str], Style]) -> None:
    """Put changes of the canvas on the terminal.

    What a compositor finds out is known here: nothing lies over the canvas, and it is all
    there is. It costs as much as all the rest of a frame.
    """
    from textual._compositor import CompositorUpdate

    class Update(CompositorUpdate):
        def render_segments(self, console: Any) -> str:
            return as_text(pieces, look, console._color_system)

    screen.app._display(screen, Update())


def forget(widget: Any, regions: Iterable[Any]) -> None:
    """What Textual keeps of a widget's lines, to be used again, is not so any more."""
    widget._styles_cache.set_dirty(*regions)


def as_text(
    pieces: Iterable[Piece], look: Callable[[str], Style], system: ColorSystem | None
) -> str:
    """Changes as a terminal is told them."""
    found: list[str] = []
    now = RESET
    for y, x, row in pieces:
        found.append(f"\x1b[{y + 1};{x + 1}H")
        for text, style in row:
            wanted = codes(look(style), system) if system is not None else now
            if wanted != now:
                found.append(switch(now, wanted))
                now = wanted
            found.append(text)
    found.append("\x1b[0m")
    return "".join(found)


def taking_over() -> Any:
    """A driver for a terminal that shows the first frame already, and is to keep it."""
    from textual.drivers.linux_driver import LinuxDriver

    class Driver(LinuxDriver):
        kept = False

        def write(self, data: str) -> None:
            if data == ENTER and not self.kept:
                self.kept = True  # it would clear the screen, only to draw it again
                return
            super().write(data)

    return Driver


def backlog(app: Any) -> int:
    """Frames that wait for the terminal to take them; 0 when that cannot be told."""
    writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(writer, "_queue", None)
    return int(queue.qsize()) if queue is not None else 0


class Meter:
    """Counts what is sent to the terminal, and how long it is behind."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._bytes = 0
        self._frames = 0
        self._since = clock()
        self._even = clock()
        """When the terminal had last taken everything."""

    def install(self, app: Any) -> None:
        """Count from now on."""
        driver = app._driver
        if driver is None:
            return
        write = driver.write

        def counted(data: str) -> None:
            self._bytes += len(data.encode("utf-8", "replace"))
            self._frames += "\x1b[?2026h" in data or len(data) > 40
            write(data)

        driver.write = counted

    def lag(self, app: Any) -> float:
        """Seconds the terminal is behind."""
        now = self._clock()
        if not backlog(app):
            self._even = now
        return now - self._even

    def rates(self) -> tuple[float, float] | None:
        """Bytes and frames a second, once a second; None in between."""
        now = self._clock()
        passed = now - self._since
        if passed < 1:
            return None
        rates = self._bytes / passed, self._frames / passed
        self._bytes, self._frames, self._since = 0, 0, now
        return rates
