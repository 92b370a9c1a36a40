"""The kill from outside for a desk with a screen: a signal, a file.

Both work while the screen hangs: a thread of its own waits for the signal and looks for
the file, and hands the halt to the core itself.
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


class Guard:
    """Halts ``desk`` when it is told to; entered before the desk starts.

    ``signals`` is entered and waits for ``signals.KILL``. ``name``: of the desk; while
    its halt file is there it is HALTED.
    """

    def __init__(self, desk: LocalDesk, signals: Signals, name: str) -> None:
        self._desk = desk
        self._signals = signals
        self._file: Path | None = None
        try:
            self._file = runtime.place(name, create=True).halt
        except runtime.RuntimeRefused as refused:
            desk.say(Severity.WARNING, "desk", f"no halt file is looked for: {refused}")
        self._seen = False
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="guard", daemon=True)
        desk.halt_file = self._file

    def __enter__(self) -> Self:
        self._look()  # in line before the first market data: not one order leaves
        self._signals.act = self._obey
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._signals.act = None
        self._stopping.set()
        self._thread.join()

    def _obey(self, number: signal.Signals, who: Operator) -> None:
        self._desk.halt_from_outside(who.full, f"signal {number.name[3:]}")

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        if self._file is None:
            return
        try:
            status = self._file.lstat()
        except OSError:
            if self._seen:
                self._seen = False
                text = f"{self._file} is gone: un-halt by hand"
                self._desk.say_from_outside(Severity.INFO, text)
            return
        if not self._seen:
            self._seen = True
            who = Operator(status.st_uid, os.getpid(), "", "file")
            self._desk.halt_from_outside(who.full, f"{self._file} is there")
