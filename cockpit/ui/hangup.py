"""Whether the terminal is still there.

A closed terminal sends SIGHUP to those it controls, and only to them: a cockpit that was
started another way would read nothing for ever, at the cost of a core.
"""

from __future__ import annotations

import os
import select
import sys


class Terminal:
    """The terminal on stdin, if it was one at the start."""

    def __init__(self) -> None:
        self._poll: select.poll | None = None
        stdin = sys.__stdin__
        if stdin is not None and not stdin.closed and os.isatty(stdin.fileno()):
            self._poll = select.poll()
            self._poll.register(stdin.fileno(), 0)  # hang-up is told without asking

    def is_gone(self) -> bool:
        return bool(self._poll and self._poll.poll(0))
