"""``cockpit exchange``: the exchange in a process of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit import paths
from cockpit.cli.opening import (
    open_engine,
    open_recording,
    open_settings,
)
from cockpit.cli.options import (
    Finite,
    catch_signals,
    market_options,
    plain_errors,
    rate_option,
    speed_option,
)

if TYPE_CHECKING:
    pass


@click.command()
@market_options
@speed_option
@rate_option
@click.option("--bind", metavar="ADDRESS", help="Where to listen instead of loopback.")
@click.option("--orders", type=click.IntRange(0, 65535), help="Port for orders.")
@click.option("--feed", type=click.IntRange(0, 65535), help="Port for the feed.")
@click.option(
    "--mold", metavar="HOST:PORT", help="Send the feed there as MoldUDP64 datagrams, too."
)
@click.option("--users", type=click.Path(dir_okay=False, path_type=Path),
              help="Who may log in, a file only you may read.")  # fmt: skip
@click.option("--seconds", type=Finite(0), default=0.0,
              help="How long; 0: until INT or TERM.")  # fmt: skip
@click.option("--status", type=Finite(0), default=10.0, show_default=True,
              help="Seconds between status lines; 0: none.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON at the end.")
def exchange(
    config: Path | None,
    seed: int | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    speed: float,
    rate: int | None,
    bind: str | None,
    orders: int | None,
    feed: int | None,
    mold: str | None,
    users: Path | None,
    seconds: float,
    status: float,
    as_json: bool,
) -> None:
    """The exchange alone, for desks to connect to: OUCH for orders, ITCH for data.

    Prints a line for each session event. INT and TERM end the day in order.
    """
    from cockpit.config.exchange_file import load_exchange
    from cockpit.config.users_file import create_users, read_users
    from cockpit.config.venue_address import AddressError, mold_address
    from cockpit.control.exchange import host
    from cockpit.core import Role

    def say(text: str) -> None:
        click.echo(text, err=as_json)

    with plain_errors():
        if users is None and not paths.users().exists():
            create_users(paths.users())
            say(f"made {paths.users()}: a user and a password, for you alone")
        try:
            mold_host, mold_port = mold_address(mold) if mold else (None, None)
        except AddressError as error:
            raise click.BadParameter(str(error), param_hint="--mold") from None
        net = load_exchange(config or paths.config()).net(
            Role.EXCHANGE,
            read_users(users or paths.users()),
            host=bind,
            orders_port=orders,
            feed_port=feed,
            mold_host=mold_host,
            mold_port=mold_port,
        )
        recording = open_recording(replay, symbols)
        _, settings = open_settings(
            config,
            recording=recording,
            seed=seed,
            rate=rate,
            replay_speed=speed,
            desk=False,
        )
        engine = open_engine(replace(settings, net=net), recording)
    interrupted = catch_signals()
    found = host(
        engine, say, lambda: bool(interrupted), status_seconds=status, seconds=seconds
    )
    if as_json:
        click.echo(json.dumps(found, indent=2))
