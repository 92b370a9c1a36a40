"""What a screen, a script or an alert may ask of a desk, and how it answers.

One interface. The desk is in this process (:mod:`cockpit.control.local`) or in another
one (:mod:`cockpit.control.remote`), and answers to the same calls. Commands return at
once and only hand over what was asked; whether it happened shows in the next picture, and
in the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cockpit.core import Mode, Record, Severity


@dataclass(frozen=True, slots=True)
class Symbol:
    """An instrument, as far as drawing it needs. Money: units of 1 / MONEY_SCALE."""

    name: str
    increment: int
    """Money: one step of price."""
    point_value: int
    decimals: int
    """Digits after the point that a price of it shows."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    time: float
    """Seconds since 1970, UTC; under virtual time seconds since the start."""
    severity: Severity
    source: str
    """Who speaks, one word: desk, risk, config, operator, a strategy's name."""
    text: str
    """Plain text, never markup."""


class Desk(Protocol):
    """A desk that is running, wherever it runs."""

    @property
    def mode(self) -> str:
        """What is traded on, in capitals: SIM (embedded exchange), REPLAY, ..."""

    @property
    def origin(self) -> str:
        """Where the market comes from, for the header: ``synthetic seed 1``, a file."""

    @property
    def symbols(self) -> tuple[Symbol, ...]: ...

    def read(self) -> Record:
        """The latest picture (``cp_picture``); the same record, refilled in place."""

    def events(self) -> list[Event]:
        """What happened since the last call, oldest first."""

    def config_errors(self) -> tuple[str, ...]:
        """What is wrong with the files on disk now; empty when they are in force."""

    def toggle_strategy(self, slot: int) -> None:
        """OFF to LIVE, anything else to OFF."""

    def set_mode(self, slot: int, mode: Mode) -> None: ...

    def cancel_all(self) -> None:
        """Pull every working order; strategies go on as they are."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def flatten(self) -> None: ...

    def halt(self) -> None: ...

    def unhalt(self) -> None: ...

    def close(self) -> str:
        """Leave the desk. Empty, or what could not be done.

        One in this process pulls every order and stops; one in another trades on.
        """
