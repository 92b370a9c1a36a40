"""A desk of this process on an exchange of another, and how to tell that they agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from venue import PASSWORD, USER
from wire import Market, Orders, Soup, report, snapshot

from cockpit.config.exchange_file import load_exchange
from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.core import Engine, Journal, Mode, RiskState, Role, User

LAST = 2**32 - 1
SYMBOLS = ("ACME", "BOREAL", "CITRA", "DUNMOR")


def open_desk(
    config: Path,
    orders: int,
    feed: int,
    user: str = USER,
    journal: Path | None = None,
    **changes: object,
) -> Engine:
    """A desk with the strategies of the files, all of them live."""
    files = load(config)
    made = settings(files)
    changes = {"retry_ns": 20_000_000, "retry_max_ns": 200_000_000} | changes
    net = load_exchange(config).net(
        Role.REMOTE,
        (User(user, PASSWORD),),
        host="127.0.0.1",
        orders_port=orders,
        feed_port=feed,
        **changes,
    )
    strategies = tuple(replace(s, mode=Mode.LIVE) for s in made.strategies)
    made = replace(made, net=net, strategies=strategies)
    return Engine(replace(made, journal=Journal(journal)) if journal else made)


def wait(what: Callable[[], bool], seconds: float = 15.0) -> None:
    """Until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def is_up(desk: Engine) -> bool:
    net = desk.read()["net"]
    return bool(net["orders"]["state"] == 5 and net["feed"]["state"] == 5)


def events(desk: Engine) -> list[str]:
    return [event.text for event in desk.net_events()]


def positions(desk: Engine) -> list[int]:
    return [int(s["position"]) for s in desk.read()["desk"]["symbols"][: len(SYMBOLS)]]


def linked(desk: Engine) -> list[int]:
    """The same, by what the exchange has told the desk's link."""
    return [int(qty) for qty in desk.read()["net"]["positions"][: len(SYMBOLS)]]


def rest(desk: Engine) -> None:
    """Halt it, and wait until nothing is working or under way."""
    desk.halt()
    desk.cancel_all()

    def still() -> bool:
        firm = desk.read()["desk"]
        halted = firm["risk_state"] == RiskState.HALTED
        return bool(
            halted and firm["working_count"] == 0 and firm["cancels_pending"] == 0
        )

    wait(still)
    time.sleep(0.1)  # every thread shows its picture within so long


def told_by_exchange(port: int, user: str = USER, password: str = PASSWORD) -> list[int]:
    """The user's positions by all that the exchange has told it this session, and that
    nothing of it works: heard over a connection of its own, which ends the desk's."""
    client = Orders(port)
    assert client.login(user, password).kind == "A"
    # The last answer is to an order that cannot be, under the highest reference.
    client.enter(LAST, "B", 0, 0.0)
    found = dict.fromkeys(SYMBOLS, 0)
    terms: dict[object, tuple[str, int]] = {}
    working: dict[object, int] = {}
    while (message := report(client.message())).get("ref") != LAST:
        ref, qty = message.get("ref"), int(str(message.get("qty", 0)))
        match message["kind"]:
            case "A":
                sign = 1 if message["side"] == "B" else -1
                terms[ref] = str(message["symbol"]), sign
                working[ref] = qty
            case "U":
                sign = 1 if message["side"] == "B" else -1
                terms[ref] = str(message["symbol"]), sign
                working.pop(message["old"], None)
                working[ref] = qty
            case "E":
                symbol, sign = terms[ref]
                found[symbol] += sign * qty
                working[ref] -= qty
            case "C":
                working[ref] -= qty
    client.close()
    assert not any(working.values())
    return list(found.values())


def books_agree(desk: Engine, feed_port: int) -> bool:
    """One look at both: the desk's best levels of every symbol are the exchange's at one
    and the same message of the feed. The market goes on between the two looks, so the
    exchange's books are led on from before the desk's picture to past it."""
    market, session, goes_on = snapshot(feed_port, USER, PASSWORD)
    feed = Soup(feed_port)
    assert feed.login(USER, PASSWORD, session, goes_on).kind == "A"
    try:
        time.sleep(0.1)  # the desk hears of it, and shows a picture
        picture = desk.read()
        shown = pictured(desk, picture["desk"]["symbols"])
        if not shown:
            return False
        past = int(picture["net"]["feed"]["sequence"]) + 100
        differ = {name: differs(market, name, shown) for name in SYMBOLS}
        while any(differ.values()) and feed.next < past:
            message = feed.message()
            market.take(message)
            name = market.symbols.get(int.from_bytes(message[1:3]))
            if name:
                differ[name] = differs(market, name, shown)
        return not any(differ.values())
    finally:
        feed.close()
        Soup.opened.clear()


def pictured(desk: Engine, symbols: Any) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """The best levels as the desk shows them, at the feed's prices. None: in doubt."""
    found = {}
    for at, (name, symbol) in enumerate(zip(SYMBOLS, symbols, strict=False)):
        if symbol["stale"]:
            return {}
        step = desk.settings.instruments[at].increment // 10_000
        for side, letter in enumerate("BS"):
            count = int(symbol["level_count"][side])
            found[name, letter] = [
                (int(level["price"]) * step, int(level["qty"]))
                for level in symbol["levels"][side][:count]
            ]
    return found if all(found.values()) else {}


def differs(
    market: Market, name: str, shown: dict[tuple[str, str], list[tuple[int, int]]]
) -> bool:
    return any(
        market.levels(name, side)[: len(shown[name, side])] != shown[name, side]
        for side in "BS"
    )
