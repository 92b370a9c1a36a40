from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from venue import Exchange, make_config
from wire import Soup


@pytest.fixture(autouse=True)
def close_sockets() -> Iterator[None]:
    yield
    while Soup.opened:
        Soup.opened.pop().close()


@pytest.fixture
def open_exchange(tmp_path: Path) -> Iterator[Callable[..., Exchange]]:
    """Start exchanges that are stopped at the end; keyword arguments change the files."""
    running: list[Exchange] = []

    def start(
        *arguments: str, orders: int = 0, feed: int = 0, **changes: object
    ) -> Exchange:
        config = make_config(tmp_path / f"config{len(running)}", **changes)
        running.append(Exchange(config, *arguments, orders=orders, feed=feed))
        return running[-1]

    yield start
    for exchange in running:
        if exchange.process.poll() is None:
            exchange.kill()


@pytest.fixture
def exchange(open_exchange: Callable[..., Exchange]) -> Exchange:
    """One with next to no market of its own."""
    return open_exchange(
        market={"rate": 1, "depth": 10}, silence="20.0", heartbeat="0.3", login="1.0"
    )


@pytest.fixture
def impatient(open_exchange: Callable[..., Exchange]) -> Exchange:
    """The same, and nobody may be silent for long."""
    return open_exchange(
        market={"rate": 1, "depth": 10}, silence="1.5", heartbeat="0.2", login="1.0"
    )
