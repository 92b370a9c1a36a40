"""The client's end of the control socket: connect, greet, send and receive, bounded."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from typing import Any, Self

from cockpit.control.operators import Operator, peer
from cockpit.control.protocol import (
    ANSWER_MAX,
    REQUEST_MAX,
    Frames,
    Hello,
    ProtocolError,
    Welcome,
    encode,
    welcome_of,
)
from cockpit.control.runtime import Place, check_directory

ANSWER_SECONDS = 5.0
AGAIN_SECONDS = 0.005
_PIECE = 1 << 16


class Unreachable(Exception):
    """There is no desk to talk to, or no more; the text says why."""


def connect(connection: socket.socket, path: str, timeout: float) -> None:
    """Connect, trying again while the line of those who wait is full.

    The kernel does not wait on its own for an AF_UNIX socket with a timeout.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.connect(path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return


class Connection:
    """Greets the desk at ``place``. Raises :class:`Unreachable`.

    Any thread may send, one receives.
    """

    def __init__(
        self, place: Place, hello: Hello, *, timeout: float = ANSWER_SECONDS
    ) -> None:
        check_directory(place.directory)
        self._frames = Frames(ANSWER_MAX)
        self._lock = threading.Lock()
        self._waiting: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            connect(self._socket, os.fspath(place.socket), timeout)
            self.server: Operator = peer(self._socket, "desk")
            if self.server.uid not in (0, os.geteuid()):
                raise Unreachable(f"{place.socket} is held by uid {self.server.uid}")
            # Turned away at the door, sending fails; why is still to be read.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send(hello.message())
            answer = self.receive(timeout)
            if answer is None:
                raise Unreachable(f"desk {place.name!r} does not answer")
            self.welcome: Welcome = welcome_of(answer)
        except (OSError, ProtocolError, LookupError, TypeError, ValueError) as error:
            self._socket.close()
            raise Unreachable(f"desk {place.name!r}: {error}") from None
        except Unreachable:
            self._socket.close()
            raise

    def send(self, message: dict[str, Any]) -> None:
        """Raises OSError when the desk is gone or takes nothing for the timeout."""
        frame = encode(message, REQUEST_MAX)
        with self._lock:
            self._socket.sendall(frame)

    def receive(self, timeout: float) -> dict[str, Any] | None:
        """The next message, None when none came in time.

        Raises :class:`Unreachable` at the end, :class:`ProtocolError` for nonsense.
        """
        deadline = time.monotonic() + timeout
        while not self._waiting:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self._socket], [], [], left)[0]:
                return None
            try:
                data = self._socket.recv(_PIECE)
            except OSError as error:
                raise Unreachable(f"the desk is gone: {error.strerror}") from None
            if not data:
                raise Unreachable("the desk has closed the connection")
            self._waiting += self._frames.feed(data)
        return self._waiting.pop(0)

    def end(self) -> None:
        """End it for both sides; whoever receives at the moment is told."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.end()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
