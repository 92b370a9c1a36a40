"""Seeded random order flow, of everything the venue can be told and much it must refuse.

A flow looks at no venue: the same seed is the same list of steps, whatever they meet. It
remembers which client ids it has given out and picks from the latest, so that most
cancels and replaces still find their order, and guesses the phases it has asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.venue import messages as m
from tests.venue import pipe as p

U64 = (1 << 64) - 1
U32 = (1 << 32) - 1


class Temper(NamedTuple):
    """What a seed's flow is like. Shares are of messages or orders, 0 … 1."""

    symbols: int
    participants: int
    price_max: int
    order_capacity: int
    spread: int  # prices lie this far around the middle, increments
    is_passive: bool  # buys mostly below the middle, sells above: books grow deep
    buy_share: float
    new_share: float
    odd_share: float  # with a value nobody should send
    huge_share: float  # near the largest size there is
    grind_share: float  # icebergs of one lot and takers that wear a step's units out
    plain_share: float  # limit orders that do nothing special
    post_share: float
    iceberg_share: float
    smp_share: float
    take_share: float  # of special orders: market, IOC, FOK; what is left may rest
    stop_share: float
    mass_share: float  # mass cancels, of what is not a new order
    total_share: float  # of replaces and reduces
    control_share: float  # phases, bands, sessions, timers …
    phase_share: float  # of those; a phase lasts about 1 / (control x phase) messages
    is_in_session: bool


def temper_of(seed: int) -> Temper:
    """Each seed has a character of its own: wide, narrow, short of room, at a limit."""
    rng = random.Random(seed * 2 + 1)
    pick = rng.choice
    temper = Temper(
        symbols=pick((1, 2, 4)),
        participants=pick((1, 2, 3, 6)),
        price_max=pick((60, 1000, 100_000)),
        order_capacity=pick((20, 300, 5000, 5000)),
        spread=pick((2, 4, 10, 40, 900)),
        is_passive=False,
        buy_share=pick((0.5, 0.5, 0.5, 0.8, 0.99)),
        new_share=0.55,
        odd_share=pick((0.01, 0.03, 0.1)),
        huge_share=pick((0.0, 0.01, 0.01, 0.9)),
        grind_share=pick((0.0, 0.0, 0.001)),
        plain_share=pick((0.3, 0.6, 0.9)),
        post_share=pick((0.0, 0.1)),
        iceberg_share=pick((0.0, 0.1, 0.5)),
        smp_share=pick((0.0, 0.3, 0.8)),
        take_share=0.35,
        stop_share=pick((0.0, 0.1, 0.3)),
        mass_share=0.01,
        total_share=pick((0.0, 0.3)),
        control_share=pick((0.0, 0.01, 0.05)),
        phase_share=pick((0.0, 0.1, 0.5)),
        is_in_session=pick((True, False)),
    )
    return temper._replace(**LIMITS.get(seed % 10, {}))


# Seeds that live at a limit few others meet: by the last digit of the seed.
LIMITS: dict[int, dict[str, Any]] = {
    # Thousands of orders in a book: long crosses, closes and mass cancels.
    4: {
        "symbols": 1,
        "participants": 2,
        "price_max": 100_000,
        "order_capacity": 30_000,
        "spread": 900,
        "is_passive": True,
        "buy_share": 0.5,
        "new_share": 0.97,
        "mass_share": 0.003,
        "odd_share": 0.01,
        "huge_share": 0.0,
        "grind_share": 0.0,
        "plain_share": 0.9,
        "control_share": 0.02,
        "phase_share": 0.008,
        "is_in_session": False,
    },
    # More icebergs, stops and orders partly executed than there are records for.
    9: {
        "symbols": 2,
        "price_max": 1000,
        "order_capacity": 5000,
        "spread": 40,
        "is_passive": True,
        "buy_share": 0.5,
        "new_share": 0.9,
        "mass_share": 0.0,
        "huge_share": 0.0,
        "plain_share": 0.1,
        "iceberg_share": 0.5,
        "take_share": 0.01,
        "stop_share": 0.3,
        "control_share": 0.0,
        "grind_share": 0.0,
    },
    # Orders of the largest size on one side: prices that can count no more lots.
    3: {
        "symbols": 1,
        "price_max": 60,
        "order_capacity": 30_000,
        "spread": 2,
        "buy_share": 0.97,
        "new_share": 0.85,
        "huge_share": 0.95,
        "plain_share": 0.9,
        "control_share": 0.001,
    },
    # No session, no stop and no rule of the hour: what the venue has short ways for.
    8: {
        "symbols": 2,
        "price_max": 1000,
        "order_capacity": 300,
        "spread": 10,
        "buy_share": 0.5,
        "odd_share": 0.01,
        "huge_share": 0.0,
        "grind_share": 0.0,
        "plain_share": 0.5,
        "iceberg_share": 0.1,
        "smp_share": 0.1,
        "post_share": 0.0,
        "take_share": 0.6,
        "stop_share": 0.0,
        "control_share": 0.0,
    },
    # Stops that set off stops, while others wear the units of their steps out.
    6: {
        "symbols": 2,
        "order_capacity": 5000,
        "spread": 10,
        "buy_share": 0.5,
        "huge_share": 0.0,
        "grind_share": 0.01,
        "plain_share": 0.3,
        "stop_share": 0.4,
        "control_share": 0.001,
    },
}


def setup_of(seed: int) -> p.Setup:
    """The venue a seed's flow is sent to."""
    temper = temper_of(seed)
    rng = random.Random(seed * 2 + 2)
    tiers = ((0, 1, 2), (50, -3, 4), (5000, -(1 << 62), (1 << 62)))
    return p.Setup(
        price_max=(temper.price_max,) * temper.symbols,
        order_capacity=temper.order_capacity,
        maker_fee=rng.choice((0, -5, 7, -(1 << 62))),
        taker_fee=rng.choice((0, 11, 1 << 62)),
        tiers=tiers[: rng.randrange(4)],
    )


class Flow:
    """The steps of one seed."""

    def __init__(self, seed: int) -> None:
        self.temper = temper_of(seed)
        self.rng = random.Random(seed)
        self.now_ns = 1_000
        self.next_id = 1
        self.given: list[list[int]] = [[0] for _ in range(self.temper.participants)]
        self.phases = [m.CONTINUOUS] * self.temper.symbols

    def steps(
        self, count: int, *, book_every: int = 500, check_every: int = 500
    ) -> Iterator[p.Step]:
        """`count` messages; a look at every book, and a check of every invariant, after
        each so many of them."""
        for number in range(1, count + 1):
            self.now_ns += int(self.rng.random() * 3)
            if self.rng.random() < self.temper.control_share:
                yield self.control()
            else:
                yield p.Step(self.now_ns, p.ORDER, 0, self.message())
            if number % book_every == 0 or number == count:
                for symbol in range(self.temper.symbols):
                    yield p.Step(self.now_ns, p.BOOK, symbol)
                yield p.Step(self.now_ns, p.COUNTS)
            if number % check_every == 0 or number == count:
                yield p.Step(self.now_ns, p.CHECK)

    # ---- orders --------------------------------------------------------------------

    def message(self) -> m.Order:
        """One message of one participant."""
        draw = self.rng.random
        participant = int(draw() * self.temper.participants)
        dice = draw()
        new_share = self.temper.new_share
        if dice < new_share:
            order = self.new(participant)
        else:
            dice = (dice - new_share) / (1 - new_share)
            order = self.other(participant, dice)
        return self.spoil(order) if draw() < self.temper.odd_share else order

    def other(self, participant: int, dice: float) -> m.Order:
        """What is not a new order."""
        if dice < self.temper.mass_share:
            kind = m.MASS_CANCEL if dice < self.temper.mass_share * 0.8 else m.CANCEL_ALL
            symbols = (*range(self.temper.symbols), m.NOBODY)
            many = self.change(participant, kind)
            return many._replace(
                symbol=self.rng.choice(symbols), side=self.rng.randrange(3)
            )
        if dice < 0.4:
            return self.change(participant, m.CANCEL)
        if dice < 0.5:
            return self.change(participant, m.REDUCE)
        if dice < 0.975:
            return self.change(participant, m.REPLACE)
        kind = m.HEARTBEAT if dice < 0.98 else m.QUERY
        return self.change(participant, kind)

    def new(self, participant: int) -> m.Order:
        """A new order around the middle."""
        temper, draw = self.temper, self.rng.random
        side = m.BUY if draw() < temper.buy_share else m.SELL
        order = m.Order(
            client_id=self.give_id(participant),
            original_id=0,
            price=self.price(side),
            qty=self.qty(),
            symbol=int(draw() * temper.symbols),
            participant=participant,
            kind=m.NEW,
            side=side,
            time_in_force=m.GTC if draw() < 0.2 else m.DAY,
            smp=1 + int(draw() * 4) if draw() < temper.smp_share else 0,
        )
        if draw() < temper.grind_share:
            return self.grinding(order)
        return order if draw() < temper.plain_share else self.special(order)

    def special(self, order: m.Order) -> m.Order:
        """An order that is more than a limit order; at times a combination."""
        temper, rng = self.temper, self.rng
        dice = rng.random()
        given = self.given[order.participant]
        if dice < temper.stop_share:
            side = rng.randrange(2)  # beyond the middle it waits, before it it runs
            return order._replace(
                type=rng.choice((m.STOP, m.STOP_LIMIT)), min_qty=self.price(side)
            )
        if dice < temper.stop_share + temper.take_share:
            del given[-1]  # it will not be there to be named
            takes = rng.choice((m.IOC, m.IOC, m.FOK, m.DAY))
            kind = m.MARKET if rng.random() < 0.4 else m.LIMIT
            order = order._replace(type=kind, time_in_force=takes)
            if rng.random() < 0.3:
                order = order._replace(min_qty=1 + rng.randrange(order.qty))
            return order
        if rng.random() < temper.post_share * 4:
            flag = rng.choice((m.POST_ONLY, m.POST_SLIDE))
            order = order._replace(flags=flag)
        if rng.random() < temper.iceberg_share:
            order = order._replace(display_qty=self.display(order.qty))
        elif not order.flags and rng.random() < 0.3:
            order = order._replace(min_qty=1 + rng.randrange(order.qty))
        return order

    def grinding(self, order: m.Order) -> m.Order:
        """One that can wear out a step's units, alone or with the others like it."""
        if self.rng.random() < 0.5:
            return order._replace(qty=3000 + self.rng.randrange(9000), display_qty=1)
        return order._replace(
            qty=1000 + self.rng.randrange(9000),
            type=m.MARKET,
            time_in_force=self.rng.choice((m.IOC, m.FOK)),
        )

    def change(self, participant: int, kind: int) -> m.Order:
        """A message about one of the latest orders."""
        temper, draw = self.temper, self.rng.random
        given = self.given[participant]
        place = -1 - int(draw() ** 2 * min(len(given), 60))
        original_id = given[place]
        if kind in (m.CANCEL, m.REPLACE) and len(given) > 1:
            del given[place]  # it is gone after this, or was before
        side = int(draw() * 2)
        order = m.Order(
            client_id=int(draw() * 4),
            original_id=original_id,
            price=0,
            qty=0 if kind == m.CANCEL else self.qty(),
            symbol=int(draw() * temper.symbols),
            participant=participant,
            kind=kind,
            side=side,
        )
        if kind not in (m.REPLACE, m.REDUCE):
            return order
        if draw() < temper.total_share:
            order = order._replace(flags=m.TOTAL)
        if kind == m.REDUCE:
            return order
        order = order._replace(
            client_id=self.give_id(participant),
            price=self.price(side),
            time_in_force=m.GTC if draw() < 0.2 else m.DAY,
            smp=1 + int(draw() * 4) if draw() < temper.smp_share else 0,
        )
        if draw() < temper.iceberg_share:
            order = order._replace(display_qty=self.display(order.qty))
        if draw() < temper.post_share:
            flag = m.POST_ONLY if draw() < 0.5 else m.POST_SLIDE
            order = order._replace(flags=order.flags | flag)
        return order

    def price(self, side: int) -> int:
        """Around the middle of what is allowed."""
        temper = self.temper
        offset = int(self.rng.gauss(0, temper.spread))
        gathers = any(phase in (m.PRE_OPEN, m.HALT, m.PRE_CLOSE) for phase in self.phases)
        if temper.is_passive and not gathers and self.rng.random() < 0.98:
            offset = -1 - abs(offset) if side == m.BUY else abs(offset)
        return min(temper.price_max, max(1, temper.price_max // 2 + offset))

    def qty(self) -> int:
        """Mostly a few lots, at times very many."""
        draw = self.rng.random
        if draw() < self.temper.huge_share:
            return m.QTY_MAX - int(draw() * 3)
        return 1 + int(draw() * 20 if draw() < 0.9 else draw() ** 3 * 1000)

    def display(self, qty: int) -> int:
        """A few lots, but not so few that one order takes a whole step every time."""
        return 1 + int(self.rng.random() * 8) + qty // 40

    def give_id(self, participant: int) -> int:
        """A client id that participant has not used."""
        self.next_id += 1
        # Arbitrary 64-bit numbers, not a counter: ids are hashed.
        client_id = self.next_id * 0x9E3779B97F4A7C15 & U64 >> 2
        given = self.given[participant]
        given.append(client_id)
        if len(given) > 4000:
            del given[:2000]
        return client_id

    def spoil(self, order: m.Order) -> m.Order:
        """One field made zero, the largest there is, one off, or another's."""
        rng = self.rng
        field = rng.choice(m.Order._fields)
        if field in ("client_id", "original_id"):
            others = rng.choice(self.given)
            value = rng.choice((0, 1, U64, rng.choice(others), others[-1]))
        elif field == "price":
            limits = (0, -1, 1, self.temper.price_max, self.temper.price_max + 1)
            value = rng.choice((*limits, -(1 << 63), (1 << 63) - 1, (1 << 32) + 100))
        elif field in ("qty", "display_qty", "min_qty"):
            value = rng.choice((0, 1, order.qty, m.QTY_MAX, m.QTY_MAX + 1, U32))
        elif field == "symbol":
            value = rng.choice((0, self.temper.symbols, m.NOBODY, 32))
        elif field == "participant":
            value = rng.choice((0, 1, 2, 65534, m.NOBODY))
        else:
            value = rng.choice((0, 1, 2, 3, 4, 5, 7, 8, 128, 255))
        return order._replace(**{field: value})

    # ---- what is not an order ------------------------------------------------------

    def control(self) -> p.Step:
        """A timer, a phase, a session, a band … of the venue."""
        rng = self.rng
        symbol = rng.randrange(self.temper.symbols)
        urge = 5 if self.phases[symbol] == m.CLOSED else 1
        if rng.random() < self.temper.phase_share * urge:
            return self.phase(symbol)
        dice = rng.random()
        if dice < 0.5:
            return p.Step(self.now_ns, p.TIMER)
        if dice < 0.6:
            return p.Step(self.now_ns, p.REFERENCE, symbol, (self.reference(),))
        if dice < 0.7:
            width = rng.choice((0, 0, self.temper.spread, 2 * self.temper.spread))
            return p.Step(self.now_ns, p.BAND, symbol, (width,))
        participant = rng.randrange(self.temper.participants)
        if dice < 0.75:
            return p.Step(self.now_ns, p.DISCONNECT, participant)
        if dice < 0.85 and self.temper.is_in_session:
            return self.session(participant)
        if dice < 0.95:
            given = self.given[participant]
            client_id = given[-1 - rng.randrange(min(len(given), 60))]
            named = (client_id, rng.randrange(20))
            return p.Step(self.now_ns, p.EXECUTE, participant, named)
        trade = (rng.randrange(2), self.price(m.BUY), rng.randrange(9), self.qty())
        return p.Step(self.now_ns, p.PRINT, symbol, trade)

    def reference(self) -> int:
        """A reference price, at times none."""
        return 0 if self.rng.random() < 0.3 else self.price(self.rng.randrange(2))

    def phase(self, symbol: int) -> p.Step:
        """Mostly one that may follow, by what this flow remembers."""
        rng, old = self.rng, self.phases[symbol]
        if rng.random() < 0.1:
            return p.Step(self.now_ns, p.PHASE, symbol, (rng.randrange(9),))
        if old == m.CONTINUOUS:
            new = rng.choice((m.HALT, m.HALT, m.HALT, m.PRE_CLOSE, m.PRE_OPEN, m.CLOSED))
        elif old == m.CLOSED:
            new = rng.choice((m.PRE_OPEN, m.HALT))
        else:
            crosses = (m.OPENING_CROSS,) * 4 + (m.CLOSING_CROSS,)
            new = rng.choice((*crosses, m.CLOSED, m.HALT, m.PRE_CLOSE))
        after = {m.OPENING_CROSS: m.CONTINUOUS, m.CLOSING_CROSS: m.CLOSED}
        self.phases[symbol] = after.get(new, new)
        return p.Step(self.now_ns, p.PHASE, symbol, (new,))

    def session(self, participant: int) -> p.Step:
        """New rules for a participant."""
        pick = self.rng.choice
        values = (
            pick((0, 0, 1, 2)),  # self-match group
            pick((0, 0, 0, 5, 40)),  # throttle: messages
            pick((1, 20, 100)),  # in so many ns
            pick((0, 0, 3, 30)),  # dead man, ns
            pick((0, 1)),  # cancel on disconnect
            pick((0, 1)),  # drop copy
        )
        return p.Step(self.now_ns, p.SESSION, participant, values)
