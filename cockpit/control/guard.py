"""The kill from outside: a signal, a file, each of three levels.

Both work while a screen hangs, and while what serves the desk to others does: threads of
their own wait for the signal and look for the file, and hand the command to the core.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Self

from cockpit.control import runtime
from cockpit.control.kill import LEVEL_OF, Level
from cockpit.control.local import LocalDesk
from cockpit.control.operators import Operator
from cockpit.control.runtime import Place
from cockpit.control.signals import Signals
from cockpit.core import Severity

LOOK_SECONDS = 0.1
AFTER = {
    Level.HALT: "un-halt by hand",
    Level.CANCEL: "nothing else comes of it",
    Level.FLATTEN: "resume by hand",
}
"""What is said when a file has gone."""


def kill_by_signal(desk: LocalDesk, number: signal.Signals, who: Operator) -> None:
    """Of any thread."""
    why = f"signal {number.name.removeprefix('SIG')}"
    desk.kill_from_outside(LEVEL_OF[number], who.full, why)


class KillFiles:
    """Does what a file at ``place`` asks ``desk`` for; entered before the desk starts.

    Each time one is made or touched is asked for once. What a file holds does not count:
    it can be made where there is no room to write a word, and is never seen half written.
    """

    def __init__(self, desk: LocalDesk, place: Place) -> None:
        self._desk = desk
        self._files = {level: place.kill(level) for level in Level}
        self._seen: dict[Level, tuple[int, int]] = {}
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="guard", daemon=True)
        desk.kill_files = self._files

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
        for level, file in self._files.items():
            self._look_for(level, file)

    def _look_for(self, level: Level, file: Path) -> None:
        try:
            status = file.lstat()
        except FileNotFoundError:
            if self._seen.pop(level, None):
                text = f"{file} is gone: {AFTER[level]}"
                self._desk.say_from_outside(Severity.INFO, text)
            return
        except OSError:
            return  # nobody can say whether it is there
        made = status.st_ino, status.st_mtime_ns
        if self._seen.get(level) != made:
            self._seen[level] = made
            who = Operator(status.st_uid, os.getpid(), "", "file")
            self._desk.kill_from_outside(level, who.full, f"{file} is there")


class Guard:
    """Stops ``desk`` as it is told to; entered before the desk starts.

    ``signals`` is entered and waits for ``signals.KILL``. ``name``: of the desk, which
    does what its kill files say.
    """

    def __init__(self, desk: LocalDesk, signals: Signals, name: str) -> None:
        self._desk = desk
        self._signals = signals
        self._files: KillFiles | None = None
        try:
            self._files = KillFiles(desk, runtime.place(name, create=True))
        except runtime.RuntimeRefused as refused:
            desk.say(Severity.WARNING, "desk", f"no kill file is looked for: {refused}")

    def __enter__(self) -> Self:
        if self._files is not None:
            self._files.__enter__()
        self._signals.act = lambda number, who: kill_by_signal(self._desk, number, who)
        return self

    def __exit__(self, *exception: object) -> None:
        self._signals.act = None
        if self._files is not None:
            self._files.__exit__()
