"""A client that others wrote, at our exchange: nasdaq-protocols (PyPI) speaks SoupBinTCP.

Its first heartbeat comes two intervals after the login, and it justifies the numbers of a
login to the left. Skipped where it is not installed.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import pytest
from venue import PASSWORD, USER, Exchange
from wire import Market, report

nasdaq = pytest.importorskip(
    "nasdaq_protocols.soup",
    reason="nasdaq-protocols is not installed (pip install nasdaq-protocols==1.3.0)",
)


class Recorder:
    """What their session hands on: the payload of each sequenced message."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def on_message(self, message: object) -> None:
        if isinstance(message, nasdaq.SequencedData):
            await self.messages.put(bytes(message.data))

    async def on_close(self) -> None:
        self.closed.set()

    async def next(self) -> bytes:
        return await asyncio.wait_for(self.messages.get(), 10)


async def connect(port: int, recorder: Recorder, **wanted: object):
    return await nasdaq.connect_async(
        ("127.0.0.1", port), USER, PASSWORD,
        on_msg_coro=recorder.on_message, on_close_coro=recorder.on_close,
        client_heartbeat_interval=1, server_heartbeat_interval=1, **wanted,
    )  # fmt: skip


def enter(ref: int, qty: int, at: int) -> bytes:
    return struct.pack(
        ">cIcI8sQccccc14sH",
        b"O", ref, b"B", qty, b"ACME    ", at, b"0", b"Y", b"P", b"N",
        b"N", b"THEIRS".ljust(14), 0,
    )  # fmt: skip


async def test_their_client_logs_in_enters_orders_and_receives_reports(
    exchange: Exchange,
):
    recorder = Recorder()
    session = await connect(exchange.orders, recorder)
    assert report(await recorder.next())["event"] == "S"
    session.send_unseq_data(enter(1, 100, 10_000))
    accepted = report(await recorder.next())
    assert (accepted["kind"], accepted["qty"], accepted["text"]) == ("A", 100, "THEIRS")
    session.send_unseq_data(struct.pack(">cII", b"X", 1, 0))
    assert report(await recorder.next())["qty"] == 100
    await session.close()
    # They justify the numbers of a login to the other side than we do.
    again = Recorder()
    session = await connect(exchange.orders, again, sequence=2)
    assert report(await again.next())["kind"] == "A"
    await session.close()


async def test_their_client_stays_through_silence_by_heartbeats(
    open_exchange: Callable[..., Exchange],
):
    exchange = open_exchange(market={"rate": 1, "depth": 10}, silence="5.0")
    recorder = Recorder()
    session = await connect(exchange.orders, recorder)
    await recorder.next()
    await asyncio.sleep(9.0)  # nearly twice the silence allowed
    assert not recorder.closed.is_set()
    session.send_unseq_data(enter(1, 1, 10_000))
    assert report(await recorder.next())["kind"] == "A"
    await session.close()


async def test_their_client_is_told_when_the_password_is_wrong(exchange: Exchange):
    with pytest.raises(ConnectionRefusedError):
        await nasdaq.connect_async(("127.0.0.1", exchange.orders), USER, "wrong")


async def test_their_client_receives_the_feed(open_exchange: Callable[..., Exchange]):
    exchange = open_exchange(market={"rate": 2_000, "depth": 50})
    recorder = Recorder()
    session = await connect(exchange.feed, recorder)
    market = Market()
    for _ in range(5_000):
        market.take(await recorder.next())
    assert market.events == "OSQ"
    assert set(market.symbols.values()) == {"ACME", "BOREAL", "CITRA", "DUNMOR"}
    assert market.levels("ACME", "B") and market.levels("ACME", "S")
    await session.close()
