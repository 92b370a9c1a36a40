"""A desk on an exchange in another process: it trades, and gets over what breaks."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest
from proxy import Proxy
from remote_desks import (
    books_agree,
    events,
    is_up,
    linked,
    open_desk,
    positions,
    rest,
    told_by_exchange,
    wait,
)
from venue import KEEPER, PASSWORD, USER, Exchange
from wire import Orders, snapshot

from cockpit.core import Engine

BUSY = {"rate": 20_000, "depth": 200}


@pytest.fixture
def busy(open_exchange: Callable[..., Exchange]) -> Exchange:
    return open_exchange(market=BUSY, silence="2.0", heartbeat="0.3")


@pytest.fixture
def proxies(busy: Exchange) -> Iterator[tuple[Proxy, Proxy]]:
    pair = Proxy(busy.orders), Proxy(busy.feed)
    yield pair
    for proxy in pair:
        proxy.close()


def fills(desk: Engine) -> int:
    return int(desk.read()["desk"]["counters"]["fill_count"])


def check_agreement(desk: Engine, exchange: Exchange) -> None:
    """Desk, its link and the exchange say the same of every position."""
    rest(desk)
    counters = desk.read()["desk"]["counters"]
    for name in ("unexpected_report_count", "duplicate_count", "correction_count"):
        assert int(counters[name]) == 0, name
    mine = positions(desk)
    wait(lambda: linked(desk) == mine)  # each thread shows its picture in its own time
    desk.stop()  # or it would take its place at the exchange again
    assert told_by_exchange(exchange.orders) == mine


def test_desk_and_exchange_agree_after_trading(busy: Exchange):
    with open_desk(busy.config, busy.orders, busy.feed) as desk:
        wait(lambda: is_up(desk))
        wait(lambda: fills(desk) > 50, 30.0)
        assert int(desk.read()["desk"]["counters"]["gap_count"]) == 0
        check_agreement(desk, busy)


def test_the_desk_sees_the_books_of_the_exchange(open_exchange: Callable[..., Exchange]):
    exchange = open_exchange(market={"rate": 300, "depth": 50})
    with open_desk(exchange.config, exchange.orders, exchange.feed) as desk:
        wait(lambda: is_up(desk))
        rest(desk)
        wait(lambda: books_agree(desk, exchange.feed), 30.0)


def test_no_report_and_no_data_is_lost_or_doubled_across_breaks(
    busy: Exchange, proxies: tuple[Proxy, Proxy]
):
    orders, feed = proxies
    chance = random.Random(11)
    with open_desk(busy.config, orders.port, feed.port) as desk:
        wait(lambda: is_up(desk))
        for _ in range(12):
            time.sleep(chance.uniform(0.05, 0.5))
            for proxy in chance.sample(proxies, chance.randint(1, 2)):
                proxy.cut()
        wait(lambda: is_up(desk))
        wait(lambda: not any(desk.read()["desk"]["symbols"]["stale"][:4]), 30.0)
        wait(lambda: books_agree(desk, busy.feed), 30.0)
        assert int(desk.read()["net"]["orders"]["break_count"]) > 3
        check_agreement(desk, busy)


def test_a_break_of_the_feed_makes_the_books_stale_until_all_of_it_is_there(
    busy: Exchange, proxies: tuple[Proxy, Proxy]
):
    orders, feed = proxies
    with open_desk(busy.config, orders.port, feed.port) as desk:
        wait(lambda: is_up(desk))
        wait(lambda: int(desk.read()["desk"]["symbols"][0]["md_count"]) > 100)
        feed.silent.set()
        feed.cut()
        wait(lambda: all(desk.read()["desk"]["symbols"]["stale"][:4]))
        assert int(desk.read()["desk"]["counters"]["gap_count"]) == 1
        feed.silent.clear()
        feed.cut()
        wait(lambda: not any(desk.read()["desk"]["symbols"]["stale"][:4]), 30.0)
        rest(desk)


def test_while_the_way_for_orders_is_down_the_desk_refuses_and_nothing_rests(
    busy: Exchange, proxies: tuple[Proxy, Proxy]
):
    orders, feed = proxies
    with open_desk(busy.config, orders.port, feed.port) as desk:
        wait(lambda: is_up(desk) and fills(desk) > 0, 30.0)
        orders.silent.set()  # half-open: both sides have to find out by themselves
        wait(lambda: int(desk.read()["net"]["orders"]["state"]) < 5)
        busy.expect("orders of desk (")
        sent = int(desk.read()["desk"]["counters"]["order_count"])
        time.sleep(0.5)
        assert int(desk.read()["desk"]["counters"]["order_count"]) == sent
        orders.silent.clear()
        orders.cut()
        wait(lambda: is_up(desk))
        check_agreement(desk, busy)


def test_an_exchange_that_was_killed_comes_back_as_another_day(
    open_exchange: Callable[..., Exchange],
):
    first = open_exchange(market=BUSY)
    with open_desk(first.config, first.orders, first.feed) as desk:
        wait(lambda: is_up(desk) and fills(desk) > 0, 30.0)
        first.kill()
        wait(lambda: int(desk.read()["net"]["orders"]["state"]) < 5)
        # What was said before the kill has come through to the desk.
        wait(lambda: linked(desk) == positions(desk))
        before = positions(desk)
        second = open_exchange(orders=first.orders, feed=first.feed, market=BUSY)
        wait(lambda: is_up(desk))
        assert any("is no more" in text or "new session" in text for text in events(desk))
        wait(lambda: not any(desk.read()["desk"]["symbols"]["stale"][:4]), 30.0)
        earlier = fills(desk)
        wait(lambda: fills(desk) > earlier, 30.0)
        rest(desk)
        after = positions(desk)
        new = [b - a for a, b in zip(before, after, strict=True)]
        wait(lambda: linked(desk) == new)
        assert int(desk.read()["desk"]["counters"]["unexpected_report_count"]) == 0
    # What it held is kept; what it has done since, the new exchange knows.
    assert told_by_exchange(second.orders) == new


def test_a_new_desk_is_told_the_position_that_an_earlier_one_left(busy: Exchange):
    with open_desk(busy.config, busy.orders, busy.feed) as desk:
        wait(lambda: is_up(desk))
        wait(lambda: fills(desk) > 10, 30.0)
        rest(desk)
        held = positions(desk)
    with open_desk(busy.config, busy.orders, busy.feed) as again:
        again.halt()
        wait(lambda: is_up(again))
        wait(lambda: linked(again) == held)
        assert int(again.read()["net"]["foreign_count"]) == 0
        assert positions(again) == [0, 0, 0, 0]  # its own: it has traded nothing


def test_orders_that_stay_behind_are_told_of_loudly(busy: Exchange):
    before = Orders(busy.orders)
    assert before.login(KEEPER, PASSWORD).kind == "A"
    before.enter(1, "B", 10, 1.00)
    before.enter(2, "B", 10, 1.00)
    before.answer("A")
    before.answer("A")
    before.cancel(2)
    before.answer("C")
    before.close()
    with open_desk(busy.config, busy.orders, busy.feed, user=KEEPER) as desk:
        wait(lambda: is_up(desk))
        assert any("1 orders of an earlier desk" in text for text in events(desk))
        wait(lambda: not int(desk.read()["net"]["foreign_count"]))  # by the policy


def test_a_wrong_password_is_told_and_tried_again_with_patience(busy: Exchange):
    with open_desk(busy.config, busy.orders, busy.feed, user="nobody") as desk:
        wait(lambda: any("refused" in text for text in events(desk)))
        time.sleep(1.0)
        assert int(desk.read()["net"]["orders"]["connect_count"]) < 30
        assert int(desk.read()["desk"]["counters"]["order_count"]) == 0


def test_a_desk_waits_for_an_exchange_that_is_not_there_yet(
    open_exchange: Callable[..., Exchange],
):
    first = open_exchange(market=BUSY)
    orders, feed = first.orders, first.feed
    assert first.stop() == 0
    with open_desk(first.config, orders, feed) as desk:
        wait(lambda: any("no connection" in text for text in events(desk)))
        open_exchange(orders=orders, feed=feed, market=BUSY)
        wait(lambda: is_up(desk))


def test_an_instrument_this_desk_does_not_know_is_left_alone(busy: Exchange):
    text = (busy.config / "desk.toml").read_text()
    busy.config.joinpath("desk.toml").write_text(text.replace('"DUNMOR"', '"OTHER"'))
    strategies = busy.config / "strategies.toml"
    strategies.write_text(strategies.read_text().replace('"DUNMOR"', '"OTHER"'))
    with open_desk(busy.config, busy.orders, busy.feed) as desk:
        wait(lambda: is_up(desk))
        wait(lambda: int(desk.read()["desk"]["symbols"][0]["md_count"]) > 100)
        assert any("OTHER is not traded" in text for text in events(desk))
        assert int(desk.read()["desk"]["symbols"][3]["md_count"]) <= 1


def test_a_price_in_other_steps_than_configured_is_told_and_left_out(busy: Exchange):
    text = (busy.config / "desk.toml").read_text()
    busy.config.joinpath("desk.toml").write_text(
        text.replace("tick = 0.005", "tick = 0.05")
    )
    with open_desk(busy.config, busy.orders, busy.feed) as desk:
        wait(lambda: any("not traded as configured" in text for text in events(desk)))
        wait(lambda: is_up(desk))


def test_snapshots_by_many_at_once_are_whole(busy: Exchange):
    sizes = [len(snapshot(busy.feed, USER, PASSWORD)[0].orders) for _ in range(20)]
    assert min(sizes) > 0
