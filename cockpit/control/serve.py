"""A desk without a screen: signals in, lines out, and a server between.

USR1 halts, URG pulls every order, USR2 flattens; TERM and INT stop the desk in order, HUP
(a terminal that went away) is noted.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from cockpit.control.desk import Event
from cockpit.control.guard import KillFiles, kill_by_signal
from cockpit.control.kill import LEVEL_OF
from cockpit.control.local import LocalDesk
from cockpit.control.operators import Operator
from cockpit.control.runtime import Place
from cockpit.control.server import Server
from cockpit.control.signals import Signals
from cockpit.core import Severity

LINES_MAX = 10_000
STDOUT = 1
LOOK_SECONDS = 0.25


def line_of(event: Event) -> str:
    """``2026-01-31 09:30:00.123 WARNING  risk: text``: one line, whatever the text."""
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event.time))
    text = " | ".join(clean(part) for part in event.text.splitlines())
    milliseconds = int(event.time % 1 * 1000)
    return (
        f"{day}.{milliseconds:03d} {event.severity.name:8} {clean(event.source)}: {text}"
    )


def json_of(event: Event) -> str:
    """The same for programs: an object with time, severity, source, text and who."""
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(event.time))
    return json.dumps(
        {
            "time": f"{day}.{int(event.time % 1 * 1000):03d}Z",
            "severity": event.severity.name.lower(),
            "source": event.source,
            "text": event.text,
            "who": event.who,
        }
    )


class Lines:
    """Events, a line each, by a thread: their reader cannot hold up a desk.

    ``descriptor``: where they go; ``render``: an event as a line.
    """

    def __init__(
        self, descriptor: int = STDOUT, render: Callable[[Event], str] = line_of
    ) -> None:
        self._descriptor = descriptor
        self._render = render
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._lost = 0
        self._thread = Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def write(self, event: Event) -> None:
        if self._queue.qsize() >= LINES_MAX:
            self._lost += 1
            return
        if self._lost:
            text = f"{self._lost} lines lost: nobody took them in time"
            lost = Event(time.time(), Severity.WARNING, "control", text)
            self._queue.put(self._render(lost))
            self._lost = 0
        self._queue.put(self._render(event))

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
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                time.sleep(LOOK_SECONDS)  # a terminal or a pipe that is gone


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


def open_log(path: Path) -> int:
    """A file that lines are added to, for its owner alone. Raises OSError."""
    # Not blocking: there may be a pipe that nobody reads.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def serve(
    desk: LocalDesk,
    place: Place,
    signals: Signals,
    *,
    as_json: bool = False,
    log: int | None = None,
) -> str:
    """Serve a desk that is ready to start until it is told to stop.

    The lock of ``place`` is held. Empty, or what could not be done at the end. Events go
    to stdout, ``as_json`` or as plain lines, and to the descriptor ``log`` as JSON.
    """
    sinks = [Lines(render=json_of if as_json else line_of)]
    if log is not None:
        sinks.append(Lines(log, json_of))

    def write(event: Event) -> None:
        for sink in sinks:
            sink.write(event)

    async def run() -> str:
        loop = asyncio.get_running_loop()
        server = Server(
            desk,
            place,
            control=desk.control,
            directory=desk.directory,
            log=write,
        )

        def act(number: signal.Signals, who: Operator) -> None:
            if number in LEVEL_OF:  # whatever the loop is at
                kill_by_signal(desk, number, who)
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
        with KillFiles(desk, place):
            desk.start()
            return asyncio.run(run())
    finally:
        desk.close()
        for sink in sinks:
            sink.close()


def _obey(server: Server, number: signal.Signals, who: Operator) -> None:
    match number:
        case signal.SIGHUP:
            server.note(
                Severity.WARNING, f"HUP from {who.full}: the terminal is gone, trading on"
            )
        case _:
            server.stop(who, f"signal {number.name.removeprefix('SIG')}")
