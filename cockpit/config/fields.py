"""What a table of a file may hold, declared once, and the one checker of all of them.

A :class:`Field` is one key. The core's own parameters become fields by
:func:`field_of`; what is in desk.toml is declared beside its model. Numbers arrive as
``int`` and ``Decimal`` (the files are parsed that way), so that a price or a fee is the
decimal that was written and never a binary fraction near it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from cockpit.config.problems import Problem, did_you_mean, shown
from cockpit.core import MONEY_SCALE, NAME_MAX, Parameter

Kind = Literal[
    "integer", "power", "float", "decimal", "money", "name", "word", "path", "flag"
]  # fmt: skip
"""``power``: an integer that is a power of two. ``word``: one of ``choices``. ``path``:
from the root or from ``~``, or empty."""

NAME = re.compile(r"[A-Za-z0-9_.-]+")
MONEY_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a table. ``minimum`` and ``maximum`` are in ``unit``, ends included."""

    name: str
    kind: Kind
    help: str
    unit: str = ""
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)
    choices: tuple[str, ...] = ()
    usual: str = ""
    """What a message proposes to who left the key out."""

    @property
    def allowed(self) -> str:
        """What the key may be set to, for a message or a manual."""
        if self.kind == "word":
            return ", ".join(self.choices)
        if self.kind == "flag":
            return "true or false"
        if self.kind == "path":
            return "a path that begins with / or ~, or an empty text"
        if self.kind == "name":
            return f"1 to {NAME_MAX} of A-Z a-z 0-9 _ . -"
        noun = {
            "integer": "a whole number",
            "power": "a power of two",
            "money": "an amount",
        }.get(self.kind, "a number")
        span = f"{noun} from {plain(self.minimum)} to {plain(self.maximum)}"
        return f"{span} {self.unit}" if self.unit else span


class Refused(Exception):
    """A value that its field does not take; the text says why."""


def plain(number: Decimal) -> str:
    """A decimal without exponent and trailing zeros."""
    return f"{number.normalize():f}"


def field_of(parameter: Parameter) -> Field:
    """A field from what the core declares."""
    return Field(
        name=parameter.name,
        kind=parameter.kind,
        help=parameter.help,
        unit=parameter.unit,
        # By way of the shortest text: 0.1 in the core's table means the decimal 0.1.
        minimum=Decimal(repr(parameter.minimum)),
        maximum=Decimal(repr(parameter.maximum)),
        usual=plain(Decimal(repr(parameter.standard))),
    )


# ---- one value -------------------------------------------------------------------------


def to_money(amount: Decimal) -> int:
    """Currency to money units, exactly. Raises :class:`Refused` if it is not possible.

    The caller has checked that the amount is finite and not astronomical.
    """
    numerator, denominator = amount.as_integer_ratio()
    money, rest = divmod(numerator * MONEY_SCALE, denominator)
    if rest:
        raise Refused(f"finer than the smallest unit, 1/{MONEY_SCALE} of the currency")
    if abs(money) > MONEY_MAX:
        raise Refused("more than 64 bits of money")
    return money


def _number(field: Field, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused("not a number")
    number = Decimal(value)
    if not number.is_finite():
        raise Refused("not a finite number")
    if isinstance(value, Decimal) and field.kind in ("integer", "power"):
        raise Refused("not a whole number (write it without a point)")
    if number < field.minimum:
        raise Refused("too small")
    if number > field.maximum:
        raise Refused("too large")
    return number


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise Refused("not a text in quotes")
    if field.kind == "word" and value not in field.choices:
        raise Refused("not one of the choices" + did_you_mean(value, field.choices))
    if field.kind == "path" and value and value[0] not in "/~":
        raise Refused("not a path from the root or from ~")
    if field.kind == "name":
        if not NAME.fullmatch(value):
            raise Refused("not a name")
        if len(value) > NAME_MAX:
            raise Refused(f"longer than {NAME_MAX} characters")
    return value


def check(field: Field, value: object) -> Any:
    """The value as the program uses it; raises :class:`Refused`.

    ``integer``, ``power`` and ``money`` give an int (money units), ``float`` a float,
    ``decimal`` a Decimal, ``flag`` a bool, the others a str.
    """
    if field.kind == "flag":
        if not isinstance(value, bool):
            raise Refused("neither true nor false")
        return value
    if field.kind in ("name", "word", "path"):
        return _text(field, value)
    number = _number(field, value)
    match field.kind:
        case "power":
            if int(number).bit_count() != 1:
                raise Refused("not a power of two")
            return int(number)
        case "integer":
            return int(number)
        case "float":
            return float(number)
        case "money":
            _refuse_needless_digits(number)
            return to_money(number)
        case _:
            _refuse_needless_digits(number)
            return number


def _refuse_needless_digits(number: Decimal) -> None:
    # Inside the range, but 1e-999999999 would make integers of a billion digits.
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -64:
        raise Refused("more than 64 digits after the point")


# ---- one table -------------------------------------------------------------------------


class Checker:
    """Checks the tables of one file and collects everything that is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def report(self, key: str, value: object, what: str, allowed: str = "") -> None:
        """Add a problem; ``value`` None when the key is missing."""
        found = "" if value is None else shown(value)
        self.problems.append(Problem(self.file, key, found, what, allowed))

    def table(self, value: object, key: str) -> dict[str, Any] | None:
        """The value if it is a table, else None and a problem."""
        if isinstance(value, dict):
            return value
        self.report(key, value, "not a table", f"a table, written [{key}]")
        return None

    def unknown(self, table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        """Report every key of a table that is not known."""
        for key in table:
            if key not in known:
                self.report(
                    dotted(where, key),
                    table[key],
                    "no such key" + did_you_mean(key, known),
                    ", ".join(known),
                )

    def value(self, table: Mapping[str, Any], field: Field, where: str) -> Any | None:
        """One checked value, or None and a problem."""
        key = dotted(where, field.name)
        if field.name not in table:
            usual = f" (usual: {field.usual})" if field.usual else ""
            self.report(key, None, "missing", field.allowed + usual)
            return None
        try:
            return check(field, table[field.name])
        except Refused as refused:
            self.report(key, table[field.name], str(refused), field.allowed)
            return None

    def values(
        self, table: Mapping[str, Any], fields: Sequence[Field], where: str
    ) -> dict[str, Any] | None:
        """Every field of a table that holds these and nothing else, or None."""
        before = len(self.problems)
        self.unknown(table, [field.name for field in fields], where)
        found = {field.name: self.value(table, field, where) for field in fields}
        return found if len(self.problems) == before else None


def dotted(where: str, key: str) -> str:
    """A key path; keys that need quotes get them, and long ones are cut."""
    shown_key = key if NAME.fullmatch(key) and len(key) <= 40 else shown(key)
    return f"{where}.{shown_key}" if where else shown_key
