"""How soon a desk that was killed trades again."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cockpit import core
from cockpit.bench.row import Row
from cockpit.core import Engine, Settings, probes

RECORDS = 1_000_000
ROUNDS = 3
PATIENCE_SECONDS = 30.0


def recover(settings: Settings) -> Iterator[Row]:
    """A million records read again, to trading, against reading the file."""
    recovered, read = [], []
    replayed = 0
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as directory:
            journal = core.Journal(Path(directory), segment_records=4 * RECORDS)
            kept = replace(settings, virtual_time=False, journal=journal)
            probes.journal(kept, RECORDS)
            began = time.perf_counter()
            for path in sorted(Path(directory).glob("*.journal")):
                np.fromfile(path, np.uint8).max()
            read.append(time.perf_counter() - began)
            began = time.perf_counter()
            with Engine(kept) as engine:
                _await_trading(engine)
                recovered.append(time.perf_counter() - began)
                replayed = int(engine.read()["desk"]["journal"]["replayed_count"])
    yield Row(
        "recover_1m_s",
        statistics.median(recovered),
        "s",
        "reading its bytes",
        statistics.median(read),
        bar=1.0,
        note=f"{replayed:,} records, slowest of {ROUNDS} {max(recovered):.2f} s",
    )


def _await_trading(engine: Engine) -> None:
    """Until desk and venue have agreed about every order."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not int(engine.read()["desk"]["reconciled_ns"]):
        if time.monotonic() > deadline:
            raise AssertionError("the desk does not come to trade again")
        time.sleep(0.001)
