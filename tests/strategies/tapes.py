"""Markets to run strategies on, from a seed."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.strategies.pipe import (
    BOOK,
    BUY,
    EVENT,
    NO_PRICE,
    SELL,
    TIMER,
    TRADE,
    Array,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
START_NS = 1_000_000_000
TIMER_NS = 10_000_000


def walk(seed: int, events: int = 2500) -> Array:
    """Two symbols that go together, moves, calms and trends; trades that reach deep.

    Now and then the book is in doubt or has only one side. The timer comes every 10 ms.
    """
    dice = np.random.default_rng(seed)
    tape = np.zeros(events, EVENT)
    now, timer = START_NS, START_NS + TIMER_NS
    mid, second, pull = 15000.0, 8000.0, 0.0
    quoted = _book(dice, mid, second)
    for row in tape:
        step = int(dice.exponential(6e6)) + 1
        if now + step >= timer:
            now, timer = timer, timer + TIMER_NS
            row["kind"] = TIMER
        else:
            now += step
            row["kind"] = BOOK if dice.random() < 0.6 else TRADE
        row["now_ns"] = now
        if row["kind"] == BOOK:
            if dice.random() < 0.02:
                pull = dice.normal(0, 0.5)
            move = dice.normal(pull, 1.0)
            mid += move
            second += 0.5 * move + dice.normal(0, 0.4) + 0.02 * (0.5 * mid + 500 - second)
            quoted = _book(dice, mid, second)
        row["price"], row["qty"], row["price2"], row["stale"] = quoted
        if row["kind"] == TRADE:
            side = int(dice.integers(2))
            deep = int(dice.geometric(0.5)) - 1
            best = int(row["price"][side])
            best = round(mid) if best == NO_PRICE else best
            row["last"] = best - deep if side == BUY else best + deep
            row["last_qty"] = int(dice.integers(1, 40))
            row["last_side"] = side
    return tape


def _book(
    dice: np.random.Generator, mid: float, second: float
) -> tuple[list[int], Array, list[int], int]:
    spread = int(dice.integers(1, 5))
    bid = int(np.floor(mid - spread / 2))
    price = [bid, bid + spread]
    if dice.random() < 0.01:
        price[int(dice.choice([BUY, SELL]))] = NO_PRICE
    bid2 = int(np.floor(second - 0.5))
    return price, dice.integers(1, 300, 2), [bid2, bid2 + 1], int(dice.random() < 0.005)


def recorded(events: int = 3000) -> Array:
    """The opening of a real day: AMZN by LOBSTER, the best of both sides.

    One symbol: the second stands still. Between messages there is a timer when 10 ms are
    over; after a pause there is one, at its end.
    """
    folder = Path(os.environ.get("COCKPIT_DATA", DATA)) / "lobster"
    file = folder / "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip"
    if not file.exists():
        pytest.skip(f"no recording {file}")
    with zipfile.ZipFile(file) as archive:
        names = {name.split("_")[4]: name for name in archive.namelist() if "_34" in name}
        tables = [
            np.loadtxt(
                io.BytesIO(archive.read(names[kind])), delimiter=",", max_rows=events
            )
            for kind in ("message", "orderbook")
        ]
    rows: list[tuple[object, ...]] = []
    timer = 0
    for message, book in zip(*tables, strict=True):
        now = round(message[0] * 1e9)
        ask, ask_qty, bid, bid_qty = (int(value) for value in book[:4])
        price, qty = (bid // 100, ask // 100), (bid_qty, ask_qty)
        still = (8000, 8001), NO_PRICE, 0, 0, 0
        if now >= timer:
            rows.append((TIMER, now, price, qty, *still))
            timer = now + TIMER_NS
        if message[1] in (4, 5):
            side = BUY if message[5] > 0 else SELL
            last = int(message[4]) // 100, int(message[3]), side
            rows.append((TRADE, now, price, qty, still[0], *last, 0))
        rows.append((BOOK, now, price, qty, *still))
    return np.array(rows, EVENT)
