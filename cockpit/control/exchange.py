"""An exchange as a process: started, its events told a line each, stopped in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from cockpit.core import Engine, FlowKind, Placement, Record

LOOK_SECONDS = 0.05


def host(
    engine: Engine,
    say: Callable[[str], None],
    stopped: Callable[[], bool],
    *,
    status_seconds: float = 10.0,
    seconds: float = 0.0,
) -> dict[str, Any]:
    """Run an exchange until ``stopped()`` or for ``seconds`` (0: no end); its figures.

    Each event of a connection is a line; every ``status_seconds`` (0: never) a status.
    """
    began = time.monotonic()
    engine.start()
    _say_where(engine, say)
    told = began
    before = 0
    while not stopped() and not 0 < seconds <= time.monotonic() - began:
        time.sleep(LOOK_SECONDS)
        _say_events(engine, say)
        now = time.monotonic()
        if 0 < status_seconds <= now - told:
            picture = engine.picture()
            count = int(picture["net"]["feed_count"])
            say(status_line(picture, (count - before) / (now - told)))
            told, before = now, count
    engine.stop()
    _say_events(engine, say)
    found = figures(engine, time.monotonic() - began)
    say("stopped: the day is over, everybody has been told")
    return found


def _say_where(engine: Engine, say: Callable[[str], None]) -> None:
    net = engine.picture()["net"]
    session = bytes(net["session"]).decode()
    host = engine.settings.net.host if engine.settings.net else ""
    say(
        f"listening on {host}: orders on port {int(net['orders_port'])}, feed on port "
        f"{int(net['feed_port'])}, session {session}"
    )
    if not _is_loopback(host):
        say(
            "warning: SoupBinTCP sends passwords and orders in clear text: everybody on "
            "the way can read them; a tunnel to 127.0.0.1 is the safe way"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say_events(engine: Engine, say: Callable[[str], None]) -> None:
    for event in engine.net_events():
        say(f"{event.severity.name.lower()}: {event.text}")


def status_line(picture: Record, feed_per_s: float) -> str:
    """What goes on, in one line."""
    net, venue = picture["net"], picture["venue"]
    return (
        f"status: {int(net['connection_count'])} connections, "
        f"{int(net['session_count'])} users trading, "
        f"{int(net['orders_in']):,} messages in, {int(net['reports_out']):,} answers, "
        f"{int(venue['resting_count']):,} orders resting, "
        f"{feed_per_s:,.0f} feed messages/s, "
        f"flow {int(venue['late_ns']) / 1e6:.1f} ms late"
    )


def figures(engine: Engine, seconds: float) -> dict[str, Any]:
    """What the run came to, of plain JSON types."""
    picture = engine.picture()
    net, venue = picture["net"], picture["venue"]
    counts = (
        "login_count", "refused_count", "cut_off_count", "ignored_count", "orders_in",
        "reports_out", "feed_count", "request_count", "pulled_count",
    )  # fmt: skip
    found: dict[str, Any] = {name: int(net[name]) for name in counts}
    found["seconds"] = seconds
    found["session"] = bytes(net["session"]).decode()
    found["trades"] = int(venue["trade_count"])
    found["resting_orders"] = int(venue["resting_count"])
    found["sockets"] = Placement(int(net["placement"])).name.lower()
    if engine.settings.flow.kind == FlowKind.REPLAY:
        found["replayed"] = int(venue["replay"]["messages"])
    return found
