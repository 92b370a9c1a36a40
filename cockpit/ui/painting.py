"""What depends on Textual's private parts, in one place and only for versions it was
checked against. With any other version everything here falls back to the stock way.

Two savings. Stock Textual sends each changed span from the left edge of its widget, so
that several small changes in one line send the line's head several times; and it states
and resets the style for every piece of text. Here a span is sent from where it begins,
and of a style only what differs from the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import textual
from rich.color import ColorSystem
from rich.style import Style

CHECKED_VERSIONS = frozenset({"8.2.8"})

_PLAIN = Style()

EXACT_SPANS = False
"""Whether small spans cost what they are long, so that runs are worth refreshing."""


@lru_cache(maxsize=1024)
def _codes(style: Style, system: ColorSystem) -> tuple[str, str, str]:
    """What a style asks for, apart: attributes, colour, ground."""
    colour, ground = style.color, style.bgcolor
    return (
        style.without_color._make_ansi_codes(system),
        ";".join(colour.downgrade(system).get_ansi_codes(True)) if colour else "39",
        ";".join(ground.downgrade(system).get_ansi_codes(False)) if ground else "49",
    )


def _render_segments(update: Any, console: Any) -> str:
    """As ChopsUpdate.render_segments; leaves the same screen in fewer bytes."""
    pieces: list[str] = []
    system = console._color_system
    now = (
        "",
        "39",
        "49",
    )  # what the terminal writes in after the reset each update ends with
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
                wanted = _codes(style or _PLAIN, system) if system is not None else now
                if wanted != now:
                    pieces.append(_switch(now, wanted))
                    now = wanted
                pieces.append(text)
    pieces.append("\x1b[0m")
    return "".join(pieces)


def _switch(now: tuple[str, str, str], wanted: tuple[str, str, str]) -> str:
    """The shortest way from one look to another. Attributes only go away with a reset."""
    if now[0] != wanted[0]:
        codes = ["0", *(code for code in wanted if code not in ("", "39", "49"))]
    else:
        codes = [new for old, new in zip(now, wanted, strict=True) if old != new]
    return f"\x1b[{';'.join(codes)}m"


def install() -> None:
    """Put the savings in force, once, if this Textual is one they were checked with."""
    global EXACT_SPANS
    if EXACT_SPANS or textual.__version__ not in CHECKED_VERSIONS:
        return
    from textual._compositor import ChopsUpdate

    ChopsUpdate.render_segments = _render_segments  # type: ignore
    EXACT_SPANS = True


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
