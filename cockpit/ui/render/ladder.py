"""One symbol's book as a ladder: a row for each increment of price, dear above cheap.

Beside the price the lots that rest there, then what of them is ours and the lots that
stand before us in the queue, which the desk counts in the book itself. The volume is an
estimate: what was traded since the screen was opened, at the last price of each frame.

The price column stands still. Its centre moves only when the touch leaves the middle
third, so that a price keeps its row while one looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cockpit.control.desk import Symbol
from cockpit.core import ORDER_STATES, PRICE_NONE, Side
from cockpit.ui.render import number
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Row, Rows, Segment, centre, clean, paragraph, spread
from cockpit.ui.scene import Scene

Level = tuple[int, int]
"""Quantity, and how much of it is ours."""
Book = tuple[dict[int, Level], dict[int, Level]]
"""Levels by price: bids, asks."""

_QTY = 5
_OWN = 4
_AHEAD = 4
_VOLUME = 5
_BAR_MAX = 14
_BAR_MIN = 3
HEAD_ROWS = 3
_RESTING = frozenset(
    index
    for index, name in enumerate(ORDER_STATES)
    if name in ("live", "partial", "pending_cancel", "pending_replace")
)
"""States of an order that has a place in the queue."""


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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is room for, by width: the queue goes before the volume, that before
    bars."""

    ahead: bool
    volume: bool
    bar: int

    @classmethod
    def of(cls, width: int, price_width: int) -> _Plan:
        def wing(room: int) -> int:
            return (room - price_width - 2) // 2 - _OWN - _QTY - 1

        ahead = wing(width) >= _AHEAD + 1
        rest = width - 2 * _AHEAD - 2 if ahead else width
        volume = ahead and wing(rest - _VOLUME - 1) >= 0
        rest -= _VOLUME + 1 if volume else 0
        bar = min(wing(rest) - 1, _BAR_MAX)
        return cls(ahead, volume, bar if bar >= _BAR_MIN else 0)

    @property
    def wing(self) -> int:
        bar = self.bar + 1 if self.bar else 0
        return _OWN + 1 + (_AHEAD + 1) * self.ahead + bar + _QTY


def _queue(scene: Scene, side: Side) -> dict[int, tuple[int, bool]]:
    """By price: the lots before our first order there, and whether the book shows it."""
    desk = scene.picture["desk"]
    found: dict[int, tuple[int, bool]] = {}
    for order in desk["working"][: int(desk["working_count"])]:
        if int(order["symbol"]) != scene.selected or int(order["side"]) != side:
            continue
        price, ahead = int(order["price"]), int(order["qty_ahead"])
        rests = int(order["state"]) in _RESTING
        if price not in found or (rests, -ahead) > (found[price][1], -found[price][0]):
            found[price] = ahead, rests
    return found


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


def _wing(
    level: Level | None,
    queue: tuple[int, bool] | None,
    top: int,
    plan: _Plan,
    style: str,
    glyphs: Glyphs,
) -> Row:
    """What one side has at a price, from the outside to the price."""
    if level is None and queue is None:
        return ((" " * plan.wing, "text"),)
    qty, own = level or (0, 0)
    parts: list[Segment] = []
    if plan.ahead:
        text = "" if queue is None else glyphs.waiting
        if queue and queue[1] and own:
            text = number.fit_count(queue[0], _AHEAD)
        parts += [(text.rjust(_AHEAD), "dim"), (" ", "text")]
    parts += [((number.fit_count(own, _OWN) if own else "").rjust(_OWN), "own")]
    parts += [(" ", "text")]
    if plan.bar:
        cells = min(max(round(qty / top * plan.bar), 1), plan.bar) if qty else 0
        parts.append(((glyphs.block * cells).rjust(plan.bar), f"{style}.bar"))
        parts.append((" ", "text"))
    parts.append(((number.fit_count(qty, _QTY) if qty else "").rjust(_QTY), style))
    return tuple(parts)


def _mirrored(wing: Row) -> Row:
    """The same for the other side; figures stay right-aligned, the rest turns round."""
    if len(wing) == 1:
        return wing
    qty, *rest = reversed(wing)
    return (
        qty,
        *((text.lstrip().ljust(len(text)), style) for text, style in rest),
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
    plan = _Plan.of(width, price_width)
    glyphs = scene.glyphs
    queues = (
        (_queue(scene, Side.BUY), _queue(scene, Side.SELL)) if plan.ahead else ({}, {})
    )
    traded = scene.past.traded.get(scene.selected, {}) if plan.volume else {}
    body: Rows = [((_title(plan, price_width, glyphs), "head"),)]
    for price, text in zip(prices, texts, strict=True):
        bid = _wing(bids.get(price), queues[0].get(price), top, plan, "bid", glyphs)
        ask = _wing(asks.get(price), queues[1].get(price), top, plan, "ask", glyphs)
        mark = glyphs.mark if price == int(picture["last"]) else " "
        shown = f"{text.rjust(price_width - 1)}{mark}"
        gap: Segment = (" ", "text")
        row = (*bid, gap, (shown, _price_style(price, picture)), gap, *_mirrored(ask))
        if plan.volume:
            volume = number.fit_count(traded[price], _VOLUME) if price in traded else ""
            row = (*row, gap, (volume.rjust(_VOLUME), "dim"))
        body.append(row)
    return [centre(row, width) for row in body]


def _title(plan: _Plan, price_width: int, glyphs: Glyphs) -> str:
    bar = " " * (plan.bar + 1) if plan.bar else ""
    left = f"{'own'.rjust(_OWN)} {bar}{'bids'.rjust(_QTY)}"
    right = f"{'asks'.rjust(_QTY)}{bar} {'own'.ljust(_OWN)}"
    if plan.ahead:
        left = f"{'q'.rjust(_AHEAD)} {left}"
        right = f"{right} {'q'.ljust(_AHEAD)}"
    if plan.volume:
        right += " " + f"{glyphs.about}vol".rjust(_VOLUME)
    return f"{left} {'price'.rjust(price_width - 1)}  {right}"
