"""What the terminal does not take waits, holds nobody up, and can be dropped."""

from __future__ import annotations

import asyncio
import os
import pty
import time
import tty
from collections.abc import Iterator

import pytest

from cockpit.ui.outlet import CUT, Outlet

MORE_THAN_A_LINE_HOLDS = 200_000


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo terminal; the program's does not wait."""
    reader, slave = pty.openpty()
    tty.setraw(slave)
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    writer = os.open(os.ttyname(slave), flags)
    yield reader, writer
    for descriptor in (reader, slave, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue  # closed by the test


def read(descriptor: int, count: int) -> bytes:
    found = b""
    while len(found) < count:
        found += os.read(descriptor, count - len(found))
    return found


async def test_what_is_taken_at_once_does_not_wait(line: tuple[int, int]) -> None:
    drained: list[int] = []
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: drained.append(1))
    outlet.write(b"a frame")
    assert outlet.waiting == 0
    assert read(line[0], 7) == b"a frame"
    assert drained == []


async def test_the_rest_waits_and_goes_when_there_is_room(line: tuple[int, int]) -> None:
    drained: list[int] = []
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: drained.append(1))
    frame = bytes(range(32, 127)) * (MORE_THAN_A_LINE_HOLDS // 95)
    began = time.monotonic()
    outlet.write(frame)
    outlet.write(b"next")
    assert time.monotonic() - began < 0.5
    assert outlet.waiting > MORE_THAN_A_LINE_HOLDS // 2
    found = b""
    while len(found) < len(frame) + 4:
        found += await asyncio.to_thread(os.read, line[0], 65536)
    assert found == frame + b"next"
    await asyncio.sleep(0.01)
    assert drained == [1]
    assert outlet.waiting == 0


async def test_what_is_dropped_is_not_sent_and_what_was_cut_is_ended(
    line: tuple[int, int],
) -> None:
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: None)
    outlet.write(b"x" * MORE_THAN_A_LINE_HOLDS)
    taken = MORE_THAN_A_LINE_HOLDS - outlet.waiting
    outlet.drop()
    outlet.write(b"farewell")
    assert read(line[0], taken) == b"x" * taken
    assert outlet.finish(1.0)
    assert read(line[0], len(CUT) + 8) == CUT + b"farewell"


async def test_nothing_is_dropped_of_what_has_gone(line: tuple[int, int]) -> None:
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: None)
    outlet.write(b"whole")
    outlet.drop()
    assert outlet.waiting == 0


async def test_a_terminal_that_takes_nothing_is_not_waited_for_long(
    line: tuple[int, int],
) -> None:
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: None)
    outlet.write(b"x" * MORE_THAN_A_LINE_HOLDS)
    began = time.monotonic()
    assert not outlet.finish(0.2)
    assert 0.15 < time.monotonic() - began < 2


async def test_a_terminal_that_is_gone_takes_everything(line: tuple[int, int]) -> None:
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: None)
    os.close(line[0])
    outlet.write(b"nobody reads this")
    assert outlet.waiting == 0
    assert outlet.finish(1.0)


async def test_another_thread_may_write(line: tuple[int, int]) -> None:
    outlet = Outlet(line[1], asyncio.get_running_loop(), lambda: None)
    await asyncio.to_thread(outlet.write, b"from afar")
    await asyncio.sleep(0.01)
    assert read(line[0], 9) == b"from afar"
