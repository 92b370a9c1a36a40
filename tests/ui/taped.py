"""Desks played from the tapes beside the tests: no change of the core moves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cockpit.control.desk import Event
from cockpit.core import Mode, Severity
from cockpit.observe.tape import Tape
from cockpit.observe.tape_desk import TapeDesk
from cockpit.ui.app import CockpitApp

TAPES = Path(__file__).parent / "tapes"
TRADING, SWITCHED_OFF, HALTED = 89, 91, 95
"""Frames of ``session.tape``: the last before a strategy is switched off, and so on."""


class TapedDesk(TapeDesk):
    """A tape that is not played but turned, and lets itself be asked, to no effect."""

    read_only = ""
    broken_config: tuple[str, ...] = ()
    directory: Path | None = None

    def __init__(self, name: str = "session") -> None:
        super().__init__(Tape(TAPES / f"{name}.tape"), playing=False)
        self.calls: list[Any] = []
        self.close_error = ""

    @property
    def mode(self) -> str:
        return self.tape.mode

    @property
    def origin(self) -> str:
        return self.tape.origin

    def config_errors(self) -> tuple[str, ...]:
        return self.broken_config or super().config_errors()

    def set_mode(self, slot: int, mode: Mode) -> None:
        self.calls.append(("mode", slot, mode))

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def flatten(self) -> None:
        self.calls.append("flatten")

    def halt(self) -> None:
        self.calls.append("halt")

    def unhalt(self) -> None:
        self.calls.append("unhalt")

    def cancel_all(self) -> None:
        self.calls.append("cancel_all")


def open_app(desk: TapeDesk, **look: Any) -> CockpitApp:
    """The screen over a tape; its clock is the tape's."""
    return CockpitApp(desk, clock=lambda: desk.moment, auto=False, **look)


def turn(app: CockpitApp, desk: TapeDesk, to: int | None = None) -> None:
    """Turn the tape on to a frame, the last without ``to``, drawing each one."""
    to = desk.count - 1 if to is None else to
    if desk.index == 0:
        app.step()
    while desk.index < min(to, desk.count - 1):
        desk.step()
        app.step()


def said(text: str, severity: Severity = Severity.INFO, source: str = "desk") -> Event:
    return Event(1_767_268_800.0, severity, source, text)
