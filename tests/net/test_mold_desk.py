"""A desk that takes the feed as datagrams, over a wire that loses and swaps them."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from remote_desks import books_agree, is_up, open_desk, rest, wait
from venue import Exchange

MARKET = {"rate": 2_000, "depth": 50}


class Bad:
    """Passes datagrams on to a desk; of each hundred, some go wrong."""

    def __init__(self) -> None:
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.source.bind(("127.0.0.1", 0))
        self.source.settimeout(0.1)
        self.port = self.source.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.target = free.getsockname()
        self.lost = self.doubled = self.swapped = 0
        self.percent = 0
        self.chance = random.Random(5)
        self._open = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        late: list[bytes] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
            while self._open:
                try:
                    data = self.source.recv(2048)
                except TimeoutError:
                    continue
                fate = self.chance.randrange(100) if self.percent else 100
                if fate < self.percent:
                    self.lost += 1
                    continue
                if fate < 2 * self.percent:
                    self.swapped += 1
                    late.append(data)
                    continue
                sink.sendto(data, self.target)
                if fate < 3 * self.percent:
                    self.doubled += 1
                    sink.sendto(data, self.target)
                while late:
                    sink.sendto(late.pop(), self.target)

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self.source.close()


@pytest.fixture
def bad() -> Iterator[Bad]:
    made = Bad()
    yield made
    made.close()


@pytest.mark.parametrize("percent", [0, 5])
def test_its_books_are_the_exchanges(
    open_exchange: Callable[..., Exchange], bad: Bad, percent: int
):
    exchange = open_exchange("--mold", f"127.0.0.1:{bad.port}", market=MARKET)
    with open_desk(
        exchange.config,
        exchange.orders,
        exchange.feed,
        mold_host="127.0.0.1",
        mold_port=bad.target[1],
    ) as desk:
        wait(lambda: is_up(desk))
        bad.percent = percent
        wait(lambda: int(desk.read()["net"]["feed_count"]) > 8_000, 30.0)
        bad.percent = 0
        rest(desk)
        wait(lambda: books_agree(desk, exchange.feed), 30.0)
        net = desk.read()["net"]
        if percent:
            assert bad.lost > 0 and bad.doubled > 0 and bad.swapped > 0
            assert int(net["gap_count"]) > 0
            assert int(net["request_count"]) > 0
            assert int(net["duplicate_count"]) >= bad.doubled // 2
        else:
            assert int(net["gap_count"]) == 0
            assert int(net["request_count"]) == 0
        # Whatever was lost on the wire, nothing was for the desk.
        assert int(net["feed"]["break_count"]) == 0


def test_a_desk_that_hears_nothing_more_takes_its_books_for_stale(
    open_exchange: Callable[..., Exchange], bad: Bad
):
    exchange = open_exchange(
        "--mold", f"127.0.0.1:{bad.port}", market=MARKET, silence="1.0", heartbeat="0.2"
    )
    with open_desk(
        exchange.config,
        exchange.orders,
        exchange.feed,
        mold_host="127.0.0.1",
        mold_port=bad.target[1],
    ) as desk:
        wait(lambda: is_up(desk))
        wait(lambda: int(desk.read()["desk"]["symbols"][0]["md_count"]) > 100)
        bad.percent = 100
        wait(lambda: all(desk.read()["desk"]["symbols"]["stale"][:4]))
        bad.percent = 0
        wait(lambda: not any(desk.read()["desk"]["symbols"]["stale"][:4]))
