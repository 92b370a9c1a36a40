"""A desk killed at any moment goes on from its journal; an independent reader agrees."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import hard_trader
import independent
import pytest

from cockpit import core
from cockpit.journal.reader import verify

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 50
"""Fewer would say little."""
KILLS = int(os.environ.get("COCKPIT_KILLS", "20"))


def kill_once(directory: Path, level: int, seed: int, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, Path(hard_trader.__file__), directory, str(level), str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"trading\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("level", [0, 1, 2])
def test_killed_at_any_moment_it_goes_on_from_where_it_was(tmp_path: Path, level: int):
    seed = int(os.environ.get("COCKPIT_SEED", "0")) or random.randrange(1, 1 << 31)
    print(f"COCKPIT_SEED={seed} pytest {__file__} -k {level}")
    chance = random.Random(seed)
    last = 0
    kills, used = -(-KILLS // 3), 0
    # On a slow machine a life may be over before much was traded: then some more of them.
    for number in range(5 * kills):
        if number >= kills and used > ORDERS:
            break
        kill_once(tmp_path, level, seed + number, chance.uniform(0.005, 0.4))
        engine = core.Engine(hard_trader.settings(tmp_path, level, seed))
        found = engine_journal(engine)
        assert found["end"] == core.JournalEnd.CRASHED
        assert int(found["replayed_ns"]) < 1e9
        assert int(found["sequence"]) > last
        last = int(found["sequence"])
        # What only memory held is in the files when it trades again.
        engine.start()
        engine.stop()
        del engine
        assert verify(tmp_path).problems == []
        expected = independent.Desk()
        for record in independent.records(tmp_path):
            if record.sequence > last:
                break
            expected.take(record)
        assert expected.snapshot_hashes >= number + 1
        # Blocks set aside are not used again by whoever comes after.
        expected.next_id = max(expected.next_id, expected.ids_end)
        assert f"{expected.hash():016x}" == f"{int(found['recovered_hash']):016x}"
        last = replay_last(tmp_path)
        used = len(independent.replay(tmp_path).used)
    assert used > ORDERS


def engine_journal(engine: core.Engine) -> core.Record:
    return engine.read()["desk"]["journal"].copy()


def replay_last(directory: Path) -> int:
    return max(record.sequence for record in independent.records(directory))
