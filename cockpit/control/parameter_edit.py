"""A strategy's parameters changed in strategies.toml: those lines and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from cockpit import paths
from cockpit.config.diff import strategy_changes
from cockpit.config.edit import EditRefused, changed_in, line_pair, put
from cockpit.config.fields import Checker, plain
from cockpit.config.models import StrategyOptions
from cockpit.config.problems import ConfigError
from cockpit.config.reading import Look, look, parse
from cockpit.config.strategies_file import strategies_options

FILE = "strategies.toml"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ParameterEdit:
    """A change that is checked and not yet made."""

    path: Path
    strategy: str
    options_hash: int
    """Of what the file says of it then."""
    text: str
    """``mm_acme: half_spread 1.5 -> 2 increments``."""
    before: Look
    after: bytes
    loosens: bool = False
    """Never: the limits hold whatever a strategy wants."""

    @property
    def lines(self) -> tuple[str, str]:
        """The line of the file, before and after."""
        return line_pair(self.before.data, self.after)


def plan(directory: Path, strategy: str, parameter: str, value: str) -> ParameterEdit:
    """What setting a parameter would change. Raises :class:`EditRefused`."""
    if not _NUMBER.fullmatch(value):
        raise EditRefused(
            f"{parameter} = {value[:40]!r}: write a plain number like 150 or 2.5"
        )
    return _plan(directory, strategy, {parameter: value})


def plan_all(
    directory: Path, strategy: str, values: Iterable[tuple[str, float]]
) -> ParameterEdit:
    """What setting all of these would change: a line for each that differs.

    Raises :class:`EditRefused`.
    """
    return _plan(
        directory, strategy, {name: plain(Decimal(repr(value))) for name, value in values}
    )


def _plan(directory: Path, strategy: str, values: Mapping[str, str]) -> ParameterEdit:
    if directory.resolve() == paths.default_config().resolve():
        raise EditRefused(
            f"the desk runs on the files that came with cockpit ({directory}), which are "
            f"not to be edited: `cockpit init` copies them, then restart the desk"
        )
    path = (directory / FILE).resolve()
    before = look(path)
    old = _named(before, strategy, directory)
    after = before.data
    for parameter, value in values.items():
        # What is in the file as it is to be, or by default, is left alone.
        if parameter in old.named and Decimal(repr(old.named[parameter])) == Decimal(
            value
        ):
            continue
        after = changed_in(Look(before.file, after), (strategy, parameter), value)
    new = _named(Look(before.file, after), strategy, directory)
    stays = ", ".join(f"{name} stays {value}" for name, value in values.items())
    words = ", ".join(strategy_changes(old, new)) or stays
    text = f"{strategy}: {words}"
    return ParameterEdit(path, strategy, new.hash, text, before, after)


def write(edit: ParameterEdit) -> None:
    """Put the new file in place of the old one, durably, unless somebody was faster."""
    put(edit.path, edit.before, edit.after)


def _named(found: Look, strategy: str, directory: Path) -> StrategyOptions:
    """The strategy of that name, or :class:`EditRefused` with all that is wrong."""
    checker = Checker(FILE)
    try:
        options = strategies_options(checker, parse(found), None, directory)
    except ConfigError as error:
        raise EditRefused("; ".join(map(str, error.problems))) from None
    if options is None:
        raise EditRefused("; ".join(map(str, checker.problems)))
    for option in options:
        if option.name == strategy:
            return option
    raise EditRefused(f"{FILE} has no strategy {strategy!r}")
