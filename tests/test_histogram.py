"""The core's histogram has HdrHistogram's layout: the reference package agrees on it."""

import random

import numpy as np
from hdrh.histogram import HdrHistogram

from cockpit import core
from cockpit.observe.hlog import histogram_of


def reference() -> HdrHistogram:
    return HdrHistogram(1, core.HISTOGRAM_MAX_NS, 3)


def values(count: int) -> list[int]:
    """All magnitudes alike, and the edges of every power of two."""
    draw = random.Random(20)
    spread = [
        draw.randrange(1, core.HISTOGRAM_MAX_NS) >> draw.randrange(36)
        for _ in range(count)
    ]
    edges = [max(0, (1 << k) + d) for k in range(36) for d in (-1, 0, 1)]
    return [v for v in spread + edges if v <= core.HISTOGRAM_MAX_NS]


def test_it_has_as_many_counts_as_the_reference():
    assert reference().counts_len == core.HISTOGRAM_COUNTS


def test_every_value_adds_to_the_count_the_reference_adds_it_to():
    expected = reference()
    counts = np.zeros(core.HISTOGRAM_COUNTS, dtype=np.uint64)
    for value in values(20_000):
        expected.record_value(value)
        counts[core.histogram_bucket(value)] += np.uint64(1)
    got = [expected.get_count_at_index(i) for i in range(core.HISTOGRAM_COUNTS)]
    assert got == counts.tolist()


def test_a_bucket_ends_where_the_reference_ends_it():
    histogram = reference()
    for value in values(2_000):
        top = core.histogram_bucket_top(core.histogram_bucket(value))
        assert top == histogram.get_highest_equivalent_value(value)


def test_counts_survive_the_way_into_the_package():
    counts = np.zeros(core.HISTOGRAM_COUNTS, dtype=np.uint64)
    for value in values(5_000):
        counts[core.histogram_bucket(value)] += np.uint64(1)
    histogram = histogram_of(counts)
    assert [
        histogram.get_count_at_index(i) for i in range(len(counts))
    ] == counts.tolist()
