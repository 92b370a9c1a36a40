"""A running desk for tests to look at, as a screen would."""

import time
from collections.abc import Callable
from pathlib import Path

from cockpit.config import load, settings
from cockpit.control.desk import Event
from cockpit.control.local import LocalDesk
from cockpit.core import Engine, Record

PATIENCE_SECONDS = 10.0


class Rig:
    """A running desk, its directory, and everything it has said so far."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        config = load(directory)
        self.desk = LocalDesk(Engine(settings(config)), config, directory=directory)
        self.said: list[Event] = []
        self.picture: Record = self.desk.read()

    def look(self) -> None:
        """What a screen does with each frame."""
        self.picture = self.desk.read()
        self.said += self.desk.events()

    def wait(self, until: Callable[[], object], why: str = "") -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not until():
            told = [event.text for event in self.said if event.source == "config"]
            assert time.monotonic() < deadline, f"waited in vain {why}; {told[-5:]}"
            time.sleep(0.005)
            self.look()

    def linger(self, seconds: float) -> None:
        """Look on for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def write(self, file: str, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        (self.directory / file).write_bytes(data)

    def text(self, file: str) -> str:
        return (self.directory / file).read_text()

    def edit(self, file: str, old: str, new: str) -> None:
        text = self.text(file)
        assert old in text
        self.write(file, text.replace(old, new, 1))

    def has_said(self, text: str) -> bool:
        return any(text in event.text for event in self.said)

    def in_force(self) -> tuple[object, ...]:
        """Limits and strategies as the core shows them."""
        firm = self.picture["desk"]
        return (
            int(firm["limits_version"]),
            int(firm["limits_hash"]),
            firm["limits"]["limit"].tolist(),
            firm["strategies"]["config"].tobytes(),
        )
