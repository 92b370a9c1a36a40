"""One symbol's book as a ladder: a row for each increment of price, dear above cheap.

The price column stands still. Its centre moves only when the touch leaves the middle
third, so that a price keeps its row while one looks at it.
"""

from __future__ import annotations

from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import PRICE_NONE, Side
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, Rows, Segment, centre, clean, paragraph, spread
from cockpit.ui.scene import Scene

Level = tuple[int, int]
"""Quantity, and how much of it is ours."""
Book = tuple[dict[int, Level], dict[int, Level]]
"""Levels by price: bids, asks."""

_QTY = 5
_OWN = 4
_BAR_MAX = 14
_BAR_MIN = 3
HEAD_ROWS = 3


def detail(scene: Scene) -> str:
    if not scene.symbols:
        return ""
    return (
        f"{scene.selected + 1} of {len(scene.symbols)}  [ ]"
        if len(scene.symbols) > 1
        else ""
    )


def recentre(at: int | None, bid: int, ask: int, rows: int) -> int | None:
    """The price of the middle row, given the last one; None without any price."""
    touch = [price for price in (bid, ask) if price != PRICE_NONE]
    if not touch:
        return at
    third = max(rows // 6, 1)
    if at is not None and all(at - third <= price <= at + third for price in touch):
        return at
    # A spread wider than the middle third would never fit: then only the mid counts.
    middle = sum(touch) // len(touch)
    if (
        at is not None
        and max(touch) - min(touch) > 2 * third
        and abs(middle - at) <= third
    ):
        return at
    return middle


def imbalance(bid_qty: int, ask_qty: int) -> float | None:
    """(bid - ask) / (bid + ask) of the quantities at the touch."""
    total = bid_qty + ask_qty
    return (bid_qty - ask_qty) / total if total else None


def _levels(picture: Any, side: Side) -> dict[int, Level]:
    levels = picture["levels"][side]
    return {
        int(level["price"]): (int(level["qty"]), int(level["own_qty"]))
        for level in levels[: int(picture["level_count"][side])]
    }


def _head(scene: Scene, symbol: Symbol, picture: Any, width: int, book: Book) -> Rows:
    bid, ask = int(picture["bid"]), int(picture["ask"])
    lots = int(picture["position"])
    last = number.price(int(picture["last"]), symbol)
    name: Row = ((clean(symbol.name), "strong"), ("  last ", "dim"), (last, "text"))
    held: Row = (("own ", "dim"), number.shown_position(lots, 9))
    if picture["stale"]:
        doubt: Row = (("book in doubt: a gap in the feed", "bad"),)
        return [spread(name, held, width), doubt]
    apart = number.price(ask - bid, symbol) if PRICE_NONE not in (bid, ask) else "-"
    tilt = imbalance(book[0].get(bid, (0, 0))[0], book[1].get(ask, (0, 0))[0])
    shown: Segment = ("-", "faint")
    if tilt is not None:
        shown = (f"{tilt * 100:+.0f}%", number.direction(round(tilt * 100)))
    return [
        spread(name, held, width),
        spread(
            (("spread ", "dim"), (apart, "text")),
            (("imbalance ", "dim"), (shown[0].rjust(5), shown[1])),
            width,
        ),
    ]


def _wing(level: Level | None, top: int, bar: int, style: str, glyph: str) -> Row:
    """Own quantity, bar and quantity of one price, from the outside to the price."""
    if level is None:
        return ((" " * (_OWN + 1 + bar + 1 + _QTY), "text"),)
    qty, own = level
    cells = min(max(round(qty / top * bar), 1), bar)
    return (
        ((number.fit_count(own, _OWN) if own else "").rjust(_OWN), "own"),
        (" ", "text"),
        ((glyph * cells).rjust(bar), f"{style}.bar"),
        (" ", "text"),
        (number.fit_count(qty, _QTY).rjust(_QTY), style),
    )


def _mirrored(wing: Row) -> Row:
    """The same for the other side; figures stay right-aligned, the rest turns round."""
    if len(wing) == 1:
        return wing
    own, gap, bar, _, qty = wing
    return (
        qty,
        gap,
        (bar[0].lstrip().ljust(len(bar[0])), bar[1]),
        gap,
        (own[0].lstrip().ljust(len(own[0])), own[1]),
    )


def _price_style(price: int, picture: Any) -> str:
    if price == int(picture["last"]):
        return "price.last"
    if price == int(picture["bid"]) or price == int(picture["ask"]):
        return "price.touch"
    return "price"


def render(scene: Scene, width: int, height: int) -> Rows:
    if not scene.desk_on:
        return paragraph(
            "No desk, no book: the ladder shows what the desk has seen.", width
        )
    pairs = list(scene.symbol_pictures())
    if not pairs:
        return paragraph("No symbol is configured.", width)
    symbol, picture = pairs[scene.selected]
    book = _levels(picture, Side.BUY), _levels(picture, Side.SELL)
    head = _head(scene, symbol, picture, width, book)
    rows = max(height - HEAD_ROWS, 0)
    before = scene.ladder_centre.get(scene.selected)
    at = recentre(before, int(picture["bid"]), int(picture["ask"]), rows)
    if at is None:
        return [*head, (), *paragraph("No orders in the book yet.", width)][:height]
    scene.ladder_centre[scene.selected] = at
    return [*head, *_body(scene, symbol, picture, width, rows, at, book)][:height]


def _body(
    scene: Scene, symbol: Symbol, picture: Any, width: int, rows: int, at: int, book: Book
) -> Rows:
    bids, asks = book
    top = max((qty for qty, _ in (*bids.values(), *asks.values())), default=1)
    prices = [at + rows // 2 - i for i in range(rows)]
    texts = [number.price(price, symbol) if price > 0 else "" for price in prices]
    price_width = max(map(len, texts), default=0) + 2
    bar = min((width - price_width - 2) // 2 - _OWN - _QTY - 2, _BAR_MAX)
    bar = bar if bar >= _BAR_MIN else 0
    title = "own".rjust(_OWN) + " " * (bar + 2) + "bids".rjust(_QTY)
    title += f" {'price'.rjust(price_width - 1)}  " + "asks".rjust(_QTY)
    title += " " * (bar + 2) + "own".ljust(_OWN)
    body: Rows = [((title, "head"),)]
    for price, text in zip(prices, texts, strict=True):
        bid = _wing(bids.get(price), top, bar, "bid", scene.glyphs.block)
        ask = _wing(asks.get(price), top, bar, "ask", scene.glyphs.block)
        shown = f"{text.rjust(price_width - 1)} "
        gap: Segment = (" ", "text")
        row = (*bid, gap, (shown, _price_style(price, picture)), gap, *_mirrored(ask))
        body.append(row)
    return [centre(row, width) for row in body]
