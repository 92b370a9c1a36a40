"""Desks and engines made from the files and options of a command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cockpit import looks, paths

if TYPE_CHECKING:
    from cockpit.config.models import Config
    from cockpit.control.local import LocalDesk
    from cockpit.core import Engine, Settings, User
    from cockpit.data.source import Recording
    from cockpit.observe.tape import RecordingDesk


@dataclass(frozen=True, slots=True)
class Venue:
    """Where to trade when not on the embedded exchange."""

    at: str | None = None
    credentials: Path | None = None
    mold: str | None = None
    account: str = "live"
    """What is at stake there, for the header; nobody is told that it is not real money
    unless somebody has said so."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether and where what the desk does is written down."""

    directory: Path | None = None
    off: bool = False


def open_settings(
    directory: Path | None,
    *,
    recording: Recording | None = None,
    rate: int | None = None,
    begun: looks.First | None = None,
    **overrides: Any,
) -> tuple[Config, Settings]:
    """Read the configuration and say what engine it makes."""
    from cockpit.config.load import load
    from cockpit.config.settings import settings

    instruments = recording.instruments if recording else ()
    names = [instrument.name for instrument in instruments]
    config = load(directory or paths.config(), names, begun)
    made = settings(config, recording=instruments, rate=rate, **overrides)
    if recording:
        made = replace(
            made, order_capacity=max(made.order_capacity, recording.order_capacity)
        )
    return config, made


def open_recording(path: Path | None, symbols: tuple[str, ...]) -> Recording | None:
    if path is None:
        if symbols:
            raise click.UsageError("--symbol chooses from a recording: give --replay too")
        return None
    from cockpit.data.source import open_recording as open_file

    return open_file(path, list(symbols) or None)


def open_engine(settings: Settings, recording: Recording | None) -> Engine:
    from cockpit.core import Engine

    engine = Engine(settings)
    if recording:
        recording.load_into(engine)
    return engine


def open_venue_desk(
    venue: Venue,
    directory: Path | None,
    keeping: Keeping | None,
    name: str,
    meanwhile: Callable[[], object],
) -> LocalDesk:
    """A desk ready to start, on an exchange in another process."""
    from cockpit.config.exchange_file import load_exchange
    from cockpit.config.venue_address import AddressError, mold_address, venue_address
    from cockpit.core import Role

    options = load_exchange(directory or paths.config())
    try:
        address = venue_address(venue.at or "", options.orders_port, options.feed_port)
        mold_host, mold_port = mold_address(venue.mold) if venue.mold else ("", 0)
    except AddressError as error:
        raise click.BadParameter(str(error), param_hint="--venue") from None
    net = options.net(
        Role.REMOTE,
        (own_credentials(venue.credentials),),
        host=address.host,
        orders_port=address.orders_port,
        feed_port=address.feed_port,
        mold_host=mold_host,
        mold_port=mold_port,
    )
    config, settings = open_settings(directory)
    settings = replace(settings, net=net)
    settings = keep(settings, config, keeping or Keeping(), name and f"{name}@{net.host}")
    meanwhile()
    engine = open_engine(settings, None)
    from cockpit.control.local import LocalDesk

    return LocalDesk(
        engine,
        config,
        directory=directory or paths.config(),
        origin=str(address),
        account=venue.account.upper(),
    )


def own_credentials(file: Path | None) -> User:
    """Whom to log in as: COCKPIT_USER and COCKPIT_PASSWORD, or the file's first user."""
    from cockpit.config.users_file import read_users
    from cockpit.core import User

    name, password = os.environ.get("COCKPIT_USER"), os.environ.get("COCKPIT_PASSWORD")
    if file is None and name and password:
        return User(name, password)
    return read_users(file or paths.users())[0]


def open_desk(
    directory: Path | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    venue: Venue | None = None,
    keeping: Keeping | None = None,
    name: str = "",
    begun: looks.First | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    **overrides: Any,
) -> LocalDesk:
    """A desk ready to start: on the embedded exchange, on another, or in a recording.

    ``begun``: a first look at the configuration. ``meanwhile`` is called when the engine
    is about to be made, which takes a while and no Python.
    """
    if venue and venue.at:
        given = [
            name
            for name, value in overrides.items()
            if name in ("seed", "rate") and value is not None
        ]
        if replay or symbols or given or not overrides.get("desk", True):
            raise click.UsageError("with --venue the market is the exchange's own")
        return open_venue_desk(venue, directory, keeping, name, meanwhile)
    recording = open_recording(replay, symbols)
    config, settings = open_settings(
        directory, recording=recording, begun=begun, **overrides
    )
    settings = keep(settings, config, keeping or Keeping(), name)
    meanwhile()
    engine = open_engine(settings, recording)
    from cockpit.control.local import LocalDesk

    return LocalDesk(
        engine,
        config,
        directory=directory or paths.config(),
        origin=recording.title if recording else "",
    )


def watched(desk: LocalDesk) -> LocalDesk:
    """The desk, with its alerts raised here, whoever looks at it."""
    from cockpit.observe.lookout import Lookout

    if desk.directory is not None:
        desk.alarms = Lookout(desk.engine, desk.directory, desk.say_from_outside)
    return desk


def recorded(desk: LocalDesk, path: Path) -> RecordingDesk:
    """The desk, with what is read of it written on a tape."""
    from cockpit.observe.tape import RecordingDesk

    return RecordingDesk(desk, path, time.time)


def keep(settings: Settings, config: Config, keeping: Keeping, name: str) -> Settings:
    """The settings with the journal that is meant: given, or the desk's own by name.

    A recording has a market of its own, whose positions mean nothing afterwards: its desk
    keeps no journal unless told to. Nor does one without a name.
    """
    from cockpit.core import CoreError, FlowKind, Journal, JournalLevel, Strangers

    own = name and settings.flow.kind != FlowKind.REPLAY
    place = keeping.directory or (_own_journal(config, name) if own else None)
    if keeping.off or place is None or settings.virtual_time or not settings.desk:
        return settings
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        # Of a file in the way it is said that it exists.
        why = "not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise CoreError(f"no journal in {place}: {place.parent}: {why}") from None
    options = config.desk.journal
    return replace(
        settings,
        journal=Journal(
            directory=place.resolve(),
            level=JournalLevel[options.level.upper()],
            strangers=Strangers[options.strangers.upper()],
        ),
    )


def _own_journal(config: Config, name: str) -> Path:
    """One a desk, below the directory of desk.toml or in the user's state directory."""
    given = config.desk.journal.directory
    return Path(given).expanduser() / name if given else paths.journal(name)
