"""The options that commands share, and how a command ends."""

from __future__ import annotations

import functools
import math
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cockpit.cli.opening import (
    Keeping,
    Venue,
)

if TYPE_CHECKING:
    pass

EXIT_TROUBLE = 1
EXIT_USAGE = 2
EXIT_NO_DESK = 3


class Finite(click.FloatRange):
    """A number in a range: nan is in none, and inf is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Speed(click.ParamType[float]):
    """How fast a recording is played: a factor, or ``max``, which becomes 0."""

    name = "1|N|max"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        if value == "max":
            return 0.0
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0.001 <= speed <= 1e6:
            self.fail(
                f"{value!r} is neither max nor a number from 0.001 to 1000000", param, ctx
            )
        return speed


def market_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that trades."""
    options = (
        click.option(
            "--config",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Directory with desk.toml, strategies.toml and risk.toml.",
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**64 - 1), help="Of the synthetic market."
        ),
        click.option(
            "--replay",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Trade inside a recording: an ITCH 5.0 file, or LOBSTER messages.",
        ),
        click.option(
            "--symbol",
            "symbols",
            multiple=True,
            help="Of the recording, this one (may be repeated); else the busiest.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Of a command with :func:`market_options`, whose replay it is about."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any, speed: float | None, replay: Path | None, **others: Any
    ) -> Any:
        if speed is not None and replay is None:
            raise click.UsageError("--speed is that of a recording: give --replay too")
        speed = 1.0 if speed is None else speed
        return command(*arguments, speed=speed, replay=replay, **others)

    return click.option("--speed", type=Speed(), help="Of the replay.  [default: 1]")(
        gathered
    )


def venue_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that may trade on an exchange in another process."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any,
        venue: str | None,
        credentials: Path | None,
        mold: str | None,
        account: str | None,
        **others: Any,
    ) -> Any:
        given = ("--credentials", credentials), ("--mold", mold), ("--account", account)
        for option, value in given:
            if value and not venue:
                raise click.UsageError(f"{option} is of an exchange: give --venue too")
        made = Venue(venue, credentials, mold, account or "live")
        return command(*arguments, venue=made, **others)

    for option in (
        click.option(
            "--account",
            type=click.Choice(["live", "paper", "sim"]),
            help="What is at stake at --venue. Unless told, real money: live.",
        ),
        click.option(
            "--mold", metavar="HOST:PORT", help="Take the feed as MoldUDP64 datagrams."
        ),
        click.option(
            "--credentials",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="User and password for --venue, a file only you may read.",
        ),
        click.option(
            "--venue",
            metavar="tcp://HOST[:PORT[:PORT]]",
            help="Trade on the exchange there, orders and feed on these ports.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def journal_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command whose desk may go on after a restart."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any, journal_directory: Path | None, no_journal: bool, **others: Any
    ) -> Any:
        if journal_directory and no_journal:
            raise click.UsageError("--journal and --no-journal contradict each other")
        return command(
            *arguments, keeping=Keeping(journal_directory, no_journal), **others
        )

    for option in (
        click.option(
            "--no-journal", is_flag=True, help="Write nothing down: forget it all."
        ),
        click.option(
            "--journal",
            "journal_directory",
            type=click.Path(file_okay=False, path_type=Path),
            help="Write down there what the desk does, and go on from it.",
        ),
    ):
        gathered = option(gathered)
    return gathered


def rate_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--rate",
        type=click.IntRange(1, 1_000_000),
        help="Of the synthetic market, events/s.",
    )(command)


def screen_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that shows the screen."""
    options = (
        click.option(
            "--theme", default="dark", show_default=True, help="A file of themes/."
        ),
        click.option(
            "--glyphs",
            type=click.Choice(["auto", "unicode", "ascii"]),
            default="auto",
            show_default=True,
        ),
        click.option(
            "--hz",
            type=Finite(1, 10),
            default=4.0,
            show_default=True,
            help="Pictures a second.",
        ),
        click.option(
            "--color",
            type=click.Choice(["auto", "truecolor", "256", "16", "none"]),
            default="auto",
            show_default=True,
            help="What the terminal can show.",
        ),
        click.option(
            "--mouse/--no-mouse", default=None, help="Default: on, but not over SSH."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say what is wrong with files or arguments in plain lines, without a traceback."""
    from cockpit.config.problems import ConfigError
    from cockpit.control.runtime import RuntimeRefused
    from cockpit.core import CoreError
    from cockpit.data.errors import DataError
    from cockpit.observe.errors import TapeError

    try:
        yield
    except (ConfigError, CoreError, DataError, RuntimeRefused, TapeError) as error:
        click.echo(f"cockpit: {error}", err=True)
        sys.exit(EXIT_USAGE)


def catch_signals() -> list[int]:
    """From now on INT and TERM are noted in the list, for an end in good order."""
    caught: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: caught.append(n))
    return caught
