"""The exchange's rule book in plain Python: slow, obvious, and no line of it from the core.

Written from `docs/matching.md`. A venue here says the same as the C one: market data,
reports, books. Only the names it gives to orders are its own (`REF_FIRST` and up); a
comparison matches names by where they stand.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from tests.venue import messages as m

REF_FIRST = 1 << 62  # no match number or client id a flow uses comes near
LEVEL_QTY_MAX = (1 << 40) - 1
LEVEL_COUNT_MAX = (1 << 24) - 1


class Resting:
    """An order that has been accepted and is not done."""

    __slots__ = ("client_id", "participant", "price", "qty", "ref", "side", "symbol")

    def __init__(
        self,
        ref: int,
        participant: int,
        client_id: int,
        symbol: int,
        side: int,
        price: int,
        qty: int,
    ) -> None:
        self.ref = ref
        self.participant = participant
        self.client_id = client_id
        self.symbol = symbol
        self.side = side
        self.price = price
        self.qty = qty


class Level:
    """The orders at one price, first in first out."""

    __slots__ = ("orders", "qty")

    def __init__(self) -> None:
        self.orders: dict[int, Resting] = {}
        self.qty = 0


class Side:
    """The levels of one side. Keys rise from the best price to the worst."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: int) -> None:
        self.sign = -1 if side == m.BUY else 1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def add(self, order: Resting) -> None:
        """At the back of its price."""
        key = self.sign * order.price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level()
            insort(self.keys, key)
        level.orders[order.ref] = order
        level.qty += order.qty

    def remove(self, order: Resting) -> None:
        """Off its price; a price without orders is gone."""
        key = self.sign * order.price
        level = self.levels[key]
        del level.orders[order.ref]
        level.qty -= order.qty
        if not level.orders:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]

    def reduce(self, order: Resting, qty: int) -> None:
        """Take `qty` off it; its place stays."""
        order.qty -= qty
        self.levels[self.sign * order.price].qty -= qty

    def front(self) -> Resting | None:
        """The order to be executed next."""
        if not self.keys:
            return None
        return next(iter(self.levels[self.keys[0]].orders.values()))

    def has_room(self, price: int, qty: int) -> bool:
        """Whether a price can count one more order of this size."""
        level = self.levels.get(self.sign * price)
        return level is None or (
            level.qty + qty <= LEVEL_QTY_MAX and len(level.orders) < LEVEL_COUNT_MAX
        )

    def lines(self, side: int) -> Iterator[tuple[int, ...]]:
        """Each level and its orders in priority, as the pipe prints them."""
        for key in self.keys:
            level = self.levels[key]
            price = self.sign * key
            yield len(level.orders), price, level.qty, 0, 1, side
            for order in level.orders.values():
                yield order.client_id, price, order.qty, order.participant, 2, side


class Venue:
    """All books and all rules. What it said lies in `md`, `reports` and their refs."""

    def __init__(self, price_max: tuple[int, ...], order_capacity: int) -> None:
        self.price_max = price_max
        self.order_capacity = order_capacity
        self.books = [(Side(m.BUY), Side(m.SELL)) for _ in price_max]
        # A participant's orders by client id; and by ref, which is oldest first.
        self.orders: dict[int, dict[int, Resting]] = {}
        self.by_age: dict[int, dict[int, Resting]] = {}
        self.resting_count = 0
        self.next_ref = REF_FIRST
        self.sequence = 0
        self.match = 0
        self.traded_qty = 0
        self.now_ns = 0
        self.clear()

    def clear(self) -> None:
        """Forget what was said."""
        self.md: list[tuple[int, ...]] = []
        self.md_refs: list[tuple[int, int]] = []
        self.reports: list[tuple[int, ...]] = []
        self.report_refs: list[tuple[int]] = []

    # ---- saying --------------------------------------------------------------------

    def _say(
        self,
        kind: int,
        order: Resting,
        qty: int,
        leaves: int,
        other_ref: int = 0,
        price: int | None = None,
    ) -> None:
        self.sequence += 1
        self.md.append(
            (
                self.sequence,
                self.now_ns,
                order.price if price is None else price,
                qty,
                leaves,
                order.symbol,
                kind,
                order.side,
                0,
            )
        )
        self.md_refs.append((order.ref, other_ref))

    def _report(
        self,
        kind: int,
        order: Resting,
        qty: int,
        leaves: int,
        *,
        reason: int = m.REASON_NONE,
        original_id: int = 0,
        match: int = 0,
        price: int | None = None,
        liquidity: int = m.MAKER,
    ) -> None:
        self.reports.append(
            (
                self.now_ns,
                order.client_id,
                original_id,
                match,
                order.price if price is None else price,
                qty,
                leaves,
                order.symbol,
                order.participant,
                kind,
                order.side,
                reason,
                liquidity,
            )
        )
        self.report_refs.append((order.ref,))

    def _refuse(self, kind: int, asked: m.Order, reason: int) -> None:
        self.reports.append(
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
            )
        )
        self.report_refs.append((0,))

    # ---- being asked ---------------------------------------------------------------

    def on_order(self, asked: m.Order, now_ns: int) -> None:
        """One message of one participant."""
        self.now_ns = now_ns
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
        else:
            self._refuse(m.REJECTED, asked, m.REASON_MALFORMED)

    def _new(self, asked: m.Order) -> None:
        reason = self._fault_of_new(asked)
        if reason:
            self._refuse(m.REJECTED, asked, reason)
            return
        order = self._order(asked)
        self._report(m.ACCEPTED, order, order.qty, order.qty)
        self._match(order, asked)

    def _fault_of_new(self, asked: m.Order) -> int:
        if asked.side > 1 or asked.type > 1 or asked.time_in_force > 1:
            return m.REASON_MALFORMED
        if asked.symbol >= len(self.books):
            return m.REASON_SYMBOL
        if asked.type == m.LIMIT and not 1 <= asked.price <= self.price_max[asked.symbol]:
            return m.REASON_PRICE
        if not 1 <= asked.qty <= m.QTY_MAX:
            return m.REASON_QTY
        if asked.client_id in self.orders.get(asked.participant, ()):
            return m.REASON_DUPLICATE_ID
        if self._may_rest(asked) and not self._has_room(asked):
            return m.REASON_CAPACITY
        return m.REASON_NONE

    @staticmethod
    def _may_rest(asked: m.Order) -> bool:
        return asked.type == m.LIMIT and asked.time_in_force == m.DAY

    def _has_room(self, asked: m.Order) -> bool:
        return self.resting_count < self.order_capacity and self.books[asked.symbol][
            asked.side
        ].has_room(asked.price, asked.qty)

    def _order(self, asked: m.Order) -> Resting:
        price = asked.price if asked.type == m.LIMIT else m.PRICE_NONE
        return self._named(
            asked.participant, asked.client_id, asked.symbol, asked.side, price, asked.qty
        )

    def _named(
        self,
        participant: int,
        client_id: int,
        symbol: int,
        side: int,
        price: int,
        qty: int,
    ) -> Resting:
        self.next_ref += 1
        return Resting(self.next_ref, participant, client_id, symbol, side, price, qty)

    # ---- matching ------------------------------------------------------------------

    def _match(self, taker: Resting, asked: m.Order, *, is_market: bool = False) -> None:
        """Trade what can be traded, then rest or cancel what is left."""
        market = asked.type == m.MARKET
        opposite = self.books[taker.symbol][1 - taker.side]
        met = 0
        while taker.qty and (maker := opposite.front()):
            if not market and self._is_beyond(taker, maker.price):
                break
            if met == m.SWEEP_MAX:
                self._drop(taker, m.REASON_SWEEP)
                return
            met += 1
            self._trade(taker, maker, opposite)
        if not taker.qty:
            return
        if market:
            self._drop(taker, m.REASON_NO_LIQUIDITY)
        elif asked.time_in_force == m.IOC:
            self._drop(taker, m.REASON_IOC)
        else:
            self._rest(taker)

    @staticmethod
    def _is_beyond(taker: Resting, price: int) -> bool:
        return price > taker.price if taker.side == m.BUY else price < taker.price

    def _trade(self, taker: Resting, maker: Resting, side: Side) -> None:
        qty = min(taker.qty, maker.qty)
        self.match += 1
        self.traded_qty += qty
        taker.qty -= qty
        left = maker.qty - qty
        if left:
            side.reduce(maker, qty)
        else:
            self._take_off(maker)
        self._say(m.MD_EXECUTE, maker, qty, left, self.match)
        self._report(m.EXECUTED, maker, qty, left, match=self.match)
        self._report(
            m.EXECUTED,
            taker,
            qty,
            taker.qty,
            match=self.match,
            price=maker.price,
            liquidity=m.TAKER,
        )

    def _drop(self, order: Resting, reason: int) -> None:
        """What is left of an order that does not rest."""
        self._report(m.CANCELLED, order, order.qty, 0, reason=reason)

    def _rest(self, order: Resting) -> None:
        self._put_on(order)
        self._say(m.MD_ADD, order, order.qty, order.qty)

    def _put_on(self, order: Resting) -> None:
        self.books[order.symbol][order.side].add(order)
        self.orders.setdefault(order.participant, {})[order.client_id] = order
        self.by_age.setdefault(order.participant, {})[order.ref] = order
        self.resting_count += 1

    def _take_off(self, order: Resting) -> None:
        self.books[order.symbol][order.side].remove(order)
        del self.orders[order.participant][order.client_id]
        del self.by_age[order.participant][order.ref]
        self.resting_count -= 1

    # ---- changing ------------------------------------------------------------------

    def _meant(self, asked: m.Order) -> Resting | None:
        return self.orders.get(asked.participant, {}).get(asked.original_id)

    def _cancel(self, asked: m.Order) -> None:
        order = self._meant(asked)
        if order is None:
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_UNKNOWN_ORDER)
            return
        self._pull(order)

    def _pull(self, order: Resting) -> None:
        self._take_off(order)
        self._say(m.MD_DELETE, order, order.qty, 0)
        self._report(m.CANCELLED, order, order.qty, 0, reason=m.REASON_USER)

    def _reduce(self, asked: m.Order) -> None:
        order = self._meant(asked)
        if order is None:
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_UNKNOWN_ORDER)
        elif asked.qty == 0:
            self._refuse(m.CHANGE_REJECTED, asked, m.REASON_QTY)
        elif asked.qty >= order.qty:
            self._pull(order)
        else:
            self.books[order.symbol][order.side].reduce(order, asked.qty)
            self._say(m.MD_REDUCE, order, asked.qty, order.qty)
            self._report(
                m.CANCELLED, order, asked.qty, order.qty, reason=m.REASON_USER
            )

    def _replace(self, asked: m.Order) -> None:
        order = self._meant(asked)
        reason = self._fault_of_replace(asked, order)
        if order is None or reason:
            self._refuse(m.CHANGE_REJECTED, asked, reason)
        elif asked.price == order.price and asked.qty <= order.qty:
            self._rename(order, asked)
        else:
            self._move(order, asked)

    def _fault_of_replace(self, asked: m.Order, order: Resting | None) -> int:
        if asked.type != m.LIMIT or asked.time_in_force != m.DAY:
            return m.REASON_MALFORMED
        if order is None:
            return m.REASON_UNKNOWN_ORDER
        if not 1 <= asked.price <= self.price_max[order.symbol]:
            return m.REASON_PRICE
        if not 1 <= asked.qty <= m.QTY_MAX:
            return m.REASON_QTY
        if asked.client_id in self.orders[asked.participant]:
            return m.REASON_DUPLICATE_ID
        # Room is asked for with the original still in the book.
        side = self.books[order.symbol][order.side]
        stays = asked.price == order.price and asked.qty <= order.qty
        if not stays and not side.has_room(asked.price, asked.qty):
            return m.REASON_CAPACITY
        return m.REASON_NONE

    def _rename(self, order: Resting, asked: m.Order) -> None:
        """Same price, no more quantity: name and size change, the place does not."""
        mine = self.orders[order.participant]
        del mine[order.client_id]
        order.client_id = asked.client_id
        mine[order.client_id] = order
        cut = order.qty - asked.qty
        if cut:
            self.books[order.symbol][order.side].reduce(order, cut)
            self._say(m.MD_REDUCE, order, cut, order.qty)
        self._report(
            m.REPLACED, order, order.qty, order.qty, original_id=asked.original_id
        )

    def _move(self, order: Resting, asked: m.Order) -> None:
        """A new order at the back; or, where it reaches the other side, a trade first."""
        self._take_off(order)
        moved = self._named(
            order.participant,
            asked.client_id,
            order.symbol,
            order.side,
            asked.price,
            asked.qty,
        )
        self._report(
            m.REPLACED, moved, moved.qty, moved.qty, original_id=asked.original_id
        )
        front = self.books[order.symbol][1 - order.side].front()
        if front is None or self._is_beyond(moved, front.price):
            self._put_on(moved)
            self._say_replaced(order, moved)
        else:
            self._say(m.MD_DELETE, order, order.qty, 0)
            self._match(moved, asked)

    def _say_replaced(self, order: Resting, moved: Resting) -> None:
        self._say(m.MD_REPLACE, moved, moved.qty, moved.qty)
        self.md_refs[-1] = (order.ref, moved.ref)

    def _cancel_all(self, asked: m.Order) -> None:
        mine = self.by_age.get(asked.participant, {})
        pulled = 0
        for order in list(reversed(mine.values()))[: m.SWEEP_MAX]:
            self._pull(order)
            pulled += 1
        self.reports.append(
            (
                self.now_ns,
                asked.client_id,
                0,
                0,
                m.PRICE_NONE,
                pulled,
                len(mine),
                m.NOBODY,
                asked.participant,
                m.ALL_CANCELLED,
                0,
                m.REASON_USER,
                m.MAKER,
            )
        )
        self.report_refs.append((0,))

    # ---- being looked at -----------------------------------------------------------

    def book_lines(self, symbol: int) -> list[tuple[int, ...]]:
        """The whole book, as the pipe prints it."""
        bids, asks = self.books[symbol]
        return [*bids.lines(m.BUY), *asks.lines(m.SELL)]

    def count_line(self) -> tuple[int, ...]:
        """The counters, as the pipe prints them."""
        return self.sequence, self.match, self.traded_qty, self.resting_count, 3, 0
