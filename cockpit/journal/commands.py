"""``cockpit journal``: what the desk has written down."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cockpit import paths

EXIT_TROUBLE = 1
EXIT_USAGE = 2


@click.group()
def journal() -> None:
    """What the desk has written down: orders, reports, every operator's action.

    DIRECTORY is a journal's, or the name of a desk; without it the cockpit's own.
    """


def directory_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("directory", default=paths.SCREEN)(command)


def _place(given: str) -> Path:
    """A directory as it is; a desk's name is looked up."""
    path = Path(given)
    return path if path.is_dir() else paths.journal(given)


def _fail(why: Exception, as_json: bool = False) -> None:
    """1: there is a journal, and not all of it can be read. 2: there is none."""
    from cockpit.journal.reader import JournalDamaged

    damaged = isinstance(why, JournalDamaged)
    text = f"NOT ALL OF IT: {why}; `cockpit journal verify`" if damaged else str(why)
    if as_json:
        click.echo(json.dumps({"problems": [text]}))
    else:
        click.echo(f"cockpit: {text}", err=True)
    sys.exit(EXIT_TROUBLE if damaged else EXIT_USAGE)


def _kinds(given: tuple[str, ...]) -> tuple[str, ...]:
    from cockpit.core import JOURNAL_KINDS

    for kind in given:
        if kind not in JOURNAL_KINDS.values():
            known = ", ".join(JOURNAL_KINDS.values())
            raise click.BadParameter(f"no kind {kind!r}; there are {known}")
    return given


@journal.command()
@directory_argument
@click.option("--kind", "kinds", multiple=True, help="Only these (may be repeated).")
@click.option("--last", type=click.IntRange(1), help="Only so many, the newest.")
def show(directory: str, kinds: tuple[str, ...], last: int | None) -> None:
    """A line for each record; one for all records of an operator's action.

    Numbers are in the core's own units, as in the JSON lines of `export`: prices in
    increments, money in 1/100,000,000.
    """
    from cockpit.journal.export import line, plain
    from cockpit.journal.reader import JournalError, segments
    from cockpit.journal.words import Row

    kinds = _kinds(kinds)
    try:
        rows = (row for segment in segments(_place(directory)) for row in plain(segment))
        # What has parts is told by its first.
        told = (row for row in rows if "of_part" not in row)
        chosen = (row for row in told if not kinds or row["kind"] in kinds)
        latest: deque[Row] = deque(maxlen=last)
        trouble = None
        try:
            for row in chosen:
                if last:
                    latest.append(row)
                else:
                    click.echo(line(row))
        except JournalError as error:
            trouble = error
        for row in latest:
            click.echo(line(row))
        if trouble is not None:
            raise trouble
    except JournalError as error:
        _fail(error)


@journal.command()
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
@click.option("--chain", "noted", default="", metavar="DIGEST",
              help="One noted elsewhere: it has to be in the chain.")  # fmt: skip
def verify(directory: str, as_json: bool, noted: str) -> None:
    """Check all checksums, the sequence, and the chain of operators' actions.

    Exit code 1 when something is not as it was written, or the beginning is not there.
    An end that was cut off between two records cannot be seen in what is left: the digest
    of the chain, noted somewhere else and given with --chain, vouches for every action
    before it.
    """
    from cockpit.journal.reader import JournalError
    from cockpit.journal.reader import verify as check

    try:
        verdict = check(_place(directory), noted)
    except JournalError as error:
        _fail(error, as_json)
        return
    if as_json:
        click.echo(json.dumps(asdict(verdict), indent=2))
    else:
        click.echo(
            f"{verdict.record_count:,} records in {verdict.segment_count} files, "
            f"{verdict.first:,} to {verdict.last:,}; {verdict.control_count:,} "
            f"operators' actions, chain {verdict.chain}"
        )
        if not verdict.ended:
            click.echo(
                "it does not end with a stop in order: the desk runs, was killed, or the "
                "end is not here"
            )
        if verdict.torn_bytes:
            click.echo(
                f"{verdict.torn_bytes:,} bytes of a torn end, cut off at the next start"
            )
        for problem in verdict.problems:
            click.echo(f"NOT SOUND: {problem}")
    if not verdict.is_sound:
        sys.exit(EXIT_TROUBLE)


@journal.command()
@directory_argument
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file; .parquet makes it one.  [default: stdout, JSON lines]",
)
@click.option("--kind", "kinds", multiple=True, help="Only these (may be repeated).")
def export(directory: str, target: Path | None, kinds: tuple[str, ...]) -> None:
    """Every record as a line of JSON, or as a row of a Parquet file (extra `data`)."""
    from cockpit.journal.export import json_lines, parquet
    from cockpit.journal.reader import JournalError

    wanted = frozenset(_kinds(kinds))
    try:
        if target is None:
            json_lines(_place(directory), sys.stdout, wanted)
        elif target.suffix == ".parquet":
            parquet(_place(directory), target, wanted)
        else:
            with target.open("w") as out:
                json_lines(_place(directory), out, wanted)
    except (JournalError, OSError) as error:
        _fail(error)
    except ModuleNotFoundError:
        _fail(RuntimeError("Parquet needs the extra: pip install 'cockpit[data]'"))


@journal.command()
@directory_argument
def retire(directory: str) -> None:
    """Put a journal aside, whole, so that the next start begins a new one.

    For one that is quarantined. What is held is then for you to say: the new one begins
    flat, and asks the venue about its orders.
    """
    from datetime import datetime

    place = _place(directory)
    if not place.is_dir():
        _fail(RuntimeError(f"no journal in {place}"))
    aside = place.with_name(f"{place.name}.retired-{datetime.now():%Y%m%d-%H%M%S}")
    place.rename(aside)
    click.echo(f"{place} is {aside} now")
