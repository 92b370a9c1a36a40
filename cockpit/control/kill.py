"""The three levels of the kill from outside, and how each is asked for.

Imports nothing that starts threads, see :mod:`cockpit.control.signals`.
"""

from __future__ import annotations

import signal
from enum import Enum


class Level(Enum):
    """From fast to thorough; the value is the ending of the file that asks for it."""

    HALT = "halt"
    """Nothing new, every order pulled."""
    CANCEL = "cancel"
    """Every order pulled, once."""
    FLATTEN = "flatten"
    """Every order pulled, every position closed, then paused."""


SIGNALS = {
    Level.HALT: signal.SIGUSR1,
    # What a process that does not wait for it leaves unheard, which others would end it.
    Level.CANCEL: signal.SIGURG,
    Level.FLATTEN: signal.SIGUSR2,
}
LEVEL_OF = {number: level for level, number in SIGNALS.items()}
