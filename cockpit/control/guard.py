"""The kill from outside: a signal, a file.

Both work while a screen hangs, and while what serves the desk to others does: threads of
their own wait for the signal and look for the file, and hand the halt to the core.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Self

from cockpit.control import runtime
from cockpit.control.local import LocalDesk
from cockpit.control.operators import Operator
from cockpit.control.signals import Signals
from cockpit.core import Severity

LOOK_SECONDS = 0.1


def halt_by_signal(desk: LocalDesk, number: signal.Signals, who: Operator) -> None:
    """Of any thread."""
    desk.halt_from_outside(who.full, f"signal {number.name.removeprefix('SIG')}")


class HaltFile:
    """While ``file`` is there ``desk`` is HALTED; entered before the desk starts."""

    def __init__(self, desk: LocalDesk, file: Path) -> None:
        self._desk = desk
        self._file = file
        self._seen = False
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="guard", daemon=True)
        desk.halt_file = file

    def __enter__(self) -> Self:
        self._look()  # in line before the first market data: not one order leaves
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        try:
            status = self._file.lstat()
        except FileNotFoundError:
            if self._seen:
                self._seen = False
                text = f"{self._file} is gone: un-halt by hand"
                self._desk.say_from_outside(Severity.INFO, text)
            return
        except OSError:
            return  # nobody can say whether it is there
        if not self._seen:
            self._seen = True
            who = Operator(status.st_uid, os.getpid(), "", "file")
            self._desk.halt_from_outside(who.full, f"{self._file} is there")


class Guard:
    """Halts ``desk`` when it is told to; entered before the desk starts.

    ``signals`` is entered and waits for ``signals.KILL``. ``name``: of the desk; while
    its halt file is there it is HALTED.
    """

    def __init__(self, desk: LocalDesk, signals: Signals, name: str) -> None:
        self._desk = desk
        self._signals = signals
        self._file: HaltFile | None = None
        try:
            self._file = HaltFile(desk, runtime.place(name, create=True).halt)
        except runtime.RuntimeRefused as refused:
            desk.say(Severity.WARNING, "desk", f"no halt file is looked for: {refused}")

    def __enter__(self) -> Self:
        if self._file is not None:
            self._file.__enter__()
        self._signals.act = lambda number, who: halt_by_signal(self._desk, number, who)
        return self

    def __exit__(self, *exception: object) -> None:
        self._signals.act = None
        if self._file is not None:
            self._file.__exit__()
