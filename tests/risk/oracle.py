"""What may leave the desk: docs/risk.md written a second time, in Python's integers.

Nothing of the desk's own is believed. What is held and what may be at the venue is
counted here, from the orders that left and the answers given alone; what is stopped, from
what was asked of the desk.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from probe import BY_HAND, POINTS, SEAT, SYMBOLS

from cockpit._native import lib
from cockpit.core import LIMITS, Control, Mode, RiskState, Scope

BUY, SELL = 0, 1
NEW, REPLACE = lib.CP_ORDER_NEW, lib.CP_ORDER_REPLACE
SECOND = 10**9
INDEX = {limit.name: index for index, limit in enumerate(LIMITS)}

STATES = RiskState
STRICTER = {
    STATES.ACTIVE: {STATES.PAUSED, STATES.HALTED},
    STATES.REDUCING: {STATES.PAUSED, STATES.HALTED},
    STATES.FLATTENING: {STATES.PAUSED, STATES.HALTED},
    STATES.PAUSED: {STATES.HALTED},
    STATES.HALTED: set(),
}
"""Where a desk may go by itself: a breaker trips, everything is closed, it has lost too
much."""
LEADS = {
    Control.PAUSE: (set(STATES) - {STATES.HALTED}, STATES.PAUSED),
    Control.REDUCE: ({STATES.ACTIVE, STATES.PAUSED, STATES.REDUCING}, STATES.REDUCING),
    Control.FLATTEN: (set(STATES) - {STATES.HALTED}, STATES.FLATTENING),
    Control.HALT: (set(STATES), STATES.HALTED),
    Control.UNHALT: ({STATES.HALTED}, STATES.PAUSED),
    Control.RESUME: ({STATES.PAUSED, STATES.REDUCING}, STATES.ACTIVE),
}
"""From which states each leads, and where."""


@dataclass
class Order:
    """One that may be at the venue, at its old terms, at its new ones, or at both."""

    id: int
    slot: int
    symbol: int
    side: int
    price: int
    leaves: int
    rests: bool
    accepted: bool = False
    traded: bool = False
    new_id: int = 0
    new_price: int = 0
    new_qty: int = 0
    reduces: bool = False
    """It left when only what brings the symbol's position nearer to none could, and
    nothing has been let go on since."""
    reduces_own: bool = False
    """The same of the position of whose order it is."""


class Oracle:
    def __init__(self) -> None:
        self.now = 0
        self.orders: list[Order] = []
        self.held: dict[tuple[int, int], int] = {}
        self.sent: list[tuple[int, int]] = []
        self.terms: list[tuple[tuple[int, ...], int]] = []
        self.limits: list[int] = []
        self.scoped: dict[tuple[int, int, int], int] = {}
        self.mid2 = [0] * SYMBOLS
        self.last = [0] * SYMBOLS
        self.spread = [0] * SYMBOLS
        self.told = [0] * SYMBOLS
        self.state = RiskState.ACTIVE
        self.mode = Mode.LIVE
        """Of the one slot that has a strategy in it."""
        self.halted: set[int] = set()
        self.closing_symbols: set[int] = set()
        self.closing_slots: set[int] = set()
        self.let_out: Counter[str] = Counter()
        """Orders that left although something was stopped, by why."""

    # ---- what is held ------------------------------------------------------------------

    def position(self, symbol: int, slot: int | None = None) -> int:
        return sum(
            qty
            for (own, where), qty in self.held.items()
            if where == symbol and slot in (None, own)
        )

    def lots(self, symbol: int, side: int, slot: int | None = None) -> int:
        """If all of one side trades that may; positive is more of that side."""
        total = self.position(symbol, slot) * (1 if side == BUY else -1)
        for order in self.orders:
            mine = slot in (None, order.slot)
            if mine and (order.symbol, order.side) == (symbol, side):
                total += order.leaves + order.new_qty
        return total

    def worst(self, symbol: int) -> int:
        return max(self.lots(symbol, BUY), self.lots(symbol, SELL))

    def money(self, symbol: int, lots: int) -> Fraction:
        return Fraction(lots * self.mid2[symbol] * POINTS[symbol], 2)

    def fill(self, order: Order, qty: int) -> None:
        """Whatever else traded and changed since it left, it keeps what it was let out
        for."""
        key = order.slot, order.symbol
        sign = 1 if order.side == BUY else -1
        self.held[key] = self.held.get(key, 0) + sign * qty
        order.leaves -= qty
        order.traded = True
        assert not order.reduces or sign * self.position(order.symbol) <= 0
        assert not order.reduces_own or sign * self.held[key] <= 0

    # ---- what was asked ----------------------------------------------------------------

    def stop(self, kind: Control, target: int) -> None:
        """A control that stops something, or lets it go on."""
        if kind in LEADS:
            states, leads = LEADS[kind]
            if self.state not in states:
                return
            self.state = leads
            if kind in (Control.PAUSE, Control.HALT):
                self.nothing_closes()
        elif kind in (Control.HALT_SYMBOL, Control.FLATTEN_SYMBOL):
            closes = kind == Control.FLATTEN_SYMBOL
            if closes and self.state == RiskState.HALTED:
                return
            self.halted.add(target)
            self.closing_symbols.discard(target)
            if closes:
                self.closing_symbols.add(target)
        elif kind == Control.RESUME_SYMBOL:
            self.halted.discard(target)
            self.closing_symbols.discard(target)
        elif kind == Control.FLATTEN_STRATEGY:
            if target in (SEAT, BY_HAND) and self.state != RiskState.HALTED:
                self.closing_slots.add(target)
                self.mode = Mode.OFF if target == SEAT else self.mode
        elif kind == Control.HALT_STRATEGY and target == SEAT:
            self.closing_slots.discard(target)
            self.mode = Mode.OFF
        if kind not in (Control.HALT, Control.PAUSE, Control.HALT_SYMBOL):
            self.let_go_on()

    def nothing_closes(self) -> None:
        self.closing_symbols.clear()
        self.closing_slots.clear()

    def change_mode(self, mode: Mode) -> None:
        self.mode = mode
        if mode != Mode.OFF:
            self.closing_slots.discard(SEAT)
        self.let_go_on()

    def let_go_on(self) -> None:
        for order in self.orders:
            order.reduces = order.reduces_own = False

    def see(self, shown: RiskState) -> None:
        assert shown == self.state or shown in STRICTER[self.state]
        self.state = shown
        if shown == RiskState.HALTED:
            self.nothing_closes()

    def is_stopped(self) -> bool:
        return (
            bool(self.halted) or self.state != RiskState.ACTIVE or self.mode != Mode.LIVE
        )

    # ---- what may leave ----------------------------------------------------------------

    def leave(self, order: Any) -> None:
        """An order has left the desk: it is at the venue now, or may be."""
        self.sent.append((order.strategy, self.now))
        if order.kind not in (NEW, REPLACE):
            return
        before = self.worst(order.symbol)
        if order.kind == NEW:
            assert all(order.client_id not in (o.id, o.new_id) for o in self.orders)
            own = Order(
                order.client_id, order.strategy, order.symbol, order.side,
                order.price, order.qty, order.time_in_force == lib.CP_DAY,
            )  # fmt: skip
            self.orders.append(own)
        else:
            (own,) = [o for o in self.orders if o.id == order.original_id]
            assert not own.new_id
            own.new_id, own.new_price = order.client_id, order.price
            own.new_qty = order.qty
        closes = self.held_to_stops(order, own)
        self.held_to_limits(order, before, closes=closes)

    def closes(self, order: Any) -> bool:
        """It is out of a position that the operator wants to be out of."""
        asked = (
            self.state == RiskState.FLATTENING
            or order.symbol in self.closing_symbols
            or order.strategy in self.closing_slots
        )
        owed = self.lots(order.symbol, order.side, order.strategy)
        immediate = order.time_in_force == lib.CP_IOC
        return asked and order.kind == NEW and immediate and owed <= 0

    def held_to_stops(self, order: Any, own: Order) -> bool:
        """Whether it closes: then most stops are not for it."""
        if self.closes(order):
            self.let_out["closes"] += 1
            # What one holds and another owes is closed too: the symbol goes further.
            for one in self.orders:
                one.reduces = one.reduces and one.symbol != order.symbol
            return True
        slot, by_hand = order.strategy, order.strategy == BY_HAND
        nearer = self.lots(order.symbol, order.side) <= 0
        nearer_own = self.lots(order.symbol, order.side, slot) <= 0
        assert self.state not in (RiskState.FLATTENING, RiskState.HALTED)
        assert order.symbol not in self.halted
        if self.state == RiskState.PAUSED:
            assert by_hand and order.kind == NEW and nearer
            self.let_out["paused"] += 1
        if self.state == RiskState.REDUCING:
            assert nearer and nearer_own
            own.reduces = own.reduces_own = True
            self.let_out["reducing"] += 1
        if slot == SEAT:
            assert self.mode in (Mode.LIVE, Mode.REDUCE)
        if slot == SEAT and self.mode == Mode.REDUCE:
            assert order.kind == NEW and nearer_own
            own.reduces_own = True
            self.let_out["mode"] += 1
        return False

    def most(self, name: str, symbol: int, slot: int) -> int:
        """The tightest of all that are asked of one figure."""
        index = INDEX[name]
        found = [self.limits[index]]
        found += [
            value
            for key, value in self.scoped.items()
            if key in ((1, symbol, index), (2, slot, index))
        ]
        return min(found)

    def own(self, scope: Scope, target: int, name: str) -> int | None:
        return self.scoped.get((int(scope), target, INDEX[name]))

    def held_to_limits(self, order: Any, worst_before: int, *, closes: bool) -> None:
        """Everything in force; the order is counted already."""
        symbol, slot, side = order.symbol, order.strategy, order.side

        def most(name: str) -> int:
            return self.most(name, symbol, slot)

        assert order.price >= 1 and order.qty >= 1
        at_most(order.qty, most("max_order_qty"))
        at_most(order.price * order.qty * POINTS[symbol], most("max_order_value"))
        lots, own = self.lots(symbol, side), self.lots(symbol, side, slot)
        at_most(lots, self.limits[INDEX["max_position"]])
        at_most(lots, self.own(Scope.SYMBOL, symbol, "max_position"))
        at_most(own, self.own(Scope.STRATEGY, slot, "max_position"))
        if (worst := self.worst(symbol)) > worst_before:
            gross = [self.money(i, self.worst(i)) for i in range(SYMBOLS)]
            at_most(sum(gross), self.limits[INDEX["max_gross_exposure"]])
            at_most(
                self.money(symbol, worst),
                self.own(Scope.SYMBOL, symbol, "max_gross_exposure"),
            )
        self.held_to_counts(order)
        mid = Fraction(self.mid2[symbol], 2)
        at_most(abs(order.price - mid) * 10_000, mid * most("price_collar"))
        at_most(self.met(order), most("max_self_cross"))
        same = symbol, slot, side, order.price, order.qty
        self.terms.append((same, self.now))
        reduces = self.state == RiskState.REDUCING or slot == BY_HAND
        if closes or (reduces and lots <= 0):
            return
        net = sum(self.money(i, self.lots(i, side)) for i in range(SYMBOLS))
        at_most(net, self.limits[INDEX["max_net_exposure"]])
        at_most(
            sum(self.now - when < SECOND for what, when in self.terms if what == same),
            most("max_same_orders"),
        )
        at_most(Fraction(self.spread[symbol] * 10_000), mid * most("max_spread"))
        if last := self.last[symbol]:
            at_most(abs(order.price - last) * 10_000, last * most("last_collar"))
        at_most(self.now - self.told[symbol], most("max_data_age") * 10**6)

    def held_to_counts(self, order: Any) -> None:
        symbol, slot = order.symbol, order.strategy
        if order.kind == NEW:
            name = "max_open_orders"
            at_most(len(self.orders), self.limits[INDEX[name]])
            here = [one for one in self.orders if one.symbol == symbol]
            mine = [one for one in self.orders if one.slot == slot]
            at_most(len(here), self.own(Scope.SYMBOL, symbol, name))
            at_most(len(mine), self.own(Scope.STRATEGY, slot, name))
        lately = [who for who, when in self.sent if self.now - when < SECOND]
        name = "max_message_rate"
        at_most(len(lately), self.limits[INDEX[name]])
        at_most(lately.count(slot), self.own(Scope.STRATEGY, slot, name))

    def met(self, order: Any) -> int:
        """Our own resting lots it would trade with."""
        total = 0
        for other in self.orders:
            if other.symbol != order.symbol or other.side == order.side:
                continue
            if not other.rests:
                continue
            buys = order.side == BUY
            for price, qty in (
                (other.price, other.leaves),
                (other.new_price, other.new_qty),
            ):
                if qty and (price <= order.price if buys else price >= order.price):
                    total += qty
        return total

    # ---- which limits may be set -------------------------------------------------------

    def can_be_set(self, values: list[int], rows: list[dict[str, int]]) -> bool:
        """In the range the table declares, of something there is, and each once."""
        if not all(in_range(i, value) for i, value in enumerate(values)):
            return False
        for row in rows:
            index, scope = row["limit"], row["scope"]
            if index >= len(LIMITS) or scope not in (Scope.SYMBOL, Scope.STRATEGY):
                return False
            count = SYMBOLS if scope == Scope.SYMBOL else lib.CP_STRATEGY_MAX
            if scope not in LIMITS[index].scopes or row["target"] >= count:
                return False
            if not in_range(index, row["value"]):
                return False
        order = [(row["scope"], row["target"], row["limit"]) for row in rows]
        return all(a < b for a, b in pairwise(order))


def at_most(value: Any, limit: Any) -> None:
    assert limit is None or value <= limit


def range_of(index: int) -> tuple[int, int, int]:
    """Least, usual and most of a limit, as the core holds it."""
    limit = LIMITS[index]
    figures = (limit.minimum, limit.standard, limit.maximum)
    least, usual, most = (core_units(index, figure) for figure in figures)
    return least, usual, most


def core_units(index: int, value: float) -> int:
    """A figure of the limits' table as the core holds it."""
    scale = lib.CP_MONEY_SCALE if LIMITS[index].kind == "money" else 1
    return int(value * scale)


def in_range(index: int, value: int) -> bool:
    least, _, most = range_of(index)
    return least <= value <= most
