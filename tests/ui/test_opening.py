"""The first frame is drawn before Textual is there, and is the frame Textual draws."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from taped import TRADING, TapedDesk, open_app, turn
from test_painting import console, differing

from cockpit.bench import ui
from cockpit.control.protocol import Controls
from cockpit.ui import opening, themes
from cockpit.ui.frame import compose
from cockpit.ui.opening import as_bytes, colour_system, new_scene

SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "standard": ColorSystem.STANDARD,
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(160, 48), (120, 36), (80, 24), (50, 12)])
async def test_it_is_cell_for_cell_what_textual_draws_next(
    size: tuple[int, int], theme: str
) -> None:
    desk = TapedDesk()
    app = open_app(desk, theme=theme)
    screens = [pyte.Screen(*size) for _ in range(2)]
    async with app.run_test(size=size) as pilot:
        turn(app, desk, TRADING)
        await pilot.pause()
        drawn = app.screen._compositor.render_update(full=True)
        pyte.Stream(screens[0]).feed(drawn.render_segments(console("truecolor")))
        frame = compose(app.scene, *size)
        first = as_bytes(frame, themes.load(theme), *size, SYSTEMS["truecolor"])
        pyte.ByteStream(screens[1]).feed(first)
    assert any(line.strip() for line in screens[1].display)
    # The colour of the characters where there are none cannot be seen.
    seen = [
        d for d in differing(*screens) if d[2]._replace(fg="") != d[3]._replace(fg="")
    ]
    assert [d for d in differing(*screens) if d[2].data != " "] == []
    assert seen == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm-256color"}, "truecolor"),
        ({"COLORTERM": "", "TERM": "xterm-256color"}, "256"),
        ({"COLORTERM": "", "TERM": "screen"}, "standard"),
        ({"COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "256"}, "256"),
        ({"COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "standard"}, "standard"),
    ],
)
def test_its_colours_are_those_textual_will_find(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    from rich.console import Console

    for name in ("COLORTERM", "TERM", "TEXTUAL_COLOR_SYSTEM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colour_system() == SYSTEMS[expected]
    wish = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    found = Console(force_terminal=True, color_system=wish)._color_system  # type: ignore[arg-type]
    assert found == SYSTEMS[expected]


def test_what_draws_it_is_loaded_without_textual() -> None:
    code = "import sys, cockpit.cli, cockpit.control.local, cockpit.ui.opening\n"
    code += "sys.exit(any(m in sys.modules for m in ('textual', 'numpy', 'asyncio')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("attached", [False, True])
def test_it_is_drawn_before_textual_has_said_anything(
    attached: bool, tmp_path: Path
) -> None:
    asked_by_textual = b"\x1b[?2004h"
    with contextlib.ExitStack() as stack:
        if attached:
            home = stack.enter_context(ui._served())
            screen = stack.enter_context(ui._attached(home))
        else:
            command = [*ui.COCKPIT, "--no-journal"]
            screen = stack.enter_context(ui.Terminal(command, home=tmp_path))
        screen.until(lambda: screen.shows(asked_by_textual))
        first = screen.written.partition(asked_by_textual)[0]
        assert not echoes(screen.master)
        screen.read(1)
        screen.type(b"qq")
        screen.until(lambda: screen.process.poll() is not None)
        assert echoes(screen.master)
    assert all(text in first for text in ui.FULL)
    assert first.count(opening.ENTER.encode()) == 1


def echoes(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_keys_pressed_at_once_are_not_echoed_and_not_lost(tmp_path: Path) -> None:
    command = [*ui.COCKPIT, "--no-journal"]
    for _ in range(5):
        with ui.Terminal(command, home=tmp_path) as screen:
            screen.until_shown(*ui.FULL)
            screen.until(lambda: not echoes(screen.master), 0.001)
            early = b"\x1b[?2004h" not in screen.written  # Textual is not there yet
            screen.type(b"~~~?")
            screen.until_shown(b"Keys")
        assert b"~~" not in screen.written
        if early:
            return
    pytest.skip("the machine is too busy to type before Textual is there")


def test_the_frame_that_is_there_is_not_drawn_again(tmp_path: Path) -> None:
    """Not in whole: from a frame to the next, a few cells change."""
    command = [*ui.COCKPIT, "--no-journal"]
    with ui.Terminal(command, home=tmp_path) as screen:
        screen.until(lambda: screen.shows(b"\x1b[?2004h"))
        first = len(screen.written.partition(b"\x1b[?2004h")[0])
        screen.read(1.5)
        rest = len(screen.written) - first
    assert first > 10_000
    assert rest < 2.5 * first  # Textual's own beginning is six of them


def test_the_first_frame_says_who_may_command(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(opening.os, "write", lambda to, data: written.append(data))
    monkeypatch.setattr(
        opening.os, "get_terminal_size", lambda _: os.terminal_size((160, 48))
    )
    desk: Any = SeatedDesk()
    scene = new_scene("unicode", 4, {}, None, named=False)
    with opening.shown(scene, themes.load("dark"), desk, lambda: 0.0, desk) as opened:
        assert opened.drawn
    assert "READ-ONLY, controls: bob" in written[0].decode()
    assert scene.read_only == ""
    assert scene.seat is not None and not scene.seat.mine


class SeatedDesk(TapedDesk):
    """As a served desk whose controls somebody else has."""

    can_take, in_control = True, False
    controls = Controls(holder=2, name="bob")


def test_nothing_is_loaded_for_the_screen_before_the_core_is_begun() -> None:
    """The core is made without Python: what draws is loaded while it is."""
    code = """
import sys
from cockpit.cli import opening
late = "cockpit.ui.frame", "cockpit.control.local", "textual", "numpy", "asyncio"
found, made = [], []
make = opening.open_engine
opening.open_engine = lambda *given: made.append(0) or make(*given)
opening.open_desk(
    None, None, (),
    meanwhile=lambda: found.append((len(made), [n for n in late if n in sys.modules])),
)
sys.exit(found != [(0, [])] or made != [0])
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_terminal_is_given_back_when_nothing_comes_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(opening, "_draw", lambda *given: True)
    monkeypatch.setattr(opening.os, "write", lambda to, data: written.append(data))
    scene = new_scene("unicode", 4, {}, None, named=False)
    given = scene, themes.load("dark"), TapedDesk(), lambda: 0.0
    with opening.shown(*given):
        assert written == []
    assert written == []
    with pytest.raises(ImportError), opening.shown(*given):
        raise ImportError("no Textual here")
    assert b"".join(written).endswith(b"\x1b[?1049l")


def test_what_was_said_before_the_screen_is_kept_for_the_alerts(tmp_path: Path) -> None:
    desk = TapedDesk()
    scene = new_scene("unicode", 4, {}, tmp_path, named=True)
    scene.refresh(desk, 1.0)
    first = list(scene.said)
    desk.step(3)
    scene.refresh(desk, 2.0)
    assert scene.said[: len(first)] == first
    assert len(scene.said) > len(first)
    assert scene.host
