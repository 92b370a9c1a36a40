"""The feed of an exchange: from the first message, from a snapshot, by datagrams."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

import pytest
from venue import PASSWORD, USER, Exchange
from wire import TIMEOUT, Market, Orders, Soup, datagram, snapshot

BUSY = {"rate": 20_000, "depth": 50}


@pytest.fixture
def busy(open_exchange: Callable[..., Exchange]) -> Exchange:
    return open_exchange(market=BUSY, silence="3.0", heartbeat="0.3")


def follow(exchange: Exchange, sequence: int, session: str = "") -> Soup:
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD, session, sequence).kind == "A"
    assert feed.next == sequence
    return feed


def test_a_snapshot_and_what_follows_make_the_books_that_all_of_the_day_makes(
    busy: Exchange,
):
    time.sleep(1.0)
    market, session, goes_on = snapshot(busy.feed, USER, PASSWORD)
    assert len(market.orders) > 100
    whole = Market()
    day = follow(busy, 1)
    while day.next < goes_on:
        whole.take(day.message())
    assert whole.events == "OSQ"
    assert whole.orders == market.orders
    assert list(whole.orders) == list(market.orders)  # who came first, too
    late = follow(busy, goes_on, session)
    for _ in range(20_000):
        message = day.message()
        assert message == late.message()
        whole.take(message)
        market.take(message)
    assert whole.orders == market.orders
    for symbol in ("ACME", "BOREAL", "CITRA", "DUNMOR"):
        bids, asks = market.levels(symbol, "B"), market.levels(symbol, "S")
        assert bids and asks
        assert bids[0][0] < asks[0][0]


def test_every_message_comes_once_across_many_breaks(busy: Exchange):
    whole, parts = Market(), Market()
    day = follow(busy, 1)
    sequence, session = 1, ""
    for _ in range(40):
        part = follow(busy, sequence, session)
        session = part.session
        for _ in range(731):
            parts.take(part.message())
        sequence = part.next
        part.close()
    while day.next < sequence:
        whole.take(day.message())
    assert whole == parts


def test_who_asks_for_more_than_is_kept_is_told_so_and_takes_a_snapshot(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market={"rate": 100_000, "depth": 50}, feed_log="2")
    deadline = time.monotonic() + TIMEOUT
    while Soup(exchange.feed).login(USER, PASSWORD).kind == "A":
        assert time.monotonic() < deadline
        time.sleep(0.3)
    market, session, goes_on = snapshot(exchange.feed, USER, PASSWORD)
    late = follow(exchange, goes_on, session)
    for _ in range(10_000):
        market.take(late.message())


def test_a_reader_that_does_not_read_is_cut_off_and_others_miss_nothing(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market={"rate": 100_000, "depth": 50}, feed_log="2")
    slow = follow(exchange, 1)
    market, session, goes_on = snapshot(exchange.feed, USER, PASSWORD)
    reader = follow(exchange, goes_on, session)
    deadline = time.monotonic() + 30.0
    told = ""
    while not told and time.monotonic() < deadline:
        for _ in range(2_000):
            market.take(reader.message())
        slow.socket.settimeout(0.01)
        try:
            slow.send("R")  # it says it lives, and reads nothing
        except OSError:
            break
    assert "cut off" in exchange.expect("so slow")
    for _ in range(20_000):
        market.take(reader.message())


def test_an_order_of_ours_is_seen_by_everybody(busy: Exchange):
    orders = Orders(busy.orders)
    orders.login(USER, PASSWORD)
    orders.enter(1, "B", 12_345, 1.00)
    ref = orders.answer("A")["order_ref"]
    market, session, goes_on = snapshot(busy.feed, USER, PASSWORD)
    assert market.orders[int(str(ref))].shares == 12_345
    feed = follow(busy, goes_on, session)
    orders.cancel(1)
    orders.answer("C")
    while int(str(ref)) in market.orders:
        market.take(feed.message())


# ---- MoldUDP64 -----------------------------------------------------------------------


class Receiver:
    """Datagrams of the feed, and the request server's answers."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(TIMEOUT)
        self.port = self.socket.getsockname()[1]

    def packet(self) -> tuple[bytes, int, int, list[bytes]]:
        data = self.socket.recv(2048)
        assert len(data) <= 1472
        return datagram(data)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.socket.close()


def test_datagrams_carry_the_same_messages_under_the_same_numbers(
    open_exchange: Callable[..., Exchange], receiver: Receiver
):
    exchange = open_exchange("--mold", f"127.0.0.1:{receiver.port}", market=BUSY)
    day = follow(exchange, 1)
    expected = 1
    while expected < 5_000:
        session, sequence, count, messages = receiver.packet()
        assert session.decode() == day.session.rjust(10)
        assert sequence == expected
        assert count == len(messages)
        for message in messages:
            assert message == day.message()
        expected += count


def test_what_was_missed_is_said_again_when_asked_for(busy: Exchange, receiver: Receiver):
    day = follow(busy, 1)
    first = day.messages(2_000)
    found: list[bytes] = []
    while len(found) < 1_500:
        ask = day.session.encode().rjust(10) + struct.pack(">QH", len(found) + 1, 1_500)
        receiver.socket.sendto(ask, ("127.0.0.1", busy.feed))
        _, sequence, _, messages = receiver.packet()
        assert sequence == len(found) + 1
        found += messages
    assert found[:1_500] == first[:1_500]


def test_requests_for_nothing_that_is_to_be_had_are_not_answered(
    busy: Exchange, receiver: Receiver
):
    session = follow(busy, 1).session.encode().rjust(10)
    receiver.socket.settimeout(0.3)
    for ask in (
        b"OTHERSESSN" + struct.pack(">QH", 1, 10),
        session + struct.pack(">QH", 10**12, 10),
        session + struct.pack(">QH", 1, 0),
        session + struct.pack(">QH", 1, 0xFFFF),
        session,
        b"",
        b"x" * 1000,
    ):
        receiver.socket.sendto(ask, ("127.0.0.1", busy.feed))
        with pytest.raises(TimeoutError):
            receiver.packet()


def test_datagrams_end_with_the_end_of_the_session(
    open_exchange: Callable[..., Exchange], receiver: Receiver
):
    exchange = open_exchange(
        "--mold", f"127.0.0.1:{receiver.port}", market={"rate": 1, "depth": 10},
        heartbeat="0.2",
    )  # fmt: skip
    beats = 0
    while beats < 3:
        beats += receiver.packet()[2] == 0
    assert exchange.stop() == 0
    counts = []
    while 0xFFFF not in counts:
        counts.append(receiver.packet()[2])
