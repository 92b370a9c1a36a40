"""Prices and money as text: exactly what the integers are."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.control.amounts import (
    decimals_of,
    limit_text,
    limit_unit,
    money_text,
    price_text,
    symbol_of,
)
from cockpit.core import LIMITS, MONEY_SCALE, PRICE_NONE, Instrument

money = st.integers(-(2**63), 2**63 - 1)


@given(money, st.integers(0, 8))
def test_money_is_rounded_once_and_in_integers(amount: int, digits: int) -> None:
    exact = Decimal(amount).scaleb(-8)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = money_text(amount, digits)
    assert Decimal(text.replace(",", "")) == rounded
    assert not text.startswith("-0.00000000"[: digits + 2]) or rounded


@given(st.integers(1, 10**12), st.integers(1, 2**31))
def test_a_price_loses_no_digit(increment: int, price: int) -> None:
    symbol = symbol_of(Instrument("X", increment, increment, 2**31))
    shown = Decimal(price_text(symbol, price).replace(",", ""))
    assert shown == Decimal(price * increment) / MONEY_SCALE


@pytest.mark.parametrize(
    ("increment", "decimals"),
    [(1_000_000, 2), (500_000, 3), (5_000_000, 2), (MONEY_SCALE, 0), (1, 8), (10**9, 0)],
)
def test_a_price_shows_the_digits_its_tick_needs(increment: int, decimals: int) -> None:
    assert decimals_of(increment) == decimals


def test_writes_as_people_do() -> None:
    symbol = symbol_of(Instrument("X", 500_000, 5_000_000, 10**6))
    assert price_text(symbol, 250_001) == "1,250.005"
    assert price_text(symbol, PRICE_NONE) == "-"
    assert money_text(-123_456_000_000) == "-1,234.56"
    assert money_text(-1) == "0.00"


def test_a_limit_is_written_in_its_own_unit() -> None:
    for index, limit in enumerate(LIMITS):
        shown = "12,345.00" if limit.kind == "money" else f"{12_345 * MONEY_SCALE:,}"
        assert limit_text(index, 12_345 * MONEY_SCALE) == shown
        assert limit_unit(index) == f" {limit.unit}"
