"""Nothing leaves the desk that is beyond a limit in force when it leaves.

Orders, replaces, cancels, answers, fills, markets and edits of the limits in any order,
with numbers from the ends of their types. What is held and what may be at the venue is
counted here, in Python's integers, from the orders that left and the answers given alone;
the rules are those of docs/risk.md, written a second time.

One play has a few limits at once. And each limit there is, of each scope, has plays of
its own, in which orders meet it all the time and nothing else is in the way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from probe import POINTS, SLOTS, SYMBOLS, Probe, core_units

from cockpit._native import lib
from cockpit.core import LIMITS, Control, RiskState, Scope

BUY, SELL = 0, 1
NEW, REPLACE = lib.CP_ORDER_NEW, lib.CP_ORDER_REPLACE
SECOND = 10**9
INDEX = {limit.name: index for index, limit in enumerate(LIMITS)}
PRICE_MAX = (1 << 32) - 2

ends = [0, 1, 2, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 53) + 1, (1 << 63) - 1]
signed = st.sampled_from([*ends, *(-value for value in ends), -(1 << 63)])
near = st.integers(-6, 6)
slots, symbols = st.integers(0, SLOTS - 1), st.integers(0, SYMBOLS - 1)
sides = st.sampled_from([BUY, SELL])
few = st.integers(1, 12)
quantities = st.one_of(few, few, few, st.sampled_from([0, 1 << 31, (1 << 32) - 1]))
Asked = tuple[int, int, int, int, int, bool]
"""Slot, symbol, side, distance from the mid, lots, whether it may rest."""
near_orders = st.tuples(slots, symbols, sides, near, quantities, st.booleans())
LOSSES = {"max_daily_loss", "max_drawdown"}
"""Their halts would end the play; tests of their own hold them."""


def range_of(index: int) -> tuple[int, int, int]:
    """Least, usual and most of a limit, as the core holds it."""
    limit = LIMITS[index]
    figures = (limit.minimum, limit.standard, limit.maximum)
    least, usual, most = (core_units(index, figure) for figure in figures)
    return least, usual, most


KEYS = [
    (scope, target, index)
    for scope, count in ((0, 1), (1, SYMBOLS), (2, SLOTS))
    for target in range(count)
    for index, limit in enumerate(LIMITS)
    if scope in limit.scopes and limit.name not in LOSSES
]
"""Everything that can be limited."""
BASE = (10_000, 40)
"""Prices about which most is asked for: at these both symbols can trade."""


@st.composite
def limit_values(draw: Any, index: int) -> int:
    least, usual, most = range_of(index)
    # At the least of some limits nothing more would happen, and so nothing be tried.
    small = [min(least + more, most) for more in (0, 1, 2, 5)]
    sizes = [usual, max(usual // 4, least), min(4 * usual, most), most, *small]
    return draw(st.one_of(st.sampled_from(sizes), st.integers(least, most)))


def near_limits(symbol: int, index: int) -> st.SearchStrategy[int]:
    """Figures of a limit that a few orders of the symbol come to, or one not small."""
    name = LIMITS[index].name
    lot = BASE[symbol] * POINTS[symbol]
    least, _, most = range_of(index)
    figures = {
        "max_order_value": st.integers(1, 12).map(lambda lots: lots * lot),
        "max_position": st.integers(1, 60),
        "max_gross_exposure": st.integers(1, 40).map(lambda lots: lots * lot),
        "max_net_exposure": st.integers(1, 40).map(lambda lots: lots * lot),
        "max_open_orders": st.integers(1, 5),
        "max_message_rate": st.integers(1, 6),
        "max_same_orders": st.integers(1, 3),
        "max_self_cross": st.integers(0, 12),
        "max_data_age": st.sampled_from([1, 200, 299, 300, 301, 1000]),
        "max_spread": st.sampled_from([1, 2, 4, 20, 500, 1_000, 5_000]),
        "price_collar": st.sampled_from([1, 2, 4, 5, 300, 800, 1_250]),
        "last_collar": st.sampled_from([1, 2, 4, 5, 300, 800, 1_250]),
    }
    return figures.get(name, st.integers(1, 12)).map(
        lambda value: max(least, min(value, most))
    )


@st.composite
def limit_sets(draw: Any) -> tuple[list[int], dict[tuple[int, int, int], int]]:
    """All as wide as they can be, but for a few."""
    values = [range_of(index)[2] for index in range(len(LIMITS))]
    scoped: dict[tuple[int, int, int], int] = {}
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=12)):
        value = draw(limit_values(key[2]))
        if key[0] == 0:
            values[key[2]] = value
        else:
            scoped[key] = value
    return values, scoped


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


class Market(RuleBasedStateMachine):
    """The oracle, and everybody who deals with the desk."""

    alone: tuple[int, int] | None = None
    """Scope and index of the one limit of this play; or a few by chance."""
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.probe: Probe | None = None
        self.now = 0
        self.orders: list[Order] = []
        self.held: dict[tuple[int, int], int] = {}
        self.sent: list[tuple[int, int]] = []
        self.terms: list[tuple[tuple[int, ...], int]] = []
        self.said: list[dict[str, int]] = []
        self.halted: set[int] = set()
        self.asked: list[Asked] = []
        self.mid2 = [0] * SYMBOLS
        self.last = [0] * SYMBOLS
        self.spread = [0] * SYMBOLS
        self.told = [0] * SYMBOLS
        self.matches = self.refs = 0

    def teardown(self) -> None:
        if self.probe:
            self.count_refusals()
            self.probe.close()

    def count_refusals(self) -> None:
        """By the limit of the play, since it was set last."""
        if self.alone is None:
            return
        shown = self.desk.picture()
        if not self.alone[0]:
            self.seen["refused"] += shown.limits[self.alone[1]].refusal_count
        for row in shown.scoped[0 : shown.scoped_count]:
            self.seen["refused"] += row.refusal_count

    # ---- what is held ------------------------------------------------------------------

    def lots(self, symbol: int, side: int, slot: int | None = None) -> int:
        """If all of one side trades that may; positive is more of that side."""
        sign = 1 if side == BUY else -1
        total = sum(
            sign * qty
            for (own, where), qty in self.held.items()
            if where == symbol and slot in (None, own)
        )
        for order in self.orders:
            mine = slot in (None, order.slot)
            if mine and (order.symbol, order.side) == (symbol, side):
                total += order.leaves + order.new_qty
        return total

    def worst(self, symbol: int) -> int:
        return max(self.lots(symbol, BUY), self.lots(symbol, SELL))

    def money(self, symbol: int, lots: int) -> Fraction:
        return Fraction(lots * self.mid2[symbol] * POINTS[symbol], 2)

    # ---- what may leave ----------------------------------------------------------------

    def limits_of(self, name: str, symbol: int, slot: int) -> int:
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

    def held_to(self, order: Any, worst_before: int) -> None:
        """One that has left, against everything in force; it is counted already."""
        symbol, slot, side = order.symbol, order.strategy, order.side

        def most(name: str) -> int:
            return self.limits_of(name, symbol, slot)

        def at_most(value: Any, limit: int | None) -> None:
            assert limit is None or value <= limit

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
        net = sum(self.money(i, self.lots(i, side)) for i in range(SYMBOLS))
        at_most(net, self.limits[INDEX["max_net_exposure"]])
        if order.kind == NEW:
            name = "max_open_orders"
            at_most(len(self.orders), self.limits[INDEX[name]])
            here = [one for one in self.orders if one.symbol == symbol]
            mine = [one for one in self.orders if one.slot == slot]
            at_most(len(here), self.own(Scope.SYMBOL, symbol, name))
            at_most(len(mine), self.own(Scope.STRATEGY, slot, name))
        same = symbol, slot, side, order.price, order.qty
        self.terms.append((same, self.now))
        at_most(
            sum(self.now - when < SECOND for what, when in self.terms if what == same),
            most("max_same_orders"),
        )
        lately = [who for who, when in self.sent if self.now - when < SECOND]
        name = "max_message_rate"
        at_most(len(lately), self.limits[INDEX[name]])
        at_most(lately.count(slot), self.own(Scope.STRATEGY, slot, name))
        mid = Fraction(self.mid2[symbol], 2)
        at_most(abs(order.price - mid) * 10_000, mid * most("price_collar"))
        at_most(Fraction(self.spread[symbol] * 10_000), mid * most("max_spread"))
        if last := self.last[symbol]:
            at_most(abs(order.price - last) * 10_000, last * most("last_collar"))
        at_most(self.now - self.told[symbol], most("max_data_age") * 10**6)
        at_most(self.met(order), most("max_self_cross"))

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

    def carry(self) -> None:
        """Whatever has left the desk is at the venue now, or may be."""
        for order in self.desk.taken():
            if order.strategy < SLOTS:
                self.sent.append((order.strategy, self.now))
            if order.kind not in (NEW, REPLACE):
                continue
            assert self.state() == RiskState.ACTIVE
            assert order.symbol not in self.halted
            self.seen["sent"] += 1
            before = self.worst(order.symbol)
            if order.kind == NEW:
                assert all(order.client_id not in (o.id, o.new_id) for o in self.orders)
                self.orders.append(
                    Order(
                        order.client_id, order.strategy, order.symbol, order.side,
                        order.price, order.qty, order.time_in_force != lib.CP_IOC,
                    )
                )  # fmt: skip
            else:
                (old,) = [o for o in self.orders if o.id == order.original_id]
                assert not old.new_id
                old.new_id, old.new_price = order.client_id, order.price
                old.new_qty = order.qty
            self.held_to(order, before)

    @property
    def desk(self) -> Probe:
        assert self.probe is not None
        return self.probe

    def state(self) -> RiskState:
        return RiskState(self.desk.picture().risk_state)

    # ---- what happens ------------------------------------------------------------------

    def draw_limits(self, data: st.DataObject) -> None:
        if self.alone is None:
            self.limits, self.scoped = data.draw(limit_sets())
            return
        scope, index = self.alone
        self.limits, self.scoped = [range_of(i)[2] for i in range(len(LIMITS))], {}
        if scope == 0:
            self.limits[index] = data.draw(near_limits(0, index))
            return
        for target in range(SYMBOLS if scope == 1 else SLOTS):
            near_to = near_limits(target if scope == 1 else 0, index)
            self.scoped[scope, target, index] = data.draw(near_to)

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.probe = Probe([range_of(i)[2] for i in range(len(LIMITS))])
        for symbol in range(SYMBOLS):
            self.trade_near(symbol, 0, 2, last=True)
        self.edit(data)

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        self.count_refusals()
        self.draw_limits(data)
        rows = [
            {"scope": scope, "target": target, "limit": limit, "value": value}
            for (scope, target, limit), value in sorted(self.scoped.items())
        ]
        self.desk.control(
            Control.LIMITS, limits=self.limits, scoped=rows, scoped_count=len(rows)
        )
        shown = self.desk.picture()
        assert [shown.limits[i].limit for i in range(len(LIMITS))] == self.limits
        assert shown.scoped_count == len(rows)
        self.carry()

    @rule(
        symbol=symbols,
        offset=st.integers(-10, 10),
        half=st.sampled_from([1, 2, 2, 30]),
        last=st.booleans(),
    )
    def trade_near(self, symbol: int, offset: int, half: int, last: bool) -> None:
        self.trade_at(symbol, BASE[symbol] + offset, half, last)

    def trade_at(self, symbol: int, middle: int, half: int, last: bool) -> None:
        bid, ask = max(middle - half, 1), middle + half
        self.desk.market(symbol, bid, ask, middle if last else 0)
        self.mid2[symbol], self.spread[symbol] = bid + ask, ask - bid
        self.told[symbol] = self.now
        if last:
            self.last[symbol] = middle
        self.carry()

    @precondition(lambda self: self.alone is None)
    @rule(symbol=symbols, middle=st.integers(2, PRICE_MAX - 50), last=st.booleans())
    def trade_anywhere(self, symbol: int, middle: int, last: bool) -> None:
        self.trade_at(symbol, middle, 2, last)

    @rule(ms=st.sampled_from([1, 1, 300, 999.9, 1_001, 20_000]))
    def wait(self, ms: float) -> None:
        self.now += int(ms * 10**6)
        self.desk.wait(int(ms * 10**6))
        self.carry()

    @rule(asked=st.lists(near_orders, min_size=1, max_size=6))
    def ask_near(self, asked: list[Asked]) -> None:
        self.asked += asked
        for slot, symbol, side, offset, qty, rests in asked:
            price = self.mid2[symbol] // 2 + offset
            self.desk.new(slot, symbol, side, price, qty, rests=rests)
            self.carry()

    @precondition(lambda self: self.asked)
    @rule(times=st.integers(1, 4))
    def ask_the_same(self, times: int) -> None:
        self.ask_near([self.asked[-1]] * times)

    @rule(slot=slots, symbol=symbols, side=sides, price=signed, qty=quantities,
          rests=st.booleans())  # fmt: skip
    def ask_anything(
        self, slot: int, symbol: int, side: int, price: int, qty: int, rests: bool
    ) -> None:
        self.desk.new(slot, symbol, side, price, qty, rests=rests)
        self.carry()

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), offset=near, qty=quantities)
    def change(self, data: st.DataObject, offset: int, qty: int) -> None:
        self.change_one(data.draw(st.sampled_from(self.orders)), offset, qty)

    def change_one(self, order: Order, offset: int, qty: int) -> None:
        price = self.mid2[order.symbol] // 2 + offset
        self.desk.change(order.id, price, qty)
        self.carry()

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), what=st.sampled_from(["accept", "fill", "end", "replace"]))
    def answer(self, data: st.DataObject, what: str) -> None:
        order = data.draw(st.sampled_from(self.orders))
        if what == "accept":
            self.accept(order)
        elif what == "fill":
            self.fill(order, data.draw(st.integers(1, order.leaves)))
        elif what == "replace":
            self.answer_replace(order, data.draw(st.booleans()))
        else:
            self.end(order)

    def accept(self, order: Order) -> None:
        if not order.accepted:
            order.accepted = True
            self.say(order, lib.CP_REPORT_ACCEPTED, qty=order.leaves)
            self.carry()

    def end(self, order: Order) -> None:
        if not order.new_id:
            self.orders.remove(order)
            taken = order.accepted or order.traded
            kind = lib.CP_REPORT_CANCELLED if taken else lib.CP_REPORT_REJECTED
            self.say(order, kind, qty=order.leaves, leaves=0, reason=lib.CP_REASON_USER)
            self.carry()

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.change_one(data.draw(st.sampled_from(self.orders)), 0, 0)

    def say(self, order: Order, kind: int, **fields: int) -> None:
        self.refs += 1
        self.said.append(
            {
                "kind": kind,
                "client_id": order.id,
                "order_ref": self.refs,
                "price": order.price,
                "leaves": order.leaves,
                "symbol": order.symbol,
                "side": order.side,
                **fields,
            }
        )
        self.desk.report(**self.said[-1])

    @precondition(lambda self: self.said)
    @rule(back=st.integers(1, 5))
    def say_an_execution_again(self, back: int) -> None:
        for said in self.said[-back:]:
            if said["kind"] == lib.CP_REPORT_EXECUTED:
                self.desk.report(**said)
        self.carry()

    def fill(self, order: Order, qty: int) -> None:
        key = order.slot, order.symbol
        sign = 1 if order.side == BUY else -1
        self.held[key] = self.held.get(key, 0) + sign * qty
        order.leaves -= qty
        order.traded = True
        self.matches += 1
        too_late = order.new_id
        if not order.leaves:
            self.orders.remove(order)
        self.say(order, lib.CP_REPORT_EXECUTED, qty=qty, match_ref=self.matches)
        if not order.leaves and too_late:  # the replace finds nothing
            self.say(
                order, lib.CP_REPORT_CHANGE_REJECTED, client_id=too_late,
                original_id=order.id, reason=lib.CP_REASON_UNKNOWN_ORDER,
            )  # fmt: skip
        self.carry()

    def answer_replace(self, order: Order, refused: bool) -> None:
        if not order.new_id:
            return
        old, new = order.id, order.new_id
        kind = lib.CP_REPORT_CHANGE_REJECTED
        if not refused:
            kind = lib.CP_REPORT_REPLACED
            order.id, order.price, order.leaves = new, order.new_price, order.new_qty
        order.new_id = order.new_qty = 0
        self.say(
            order, kind, client_id=new, original_id=old, qty=order.leaves,
            reason=lib.CP_REASON_PRICE if refused else 0,
        )  # fmt: skip
        self.carry()

    @rule(seed=st.integers(0, (1 << 32) - 1), times=st.integers(1, 80))
    def much_happens(self, seed: int, times: int) -> None:
        """What is above, so often that sums of several orders meet their limits."""
        dice = Random(seed)
        for _ in range(times):
            self.one_thing_happens(dice)

    def one_thing_happens(self, dice: Random) -> None:
        roll = dice.random()
        if roll < 0.05:
            self.trade_near(
                dice.randrange(SYMBOLS), dice.randint(-10, 10),
                dice.choice([1, 2, 2, 30]), last=dice.random() < 0.5,
            )  # fmt: skip
        elif roll < 0.1:
            self.wait(dice.choice([1, 300, 999.9, 1_001]))
        elif roll < 0.4 or not self.orders:
            asked = (
                dice.randrange(SLOTS), dice.randrange(SYMBOLS), dice.choice([BUY, SELL]),
                dice.randint(-6, 6), dice.randint(1, 12), dice.random() < 0.7,
            )  # fmt: skip
            self.ask_near([asked] * dice.choice([1, 1, 1, 3]))
        else:
            self.one_order_changes(dice, roll)

    def one_order_changes(self, dice: Random, roll: float) -> None:
        order = dice.choice(self.orders)
        if roll < 0.6:
            if dice.random() < 0.8:
                self.accept(order)
            self.change_one(order, dice.randint(-6, 6), dice.randint(1, 12))
        elif roll < 0.7:
            self.accept(order)
        elif roll < 0.8:
            self.answer_replace(order, refused=dice.random() < 0.3)
        elif roll < 0.9:
            self.fill(order, dice.randint(1, order.leaves))
        elif roll < 0.95:
            self.end(order)
        else:
            self.change_one(order, 0, 0)

    @precondition(lambda self: self.alone is None)
    @rule(kind=st.sampled_from([Control.PAUSE, Control.HALT, Control.HALT_SYMBOL]),
          symbol=symbols)  # fmt: skip
    def stop(self, kind: Control, symbol: int) -> None:
        self.desk.control(kind, target=symbol)
        if kind == Control.HALT_SYMBOL:
            self.halted.add(symbol)
        self.carry()

    @precondition(lambda self: self.probe and self.is_stopped())
    @rule()
    def go_on(self) -> None:
        self.desk.control(Control.UNHALT)
        self.desk.control(Control.RESUME)
        for symbol in self.halted:
            self.desk.control(Control.RESUME_SYMBOL, target=symbol)
        self.halted.clear()
        self.carry()

    def is_stopped(self) -> bool:
        return bool(self.halted) or self.state() != RiskState.ACTIVE

    @invariant()
    def the_desk_counts_as_we_do(self) -> None:
        if self.probe is None:
            return
        shown = self.desk.picture()
        for symbol in range(SYMBOLS):
            held = sum(qty for (_, where), qty in self.held.items() if where == symbol)
            assert shown.symbols[symbol].position == held


TestMarket = Market.TestCase
TestMarket.settings = settings(
    max_examples=150, stateful_step_count=80, deadline=None, print_blob=True
)


ALONE = sorted({(scope, index) for scope, _, index in KEYS})


@pytest.mark.parametrize(
    "limit", ALONE, ids=lambda key: f"{Scope(key[0]).name}-{LIMITS[key[1]].name}".lower()
)
def test_each_limit_alone_is_met_again_and_again_and_never_passed(
    limit: tuple[int, int],
) -> None:
    class Near(Market):
        alone = limit
        seen: ClassVar[Counter[str]] = Counter()

    run_state_machine_as_test(
        Near,
        settings=settings(
            # The same plays each time, so that all of them are known to meet the limit.
            max_examples=14, stateful_step_count=40, deadline=None, derandomize=True
        ),
    )  # fmt: skip
    assert Near.seen["refused"] > 0 and Near.seen["sent"] > 0, Near.seen
