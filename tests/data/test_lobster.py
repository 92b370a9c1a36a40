"""LOBSTER files become events that rebuild the published book, row by row."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from plain_book import PlainBook
from recordings import need

from cockpit.core import FLOW_EVENT_DTYPE
from cockpit.data.errors import DataError
from cockpit.data.lobster import LobsterDay, read_lobster

NAME = "TEST_2020-01-01_message_2.csv"
BOOK = "TEST_2020-01-01_orderbook_2.csv"
NO_ASK, NO_BID = "9999999999,0", "-9999999999,0"


def write(folder: Path, messages: list[str], rows: list[str] | None = None) -> Path:
    path = folder / NAME
    path.write_text("\n".join(messages) + "\n")
    if rows is not None:
        (folder / BOOK).write_text("\n".join(rows) + "\n")
    return path


def read(path: Path) -> LobsterDay:
    return read_lobster(path, FLOW_EVENT_DTYPE)


def rebuilt(day: LobsterDay) -> PlainBook:
    """The book after all events; each row is compared on the way."""
    assert day.reference is not None
    book = PlainBook()
    rows = 0
    for row in book.play(day.events):
        assert row == rows
        assert book.row(day.levels) == day.reference[row].tolist(), f"row {row}"
        rows += 1
    assert rows == day.message_count
    assert book.orphans == book.crossings == 0
    return book


# ---- small days ----------------------------------------------------------------------


def test_derives_the_book_before_the_first_message(tmp_path: Path) -> None:
    day = read(
        write(
            tmp_path,
            ["34200.5,4,7,30,1000100,-1", "34200.5,3,9,20,1000100,-1"],
            [
                f"1000100,70,1000000,10,{NO_ASK},{NO_BID}",
                f"1000100,50,1000000,10,{NO_ASK},{NO_BID}",
            ],
        )
    )
    book = rebuilt(day)
    assert book.unseen_matched == 1  # 7 stood first, then 9, then nobody's 50
    assert book.sides[1][10001].popitem()[1] == 50
    assert day.events["time_ns"].tolist() == [34_200_500_000_000] * len(day.events)


def test_volume_that_comes_into_sight_goes_to_who_is_named_later(tmp_path: Path) -> None:
    day = read(
        write(
            tmp_path,
            [
                "34200,1,5,10,1000200,-1",  # out of sight is 1000300
                "34201,3,5,10,1000200,-1",  # it comes into sight: 90
                "34202,4,8,40,1000300,-1",
                "34203,4,6,40,1000300,-1",
            ],
            [
                f"1000100,5,1000000,10,1000200,10,{NO_BID}",
                f"1000100,5,1000000,10,1000300,90,{NO_BID}",
                f"1000100,5,1000000,10,1000300,50,{NO_BID}",
                f"1000100,5,1000000,10,1000300,10,{NO_BID}",
            ],
        )
    )
    book = rebuilt(day)
    assert book.executions == 2
    queue = [int(e["ref"]) for e in day.events if e["price"] == 10003 and e["kind"] == 1]
    assert queue[:2] == [6, 8]  # references ascend in time
    assert queue[2] > 1 << 63
    assert (
        day.events["flags"][np.isin(day.events["ref"], queue[:2])] & 3 == 0
    ).sum() == 2


def test_an_order_comes_with_the_last_time_its_price_came_into_sight(
    tmp_path: Path,
) -> None:
    near, far = "1000100,5,1000000,10,1000200,10", "1000100,5,1000000,10,1000300"
    day = read(
        write(
            tmp_path,
            [
                "34200,1,1,10,1000200,-1",
                "34201,3,1,10,1000200,-1",
                "34202,1,2,10,1000200,-1",
                "34203,3,2,10,1000200,-1",
                "34204,2,9,40,1000300,-1",
            ],
            [
                f"{near},{NO_BID}",
                f"{far},40,{NO_BID}",  # whoever it is, it goes out of sight again
                f"{near},{NO_BID}",
                f"{far},50,{NO_BID}",
                f"{far},10,{NO_BID}",
            ],
        )
    )
    rebuilt(day)
    came = day.events[day.events["ref"] == 9]
    assert came["time_ns"].tolist() == [34_203 * 10**9, 34_204 * 10**9]


def test_what_went_out_of_sight_is_settled_when_it_comes_back(tmp_path: Path) -> None:
    rows = [
        f"1000300,30,1000000,10,1000400,5,{NO_BID}",
        f"1000200,5,1000000,10,1000300,30,{NO_BID}",
        f"1000100,5,1000000,10,1000200,5,{NO_BID}",  # 1000300 is out of sight
        f"1000200,5,1000000,10,1000300,20,{NO_BID}",  # and back: 10 of 11's have gone
        f"1000200,5,1000000,10,1000300,5,{NO_BID}",
        f"1000300,5,1000000,10,1000600,1,{NO_BID}",  # neither 1000400 nor 1000500 is
    ]
    day = read(
        write(
            tmp_path,
            [
                "34200,1,11,30,1000300,-1",
                "34201,1,12,5,1000200,-1",
                "34202,1,13,5,1000100,-1",
                "34203,3,13,5,1000100,-1",
                "34204,3,11,15,1000300,-1",
                "34205,3,12,5,1000200,-1",
            ],
            rows,
        )
    )
    book = rebuilt(day)
    assert sorted(book.sides[1]) == [10003, 10006]
    revealed = day.events[(day.events["flags"] & 1) == 1]
    reduced = revealed[revealed["kind"] == 3]
    assert [(int(e["ref"]), int(e["qty"])) for e in reduced] == [(11, 15)]


def test_an_order_shown_late_goes_before_a_younger_unseen_one(tmp_path: Path) -> None:
    day = read(
        write(
            tmp_path,
            [
                "34200,5,0,1,1000050,1",
                "34200,1,3,10,1000100,-1",
                "34201,4,3,10,1000100,-1",
                "34202,4,9,10,1000100,-1",
            ],
            [
                f"1000100,10,1000000,10,{NO_ASK},{NO_BID}",
                f"1000100,20,1000000,10,{NO_ASK},{NO_BID}",
                f"1000100,10,1000000,10,{NO_ASK},{NO_BID}",
                f"{NO_ASK},1000000,10,{NO_ASK},{NO_BID}",
            ],
        )
    )
    book = rebuilt(day)
    assert (book.known, book.matched, book.unseen_matched) == (1, 1, 1)


def test_prints_and_halts_leave_the_book_alone(tmp_path: Path) -> None:
    row = f"1000100,10,1000000,10,{NO_ASK},{NO_BID}"
    day = read(
        write(
            tmp_path,
            [
                "34200,1,1,10,1000100,-1",
                "34200,5,0,70,1000050,1",
                "34200,6,-1,80,1000000,1",
                "34200,7,0,0,-1,-1",
            ],
            [row] * 4,
        )
    )
    rebuilt(day)
    assert day.halt_count == 1
    hidden = day.events[day.events["qty"] == 70][0]
    assert (hidden["kind"], hidden["price"], hidden["price_rest"]) == (6, 10000, 500_000)
    assert day.increment == 100


def test_the_increment_follows_prices_finer_than_a_cent(tmp_path: Path) -> None:
    day = read(write(tmp_path, ["34200,1,1,10,9950,-1", "34200,1,2,10,9900,1"]))
    assert day.increment == 50
    assert day.events["price"].tolist() == [199, 198]


def test_without_an_order_book_unseen_orders_enter_as_they_are_named(
    tmp_path: Path,
) -> None:
    day = read(
        write(
            tmp_path,
            [
                "34200,1,50,10,1000100,-1",
                "34201,4,20,10,1000100,-1",  # stood before 50
                "34202,4,50,10,1000100,-1",
                "34203,1,60,10,1000000,1",
                "34204,3,21,10,990000,-1",  # would cross: it stays an orphan
            ],
        )
    )
    assert day.reference is None
    book = PlainBook()
    assert list(book.play(day.events)) == []
    assert (book.matched, book.unseen_matched, book.orphans) == (1, 1, 1)
    assert book.crossings == 0


def test_without_an_order_book_what_stands_in_the_way_unnamed_has_left(
    tmp_path: Path,
) -> None:
    day = read(
        write(
            tmp_path,
            [
                "34200,1,1,10,1000100,-1",
                "34200,1,2,10,1000200,-1",
                "34200,1,3,10,1000200,-1",
                "34201,4,3,10,1000200,-1",  # 1 and 2 are never named again
                "34202,1,4,10,1000300,-1",
                "34203,1,5,10,1000400,1",  # 4 neither
            ],
        )
    )
    book = PlainBook()
    list(book.play(day.events))
    assert (book.matched, book.crossings) == (1, 0)
    assert book.sides[1] == {}


def test_reads_packed_files_and_archives_alike(tmp_path: Path) -> None:
    messages = ["34200,1,1,10,1000100,-1"]
    rows = [f"1000100,10,1000000,10,{NO_ASK},{NO_BID}"]
    plain = read(write(tmp_path, messages, rows))
    packed = tmp_path / "gz" / (NAME + ".gz")
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress((tmp_path / NAME).read_bytes()))
    (packed.parent / (BOOK + ".gz")).write_bytes(gzip.compress(rows[0].encode()))
    archive = tmp_path / "day.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(tmp_path / NAME, f"inside/{NAME}")
        target.write(tmp_path / BOOK, f"inside/{BOOK}")
    for path in (packed, archive):
        day = read(path)
        assert day.symbol == "TEST"
        assert day.events.tobytes() == plain.events.tobytes()
        assert day.reference is not None and plain.reference is not None
        assert np.array_equal(day.reference, plain.reference)


# ---- what is refused -----------------------------------------------------------------

GOOD = "34200,1,1,10,1000100,-1"


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("34200,8,1,10,1000100,-1", "a type from 1 to 7"),
        ("34199,1,1,10,1000100,-1", "not before the line above"),
        ("34200,1,1,10,1000100,0", "a direction of 1 or -1"),
        ("34200,1,0,10,1000100,-1", "an order id above 0"),
        ("34200,1,1,0,1000100,-1", "a size from 1"),
        ("34200,1,1,-10,1000100,-1", "a size from 1"),
        ("34200,1,1,2000000000,1000100,-1", "a size from 1"),
        ("34200,1,1,10,0,-1", "a price from 1"),
        ("34200,1,1,10,3000000000,-1", "a price from 1"),
        ("34200,1,1,10,1000100", "has 5 columns; expected 6"),
        ("34200,1,1,ten,1000100,-1", "column 4 is 'ten'"),
    ],
)
def test_refuses_a_bad_line_and_says_which(tmp_path: Path, bad: str, what: str) -> None:
    path = write(tmp_path, [GOOD, bad, GOOD])
    with pytest.raises(DataError, match=re.escape(what)) as refused:
        read(path)
    assert refused.value.line == 2


def test_refuses_an_order_book_that_is_not_of_these_messages(tmp_path: Path) -> None:
    row = f"1000100,10,1000000,10,{NO_ASK},{NO_BID}"
    with pytest.raises(DataError, match="1 messages, and 2 rows"):
        read(write(tmp_path, [GOOD], [row, row]))
    with pytest.raises(DataError, match="5 columns"):
        read(write(tmp_path, [GOOD], ["1,2,3,4,5"]))
    with pytest.raises(DataError, match="prices above 0 and sizes up to"):
        read(write(tmp_path, [GOOD], ["1000100,-10,1000000,10"]))


def test_refuses_what_cannot_be_unpacked_or_holds_no_messages(tmp_path: Path) -> None:
    broken = tmp_path / "day.zip"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(DataError, match="cannot be unpacked"):
        read(broken)
    with zipfile.ZipFile(broken, "w") as target:
        target.writestr("notes.txt", "hello")
    with pytest.raises(DataError, match="holds 0 LOBSTER message files"):
        read(broken)
    with pytest.raises(DataError, match="no visible orders"):
        read(write(tmp_path, ["34200,5,0,10,1000100,-1"]))


# ---- real days -----------------------------------------------------------------------

FILES = [
    "lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip",
    "lobster/extra/AAPL_2012-06-21_message_10_first999.csv",
    "lobster/extra/AAPL_2012-06-21_message_50_first672.csv",
]


@pytest.mark.parametrize("name", FILES)
def test_rebuilds_the_published_book_of_real_days(shared_data: Path, name: str) -> None:
    book = rebuilt(read(need(shared_data / name)))
    assert book.executions > 0
    assert book.matched >= 0.998 * book.known
    assert book.unseen_matched == book.executions - book.known
