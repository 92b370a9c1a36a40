"""Latency histograms as ``.hlog``, the interval log that HdrHistogram's tools read.

One line a hop, tagged with the hop's name. The counts are the core's own, bucket by
bucket: it records in HdrHistogram's layout.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from cockpit import core

NS_PER_MS = 1e6
HEAD_MAX = 4096
"""Bytes in which a log says its base of time."""
Counts = npt.NDArray[np.uint64]


def histogram_of(counts: Counts) -> HdrHistogram:
    """The package's histogram with the core's counts ([HISTOGRAM_COUNTS])."""
    histogram = HdrHistogram(1, core.HISTOGRAM_MAX_NS, 3)
    for index in np.flatnonzero(counts):
        top = min(core.histogram_bucket_top(int(index)), core.HISTOGRAM_MAX_NS)
        histogram.record_value(top, int(counts[index]))
    return histogram


# The lines are put together here: the package's own writer (0.10.8) knows no tags, and
# fails on dates.


def head_of(start: float) -> list[str]:
    """What a log begins with; ``start``: seconds since 1970, the base of its times."""
    date = datetime.fromtimestamp(start, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    return [
        "#[cockpit latency per hop; values in ns, interval maxima in ms]",
        "#[Histogram log format version 1.2]",
        f"#[StartTime: {start:.3f} (seconds since epoch), {date}]",
        f"#[BaseTime: {start:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]


def line_of(hop: core.Hop, counts: Counts, begin: float, seconds: float) -> str:
    """What a hop took from ``begin``, seconds after the base, for so many seconds."""
    histogram = histogram_of(counts)
    maximum = histogram.get_max_value() / NS_PER_MS
    payload = histogram.encode().decode()
    return f"Tag={core.HOPS[hop]},{begin:.3f},{seconds:.3f},{maximum:.6f},{payload}"


def base_of(path: Path) -> float:
    """The base of the times of a log. Raises OSError when it is none."""
    with path.open("rb") as file:
        found = re.search(rb"^#\[BaseTime: (\d+\.\d+) ", file.read(HEAD_MAX), re.M)
    if found is None:
        raise OSError(errno.EINVAL, "is there and is no latency log", str(path))
    return float(found[1])


def write(path: Path, engine: core.Engine, *, start: float, end: float) -> None:
    """Write all hops that have values. ``start``, ``end``: seconds since 1970."""
    lines = head_of(start)
    for hop in core.Hop:
        counts = engine.histogram(hop)
        if counts.any():
            lines.append(line_of(hop, counts, 0.0, end - start))
    path.write_text("\n".join(lines) + "\n")


class IntervalLog:
    """Adds what each hop took in the last ``every`` seconds to a log, while a desk runs.

    In a thread of its own, which reads the core's counts and stops nobody. A log that is
    there already goes on, by its own base of time. ``say`` is told once what keeps it
    from being written. Raises OSError where it cannot be.
    """

    def __init__(
        self,
        path: Path,
        engine: core.Engine,
        every: float,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._engine = engine
        self._every = every
        self._say = say
        self._clock = clock
        self._before: dict[core.Hop, Counts] = {}
        self._last = clock()
        self._failed = False
        if path.exists() and path.stat().st_size:
            self._start = base_of(path)
        else:
            self._start = self._last
            path.write_text("\n".join(head_of(self._start)) + "\n")
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="hlog", daemon=True)

    def __enter__(self) -> IntervalLog:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self._add()
        self._add()

    def _add(self) -> None:
        try:
            self.add()
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._say(f"the latency log {self._path}: {error.strerror}")
        else:
            self._failed = False

    def add(self) -> None:
        """One interval, up to now. Raises OSError; then the next one holds this too."""
        now = self._clock()
        counts = {hop: self._engine.histogram(hop) for hop in core.Hop}
        lines = []
        begin, seconds = self._last - self._start, now - self._last
        for hop, total in counts.items():
            before = self._before.get(hop)
            fresh = total if before is None else total - before
            if fresh.any():
                lines.append(line_of(hop, fresh, begin, seconds))
        if lines:
            with self._path.open("a", encoding="ascii") as file:
                file.write("\n".join(lines) + "\n")
        self._before, self._last = counts, now
