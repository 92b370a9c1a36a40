"""Seeded random order flow, of everything the venue can be told and much it must refuse.

A flow looks at no venue: the same seed is the same list of steps, whatever they meet. It
remembers which client ids it has given out and picks from the latest, so that most
cancels and replaces still find their order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from tests.venue import messages as m
from tests.venue.pipe import BOOK, CHECK, COUNTS, ORDER, Setup, Step

U64 = (1 << 64) - 1
U32 = (1 << 32) - 1


class Temper(NamedTuple):
    """What a seed's flow is like."""

    symbols: int
    participants: int
    spread: int  # prices lie this far around the middle
    order_capacity: int
    price_max: int
    odd_share: float  # of messages with a value nobody should send
    buy_share: float
    huge_share: float  # of orders near the largest size there is


def temper_of(seed: int) -> Temper:
    """Each seed has a character of its own: wide, narrow, crowded, short of room."""
    rng = random.Random(seed * 2 + 1)
    return Temper(
        symbols=rng.choice((1, 2, 4)),
        participants=rng.choice((1, 2, 3, 6)),
        spread=rng.choice((2, 4, 10, 40, 900)),
        order_capacity=rng.choice((12, 100, 5000, 5000, 5000)),
        price_max=rng.choice((60, 1000, 100_000)),
        odd_share=rng.choice((0.01, 0.03, 0.1)),
        buy_share=rng.choice((0.5, 0.5, 0.5, 0.8, 0.99)),
        huge_share=rng.choice((0.0, 0.01, 0.01, 0.9)),
    )


def setup_of(seed: int) -> Setup:
    """The venue a seed's flow is sent to."""
    temper = temper_of(seed)
    return Setup((temper.price_max,) * temper.symbols, temper.order_capacity)


class Flow:
    """The steps of one seed."""

    def __init__(self, seed: int) -> None:
        self.temper = temper_of(seed)
        self.rng = random.Random(seed)
        self.now_ns = 1_000
        self.next_id = 1
        self.given: list[list[int]] = [[0] for _ in range(self.temper.participants)]

    def steps(self, count: int, *, book_every: int = 500) -> Iterator[Step]:
        """`count` messages, and a look at every book after each `book_every` of them."""
        for number in range(1, count + 1):
            self.now_ns += self.rng.randrange(3)
            yield Step(self.now_ns, ORDER, 0, self.message())
            if number % book_every == 0 or number == count:
                yield from self.looks()

    def looks(self) -> Iterator[Step]:
        """Everything there is to see, and every invariant."""
        for symbol in range(self.temper.symbols):
            yield Step(self.now_ns, BOOK, symbol)
        yield Step(self.now_ns, COUNTS)
        yield Step(self.now_ns, CHECK)

    def message(self) -> m.Order:
        """One message of one participant."""
        draw = self.rng.random
        participant = int(draw() * self.temper.participants)
        dice = draw()
        if dice < 0.55:
            order = self.new(participant)
        elif dice < 0.77:
            order = self.change(participant, m.CANCEL)
        elif dice < 0.82:
            order = self.change(participant, m.REDUCE)
        elif dice < 0.998:
            order = self.change(participant, m.REPLACE)
        else:
            order = self.change(participant, m.CANCEL_ALL)
        return self.spoil(order) if draw() < self.temper.odd_share else order

    def new(self, participant: int) -> m.Order:
        """A new order around the middle."""
        draw = self.rng.random
        dice = draw()
        return m.Order(
            client_id=self.give_id(participant),
            original_id=0,
            price=self.price(),
            qty=self.qty(),
            symbol=int(draw() * self.temper.symbols),
            participant=participant,
            kind=m.NEW,
            side=m.BUY if draw() < self.temper.buy_share else m.SELL,
            type=m.MARKET if dice < 0.05 else m.LIMIT,
            time_in_force=m.IOC if 0.05 < dice < 0.2 else m.DAY,
        )

    def change(self, participant: int, kind: int) -> m.Order:
        """A cancel, reduce or replace of one of the latest orders."""
        given = self.given[participant]
        reach = min(len(given), 60)
        original_id = given[-1 - int(self.rng.random() ** 2 * reach)]
        replaces = kind == m.REPLACE
        return m.Order(
            client_id=self.give_id(participant) if replaces else self.rng.randrange(4),
            original_id=original_id,
            price=self.price() if replaces else 0,
            qty=self.qty() if kind != m.CANCEL else 0,
            symbol=int(self.rng.random() * self.temper.symbols),
            participant=participant,
            kind=kind,
            side=int(self.rng.random() * 2),
            type=0,
            time_in_force=0,
        )

    def price(self) -> int:
        """Around the middle of what is allowed."""
        temper = self.temper
        middle = temper.price_max // 2
        offset = int(self.rng.gauss(0, temper.spread))
        return min(temper.price_max, max(1, middle + offset))

    def qty(self) -> int:
        """Mostly a few lots, at times very many."""
        draw = self.rng.random
        if draw() < self.temper.huge_share:
            return m.QTY_MAX - int(draw() * 3)
        return 1 + int(draw() * 20 if draw() < 0.9 else draw() ** 3 * 1000)

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
        elif field == "qty":
            value = rng.choice((0, 1, m.QTY_MAX, m.QTY_MAX + 1, U32))
        elif field == "symbol":
            value = rng.choice((0, self.temper.symbols, m.NOBODY, 32))
        elif field == "participant":
            value = rng.choice((0, 1, 2, 65534, m.NOBODY))
        else:
            value = rng.choice((0, 1, 2, 3, 7, 128, 255))
        return order._replace(**{field: value})
