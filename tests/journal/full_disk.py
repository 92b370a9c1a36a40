"""A desk whose journal finds no room while it trades, told as JSON lines.

``full_disk.py DIRECTORY HOW LEVEL``, HOW one of

``size``   no file may grow (RLIMIT_FSIZE): a write fails
``files``  no file may be opened (RLIMIT_NOFILE): the next segment cannot be begun
``space``  DIRECTORY's file system, which should be small, has no room left
``write``, ``sync``  the disk fails: what is preloaded (broken_disk.c) sees a file
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import hard_trader
import independent

from cockpit import core
from cockpit.journal.reader import verify

PATIENCE = 60
"""Seconds, on whatever machine."""


def limit(what: int, soft: int) -> None:
    resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def fill(directory: Path) -> None:
    with (directory.parent / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass


def broken(what: str) -> Path:
    return Path(os.environ[f"BROKEN_{what}"])


WAYS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "size": (
        lambda _: limit(resource.RLIMIT_FSIZE, 4096),
        lambda _: limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY),
    ),
    "files": (
        lambda _: limit(resource.RLIMIT_NOFILE, 3),
        lambda _: limit(resource.RLIMIT_NOFILE, 256),
    ),
    "space": (fill, lambda directory: (directory.parent / "filler").unlink()),
    "write": (lambda _: broken("WRITE").touch(), lambda _: broken("WRITE").unlink()),
    "sync": (lambda _: broken("SYNC").touch(), lambda _: broken("SYNC").unlink()),
}


def wait(engine: core.Engine, until: Callable[[core.Record], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until(desk := engine.read()["desk"]):
        assert time.monotonic() < deadline, desk["journal"]
        engine.cancel_all()
        # A breaker may trip where the machine is slow.
        if not int(desk["journal"]["trouble"]):
            engine.unhalt()
            engine.resume()
        time.sleep(0.005)


def tell(engine: core.Engine, stage: str, **more: object) -> None:
    desk = engine.read()["desk"]
    journal = desk["journal"]
    found = {
        "stage": stage,
        "state": core.RiskState(int(desk["risk_state"])).name,
        "trouble": core.Trouble(int(journal["trouble"])).name,
        "error": os.strerror(int(journal["error"])),
        "orders": int(desk["counters"]["order_count"]),
        "working": int(desk["working_count"]),
        "synced": int(journal["synced"]),
        "sequence": int(journal["sequence"]),
        "end": core.JournalEnd(int(journal["end"])).name,
        "hash": f"{int(journal['recovered_hash']):016x}",
    }
    print(json.dumps({**found, **more}), flush=True)


def said_by_another(directory: Path, last: int) -> str:
    """The state hash of an independent reader after that record."""
    desk = independent.Desk()
    for record in independent.records(directory):
        if record.sequence <= last:
            desk.take(record)
    desk.next_id = max(desk.next_id, desk.ids_end)
    return f"{desk.hash():016x}"


def main() -> None:
    directory, how, level = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    take, give = WAYS[how]
    settings = hard_trader.settings(directory, level, 1)
    engine = core.Engine(settings)
    engine.start()
    wait(engine, lambda desk: int(desk["counters"]["order_count"]) > 50)
    tell(engine, "trading")
    take(directory)
    wait(engine, lambda desk: int(desk["journal"]["trouble"]) > 0)
    wait(engine, lambda desk: int(desk["working_count"]) == 0)
    tell(engine, "trouble")
    failures = broken(how.upper()).stat().st_size if how in ("write", "sync") else 1
    give(directory)
    engine.unhalt()
    engine.resume()
    time.sleep(0.3)
    tell(engine, "room again", failures=failures)
    engine.stop()
    del engine

    take(directory)
    try:
        core.Engine(settings).start()
    except core.CoreError as error:
        print(json.dumps({"stage": "no room to start", "said": str(error)}), flush=True)
    give(directory)

    engine = core.Engine(settings)
    last = int(engine.read()["desk"]["journal"]["sequence"])
    tell(engine, "found")
    engine.start()
    # HALTED survives: an operator has to let it go on.
    wait(engine, lambda desk: int(desk["counters"]["order_count"]) > 50)
    engine.stop()
    tell(
        engine, "on again", problems=verify(directory).problems,
        expected=said_by_another(directory, last),
    )  # fmt: skip


if __name__ == "__main__":
    main()
