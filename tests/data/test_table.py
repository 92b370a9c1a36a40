"""Numbers of a file: exact, or refused with their line."""

from __future__ import annotations

import contextlib
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.data.errors import DataError
from cockpit.data.table import read_table

NAME = Path("numbers.csv")


def test_reads_integers_and_decimals_exactly() -> None:
    table = read_table(b"34200.1,-5,9999999999\n0.000000001,0,-7\r\n3,1,2", NAME, 3, 9)
    assert table.tolist() == [
        [34_200_100_000_000, -5, 9_999_999_999],
        [1, 0, -7],
        [3_000_000_000, 1, 2],
    ]


def test_rounds_what_a_double_added_to_a_time() -> None:
    table = read_table(b"43002.632812672004,1\n43002.9999999996,1\n", NAME, 2, 9)
    assert table[:, 0].tolist() == [43_002_632_812_672, 43_003_000_000_000]


def test_takes_the_number_of_columns_from_the_first_line() -> None:
    assert read_table(b"1,2,3,4\n5,6,7,8\n", NAME, None, 0).shape == (2, 4)


@given(
    st.lists(
        st.tuples(
            st.decimals(0, 86_400, places=9),
            st.integers(-(10**17), 10**17),
            st.integers(0, 10**10),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_agrees_with_decimal_arithmetic(rows: list[tuple[Decimal, int, int]]) -> None:
    raw = "".join(f"{time:f},{a},{b}\n" for time, a, b in rows).encode()
    wanted = [
        [int((time * 10**9).to_integral_value(ROUND_HALF_UP)), a, b]
        for time, a, b in rows
    ]
    assert read_table(raw, NAME, 3, 9).tolist() == wanted


@pytest.mark.parametrize(
    ("raw", "line", "what"),
    [
        (b"", None, "is empty"),
        (b"\n\n", None, "is empty"),
        (b"1,2\n", 1, "has 2 columns; expected 3"),
        (b"1,2,3\n1,2,3,4\n", 2, "has 4 columns; expected 3"),
        (b"1,2,3\n\n1,2,3\n", 2, "has 1 columns; expected 3"),
        (b"1,2,3\n1,x,3\n", 2, "column 2 is 'x'"),
        (b"1,2,3\n1,,3\n", 2, "column 2 is ''"),
        (b"1,2,3\n1,-,3\n", 2, "column 2 is '-'"),
        (b"1,2,3\n1,1.5,3\n", 2, "column 2 is '1.5'"),
        (b"1,2,3\n1,2,1234567890123456789\n", 2, "column 3"),
        (b"1,2,3\n1.2.3,2,3\n", 2, "column 1 is '1.2.3'"),
        (b".,2,3\n", 1, "column 1 is '.'"),
        (b"-1,2,3\n", 1, "column 1 is '-1'"),
        (b"1e5,2,3\n", 1, "column 1 is '1e5'"),
        (b"1234567890.5,2,3\n", 1, "column 1"),
        (b"\x00\xff,\x80\x81,3\n", 1, "column 1"),
        (b"1" * 5000 + b",2,3\n", 1, "column 1"),
    ],
)
def test_refuses_anything_else_with_its_line(
    raw: bytes, line: int | None, what: str
) -> None:
    with pytest.raises(DataError, match=re.escape(what)) as refused:
        read_table(raw, NAME, 3, 9)
    assert refused.value.line == line
    assert str(NAME) in str(refused.value)


@given(st.binary(max_size=200))
def test_survives_any_bytes(raw: bytes) -> None:
    with contextlib.suppress(DataError):
        read_table(raw, NAME, None, 9)
