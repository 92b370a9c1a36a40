"""The buckets of the core's histograms."""

from __future__ import annotations

from cockpit._native import lib

HISTOGRAM_COUNTS: int = lib.CP_HISTOGRAM_COUNTS
HISTOGRAM_MAX_NS = 60_000_000_000


def histogram_bucket(value_ns: int) -> int:
    """Index of the count that a value of so many nanoseconds adds to."""
    return int(lib.cp_histogram_bucket(value_ns))


def histogram_bucket_top(index: int) -> int:
    """Largest value (ns) that adds to the count at ``index``."""
    if not 0 <= index < HISTOGRAM_COUNTS:
        raise IndexError(index)
    return int(lib.cp_histogram_bucket_top(index))
