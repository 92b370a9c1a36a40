"""Desks to draw: a real one under virtual time, and one whose picture a test writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cockpit.control.alarms import Alert
from cockpit.control.desk import Event, Preview, StrategyVersion, Symbol, Ticket
from cockpit.core import (
    BUILT_IN_KINDS,
    LIMITS,
    MONEY_SCALE,
    PICTURE,
    PICTURE_DTYPE,
    PRICE_NONE,
    Mode,
    Record,
    RiskState,
    Side,
)

SYMBOLS = (
    Symbol("ALFA", MONEY_SCALE // 100, MONEY_SCALE // 100, 2),
    Symbol("BRAVO", MONEY_SCALE // 4, MONEY_SCALE * 5, 2),
    Symbol("CHARLIE", MONEY_SCALE // 1000, MONEY_SCALE // 10, 3),
)
SECOND_NS = 1_000_000_000


class PaintedDesk:
    """A desk that shows what the test has written and records what it was asked."""

    mode = "SIM"

    def __init__(self, symbols: tuple[Symbol, ...] = SYMBOLS) -> None:
        self.symbols = symbols
        self.kinds = {kind.index: kind for kind in BUILT_IN_KINDS}
        self.origin = "synthetic seed 7"
        self.picture: np.ndarray[Any, Any] = np.zeros((), PICTURE_DTYPE)
        self.calls: list[Any] = []
        self.errors: tuple[str, ...] = ()
        self.found: tuple[Alert, ...] = ()
        self.waiting: list[Event] = []
        self.close_error = ""
        self.previews: dict[Ticket, Preview] = {}
        self.strategy_versions: dict[int, tuple[StrategyVersion, ...]] = {}
        picture = self.picture
        picture["time_ns"], picture["start_ns"], picture["running"] = (
            90 * SECOND_NS,
            SECOND_NS,
            1,
        )
        picture["venue"]["time_ns"] = picture["time_ns"]
        desk = picture["desk"]
        desk["symbol_count"] = len(symbols)
        for i in range(len(LIMITS)):
            desk["limits"][i]["limit"] = 1000
        for i in range(len(symbols)):
            for price in ("bid", "ask", "last"):
                desk["symbols"][i][price] = PRICE_NONE

    # What a test writes.

    def add_strategy(
        self, slot: int, name: str, symbol: int = 0, mode: Mode = Mode.OFF
    ) -> Any:
        strategy = self.picture["desk"]["strategies"][slot]
        strategy["config"]["name"] = name.encode()
        strategy["config"]["symbol"] = symbol
        strategy["config"]["used"] = 1
        strategy["config"]["mode"] = mode
        return strategy

    def set_book(
        self,
        symbol: int,
        bids: Iterable[tuple[int, int]],
        asks: Iterable[tuple[int, int]],
    ) -> Any:
        """Levels as (price, qty), best first."""
        target = self.picture["desk"]["symbols"][symbol]
        for side, levels in enumerate((list(bids), list(asks))):
            target["level_count"][side] = len(levels)
            for i, (price, qty) in enumerate(levels):
                target["levels"][side][i]["price"] = price
                target["levels"][side][i]["qty"] = qty
            target["bid" if side == 0 else "ask"] = levels[0][0] if levels else PRICE_NONE
        target["last_md_ns"] = self.picture["time_ns"]
        return target

    def set_state(self, state: RiskState) -> None:
        self.picture["desk"]["risk_state"] = state

    # What the screen asks.

    def read(self) -> Record:
        return Record(PICTURE, self.picture.tobytes())

    def events(self) -> list[Event]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def config_errors(self) -> tuple[str, ...]:
        return self.errors

    def alerts(self) -> tuple[Alert, ...]:
        return self.found

    def acknowledge(self, number: int | None = None) -> int:
        self.calls.append(("acknowledge", number))
        return len(self.found)

    def toggle_strategy(self, slot: int) -> None:
        self.calls.append(("toggle", slot))

    def set_mode(self, slot: int, mode: Mode) -> None:
        self.calls.append(("mode", slot, mode))

    def cancel_all(self) -> None:
        self.calls.append("cancel_all")

    def pause(self) -> None:
        self.calls.append("pause")

    def reduce(self) -> None:
        self.calls.append("reduce")

    def cancel(
        self,
        order: int | None = None,
        *,
        symbol: int | None = None,
        side: Side | None = None,
        strategy: int | None = None,
    ) -> None:
        self.calls.append(("cancel", order, symbol, side, strategy))

    def order(self, ticket: Ticket) -> int:
        self.calls.append(("order", ticket))
        return 1

    def preview(self, ticket: Ticket) -> Preview | None:
        return self.previews.get(ticket)

    def resume(self, *, symbol: int | None = None) -> None:
        self.calls.append("resume" if symbol is None else ("resume", symbol))

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        scope = strategy is not None or symbol is not None
        self.calls.append(("flatten", strategy, symbol) if scope else "flatten")

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        scope = strategy is not None or symbol is not None
        self.calls.append(("halt", strategy, symbol) if scope else "halt")

    def unhalt(self) -> None:
        self.calls.append("unhalt")

    def accept(self) -> None:
        self.calls.append("accept")

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        return self.strategy_versions.get(slot, ())

    def revert(self, slot: int, version: int) -> None:
        self.calls.append(("revert", slot, version))

    def close(self) -> str:
        self.calls.append("close")
        return self.close_error
