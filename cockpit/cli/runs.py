"""``cockpit once`` and ``sim``: trade without a screen, then one summary."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cockpit.cli.opening import (
    Keeping,
    Venue,
    open_desk,
    recorded,
    watched,
)
from cockpit.cli.options import (
    EXIT_TROUBLE,
    Finite,
    catch_signals,
    journal_options,
    market_options,
    plain_errors,
    rate_option,
    speed_option,
    venue_options,
)

if TYPE_CHECKING:
    from cockpit.control.local import LocalDesk

LOOK_SECONDS = 0.05
SIM_CHUNK = 1_000_000


@click.command()
@market_options
@venue_options
@speed_option
@rate_option
@journal_options
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path),
              help="Write pictures and events on a tape.")  # fmt: skip
@click.option("--seconds", type=Finite(0), default=10.0, show_default=True,
              help="How long; 0: until the replay ends.")  # fmt: skip
@click.option(
    "--no-desk", is_flag=True, help="The exchange alone: nobody trades but the flow."
)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@click.option("--hlog", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the latency histograms there.")  # fmt: skip
@click.option(
    "-v", "--verbose", is_flag=True, help="Every event on stderr; else what warns."
)
def once(
    config: Path | None,
    seed: int | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    speed: float,
    rate: int | None,
    record: Path | None,
    seconds: float,
    no_desk: bool,
    as_json: bool,
    hlog: Path | None,
    verbose: bool,
    venue: Venue,
    keeping: Keeping,
) -> None:
    """Trade without a screen, then say in one summary what came of it."""
    if seconds == 0 and replay is None:
        raise click.UsageError(
            "--seconds 0 means until the replay ends: give --replay too"
        )
    if hlog:
        if no_desk:
            raise click.UsageError("--hlog is of the desk's latency: not with --no-desk")
        _may_write(hlog)
    with plain_errors():
        desk = open_desk(
            config,
            replay,
            symbols,
            venue,
            keeping,
            "",
            seed=seed,
            rate=rate,
            replay_speed=speed,
            desk=not no_desk,
        )
        shown = recorded(watched(desk), record) if record else watched(desk)
    from cockpit.core import Severity

    interrupted = catch_signals()
    began = time.time()
    with plain_errors():
        desk.start()
    while not interrupted and not _is_over(desk, seconds, time.time() - began):
        time.sleep(LOOK_SECONDS)
        desk.read()
        for event in shown.events():
            if verbose or event.severity > Severity.INFO:
                click.echo(f"{event.source}: {event.text}", err=True)
    ended = time.time()
    trouble = shown.close()
    figures = _report(desk, ended - began, as_json)
    if hlog:
        from cockpit.observe import hlog as log

        log.write(hlog, desk.engine, start=began, end=ended)
    if "net" in figures and not figures["net"]["session"]:
        never = f"nobody let the desk in at {desk.origin}: it never traded"
        trouble = f"{never}; {trouble}" if trouble else never
    if trouble:
        click.echo(f"cockpit: {trouble}", err=True)
        sys.exit(EXIT_TROUBLE)


def _may_write(path: Path) -> None:
    """Said before the run, not behind it."""
    try:
        path.open("ab").close()
    except OSError as error:
        why = f"{path}: {error.strerror}"
        raise click.BadParameter(why, param_hint="--hlog") from None


def _is_over(desk: LocalDesk, seconds: float, elapsed: float) -> bool:
    if seconds:
        return elapsed >= seconds
    picture = desk.read()
    played = bool(picture["venue"]["replay"]["finished"])
    waiting = int(picture["rings"]["fill"][:3].sum())
    return played and waiting == 0


def _report(desk: LocalDesk, seconds: float, as_json: bool) -> dict[str, Any]:
    from cockpit.control.report import render
    from cockpit.control.summary import summary

    found = summary(desk, seconds)
    click.echo(json.dumps(found, indent=2) if as_json else render(found))
    return found


@click.command()
@market_options
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True,
              help="Market data events to play.")  # fmt: skip
@click.option("--no-desk", is_flag=True, help="The exchange alone.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def sim(
    config: Path | None,
    seed: int | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    events: int,
    no_desk: bool,
    as_json: bool,
) -> None:
    """The same desk in virtual time, as fast as it goes: same seed, same state hash."""
    with plain_errors():
        desk = open_desk(
            config, replay, symbols, seed=seed, desk=not no_desk, virtual_time=True
        )
    interrupted = catch_signals()
    began = time.perf_counter()
    played, before = 0, -1
    while played < events and played > before and not interrupted:
        desk.engine.run(min(events - played, SIM_CHUNK))
        before, played = played, int(desk.read()["venue"]["md_count"])
    _report(desk, time.perf_counter() - began, as_json)
