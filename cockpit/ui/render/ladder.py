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

_QTY = 7
_OWN = 6
_BAR_MAX = 14
HEAD_ROWS = 3


def detail(scene: Scene) -> str:
    if not scene.symbols:
        return ""
    return f"{scene.selected + 1} of {len(scene.symbols)}  [ ]" if len(scene.symbols) > 1 else ""


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
    if at is not None and max(touch) - min(touch) > 2 * third and abs(middle - at) <= third:
        return at
    return middle


def imbalance(bid_qty: int, ask_qty: int) -> float | None:
    """(bid - ask) / (bid + ask) of the quantities at the touch."""
    total = bid_qty + ask_qty
    return (bid_qty - ask_qty) / total if total else None


def _levels(picture: Any, side: Side) -> dict[int, tuple[int, int]]:
    levels = picture["levels"][side]
    return {
        int(level["price"]): (int(level["qty"]), int(level["own_qty"]))
        for level in levels[: int(picture["level_count"][side])]
    }


def _head(scene: Scene, symbol: Symbol, picture: Any, width: int,
          bids: dict[int, tuple[int, int]], asks: dict[int, tuple[int, int]]) -> Rows:  # fmt: skip
    bid, ask = int(picture["bid"]), int(picture["ask"])
    last = number.price(int(picture["last"]), symbol)
    left: Row = ((clean(symbol.name), "strong"), ("  last ", "dim"), (last, "text"))
    lots = int(picture["position"])
    held: Row = (("own ", "dim"), number.shown_position(lots, 9))
    spread_text = number.price(ask - bid, symbol) if PRICE_NONE not in (bid, ask) else "-"
    tilt = imbalance(bids.get(bid, (0, 0))[0], asks.get(ask, (0, 0))[0])
    shown_tilt: Segment = ("-", "faint") if tilt is None else (
        f"{tilt * 100:+.0f}%", number.direction(round(tilt * 100))
    )  # fmt: skip
    second: Row = (("spread ", "dim"), (spread_text, "text"))
    right: Row = (("imbalance ", "dim"), (shown_tilt[0].rjust(5), shown_tilt[1]))
    if picture["stale"]:
        second = (("book in doubt: a gap in the feed", "bad"),)
        right = ()
    return [spread(left, held, width), spread(second, right, width)]


def _side(level: tuple[int, int] | None, top: int, bar: int, style: str, glyph: str,
          mirrored: bool) -> Row:  # fmt: skip
    """Own quantity, bar and quantity of one price; ``mirrored`` for the asks."""
    if level is None:
        return ((" " * (_OWN + 1 + bar + 1 + _QTY), "text"),)
    qty, own = level
    length = min(max(round(qty / top * bar), 1), bar) if bar else 0
    shown_own = number.fit_count(own, _OWN) if own else ""
    shown_qty = number.fit_count(qty, _QTY)
    if mirrored:
        return (
            (shown_qty.ljust(_QTY), style), (" ", "text"),
            ((glyph * length).ljust(bar), f"{style}.bar"), (" ", "text"),
            (shown_own.ljust(_OWN), "own"),
        )  # fmt: skip
    return (
        (shown_own.rjust(_OWN), "own"), (" ", "text"),
        ((glyph * length).rjust(bar), f"{style}.bar"), (" ", "text"),
        (shown_qty.rjust(_QTY), style),
    )  # fmt: skip


def _price_style(price: int, picture: Any) -> str:
    if price == int(picture["last"]):
        return "price.last"
    if price == int(picture["bid"]) or price == int(picture["ask"]):
        return "price.touch"
    return "price"


def render(scene: Scene, width: int, height: int) -> Rows:
    pairs = list(scene.symbol_pictures())
    if not pairs:
        return paragraph("No symbol is configured.", width)
    if not scene.desk_on:
        return paragraph("No desk, no book: the ladder shows what the desk has seen.", width)
    symbol, picture = pairs[scene.selected]
    bids, asks = _levels(picture, Side.BUY), _levels(picture, Side.SELL)
    rows = max(height - HEAD_ROWS, 0)
    at = recentre(
        scene.ladder_centre.get(scene.selected), int(picture["bid"]), int(picture["ask"]), rows
    )
    head = _head(scene, symbol, picture, width, bids, asks)
    if at is None:
        return [*head, (), *paragraph("No orders in the book yet.", width)][:height]
    scene.ladder_centre[scene.selected] = at

    top = max((qty for qty, _ in (*bids.values(), *asks.values())), default=1)
    prices = [at + rows // 2 - i for i in range(rows)]
    texts = [number.price(price, symbol) if price > 0 else "" for price in prices]
    price_width = max(map(len, texts), default=0)
    bar = max(min((width - price_width - 4) // 2 - _OWN - _QTY - 2, _BAR_MAX), 0)
    wing = _OWN + 1 + bar + 1 + _QTY
    title = "own".rjust(_OWN) + " " * (bar + 2) + "bids".rjust(_QTY)
    title += "  " + "price".center(price_width) + "  " + "asks".ljust(_QTY)
    title = (title + " " * (bar + 2) + "own").ljust(2 * wing + price_width + 4)
    body: Rows = [((title, "head"),)]
    for price, text in zip(prices, texts, strict=True):
        body.append((
            *_side(bids.get(price), top, bar, "bid", scene.glyphs.block, mirrored=False),
            (" ", "text"),
            (f" {text.rjust(price_width)} ", _price_style(price, picture)),
            (" ", "text"),
            *_side(asks.get(price), top, bar, "ask", scene.glyphs.block, mirrored=True),
        ))  # fmt: skip
    return [*head, *(centre(row, width) for row in body)][:height]
