"""What depends on Textual's private parts, in one place and only for versions it was
checked against. With any other version everything here falls back to the stock way.

Four savings. Stock Textual sends each changed span from the left edge of its widget, so
that several small changes in one line send the line's head several times; and it states
and resets the style for every piece of text. Here a span is sent from where it begins,
and of a style only what differs from the one before. Changes go to the terminal without
passing through the compositor, which draws nothing at all on it. And what the terminal
does not take waits in an outlet instead of in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import textual
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.drivers.linux_driver import LinuxDriver

from cockpit.ui.codes import RESET, codes, switch
from cockpit.ui.opening import ENTER
from cockpit.ui.outlet import Outlet, opened
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
FAREWELL_S = 1.0
"""How long the last words to the terminal may take."""


class Update(CompositorUpdate):
    """Changes of the canvas."""

    def __init__(self, pieces: list[Piece], look: Callable[[str], Style]) -> None:
        self._pieces = pieces
        self._look = look

    def render_segments(self, console: Console) -> str:
        return as_text(self._pieces, self._look, console._color_system)


def can_write(screen: Any) -> bool:
    """May the screen be written on?"""
    return bool(
        DIRECT and EXACT_SPANS and screen.is_current and not screen.app._batch_count
    )


def write(screen: Any, pieces: list[Piece], look: Callable[[str], Style]) -> None:
    """Put changes of the canvas on the terminal.

    What a compositor finds out is known here: nothing lies over the canvas, and it is all
    there is. It costs as much as all the rest of a frame.
    """
    screen.app._display(screen, Update(pieces, look))


def keep_out(app: Any) -> None:
    """Have nobody but :func:`write` draw on the terminal.

    Textual draws the whole screen three times when it begins, to show what is there.
    """
    if not (DIRECT and EXACT_SPANS):
        return
    display = app._display

    def ours(screen: Any, drawn: Any) -> None:
        if isinstance(drawn, Update):
            display(screen, drawn)

    app._display = ours


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


class Driver(LinuxDriver):
    """Writes through an :class:`Outlet`, and leaves a first frame that is there alone."""

    outlet: Outlet | None = None
    entered = False

    def start_application_mode(self) -> None:
        app: Any = self._app
        if EXACT_SPANS and (descriptor := opened()) is not None:
            loop = asyncio.get_running_loop()
            self.outlet = Outlet(descriptor, loop, app.on_drained)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.attrs_before = app.terminal_before or self.attrs_before

    def stop_application_mode(self) -> None:
        super().stop_application_mode()
        if self.outlet is not None:
            self.outlet.finish(FAREWELL_S)
            self.outlet.close()
            self.outlet = None

    def write(self, data: str) -> None:
        app: Any = self._app
        if data == ENTER:
            first, self.entered = not self.entered, True
            if first and app.has_first_frame:
                return  # it would clear the screen, only to draw it again
            app.main.lose()
        if self.outlet is None:
            super().write(data)
        else:
            self.outlet.write(data.encode("utf-8", "replace"))


def _outlet(app: Any) -> Outlet | None:
    found: Outlet | None = getattr(getattr(app, "_driver", None), "outlet", None)
    return found


def backlog(app: Any) -> int:
    """What waits for the terminal to take it; 0 when that cannot be told."""
    if outlet := _outlet(app):
        return outlet.waiting
    writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(writer, "_queue", None)
    return int(queue.qsize()) if queue is not None else 0


def drop_backlog(app: Any) -> None:
    """Forget what waits: the screen is being left."""
    if outlet := _outlet(app):
        outlet.drop()


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
