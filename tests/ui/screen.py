"""The screen over a live desk, for tests that give it a terminal of its own."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine
from cockpit.ui.terminal import run

if __name__ == "__main__":
    config = load(Path(__file__).parent / "config", [])
    with LocalDesk(Engine(settings(config, recording=())), config) as desk:
        glyphs = os.environ.get("COCKPIT_TEST_GLYPHS", "auto")
        code = run(desk, refresh_hz=float(sys.argv[1]), glyphs=glyphs)
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"left with {code}", flush=True)
    sys.exit(code)
