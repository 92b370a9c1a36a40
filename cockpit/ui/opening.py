"""The first frame, drawn as soon as there is a picture and before Textual is loaded.

Loading Textual takes longer than everything else from the command to the screen. What it
will show first is known without it: the same frame, of the same scene, written straight
to the terminal. Textual then takes over the screen as it stands, and only what changes is
drawn. Keys pressed meanwhile wait in the terminal, which does not echo them into it.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem

from cockpit.control.desk import Desk
from cockpit.ui.codes import RESET, codes, switch
from cockpit.ui.frame import Frame, compose
from cockpit.ui.render import glyphs as glyph_sets
from cockpit.ui.render.text import BLANK, Row, clean, settle
from cockpit.ui.scene import Scene
from cockpit.ui.state import FILE as STATE_FILE
from cockpit.ui.state import restore
from cockpit.ui.themes import Theme

if TYPE_CHECKING:
    from cockpit.control.remote import RemoteDesk

ENTER = "\x1b[?1049h"
"""To the alternate screen, which is cleared."""
LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"
REFRESH_MIN_HZ, REFRESH_MAX_HZ = 1.0, 10.0
SIGNALS = (signal.SIGHUP, signal.SIGTERM)

_SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "standard": ColorSystem.STANDARD,
}


def new_scene(
    glyphs: str,
    refresh_hz: float,
    keymap: dict[str, tuple[str, ...]],
    state: Path | None,
    *,
    named: bool,
) -> Scene:
    """A scene as the screen was left; ``named``: with this machine's name."""
    scene = Scene(
        glyphs=glyph_sets.SETS[glyphs],
        refresh_hz=min(max(refresh_hz, REFRESH_MIN_HZ), REFRESH_MAX_HZ),
        keymap=dict(keymap),
        host=clean(os.uname().nodename) if named else "",
    )
    if state is not None:
        restore(state / STATE_FILE, scene)
    return scene


def colour_system() -> ColorSystem:
    """What the terminal can show, as Textual will find it."""
    wish = os.environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if wish in _SYSTEMS:
        return _SYSTEMS[wish]
    if os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return ColorSystem.TRUECOLOR
    term = os.environ.get("TERM", "").strip().lower()
    wide = term.rpartition("-")[2] in ("256color", "kitty")
    return ColorSystem.EIGHT_BIT if wide else ColorSystem.STANDARD


def as_bytes(
    frame: Frame, theme: Theme, width: int, height: int, system: ColorSystem
) -> bytes:
    """A frame as a terminal is told it: every cell, line by line."""
    lines: list[list[tuple[int, Row]]] = [[] for _ in range(height)]
    for name, rect in frame.placed.items():
        rows = frame.rows[name]
        for y in range(min(rect.height, height - rect.y)):
            row = rows[y] if y < len(rows) else BLANK
            lines[rect.y + y].append((rect.x, settle(row, rect.width)))
    pieces, now = [ENTER, "\x1b[?25l"], RESET
    for y, parts in enumerate(lines):
        pieces.append(f"\x1b[{y + 1};1H")
        x = 0
        for start, row in (*sorted(parts), (width, BLANK)):
            for text, style in ((" " * (start - x), "text"), *row):
                wanted = codes(theme.look(style), system)
                if text and wanted != now:
                    pieces.append(switch(now, wanted))
                    now = wanted
                pieces.append(text)
            x = start + sum(len(text) for text, _ in row)
    pieces.append("\x1b[0m")
    return "".join(pieces).encode(getattr(sys.__stderr__, "encoding", "utf-8"), "replace")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame that is on the terminal, which is of this size."""

    frame: Frame
    width: int
    height: int


def _draw(
    scene: Scene, theme: Theme, desk: Desk, now: float, remote: RemoteDesk | None
) -> Drawn | None:
    """Draw the first frame on stderr, where Textual draws; None: there is none yet."""
    try:
        width, height = os.get_terminal_size(2)
        scene.refresh(desk, now)
        if remote is not None:
            scene.sit(remote)
        if not width or not height or scene.starting:
            return None
        frame = compose(scene, width, height)
        os.write(2, as_bytes(frame, theme, width, height, colour_system()))
    except Exception:
        return None  # whatever it is: Textual's frame is next, and says it
    return Drawn(frame, width, height)


@dataclass(slots=True)
class Opened:
    """What has happened before there is an app."""

    scene: Scene
    drawn: Drawn | None = None
    """The first frame, which is on the terminal."""
    before: list[Any] | None = None
    """How the terminal was set, to be given back so."""
    signals: list[int] = field(default_factory=list)
    """To end, which the app is to obey as soon as it is there."""


@contextmanager
def shown(
    scene: Scene,
    theme: Theme,
    desk: Desk,
    clock: Callable[[], float],
    remote: RemoteDesk | None = None,
) -> Iterator[Opened]:
    """The first frame is on the terminal, which is given back if nothing comes after it.

    ``remote``: the desk again, where it is in another process.

    From now on HUP and TERM wait for the app: the desk is to be closed in order.
    """
    opened = Opened(scene)
    with suppress(ValueError):  # not the main thread: signals are somebody else's
        for number in SIGNALS:
            signal.signal(number, lambda n, _: opened.signals.append(n))
    opened.before = _hushed()
    opened.drawn = _draw(scene, theme, desk, clock(), remote)
    try:
        yield opened
    except BaseException:
        if opened.drawn:
            os.write(2, LEAVE.encode())
        if opened.before:
            termios.tcsetattr(0, termios.TCSANOW, opened.before)
        raise


def _hushed() -> list[Any] | None:
    """Have the terminal keep keys as Textual will, and say how it was before."""
    try:
        before = termios.tcgetattr(0)
        after = list(before)
        after[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        termios.tcsetattr(0, termios.TCSANOW, after)
    except termios.error:
        return None
    return before
