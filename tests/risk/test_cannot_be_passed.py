"""Nothing leaves the desk that is beyond a limit in force when it leaves, or that a stop
in force should have kept in.

Orders, replaces, cancels, answers, fills, markets, edits of the limits and stops in any
order, with numbers from the ends of their types; orders of strategies, of one that asks
for several things at once, and by hand. What may leave is for oracle.py to say.

One play has a few limits at once. And each limit there is, of each scope, and each stop,
has plays of its own, in which orders meet it all the time and nothing else is in the way.
"""

from __future__ import annotations

from collections import Counter
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
from oracle import BUY, NEW, REPLACE, SELL, Oracle, Order, range_of
from probe import BY_HAND, POINTS, SEAT, SLOTS, SYMBOLS, Probe

from cockpit._native import lib
from cockpit.core import LIMITS, Control, Mode, RiskState, Scope

PRICE_MAX = (1 << 32) - 2

ends = [0, 1, 2, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 53) + 1, (1 << 63) - 1]
every_end = [*ends, *(-value for value in ends), -(1 << 63)]
signed = st.sampled_from(every_end)
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

OF_ALL = [Control.PAUSE, Control.REDUCE, Control.FLATTEN, Control.HALT]
OF_SYMBOL = [Control.HALT_SYMBOL, Control.FLATTEN_SYMBOL]
OF_SLOT = [Control.HALT_STRATEGY, Control.FLATTEN_STRATEGY]
STOPS: list[Control | Mode] = [*OF_ALL, *OF_SYMBOL, *OF_SLOT, Mode.REDUCE, Mode.SHADOW]
LETS_OUT: dict[Control | Mode, str] = {
    Control.PAUSE: "paused", Control.REDUCE: "reducing", Control.FLATTEN: "closes",
    Control.FLATTEN_SYMBOL: "closes", Control.FLATTEN_STRATEGY: "closes",
    Mode.REDUCE: "mode",
}  # fmt: skip
"""What must have left under each: what reduces, or what closes."""


@st.composite
def limit_values(draw: Any, index: int) -> int:
    least, usual, most = range_of(index)
    # At the least of some limits nothing more would happen, and so nothing be tried.
    small = [min(least + more, most) for more in (0, 1, 2, 5)]
    sizes = [usual, max(usual // 4, least), min(4 * usual, most), most, *small]
    value: int = draw(st.one_of(st.sampled_from(sizes), st.integers(least, most)))
    return value


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


small = st.sampled_from([0, 1, 2, 3, 15, 16, 17, 255])
any_row = st.fixed_dictionaries(
    {
        "scope": st.sampled_from([0, 1, 1, 2, 2, 3, 255]),
        "target": st.one_of(st.integers(0, 1), small, st.just((1 << 16) - 1)),
        "limit": st.one_of(st.integers(0, len(LIMITS) - 1), small),
        "value": st.one_of(signed, st.integers(1, 1 << 40)),
    }
)
any_value = st.builds(
    lambda key, value: {
        "scope": key[0], "target": key[1], "limit": key[2], "value": value
    },
    st.sampled_from([key for key in KEYS if key[0]]),
    signed,
)  # fmt: skip
wild_rows = st.one_of(any_value, any_row)


class Market(RuleBasedStateMachine):
    """Everybody who deals with the desk, and the oracle who looks on."""

    alone: tuple[int, int] | None = None
    """Scope and index of the one limit of this play; or a few by chance."""
    alone_stop: Control | Mode | None = None
    """The one stop of this play, with every limit as wide as it can be."""
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.probe: Probe | None = None
        self.o = Oracle()
        self.said: list[dict[str, int]] = []
        self.asked: list[Asked] = []
        self.refs = self.matches = 0
        self.full = self.owed = False
        """The way out takes nothing; and a cancel of all has to wait for it."""

    def teardown(self) -> None:
        if self.probe:
            self.count_refusals()
            self.seen.update(self.o.let_out)
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

    @property
    def desk(self) -> Probe:
        assert self.probe is not None
        return self.probe

    def carry(self) -> list[Any]:
        """Whatever has left the desk is at the venue now, or may be."""
        left = self.desk.taken()
        # Before: what an order was sent for may itself have ended the state.
        for order in left:
            self.o.leave(order)
            if order.kind == lib.CP_ORDER_CANCEL_ALL:
                self.owed = False
            if order.kind in (NEW, REPLACE):
                self.seen["sent"] += 1
        self.o.see(RiskState(self.desk.picture().risk_state))
        return left

    # ---- limits ------------------------------------------------------------------------

    def draw_limits(self, data: st.DataObject) -> None:
        widest = [range_of(i)[2] for i in range(len(LIMITS))]
        if self.alone is None:
            drawn = (widest, {}) if self.alone_stop else data.draw(limit_sets())
            self.o.limits, self.o.scoped = drawn
            return
        scope, index = self.alone
        self.o.limits, self.o.scoped = widest, {}
        if scope == 0:
            self.o.limits[index] = data.draw(near_limits(0, index))
            return
        for target in range(SYMBOLS if scope == 1 else SLOTS):
            near_to = near_limits(target if scope == 1 else 0, index)
            self.o.scoped[scope, target, index] = data.draw(near_to)

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
            for (scope, target, limit), value in sorted(self.o.scoped.items())
        ]
        self.set_limits(self.o.limits, rows)
        self.in_force_are_ours()

    def set_limits(self, values: list[int], rows: list[dict[str, int]]) -> None:
        self.desk.control(
            Control.LIMITS, limits=values, scoped=rows, scoped_count=len(rows)
        )
        self.carry()

    def in_force_are_ours(self) -> None:
        shown = self.desk.picture()
        assert [shown.limits[i].limit for i in range(len(LIMITS))] == self.o.limits
        rows = shown.scoped[0 : shown.scoped_count]
        found = {
            (r.scope, r.target, r.limit): r.value for r in (row.limit for row in rows)
        }
        assert found == self.o.scoped and len(rows) == len(self.o.scoped)

    @precondition(lambda self: self.alone is None and self.alone_stop is None)
    @rule(
        at=st.integers(0, len(LIMITS) - 1),
        value=st.none() | signed,
        rows=st.lists(wild_rows, max_size=3),
        sort=st.booleans(),
    )
    def edit_wildly(
        self, at: int, value: int | None, rows: list[dict[str, int]], sort: bool
    ) -> None:
        """Numbers that no file could hold: all of it comes into force, or nothing."""
        values = list(self.o.limits)
        if value is not None and LIMITS[at].name not in LOSSES:
            values[at] = value
        if sort:
            rows = sorted(rows, key=lambda r: (r["scope"], r["target"], r["limit"]))
        rows = [
            row for row in rows
            if row["limit"] >= len(LIMITS) or LIMITS[row["limit"]].name not in LOSSES
        ]  # fmt: skip
        if self.o.can_be_set(values, rows):
            self.o.limits = values
            self.o.scoped = {
                (r["scope"], r["target"], r["limit"]): r["value"] for r in rows
            }
            self.seen["wild edits taken"] += 1
        else:
            self.seen["wild edits refused"] += 1
        self.set_limits(values, rows)
        self.in_force_are_ours()

    # ---- the market --------------------------------------------------------------------

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
        self.o.mid2[symbol], self.o.spread[symbol] = bid + ask, ask - bid
        self.o.told[symbol] = self.o.now
        if last:
            self.o.last[symbol] = middle
        self.carry()

    @precondition(lambda self: self.alone is None and self.alone_stop is None)
    @rule(symbol=symbols, middle=st.integers(2, PRICE_MAX - 50), last=st.booleans())
    def trade_anywhere(self, symbol: int, middle: int, last: bool) -> None:
        self.trade_at(symbol, middle, 2, last)

    @rule(ms=st.sampled_from([1, 1, 300, 999.9, 1_001, 20_000]))
    def wait(self, ms: float) -> None:
        self.o.now += int(ms * 10**6)
        self.desk.wait(int(ms * 10**6))
        self.carry()

    # ---- orders ------------------------------------------------------------------------

    @rule(asked=st.lists(near_orders, min_size=1, max_size=6))
    def ask_near(self, asked: list[Asked]) -> None:
        self.asked += asked
        for slot, symbol, side, offset, qty, rests in asked:
            price = self.o.mid2[symbol] // 2 + offset
            self.ask(slot, symbol, side, price, qty, rests=rests)

    def ask(
        self, slot: int, symbol: int, side: int, price: int, qty: int, *, rests: bool
    ) -> None:
        if slot == SEAT:
            self.desk.wish(symbol, side, price, qty, rests=rests and symbol == 0)
            self.desk.wait(0)
        else:
            self.desk.new(slot, symbol, side, price, qty, rests=rests)
        self.seen["asked while stopped"] += self.o.is_stopped()
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
        self.ask(slot, symbol, side, price, qty, rests=rests)

    @rule(asked=st.lists(near_orders, min_size=2, max_size=4), by_trade=st.booleans())
    def ask_at_once(self, asked: list[Asked], by_trade: bool) -> None:
        """Several things in one step of the desk, on the timer or after a trade."""
        for _, symbol, side, offset, qty, rests in asked:
            price = self.o.mid2[symbol] // 2 + offset
            self.desk.wish(symbol, side, price, qty, rests=rests and symbol == 0)
        if by_trade:
            self.trade_near(asked[0][1], asked[0][3], 2, last=True)
        else:
            self.desk.wait(0)
            self.carry()

    @rule(asked=near_orders, kind=st.sampled_from([lib.CP_LIMIT, lib.CP_MARKET]),
          tif=st.sampled_from([lib.CP_DAY, lib.CP_IOC, lib.CP_FOK]))  # fmt: skip
    def order_by_hand(self, asked: Asked, kind: int, tif: int) -> None:
        _, symbol, side, offset, qty, _ = asked
        price = self.o.mid2[symbol] // 2 + offset
        ticket = {
            "symbol": symbol, "side": side, "price": max(price, 0), "qty": qty,
            "type": kind, "time_in_force": tif if kind == lib.CP_LIMIT else lib.CP_IOC,
        }  # fmt: skip
        self.desk.control(Control.ORDER, ticket=ticket)
        left = self.carry()
        self.seen["by hand"] += any(order.strategy == BY_HAND for order in left)

    @precondition(lambda self: self.o.orders)
    @rule(data=st.data(), offset=near, qty=quantities)
    def change(self, data: st.DataObject, offset: int, qty: int) -> None:
        self.change_one(data.draw(st.sampled_from(self.o.orders)), offset, qty)

    def change_one(self, order: Order, offset: int, qty: int) -> None:
        # The strategy's own orders are moved for it by the desk, as its mode allows.
        if order.slot == SEAT and self.o.mode != Mode.LIVE:
            qty = 0
        price = self.o.mid2[order.symbol] // 2 + offset
        self.desk.change(order.id, price, qty)
        self.carry()

    # ---- answers -----------------------------------------------------------------------

    @precondition(lambda self: self.o.orders)
    @rule(data=st.data(), what=st.sampled_from(["accept", "fill", "end", "replace"]))
    def answer(self, data: st.DataObject, what: str) -> None:
        order = data.draw(st.sampled_from(self.o.orders))
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
            self.o.orders.remove(order)
            taken = order.accepted or order.traded
            kind = lib.CP_REPORT_CANCELLED if taken else lib.CP_REPORT_REJECTED
            self.say(order, kind, qty=order.leaves, leaves=0, reason=lib.CP_REASON_USER)
            self.carry()

    @precondition(lambda self: self.o.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.change_one(data.draw(st.sampled_from(self.o.orders)), 0, 0)

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
        self.o.fill(order, qty)
        self.matches += 1
        too_late = order.new_id
        if not order.leaves:
            self.o.orders.remove(order)
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

    # ---- much at once ------------------------------------------------------------------

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
        elif roll < 0.14 and self.alone is None:
            self.stop_or_go_on(dice)
        elif roll < 0.4 or not self.o.orders:
            self.somebody_asks(dice)
        else:
            self.one_order_changes(dice, roll)

    def somebody_asks(self, dice: Random) -> None:
        asked = [self.any_order(dice) for _ in range(3)]
        roll = dice.random()
        if roll < 0.15:
            self.ask_at_once(asked, by_trade=roll < 0.05)
        elif roll < 0.3:
            self.order_by_hand(asked[0], lib.CP_LIMIT, dice.choice([0, 1, 2]))
        else:
            self.ask_near([asked[0]] * dice.choice([1, 1, 1, 3]))

    def any_order(self, dice: Random) -> Asked:
        """While something is stopped, oftener out of a position than into one."""
        of_seat = isinstance(self.alone_stop, Mode) or self.alone_stop in OF_SLOT
        slot = SEAT if of_seat and dice.random() < 0.7 else dice.randrange(SLOTS)
        symbol, side = dice.randrange(SYMBOLS), dice.choice([BUY, SELL])
        if self.o.is_stopped() and dice.random() < 0.6:
            side = SELL if self.o.position(symbol, slot) > 0 else BUY
        rests = dice.random() < 0.7
        return slot, symbol, side, dice.randint(-6, 6), dice.randint(1, 12), rests

    def one_order_changes(self, dice: Random, roll: float) -> None:
        order = dice.choice(self.o.orders)
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

    # ---- stops -------------------------------------------------------------------------

    def stop_or_go_on(self, dice: Random) -> None:
        if self.full or dice.random() < 0.1:
            self.unblock(dice) if self.full else self.block(True)
            return
        if self.o.is_stopped() and dice.random() < 0.7:
            if dice.random() < 0.3:
                self.go_on_a_little(Control.UNHALT, 0)
            else:
                self.go_on()
            return
        kinds = [self.alone_stop] if self.alone_stop is not None else STOPS
        self.stop_one(dice.choice(kinds), dice.randrange(SYMBOLS), dice.random() < 0.3)
        closing = self.o.closing_symbols or self.o.closing_slots
        if closing and dice.random() < 0.3:
            self.stop_one(Control.HALT, 0, by_hand=False)
            self.go_on_a_little(Control.UNHALT, 0)
        if dice.random() < 0.5:  # and it is as the desk wants it
            for order in list(self.o.orders):
                self.answer_replace(order, refused=True)
                self.end(order)

    @precondition(lambda self: self.alone is None)
    @rule(kind=st.sampled_from(STOPS), symbol=symbols, by_hand=st.booleans())
    def stop(self, kind: Control | Mode, symbol: int, by_hand: bool) -> None:
        if self.alone_stop is not None:
            kind = self.alone_stop
        self.stop_one(kind, symbol, by_hand)

    def stop_one(self, kind: Control | Mode, symbol: int, by_hand: bool) -> None:
        """A flatten of one strategy can be of what was traded by hand."""
        if isinstance(kind, Mode):
            self.change_mode(kind)
            return
        hand = by_hand and kind == Control.FLATTEN_STRATEGY
        target = (BY_HAND if hand else SEAT) if kind in OF_SLOT else symbol
        rests = self.something_rests()
        self.o.stop(kind, target)
        self.desk.control(kind, target=target)
        left = self.carry()
        if kind in OF_ALL and rests and self.o.state == kind_state(kind):
            self.owed = self.full
            assert self.full or any(o.kind == lib.CP_ORDER_CANCEL_ALL for o in left)

    def something_rests(self) -> bool:
        return any(o.accepted and not o.new_id and o.rests for o in self.o.orders)

    @precondition(lambda self: self.alone is None)
    @rule(full=st.booleans())
    def block(self, full: bool) -> None:
        self.full = full
        self.desk.block(full=full)

    def unblock(self, dice: Random) -> None:
        """And all that was stopped meanwhile is pulled now."""
        self.block(False)
        for order in list(self.o.orders)[:3]:
            self.change_one(order, dice.randint(-6, 6), dice.randint(1, 12))
        owed = self.owed and self.something_rests()
        self.desk.wait(0)
        left = self.carry()
        assert not owed or any(o.kind == lib.CP_ORDER_CANCEL_ALL for o in left)
        self.owed = False

    def change_mode(self, mode: Mode) -> None:
        self.o.change_mode(mode)
        self.desk.control(Control.MODE, target=SEAT, mode=int(mode))
        self.carry()

    @precondition(lambda self: self.probe and self.o.is_stopped())
    @rule(
        kind=st.sampled_from([Control.UNHALT, Control.RESUME, Control.RESUME_SYMBOL]),
        symbol=symbols,
    )
    def go_on_a_little(self, kind: Control, symbol: int) -> None:
        """What was to be closed before a halt is not closed after it."""
        self.o.stop(kind, symbol)
        self.desk.control(kind, target=symbol)
        self.owed = False
        self.carry()
        self.wait(1)

    @precondition(lambda self: self.probe and self.o.is_stopped())
    @rule()
    def go_on(self) -> None:
        self.owed = False
        for kind in (Control.UNHALT, Control.RESUME):
            self.o.stop(kind, 0)
            self.desk.control(kind)
        for symbol in sorted(self.o.halted):
            self.o.stop(Control.RESUME_SYMBOL, symbol)
            self.desk.control(Control.RESUME_SYMBOL, target=symbol)
        self.change_mode(Mode.LIVE)

    @invariant()
    def the_desk_counts_as_we_do(self) -> None:
        if self.probe is None:
            return
        shown = self.desk.picture()
        for symbol in range(SYMBOLS):
            assert shown.symbols[symbol].position == self.o.position(symbol)


def kind_state(kind: Control) -> RiskState:
    return {
        Control.PAUSE: RiskState.PAUSED,
        Control.REDUCE: RiskState.REDUCING,
        Control.FLATTEN: RiskState.FLATTENING,
        Control.HALT: RiskState.HALTED,
    }[kind]


TestMarket = Market.TestCase
TestMarket.settings = settings(
    max_examples=150,
    stateful_step_count=80,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
)


def play(machine: type[Market], count: int) -> None:
    # The same plays each time, so that all of them are known to meet what they are for.
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count, stateful_step_count=40, deadline=None, derandomize=True
        ),
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

    play(Near, 14)
    assert Near.seen["refused"] > 0 and Near.seen["sent"] > 0, Near.seen


@pytest.mark.parametrize(
    "kind", STOPS, ids=lambda kind: f"{type(kind).__name__}-{kind.name}"
)
def test_each_stop_alone_lets_out_what_it_should_and_nothing_else(
    kind: Control | Mode,
) -> None:
    class Stopped(Market):
        alone_stop = kind
        seen: ClassVar[Counter[str]] = Counter()

    play(Stopped, 30)
    seen = Stopped.seen
    assert (
        seen["sent"] > 0 and seen["asked while stopped"] > 100 and seen["by hand"] > 0
    ), seen
    assert kind not in LETS_OUT or seen[LETS_OUT[kind]] > 0, seen
