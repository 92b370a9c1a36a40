"""A limit changed in risk.toml: exactly that line, comments kept, all or nothing.

A limit is named as in the file: ``max_position``, or of one instrument or one strategy
``symbols.ACME.max_position``, ``strategies.mm_acme.max_position``. A narrower one is
added where it is not there yet, and taken out by the word ``none``. What a breaker trips
at is ``breakers.slow_count``; its table is written whole where there is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cockpit import paths
from cockpit.config.diff import limit_change, risk_changes
from cockpit.config.edit import EditRefused, changed, changed_in, line_pair, put
from cockpit.config.fields import Checker
from cockpit.config.models import RiskOptions
from cockpit.config.problems import ConfigError, did_you_mean
from cockpit.config.reading import Look, look, parse
from cockpit.config.risk_file import TABLES, fields_of, risk_options
from cockpit.config.universe import Universe
from cockpit.core import LIMITS, TRIGGERS, Scope, trigger_rank

__all__ = ["Edit", "EditRefused", "Name", "index_of", "name_of", "plan", "write"]

FILE = "risk.toml"
NONE = "none"
BREAKERS = "breakers"
"""The table of what they trip at."""
There = tuple[Universe, tuple[str, ...]]
"""The instruments and the strategies of a desk."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Name:
    """Which limit, and of what."""

    index: int
    scope: Scope = Scope.GLOBAL
    target: str = ""
    """The instrument or strategy."""
    is_trigger: bool = False
    """Of a breaker: ``index`` is into ``core.TRIGGERS``."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that is checked and not yet made."""

    path: Path
    name: Name
    value: int | None
    """New, as the core takes it; None: it is taken out."""
    text: str
    """``max_position 200 -> 150 lots``."""
    loosens: bool
    before: Look
    after: bytes
    options: RiskOptions
    """What the file says then."""

    @property
    def options_hash(self) -> int:
        """Of what the file says then."""
        return self.options.hash

    @property
    def index(self) -> int:
        """Of the limit."""
        return self.name.index

    @property
    def lines(self) -> tuple[str, str]:
        """The line of the file, before and after; empty where there is none."""
        return line_pair(self.before.data, self.after)


def index_of(name: str) -> int:
    """Which limit has that name."""
    names = [limit.name for limit in LIMITS]
    if name not in names:
        near = did_you_mean(name, names)
        raise EditRefused(f"no limit {name!r}{near}; there are {', '.join(names)}")
    return names.index(name)


def _trigger_of(name: str) -> int:
    names = [trigger.name for trigger in TRIGGERS]
    if name not in names:
        near = did_you_mean(name, names)
        raise EditRefused(f"no trigger {name!r}{near}; there are {', '.join(names)}")
    return names.index(name)


def name_of(text: str) -> Name:
    """What is meant by ``max_position`` or ``symbols.ACME.max_position``."""
    table, _, rest = text.partition(".")
    if not rest:
        return Name(index_of(text))
    if table == BREAKERS:
        return Name(_trigger_of(rest), is_trigger=True)
    target, _, limit = rest.rpartition(".")
    if table not in TABLES or not target:
        raise EditRefused(
            f"no limit {text!r}; written max_position, symbols.NAME.max_position, "
            f"strategies.NAME.max_position or breakers.slow_count"
        )
    index, scope = index_of(limit), TABLES[table]
    allowed = fields_of(scope)
    if index not in allowed:
        names = ", ".join(field.name for field in allowed.values())
        raise EditRefused(f"{limit} is not a limit of {table}; there are {names}")
    return Name(index, scope, target)


def plan(
    directory: Path,
    name: str,
    value: str,
    enforced: int | None = None,
    there: There | None = None,
) -> Edit:
    """What setting a limit would change; ``enforced``: what the core holds to now.

    ``there``: what a narrower limit can be of; None: not known, so not checked.
    Raises :class:`EditRefused` for whatever is wrong, with the file or the value.
    """
    meant = name_of(name)
    is_global = meant.scope == Scope.GLOBAL
    takes_out = value == NONE and not is_global
    if not takes_out and not _NUMBER.fullmatch(value):
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
    old = _options(before, there)
    limit = (TRIGGERS if meant.is_trigger else LIMITS)[meant.index].name
    if meant.is_trigger:
        after = _with_trigger(before, limit, value)
    elif is_global:
        after = changed(before, "limits", limit, value)
    else:
        table = next(table for table, scope in TABLES.items() if scope == meant.scope)
        after = changed_in(
            before, [table, meant.target, limit], None if takes_out else value
        )
    new = _options(Look(FILE, after), there)
    was, will = _all(old), _all(new)
    if {key for key in was | will if was.get(key) != will.get(key)} - {meant}:
        raise EditRefused(
            f"{FILE} is written in a way in which one line cannot be changed"
        )
    wanted = will.get(meant)
    held = [one for one in (was.get(meant), enforced) if one is not None]
    loosens = bool(held) and (wanted is None or wanted > min(held))
    if meant.is_trigger and wanted is not None:
        ranks = [trigger_rank(meant.index, one, old.limits) for one in held]
        loosens = trigger_rank(meant.index, wanted, new.limits) > min(ranks)
    return Edit(
        path=path,
        name=meant,
        value=wanted,
        text=", ".join(risk_changes(old, new))
        or _unwritten(name, value, wanted, enforced),
        loosens=loosens,
        before=before,
        after=after,
        options=new,
    )


def _unwritten(name: str, value: str, wanted: int | None, enforced: int | None) -> str:
    """Where the file has it already: it may not be what is in force."""
    if enforced is None or enforced == wanted:
        return f"{name} stays {value}"
    scope = name.rpartition(".")[0]
    meant = name_of(name)
    table = TRIGGERS if meant.is_trigger else LIMITS
    change = limit_change(table[meant.index], enforced, wanted)
    return f"{scope}{'.' if scope else ''}{change}, which the file says already"


def write(edit: Edit) -> None:
    """Put the new file in place of the old one, durably, unless somebody was faster."""
    put(edit.path, edit.before, edit.after)


def _with_trigger(before: Look, trigger: str, value: str) -> bytes:
    if BREAKERS in parse(before):
        return changed(before, BREAKERS, trigger, value)
    after = before
    for one in TRIGGERS:
        text = value if one.name == trigger else f"{one.standard:.0f}"
        after = Look(FILE, changed_in(after, [BREAKERS, one.name], text))
    return after.data


def _all(options: RiskOptions) -> dict[Name, int]:
    """Every limit of the file by what it is of."""
    found = {Name(index): value for index, value in enumerate(options.limits)}
    for index, value in enumerate(options.triggers):
        found[Name(index, is_trigger=True)] = value
    for one in options.narrower:
        found[Name(one.limit, one.scope, one.target)] = one.value
    return found


def _options(found: Look, there: There | None) -> RiskOptions:
    """The file as limits, or :class:`EditRefused` with all that is wrong."""
    checker = Checker(FILE)
    universe, strategies = there or (None, None)
    try:
        options = risk_options(checker, parse(found), universe, strategies)
    except ConfigError as error:
        raise EditRefused("; ".join(map(str, error.problems))) from None
    if options is None:
        raise EditRefused("; ".join(map(str, checker.problems)))
    return options
