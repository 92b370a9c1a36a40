"""A slow plain book: the oracle for recorded flow. Shares no code with what it checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

ADD, EXECUTE, REDUCE, DELETE, TRADE = 1, 2, 3, 4, 6
BUY, SELL = 0, 1
UNSEEN = 2
ROW_NONE = 2**32 - 1


@dataclass
class PlainBook:
    """Orders of one stock by side and price, first in first out."""

    sides: tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]] = field(
        default_factory=lambda: ({}, {})
    )
    unseen: set[int] = field(default_factory=set)
    known: int = 0
    matched: int = 0
    unseen_matched: int = 0
    executions: int = 0
    orphans: int = 0
    crossings: int = 0

    def best(self, side: int) -> int | None:
        prices = self.sides[side]
        return (max if side == BUY else min)(prices) if prices else None

    def play(self, events: Iterable[Any]) -> Iterator[int]:
        """Play events; yields each row when the event that completes it is done."""
        for event in events:
            self.play_one(event)
            if event["row"] != ROW_NONE:
                yield int(event["row"])

    def play_one(self, event: Any) -> None:
        kind, side, ref = int(event["kind"]), int(event["side"]), int(event["ref"])
        price, qty = int(event["price"]), int(event["qty"])
        if kind in (0, TRADE):
            return
        queues = self.sides[side]
        if kind == ADD:
            other = self.best(1 - side)
            crossed = other is not None and (
                price >= other if side == BUY else price <= other
            )
            self.crossings += crossed
            queues.setdefault(price, {})[ref] = qty
            if event["flags"] & UNSEEN:
                self.unseen.add(ref)
            return
        if ref not in queues.get(price, {}):
            self.orphans += 1
            return
        if kind == EXECUTE:
            self.note_execution(side, price, ref, qty)
        left = 0 if kind == DELETE else queues[price][ref] - qty
        assert left >= 0, "takes more than there is"
        queues[price][ref] = left
        if left == 0:
            del queues[price][ref]
            if not queues[price]:
                del queues[price]

    def note_execution(self, side: int, price: int, ref: int, qty: int) -> None:
        self.executions += 1
        front = next(iter(self.sides[side][price]))
        met = self.best(side) == price and front == ref
        if ref in self.unseen:
            self.unseen_matched += met
        else:
            self.known += 1
            self.matched += met

    def row(self, levels: int) -> list[int]:
        """As an order book file has it: ask price, size, bid price, size, best first."""
        asks = sorted(self.sides[SELL].items())[:levels]
        bids = sorted(self.sides[BUY].items(), reverse=True)[:levels]
        cells: list[int] = []
        for level in range(levels):
            for side in (asks, bids):
                there = level < len(side)
                cells.append(side[level][0] if there else -1)
                cells.append(sum(side[level][1].values()) if there else 0)
        return cells
