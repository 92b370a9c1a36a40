"""Order sessions of an exchange, over real sockets, byte by byte."""

from __future__ import annotations

import random
import struct
import time

import pytest
from venue import KEEPER, OTHER, OTHER_PASSWORD, PASSWORD, USER, Exchange
from wire import Closed, Orders, Soup, report, snapshot

FAR_BID, FAR_ASK = 1.00, 900.00
"""Prices nobody of the simulated market comes near."""


def log_in(
    exchange: Exchange, user: str = USER, sequence: int = 1, session: str = ""
) -> Orders:
    client = Orders(exchange.orders)
    password = OTHER_PASSWORD if user == OTHER else PASSWORD
    assert client.login(user, password, session, sequence).kind == "A"
    return client


def works(exchange: Exchange, client: Orders, ref: int) -> None:
    """The client's orders are taken."""
    client.enter(ref, "B", 10, FAR_BID)
    assert client.answer("A")["ref"] == ref
    client.cancel(ref)
    assert client.answer("C")["ref"] == ref


def test_an_order_is_accepted_and_cancelled_as_the_protocol_says(exchange: Exchange):
    client = log_in(exchange)
    assert report(client.message())["event"] == "S"
    client.enter(7, "B", 25, 1.23, text="MY0ORDER")
    accepted = client.message()
    assert len(accepted) == 64
    found = report(accepted)
    expected = {
        "kind": "A", "ref": 7, "side": "B", "qty": 25, "symbol": "ACME", "price": 12_300,
        "tif": "0", "state": "L", "text": "MY0ORDER",
    }  # fmt: skip
    assert found | expected == found
    client.cancel(7, 20)
    reduced = report(client.message())
    assert (reduced["kind"], reduced["qty"], reduced["reason"]) == ("C", 5, "U")
    client.cancel(7)
    cancelled = client.message()
    assert len(cancelled) == 18
    assert report(cancelled)["qty"] == 20


def test_two_users_trade_with_each_other_at_the_resting_price(exchange: Exchange):
    buyer, seller = log_in(exchange), log_in(exchange, OTHER)
    buyer.enter(1, "B", 100, 50.00, "BOREAL")
    resting = buyer.answer("A")
    # The simulated market may have met it first; what is left trades with us.
    seller.enter(1, "S", 999_999, 0.01, "BOREAL", tif="3")
    mine, theirs = seller.answer("E"), buyer.answer("E")
    assert theirs["liquidity"] in "AR"
    assert mine["liquidity"] == "R"
    assert seller.answer("C")["reason"] == "I"
    assert resting["qty"] == 100


def test_a_replace_counts_what_was_executed(exchange: Exchange):
    buyer, seller = log_in(exchange), log_in(exchange, OTHER)
    buyer.enter(1, "S", 500, FAR_ASK, "CITRA")
    buyer.answer("A")
    seller.enter(1, "B", 100, FAR_ASK, "CITRA")
    traded = 0
    while traded < 100:  # it lifts the whole simulated market on its way up, then us
        traded += int(str(seller.answer("E")["qty"]))
    executed = 0
    buyer.query()
    while (message := report(buyer.message()))["kind"] != "Q":
        if message["kind"] == "E":
            executed += int(str(message["qty"]))
    buyer.replace(1, 2, 600, FAR_ASK - 1)
    replaced = buyer.answer("U")
    assert (replaced["old"], replaced["ref"]) == (1, 2)
    assert replaced["qty"] == 600 - executed
    buyer.cancel(2, executed + 1)
    assert buyer.answer("C")["qty"] == 600 - executed - 1


def test_a_reference_that_does_not_rise_is_a_resend_and_passes_by(exchange: Exchange):
    client = log_in(exchange)
    client.enter(5, "B", 10, FAR_BID)
    client.enter(5, "B", 10, FAR_BID)
    client.enter(4, "B", 10, FAR_BID)
    client.query()
    kinds = []
    while (found := report(client.message()))["kind"] != "Q":
        kinds.append(found["kind"])
    assert kinds == ["S", "A"]
    assert found["ref"] == 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"symbol": "NOBODY"}, 0x17),
        ({"qty": 0}, 0x13),
        ({"qty": 1_000_000}, 0x13),
        ({"at": 1.005}, 0x1D),
        ({"at": 0.0}, 0x1D),
        ({"side": "Q"}, 0x09),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(
    exchange: Exchange, change: dict[str, object], reason: int
):
    client = log_in(exchange)
    terms: dict[str, object] = {"side": "B", "qty": 10, "at": FAR_BID} | change
    client.enter(1, **terms)  # type: ignore[arg-type]
    assert client.answer("J")["reason"] == reason
    works(exchange, client, 2)


def test_what_was_said_is_said_again_from_any_number(exchange: Exchange):
    client = log_in(exchange, KEEPER)
    for ref in range(1, 21):
        client.enter(ref, "B", ref, FAR_BID)
    first = client.messages(21)
    client.close()
    for start in range(1, 23):
        again = log_in(exchange, KEEPER, start, client.session)
        assert again.next == start
        assert again.messages(22 - start) == first[start - 1 :]
        again.close()
    late = log_in(exchange, KEEPER, 0)
    assert late.next == 22


def test_nothing_rests_after_the_connection_is_gone_unless_it_was_asked_for(
    exchange: Exchange,
):
    for user, kept in ((USER, False), (KEEPER, True)):
        client = log_in(exchange, user)
        for ref in range(1, 6):
            client.enter(ref, "B", 10, FAR_BID)
        refs = [client.answer("A")["order_ref"] for _ in range(5)]
        client.close()
        if not kept:
            exchange.expect("5 orders of desk pulled")
        time.sleep(0.3)
        market, _, _ = snapshot(exchange.feed, USER, PASSWORD)
        assert [ref in market.orders for ref in refs] == [kept] * 5
        back = log_in(exchange, user, 7, client.session)
        back.query()
        kinds = []
        while (found := report(back.message()))["kind"] != "Q":
            kinds.append((found["kind"], found["reason"]))
        assert kinds == ([] if kept else [("C", "S")] * 5)


def test_a_second_login_takes_the_place_of_the_first(exchange: Exchange):
    first = log_in(exchange)
    first.enter(1, "B", 10, FAR_BID)
    first.answer("A")
    second = log_in(exchange, sequence=3)
    first.until_closed()
    exchange.expect("the same user has logged in again")
    assert second.answer("C")["reason"] == "S"
    works(exchange, second, 2)


@pytest.mark.parametrize(
    ("user", "password", "session", "sequence", "reason"),
    [
        (USER, "wrong", "", 1, b"A"),
        ("nobody", PASSWORD, "", 1, b"A"),
        ("", "", "", 1, b"A"),
        (USER, PASSWORD, "YESTERDAY", 1, b"S"),
        (USER, PASSWORD, "", 1_000_000, b"S"),
    ],
)
def test_a_login_that_cannot_be_right_is_refused_and_others_stay(
    exchange: Exchange,
    user: str,
    password: str,
    session: str,
    sequence: int,
    reason: bytes,
):
    other = log_in(exchange, OTHER)
    client = Soup(exchange.orders)
    answer = client.login(user, password, session, sequence)
    assert (answer.kind, answer.payload) == ("J", reason)
    assert client.until_closed() == []
    exchange.expect("refused")
    works(exchange, other, 1)


def test_a_failed_login_does_not_end_the_session_that_is_there(exchange: Exchange):
    client = log_in(exchange)
    assert Soup(exchange.orders).login(USER, PASSWORD, "", 99_999).kind == "J"
    works(exchange, client, 1)


GARBAGE = {
    "a length of zero": b"\x00\x00L",
    "the longest length": b"\xff\xffL" + b" " * 100,
    "four gigabytes": b"\xff\xff\xff\xff" + b"\x00" * 60,
    "a login of the wrong length": b"\x00\x30L" + b" " * 47,
    "an order before the login": b"\x00\x02UQ",
    "a packet of a server": b"\x00\x02S1",
    "letters": b"GET / HTTP/1.1\r\nHost: exchange\r\n\r\n",
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
@pytest.mark.parametrize("door", ["orders", "feed"])
def test_garbage_is_cut_off_logged_and_others_stay(
    exchange: Exchange, data: bytes, door: str
):
    other = log_in(exchange, OTHER)
    client = Soup(getattr(exchange, door))
    client.raw(data)
    assert client.until_closed(5.0) == []
    exchange.expect("cut off")
    works(exchange, other, 1)


def test_random_bytes_never_get_anywhere(exchange: Exchange):
    other = log_in(exchange, OTHER)
    chance = random.Random(20260101)
    for i in range(60):
        client = Soup(exchange.orders if i % 2 else exchange.feed)
        try:
            for _ in range(chance.randint(1, 4)):
                client.raw(chance.randbytes(chance.randint(1, 5000)))
        except (ConnectionError, BrokenPipeError):
            pass
        client.close()
    works(exchange, other, 1)
    assert exchange.process.poll() is None


def test_random_messages_after_the_login_are_dropped_and_the_rest_is_heard(
    exchange: Exchange,
):
    client = log_in(exchange)
    chance = random.Random(7)
    for _ in range(300):
        client.send("U", chance.randbytes(chance.randint(0, 200)))
    # Some of them may have been orders; references above all of theirs are still taken.
    client.query()
    client.answer("Q")
    works(exchange, client, 2**32 - 2)


def test_a_packet_too_long_for_any_client_ends_the_session(exchange: Exchange):
    client = log_in(exchange)
    client.send("U", b"O" * 5000)
    client.until_closed()
    exchange.expect("longer than any client's")


def test_who_does_not_log_in_is_shown_out(exchange: Exchange):
    client = Soup(exchange.orders)
    began = time.monotonic()
    assert client.until_closed(5.0) == []
    assert time.monotonic() - began > 0.8
    exchange.expect("no login in time")


def test_a_half_open_connection_is_found_and_its_orders_pulled(impatient: Exchange):
    """A client whose machine is gone sends nothing, not even an end."""
    client = log_in(impatient)
    client.enter(1, "B", 10, FAR_BID)
    ref = client.answer("A")["order_ref"]
    impatient.expect("nothing heard from it", timeout=6.0)
    impatient.expect("1 orders of desk pulled")
    time.sleep(0.2)
    market, _, _ = snapshot(impatient.feed, USER, PASSWORD)
    assert ref not in market.orders
    client.close()


def test_heartbeats_come_and_keep_a_quiet_session_alive(impatient: Exchange):
    client = log_in(impatient)
    client.message()
    for _ in range(10):  # well beyond the silence allowed
        assert client.packet().kind == "H"
        client.send("R")
    works(impatient, client, 1)


def test_the_end_of_the_day_is_said_to_everybody(exchange: Exchange):
    client = log_in(exchange)
    feed = Soup(exchange.feed)
    assert feed.login(USER, PASSWORD).kind == "A"
    assert exchange.stop() == 0
    packets = client.until_closed()
    assert [p.payload[9:10] for p in packets if p.kind == "S"][-1:] == [b"E"]
    assert packets[-1].kind == "Z"
    events = [p.payload[11:12] for p in feed.until_closed() if p.payload[:1] == b"S"]
    assert b"".join(events) == b"OSQMEC"


def test_more_orders_than_the_venue_pulls_at_once_are_all_pulled(exchange: Exchange):
    client = log_in(exchange)
    for ref in range(1, 6001):
        client.enter(ref, "B", 1, FAR_BID)
    for _ in range(6000):
        client.answer("A")
    client.close()
    exchange.expect("6000 orders of desk pulled")
    market, _, _ = snapshot(exchange.feed, USER, PASSWORD)
    assert not [o for o in market.orders.values() if o.price == 10_000]


def test_a_mass_cancel_takes_one_symbol_and_says_when_it_is_done(exchange: Exchange):
    client = log_in(exchange)
    client.enter(1, "B", 10, FAR_BID, "ACME")
    client.enter(2, "B", 10, FAR_BID, "BOREAL")
    client.answer("A")
    client.answer("A")
    client.send("U", struct.pack(">cI4s8sH", b"C", 3, b"    ", b"BOREAL  ", 0))
    assert client.answer("C")["ref"] == 2
    done = client.answer("X")
    assert done["ref"] == 3
    client.cancel(1)
    assert client.answer("C")["ref"] == 1


def test_closing_in_the_middle_of_a_packet_is_no_trouble(exchange: Exchange):
    client = log_in(exchange)
    client.raw(b"\x00\x30UO\x00\x00")
    client.close()
    exchange.expect("ended")
    works(exchange, log_in(exchange, sequence=0), 1)


def test_a_logout_ends_the_connection_at_once(exchange: Exchange):
    client = log_in(exchange)
    client.send("O")
    with pytest.raises(Closed):
        while True:
            client.message(3.0)
    exchange.expect("logged out")
