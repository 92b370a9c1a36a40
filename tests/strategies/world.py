"""The market of a tape for a reference strategy, and what the strategy is told.

It is told in plain numbers and answers in plain numbers; nothing here knows the core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tests.strategies.pipe import (
    BOOK,
    BUY,
    DECISION,
    FILL,
    NO_PRICE,
    SELL,
    TIMER,
    TRADE,
    Array,
)


class Order(NamedTuple):
    """What a strategy wants: of a quote, a quantity of 0 takes it off."""

    side: int
    price: int
    qty: int


@dataclass
class Seat:
    """What a strategy knows, and what it leaves."""

    now: float = 0.0  # seconds
    bid: int = NO_PRICE
    ask: int = NO_PRICE
    bid_qty: int = 0
    ask_qty: int = 0
    bid2: int = NO_PRICE
    ask2: int = NO_PRICE
    stale: bool = False
    last: int = NO_PRICE
    last_qty: int = 0
    last_side: int = BUY
    position: int = 0
    position2: int = 0
    working: dict[int, tuple[int, int]] = field(default_factory=dict)  # side: price, qty
    quotes: list[Order] = field(default_factory=list)
    take: Order | None = None
    take2: Order | None = None
    signal: float = 0.0

    @property
    def mid(self) -> float | None:
        """The mid of a market with both sides that can be trusted."""
        if self.stale or NO_PRICE in (self.bid, self.ask):
            return None
        return (self.bid + self.ask) / 2

    def quote(self, side: int, price: int, qty: int) -> None:
        self.quotes.append(Order(side, price if qty else 0, qty))

    def cancel(self, side: int) -> None:
        self.quote(side, 0, 0)

    def cross(self, side: int, qty: int) -> bool:
        """Take that many lots at the other side's best; whether there was any."""
        if qty > 0:
            self.take = Order(side, self.ask if side == BUY else self.bid, qty)
        return qty > 0


class Strategy:
    """A reference: overrides what it listens to. ``wants`` as the core's kind has it."""

    wants = "price"
    two_symbols = False
    hears_fills = False
    hears_trades = False
    hears_timer = True

    def __init__(self, *parameters: float) -> None:
        self.parameters = parameters

    def on_book(self, seat: Seat) -> None:
        raise NotImplementedError

    def on_timer(self, seat: Seat) -> None:
        self.on_book(seat)

    def on_trade(self, seat: Seat) -> None:
        raise NotImplementedError

    def on_fill(self, seat: Seat) -> None:
        self.on_book(seat)


def play(strategy: Strategy, tape: Array) -> Array:
    """Every decision of a reference on a tape."""
    seat, found = Seat(), [np.zeros(0, DECISION)]
    for index, event in enumerate(tape):
        seat.now = int(event["now_ns"]) * 1e-9
        kind = int(event["kind"])
        if kind == BOOK and _show(strategy, seat, event):
            _call(strategy, seat, index, BOOK, found)
        elif kind == TRADE:
            _trade(strategy, seat, index, event, found)
        elif kind == TIMER and strategy.hears_timer:
            _call(strategy, seat, index, TIMER, found)
    return np.concatenate(found)


def _show(strategy: Strategy, seat: Seat, event: Array) -> bool:
    before = (seat.bid, seat.ask), (seat.bid_qty, seat.ask_qty), (seat.bid2, seat.ask2)
    seat.bid, seat.ask = (int(price) for price in event["price"])
    seat.bid_qty, seat.ask_qty = (int(qty) for qty in event["qty"])
    seat.bid2, seat.ask2 = (int(price) for price in event["price2"])
    seat.stale = bool(event["stale"])
    prices = before[0] != (seat.bid, seat.ask)
    qtys = prices or before[1] != (seat.bid_qty, seat.ask_qty)
    seconds = before[2] != (seat.bid2, seat.ask2) and strategy.two_symbols
    return {"price": prices or seconds, "qty": qtys or seconds, "": False}[strategy.wants]


def _trade(
    strategy: Strategy, seat: Seat, index: int, event: Array, found: list[Array]
) -> None:
    seat.last, seat.last_qty = int(event["last"]), int(event["last_qty"])
    seat.last_side = side = int(event["last_side"])
    if strategy.hears_trades:
        _call(strategy, seat, index, TRADE, found)
    if side not in seat.working:
        return
    price, left = seat.working[side]
    if price < seat.last if side == BUY else price > seat.last:
        return
    qty = min(left, seat.last_qty)
    seat.working[side] = price, left - qty
    if left == qty:
        del seat.working[side]
    _fill(strategy, seat, index, Order(side, price, qty), second=False, found=found)


def _fill(
    strategy: Strategy, seat: Seat, index: int, order: Order, *, second: bool,
    found: list[Array],
) -> None:  # fmt: skip
    change = order.qty if order.side == BUY else -order.qty
    if second:
        seat.position2 += change
    else:
        seat.position += change
    if strategy.hears_fills:
        _call(strategy, seat, index, FILL, found)


def _call(
    strategy: Strategy, seat: Seat, index: int, call: int, found: list[Array]
) -> None:
    row = np.zeros(1, DECISION)
    row["event"], row["call"] = index, call
    row["position"], row["position2"] = seat.position, seat.position2
    speak = {
        BOOK: strategy.on_book,
        TRADE: strategy.on_trade,
        TIMER: strategy.on_timer,
        FILL: strategy.on_fill,
    }
    speak[call](seat)
    row["signal"] = seat.signal
    quotes, takes = seat.quotes, (seat.take, seat.take2)
    seat.quotes, seat.take, seat.take2 = [], None, None
    for order in quotes:
        row["quotes"][0, order.side] = 1, order.price, order.qty
        if order.qty:
            seat.working[order.side] = order.price, order.qty
        else:
            seat.working.pop(order.side, None)
    for place, take in enumerate(takes):
        if take:
            row["takes"][0, place] = 1, *take
    found.append(row)
    for place, take in enumerate(takes):
        if take:
            _fill(strategy, seat, index, take, second=place == 1, found=found)


__all__ = ["BUY", "SELL", "Order", "Seat", "Strategy", "play"]
