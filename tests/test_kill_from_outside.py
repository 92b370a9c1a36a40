"""Plain ``cockpit`` in a terminal is halted by a signal and by a file."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 20.0


class Cockpit:
    """The cockpit in a terminal whose bytes are kept."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ck"))
        (self.home / "cockpit").mkdir(mode=0o700)
        self.file = self.home / "cockpit" / "screen.halt"
        self.environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_RUNTIME_DIR": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
        }
        self.seen = b""
        self.reads = threading.Event()

    def start(self) -> None:
        self.near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cockpit"],
            stdin=far, stdout=far, stderr=far, cwd=ROOT, env=self.environment,
        )  # fmt: skip
        os.close(far)
        self.reads.set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            self.reads.wait()
            try:
                self.seen += os.read(self.near, 1 << 16)
            except OSError:
                return

    def wait(self, until: Callable[[], object], why: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not until():
            assert self.process.poll() is None, f"it ended with {self.process.poll()}"
            assert time.monotonic() < end, f"waited in vain for {why}"
            time.sleep(0.1)

    def records(self, kind: str) -> list[str]:
        """What its journal holds; it can be read while it is written."""
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", "journal", "show", "screen", "--kind",
             kind],
            capture_output=True, text=True, check=False, cwd=ROOT, env=self.environment,
        )  # fmt: skip
        return done.stdout.splitlines()

    def sent(self) -> list[str]:
        """New orders and replaces: cancels and questions give no name of their own."""
        return [row for row in self.records("order") if " client_id=" in row]

    def halts(self) -> list[str]:
        return self.asked("halt")

    def asked(self, kind: str) -> list[str]:
        rows = self.records("control")
        return [row for row in rows if f"control_kind={kind} " in row]

    def end(self) -> None:
        self.reads.set()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home)


@pytest.fixture
def cockpit() -> Iterator[Cockpit]:
    made = Cockpit()
    try:
        yield made
    finally:
        made.end()


def test_a_signal_halts_it_and_does_not_end_it(cockpit: Cockpit) -> None:
    cockpit.start()
    cockpit.wait(lambda: len(cockpit.sent()) > 3, "orders")
    cockpit.process.send_signal(signal.SIGUSR1)
    cockpit.wait(cockpit.halts, "the halt")
    assert 'who="root uid' in cockpit.halts()[0]
    assert any('why="signal USR1"' in row for row in cockpit.records("control"))
    cockpit.wait(lambda: b"HALTED" in cockpit.seen, "the screen to say so")
    orders = len(cockpit.sent())
    time.sleep(1.0)
    assert len(cockpit.sent()) == orders
    cockpit.process.send_signal(signal.SIGTERM)
    assert cockpit.process.wait(PATIENCE_S) == 128 + signal.SIGTERM


@pytest.mark.parametrize("by_file", [True, False], ids=["file", "signal"])
def test_it_is_halted_while_its_screen_hangs(cockpit: Cockpit, by_file: bool) -> None:
    cockpit.start()
    cockpit.wait(lambda: len(cockpit.sent()) > 3, "orders")
    cockpit.reads.clear()  # nobody takes what it draws
    time.sleep(2.0)
    if by_file:
        cockpit.file.touch()
    else:
        cockpit.process.send_signal(signal.SIGUSR1)
    cockpit.wait(cockpit.halts, "the halt")
    why = "screen.halt is there" if by_file else 'why="signal USR1"'
    assert any(why in row for row in cockpit.records("control"))
    orders = len(cockpit.sent())
    time.sleep(0.5)
    assert len(cockpit.sent()) == orders


def test_one_that_begins_under_the_file_sends_nothing(cockpit: Cockpit) -> None:
    cockpit.file.touch()
    cockpit.start()
    cockpit.wait(lambda: b"HALTED" in cockpit.seen, "the screen to say so")
    time.sleep(1.0)
    assert cockpit.sent() == []
    assert len(cockpit.halts()) == 1


def test_one_that_begins_under_the_file_to_flatten_is_paused(
    cockpit: Cockpit,
) -> None:
    cockpit.file.with_suffix(".flatten").touch()
    cockpit.start()
    cockpit.wait(lambda: b"PAUSED" in cockpit.seen, "the screen to say so")
    time.sleep(1.0)
    assert cockpit.sent() == []


@pytest.mark.parametrize("by_file", [True, False])
def test_it_is_flattened_while_its_screen_hangs(cockpit: Cockpit, by_file: bool) -> None:
    cockpit.start()
    cockpit.wait(lambda: len(cockpit.sent()) > 3, "orders")
    cockpit.reads.clear()  # nobody takes what it draws
    time.sleep(2.0)
    if by_file:
        cockpit.file.with_suffix(".flatten").touch()
    else:
        cockpit.process.send_signal(signal.SIGUSR2)
    cockpit.wait(lambda: cockpit.asked("flatten"), "the command")
    cockpit.wait(lambda: "risk_state=paused" in cockpit.records("note")[-1], "the end")
    orders = len(cockpit.sent())
    time.sleep(1.0)
    assert len(cockpit.sent()) == orders


@pytest.mark.parametrize("by_file", [True, False])
def test_its_orders_are_pulled_while_its_screen_hangs(
    cockpit: Cockpit, by_file: bool
) -> None:
    cockpit.start()
    cockpit.wait(lambda: len(cockpit.sent()) > 3, "orders")
    cockpit.reads.clear()
    time.sleep(2.0)
    if by_file:
        cockpit.file.with_suffix(".cancel").touch()
    else:
        cockpit.process.send_signal(signal.SIGURG)
    cockpit.wait(lambda: cockpit.asked("cancel_all"), "the command")
    orders = len(cockpit.sent())
    cockpit.wait(lambda: len(cockpit.sent()) > orders, "it to trade on")
