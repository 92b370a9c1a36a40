"""The venue as a candidate of tracebook-conformance: its protocol in, our messages out.

    tracebook-conformance qualify --profile fifo-full-v1 --seed 1 --output-dir out \\
        --candidate-cmd "python -m tests.venue.tracebook_adapter"

What is translated, and how:

- a price is a number of ticks, a quantity a number of 2**-20 lots (the campaigns halve
  quantities; halves of halves are exact in both worlds);
- a participant is an owner; a source id becomes a client id, a replaced one a new one;
- a replace that would keep its place here (same price, no larger) is sent as a cancel and
  a new order: over there a replace always goes to the back;
- a reduce by more than there is, which is a cancel here, is an error over there;
- clear is a mass cancel by every owner.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from tracebook.conformance.model import (
    BookSnapshot,
    BookState,
    ConformanceConfig,
    EngineMetadata,
    Observation,
    Outcome,
    RestingOrder,
    TradeFill,
    canonical_decimal,
)
from tracebook.conformance.protocol import serve_stdio
from tracebook.core.order import NO_OWNER, OrderSide, OrderType, SelfTradePolicy

from tests.venue import messages as m
from tests.venue import pipe as p

LOTS = 1 << 20  # in one unit of quantity
PRICE_MAX = 1_000_000  # ticks
SYMBOL_MAX = 8
ORDER_CAPACITY = 20_000
OWNER_LIMIT = 60_000

SMP = {
    SelfTradePolicy.NONE: m.SMP_NONE,
    SelfTradePolicy.CANCEL_RESTING: m.SMP_OLDEST,
    SelfTradePolicy.CANCEL_INCOMING: m.SMP_NEWEST,
}
REASONS = {
    m.REASON_UNKNOWN_ORDER: "ORDER_NOT_ACTIVE",
    m.REASON_DUPLICATE_ID: "DUPLICATE_ORDER_ID",
}
TYPES = {
    OrderType.LIMIT: (m.LIMIT, m.DAY),
    OrderType.MARKET: (m.MARKET, m.IOC),
    OrderType.IOC: (m.LIMIT, m.IOC),
    OrderType.FOK: (m.LIMIT, m.FOK),
}


class Engine(Protocol):
    """The core, or the model."""

    def run(self, steps: Sequence[p.Step]) -> p.Said:
        """What it says to some steps."""
        ...

    def close(self) -> None:
        """No more steps."""
        ...


class Source:
    """A resting order as the other side knows it."""

    def __init__(self, symbol: int, source_id: int, owner: int) -> None:
        self.symbol = symbol
        self.source_id = source_id
        self.owner = owner


class Adapter:
    """One trace through one venue."""

    metadata = EngineMetadata("cockpit-venue", "1", "C")

    def __init__(self, config: ConformanceConfig, engine: Engine) -> None:
        self.config = config
        self.engine = engine
        self.tick = Decimal(canonical_decimal(config.tick_size))
        self.smp = SMP[config.self_trade_policy]
        self.symbols: list[str] = []
        self.owners: set[int] = set()
        self.sources: dict[int, Source] = {}  # by client id
        self.client_ids: dict[tuple[int, int], int] = {}  # by symbol and source id
        self.next_id = 0
        self.now_ns = 0
        # symbol -> side -> resting (client id, price, qty, participant) in priority
        self.books: list[list[list[tuple[int, int, int, int]]]] = []

    # ---- the protocol --------------------------------------------------------------

    def apply(self, event: Any, index: int) -> Observation:
        """One event and what it led to."""
        self.now_ns = index
        outcome, trades = self._act(event)
        state = self.snapshot()
        return Observation(
            index, outcome, tuple(trades), state.digest(), state.order_count
        )

    def snapshot(self) -> BookState:
        """Every resting order in priority."""
        books = []
        for name in sorted(self.symbols):
            sides = self.books[self.symbols.index(name)]
            bids, asks = (tuple(map(self._resting, orders)) for orders in sides)
            books.append(BookSnapshot(name, bids, asks))
        return BookState(tuple(books))

    def close(self) -> None:
        """The trace is over."""
        self.engine.close()

    def _resting(self, order: tuple[int, int, int, int]) -> RestingOrder:
        client_id, price, qty, _ = order
        source = self.sources[client_id]
        return RestingOrder(
            source.source_id, self._price_text(price), self._qty_text(qty), source.owner
        )

    def _price_text(self, ticks: int) -> str:
        return canonical_decimal(ticks * self.tick)

    def _qty_text(self, lots: int) -> str:
        places = self.config.quantity_decimal_places
        return canonical_decimal(Decimal(lots) / LOTS, places)

    # ---- events --------------------------------------------------------------------

    def _act(self, event: Any) -> tuple[Outcome, list[TradeFill]]:
        is_new_symbol = event.symbol not in self.symbols
        if is_new_symbol and event.op in ("cancel", "reduce", "replace"):
            return Outcome("rejected", "ORDER_NOT_ACTIVE"), []
        if is_new_symbol:
            self.symbols.append(event.symbol)
            self.books.append([[], []])
        symbol = self.symbols.index(event.symbol)
        if event.op == "clear":
            return self._clear(symbol)
        key = (symbol, event.order_id)
        client_id = self.client_ids.get(key)
        if event.op == "new":
            return self._new(event, symbol, client_id)
        if client_id is None:
            return Outcome("rejected", "ORDER_NOT_ACTIVE"), []
        if event.op == "cancel":
            return self._send(symbol, [self._about(client_id, m.CANCEL)])
        if event.op == "reduce":
            return self._reduce(event, symbol, client_id)
        return self._replace(event, symbol, client_id)

    def _clear(self, symbol: int) -> tuple[Outcome, list[TradeFill]]:
        orders = [
            m.Order(0, 0, 0, 0, symbol, owner, m.MASS_CANCEL, m.SIDE_BOTH)
            for owner in sorted(self.owners)
        ]
        if orders:
            self._send(symbol, orders)
        return Outcome("applied"), []

    def _new(
        self, event: Any, symbol: int, used_id: int | None
    ) -> tuple[Outcome, list[TradeFill]]:
        kind, time_in_force = TYPES[event.order_type]
        price = self._ticks(event.price) if kind == m.LIMIT else 0
        qty = self._lots(event.quantity)
        if price is None or qty is None:
            return Outcome("rejected", "INVALID_ORDER"), []
        if used_id is not None:
            # The venue itself must say that the id is taken.
            owner, client_id = self.sources[used_id].owner, used_id
        else:
            owner, client_id = (
                event.owner,
                self._give_id(symbol, event.order_id, event.owner),
            )
        order = m.Order(
            client_id=client_id,
            original_id=0,
            price=price,
            qty=qty,
            symbol=symbol,
            participant=self._participant(owner),
            kind=m.NEW,
            side=m.BUY if event.side == OrderSide.BUY else m.SELL,
            type=kind,
            time_in_force=time_in_force,
            smp=self.smp if owner != NO_OWNER else m.SMP_NONE,
        )
        return self._send(symbol, [order])

    def _reduce(
        self, event: Any, symbol: int, client_id: int
    ) -> tuple[Outcome, list[TradeFill]]:
        qty = self._lots(event.quantity)
        _, _, resting_qty = self._find(symbol, client_id)
        if qty is None or qty > resting_qty:
            return Outcome("rejected", "INVALID_ORDER"), []
        return self._send(symbol, [self._about(client_id, m.REDUCE)._replace(qty=qty)])

    def _replace(
        self, event: Any, symbol: int, client_id: int
    ) -> tuple[Outcome, list[TradeFill]]:
        side, price, qty = self._find(symbol, client_id)
        new_price = price if event.price is None else self._ticks(event.price)
        new_qty = qty if event.quantity is None else self._lots(event.quantity)
        if new_price is None or new_qty is None:
            return Outcome("rejected", "INVALID_REPLACEMENT"), []
        source = self.sources[client_id]
        new_id = self._give_id(symbol, source.source_id, source.owner)
        asked = self._about(client_id, m.REPLACE)._replace(
            client_id=new_id, price=new_price, qty=new_qty
        )
        if new_price != price or new_qty > qty:
            return self._send(symbol, [asked])
        cancel = self._about(client_id, m.CANCEL)
        return self._send(
            symbol, [cancel, asked._replace(kind=m.NEW, original_id=0, side=side)]
        )

    # ---- the venue -----------------------------------------------------------------

    def _send(
        self, symbol: int, orders: list[m.Order]
    ) -> tuple[Outcome, list[TradeFill]]:
        steps = [p.Step(self.now_ns, p.ORDER, 0, order) for order in orders]
        said = self.engine.run([*steps, p.Step(self.now_ns, p.BOOK, symbol)])
        self._read_book(symbol, said.lines)
        outcome = Outcome("applied")
        trades = []
        fields = m.REPORT.names("order_ref")
        fills = []
        for row in said.reports:
            report = dict(zip(fields, row, strict=True))
            if report["kind"] in (m.REJECTED, m.CHANGE_REJECTED):
                reason = REASONS.get(report["reason"], "INVALID_ORDER")
                outcome = Outcome("rejected", reason)
            elif report["kind"] == m.EXECUTED:
                fills.append(report)
        for maker, taker in zip(fills[::2], fills[1::2], strict=True):
            buy, sell = (maker, taker) if maker["side"] == m.BUY else (taker, maker)
            trades.append(
                TradeFill(
                    symbol=self.symbols[symbol],
                    buy_order_id=self.sources[buy["client_id"]].source_id,
                    sell_order_id=self.sources[sell["client_id"]].source_id,
                    price=self._price_text(maker["price"]),
                    quantity=self._qty_text(maker["qty"]),
                )
            )
        return outcome, trades

    def _read_book(self, symbol: int, lines: Sequence[tuple[int, ...]]) -> None:
        fields = m.LINE.names()
        sides: list[list[tuple[int, int, int, int]]] = [[], []]
        for row in lines:
            line = dict(zip(fields, row, strict=True))
            if line["kind"] == p.LINE_ORDER:
                order = (line["id"], line["price"], line["qty"], line["owner"])
                sides[line["side"]].append(order)
        self.books[symbol] = sides
        for key in [key for key in self.client_ids if key[0] == symbol]:
            del self.client_ids[key]
        for client_id, *_ in (*sides[0], *sides[1]):
            self.client_ids[symbol, self.sources[client_id].source_id] = client_id

    def _find(self, symbol: int, client_id: int) -> tuple[int, int, int]:
        """Side, price and quantity of a resting order."""
        for side, orders in enumerate(self.books[symbol]):
            for resting_id, price, qty, _ in orders:
                if resting_id == client_id:
                    return side, price, qty
        raise AssertionError("an active order rests nowhere")

    def _about(self, client_id: int, kind: int) -> m.Order:
        source = self.sources[client_id]
        return m.Order(
            client_id=0,
            original_id=client_id,
            price=0,
            qty=0,
            symbol=source.symbol,
            participant=self._participant(source.owner),
            kind=kind,
            side=0,
            smp=self.smp if source.owner != NO_OWNER else m.SMP_NONE,
        )

    def _give_id(self, symbol: int, source_id: int, owner: int) -> int:
        self.next_id += 1
        self.sources[self.next_id] = Source(symbol, source_id, owner)
        return self.next_id

    def _participant(self, owner: int) -> int:
        participant = owner - NO_OWNER
        if not 0 <= participant < OWNER_LIMIT:
            raise ValueError(f"no participant for owner {owner}")
        self.owners.add(participant)
        return participant

    # ---- numbers -------------------------------------------------------------------

    def _ticks(self, price: float) -> int | None:
        """The nearest tick, as the reference snaps; None for none above zero."""
        ticks = round(price / float(self.tick))
        return ticks if 1 <= ticks <= PRICE_MAX else None

    @staticmethod
    def _lots(quantity: float) -> int | None:
        """Exact, or it does not fit this venue."""
        lots = quantity * LOTS
        if lots != int(lots):
            raise ValueError(f"{quantity} is not a number of 2**-20 lots")
        return int(lots) if 1 <= lots <= m.QTY_MAX else None


def main() -> int:
    """Serve one trace on stdin and stdout."""
    setup = p.Setup((PRICE_MAX,) * SYMBOL_MAX, ORDER_CAPACITY)
    engine: Engine
    if "--model" in sys.argv[1:]:
        from tests.venue.compare import ModelEngine

        engine = ModelEngine(setup)
    else:
        program = os.environ.get("VENUE_PIPE")
        engine = p.Pipe(Path(program)) if program else p.Pipe()
        engine.create(setup)
    return serve_stdio(lambda config: Adapter(config, engine))


if __name__ == "__main__":
    sys.exit(main())
