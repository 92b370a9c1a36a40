"""An exchange in a process of its own, for tests to connect to."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cockpit import paths

USER, PASSWORD = "desk", "secret42"
OTHER, OTHER_PASSWORD = "other", "secret43"
KEEPER = "keeper"


def make_config(
    directory: Path, *, market: dict[str, object] | None = None, **limits: object
) -> Path:
    """The shipped files with some values changed: of [limits], and of [market]."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in paths.default_config().glob("*.toml"):
        shutil.copyfile(source, directory / source.name)
    for file, values in (("exchange.toml", limits), ("desk.toml", market or {})):
        text = (directory / file).read_text()
        for key, value in values.items():
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert count, f"{key} is not in {file}"
        (directory / file).write_text(text)
    users = directory / "users"
    users.write_text(
        f"{USER} {PASSWORD}\n{OTHER} {OTHER_PASSWORD}\n{KEEPER} {PASSWORD} keep-orders\n"
    )
    users.chmod(0o600)
    return directory


class Exchange:
    """``cockpit exchange`` running; what it says is read line by line."""

    def __init__(
        self, config: Path, *arguments: str, orders: int = 0, feed: int = 0
    ) -> None:
        self.config = config
        command = [
            sys.executable, "-m", "cockpit", "exchange", "--config", str(config),
            "--users", str(config / "users"), "--orders", str(orders),
            "--feed", str(feed), "--status", "0", *arguments,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            line = self.expect("listening")
        except AssertionError:
            self.kill()
            raise AssertionError(f"it does not listen: {self.lines}") from None
        found = re.search(r"orders on port (\d+), feed on port (\d+)", line)
        assert found
        self.orders, self.feed = int(found[1]), int(found[2])

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(line.rstrip())

    def expect(self, part: str, timeout: float = 20.0) -> str:
        """The first line, of those not asked for before, that holds ``part``."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self._queue.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"no line with {part!r} in {self.lines}") from None
            self.lines.append(line)
            if part in line:
                return line

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.close()

    def close(self) -> int:
        code = self.process.wait(timeout=20)
        self._reader.join(timeout=20)
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        assert self.process.stdout
        self.process.stdout.close()
        return code
