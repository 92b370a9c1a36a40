"""Latency histograms as ``.hlog``, the interval log that HdrHistogram's tools read.

One line a hop, tagged with the hop's name. The counts are the core's own, bucket by
bucket: it records in HdrHistogram's layout.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from cockpit import core

NS_PER_MS = 1e6


def histogram_of(counts: npt.NDArray[np.uint64]) -> HdrHistogram:
    """The package's histogram with the core's counts ([HISTOGRAM_COUNTS])."""
    histogram = HdrHistogram(1, core.HISTOGRAM_MAX_NS, 3)
    for index in np.flatnonzero(counts):
        top = min(core.histogram_bucket_top(int(index)), core.HISTOGRAM_MAX_NS)
        histogram.record_value(top, int(counts[index]))
    return histogram


def write(path: Path, engine: core.Engine, *, start: float, end: float) -> None:
    """Write all hops that have values. ``start``, ``end``: seconds since 1970.

    The lines are put together here: the package's own writer (0.10.8) knows no tags, and
    fails on dates.
    """
    date = datetime.fromtimestamp(start, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    lines = [
        "#[cockpit latency per hop; values in ns, interval maxima in ms]",
        "#[Histogram log format version 1.2]",
        f"#[StartTime: {start:.3f} (seconds since epoch), {date}]",
        f"#[BaseTime: {start:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    for hop in core.Hop:
        counts = engine.histogram(hop)
        if not counts.any():
            continue
        histogram = histogram_of(counts)
        maximum = histogram.get_max_value() / NS_PER_MS
        payload = histogram.encode().decode()
        tag = core.HOPS[hop]
        lines.append(f"Tag={tag},0.000,{end - start:.3f},{maximum:.6f},{payload}")
    path.write_text("\n".join(lines) + "\n")
