"""``cockpit serve``, ``attach`` and ``watch``: a desk in a process of its own."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit import paths
from cockpit.cli.observing import Observing, observing_options
from cockpit.cli.opening import (
    Keeping,
    Venue,
    open_desk,
    watched,
)
from cockpit.cli.options import (
    EXIT_NO_DESK,
    EXIT_TROUBLE,
    EXIT_USAGE,
    Finite,
    journal_options,
    market_options,
    plain_errors,
    rate_option,
    screen_options,
    speed_option,
    venue_options,
)

if TYPE_CHECKING:
    pass


@click.command()
@click.argument("name", default="desk")
@market_options
@venue_options
@speed_option
@rate_option
@journal_options
@observing_options
def serve(
    name: str,
    config: Path | None,
    seed: int | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    speed: float,
    rate: int | None,
    venue: Venue,
    keeping: Keeping,
    observing: Observing,
) -> None:
    """Trade without a screen, for `attach`, `ctl` and `watch` to join by NAME.

    Events go to stdout, a line each. TERM and INT stop the desk in order; USR1 halts it,
    URG pulls every order, USR2 closes every position; a terminal that goes away changes
    nothing.
    """
    from cockpit.control import runtime
    from cockpit.control.signals import Signals

    with (
        Signals() as signals,  # first: what is imported later starts threads
        plain_errors(),
        runtime.Lock(runtime.place(name, create=True)) as lock,
        observing.log_file() as log,
    ):
        from cockpit.control.serve import serve as run

        desk = open_desk(
            config,
            replay,
            symbols,
            venue,
            keeping,
            name,
            seed=seed,
            rate=rate,
            replay_speed=speed,
        )
        with observing.around(desk, name):
            trouble = run(
                watched(desk), lock.place, signals, as_json=observing.as_json, log=log
            )
    if trouble:
        click.echo(f"cockpit: {trouble}", err=True)
        sys.exit(EXIT_TROUBLE)


@click.command()
@click.argument("name", required=False)
@click.option("--read-only", is_flag=True, help="Look on: no key changes anything.")
@click.option("--take-over", is_flag=True, help="Take the controls from who has them.")
@screen_options
def attach(
    name: str | None,
    read_only: bool,
    take_over: bool,
    theme: str,
    glyphs: str,
    hz: float,
    color: str,
    mouse: bool | None,
) -> None:
    """Show the screen of a served desk; leaving it leaves the desk trading."""
    from cockpit.ui.terminal import load_ahead, refusal, run

    if read_only and take_over:
        raise click.UsageError("--read-only takes nothing over")
    if why := refusal():
        click.echo(f"cockpit: {why}", err=True)
        sys.exit(EXIT_USAGE)
    gc.disable()  # as above
    from cockpit.control import runtime
    from cockpit.control.connection import Unreachable
    from cockpit.control.remote import RemoteDesk

    try:
        place = runtime.find(name)
        load_ahead()
        desk = RemoteDesk(place, read_only=read_only, take=take_over)
    except (runtime.RuntimeRefused, Unreachable) as error:
        click.echo(f"cockpit: {error}", err=True)
        sys.exit(EXIT_NO_DESK)
    sys.exit(
        run(
            desk,
            theme=theme,
            glyphs=glyphs,
            refresh_hz=hz,
            color=color,
            mouse=mouse,
            state=paths.state(),
            remote=desk,
        )
    )


@click.command()
@click.argument("name", required=False)
@click.option("--every", type=Finite(0), default=0.0, metavar="SECONDS",
              help="Also say that often how the desk stands.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Each line a JSON object.")
def watch(name: str | None, every: float, as_json: bool) -> None:
    """Print what happens on a served desk, one event a line, until it stops."""
    from cockpit.control import runtime
    from cockpit.control.connection import Unreachable
    from cockpit.control.remote import RemoteDesk
    from cockpit.control.watch import watch as follow

    try:
        with RemoteDesk(
            runtime.find(name), read_only=True, program="watch", operates=False
        ) as desk:
            trouble = follow(desk, every=every, as_json=as_json)
    except (runtime.RuntimeRefused, Unreachable) as error:
        trouble = str(error)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    if trouble:
        click.echo(f"cockpit: {trouble}", err=True)
        sys.exit(EXIT_NO_DESK)
