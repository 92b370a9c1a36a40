"""The exchange's day, bounds and latency as configured, from the other end of a wire."""

from __future__ import annotations

import time
from collections.abc import Callable

from remote_desks import is_up, open_desk, positions, rest, told_by_exchange, wait
from venue import OTHER, OTHER_PASSWORD, PASSWORD, USER, Exchange
from wire import Orders, Soup, report

from cockpit.core import RiskState

QUIET = {"rate": 1, "depth": 10}
CLOSED, RATE = 0x02, 0x29
"""Reasons of a reject, by the specification's table."""


def orders_of(exchange: Exchange, user: str = USER, password: str = PASSWORD) -> Orders:
    client = Orders(exchange.orders)
    assert client.login(user, password).kind == "A"
    return client


def stamp(found: dict[str, object]) -> int:
    """When the exchange said it: nanoseconds of its day, as in the feed."""
    message = found["bytes"]
    assert isinstance(message, bytes)
    return int.from_bytes(message[1:9])


def about(client: Orders, ref: int) -> dict[str, object]:
    """The next answer about that order; others pass by."""
    while True:
        found = report(client.message())
        if found.get("ref") == ref:
            return found


def state(feed: Soup) -> tuple[str, int]:
    """The next trading state of ACME, and when it began."""
    while True:
        message = feed.message()
        if message[:1] == b"H" and message[11:15] == b"ACME":
            return chr(message[19]), int.from_bytes(message[5:11])


def states(feed: Soup, expected: str) -> list[int]:
    """The next trading states are these; when each began."""
    found = [state(feed) for _ in expected]
    assert "".join(code for code, _ in found) == expected
    return [began for _, began in found]


def shows_a_day(feed: Soup, ours: Orders, theirs: Orders, ref: int) -> bool:
    """A day from its pre-open on, six references long. False: this machine was too slow
    for it, by the exchange's own stamps."""
    bid, ask, now, low, late = range(ref, ref + 5)
    states(feed, "Q")
    ours.enter(bid, "B", 100, 150.00)
    theirs.enter(ask, "S", 100, 50.00)
    theirs.enter(now, "S", 100, 50.00, tif="3")
    before = [about(ours, bid), about(theirs, ask), about(theirs, now)]
    crossing, _ = states(feed, "HT")
    if max(stamp(found) for found in before) >= crossing:
        states(feed, "QHH")
        return False
    # Nothing is taken at once before it opens, and nothing has traded.
    assert [found["kind"] for found in before] == ["A", "A", "J"]
    bought, sold = about(ours, bid), about(theirs, ask)
    assert bought["kind"] == sold["kind"] == "E"
    assert min(stamp(bought), stamp(sold)) >= crossing
    assert bought["qty"] == sold["qty"] == 100
    assert bought["price"] == sold["price"]
    assert bought["liquidity"] == sold["liquidity"] == "O"
    ours.enter(low, "B", 10, 1.00)
    entered = about(ours, low)
    _, closing, _ = states(feed, "QHH")
    if stamp(entered) >= closing:
        return False
    assert entered["kind"] == "A"
    gone = about(ours, low)
    assert (gone["kind"], gone.get("reason")) == ("C", "E")  # it was for the day
    ours.enter(late, "B", 10, 1.00)
    refused = about(ours, late)
    if refused["kind"] == "A":  # in the pre-open of the next day
        return False
    assert refused["reason"] == CLOSED
    return True


def test_a_day_goes_from_pre_open_to_closed_and_begins_again(
    open_exchange: Callable[..., Exchange],
):
    day = {"pre_open": 0.6, "continuous": 0.4, "pre_close": 0.3, "closed": 0.5}
    exchange = open_exchange(market=QUIET | day)
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD).kind == "A"
    ours, theirs = orders_of(exchange), orders_of(exchange, OTHER, OTHER_PASSWORD)
    states(feed, "T")  # as it is listed
    days = range(1, 200, 6)
    assert any(shows_a_day(feed, ours, theirs, ref) for ref in days)
    states(feed, "Q")


def test_who_comes_in_a_pause_is_told_that_it_is_one(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market=QUIET | {"pre_open": 60})
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD).kind == "A"
    for _ in range(4):  # the pause has begun, for every symbol
        while (message := feed.message())[:1] != b"H" or message[19:20] != b"Q":
            pass
    late = Soup(exchange.feed)
    assert late.login(USER, PASSWORD, "GLIMPSE").kind == "A"
    kinds = {}
    while (message := late.message())[:1] != b"G":
        if message[:1] == b"H":
            kinds[message[11:19].decode().strip()] = chr(message[19])
    assert kinds == dict.fromkeys(("ACME", "BOREAL", "CITRA", "DUNMOR"), "Q")


def test_bounds_hold_every_user(open_exchange: Callable[..., Exchange]):
    exchange = open_exchange(
        market=QUIET | {"band": 1000, "throttle": 5, "window": 60, "smp": '"newest"'}
    )
    client = orders_of(exchange)
    client.enter(1, "B", 10, 111.00)
    assert client.answer("J")["ref"] == 1
    client.enter(2, "B", 10, 91.00)
    client.enter(3, "S", 900_000, 91.00)
    assert client.answer("A")["ref"] == 2
    found = client.answer("C")
    # It took the flow's better bids, and then met its own.
    assert found["ref"] == 3
    assert found["reason"] == "Q"
    client.enter(4, "B", 10, 90.00)
    client.enter(5, "B", 10, 90.00)
    client.enter(6, "B", 10, 90.00)
    assert client.answer("J")["reason"] == RATE
    client.cancel(2)
    assert client.answer("C")["reason"] == "U"  # what takes orders off is never held up


SECOND = 1_000_000_000


def outlives_its_switch(client: Orders, ref: int) -> bool:
    """An order whose user says something now and then, and then no more. False: this
    machine was too slow to say it in time."""
    client.enter(ref, "B", 10, 90.00)
    began = heard = stamp(about(client, ref))
    while heard - began < 1.5 * SECOND:  # a sign of life counts
        client.query()
        while (found := report(client.message()))["kind"] not in "QC":
            pass
        if found["kind"] == "C":
            assert stamp(found) - heard > 0.9 * SECOND
            return False
        heard = stamp(found)
        time.sleep(0.05)
    found = client.answer("C")
    assert (found["ref"], found["reason"]) == (ref, "S")
    assert stamp(found) - heard > 0.9 * SECOND
    return True


def test_the_orders_of_who_falls_silent_are_pulled(
    open_exchange: Callable[..., Exchange],
):
    client = orders_of(open_exchange(market=QUIET | {"dead_man": 1}))
    assert any(outlives_its_switch(client, ref) for ref in range(1, 11))


def test_messages_are_under_way_as_long_as_configured(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market=QUIET | {"model": '"constant"', "typical": 200_000})
    client = orders_of(exchange)
    began = time.monotonic()
    for ref in range(1, 51):
        client.enter(ref, "B", 1, 90.00)
    refs = [client.answer("A")["ref"] for _ in range(50)]
    assert refs == list(range(1, 51))
    # There and back, and not one after the other, which would be 20 s.
    assert 0.4 <= time.monotonic() - began < 10.0


def test_a_desk_lives_through_days_and_agrees_with_the_exchange(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(
        market={
            "rate": 5_000, "depth": 100, "pre_open": 0.3, "continuous": 1.0,
            "pre_close": 0.3, "closed": 0.3,
        }
    )  # fmt: skip
    with open_desk(exchange.config, exchange.orders, exchange.feed) as desk:
        wait(lambda: is_up(desk))
        feed = Soup(exchange.feed)
        assert feed.login(USER, PASSWORD, sequence=0).kind == "A"
        for _ in range(2):  # to the end of this day, and of a whole one
            while state(feed)[0] != "T":
                pass
            states(feed, "QHH")
        feed.close()
        wait(lambda: int(desk.read()["desk"]["counters"]["md_count"]) > 5_000, 30.0)
        firm = desk.read()["desk"]
        assert firm["risk_state"] == RiskState.ACTIVE
        assert int(firm["counters"]["unexpected_report_count"]) == 0
        rest(desk)
        held = positions(desk)
    assert told_by_exchange(exchange.orders) == held
    assert exchange.stop() == 0
