"""Books: orders at prices in priority, and nothing of what may be done with them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from tests.venue import messages as m

LEVEL_QTY_MAX = (1 << 40) - 1
LEVEL_COUNT_MAX = (1 << 24) - 1


class Resting:
    """A limit order: `open` lots may still trade, `shown` of them are on display."""

    __slots__ = (
        "client_id",
        "display",
        "has_record",
        "open",
        "participant",
        "price",
        "ref",
        "shown",
        "side",
        "smp",
        "symbol",
        "time_in_force",
        "used",
    )

    def __init__(
        self,
        ref: int,
        participant: int,
        client_id: int,
        symbol: int,
        side: int,
        price: int,
        qty: int,
        display: int,
        time_in_force: int,
        smp: int,
        used: int,
    ) -> None:
        self.ref = ref
        self.participant = participant
        self.client_id = client_id
        self.symbol = symbol
        self.side = side
        self.price = price
        self.open = qty
        self.shown = 0  # nothing until it rests
        self.display = display  # lots shown at a time; 0: all
        self.time_in_force = time_in_force
        self.smp = smp
        self.has_record = False
        self.used = used  # executed or lost to DECREMENT, by it and those it replaced

    def tip(self) -> int:
        """What it shows when it comes to a queue."""
        return min(self.display, self.open) if self.display else self.open


class Level:
    """The orders at one price, first come first."""

    __slots__ = ("orders", "qty")

    def __init__(self) -> None:
        self.orders: dict[int, Resting] = {}
        self.qty = 0  # shown


class Side:
    """The levels of one side. Keys rise from the best price to the worst."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: int) -> None:
        self.sign = -1 if side == m.BUY else 1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def add(self, order: Resting) -> None:
        """At the back of its price, its tip on display."""
        key = self.sign * order.price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level()
            insort(self.keys, key)
        order.shown = order.tip()
        level.orders[order.ref] = order
        level.qty += order.shown

    def remove(self, order: Resting) -> None:
        """Off its price; a price without orders is gone."""
        key = self.sign * order.price
        level = self.levels[key]
        del level.orders[order.ref]
        level.qty -= order.shown
        if not level.orders:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]

    def hide(self, order: Resting, qty: int) -> None:
        """`qty` shown lots less; the place stays, even with none left to see."""
        order.shown -= qty
        self.levels[self.sign * order.price].qty -= qty

    def best(self) -> int | None:
        """The best price."""
        return self.sign * self.keys[0] if self.keys else None

    def front(self) -> Resting | None:
        """The order to be executed next."""
        if not self.keys:
            return None
        return next(iter(self.levels[self.keys[0]].orders.values()))

    def in_priority(self) -> Iterator[Resting]:
        """Every order, the next to be executed first."""
        for key in self.keys:
            yield from self.levels[key].orders.values()

    def has_room(self, price: int, qty: int) -> bool:
        """Whether a price can count one more order of this size."""
        level = self.levels.get(self.sign * price)
        return level is None or (
            level.qty + qty <= LEVEL_QTY_MAX and len(level.orders) < LEVEL_COUNT_MAX
        )


def is_beyond(side: int, limit: int | None, price: int) -> bool:
    """Whether a taker of this side with this limit (None: any) must not trade there."""
    if limit is None:
        return False
    return price > limit if side == m.BUY else price < limit
