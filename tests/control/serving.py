"""A desk served by a process of its own, for tests to join, attack and kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cockpit.config.load import FILES
from cockpit.control.connection import Connection, Unreachable, connect
from cockpit.control.protocol import Hello
from cockpit.control.remote import RemoteDesk
from cockpit.control.runtime import Place
from cockpit.core import Record, RiskState
from cockpit.paths import default_config

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 15.0
SCREEN = Hello(role="trade")
SCRIPT = Hello(role="trade", program="ctl", watches=False, operates=False)


def wait(
    until: Callable[[], Any], why: str = "", seconds: float = PATIENCE_SECONDS
) -> Any:
    """What ``until`` gives, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := until()):
        assert time.monotonic() < deadline, f"waited in vain {why}"
        time.sleep(0.01)
    return found


def waited_seconds(*pids: int) -> float:
    """What the threads of this process and of those have waited for a processor so far:
    time that a busy machine takes, and not what is measured. 0 where nobody counts it."""
    total = 0
    for pid in (os.getpid(), *pids):
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError, IndexError):
                total += int(task.read_text().split()[1])
    return total / 1e9


def copy_files(target: Path, **control: Any) -> Path:
    """The shipped files, for threads that leave the machine to others."""
    for file in FILES:
        shutil.copy(default_config() / file, target)
    path = target / "desk.toml"
    text = path.read_text().replace('waiting = "auto"', 'waiting = "park"')
    text = re.sub(r"_cpu = -1", "_cpu = -2", text)
    for key, value in control.items():
        text = re.sub(rf"^{key} = .*$", f"{key} = {json.dumps(value)}", text, flags=re.M)
    path.write_text(text)
    return target


def state(picture: Record) -> RiskState:
    return RiskState(int(picture["desk"]["risk_state"]))


class Served:
    """``cockpit serve`` with a runtime directory of its own."""

    def __init__(self, files: Path, *arguments: object, name: str = "desk") -> None:
        # Short: a socket's path has 107 bytes.
        self.runtime = Path(tempfile.mkdtemp(prefix="ck"))
        self.place = Place(name, self.runtime / "cockpit")
        self.files = files
        self.arguments = [str(argument) for argument in arguments]
        self.log = self.runtime / "log"
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_STATE_HOME": str(self.runtime / "state"),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.runtime)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cockpit",
                    "serve",
                    self.place.name,
                    "--config",
                    str(self.files),
                    *self.arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
            )
        try:
            wait(self.answers, f"for the desk: {self.said()}")
        except BaseException:
            self.process.kill()  # nobody else would end it
            self.process.wait()
            raise

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        try:
            Connection(self.place, SCRIPT, timeout=1).close()
        except Unreachable:
            return False
        except Exception:  # the directory is not there yet
            return False
        return True

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def left(self) -> int:
        """Its exit code, when it has ended."""
        assert self.process is not None
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def wait_for(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        try:
            wait(lambda: text in self.said(), f"for {text!r}", seconds)
        except AssertionError:
            print(self.said()[-4000:])
            raise

    def join(self, **options: Any) -> RemoteDesk:
        return RemoteDesk(self.place, **options)

    def picture(self) -> Record:
        """One picture, of a client that comes and goes."""
        with self.join(read_only=True, operates=False, hz=20) as desk:
            return desk.read().copy()

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cockpit", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=self.environment,
            timeout=60,
        )

    def ctl(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self.run("ctl", *arguments)

    def raw(self) -> socket.socket:
        """A connection that has not said anything."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(PATIENCE_SECONDS)
        connect(connection, str(self.place.socket), PATIENCE_SECONDS)
        return connection


def drain(connection: socket.socket) -> bytes:
    """Everything until the other side ends it."""
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found
