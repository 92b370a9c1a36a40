"""Desks played from the tapes beside the tests: no change of the core moves them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cockpit.control.alarms import Alert
from cockpit.control.desk import Event, Margin, Preview, StrategyVersion, Ticket
from cockpit.core import LIMITS, REFUSALS, Mode, Severity, Side
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
    found: tuple[Alert, ...] = ()

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

    def alerts(self) -> tuple[Alert, ...]:
        return self.found

    def set_mode(self, slot: int, mode: Mode) -> None:
        self.calls.append(("mode", slot, mode))

    def pause(self) -> None:
        self.calls.append("pause")

    def reduce(self) -> None:
        self.calls.append("reduce")

    def resume(self, *, symbol: int | None = None) -> None:
        self.calls.append("resume" if symbol is None else ("resume", symbol))

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        scope = strategy is not None or symbol is not None
        self.calls.append(("flatten", strategy, symbol) if scope else "flatten")

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        scope = strategy is not None or symbol is not None
        self.calls.append(("halt", strategy, symbol) if scope else "halt")

    def accept(self) -> None:
        self.calls.append("accept")

    def order(self, ticket: Ticket) -> int:
        self.calls.append(("order", ticket))
        return 1

    def preview(self, ticket: Ticket) -> Preview | None:
        """By the tape's own limits and position, as if nothing else were asked for."""
        desk = self.read()["desk"]
        held = int(desk["symbols"][ticket.symbol]["position"])
        after = held + (ticket.qty if ticket.side == Side.BUY else -ticket.qty)
        used = [int(limit["used"]) for limit in desk["limits"][: len(LIMITS)]]
        limits = [int(limit["limit"]) for limit in desk["limits"][: len(LIMITS)]]
        used[0], used[2] = ticket.qty, max(abs(after), used[2])
        refuses = next((i for i in (0, 2) if used[i] > limits[i]), None)
        symbol = self.symbols[ticket.symbol]
        return Preview(
            ticket=ticket, price=ticket.price,
            value=ticket.qty * ticket.price * symbol.point_value, position=held,
            position_after=after, worst_long=max(after, held),
            worst_short=min(after, held),
            reduces=abs(after) < abs(held),
            refusal="" if refuses is None else REFUSALS[refuses],
            scope="" if refuses is None else "global",
            limit=0 if refuses is None else limits[refuses], current=abs(held),
            would_be=0 if refuses is None else used[refuses], passing_qty=20,
            margins=tuple(map(Margin, limits, used)),
        )  # fmt: skip

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        size, spread = ("size", 10.0), ("half_spread", 2.0)
        runs = StrategyVersion(
            3, 0xA1, self.moment - 4, "root (ctl 912)", "half_spread 1 -> 2 increments",
            (spread, size), True,
        )  # fmt: skip
        changes = "size 5 -> 10 lots"
        before = replace(
            runs, version=2, time=self.moment - 11, who="root (screen 877)",
            changes=changes, values=(("half_spread", 1.0), size), in_force=False,
        )  # fmt: skip
        first = replace(
            before, version=1, time=self.first, who="strategies.toml", changes="",
            values=(("half_spread", 1.0), ("size", 5.0)),
        )  # fmt: skip
        return runs, before, first

    def revert(self, slot: int, version: int) -> None:
        self.calls.append(("revert", slot, version))

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
