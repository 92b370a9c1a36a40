"""A desk without a screen: signals in, lines out, and a server between.

USR1 halts, TERM and INT stop the desk in order, HUP (a terminal that went away) is noted.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from queue import SimpleQueue
from threading import Thread

from cockpit.control.desk import Event
from cockpit.control.guard import HaltFile, halt_by_signal
from cockpit.control.local import LocalDesk
from cockpit.control.operators import Operator
from cockpit.control.runtime import Place
from cockpit.control.server import Server
from cockpit.control.signals import Signals
from cockpit.core import Severity

LINES_MAX = 10_000
STDOUT = 1
LOOK_SECONDS = 0.25


class Lines:
    """Events to stdout, a line each, by a thread: their reader cannot hold up a desk."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._lost = 0
        self._thread = Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def write(self, event: Event) -> None:
        if self._queue.qsize() >= LINES_MAX:
            self._lost += 1
            return
        if self._lost:
            self._queue.put(f"{self._lost} lines lost: nobody took them in time")
            self._lost = 0
        self._queue.put(line_of(event))

    def close(self) -> None:
        """Give what is left a moment to be taken."""
        self._queue.put(None)
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while (line := self._queue.get()) is not None:
            data = f"{line}\n".encode()
            try:
                # Past Python's own buffer, whose lock an end of the program waits for.
                while data:
                    data = data[os.write(STDOUT, data) :]
            except OSError:
                time.sleep(LOOK_SECONDS)  # a terminal or a pipe that is gone


def line_of(event: Event) -> str:
    """``2026-01-31 09:30:00.123 WARNING  risk: text``: one line, whatever the text."""
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event.time))
    text = " | ".join(clean(part) for part in event.text.splitlines())
    milliseconds = int(event.time % 1 * 1000)
    return (
        f"{day}.{milliseconds:03d} {event.severity.name:8} {clean(event.source)}: {text}"
    )


def clean(text: str) -> str:
    """Without what would move a cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def notify(state: str) -> None:
    """Tell the service manager, if one started us: ``READY=1``, ``STOPPING=1``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.connect(address)
            sender.send(state.encode())
        except OSError as error:
            print(f"cockpit: the service manager does not hear: {error}", file=sys.stderr)


def serve(desk: LocalDesk, place: Place, signals: Signals) -> str:
    """Serve a desk that is ready to start until it is told to stop.

    The lock of ``place`` is held. Empty, or what could not be done at the end.
    """
    lines = Lines()

    async def run() -> str:
        loop = asyncio.get_running_loop()
        server = Server(
            desk,
            place,
            control=desk.control,
            directory=desk.directory,
            log=lines.write,
        )

        def act(number: signal.Signals, who: Operator) -> None:
            if number == signal.SIGUSR1:  # whatever the loop is at
                halt_by_signal(desk, number, who)
            else:
                loop.call_soon_threadsafe(_obey, server, number, who)

        signals.act = act
        server.note(
            Severity.INFO,
            f"desk {place.name!r} is served at {place.socket} by pid {os.getpid()}; "
            f"`cockpit attach {place.name}` shows it",
        )
        notify("READY=1")
        try:
            return await server.run()
        finally:
            signals.act = None
            notify("STOPPING=1")

    try:
        with HaltFile(desk, place.halt):
            desk.start()
            return asyncio.run(run())
    finally:
        desk.close()
        lines.close()


def _obey(server: Server, number: signal.Signals, who: Operator) -> None:
    match number:
        case signal.SIGHUP:
            server.note(
                Severity.WARNING, f"HUP from {who.full}: the terminal is gone, trading on"
            )
        case _:
            server.stop(who, f"signal {number.name.removeprefix('SIG')}")
