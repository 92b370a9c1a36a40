"""A busy desk at length: its memory stays what it is, and every full ring is counted.

Short by default. ``make endurance`` runs it for ten minutes at 100,000 events a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SECONDS = float(os.environ.get("COCKPIT_ENDURANCE_SECONDS", "10"))
RATE = int(os.environ.get("COCKPIT_ENDURANCE_RATE", "50000"))
WARM_SHARE = 0.4
"""Of the time: until then what is lazy has been loaded, and every strategy has traded."""
GROWTH_KB = 512
"""Far less than one record kept for each order, or event, would come to."""


def resident_kb(process: subprocess.Popen[str]) -> int:
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def test_memory_stays_what_it_is_and_no_ring_overruns_unseen():
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "once", "--json",
         "--seconds", str(SECONDS), "--rate", str(RATE)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    began = time.monotonic()
    warm = most = 0
    # The last moments are left out: the summary is made of Python's own memory.
    while time.monotonic() < began + SECONDS - 0.5 and process.poll() is None:
        time.sleep(0.1)
        if not warm and time.monotonic() > began + WARM_SHARE * SECONDS:
            warm = resident_kb(process)
        most = max(most, resident_kb(process))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    figures = json.loads(output)
    print(f"{warm:,} kB when warm, {most:,} at most;", figures["rings"])
    assert warm > 0
    assert most - warm < GROWTH_KB
    assert figures["events_per_s"] > RATE * 0.5  # also on a crowded machine
    assert figures["orders_sent"] > 100
    # A ring that was full made its writer wait; nothing written was lost for it.
    assert figures["gaps"] == 0
    assert figures["unexpected_reports"] == 0
    assert figures["notes_lost"] == 0
    for ring in figures["rings"]:
        assert ring["high_water"] <= ring["capacity"]
        assert (ring["full_count"] > 0) <= (ring["high_water"] >= ring["capacity"] - 1)
