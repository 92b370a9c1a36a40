"""One value against its field: what is taken, what is refused, and in which words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.config.fields import Checker, Field, Refused, check, field_of, to_money
from cockpit.control.amounts import money_text
from cockpit.core import LIMITS, MONEY_SCALE, STRATEGY_KINDS

LOTS = Field("qty", "integer", "", "lots", Decimal(1), Decimal(100))
SHARE = Field("share", "float", "", "", Decimal("0.1"), Decimal(1))
FEE = Field("fee", "money", "", "currency", Decimal(-10), Decimal(10))
SLOTS = Field("slots", "power", "", "", Decimal(16), Decimal(1024))
NAME = Field("name", "name", "")
WORD = Field("word", "word", "", choices=("spin", "park"))

amounts = st.decimals(
    min_value=-(10**9), max_value=10**9, places=8, allow_nan=False, allow_infinity=False
)


def refusal(field: Field, value: object) -> str:
    with pytest.raises(Refused) as refused:
        check(field, value)
    return str(refused.value)


@pytest.mark.parametrize("field", [LOTS, SHARE, FEE, SLOTS])
def test_takes_no_truth_value_and_no_text_for_a_number(field: Field) -> None:
    for value in (True, False, "1", [], {}, None):
        assert refusal(field, value) == "not a number"


@pytest.mark.parametrize("field", [LOTS, SHARE, FEE, SLOTS])
def test_takes_no_number_that_is_not_finite(field: Field) -> None:
    for text in ("NaN", "sNaN", "-NaN", "Infinity", "-Infinity"):
        assert refusal(field, Decimal(text)) == "not a finite number"


def test_takes_a_whole_number_where_a_fraction_may_stand_but_not_the_reverse() -> None:
    assert check(SHARE, 1) == 1.0
    assert isinstance(check(SHARE, 1), float)
    assert "whole" in refusal(LOTS, Decimal("5.0"))


def test_takes_the_ends_of_a_range_and_nothing_past_them() -> None:
    assert [check(LOTS, value) for value in (1, 100)] == [1, 100]
    assert check(SHARE, Decimal("0.1")) == 0.1
    assert (
        refusal(LOTS, 0) == refusal(SHARE, Decimal("0.0999999999999999")) == "too small"
    )
    assert (
        refusal(LOTS, 101) == refusal(SHARE, Decimal("1.0000000000000001")) == "too large"
    )


def test_takes_the_ends_of_every_range_the_core_declares() -> None:
    kinds = STRATEGY_KINDS.values()
    for parameter in (*LIMITS, *(each for kind in kinds for each in kind.parameters)):
        field = field_of(parameter)
        for end in (field.minimum, field.maximum, Decimal(repr(parameter.standard))):
            check(field, int(end) if parameter.kind == "integer" else end)
        for past in (field.minimum - 1, field.maximum + 1):
            refusal(field, int(past) if parameter.kind == "integer" else past)


def test_takes_powers_of_two_only_where_one_is_needed() -> None:
    assert check(SLOTS, 64) == 64
    assert refusal(SLOTS, 65) == "not a power of two"


@pytest.mark.parametrize("value", ["", "a b", "a" * 16, "ä", "a\n", "a/b", "[red]"])
def test_takes_names_that_the_core_and_the_screen_can_hold(value: str) -> None:
    refusal(NAME, value)
    assert check(NAME, "A-z_0.9") == "A-z_0.9"


def test_proposes_the_choice_that_was_meant() -> None:
    assert "did you mean spin" in refusal(WORD, "spinn")
    assert "not a text" in refusal(WORD, 1)


@given(amounts)
def test_money_is_exactly_what_was_written(amount: Decimal) -> None:
    money = to_money(amount)
    assert money == int(amount.scaleb(8))
    assert Decimal(money_text(money, 8).replace(",", "")) == amount


@given(amounts, st.integers(1, 99_999))
def test_money_finer_than_a_unit_is_refused_not_rounded(
    amount: Decimal, more: int
) -> None:
    fraction = Decimal(more).scaleb(-13)
    if fraction.scaleb(8) % 1:
        with pytest.raises(Refused, match="finer"):
            to_money(amount + fraction)


def test_refuses_amounts_that_only_a_giant_could_write() -> None:
    assert "64 digits" in refusal(FEE, Decimal("1e-999999"))
    assert refusal(FEE, Decimal("1e999999")) == "too large"
    wide = Field("wide", "money", "", "", Decimal(0), Decimal(10) ** 30)
    assert "64 bits" in refusal(wide, 2**63)
    assert check(wide, 2**63 // MONEY_SCALE) == 2**63 // MONEY_SCALE * MONEY_SCALE


def test_collects_everything_that_is_wrong_with_a_table() -> None:
    checker = Checker("some.toml")
    assert checker.values({"qtty": 5, "share": "x"}, [LOTS, SHARE], "part") is None
    unknown, missing, wrong = map(str, checker.problems)
    assert unknown == (
        "some.toml: part.qtty = 5: no such key; did you mean qty?; allowed: qty, share"
    )
    assert missing == (
        "some.toml: part.qty: missing; allowed: a whole number from 1 to 100 lots"
    )
    assert wrong == (
        'some.toml: part.share = "x": not a number; allowed: a number from 0.1 to 1'
    )


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=200), min_size=1))
def test_messages_stay_on_one_printable_line(table: dict[str, str]) -> None:
    checker = Checker("some.toml")
    checker.values(table, [LOTS], "part")
    for problem in checker.problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 300
