"""A terminal that goes away, or takes nothing any more, does not keep the cockpit."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTED_S = 5.0
GONE_S = 10.0


class Line:
    """A terminal that is nobody's controlling one, and what reads it."""

    def __init__(self) -> None:
        self.near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", "--no-journal", "--rate", "20000"],
            stdin=far, stdout=far, stderr=far, cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(far)
        self._reads = True
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        time.sleep(STARTED_S)

    def _read(self) -> None:
        while self._reads:
            os.read(self.near, 1 << 16)

    def stop_reading(self) -> None:
        self._reads = False
        self._reader.join()

    def ends_with(self) -> int:
        try:
            return self.process.wait(GONE_S)
        finally:
            self.process.kill()


def test_a_terminal_that_is_gone_ends_it_without_a_signal():
    line = Line()
    assert line.process.poll() is None
    line.stop_reading()
    os.close(line.near)
    assert line.ends_with() == 128 + 1


@pytest.mark.parametrize("held_s", [3.0])
def test_a_terminal_that_takes_nothing_does_not_hold_it(held_s: float):
    line = Line()
    line.stop_reading()
    time.sleep(held_s)  # the line fills up
    line.process.terminate()
    assert line.ends_with() == 128 + 15
    os.close(line.near)
