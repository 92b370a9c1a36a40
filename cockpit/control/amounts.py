"""Prices and money as text, by integers alone: what is shown is what is meant."""

from __future__ import annotations

from decimal import Decimal

from cockpit.control.desk import Symbol
from cockpit.core import LIMITS, MONEY_SCALE, PRICE_NONE, Instrument

MONEY_DIGITS = len(str(MONEY_SCALE)) - 1


def symbol_of(instrument: Instrument) -> Symbol:
    """An instrument as far as drawing it needs."""
    return Symbol(
        name=instrument.name,
        increment=instrument.increment,
        point_value=instrument.point_value,
        decimals=decimals_of(instrument.increment),
    )


def decimals_of(increment: int) -> int:
    """Digits after the point that every multiple of an increment can be written with."""
    digits = MONEY_DIGITS
    while digits and increment % 10 == 0:
        increment //= 10
        digits -= 1
    return digits


def money_text(money: int, digits: int = 2) -> str:
    """Currency with that many digits after the point; half a unit rounds away from 0."""
    step = 10 ** (MONEY_DIGITS - digits)
    units = (abs(money) + step // 2) // step
    sign = "-" if money < 0 and units else ""
    whole, part = divmod(units, 10**digits)
    return f"{sign}{whole:,}.{part:0{digits}d}" if digits else f"{sign}{whole:,}"


def price_text(symbol: Symbol, price: int) -> str:
    """A price in increments as it is quoted; ``-`` when there is none."""
    if price == PRICE_NONE:
        return "-"
    return money_text(price * symbol.increment, symbol.decimals)


def price_of(symbol: Symbol, text: str) -> int:
    """A price as it is quoted, in increments. Raises ValueError with what is wrong."""
    try:
        steps, rest = divmod(Decimal(text) * MONEY_SCALE, symbol.increment)
    except ArithmeticError:  # no number, or none that large
        raise ValueError(f"{text[:40]!r} is no price") from None
    if steps.is_nan() or steps < 0 or (steps == 0 and rest <= 0):
        raise ValueError(f"{text[:40]!r} is no price")
    if rest:
        step = price_text(symbol, 1)
        raise ValueError(f"{text[:40]} is no multiple of {symbol.name}'s tick, {step}")
    return int(steps)


def limit_text(index: int, value: int) -> str:
    """A value of a risk limit, or its use, without the unit."""
    return money_text(value) if LIMITS[index].kind == "money" else f"{value:,}"


def limit_unit(index: int) -> str:
    """The unit to put behind :func:`limit_text`, with a space before it."""
    unit = LIMITS[index].unit
    return f" {unit}" if unit else ""
