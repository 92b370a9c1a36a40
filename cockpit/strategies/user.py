"""What a strategy in Python imports: ``from cockpit.strategies.user import ...``.

The functions here are for use inside a strategy's callbacks, which numba compiles; prices
are whole increments, quantities whole lots. What a seat holds is said in cockpit.h.
"""

from __future__ import annotations

from typing import Any

import numba

from cockpit.core import PRICE_NONE, Parameter, PluginWants, Side

BUY = int(Side.BUY)
SELL = int(Side.SELL)
NO_PRICE = PRICE_NONE
PRICE = int(PluginWants.PRICE)
"""Call on_book when a best price changed."""
QTY = int(PluginWants.QTY)
"""Call on_book when the quantity at a best price changed."""
TRADE = int(PluginWants.TRADE)
"""Call on_trade when somebody traded."""

__all__ = [
    "BUY", "NO_PRICE", "PRICE", "QTY", "SELL", "TRADE", "Parameter", "cancel", "integer",
    "number", "quote", "take",
]  # fmt: skip


def integer(
    name: str, unit: str, help: str, minimum: int, maximum: int, standard: int
) -> Parameter:
    """A parameter that is a whole number."""
    return Parameter(name, unit, help, minimum, maximum, standard, "integer")


def number(
    name: str, unit: str, help: str, minimum: float, maximum: float, standard: float
) -> Parameter:
    """A parameter that may be a fraction."""
    return Parameter(name, unit, help, minimum, maximum, standard, "float")


@numba.njit(error_model="numpy", inline="always")
def quote(seat: Any, side: int, price: int, qty: int) -> None:
    """One order of this side is to rest there; what rested before is replaced."""
    seat.quote_asked[side] = 1
    seat.quote_price[side] = price
    seat.quote_qty[side] = qty


@numba.njit(error_model="numpy", inline="always")
def cancel(seat: Any, side: int) -> None:
    """Nothing of this side is to rest any more."""
    seat.quote_asked[side] = 1
    seat.quote_price[side] = 0
    seat.quote_qty[side] = 0


@numba.njit(error_model="numpy", inline="always")
def take(seat: Any, symbol: int, side: int, price: int, qty: int) -> None:
    """Trade up to qty of a symbol (0 the first) now, no worse than this price."""
    seat.take_asked[symbol] = 1 if qty > 0 else 0
    seat.take_side[symbol] = side
    seat.take_price[symbol] = price
    seat.take_qty[symbol] = qty
