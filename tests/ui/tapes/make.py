"""Make the tapes that the pictures of the screen are drawn from.

    python -m tests.ui.tapes.make

The real core under virtual time, so that the same core makes the same tapes. Only needed
when a picture shall show what the tapes do not have; a change of the core leaves
tapes and pictures as they are. ``live.tape``, which has latencies, is a real session of
:data:`LIVE_S`, made anew with ``python -m tests.ui.tapes.make live``. ``old.tape`` is
one of long ago, by a core that measured less; it is never made again.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine, Mode
from cockpit.observe.tape import Recorder

HERE = Path(__file__).parent
CONFIG = HERE.parent / "config"
NOON = 1_767_268_800.0
"""2026-01-01 12:00:00 UTC."""
STRETCH = 2000
"""Market data events from one frame to the next: about a second."""
TRADING = 90
"""Frames of undisturbed trading on ``session.tape``."""


def open_desk(*, desk: bool = True, strategies: bool = True) -> LocalDesk:
    config = load(CONFIG, [])
    if not strategies:
        config = replace(config, strategies=())
    engine = Engine(settings(config, recording=(), virtual_time=True, desk=desk))
    return LocalDesk(engine, config)


def play(desk: LocalDesk, recorder: Recorder, frames: int) -> None:
    for _ in range(frames):
        desk.engine.run(STRETCH)
        picture = desk.read()
        now = NOON + (int(picture["time_ns"]) - int(picture["start_ns"])) / 1e9
        recorder.take(now, desk.events())


def session() -> None:
    """Trading, then a strategy switched off, a pause, a halt."""
    desk = open_desk()
    with Recorder(HERE / "session.tape", desk) as recorder:
        play(desk, recorder, TRADING)
        desk.set_mode(0, Mode.OFF)
        play(desk, recorder, 2)
        desk.halt()
        play(desk, recorder, 4)


def shadow() -> None:
    """One of the strategies has been in SHADOW from the start."""
    desk = open_desk()
    with Recorder(HERE / "shadow.tape", desk) as recorder:
        desk.set_mode(0, Mode.SHADOW)
        play(desk, recorder, 20)


LIVE_S = 19.5
TIGHTER = """
[symbols.ALFA]
max_position = 40

[strategies.mm_alfa]
max_open_orders = 4
max_order_qty = 20
"""
"""Limits of its own for one symbol and one strategy, so that they are on a picture."""


def live() -> None:
    """A real session, as fast as this machine is."""
    with tempfile.TemporaryDirectory() as place:
        files = Path(shutil.copytree(CONFIG, Path(place) / "config"))
        desk_file, risk_file = files / "desk.toml", files / "risk.toml"
        text = desk_file.read_text().replace('waiting = "park"', 'waiting = "spin"')
        text = text.replace("venue_cpu = -2", "venue_cpu = 2")
        desk_file.write_text(text.replace("desk_cpu = -2", "desk_cpu = 3"))
        risk_file.write_text(risk_file.read_text() + TIGHTER)
        config = load(files, [])
        engine = Engine(settings(config, recording=()))
        with (
            LocalDesk(engine, config, directory=files) as desk,
            Recorder(HERE / "live.tape", desk) as recorder,
        ):
            end = time.monotonic() + LIVE_S
            while time.monotonic() < end:
                desk.read()
                recorder.offer(time.time(), desk.events())
                time.sleep(0.02)


def main() -> None:
    if sys.argv[1:] == ["live"]:
        live()
        return
    if sys.argv[1:] == ["shadow"]:
        shadow()
        return
    session()
    shadow()
    for name, desk in (
        ("empty", open_desk(strategies=False)),
        ("no_desk", open_desk(desk=False)),
    ):
        with Recorder(HERE / f"{name}.tape", desk) as recorder:
            play(desk, recorder, 2)


if __name__ == "__main__":
    main()
