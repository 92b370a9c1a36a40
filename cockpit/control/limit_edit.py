"""A limit changed in risk.toml: exactly that line, comments kept, all or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cockpit import paths
from cockpit.config.diff import risk_changes
from cockpit.config.edit import EditRefused, changed, line_pair, put
from cockpit.config.fields import Checker
from cockpit.config.models import RiskOptions
from cockpit.config.problems import ConfigError, did_you_mean
from cockpit.config.reading import Look, look, parse
from cockpit.config.risk_file import risk_options
from cockpit.core import LIMITS

__all__ = ["Edit", "EditRefused", "index_of", "plan", "write"]

FILE = "risk.toml"
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that is checked and not yet made."""

    path: Path
    index: int
    """Of the limit."""
    value: int
    """New, as the core takes it."""
    text: str
    """``max_position 200 -> 150 lots``."""
    loosens: bool
    before: Look
    after: bytes

    @property
    def lines(self) -> tuple[str, str]:
        """The line of the file, before and after."""
        return line_pair(self.before.data, self.after)


def index_of(name: str) -> int:
    """Which limit has that name."""
    names = [limit.name for limit in LIMITS]
    if name not in names:
        near = did_you_mean(name, names)
        raise EditRefused(f"no limit {name!r}{near}; there are {', '.join(names)}")
    return names.index(name)


def plan(directory: Path, name: str, value: str, enforced: int | None = None) -> Edit:
    """What setting a limit would change; ``enforced``: what the core holds to now.

    Raises :class:`EditRefused` for whatever is wrong, with the file or the value.
    """
    index = index_of(name)
    if not _NUMBER.fullmatch(value):
        raise EditRefused(
            f"{name} = {value[:40]!r}: write a plain number like 150 or 2.5"
        )
    if directory.resolve() == paths.default_config().resolve():
        raise EditRefused(
            f"the desk runs on the files that came with cockpit ({directory}), which are "
            f"not to be edited: `cockpit init` copies them, then restart the desk"
        )
    # A link is followed: the file it leads to is the one replaced.
    path = (directory / FILE).resolve()
    before = look(path)
    old = _options(before)
    after = changed(before, "limits", name, value)
    new = _options(Look(FILE, after))
    moved = [
        number
        for number, (a, b) in enumerate(zip(old.limits, new.limits, strict=True))
        if a != b
    ]
    if moved not in ([], [index]):
        raise EditRefused(
            f"{FILE} is written in a way in which one line cannot be changed"
        )
    held = old.limits[index] if enforced is None else min(enforced, old.limits[index])
    return Edit(
        path=path,
        index=index,
        value=new.limits[index],
        text=", ".join(risk_changes(old, new)) or f"{name} stays {value}",
        loosens=new.limits[index] > held,
        before=before,
        after=after,
    )


def write(edit: Edit) -> None:
    """Put the new file in place of the old one, durably, unless somebody was faster."""
    put(edit.path, edit.before, edit.after)


def _options(found: Look) -> RiskOptions:
    """The file as limits, or :class:`EditRefused` with all that is wrong."""
    checker = Checker(FILE)
    try:
        options = risk_options(checker, parse(found))
    except ConfigError as error:
        raise EditRefused("; ".join(map(str, error.problems))) from None
    if options is None:
        raise EditRefused("; ".join(map(str, checker.problems)))
    return options
