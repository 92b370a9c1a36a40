"""The way in: is there a terminal to draw on, what can it draw, and then the app.

Light on purpose: Textual is imported when there is something to show.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.control.desk import Desk
    from cockpit.control.remote import RemoteDesk
    from cockpit.ui.app import CockpitApp

EXIT_USAGE = 2


def refusal() -> str:
    """Why no screen can be shown here, and what can be had instead; empty when it can."""
    instead = "`cockpit once` trades without a screen"
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        return f"this is not a terminal; {instead}"
    # Textual draws on stderr: a redirected one swallows the picture.
    if not (sys.__stderr__ and sys.__stderr__.isatty()):
        return f"stderr is redirected, and the screen is drawn on it; {instead}"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM={os.environ.get('TERM', '')} cannot move the cursor; {instead}"
    return ""


def glyph_set(wish: str) -> str:
    """``unicode`` or ``ascii``: the wish, or what the terminal can show."""
    if wish != "auto":
        return wish
    encoding = (getattr(sys.__stderr__, "encoding", None) or "").lower().replace("-", "")
    able = encoding.startswith("utf") and os.environ.get("TERM") != "linux"
    return "unicode" if able else "ascii"


COLOURS = {"truecolor": "truecolor", "256": "256", "16": "standard", "none": "auto"}
"""As Textual calls them. ``none`` is made by the theme, which keeps bold and reverse."""


def choose_colours(wish: str) -> bool:
    """Set what Textual will draw with, before it is loaded; False: without colour."""
    if wish in COLOURS:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = COLOURS[wish]
    return wish != "none"


def load_ahead(*others: str) -> None:
    """Load what draws the first frame, after ``others``, while the desk is waited for."""

    def load() -> None:
        for name in (*others, "cockpit.ui.opening"):
            import_module(name)

    threading.Thread(target=load, name="load", daemon=True).start()


def mouse_wanted(wish: bool | None) -> bool:
    """Over SSH every movement of the mouse goes up the line: off, unless asked for."""
    return "SSH_CONNECTION" not in os.environ if wish is None else wish


def own_keys(desk: Desk) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The operator's keys, and what is wrong with them in words."""
    from cockpit import paths
    from cockpit.ui import keymap

    directory: Path = getattr(desk, "directory", None) or paths.config()
    try:
        return keymap.read(directory / keymap.FILE), ()
    except keymap.KeymapError as error:
        return {}, (f"{error}; the keys are the standard ones",)


def _app(remote: RemoteDesk | None, desk: Desk, **options: Any) -> CockpitApp:
    if remote is not None:
        from cockpit.ui.attached import AttachedApp

        return AttachedApp(remote, **options)
    from cockpit.ui.app import CockpitApp

    return CockpitApp(desk, **options)


def run(
    desk: Desk,
    *,
    theme: str = "dark",
    glyphs: str = "auto",
    refresh_hz: float = 4,
    themes_dir: Path | None = None,
    clock: Callable[[], float] = time.time,
    color: str = "auto",
    mouse: bool | None = None,
    state: Path | None = None,
    remote: RemoteDesk | None = None,
) -> int:
    """Show ``desk``, which is running, until the operator leaves; the exit code.

    ``remote``: the desk again, where it is in another process and trades on.

    0 after an orderly end, 1 when something could not be closed (stderr says what), 2
    when there is no such theme, 128 plus the number after a signal.
    """
    colour = choose_colours(color)
    from cockpit.ui import opening
    from cockpit.ui.themes import ThemeError, load

    own, problems = own_keys(desk)
    glyphs = glyph_set(glyphs)
    try:
        look = load(theme, themes_dir, colour=colour and "NO_COLOR" not in os.environ)
    except ThemeError as error:
        trouble = "; ".join(text for text in (str(error), desk.close()) if text)
        print(f"cockpit: {trouble}", file=sys.stderr)
        return EXIT_USAGE
    scene = opening.new_scene(glyphs, refresh_hz, own, state, named=True)
    with opening.shown(scene, look, desk, clock, remote) as opened:
        app = _app(
            remote,
            desk,
            clock=clock,
            look=look,
            glyphs=glyphs,
            refresh_hz=refresh_hz,
            themes_dir=themes_dir,
            colour=colour,
            state=state,
            keymap=own,
            problems=problems,
            opened=opened,
        )
    app.run(mouse=mouse_wanted(mouse))
    if app.last_resort:
        app.last_resort.cancel()
    if app.closing_error:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"cockpit: {app.closing_error}", file=sys.stderr, flush=True)
    return app.return_code or 0
