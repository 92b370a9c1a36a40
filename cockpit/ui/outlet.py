"""The way to the terminal: what it has not taken waits here, and can be dropped.

Written without waiting, through a descriptor of its own, so that a slow line holds up
neither the keys nor the end. The frame after the one that waits is not made before it has
gone: there is never more than one.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable

CUT = b"\x18\x1b[0m\x1b[?2026l"
"""After a frame that was cut off: end its sequence, its style and its update."""


def opened() -> int | None:
    """A descriptor of the terminal that stderr is on; None: there cannot be one.

    Of its own, because not to wait is a quality of what is opened, and stderr shares that
    with the shell.
    """
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        return os.open(os.ttyname(2), flags)
    with contextlib.suppress(OSError):  # its name can be of another mount, as in a box
        return os.open("/dev/tty", flags)
    return None


class Outlet:
    """Takes ``descriptor``. All methods are for the thread of ``loop``."""

    def __init__(
        self, descriptor: int, loop: AbstractEventLoop, drained: Callable[[], None]
    ) -> None:
        self._descriptor = descriptor
        self._loop = loop
        self._drained = drained
        """Called when what had to wait has gone."""
        self._waiting = bytearray()
        self._thread = threading.get_ident()

    @property
    def waiting(self) -> int:
        """Bytes the terminal has not taken."""
        return len(self._waiting)

    def write(self, data: bytes) -> None:
        """Write what the terminal takes now; the rest when it takes more."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.write, data)
            return
        if self._waiting:
            self._waiting += data
            return
        taken = self._take(data)
        if taken < len(data):
            self._waiting += data[taken:]
            self._loop.add_writer(self._descriptor, self._go_on)

    def drop(self) -> None:
        """Forget what waits: it is not worth waiting for any more."""
        if self._waiting:
            self._waiting[:] = CUT

    def finish(self, seconds: float) -> bool:
        """Wait until the terminal has taken everything, at most so long; has it?"""
        end = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        while self._waiting:
            left = end - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                break
            self._advance()
        self._loop.remove_writer(self._descriptor)
        return not self._waiting

    def close(self) -> None:
        self._loop.remove_writer(self._descriptor)
        os.close(self._descriptor)

    def _take(self, data: bytes | bytearray) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the terminal is gone, and whoever looks for it is told

    def _advance(self) -> None:
        del self._waiting[: self._take(self._waiting)]

    def _go_on(self) -> None:
        self._advance()
        if not self._waiting:
            self._loop.remove_writer(self._descriptor)
            self._drained()
