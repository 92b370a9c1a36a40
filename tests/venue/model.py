"""The exchange's rule book in plain Python: slow, obvious, no line of it from the core.

Written from `docs/matching.md`, whose ids (M3, C8 …) stand beside what implements them. A
venue here says the same as the C one: market data, reports, drop copies, books. Only the
names it gives to orders are its own (from REF_FIRST up); a comparison matches names by
where they stand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tests.venue import messages as m
from tests.venue.books import Resting, Side, is_beyond
from tests.venue.cross import Cross, find_cross
from tests.venue.sessions import Session, SessionRules, Tier, fee_of
from tests.venue.stops import Stop, Stops

REF_FIRST = 1 << 62  # no match number comes near
U64 = (1 << 64) - 1
UNITS = 4096  # of work in a step
PULL_MAX = 4096  # orders pulled in bulk in a step
CROSS_MAX = 1024  # matches of a cross in a step
RECORDS_MIN, RECORDS_MAX = 1024, 65_536  # icebergs, stops, orders partly executed

COLLECTING = (m.PRE_OPEN, m.HALT, m.PRE_CLOSE)
CROSSING = (m.OPENING_CROSS, m.CLOSING_CROSS)
ALL_FLAGS = m.POST_ONLY | m.POST_SLIDE | m.TOTAL
BOTH_POSTS = m.POST_ONLY | m.POST_SLIDE


class Market:
    """One symbol: its book, its phase, and the prices its rules go by."""

    def __init__(self, price_max: int, maker_fee: int, taker_fee: int) -> None:
        self.price_max = price_max
        self.fees = (maker_fee, taker_fee)
        self.sides = (Side(m.BUY), Side(m.SELL))
        self.phase = m.CONTINUOUS
        self.reference = 0  # given from outside; 0: none
        self.band = 0  # width; 0: none
        self.last: int | None = None  # execution price
        self.low: int | None = None  # executed in this step
        self.high: int | None = None
        self.cross: Cross | None = None  # the one going on
        self.cross_left = 0
        self.is_expiring = False

    def limit_of_band(self, side: int) -> int | None:
        """The worst price a taker of this side may pay; None: any (P9)."""
        if not self.band or not self.reference:
            return None
        return self.reference + (self.band if side == m.BUY else -self.band)

    def is_marketable(self, side: int, limit: int | None) -> bool:
        """Whether the best opposite order is within the limit."""
        best = self.sides[1 - side].best()
        return best is not None and not is_beyond(side, limit, best)


class Venue:
    """All markets and all rules. What it said lies in `md`, `reports` and `copies`."""

    def __init__(
        self,
        price_max: Iterable[int],
        order_capacity: int,
        fees: tuple[int, int] = (0, 0),
        tiers: tuple[Tier, ...] = (),
    ) -> None:
        self.markets = [Market(price, *fees) for price in price_max]
        self.order_capacity = order_capacity
        self.tiers = tiers
        # A participant's orders and stops by client id; and by ref, oldest first.
        self.named: dict[int, dict[int, Resting | Stop]] = {}
        self.by_age: dict[int, dict[int, Resting | Stop]] = {}
        self.stops = Stops(len(self.markets))
        self.sessions: dict[int, Session] = {}
        self.resting_count = 0
        self.stop_count = 0
        self.record_count = 0
        self.record_capacity = max(RECORDS_MIN, min(RECORDS_MAX, order_capacity // 16))
        self.next_ref = REF_FIRST
        self.sequence = 0
        self.match_ref = 0
        self.traded_qty = 0
        self.now_ns = 0
        self.units = 0
        self.clear()

    def clear(self) -> None:
        """Forget what was said."""
        self.md: list[tuple[int, ...]] = []
        self.md_refs: list[tuple[int, int]] = []
        self.reports: list[tuple[int, ...]] = []
        self.report_refs: list[tuple[int]] = []
        self.copies: list[tuple[int, ...]] = []
        self.copy_refs: list[tuple[int]] = []

    # ---- steps ---------------------------------------------------------------------

    def _begin(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.units = UNITS

    def _end(self) -> None:
        """What this step's trades set off (T2, T3)."""
        self._look_at_stops()
        while self.units and self.stops.due:
            stop = self._next_stop()
            if stop is None:
                break
            self.units -= 1
            self._trigger(stop)
            self._look_at_stops()

    def _look_at_stops(self) -> None:
        for symbol, market in enumerate(self.markets):
            if market.low is not None and market.high is not None:
                self.stops.look(symbol, market.low, market.high)
                market.low = market.high = None

    def on_order(self, asked: m.Order, now_ns: int) -> None:
        """A message of a participant."""
        self._begin(now_ns)
        session = self.sessions.get(asked.participant)
        if session is not None:
            session.hear(now_ns)
        if asked.kind == m.NEW:
            self._new(asked)
        elif asked.kind == m.CANCEL:
            self._cancel(asked)
        elif asked.kind == m.REDUCE:
            self._reduce(asked)
        elif asked.kind == m.REPLACE:
            self._replace(asked)
        elif asked.kind == m.CANCEL_ALL:
            self._cancel_all(asked)
        elif asked.kind == m.MASS_CANCEL:
            self._mass_cancel(asked)
        elif asked.kind == m.QUERY:
            self._query(asked)
        elif asked.kind != m.HEARTBEAT:
            self._refuse(m.REJECTED, asked, m.REASON_MALFORMED)
        self._end()

    def on_timer(self, now_ns: int) -> int:
        """One task that is due, if any; 1 when more is to do (P15)."""
        self._begin(now_ns)
        self._do_one_task()
        self._end()
        return int(self._has_tasks())

    def _do_one_task(self) -> None:
        for symbol, market in enumerate(self.markets):
            if market.phase in CROSSING:
                self._cross_on(symbol)
                return
        for symbol, market in enumerate(self.markets):
            if market.is_expiring:
                self._expire(symbol)
                return
        for participant, session in sorted(self.sessions.items()):
            if session.is_overdue(self.now_ns):
                session.deadline_ns = None
                session.pull_reason = session.pull_reason or m.REASON_DEAD_MAN
            if session.pull_reason:
                self._pull_session(participant, session)
                return

    def _has_tasks(self) -> bool:
        return (
            any(market.phase in CROSSING or market.is_expiring for market in self.markets)
            or any(
                session.pull_reason or session.is_overdue(self.now_ns)
                for session in self.sessions.values()
            )
            or self._next_stop() is not None
        )

    def _next_stop(self) -> Stop | None:
        return self.stops.next_due(
            market.phase == m.CONTINUOUS for market in self.markets
        )

    def on_disconnect(self, participant: int, now_ns: int) -> None:
        """A session is gone (P11)."""
        self._begin(now_ns)
        session = self.sessions.get(participant)
        if session is not None:
            session.deadline_ns = None
            if session.rules.cancel_on_disconnect:
                session.pull_reason = m.REASON_DISCONNECT
                self._pull_session(participant, session)
        self._end()

    # ---- settings ------------------------------------------------------------------

    def set_reference(self, symbol: int, price: int) -> None:
        """P8, P9."""
        self.markets[symbol].reference = price

    def set_band(self, symbol: int, width: int) -> None:
        """P9."""
        self.markets[symbol].band = width

    def set_session(self, participant: int, rules: SessionRules) -> None:
        """P10."""
        session = self.sessions.setdefault(participant, Session())
        session.rules = rules
        if not rules.dead_man_ns:
            session.deadline_ns = None

    # ---- saying --------------------------------------------------------------------

    def _say(
        self,
        kind: int,
        order: Resting,
        qty: int,
        leaves: int,
        other_ref: int = 0,
        ref: int | None = None,
    ) -> None:
        self.sequence += 1
        self.md.append(
            (
                self.sequence,
                self.now_ns,
                order.price,
                qty,
                leaves,
                order.symbol,
                kind,
                order.side,
                0,
            )
        )
        self.md_refs.append((order.ref if ref is None else ref, other_ref))

    def _say_of_symbol(
        self, kind: int, symbol: int, price: int, qty: int, other_ref: int = 0
    ) -> None:
        self.sequence += 1
        self.md.append((self.sequence, self.now_ns, price, qty, 0, symbol, kind, 0, 0))
        self.md_refs.append((0, other_ref))

    def _report(
        self,
        kind: int,
        order: Resting | Stop,
        qty: int,
        leaves: int,
        *,
        reason: int = m.REASON_NONE,
        original_id: int = 0,
    ) -> None:
        self._deliver(
            (
                self.now_ns,
                order.client_id,
                original_id,
                0,
                order.price,
                qty,
                leaves,
                order.symbol,
                order.participant,
                kind,
                order.side,
                reason,
                m.MAKER,
            ),
            order.ref,
        )

    def _refuse(self, kind: int, asked: m.Order, reason: int) -> None:
        self._deliver(
            (
                self.now_ns,
                asked.client_id,
                asked.original_id,
                0,
                asked.price,
                asked.qty,
                0,
                asked.symbol,
                asked.participant,
                kind,
                asked.side & 1,
                reason,
                m.MAKER,
            ),
            0,
        )

    def _deliver(self, report: tuple[int, ...], ref: int) -> None:
        self.reports.append(report)
        self.report_refs.append((ref,))
        session = self.sessions.get(report[8])
        if session is not None and session.rules.drop_copy:
            self.copies.append(report)
            self.copy_refs.append((ref,))

    # ---- being on the books --------------------------------------------------------

    def _new_ref(self) -> int:
        self.next_ref += 1
        return self.next_ref

    def _enter(self, order: Resting | Stop) -> None:
        self.named.setdefault(order.participant, {})[order.client_id] = order
        self.by_age.setdefault(order.participant, {})[order.ref] = order

    def _leave(self, order: Resting | Stop) -> None:
        del self.named[order.participant][order.client_id]
        del self.by_age[order.participant][order.ref]

    def _put_on(self, order: Resting) -> None:
        self.markets[order.symbol].sides[order.side].add(order)
        self._enter(order)
        self.resting_count += 1

    def _take_off(self, order: Resting) -> None:
        self.markets[order.symbol].sides[order.side].remove(order)
        self._leave(order)
        self.resting_count -= 1

    def _give_record(self, order: Resting) -> bool:
        """Whether it has one now (M16)."""
        if not order.has_record:
            if self.record_count >= self.record_capacity:
                return False
            self.record_count += 1
            order.has_record = True
        return True

    def _take_record(self, order: Resting) -> None:
        self.record_count -= order.has_record
        order.has_record = False

    def _rest(self, order: Resting) -> None:
        self._put_on(order)
        self._say(m.MD_ADD, order, order.shown, order.shown)

    def _refresh(self, order: Resting) -> None:
        """An iceberg's next tip, at the back under a new name (M12)."""
        self._take_off(order)
        order.ref = self._new_ref()
        self._rest(order)
        if self.units:
            self.units -= 1

    def _pull(self, order: Resting | Stop, reason: int) -> None:
        """An order or stop goes with all it has left (C1)."""
        if isinstance(order, Stop):
            self.stops.remove(order)
            self._leave(order)
            self.stop_count -= 1
            self.record_count -= 1
        else:
            shown = order.shown
            self._take_off(order)
            self._take_record(order)
            self._say(m.MD_DELETE, order, shown, 0)
        self._report(m.CANCELLED, order, order.open, 0, reason=reason)

    def _drop(self, order: Resting, reason: int) -> None:
        """What is left of an order that does not rest."""
        self._take_record(order)
        self._report(m.CANCELLED, order, order.open, 0, reason=reason)

    # ---- entering ------------------------------------------------------------------

    def _new(self, asked: m.Order) -> None:
        reason = self._fault_of_new(asked)
        if reason:
            self._refuse(m.REJECTED, asked, reason)
            return
        if asked.type in (m.STOP, m.STOP_LIMIT):
            self._wait(asked)
            return
        market = self.markets[asked.symbol]
        price = self._price_after_slide(market, asked, asked.side)
        assert price is not None
        order = Resting(
            ref=self._new_ref(),
            participant=asked.participant,
            client_id=asked.client_id,
            symbol=asked.symbol,
            side=asked.side,
            price=price if asked.type == m.LIMIT else m.PRICE_NONE,
            qty=asked.qty,
            display=_display(asked.display_qty, asked.qty),
            time_in_force=asked.time_in_force,
            smp=asked.smp,
            used=0,
        )
        if order.display:
            self._give_record(order)
        self._report(m.ACCEPTED, order, order.open, order.open)
        if market.phase != m.CONTINUOUS:
            self._rest(order)
        elif asked.type == m.MARKET:
            self._take_at_any_price(order, asked.min_qty)
        else:
            self._take(order, order.price, asked.min_qty)

    def _fault_of_new(self, asked: m.Order) -> int:
        """M15: the first check that fails."""
        if _is_malformed(asked):
            return m.REASON_MALFORMED
        session = self.sessions.get(asked.participant)
        if session is not None and session.is_throttled(self.now_ns):
            return m.REASON_THROTTLE
        if asked.symbol >= len(self.markets):
            return m.REASON_SYMBOL
        market = self.markets[asked.symbol]
        is_stop = asked.type in (m.STOP, m.STOP_LIMIT)
        if asked.type in (m.LIMIT, m.STOP_LIMIT) and not (
            1 <= asked.price <= market.price_max
        ):
            return m.REASON_PRICE
        if is_stop and not 1 <= asked.min_qty <= market.price_max:
            return m.REASON_PRICE
        if not 1 <= asked.qty <= m.QTY_MAX:
            return m.REASON_QTY
        if asked.client_id in self.named.get(asked.participant, ()):
            return m.REASON_DUPLICATE_ID
        if not _is_taken_in(market.phase, asked):
            return m.REASON_PHASE
        if asked.type == m.LIMIT and is_beyond(
            asked.side, market.limit_of_band(asked.side), asked.price
        ):
            return m.REASON_BAND
        price = self._price_after_slide(market, asked, asked.side)
        if price is None:
            return m.REASON_POST_ONLY
        if is_stop:
            return m.REASON_NONE if self._has_stop_room() else m.REASON_CAPACITY
        may_rest = asked.type == m.LIMIT and asked.time_in_force in (m.DAY, m.GTC)
        if may_rest and not self._has_room(
            market,
            asked.side,
            price,
            asked.qty,
            is_iceberg=_display(asked.display_qty, asked.qty) > 0,
        ):
            return m.REASON_CAPACITY
        return m.REASON_NONE

    @staticmethod
    def _price_after_slide(market: Market, asked: m.Order, side: int) -> int | None:
        """M9, M10: the price it rests at; None when it may not."""
        price = asked.price
        if not asked.flags & BOTH_POSTS or not market.is_marketable(side, price):
            return price
        if asked.flags & m.POST_ONLY:
            return None
        best = market.sides[1 - side].best()
        assert best is not None
        price = best - 1 if side == m.BUY else best + 1
        return price if 1 <= price <= market.price_max else None

    def _has_room(
        self, market: Market, side: int, price: int, qty: int, *, is_iceberg: bool
    ) -> bool:
        """M16, for an order that comes to the table."""
        if is_iceberg and self.record_count >= self.record_capacity:
            return False
        return (
            self.resting_count + self.stop_count < self.order_capacity
            and market.sides[side].has_room(price, qty)
        )

    def _has_stop_room(self) -> bool:
        if self.record_count >= self.record_capacity:
            return False
        return self.resting_count + self.stop_count < self.order_capacity

    # ---- taking --------------------------------------------------------------------

    def _take_at_any_price(self, order: Resting, min_qty: int) -> None:
        """A market order: any price within the band (M6, P9)."""
        market = self.markets[order.symbol]
        self._take(order, market.limit_of_band(order.side), min_qty)

    def _take(self, order: Resting, limit: int | None, min_qty: int) -> None:
        """Trade what can be traded, then rest or cancel what is left (M4 … M8)."""
        if order.time_in_force == m.FOK:
            if self._trial(order, limit) < order.open:
                self._drop(order, m.REASON_FOK)
                return
        elif min_qty and self._trial(order, limit) < min_qty:
            self._drop(order, m.REASON_MIN_QTY)
            return
        reason = self._match(order, limit)
        if not order.open:
            self._take_record(order)
            return
        if reason:
            self._drop(order, reason)
        elif order.price == m.PRICE_NONE:
            is_band = self.markets[order.symbol].sides[1 - order.side].keys
            self._drop(order, m.REASON_BAND if is_band else m.REASON_NO_LIQUIDITY)
        elif order.time_in_force in (m.IOC, m.FOK):
            self._drop(order, m.REASON_IOC)
        elif order.used and not self._give_record(order):
            self._drop(order, m.REASON_CAPACITY)
        else:
            self._rest(order)

    def _match(self, taker: Resting, limit: int | None) -> int:
        """Match until there is nothing left or nobody within the limit.

        A reason when something else ended it: SWEEP or SMP.
        """
        opposite = self.markets[taker.symbol].sides[1 - taker.side]
        while taker.open and (maker := opposite.front()):
            if is_beyond(taker.side, limit, maker.price):
                break
            if not self.units:
                return m.REASON_SWEEP
            self.units -= 1
            if taker.smp and self._are_one(taker.participant, maker.participant):
                if taker.smp in (m.SMP_OLDEST, m.SMP_BOTH):
                    self._pull(maker, m.REASON_SMP)
                if taker.smp in (m.SMP_NEWEST, m.SMP_BOTH):
                    return m.REASON_SMP
                if taker.smp == m.SMP_DECREMENT:
                    self._decrement(taker, maker)
            else:
                self._execute(taker, maker)
        return m.REASON_NONE

    def _are_one(self, one: int, other: int) -> bool:
        """S1."""
        if one == other:
            return True
        mine, theirs = self.sessions.get(one), self.sessions.get(other)
        return (
            mine is not None
            and theirs is not None
            and mine.rules.group != 0
            and mine.rules.group == theirs.rules.group
        )

    def _execute(self, taker: Resting, maker: Resting) -> None:
        qty = min(maker.shown, taker.open)
        self._count_match(maker.symbol, maker.price, qty)
        taker.open -= qty
        taker.used += qty
        self._reduce_shown(maker, qty)
        self._say(m.MD_EXECUTE, maker, qty, maker.shown, self.match_ref)
        self._report_fill(maker, qty, maker.price, m.MAKER)
        self._settle(maker)
        self._report_fill(taker, qty, maker.price, m.TAKER)

    def _count_match(self, symbol: int, price: int, qty: int) -> None:
        self.match_ref += 1
        self.traded_qty += qty
        market = self.markets[symbol]
        market.last = price
        market.low = price if market.low is None else min(market.low, price)
        market.high = price if market.high is None else max(market.high, price)

    def _report_fill(self, order: Resting, qty: int, price: int, liquidity: int) -> None:
        session = self.sessions.get(order.participant)
        fee = 0
        if liquidity != m.CROSS:
            fee = fee_of(
                qty,
                self.markets[order.symbol].fees[liquidity == m.TAKER],
                self.tiers,
                None if session is None else session.traded_qty,
                liquidity == m.TAKER,
            )
            if session is not None:
                session.traded_qty += qty
        self._deliver(
            (
                self.now_ns,
                order.client_id,
                fee & U64,  # it lies where other reports have original_id
                self.match_ref,
                price,
                qty,
                order.open,
                order.symbol,
                order.participant,
                m.EXECUTED,
                order.side,
                m.REASON_NONE,
                liquidity,
            ),
            order.ref,
        )

    def _decrement(self, taker: Resting, maker: Resting) -> None:
        """S5."""
        qty = min(maker.shown, taker.open)
        taker.open -= qty
        taker.used += qty
        self._reduce_shown(maker, qty)
        if maker.shown:
            self._say(m.MD_REDUCE, maker, qty, maker.shown)
        else:
            self._say(m.MD_DELETE, maker, qty, 0)
        self._report(m.CANCELLED, maker, qty, maker.open, reason=m.REASON_SMP)
        self._settle(maker)
        self._report(m.CANCELLED, taker, qty, taker.open, reason=m.REASON_SMP)

    def _reduce_shown(self, maker: Resting, qty: int) -> None:
        self.markets[maker.symbol].sides[maker.side].hide(maker, qty)
        maker.open -= qty
        maker.used += qty

    def _settle(self, maker: Resting) -> None:
        """One that shows nothing goes, or comes back with its next tip."""
        if not maker.open:
            self._take_off(maker)
            self._take_record(maker)
        elif not self._give_record(maker):
            self._pull(maker, m.REASON_CAPACITY)
        elif not maker.shown:
            self._refresh(maker)

    def _trial(self, taker: Resting, limit: int | None) -> int:
        """How many lots a matching would execute; nothing is touched (M7)."""
        opposite = self.markets[taker.symbol].sides[1 - taker.side]
        units, left, executed = self.units, taker.open, 0
        for key in opposite.keys:
            if is_beyond(taker.side, limit, opposite.sign * key):
                break
            queue = deque(
                (order, order.shown, order.open)
                for order in opposite.levels[key].orders.values()
            )
            while queue and left:
                if not units:
                    return executed
                units -= 1
                order, shown, open_ = queue.popleft()
                qty = min(shown, left)
                if not taker.smp or not self._are_one(
                    taker.participant, order.participant
                ):
                    executed += qty
                elif taker.smp == m.SMP_OLDEST:
                    continue
                elif taker.smp != m.SMP_DECREMENT:
                    return executed
                left -= qty
                if qty == shown and open_ > qty:
                    units = max(0, units - 1)
                    queue.append((order, min(order.display, open_ - qty), open_ - qty))
            if not left:
                break
        return executed

    # ---- changing ------------------------------------------------------------------

    def _meant(self, asked: m.Order) -> Resting | Stop | None:
        return self.named.get(asked.participant, {}).get(asked.original_id)

    def _in_cross(self, order: Resting | Stop) -> bool:
        return self.markets[order.symbol].phase in CROSSING

    def _cancel(self, asked: m.Order) -> None:
        order = self._meant(asked)
        if order is None:
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_UNKNOWN_ORDER)
        elif self._in_cross(order):
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_PHASE)
        else:
            self._pull(order, m.REASON_USER)

    def _reduce(self, asked: m.Order) -> None:
        """C3, C4."""
        order = self._meant(asked)
        if order is None:
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_UNKNOWN_ORDER)
            return
        if self._in_cross(order):
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_PHASE)
            return
        if asked.flags & m.TOTAL:
            used = order.used if isinstance(order, Resting) else 0
            left = asked.qty - used
            if left >= order.open:
                self._refuse(m.CHANGE_REJECTED, asked, m.REASON_QTY)
                return
            qty = order.open - max(0, left)
        else:
            qty = asked.qty
            if not qty:
                self._refuse(m.CHANGE_REJECTED, asked, m.REASON_QTY)
                return
        if qty >= order.open:
            self._pull(order, m.REASON_USER)
            return
        self._cut(order, qty)
        self._report(m.CANCELLED, order, qty, order.open, reason=m.REASON_USER)

    def _cut(self, order: Resting | Stop, qty: int) -> None:
        """Less open quantity, the hidden first; the place stays."""
        order.open -= qty
        if isinstance(order, Resting) and order.shown > order.open:
            shown_qty = order.shown - order.open
            self.markets[order.symbol].sides[order.side].hide(order, shown_qty)
            self._say(m.MD_REDUCE, order, shown_qty, order.shown)

    def _replace(self, asked: m.Order) -> None:
        reason = self._early_fault_of_replace(asked)
        if reason:
            self._refuse(m.CHANGE_REJECTED, asked, reason)
            return
        order = self._meant(asked)
        assert isinstance(order, Resting)
        open_ = asked.qty - order.used if asked.flags & m.TOTAL else asked.qty
        if open_ <= 0:  # C8
            self._pull(order, m.REASON_USER)
            return
        display = _display(asked.display_qty, open_)
        stays = (
            asked.price == order.price
            and open_ <= order.open
            and display == _display(order.display, open_)
        )
        reason = self._late_fault_of_replace(asked, order, open_, display, stays=stays)
        if reason:
            self._refuse(m.CHANGE_REJECTED, asked, reason)
        elif stays:
            self._rename(order, asked, open_)
        else:
            self._move(order, asked, open_, display)

    def _early_fault_of_replace(self, asked: m.Order) -> int:
        """C7, as far as C8."""
        if (
            asked.type != m.LIMIT
            or asked.time_in_force not in (m.DAY, m.GTC)
            or asked.min_qty
            or asked.flags & ~ALL_FLAGS
            or asked.flags & BOTH_POSTS == BOTH_POSTS
            or asked.smp > m.SMP_DECREMENT
        ):
            return m.REASON_MALFORMED
        session = self.sessions.get(asked.participant)
        if session is not None and session.is_throttled(self.now_ns):
            return m.REASON_THROTTLE
        order = self._meant(asked)
        if order is None:
            return m.REASON_UNKNOWN_ORDER
        if isinstance(order, Stop):
            return m.REASON_STOP
        market = self.markets[order.symbol]
        if not 1 <= asked.price <= market.price_max:
            return m.REASON_PRICE
        if not 1 <= asked.qty <= m.QTY_MAX:
            return m.REASON_QTY
        if asked.client_id in self.named[asked.participant]:
            return m.REASON_DUPLICATE_ID
        is_posting = asked.flags & BOTH_POSTS
        if market.phase != m.CONTINUOUS and (
            market.phase not in COLLECTING or is_posting
        ):
            return m.REASON_PHASE
        return m.REASON_NONE

    def _late_fault_of_replace(
        self, asked: m.Order, order: Resting, open_: int, display: int, *, stays: bool
    ) -> int:
        """C7, from C8 on."""
        market = self.markets[order.symbol]
        if is_beyond(order.side, market.limit_of_band(order.side), asked.price):
            return m.REASON_BAND
        if stays:
            return m.REASON_NONE
        price = self._price_after_slide(market, asked, order.side)
        if price is None:
            return m.REASON_POST_ONLY
        if display and not order.has_record and self.record_count >= self.record_capacity:
            return m.REASON_CAPACITY
        # Room is asked for with the original still at its place.
        if not market.sides[order.side].has_room(price, open_):
            return m.REASON_CAPACITY
        return m.REASON_NONE

    def _rename(self, order: Resting, asked: m.Order, open_: int) -> None:
        """C5: name, size and time in force change, the place does not."""
        mine = self.named[order.participant]
        del mine[order.client_id]
        order.client_id = asked.client_id
        order.time_in_force = asked.time_in_force
        mine[order.client_id] = order
        if open_ < order.open:
            self._cut(order, order.open - open_)
        self._report(
            m.REPLACED, order, order.open, order.open, original_id=asked.original_id
        )

    def _move(self, order: Resting, asked: m.Order, open_: int, display: int) -> None:
        """C6: gone from its place, and back as a new order."""
        market = self.markets[order.symbol]
        price = self._price_after_slide(market, asked, order.side)
        assert price is not None
        shown = order.shown
        self._take_off(order)
        moved = Resting(
            ref=self._new_ref(),
            participant=order.participant,
            client_id=asked.client_id,
            symbol=order.symbol,
            side=order.side,
            price=price,
            qty=open_,
            display=display,
            time_in_force=asked.time_in_force,
            smp=asked.smp,
            used=order.used,
        )
        moved.has_record = order.has_record  # kept as long as it or its successor lives
        if display:
            self._give_record(moved)
        self._report(m.REPLACED, moved, open_, open_, original_id=asked.original_id)
        if market.phase == m.CONTINUOUS and market.is_marketable(order.side, price):
            self._say(m.MD_DELETE, order, shown, 0)
            self._take(moved, price, 0)
        else:
            self._put_on(moved)
            self._say(m.MD_REPLACE, moved, moved.shown, moved.shown, moved.ref, order.ref)

    def _query(self, asked: m.Order) -> None:
        """Q1: how an order stands, or all of them; no drop copy is made."""
        mine = self.named.get(asked.participant, {})
        if asked.original_id:
            order = mine.get(asked.original_id)
            if order is None:
                self._tell(asked, asked.original_id, 0, 0, reason=m.REASON_UNKNOWN_ORDER)
            else:
                self._tell_of(order)
            return
        told = list(mine.values())[:PULL_MAX]
        for order in told:
            self._tell_of(order)
        self._tell(asked, 0, len(told), len(mine) - len(told), symbol=m.NOBODY)

    def _tell_of(self, order: Resting | Stop) -> None:
        self.reports.append(
            (
                self.now_ns,
                order.client_id,
                0,
                0,
                order.price,
                order.open,
                order.open,
                order.symbol,
                order.participant,
                m.STATUS,
                order.side,
                m.REASON_NONE,
                m.MAKER,
            )
        )
        self.report_refs.append((order.ref,))

    def _tell(
        self,
        asked: m.Order,
        client_id: int,
        qty: int,
        leaves: int,
        *,
        symbol: int | None = None,
        reason: int = m.REASON_NONE,
    ) -> None:
        self.reports.append(
            (
                self.now_ns,
                client_id,
                0,
                0,
                m.PRICE_NONE,
                qty,
                leaves,
                asked.symbol if symbol is None else symbol,
                asked.participant,
                m.STATUS,
                0,
                reason,
                m.MAKER,
            )
        )
        self.report_refs.append((0,))

    # ---- many at once --------------------------------------------------------------

    def _pull_many(
        self,
        participant: int,
        reason: int,
        symbol: int = m.NOBODY,
        side: int = m.SIDE_BOTH,
    ) -> tuple[int, int]:
        """Newest first; how many went, and how many meant are still there (C9)."""
        meant = [
            order
            for order in self.by_age.get(participant, {}).values()
            if symbol in (m.NOBODY, order.symbol) and side in (m.SIDE_BOTH, order.side)
        ]
        going = [
            order
            for order in sorted(meant, key=lambda order: -order.ref)
            if not self._in_cross(order)
        ][:PULL_MAX]
        for order in going:
            self._pull(order, reason)
        return len(going), len(meant) - len(going)

    def _cancel_all(self, asked: m.Order) -> None:
        pulled, left = self._pull_many(asked.participant, m.REASON_USER)
        self._all_cancelled(asked, m.NOBODY, 0, pulled, left)

    def _mass_cancel(self, asked: m.Order) -> None:
        """C10."""
        if asked.side > m.SIDE_BOTH:
            self._refuse(m.REJECTED, asked, m.REASON_MALFORMED)
            return
        if asked.symbol >= len(self.markets) and asked.symbol != m.NOBODY:
            self._refuse(m.REJECTED, asked, m.REASON_SYMBOL)
            return
        pulled, left = self._pull_many(
            asked.participant, m.REASON_USER, asked.symbol, asked.side
        )
        self._all_cancelled(asked, asked.symbol, asked.side, pulled, left)

    def _all_cancelled(
        self, asked: m.Order, symbol: int, side: int, pulled: int, left: int
    ) -> None:
        self._deliver(
            (
                self.now_ns,
                asked.client_id,
                0,
                0,
                m.PRICE_NONE,
                pulled,
                left,
                symbol,
                asked.participant,
                m.ALL_CANCELLED,
                side,
                m.REASON_USER,
                m.MAKER,
            ),
            0,
        )

    def _pull_session(self, participant: int, session: Session) -> None:
        _, left = self._pull_many(participant, session.pull_reason)
        if not left:
            session.pull_reason = 0

    # ---- stops ---------------------------------------------------------------------

    def _wait(self, asked: m.Order) -> None:
        stop = Stop(self._new_ref(), asked)
        self._report(m.ACCEPTED, stop, stop.open, stop.open)
        self._enter(stop)
        self.stop_count += 1
        self.record_count += 1
        self.stops.wait(stop)
        last = self.markets[asked.symbol].last
        if last is not None and stop.is_reached(last, last):
            self.stops.look(asked.symbol, last, last)

    def _trigger(self, stop: Stop) -> None:
        """T3: it becomes an order."""
        self.stops.remove(stop)
        self._leave(stop)
        self.stop_count -= 1
        self.record_count -= 1
        market = self.markets[stop.symbol]
        order = Resting(
            ref=self._new_ref(),
            participant=stop.participant,
            client_id=stop.client_id,
            symbol=stop.symbol,
            side=stop.side,
            price=stop.price,
            qty=stop.open,
            display=0,
            time_in_force=stop.time_in_force,
            smp=stop.smp,
            used=0,
        )
        self._report(m.TRIGGERED, order, order.open, order.open)
        if stop.type == m.STOP:
            self._take_at_any_price(order, 0)
        elif is_beyond(stop.side, market.limit_of_band(stop.side), stop.price):
            self._drop(order, m.REASON_BAND)
        elif not self._has_room(
            market, stop.side, stop.price, stop.open, is_iceberg=False
        ):
            self._drop(order, m.REASON_CAPACITY)
        else:
            self._take(order, order.price, 0)

    # ---- phases --------------------------------------------------------------------

    def set_phase(self, symbol: int, phase: int, now_ns: int) -> int:
        """P2; 0, or -22 (EINVAL) when it does not follow."""
        market = self.markets[symbol]
        if not _follows(market.phase, phase):
            return -22
        self._begin(now_ns)
        market.phase = phase
        market.is_expiring = False
        self._say_of_symbol(m.MD_PHASE, symbol, m.PRICE_NONE, phase)
        if phase in CROSSING:
            self._begin_cross(market)
            self._cross_on(symbol)
        elif phase == m.CLOSED:
            self._expire(symbol)
        self._end()
        return 0

    def _begin_cross(self, market: Market) -> None:
        """P3, P8."""
        bids, asks = market.sides
        reference = market.reference or market.last
        market.cross = find_cross(bids, asks, reference)
        market.cross_left = market.cross.volume if market.cross else 0

    def _cross_on(self, symbol: int) -> None:
        """P4, P5: some matches, and after the last the next phase."""
        market = self.markets[symbol]
        bids, asks = market.sides
        count = 0
        while market.cross and market.cross_left and count < CROSS_MAX:
            buy, sell = bids.front(), asks.front()
            assert buy is not None and sell is not None
            self._cross_pair(market, buy, sell, market.cross.price)
            count += 1
        if market.cross_left:
            return
        price = market.cross.price if market.cross else m.PRICE_NONE
        was_opening = market.phase == m.OPENING_CROSS
        market.cross = None
        market.phase = m.CONTINUOUS if was_opening else m.CLOSED
        self._say_of_symbol(m.MD_PHASE, symbol, price, market.phase)
        market.is_expiring = not was_opening  # it begins with the next timer
        if price != m.PRICE_NONE:
            market.low = market.high = price

    def _cross_pair(
        self, market: Market, buy: Resting, sell: Resting, price: int
    ) -> None:
        qty = min(buy.open, sell.open, market.cross_left)
        market.cross_left -= qty
        self.match_ref += 1
        self.traded_qty += qty
        market.last = price
        for order in (buy, sell):
            order.open -= qty
            order.used += qty
            self._report_fill(order, qty, price, m.CROSS)
            if not order.open:
                shown = order.shown
                self._take_off(order)
                self._take_record(order)
                self._say(m.MD_DELETE, order, shown, 0)
                continue
            if order.shown > order.open:
                less = order.shown - order.open
                market.sides[order.side].hide(order, less)
                self._say(m.MD_REDUCE, order, less, order.shown)
            if not self._give_record(order):
                self._pull(order, m.REASON_CAPACITY)
        self._say_of_symbol(m.MD_TRADE, buy.symbol, price, qty, self.match_ref)

    def _expire(self, symbol: int) -> None:
        """P6, P7: DAY orders go, as many as a step may pull."""
        market = self.markets[symbol]
        everybody: list[Resting | Stop] = [
            *market.sides[m.BUY].in_priority(),
            *market.sides[m.SELL].in_priority(),
            *self.stops.in_order_of_expiry(symbol),
        ]
        going = [order for order in everybody if order.time_in_force == m.DAY]
        for order in going[:PULL_MAX]:
            self._pull(order, m.REASON_EXPIRED)
        market.is_expiring = len(going) > PULL_MAX

    # ---- replay only ---------------------------------------------------------------

    def execute_directly(
        self, participant: int, client_id: int, qty: int, now_ns: int
    ) -> int:
        """R1; -2 (ENOENT): it does not rest, -34 (ERANGE): not so much of it is shown."""
        order = self.named.get(participant, {}).get(client_id)
        if not isinstance(order, Resting):
            return -2
        if not 1 <= qty <= order.shown:
            return -34
        self._begin(now_ns)
        self._count_match(order.symbol, order.price, qty)
        self._reduce_shown(order, qty)
        self._say(m.MD_EXECUTE, order, qty, order.shown, self.match_ref)
        self._report_fill(order, qty, order.price, m.MAKER)
        self._settle(order)
        self._end()
        return 0

    def print_trade(
        self, symbol: int, side: int, price: int, price_rest: int, qty: int, now_ns: int
    ) -> None:
        """R2."""
        self._begin(now_ns)
        self.match_ref += 1
        self.traded_qty += qty
        self.sequence += 1
        self.md.append(
            (self.sequence, now_ns, price, qty, 0, symbol, m.MD_TRADE, side, price_rest)
        )
        self.md_refs.append((0, self.match_ref))
        self._end()

    # ---- being looked at -----------------------------------------------------------

    def book_lines(self, symbol: int) -> list[tuple[int, ...]]:
        """The whole book, as the pipe prints it: each level, then its orders."""
        lines: list[tuple[int, ...]] = []
        for number, side in enumerate(self.markets[symbol].sides):
            for key in side.keys:
                level, price = side.levels[key], side.sign * key
                lines.append((len(level.orders), price, level.qty, 0, 0, 1, number))
                lines += [
                    (
                        order.client_id,
                        price,
                        order.shown,
                        order.open - order.shown,
                        order.participant,
                        2,
                        number,
                    )
                    for order in level.orders.values()
                ]
        return lines

    def count_line(self) -> tuple[int, ...]:
        """The counters, as the pipe prints them."""
        return self.sequence, self.match_ref, self.traded_qty, 0, self.resting_count, 3, 0


# ---- what a message says of itself -------------------------------------------------


def _display(display_qty: int, qty: int) -> int:
    """Lots shown at a time; 0: all (M11)."""
    return display_qty if display_qty < qty else 0


def _is_malformed(asked: m.Order) -> bool:
    """M15: what no venue could make sense of."""
    is_resting_limit = asked.type == m.LIMIT and asked.time_in_force in (m.DAY, m.GTC)
    is_stop = asked.type in (m.STOP, m.STOP_LIMIT)
    posts = asked.flags & BOTH_POSTS
    return bool(
        asked.side > m.SELL
        or asked.type > m.STOP_LIMIT
        or asked.time_in_force > m.GTC
        or asked.flags & ~ALL_FLAGS
        or asked.smp > m.SMP_DECREMENT
        or posts == BOTH_POSTS
        or asked.flags & m.TOTAL
        or (is_stop and asked.time_in_force not in (m.DAY, m.GTC))
        or ((posts or asked.display_qty) and not is_resting_limit)
        or (not is_stop and asked.min_qty > asked.qty)
        or (not is_stop and asked.min_qty and posts)
    )


def _is_taken_in(phase: int, asked: m.Order) -> bool:
    """P1: whether a new order may come in this phase."""
    if phase == m.CONTINUOUS:
        return True
    if phase not in COLLECTING:
        return False
    if asked.type in (m.STOP, m.STOP_LIMIT):
        return True
    return (
        asked.type == m.LIMIT
        and asked.time_in_force in (m.DAY, m.GTC)
        and not asked.flags
        and not asked.min_qty
    )


def _follows(old: int, new: int) -> bool:
    """P2."""
    if old == new or new > m.CLOSED:
        return False
    if old == m.CONTINUOUS:
        return new != m.OPENING_CROSS
    if old in COLLECTING:
        return new != m.CONTINUOUS
    if old == m.CLOSED:
        return new in (m.PRE_OPEN, m.HALT)
    return False
