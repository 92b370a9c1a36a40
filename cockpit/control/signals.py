"""Signals, taken by a thread that waits for them and so learns who sent them.

Imports nothing that starts threads, see :class:`Signals`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Self

from cockpit.control.kill import LEVEL_OF
from cockpit.control.operators import Operator, terminal_of

KILL = frozenset(LEVEL_OF)
"""What a desk with a screen leaves to a thread; its screen sees to the others."""
SIGNALS = KILL | {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
LOOK_SECONDS = 0.25


class Signals:
    """Hands each signal to ``act`` with who sent it, from a thread of its own.

    To be entered while there is one thread: every later one leaves the signals to this. A
    thread from before (numpy starts some) would still be ended by them, and all with it.
    """

    def __init__(self, signals: frozenset[signal.Signals] = SIGNALS) -> None:
        self._signals = signals
        self.act: Callable[[signal.Signals, Operator], None] | None = None
        self._waiting: list[tuple[signal.Signals, Operator]] = []
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="signals", daemon=True)

    def __enter__(self) -> Self:
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            raise RuntimeError("signals are to be taken before threads begin")
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        if self._thread.ident is not None:  # it is not waited for until it looks again
            signal.pthread_kill(self._thread.ident, min(self._signals))
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            found = signal.sigtimedwait(self._signals, LOOK_SECONDS)
            if found is not None and not self._stopping.is_set():
                pid, number = found.si_pid, signal.Signals(found.si_signo)
                who = Operator(found.si_uid, pid, terminal_of(pid), number.name)
                self._waiting.append((number, who))
            if self.act is not None:
                while self._waiting:
                    self.act(*self._waiting.pop(0))
