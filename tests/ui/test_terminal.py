"""The program in a terminal: it draws, leaves in order, and leaves all clean."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from desks import PaintedDesk

from cockpit.ui import terminal

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_S = 20.0
SIZE = (160, 48)


class Program:
    """A process with a terminal we can read, and a screen to see it on."""

    def __init__(self, size: tuple[int, int], environment: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        columns, lines = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "screen.py"), "4"],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
                 "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )  # fmt: skip

    def read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                return
            self.written += piece
            self.stream.feed(piece)

    def wait_for(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.read(0.1)

    def sees(self, text: str) -> bool:
        return any(text in line for line in self.screen.display)

    def left(self) -> int:
        """Its exit code; what it still writes is read meanwhile."""
        self.wait_for(lambda: self.process.poll() is not None)
        self.read(0.2)
        return self.process.wait()

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def is_clean(self) -> bool:
        """Main screen, visible cursor, no mouse reports, and the modes it had."""
        on = max(self.written.rfind(b"\x1b[?1049h"), 0)
        after = self.written[on:]
        return (
            b"\x1b[?1049l" in after
            and after.rfind(b"\x1b[?25h") > after.rfind(b"\x1b[?25l")
            and b"\x1b[?1000l" in after
            and termios.tcgetattr(self.slave)[:4] == self.before[:4]
        )


@contextmanager
def program(size: tuple[int, int] = SIZE, **environment: str) -> Iterator[Program]:
    running = Program(size, environment)
    try:
        running.wait_for(lambda: running.sees("LIVE") or running.sees("h h halt"))
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        os.close(running.master)
        os.close(running.slave)


def test_it_trades_on_the_screen_and_q_leaves_in_order() -> None:
    with program() as p:
        p.wait_for(lambda: p.sees("bought") or p.sees("sold"))
        assert p.sees("SIM")
        p.type("q")
        assert p.left() == 0
        assert p.is_clean()
        assert b"left with 0" in p.written


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_desk_and_leaves_a_clean_terminal(
    number: signal.Signals,
) -> None:
    with program() as p:
        p.process.send_signal(number)
        assert p.left() == 128 + number
        assert p.is_clean()


def test_a_terminal_that_goes_away_ends_the_program() -> None:
    with program() as p:
        os.close(p.master)
        p.master = os.open(os.devnull, os.O_RDWR)
        p.process.send_signal(signal.SIGHUP)
        assert p.process.wait(timeout=PATIENCE_S) == 128 + signal.SIGHUP


def test_a_halt_typed_on_the_keyboard_is_confirmed_by_the_core() -> None:
    with program() as p:
        p.type("h")
        p.wait_for(lambda: p.sees("press h again"))
        p.type("h")
        p.wait_for(lambda: "HALTED" in p.screen.display[0])


def test_no_color_is_no_colour() -> None:
    with program(NO_COLOR="1") as p:
        p.type("q")
        assert p.left() == 0
        codes = {
            c for m in re.findall(rb"\x1b\[([0-9;]*)m", p.written) for c in m.split(b";")
        }
        assert codes <= {b"", b"0", b"1", b"4", b"7", b"39", b"49"}


def test_without_a_terminal_it_says_where_to_go() -> None:
    assert "cockpit once" in terminal.refusal()


def test_a_theme_that_is_not_there_is_said_and_the_desk_closed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = PaintedDesk()
    assert terminal.run(desk, theme="nope") == terminal.EXIT_USAGE
    assert desk.calls == ["close"]
    assert "no theme 'nope'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("encoding", "term", "glyphs"),
    [
        ("utf-8", "xterm", "unicode"),
        ("latin-1", "xterm", "ascii"),
        ("UTF-8", "linux", "ascii"),
    ],
)
def test_glyphs_are_what_the_terminal_can_show(
    monkeypatch: pytest.MonkeyPatch, encoding: str, term: str, glyphs: str
) -> None:
    class Stream:
        pass

    stream = Stream()
    stream.encoding = encoding  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "__stderr__", stream)
    monkeypatch.setenv("TERM", term)
    assert terminal.glyph_set("auto") == glyphs
    assert terminal.glyph_set("ascii") == "ascii"
