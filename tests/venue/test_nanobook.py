"""What nanobook knows of our rules, it says too: an engine written by somebody else.

It knows price-time priority, limit, market, IOC and FOK orders, and cancels; it has one
book, counts the lots that traded and names makers and takers. Its modify always loses
priority, which is our replace to another price or size. Stops are compared by what they
trade at one price: it looks at the last price of an order, we at the whole way.

Only orders at prices where nobody has traded are cancelled or replaced: at others version
0.19.2 keeps the lots of a cancelled order, and does not return from trading with them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.venue import messages as m
from tests.venue import pipe as p

nanobook = pytest.importorskip("nanobook", reason="nanobook is not installed")

SIDES = {m.BUY: "buy", m.SELL: "sell"}
TIMES = {m.DAY: "gtc", m.IOC: "ioc", m.FOK: "fok"}
PRICE_MAX = 10_000
Fill = tuple[int, int, int, int]  # taker, maker, price, qty


@pytest.fixture(scope="module")
def program() -> Path:
    return p.build()


class Theirs:
    """nanobook's exchange, by our client ids."""

    def __init__(self) -> None:
        self.exchange = nanobook.Exchange()
        self.id_of: dict[int, int] = {}  # theirs by ours
        self.ours: dict[int, int] = {}

    def send(self, order: m.Order) -> list[Fill]:
        """What an order trades."""
        side = SIDES[order.side]
        if order.kind == m.CANCEL:
            if order.original_id in self.id_of:
                self.exchange.cancel(self.id_of[order.original_id])
            return []
        if order.kind == m.REPLACE:
            result = self.exchange.modify(
                self.id_of[order.original_id], order.price, order.qty
            )
            return self._fills(order.client_id, result.new_order_id, result.trades)
        if order.type == m.MARKET:
            result = self.exchange.submit_market(side, order.qty)
        else:
            time_in_force = TIMES[order.time_in_force]
            result = self.exchange.submit_limit(
                side, order.price, order.qty, time_in_force
            )
        return self._fills(order.client_id, result.order_id, result.trades)

    def _fills(self, ours: int, theirs: int, trades: Any) -> list[Fill]:
        self.id_of[ours] = theirs
        self.ours[theirs] = ours
        return [
            (ours, self.ours[trade.passive_order_id], trade.price, trade.quantity)
            for trade in trades
        ]

    def levels(self) -> list[tuple[int, int, int, int]]:
        """Side, price, lots and orders of every level, best first."""
        book = self.exchange.full_book()
        return [
            (side, level.price, level.quantity, level.order_count)
            for side, levels in ((m.BUY, book.bids), (m.SELL, book.asks))
            for level in levels
        ]


class Ours:
    """The venue, in the same words."""

    def __init__(self, pipe: p.Pipe) -> None:
        self.pipe = pipe
        self.pipe.create(p.Setup((PRICE_MAX,), 10_000))
        self.untouched: dict[int, tuple[int, int, int]] = {}  # id: side, price, qty
        self.traded: set[tuple[int, int]] = set()  # levels: side, price

    def send(self, order: m.Order) -> tuple[list[Fill], list[tuple[int, int, int, int]]]:
        """What an order trades, and the levels after it."""
        said = self.pipe.run([p.Step(1, p.ORDER, 0, order), p.Step(1, p.BOOK, 0)])
        fields = m.REPORT.names("order_ref")
        reports = [dict(zip(fields, row, strict=True)) for row in said.reports]
        fills = [report for report in reports if report["kind"] == m.EXECUTED]
        trades = [
            (taker["client_id"], maker["client_id"], maker["price"], maker["qty"])
            for maker, taker in zip(fills[::2], fills[1::2], strict=True)
        ]
        lines = [dict(zip(m.LINE.names(), row, strict=True)) for row in said.lines]
        resting = {line["id"] for line in lines if line["kind"] == p.LINE_ORDER}
        if order.kind != m.CANCEL and not trades:
            self.untouched[order.client_id] = (order.side, order.price, order.qty)
        self.traded |= {(1 - order.side, price) for _, _, price, _ in trades}
        self.traded &= {(line["side"], line["price"]) for line in lines}
        self.untouched = {
            client_id: place
            for client_id, place in self.untouched.items()
            if client_id in resting and place[:2] not in self.traded
        }
        levels = [
            (line["side"], line["price"], line["qty"], line["id"])
            for line in lines
            if line["kind"] == p.LINE_LEVEL
        ]
        return trades, levels


def flow(seed: int, count: int, ours: Ours) -> Iterator[m.Order]:
    """Random orders of the kinds both know."""
    rng = random.Random(seed)
    for client_id in range(1, count + 1):
        dice = rng.random()
        resting = ours.untouched
        if dice < 0.3 and resting:
            yield m.Order(0, rng.choice(sorted(resting)), 0, 0, 0, 1, m.CANCEL, 0)
            continue
        side, price, qty = rng.randrange(2), rng.randrange(95, 106), 1 + rng.randrange(30)
        if dice < 0.4 and resting:
            original_id = rng.choice(sorted(resting))
            side, old_price, old_qty = resting[original_id]
            if price == old_price and qty <= old_qty:
                continue  # keeps its place here, loses it there
            yield m.Order(client_id, original_id, price, qty, 0, 1, m.REPLACE, side)
            continue
        yield m.Order(
            client_id=client_id,
            original_id=0,
            price=price,
            qty=qty,
            symbol=0,
            participant=1,
            kind=m.NEW,
            side=side,
            type=m.MARKET if rng.random() < 0.1 else m.LIMIT,
            time_in_force=rng.choice((m.DAY, m.DAY, m.DAY, m.IOC, m.FOK)),
        )


@pytest.mark.parametrize("seed", range(1, 6))
def test_nanobook_trades_the_same_and_shows_the_same_levels(
    program: Path, seed: int
) -> None:
    theirs, traded = Theirs(), 0
    with p.Pipe(program) as pipe:
        ours = Ours(pipe)
        for number, order in enumerate(flow(seed, 3000, ours)):
            if order.type == m.MARKET:
                order = order._replace(time_in_force=m.DAY)
            trades, levels = ours.send(order)
            assert trades == theirs.send(order), f"seed {seed}, order {number}: {order}"
            assert levels == theirs.levels(), f"seed {seed}, order {number}: {order}"
            traded += len(trades)
    assert traded > 500


@pytest.mark.parametrize("seed", range(1, 4))
def test_nanobook_triggers_a_stop_at_the_same_trade(program: Path, seed: int) -> None:
    rng = random.Random(seed)
    triggered = 0
    for _ in range(200):
        theirs = nanobook.Exchange()
        side, stop_price = rng.randrange(2), rng.randrange(98, 103)
        with_limit = rng.random() < 0.5
        limit = stop_price + (1 if side == m.BUY else -1)
        with p.Pipe(program) as pipe:
            pipe.create(p.Setup((PRICE_MAX,), 1000))
            orders = [
                m.Order(n, 0, price, 5, 0, 2, m.NEW, m.SELL if price > 100 else m.BUY)
                for n, price in enumerate(range(95, 106), start=10)
            ]
            orders.append(
                m.Order(
                    client_id=1,
                    original_id=0,
                    price=limit if with_limit else 0,
                    qty=7,
                    symbol=0,
                    participant=1,
                    kind=m.NEW,
                    side=side,
                    type=m.STOP_LIMIT if with_limit else m.STOP,
                    min_qty=stop_price,
                )
            )
            taker_side, taker_qty = rng.randrange(2), 1 + rng.randrange(5)
            orders.append(m.Order(2, 0, 0, taker_qty, 0, 3, m.NEW, taker_side, m.MARKET))
            said = pipe.run([p.Step(1, p.ORDER, 0, order) for order in orders])
        for order in orders[:-2]:
            theirs.submit_limit(SIDES[order.side], order.price, order.qty)
        if with_limit:
            theirs.submit_stop_limit(SIDES[side], stop_price, limit, 7)
        else:
            theirs.submit_stop_market(SIDES[side], stop_price, 7)
        theirs.submit_market(SIDES[taker_side], taker_qty)
        fields = m.REPORT.names("order_ref")
        fills = [
            (row["price"], row["qty"])
            for row in (dict(zip(fields, row, strict=True)) for row in said.reports)
            if row["kind"] == m.EXECUTED and row["liquidity"] == m.TAKER
        ]
        assert fills == [(trade.price, trade.quantity) for trade in theirs.trades()]
        triggered += theirs.pending_stop_count() == 0
    assert 20 < triggered < 200
