"""Stops: those that wait for a price, and the line of those that are due."""

from __future__ import annotations

from collections.abc import Iterable

from tests.venue import messages as m


class Stop:
    """A market or limit order that comes to life at a trade price."""

    __slots__ = (
        "client_id",
        "is_due",
        "open",
        "participant",
        "price",
        "ref",
        "side",
        "smp",
        "stop_price",
        "symbol",
        "time_in_force",
        "type",
    )

    def __init__(self, ref: int, asked: m.Order) -> None:
        self.ref = ref
        self.participant = asked.participant
        self.client_id = asked.client_id
        self.symbol = asked.symbol
        self.side = asked.side
        self.type = asked.type
        self.price = asked.price if asked.type == m.STOP_LIMIT else m.PRICE_NONE
        self.open = asked.qty
        self.stop_price = asked.min_qty  # they share a place in the message
        self.time_in_force = asked.time_in_force
        self.smp = asked.smp
        self.is_due = False

    def is_reached(self, low: int, high: int) -> bool:
        """Whether trades between these two prices, both included, trigger it."""
        return high >= self.stop_price if self.side == m.BUY else low <= self.stop_price


class Stops:
    """All stops of a venue."""

    def __init__(self, symbols: int) -> None:
        self.waiting: list[dict[int, Stop]] = [{} for _ in range(symbols)]
        self.due: dict[int, Stop] = {}  # first come first
        # Prices between which no waiting stop is reached: most trades change nothing.
        self._buys_from: list[int | None] = [None] * symbols
        self._sells_from: list[int | None] = [None] * symbols

    def wait(self, stop: Stop) -> None:
        """It waits behind those that were accepted before it."""
        self.waiting[stop.symbol][stop.ref] = stop
        self._narrow(stop)

    def _narrow(self, stop: Stop) -> None:
        symbol, price = stop.symbol, stop.stop_price
        if stop.side == m.BUY:
            known = self._buys_from[symbol]
            self._buys_from[symbol] = price if known is None else min(known, price)
        else:
            known = self._sells_from[symbol]
            self._sells_from[symbol] = price if known is None else max(known, price)

    def look(self, symbol: int, low: int, high: int) -> None:
        """What these prices reach joins the line, the oldest first."""
        buys, sells = self._buys_from[symbol], self._sells_from[symbol]
        if (buys is None or high < buys) and (sells is None or low > sells):
            return
        waiting = self.waiting[symbol]
        self._buys_from[symbol] = self._sells_from[symbol] = None
        for stop in list(waiting.values()):
            if stop.is_reached(low, high):
                del waiting[stop.ref]
                stop.is_due = True
                self.due[stop.ref] = stop
            else:
                self._narrow(stop)

    def remove(self, stop: Stop) -> None:
        """It waits no more."""
        del (self.due if stop.is_due else self.waiting[stop.symbol])[stop.ref]

    def next_due(self, may_run: Iterable[bool]) -> Stop | None:
        """The first in the line whose symbol may run stops now."""
        allowed = list(may_run)
        return next((stop for stop in self.due.values() if allowed[stop.symbol]), None)

    def in_order_of_expiry(self, symbol: int) -> list[Stop]:
        """Buys lowest trigger first, sells highest first, each oldest first; then due."""
        waiting = self.waiting[symbol].values()
        buys = [stop for stop in waiting if stop.side == m.BUY]
        sells = [stop for stop in waiting if stop.side == m.SELL]
        return [
            *sorted(buys, key=lambda stop: (stop.stop_price, stop.ref)),
            *sorted(sells, key=lambda stop: (-stop.stop_price, stop.ref)),
            *(stop for stop in self.due.values() if stop.symbol == symbol),
        ]
