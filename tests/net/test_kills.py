"""kill -9 under load: the exchange and the desk in turn, and both sides agree afterwards.

A handful of times here; COCKPIT_KILLS=200 makes it a soak.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from remote_desks import (
    LAST,
    events,
    is_up,
    linked,
    open_desk,
    positions,
    rest,
    told_by_exchange,
    wait,
)
from venue import PASSWORD, USER, Exchange
from wire import Orders, report, snapshot

from cockpit.core import RiskState

KILLS = int(os.environ.get("COCKPIT_KILLS", "4"))
MARKET = {"rate": 20_000, "depth": 100}


def run_desk(
    exchange: Exchange, seconds: float, *arguments: str
) -> subprocess.Popen[str]:
    address = f"tcp://127.0.0.1:{exchange.orders}:{exchange.feed}"
    return subprocess.Popen(
        [
            sys.executable, "-m", "cockpit", "once", "--venue", address, "--config",
            str(exchange.config), "--credentials", str(exchange.config / "users"),
            "--seconds", str(seconds), "--json", *arguments,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def test_a_killed_desk_leaves_nothing_and_the_next_one_knows_what_it_did(
    open_exchange: Callable[..., Exchange],
):
    chance = random.Random(1)
    entered = 0
    exchange = open_exchange(market=MARKET)
    for _ in range(max(KILLS // 2, 1)):
        desk = run_desk(exchange, 60.0)
        exchange.expect("logged in for feed")
        time.sleep(chance.uniform(0.2, 1.5))
        desk.kill()
        desk.wait()
        assert desk.stdout
        desk.stdout.close()
        exchange.expect("orders of desk (")  # its connection is seen to be gone
        with open_desk(exchange.config, exchange.orders, exchange.feed) as again:
            again.halt()
            wait(lambda: is_up(again))
            assert int(again.read()["net"]["foreign_count"]) == 0
            held = linked(again)
        told, refs = told_by_exchange(exchange.orders), orders_of(exchange)
        assert told == held
        market, _, _ = snapshot(exchange.feed, USER, PASSWORD)
        assert not refs & set(market.orders)
        entered += len(refs)
        exchange.kill()
        exchange = open_exchange(market=MARKET)
    assert entered > 0


def test_a_killed_desk_with_a_journal_goes_on_with_the_exchange(
    open_exchange: Callable[..., Exchange], tmp_path: Path
):
    """Whatever was on its way when it died, journal and exchange make it whole."""
    chance = random.Random(3)
    exchange = open_exchange(market=MARKET)
    journal = tmp_path / "journal"
    turns = max(KILLS // 4 * 2, 2)
    for turn in range(turns):
        desk = run_desk(exchange, 60.0, "--journal", str(journal))
        exchange.expect("logged in for feed")
        time.sleep(chance.uniform(0.3, 2.0))
        desk.kill()
        desk.wait()
        assert desk.stdout
        desk.stdout.close()
        exchange.expect("orders of desk (")
        if turn % 2:  # or it is killed again before anybody has looked
            held = go_on(exchange, journal, trading=turn < turns - 1)
    assert any(held)
    assert told_by_exchange(exchange.orders) == held


def go_on(exchange: Exchange, journal: Path, trading: bool) -> list[int]:
    """What it holds, once desk and exchange agree on every order and nothing works."""
    with open_desk(
        exchange.config, exchange.orders, exchange.feed, journal=journal
    ) as desk:
        exchange.expect("logged in for feed")
        wait(lambda: is_up(desk))
        wait(lambda: int(desk.read()["desk"]["reconciled_ns"]) > 0)
        rest(desk)
        assert int(desk.read()["desk"]["doubt"]) == 0, events(desk)
        held = positions(desk)
        assert held == linked(desk), events(desk)
        if trading:  # the journal keeps a halt, too
            desk.unhalt()
            desk.resume()
            wait(lambda: desk.read()["desk"]["risk_state"] == RiskState.ACTIVE)
    exchange.expect("orders of desk (")
    return held


def orders_of(exchange: Exchange) -> set[int]:
    """The exchange's names of every order that the user has had."""
    client = Orders(exchange.orders)
    client.login(USER, PASSWORD)
    found = set()
    while (message := report(client.message())).get("ref") != LAST:
        if message["kind"] in "AU":
            found.add(int(str(message["order_ref"])))
    client.close()
    return found


def test_a_killed_exchange_comes_back_and_the_desk_agrees_with_it(
    open_exchange: Callable[..., Exchange],
):
    chance = random.Random(2)
    exchange = open_exchange(market=MARKET)
    with open_desk(exchange.config, exchange.orders, exchange.feed) as desk:
        wait(lambda: is_up(desk))
        for _ in range(max(KILLS // 2, 1)):
            time.sleep(chance.uniform(0.1, 1.0))
            exchange.kill()
            wait(lambda: int(desk.read()["net"]["orders"]["state"]) < 5)
            time.sleep(0.2)  # what was heard before the end is in the picture by then
            before = positions(desk)
            exchange = open_exchange(
                orders=exchange.orders, feed=exchange.feed, market=MARKET
            )
            wait(lambda: is_up(desk))
            wait(lambda: not any(desk.read()["desk"]["symbols"]["stale"][:4]))
            events(desk)
        time.sleep(1.0)
        rest(desk)
        new = [b - a for a, b in zip(before, positions(desk), strict=True)]
        assert int(desk.read()["desk"]["counters"]["unexpected_report_count"]) == 0
    # Not before: a desk that is still there would take its place at the exchange again.
    assert told_by_exchange(exchange.orders) == new


def test_a_desk_that_is_told_to_stop_confirms_that_nothing_works(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market=MARKET)
    desk = run_desk(exchange, 2.0)
    text, _ = desk.communicate(timeout=60)
    assert desk.returncode == 0
    found = json.loads(text)
    assert found["orders_working"] == 0
    assert found["unexpected_reports"] == 0
    held = {p["symbol"]: p["position"] for p in found["positions"]}
    assert found["net"]["positions"] == held
    assert list(held.values()) == told_by_exchange(exchange.orders)
