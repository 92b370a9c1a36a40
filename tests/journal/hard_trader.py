"""A desk that trades hard on a journal until it is killed.

``hard_trader.py DIRECTORY LEVEL SEED``
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from cockpit import core
from cockpit.cli import opening


def settings(directory: Path, level: int, seed: int) -> core.Settings:
    """The shipped desk in a fast market, with small files so that they change often."""
    _, found = opening.open_settings(None, rate=40_000, seed=seed)
    limits = list(found.limits.values)
    names = [limit.name for limit in core.LIMITS]
    limits[names.index("max_message_rate")] = 1_000_000
    return replace(
        found,
        limits=core.Limits(tuple(limits)),
        waiting=core.Waiting.PARK,
        journal=core.Journal(directory, core.JournalLevel(level), segment_records=2048),
    )


def main() -> None:
    engine = core.Engine(settings(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    engine.start()
    print("trading", flush=True)
    while True:
        time.sleep(0.002)
        engine.cancel_all()
        # A breaker may trip where the machine is slow, and a halt survives the restart.
        if int(engine.read()["desk"]["risk_state"]) == core.RiskState.HALTED:
            engine.unhalt()
            engine.resume()


if __name__ == "__main__":
    main()
