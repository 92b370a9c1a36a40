"""Recordings are recognised by what they hold, and played through the real engine."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from random import Random
from typing import Any

import pytest
from recordings import need

from cockpit.core import LIMITS, Engine, Flow, FlowKind, Limits, Settings
from cockpit.data.errors import DataError
from cockpit.data.source import Recording, open_recording


def add(locate: int, ref: int, side: bytes, qty: int, price: int, name: bytes) -> bytes:
    header = struct.pack(">cHH6s", b"A", locate, 0, (1000 + ref).to_bytes(6, "big"))
    body = struct.pack(">QcI8sI", ref, side, qty, name.ljust(8), price)
    return struct.pack(">H", 36) + header + body


FILE = b"".join(
    [
        add(1, 1, b"B", 100, 1000000, b"AAA"),
        add(2, 2, b"S", 100, 205025, b"BBB"),
        add(2, 3, b"S", 100, 205050, b"BBB"),
    ]
)


def play(recording: Recording) -> tuple[dict[str, int], int]:
    """Play all of it with nobody else in the market; its figures and its mismatches."""
    settings = Settings(
        instruments=recording.instruments,
        limits=Limits(tuple(int(limit.maximum) for limit in LIMITS)),
        flow=Flow(kind=FlowKind.REPLAY),
        virtual_time=True,
        desk=False,
        order_capacity=recording.order_capacity,
    )
    engine = Engine(settings)
    recording.load_into(engine)
    engine.run(1 << 40)
    figures: Any = engine.read()["venue"]["replay"]
    return {name: int(figures[name]) for name in figures.dtype.names}, len(
        engine.mismatches()
    )


# ---- recognising ---------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_knows_itch_by_its_content(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "whatever.dat"
    path.write_bytes(gzip.compress(FILE) if packed else FILE)
    recording = open_recording(path)
    assert recording.kind == "itch"
    assert recording.message_count == 3
    assert recording.locates == (2, 1)  # the busiest first
    assert [i.name for i in recording.instruments] == ["BBB", "AAA"]
    assert [i.increment for i in recording.instruments] == [250_000, 1_000_000]
    assert recording.instruments[1].price_start == 10_000
    assert recording.instruments[1].price_max == 20_000
    figures, _ = play(recording)
    assert figures["messages"] == 3
    assert figures["book_mismatches"] == 0


def test_knows_a_message_file_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "whatever.dat"
    path.write_text("34200.1,1,1,10,1000100,-1\n")
    assert open_recording(path).kind == "lobster"
    path.write_bytes(gzip.compress(b"34200.1,1,1,10,1000100,-1\n"))
    assert open_recording(path).kind == "lobster"


def test_takes_the_symbols_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "two.itch"
    path.write_bytes(FILE)
    assert open_recording(path, ["AAA"]).locates == (1,)
    assert open_recording(path, ["AAA", "BBB", "AAA"]).locates == (1, 2)
    with pytest.raises(DataError, match="no orders of CCC; it has BBB, AAA"):
        open_recording(path, ["AAA", "CCC"])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"hello, world\n", "byte 0.*LOBSTER message file"),
        (FILE[:-1], "byte 76"),
        (b"\x00\x00" + FILE, "byte 0"),
        (gzip.compress(FILE)[:-9], "cannot be unpacked"),
        (b"\x1f\x8b but no more", "cannot be unpacked"),
        (b"PK\x03\x04 but no more", "cannot be unpacked"),
        (struct.pack(">HcHH6sc", 12, b"S", 0, 0, bytes(6), b"O"), "no order to play"),
    ],
)
def test_refuses_anything_else_and_says_what_is_accepted(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(DataError, match=what) as refused:
        open_recording(path)
    assert str(path) in str(refused.value)


def test_refuses_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        open_recording(tmp_path / "absent")
    with pytest.raises(DataError, match="cannot be read"):
        open_recording(tmp_path)


# ---- anything -------------------------------------------------------------------------


def nonsense(random: Random, rows: int) -> tuple[str, str]:
    """Well-formed lines that tell of no possible market: messages, and order books."""
    messages, books = [], []
    for row in range(rows):
        price = random.randrange(99_00, 101_00) * 100
        side = random.choice([-1, 1])
        kind = random.choice([1, 1, 2, 3, 4, 4, 5, 7])
        ref, qty = random.randrange(1, 40), random.choice([1, 50, 10**9])
        messages.append(f"{34200 + row // 3},{kind},{ref},{qty},{price},{side}")
        cells = [f"{random.randrange(99_00, 101_00) * 100},{random.randrange(0, 99)}"
                 for _ in range(4)]  # fmt: skip
        books.append(",".join(cells))
    return "\n".join(messages), "\n".join(books)


@pytest.mark.parametrize("with_book", [False, True])
def test_survives_recordings_that_contradict_themselves(
    tmp_path: Path, with_book: bool
) -> None:
    for seed in range(30):
        messages, book = nonsense(Random(seed), 200)
        (tmp_path / "A_message_2.csv").write_text(messages)
        if with_book:
            (tmp_path / "A_orderbook_2.csv").write_text(book)
        figures, _ = play(open_recording(tmp_path / "A_message_2.csv"))
        assert figures["messages"] == figures["total"] == 200, f"seed {seed}"
        assert figures["rows_checked"] == (200 if with_book else 0), f"seed {seed}"


# ---- real recordings -----------------------------------------------------------------


def test_every_itch_execution_meets_its_order(shared_data: Path) -> None:
    path = need(shared_data / "itch50/nasdaq_itch50_aapl_20200130/locate-13-10k.bin")
    recording = open_recording(path, ["AAPL"])
    figures, mismatches = play(recording)
    assert figures["messages"] == figures["total"] == 10_000
    assert figures["executions"] == figures["executions_known"] == 849
    assert figures["executions_matched"] == figures["executions_at_best"] == 849
    assert figures["orphans"] == figures["book_mismatches"] == mismatches == 0


def test_a_slice_from_the_middle_counts_its_orphans(
    shared_data: Path, tmp_path: Path
) -> None:
    whole = need(shared_data / "itch50/nasdaq_itch50_aapl_20200130/locate-13-10k.bin")
    raw = whole.read_bytes()
    offset = 0
    for _ in range(5000):
        offset += 2 + int.from_bytes(raw[offset : offset + 2], "big")
    path = tmp_path / "slice.bin"
    path.write_bytes(raw[offset:])
    recording = open_recording(path)
    assert recording.instruments[0].name == "AAPL"  # the directory was cut off
    figures, mismatches = play(recording)
    assert figures["messages"] == 5000
    assert figures["orphans"] > 0
    assert figures["executions_matched"] == figures["executions"] > 100
    assert mismatches == figures["book_mismatches"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip",
        "LOBSTER_SampleFile_AMZN_2012-06-21_1.zip",
        "LOBSTER_SampleFile_AAPL_2012-06-21_1.zip",
        "extra/AAPL_2012-06-21_message_10_first999.csv",
        "extra/AAPL_2012-06-21_message_50_first672.csv",
    ],
)
def test_the_engine_rebuilds_the_published_book(shared_data: Path, name: str) -> None:
    recording = open_recording(need(shared_data / "lobster" / name))
    figures, mismatches = play(recording)
    assert figures["rows_checked"] == figures["messages"] == recording.message_count
    assert figures["book_mismatches"] == figures["orphans"] == 0
    known, matched = figures["executions_known"], figures["executions_matched"]
    unseen = figures["executions"] - known
    assert figures["executions_at_best"] == figures["executions"]
    assert matched >= 0.998 * known
    assert mismatches == known - matched + unseen - figures["executions_unseen_matched"]


def test_refuses_the_file_of_zero_lengths(shared_data: Path) -> None:
    folder = shared_data / "itch50/ritch_synthetic_itch50"
    with pytest.raises(DataError, match="no valid message at byte 0"):
        open_recording(need(folder / "ex20101224.TEST_ITCH_50.gz"))


def test_refuses_a_day_that_has_no_orders_yet(shared_data: Path) -> None:
    folder = shared_data / "itch50/nasdaq_itch50_start_of_day"
    with pytest.raises(DataError, match="no order to play"):
        open_recording(need(folder / "start_of_day_1000.itch"))
