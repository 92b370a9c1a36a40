"""Alerts as whoever looks at a desk is shown them, and who raises them.

They are raised where the engine is, once, whatever looks at it: a screen, several, or
none. :mod:`cockpit.observe.lookout` does it; here is only what passes between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cockpit.control.desk import Event
from cockpit.core import Severity

SOURCE = "alert"
"""Who speaks in the log when an alert is told."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What a rule has found."""

    number: int
    """Its own, from 1 on, as long as the desk runs."""
    name: str
    """Of the rule."""
    severity: Severity
    text: str
    first: float
    """When it was found, seconds since 1970, as all times here."""
    count: int = 1
    """How often it came back."""
    active: bool = True
    """It still holds."""
    escalated: bool = False
    """It was told louder, because nobody had acknowledged it."""
    told: int = 1
    """How often it was told."""
    told_at: float = 0.0
    sinks: tuple[str, ...] = ()
    """Where it was told the last time."""
    acknowledged: bool = False
    acknowledged_by: str = ""
    acknowledged_at: float = 0.0

    @property
    def sentence(self) -> str:
        """For one line, as it was told the last time."""
        louder = self.escalated and not self.acknowledged
        again = "again, nobody has acknowledged it: " if louder else ""
        return f"{again}{self.name}: {self.text}"


class Alarms(Protocol):
    """What watches a desk. No call waits for the desk, a file or a sink."""

    def start(self) -> None: ...

    def hear(self, events: Sequence[Event]) -> None:
        """Lines of the log that are new."""

    def shown(self) -> tuple[Alert, ...]:
        """The alerts there are, oldest first; the same object until one changes."""

    def acknowledge(self, who: str, number: int | None = None) -> list[Alert]:
        """Somebody has seen alert ``number``, or all; those that were new."""

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the rules on disk."""

    def hush(self) -> None:
        """The desk is being closed: nothing that comes of it is an alert."""

    def stop(self) -> None:
        """The end; what is being told has a moment to get out."""
