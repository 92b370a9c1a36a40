"""A desk is halted while something is wrong, in every way: then nothing new leaves.

What is wrong is so outside of the desk: its exchange hangs or refuses everything, the
line to it is cut or swallows what is sent, the disk under its journal does not answer,
its files change all the time. What has left is read in the journal, record by record:
after the halt there is no new order and no replace. The same in virtual time, in every
trouble there is, is ``test_soak kill``.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from proxy import Proxy
from venue import PASSWORD, USER, Exchange

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))

from serving import Served, copy_files, wait

from cockpit.core import RiskState

MARKET = {"rate": 10_000, "depth": 100}
SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static void wait_for_disk(void)
{
    while (access(getenv("SLOW_DISK"), F_OK) == 0)
        usleep(1000);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    wait_for_disk();
    return real(fd, bytes, size, at);
}
int fdatasync(int fd)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    wait_for_disk();
    return real(fd);
}
"""


class Killed(Served):
    """A desk on an exchange elsewhere, over lines that can be cut, and a disk that can
    stand still."""

    def __init__(self, files: Path, exchange: Exchange) -> None:
        self.exchange = exchange
        self.line = Proxy(exchange.orders)
        mine = files / "user"
        mine.write_text(f"{USER} {PASSWORD}\n")
        mine.chmod(0o600)
        super().__init__(
            files, "--venue", f"tcp://127.0.0.1:{self.line.port}:{exchange.feed}",
            "--credentials", mine, "--account", "sim",
        )  # fmt: skip
        self.rejected = 0
        self.stalls = self.runtime / "stalls"
        source, library = self.runtime / "slow.c", self.runtime / "slow.so"
        source.write_text(SLOW_DISK)
        words = [os.environ.get("CC", "cc"), "-shared", "-fPIC", source, "-o", library]
        subprocess.run(words, check=True)
        self.environment |= {"LD_PRELOAD": str(library), "SLOW_DISK": str(self.stalls)}

    def __exit__(self, *exception: object) -> None:
        self.stalls.unlink(missing_ok=True)
        self.exchange.process.send_signal(signal.SIGCONT)
        super().__exit__(*exception)
        self.line.close()

    def rows(self, *kinds: str) -> list[dict[str, Any]]:
        """Of its journal, which can be read while it is written."""
        given = [word for kind in kinds for word in ("--kind", kind)]
        done = self.run("journal", "export", f"{self.place.name}@127.0.0.1", *given)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def orders(self) -> int:
        return int(self.picture()["desk"]["counters"]["order_count"])

    def trades(self) -> None:
        before = self.orders()
        wait(lambda: self.orders() > before + 20, f"for orders: {self.said()[-2000:]}")

    def is_halted(self) -> bool:
        return int(self.picture()["desk"]["risk_state"]) == RiskState.HALTED

    def has_pulled_all(self) -> bool:
        desk = self.picture()["desk"]
        return self.is_halted() and not desk["working_count"]

    def restarts(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.start()

    def goes_on(self) -> None:
        self.place.halt.unlink(missing_ok=True)

        def resumed() -> bool:
            self.ctl("unhalt", "--take-over")
            return self.ctl("resume", "--take-over").returncode == 0

        wait(resumed, "to go on")
        self.trades()


# ---- what is wrong ---------------------------------------------------------------------


@contextmanager
def nothing(_: Killed) -> Iterator[None]:
    yield


@contextmanager
def lost_line(desk: Killed) -> Iterator[None]:
    """Broken, and whoever dials again gets no answer."""
    desk.line.silent.set()
    desk.line.cut()
    yield
    desk.line.silent.clear()
    desk.line.cut()


@contextmanager
def half_open_line(desk: Killed) -> Iterator[None]:
    desk.line.silent.set()
    yield
    desk.line.silent.clear()
    desk.line.cut()


@contextmanager
def hanging_exchange(desk: Killed) -> Iterator[None]:
    """Nobody takes what is sent, on the feed neither: buffers and rings fill up."""
    desk.exchange.process.send_signal(signal.SIGSTOP)
    yield
    desk.exchange.process.send_signal(signal.SIGCONT)


@contextmanager
def standing_disk(desk: Killed) -> Iterator[None]:
    desk.stalls.touch()
    yield
    desk.stalls.unlink()


@contextmanager
def changing_files(desk: Killed) -> Iterator[None]:
    """Every other time to something that is wrong."""
    risk, over = desk.files / "risk.toml", threading.Event()
    text = risk.read_text()

    def change() -> None:
        for turn in itertools.count():
            risk.write_text(f"{text}\n{'[' if turn % 2 else '#'}")
            if over.wait(0.01):
                break
        risk.write_text(text)

    thread = threading.Thread(target=change)
    thread.start()
    yield
    over.set()
    thread.join()


# ---- how it is killed ------------------------------------------------------------------


def by_signal(desk: Killed) -> None:
    desk.signal(signal.SIGUSR1)


def by_file(desk: Killed) -> None:
    desk.place.halt.touch()


def by_script(desk: Killed) -> None:
    """Asked for, whether or not the exchange can confirm it in time."""
    done = desk.ctl("halt", "--why", "drill")
    assert done.returncode in (0, 1), done.stderr


def by_key(desk: Killed) -> None:
    """What the key of a screen asks for."""
    with desk.join() as screen:
        wait(lambda: screen.read() is not None)
        screen.halt()
        wait(desk.is_halted, "for the halt")


ASKED = "asked: halt: pull every order"
WAYS: list[Callable[[Killed], None]] = [by_signal, by_file, by_script, by_key]


def left_after(desk: Killed, halt: int) -> list[int]:
    """New orders and replaces behind that record of the journal."""
    return [
        row["sequence"] for row in desk.rows("order")
        if row.get("order_kind") in ("new", "replace") and row["sequence"] > halt
    ]  # fmt: skip


def halts(desk: Killed) -> list[int]:
    return [
        row["sequence"] for row in desk.rows("control")
        if row.get("control_kind") == "halt" and not row["part"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [lost_line, half_open_line, hanging_exchange, standing_disk, changing_files],
    ids=lambda wrong: wrong.__name__,
)
def test_nothing_new_leaves_once_it_is_halted(
    open_exchange: Callable[..., Exchange], tmp_path: Path, wrong: Any
) -> None:
    check(Killed(copy_files(tmp_path), open_exchange(market=MARKET)), wrong)


def test_nothing_new_leaves_a_desk_that_is_refused_everything(
    open_exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    files = copy_files(tmp_path)
    risk = files / "risk.toml"
    # The breaker would be first.
    text, count = re.subn(
        r"(?m)^reject_count = .*$", "reject_count = 1000000", risk.read_text()
    )
    assert count == 1
    risk.write_text(text)
    desk = Killed(files, open_exchange(market=MARKET | {"throttle": 1}))
    check(desk, nothing)
    assert desk.rejected > 20


def check(desk: Killed, wrong: Any) -> None:
    with desk:
        desk.trades()
        for way in WAYS:
            before, asked = len(halts(desk)), desk.said().count(ASKED)
            with wrong(desk):
                time.sleep(0.2)
                way(desk)
                wait(desk.is_halted, "for the halt")
                wait(lambda said=asked: desk.said().count(ASKED) > said, "for who asks")
                time.sleep(0.3)
            wait(desk.has_pulled_all, "for all to be pulled")
            desk.rejected = int(desk.picture()["desk"]["counters"]["reject_count"])
            found = halts(desk)
            if wrong is not standing_disk:  # nothing is written down any more
                assert len(found) > before
            # One whose journal failed trades again after a restart only.
            if wrong is standing_disk or way is WAYS[-1]:
                desk.restarts()
                assert desk.is_halted()
            if found:
                assert not left_after(desk, found[-1])
            if way is not WAYS[-1]:
                desk.goes_on()
