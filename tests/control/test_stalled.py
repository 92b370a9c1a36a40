"""Each kill from outside while the journal is not written: all pulled, nothing new."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import Served, copy_files, state, wait

from cockpit.control.kill import SIGNALS, Level
from cockpit.core import RiskState

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
DONE = {
    Level.HALT: "HALTED, no order works",
    Level.CANCEL: "every order that worked is off",
}
WALL = 0x40000000  # waitpid: threads, too


def trace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2
    if libc.ptrace(request, thread, None, None) != 0:
        pytest.skip(f"no thread may be stopped here: {os.strerror(ctypes.get_errno())}")


@contextmanager
def stopped(thread: int) -> Iterator[None]:
    """That one thread of another process, and no other of it."""
    trace(PTRACE_SEIZE, thread)
    trace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        trace(PTRACE_DETACH, thread)


def thread_of(pid: int, name: str) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return next(int(t.name) for t in tasks if (t / "comm").read_text().strip() == name)


def sent(served: Served) -> int:
    return int(served.picture()["desk"]["counters"]["order_count"])


def by_signal(served: Served, level: Level) -> str:
    served.signal(SIGNALS[level])
    return ""


def by_file(served: Served, level: Level) -> str:
    served.place.kill(level).touch()
    return ""


def by_script(served: Served, level: Level) -> str:
    done = served.ctl(level.value)
    return done.stdout + done.stderr


@pytest.mark.parametrize("way", [by_signal, by_file, by_script])
@pytest.mark.parametrize("level", list(Level))
def test_a_kill_pulls_all_and_sends_nothing_new(
    tmp_path: Path, level: Level, way: Callable[[Served, Level], str]
) -> None:
    with Served(copy_files(tmp_path)) as served:
        wait(lambda: sent(served) > 10, "for orders")
        with stopped(thread_of(served.pid, "journal")):
            served.wait_for("ACTIVE -> HALTED")
            count = sent(served)
            done = served.ctl("unhalt")
            assert done.returncode == 4 and "is not written (stalled)" in done.stderr
            said = way(served, level)
            wait(lambda: said or "asked: " in served.said(), "for it to be asked")
            time.sleep(0.5)
            desk = served.picture()["desk"]
            assert state(served.picture()) == RiskState.HALTED
            assert not desk["working_count"] and not desk["cancels_pending"]
            if not said and level != Level.FLATTEN:
                served.wait_for(f"confirmed: {DONE[level]}")
            assert sent(served) == count
            if level == Level.FLATTEN and not said:
                served.wait_for("positions stay; un-halt it first")
            elif level == Level.FLATTEN:
                assert "is HALTED" in said
        # What was asked is on record, when there is one again.
        assert served.process is not None and served.process.poll() is None
        served.signal(signal.SIGTERM)
        assert served.left() == 0


@pytest.mark.parametrize("way", [by_signal, by_file])
def test_what_closes_leaves_no_more_when_it_is_stalled_meanwhile(
    tmp_path: Path, way: Callable[[Served, Level], str]
) -> None:
    with Served(copy_files(tmp_path)) as served:
        wait(lambda: sent(served) > 10, "for orders")
        with stopped(thread_of(served.pid, "journal")):
            way(served, Level.FLATTEN)  # before anybody knows of the stall
            served.wait_for("-> HALTED")
            count = sent(served)
            time.sleep(0.5)
            assert sent(served) == count
            assert state(served.picture()) == RiskState.HALTED
