"""All files of a directory, checked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit import paths
from cockpit.config.desk_file import desk_options
from cockpit.config.fields import Checker
from cockpit.config.models import Config, DeskOptions, RiskOptions, StrategyOptions
from cockpit.config.problems import ConfigError, Problem
from cockpit.config.reading import Look, parse, settle
from cockpit.config.risk_file import risk_options
from cockpit.config.strategies_file import strategies_options
from cockpit.config.universe import Universe
from cockpit.looks import First

FILES = paths.CONFIG_FILES


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files say: the ones in order as values, the others as problems."""

    desk: DeskOptions | None
    strategies: tuple[StrategyOptions, ...] | None
    risk: RiskOptions | None
    problems: tuple[Problem, ...]


def load(
    directory: Path, recording: Sequence[str] = (), begun: First | None = None
) -> Config:
    """Read and check everything, to start a desk.

    ``recording`` names the instruments of the recording that will be played, if one is.
    ``begun``: a first look at the files, if one was taken before.
    Raises :class:`ConfigError` with all problems of all files.
    """
    looks = settle(directory, FILES, begun=begun)
    reading = interpret(looks, recording, directory=directory)
    if reading.problems:
        raise ConfigError(reading.problems)
    assert reading.desk and reading.strategies is not None and reading.risk
    return Config(reading.desk, reading.strategies, reading.risk)


def interpret(
    looks: Sequence[Look],
    recording: Sequence[str] = (),
    universe: Universe | None = None,
    directory: Path = Path(),
) -> Reading:
    """Check looks at FILES, in that order, against each other.

    ``universe`` is what is traded by a desk that runs already; otherwise it follows from
    desk.toml and ``recording``. Files that strategies.toml names are in ``directory``.
    """
    desk_look, strategies_look, risk_look = looks
    checkers = [Checker(found.file) for found in looks]
    desk_checker, strategies_checker, risk_checker = checkers
    desk = strategies = risk = None
    if (table := _table(desk_checker, desk_look)) is not None:
        desk = desk_options(desk_checker, table)
    if universe is None and desk is not None:
        universe = universe_of(desk, recording)
    if (table := _table(strategies_checker, strategies_look)) is not None:
        strategies = strategies_options(strategies_checker, table, universe, directory)
    if (table := _table(risk_checker, risk_look)) is not None:
        names = None if strategies is None else [options.name for options in strategies]
        risk = risk_options(risk_checker, table, universe, names)
    problems = tuple(problem for checker in checkers for problem in checker.problems)
    return Reading(desk, strategies, risk, problems)


def universe_of(desk: DeskOptions, recording: Sequence[str] = ()) -> Universe:
    """What strategies can name on the simulated market, or on a recording."""
    names = tuple(instrument.name for instrument in desk.instruments)
    return Universe(tuple(recording), names) if recording else Universe(names)


def _table(checker: Checker, found: Look) -> dict[str, Any] | None:
    try:
        return parse(found)
    except ConfigError as error:
        checker.problems.extend(error.problems)
        return None
