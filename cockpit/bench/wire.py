"""Two processes over TCP: an exchange of its own, and a desk or a plain client here.

Each figure stands beside one of the same run: the same desk in one process, the raw
round trip of an order's bytes over loopback by the same way of polling, or the rate asked
for. Once waiting ``spin``, once ``yield``.
COCKPIT_WIRE_SECONDS is how long a rate is sustained.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cockpit import core, paths
from cockpit.bench.row import Row
from cockpit.config.users_file import create_users, read_users
from cockpit.core import Engine, Net, Role, Settings, Waiting, probes

ROUND_TRIPS = 50_000
ORDER_SIZE = 50
"""Bytes of an Enter Order with its packet's header."""
ACK_TURNS = 3
ANSWER_ROUNDS = 3
DESK_SECONDS = 4.0
MARKET_RATE = 20_000
ORDERS_PER_S = 100_000
FEED_PER_S = 1_000_000
RATE_SECONDS = float(os.environ.get("COCKPIT_WIRE_SECONDS", "5"))
FAR_PRICE = 100
"""1/10000: nobody sells there."""
START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Venue:
    """An exchange that runs, and how to reach it."""

    net: Net


def _config(directory: Path, waiting: Waiting, rate: int) -> None:
    for source in paths.default_config().glob("*.toml"):
        shutil.copyfile(source, directory / source.name)
    desk = directory / "desk.toml"
    text = re.sub(
        r"(?m)^waiting = .*$", f'waiting = "{waiting.name.lower()}"', desk.read_text()
    )
    # A fast market needs room on its way to the sockets.
    text = re.sub(r"(?m)^ring_capacity = .*$", "ring_capacity = 1048576", text)
    desk.write_text(re.sub(r"(?m)^rate = .*$", f"rate = {rate}", text))
    create_users(directory / "users")


@contextmanager
def _venue(waiting: Waiting, rate: int) -> Iterator[Venue]:
    """An exchange in another process, with a market of so many events a second."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _config(directory, waiting, rate)
        users = directory / "users"
        process = subprocess.Popen(
            [
                sys.executable, "-m", "cockpit", "exchange", "--config", name,
                "--users", str(users), "--orders", "0", "--feed", "0", "--status", "0",
            ],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert process.stdout
            found = re.search(
                r"on port (\d+), feed on port (\d+)", process.stdout.readline()
            )
            if found is None:
                raise core.CoreError("the exchange does not start")
            yield Venue(
                Net(
                    Role.REMOTE,
                    read_users(users)[:1],
                    "127.0.0.1",
                    int(found[1]),
                    int(found[2]),
                )
            )
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


@contextmanager
def _desk(settings: Settings, venue: Venue, waiting: Waiting) -> Iterator[Engine]:
    """A desk with the strategies of ``settings``, trading there."""
    made = replace(
        settings, virtual_time=False, desk=True, waiting=waiting, net=venue.net
    )
    with Engine(made) as engine:
        until = time.monotonic() + START_SECONDS
        while engine.read()["net"]["orders"]["state"] != core.LinkState.UP:
            if time.monotonic() > until:
                raise core.CoreError("the desk does not get to the exchange")
            time.sleep(0.01)
        yield engine


def _raw_ns(waiting: Waiting) -> float:
    """The best the sockets can do: median round trip of an order's bytes."""
    trips = [
        probes.tcp_round_trip(ORDER_SIZE, ROUND_TRIPS, waiting)["p50_ns"]
        for _ in range(ANSWER_ROUNDS)
    ]
    return float(min(trips))


def _suffix(waiting: Waiting) -> str:
    return "" if waiting == Waiting.SPIN else f".{waiting.name.lower()}"


def _traded(settings: Settings, waiting: Waiting, field: str) -> tuple[core.Array, str]:
    """A desk at an exchange of its own for a while: one of its hops, and a note."""
    with _venue(waiting, MARKET_RATE) as venue, _desk(settings, venue, waiting) as desk:
        time.sleep(DESK_SECONDS)
        desk.halt()
        time.sleep(0.1)
        net = desk.read()["net"]
        sockets = core.Placement(int(net["placement"])).name.lower()
        hop = net[field].copy()
    return hop, f"{int(hop['count'])} orders, sockets {sockets}"


def _embedded(settings: Settings, waiting: Waiting) -> core.Array:
    """T1 to T4 of the same desk on the same market in one process."""
    flow = replace(settings.flow, rate=MARKET_RATE)
    made = replace(settings, virtual_time=False, waiting=waiting, flow=flow)
    with Engine(made) as desk:
        time.sleep(DESK_SECONDS)
        desk.halt()
        time.sleep(0.1)
        found: core.Array = desk.read()["hops"][core.Hop.TICK_TO_ORDER].copy()
    return found


def tick_to_order(settings: Settings) -> Iterator[Row]:
    """Data out of the socket to order into it, in a desk over TCP (T1 to T4)."""
    for waiting in (Waiting.SPIN, Waiting.YIELD):
        embedded = _embedded(settings, waiting)
        hop, note = _traded(settings, waiting, "tick_to_order")
        for part, tail, bar in (("p50_ns", "", 2_000.0), ("p99_ns", ".p99", 10_000.0)):
            yield Row(
                f"wire_tick_to_order_ns{_suffix(waiting)}{tail}", float(hop[part]), "ns",
                "the embedded desk's", float(embedded[part]), bar, note=note,
            )  # fmt: skip


def order_to_ack(settings: Settings) -> Iterator[Row]:
    """Order into the socket to its answer out of it, against the raw round trip.

    Both in turns, and of both the best: on some machines the way between two cores has
    two speeds, which change within minutes.
    """
    for waiting in (Waiting.SPIN, Waiting.YIELD):
        turns = [
            (_raw_ns(waiting), _traded(settings, waiting, "order_to_ack"))
            for _ in range(ACK_TURNS)
        ]
        raw = min(raw for raw, _ in turns)
        hop, note = min((traded for _, traded in turns), key=lambda one: one[0]["p50_ns"])
        for part, tail, bar in (("p50_ns", "", 1.5 * raw), ("p99_ns", ".p99", None)):
            yield Row(
                f"wire_order_to_ack_ns{_suffix(waiting)}{tail}", float(hop[part]), "ns",
                "raw loopback round trip", raw, bar, note=note,
            )  # fmt: skip


def orders(settings: Settings) -> Iterator[Row]:
    """Orders a second for a while, every one of them answered and in order."""
    for waiting in (Waiting.SPIN, Waiting.YIELD):
        with _venue(waiting, 2_000) as venue:
            symbol = settings.instruments[0].name
            found = probes.wire_orders(
                venue.net, symbol, FAR_PRICE, ORDERS_PER_S, RATE_SECONDS, waiting
            )
        p50, p99 = (found.latency[part] / 1000 for part in ("p50_ns", "p99_ns"))
        note = (
            f"{found.count:,} answered in {found.seconds:.1f} s, "
            f"p50 {p50:,.0f} us, p99 {p99:,.0f} us"
        )
        yield Row(
            f"wire_orders_per_s{_suffix(waiting)}", found.count / found.seconds,
            "orders/s", "asked for", ORDERS_PER_S, 0.99 * ORDERS_PER_S,
            higher_is_better=True, note=note,
        )  # fmt: skip


def feed(settings: Settings) -> Iterator[Row]:
    """Market data messages a second through the feed, none of them lost."""
    for waiting in (Waiting.SPIN, Waiting.YIELD):
        with _venue(waiting, FEED_PER_S) as venue:
            time.sleep(0.5)
            found = probes.wire_feed(venue.net, RATE_SECONDS, waiting)
        yield Row(
            f"wire_feed_per_s{_suffix(waiting)}", found.count / found.seconds,
            "messages/s", "asked for", FEED_PER_S, FEED_PER_S, higher_is_better=True,
            note=f"{found.count:,} messages, none missing",
        )  # fmt: skip


GROUPS: dict[str, Callable[[Settings], Iterator[Row]]] = {
    "wire_tick_to_order_ns": tick_to_order,
    "wire_order_to_ack_ns": order_to_ack,
    "wire_orders_per_s": orders,
    "wire_feed_per_s": feed,
}
