"""The exchange's day, bounds and latency as configured, from the other end of a wire."""

from __future__ import annotations

import time
from collections.abc import Callable

from remote_desks import is_up, open_desk, positions, rest, told_by_exchange, wait
from venue import OTHER, OTHER_PASSWORD, PASSWORD, USER, Exchange
from wire import Orders, Soup

from cockpit.core import RiskState

QUIET = {"rate": 1, "depth": 10}
CLOSED, RATE = 0x02, 0x29
"""Reasons of a reject, by the specification's table."""


def orders_of(exchange: Exchange, user: str = USER, password: str = PASSWORD) -> Orders:
    client = Orders(exchange.orders)
    assert client.login(user, password).kind == "A"
    return client


def states(feed: Soup, until: float) -> str:
    """The trading states of ACME that are told until then."""
    found = ""
    while (left := until - time.monotonic()) > 0:
        try:
            message = feed.message(left)
        except TimeoutError:
            break
        if message[:1] == b"H" and message[11:15] == b"ACME":
            found += chr(message[19])
    return found


def test_a_day_goes_from_pre_open_to_closed_and_begins_again(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(
        market=QUIET | {"pre_open": 3, "continuous": 2, "pre_close": 1, "closed": 2}
    )
    began = time.monotonic()
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD).kind == "A"
    ours, theirs = orders_of(exchange), orders_of(exchange, OTHER, OTHER_PASSWORD)
    ours.enter(1, "B", 100, 150.00)
    assert ours.answer("A")["ref"] == 1
    theirs.enter(1, "S", 100, 50.00)
    assert theirs.answer("A")["ref"] == 1
    theirs.enter(2, "S", 100, 50.00, tif="3")  # nothing is taken at once before it opens
    assert theirs.answer("J")["ref"] == 2
    assert time.monotonic() - began < 2.5  # nothing has traded before it opens
    bought, sold = ours.answer("E"), theirs.answer("E")
    assert time.monotonic() - began > 2.0
    assert bought["qty"] == sold["qty"] == 100
    assert bought["price"] == sold["price"]
    assert bought["liquidity"] == sold["liquidity"] == "O"
    ours.enter(3, "B", 10, 1.00)
    assert ours.answer("A")["ref"] == 3
    assert ours.answer("C")["reason"] == "E"  # it was for the day
    ours.enter(4, "B", 10, 1.00)
    assert ours.answer("J")["reason"] == CLOSED
    assert states(feed, began + 9.0).startswith("TQHTQHHQ")


def test_who_comes_in_a_pause_is_told_that_it_is_one(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market=QUIET | {"pre_open": 60})
    time.sleep(0.3)
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD, "GLIMPSE").kind == "A"
    kinds = {}
    while (message := feed.message())[:1] != b"G":
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


def test_the_orders_of_who_falls_silent_are_pulled(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market=QUIET | {"dead_man": 1})
    client = orders_of(exchange)
    client.enter(1, "B", 10, 90.00)
    client.answer("A")
    began = time.monotonic()
    while time.monotonic() - began < 2.0:  # a sign of life counts
        client.query()
        client.answer("Q")
        time.sleep(0.2)
    found = client.answer("C")
    assert found["reason"] == "S"
    assert 2.5 < time.monotonic() - began < 5.0


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
    assert 0.4 <= time.monotonic() - began < 1.4


def test_a_desk_lives_through_days_and_agrees_with_the_exchange(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(
        market={
            "rate": 5_000, "depth": 100, "pre_open": 1, "continuous": 3, "pre_close": 1,
            "closed": 1,
        }
    )  # fmt: skip
    with open_desk(exchange.config, exchange.orders, exchange.feed) as desk:
        wait(lambda: is_up(desk))
        time.sleep(14.0)  # more than two days
        firm = desk.read()["desk"]
        assert firm["risk_state"] == RiskState.ACTIVE
        assert int(firm["counters"]["unexpected_report_count"]) == 0
        assert int(firm["counters"]["md_count"]) > 10_000
        rest(desk)
        held = positions(desk)
    assert told_by_exchange(exchange.orders) == held
    assert exchange.stop() == 0
