"""How late a thread that only sleeps is woken: stalls of the machine, not of our work.

What it finds, the other threads of the process suffer as well; what they suffer and it
does not find is our own doing.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Event, Thread

SLEEP_S = 0.02
KEPT_S = 120


class StallMeter:
    """Worst lateness of each of the last seconds. Costs a wake-up every 20 ms."""

    def __init__(self) -> None:
        self._worst: deque[float] = deque(maxlen=KEPT_S)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="stalls", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def seconds(self) -> tuple[float, ...]:
        """By second, oldest first: the latest a wake-up came, s."""
        return tuple(self._worst)

    def _run(self) -> None:
        began, worst = time.perf_counter(), 0.0
        while not self._stopping.is_set():
            before = time.perf_counter()
            time.sleep(SLEEP_S)
            now = time.perf_counter()
            worst = max(worst, now - before - SLEEP_S)
            if now - began >= 1:
                self._worst.append(worst)
                began, worst = now, 0.0
