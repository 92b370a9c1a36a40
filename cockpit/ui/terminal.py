"""The way in: is there a terminal to draw on, what can it draw, and then the app.

Light on purpose: Textual is imported when there is something to show.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.control.desk import Desk

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


def run(
    desk: Desk,
    *,
    theme: str = "dark",
    glyphs: str = "auto",
    refresh_hz: float = 4,
    themes_dir: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> int:
    """Show ``desk``, which is running, until the operator leaves; the exit code.

    0 after an orderly end, 1 when something could not be closed (stderr says what), 2
    when there is no such theme, 128 plus the number after a signal.
    """
    from cockpit.ui.app import CockpitApp
    from cockpit.ui.themes import ThemeError

    try:
        app = CockpitApp(
            desk,
            clock=clock,
            theme=theme,
            glyphs=glyph_set(glyphs),
            refresh_hz=refresh_hz,
            themes_dir=themes_dir,
        )
    except ThemeError as error:
        trouble = "; ".join(text for text in (str(error), desk.close()) if text)
        print(f"cockpit: {trouble}", file=sys.stderr)
        return EXIT_USAGE
    app.run()
    if app.closing_error:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"cockpit: {app.closing_error}", file=sys.stderr, flush=True)
    return app.return_code or 0
