"""The price of a cross: greatest volume, least imbalance, nearest reference, lower."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from tests.venue.books import Side


class Cross(NamedTuple):
    """At which price, and how many lots."""

    price: int
    volume: int


def find_cross(bids: Side, asks: Side, reference: int | None) -> Cross | None:
    """The cross of two sides by their open quantity; None when they do not overlap.

    `reference` None: the middle of the overlap, rounded down.
    """
    highest_buy, lowest_sell = bids.best(), asks.best()
    if highest_buy is None or lowest_sell is None or lowest_sell > highest_buy:
        return None
    if reference is None:
        reference = (lowest_sell + highest_buy) // 2
    buys = [(order.price, order.open) for order in bids.in_priority()]
    sells = [(order.price, order.open) for order in asks.in_priority()]

    # Volumes only change at a sell's price and just above a buy's: between two such
    # prices all are alike, and the one nearest the reference stands for them.
    starts = {lowest_sell}
    starts |= {price for price, _ in sells if price <= highest_buy}
    starts |= {price + 1 for price, _ in buys if lowest_sell <= price < highest_buy}
    edges = [*sorted(starts), highest_buy + 1]

    best: tuple[int, int, int, int] | None = None
    for start, end in pairwise(edges):
        demand = sum(qty for price, qty in buys if price >= start)
        supply = sum(qty for price, qty in sells if price <= start)
        nearest = min(max(reference, start), end - 1)
        rank = (
            -min(demand, supply),
            abs(demand - supply),
            abs(nearest - reference),
            nearest,
        )
        if best is None or rank < best:
            best = rank
    assert best is not None
    return Cross(price=best[3], volume=-best[0])
