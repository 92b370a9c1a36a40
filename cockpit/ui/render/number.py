"""Figures as text: money, prices, quantities, durations, ages.

Money and prices are integers to the last digit; nothing here passes them through a
float. ``fit_*`` give up decimals first and then thousands, never the sign.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, PRICE_NONE
from cockpit.ui.render.glyphs import Glyphs
from cockpit.ui.render.text import Segment

_SUFFIXES = ("", "k", "M", "B", "T", "Q")
_SECOND_NS = 1_000_000_000
STALE_S = 2.0
"""An age from which a figure is dimmed."""
LATE_S = 5.0
"""An age from which a figure is marked."""


def scaled(value: int, scale: int, decimals: int) -> str:
    """``value / scale`` with ``decimals`` digits, half away from zero, and commas."""
    magnitude = abs(value) * 10**decimals
    whole = (magnitude + scale // 2) // scale
    sign = "-" if value < 0 and whole else ""
    if not decimals:
        return f"{sign}{whole:,}"
    digits = f"{whole:0{decimals + 1}d}"
    return f"{sign}{int(digits[:-decimals]):,}.{digits[-decimals:]}"


def compact(value: int, scale: int, width: int) -> str:
    """``value / scale`` in thousands, millions, ... so that it fits ``width``."""
    for power, suffix in enumerate(_SUFFIXES):
        unit = scale * 1000**power
        if power and 2 * abs(value) >= 1999 * unit and suffix != _SUFFIXES[-1]:
            continue
        for decimals in (2, 1, 0) if power else (0,):
            text = scaled(value, unit, decimals) + suffix
            if len(text) <= width:
                return text
    return "#" * width


def fit_money(value: int, width: int = 14, decimals: int = 2) -> str:
    """Money units as currency, in at most ``width`` characters."""
    for digits in range(decimals, -1, -1):
        text = scaled(value, MONEY_SCALE, digits)
        if len(text) <= width:
            return text
    return compact(value, MONEY_SCALE, width)


def fit_count(value: int, width: int = 12) -> str:
    """A count, in at most ``width`` characters."""
    text = f"{value:,}"
    return text if len(text) <= width else compact(value, 1, width)


def direction(value: int) -> str:
    """The style of a figure by its sign."""
    return "up" if value > 0 else "down" if value < 0 else "flat"


def signed(text: str, value: int) -> str:
    """``text`` of ``value`` with its sign before it, the plus as well."""
    return f"+{text}" if value > 0 and not text.startswith("+") else text


def shown_pnl(value: int, glyphs: Glyphs, width: int = 16, decimals: int = 2) -> Segment:
    """A profit or loss: arrow, sign and colour."""
    text = signed(fit_money(value, width - 3, decimals), value)
    if not any(digit in text for digit in "123456789"):
        return (f"{glyphs.flat} {text.lstrip('+')}", "flat")
    arrow = glyphs.up if value > 0 else glyphs.down
    return (f"{arrow} {text}", direction(value))


def shown_position(lots: int, width: int = 10) -> Segment:
    """Lots held, long and short as they are coloured everywhere."""
    return (signed(fit_count(lots, width - 1), lots), direction(lots))


def price(increments: int, symbol: Symbol) -> str:
    """A price of ``symbol``, or a dash when there is none."""
    if increments == PRICE_NONE:
        return "-"
    return scaled(increments * symbol.increment, MONEY_SCALE, symbol.decimals)


def average_price(cost: int, lots: int, symbol: Symbol) -> str:
    """``cost`` (increments x lots) a lot, to one digit more than prices have."""
    if not lots:
        return "-"
    money = abs(cost) * symbol.increment
    return scaled(money, MONEY_SCALE * abs(lots), symbol.decimals + 1)


def duration(ns: int, glyphs: Glyphs, gap: str = " ") -> str:
    """Three significant digits and a unit: ``812 ns``, ``1.24 µs``, ``31.0 ms``."""
    if ns < 1_000:
        return f"{ns}{gap}ns"
    units = ((f"{glyphs.micro}s", 1_000), ("ms", 1_000_000), ("s ", _SECOND_NS))
    for unit, size in units:
        for decimals in (2, 1, 0):
            # The last value that still rounds to three digits in this unit.
            if 2 * ns * 10**decimals < 1999 * size:
                return f"{scaled(ns, size, decimals)}{gap}{unit}"
    return f"{compact(ns, _SECOND_NS, 4)}{gap}s "


def age(seconds: float, glyphs: Glyphs) -> Segment:
    """How old a figure is, dimmed from :data:`STALE_S`, marked from :data:`LATE_S`."""
    seconds = max(seconds, 0.0)
    if seconds < 100:
        text = f"{seconds:.1f} s"
    elif seconds < 6000:
        text = f"{seconds / 60:.0f} min"
    else:
        text = f"{min(seconds / 3600, 9999):.0f} h"
    if seconds >= LATE_S:
        return (f"{glyphs.late}{text}", "late")
    return (text, "stale" if seconds >= STALE_S else "text")


def span(seconds: float) -> str:
    """A length of time in at most six characters: ``0.4 s``, ``12 s``, ``3 min``."""
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{min(seconds / 3600, 9999):.0f} h"


def clock_time(seconds: float, virtual: bool, decimals: int = 3) -> str:
    """A time of day (UTC), or since the start under virtual time."""
    if virtual:
        ticks = round(max(seconds, 0.0) * 10**decimals)
    else:
        moment = datetime.fromtimestamp(max(seconds, 0.0), UTC)
        whole = moment.hour * 3600 + moment.minute * 60 + moment.second
        ticks = whole * 10**decimals + moment.microsecond * 10**decimals // 1_000_000
    rest, fraction = divmod(ticks, 10**decimals)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    point = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{point}"


def percent(part: float, whole: float) -> str:
    """``part`` of ``whole`` in per cent, at most four characters."""
    if whole <= 0:
        return "-"
    value = 100 * part / whole
    return f"{value:.0f}%" if value < 999.5 else ">1k%"
