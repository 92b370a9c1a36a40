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
from hdrh.log import HistogramLogWriter

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
    """Write all hops that have values. ``start``, ``end``: seconds since 1970."""
    with path.open("w") as file:
        log = HistogramLogWriter(file)
        log.output_log_format_version()
        log.output_comment("cockpit latency per hop; values in ns, interval maxima in ms")
        # The package's own lines for these fail on any date (0.10.8).
        date = datetime.fromtimestamp(start, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
        file.write(f"#[StartTime: {start:.3f} (seconds since epoch), {date}]\n")
        file.write(f"#[BaseTime: {start:.3f} (seconds since epoch)]\n")
        log.output_legend()
        for hop in core.Hop:
            counts = engine.histogram(hop)
            if not counts.any():
                continue
            histogram = histogram_of(counts)
            histogram.set_tag(core.HOPS[hop])
            log.output_interval_histogram(histogram, 0, end - start, NS_PER_MS)
