"""The commands: ``cockpit`` itself, and those named in ``main``'s help.

Each opens what it needs and nothing else: the screen's library is loaded only where there
is a screen. Exit codes: 0 done; 1 stopped with orders still working, or a bar not met; 2
something given is wrong (and nothing was started); 128 + n ended by signal n.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cockpit import __version__, looks, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cockpit.config.models import Config
    from cockpit.control.local import LocalDesk
    from cockpit.core import Engine, Settings, User
    from cockpit.data.source import Recording
    from cockpit.observe.tape import RecordingDesk

EXIT_TROUBLE = 1
EXIT_USAGE = 2
EXIT_NO_DESK = 3
LOOK_SECONDS = 0.05
SIM_CHUNK = 1_000_000


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
    return click.option(
        "--speed", type=Speed(), default=1.0, help="Of the replay.  [default: 1]"
    )(command)


@dataclass(frozen=True, slots=True)
class Venue:
    """Where to trade when not on the embedded exchange."""

    at: str | None = None
    credentials: Path | None = None
    mold: str | None = None


def venue_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that may trade on an exchange in another process."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any,
        venue: str | None,
        credentials: Path | None,
        mold: str | None,
        **others: Any,
    ) -> Any:
        return command(*arguments, venue=Venue(venue, credentials, mold), **others)

    for option in (
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


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether and where what the desk does is written down."""

    directory: Path | None = None
    off: bool = False


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


def keep(settings: Settings, config: Config, keeping: Keeping, name: str) -> Settings:
    """The settings with the journal that is meant: given, or the desk's own by name.

    A recording has a market of its own, whose positions mean nothing afterwards: its desk
    keeps no journal unless told to. Nor does one without a name.
    """
    from cockpit.core import FlowKind, Journal, JournalLevel, Strangers

    own = name and settings.flow.kind != FlowKind.REPLAY
    place = keeping.directory or (_own_journal(config, name) if own else None)
    if keeping.off or place is None or settings.virtual_time or not settings.desk:
        return settings
    place.parent.mkdir(parents=True, exist_ok=True)
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
            type=click.FloatRange(1, 10),
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


# ---- opening --------------------------------------------------------------------------


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
    venue: str,
    credentials: Path | None,
    mold: str | None,
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
        address = venue_address(venue, options.orders_port, options.feed_port)
        mold_host, mold_port = mold_address(mold) if mold else ("", 0)
    except AddressError as error:
        raise click.BadParameter(str(error), param_hint="--venue") from None
    net = options.net(
        Role.REMOTE,
        (own_credentials(credentials),),
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
        if replay or given or not overrides.get("desk", True):
            raise click.UsageError("with --venue the market is the exchange's own")
        return open_venue_desk(
            venue.at, venue.credentials, venue.mold, directory, keeping, name, meanwhile
        )
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


# ---- commands --------------------------------------------------------------------------


GROUPS = {
    "ctl": "cockpit.control.ctl",
    "journal": "cockpit.journal.commands",
    "strategy": "cockpit.strategies.commands",
}
"""Commands of their own modules, which are loaded when they are asked for."""


class Commands(click.Group):
    """The commands here and those of :data:`GROUPS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *GROUPS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in GROUPS and name not in self.commands:
            self.add_command(getattr(import_module(GROUPS[name]), name))
        return super().get_command(ctx, name)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@market_options
@venue_options
@speed_option
@rate_option
@journal_options
@screen_options
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path),
              help="Write what the screen shows on a tape.")  # fmt: skip
@click.option("--tape", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Show a tape instead of trading.")  # fmt: skip
@click.version_option(__version__, prog_name="cockpit")
@click.pass_context
def main(
    context: click.Context,
    config: Path | None,
    seed: int | None,
    replay: Path | None,
    symbols: tuple[str, ...],
    speed: float,
    rate: int | None,
    theme: str,
    glyphs: str,
    hz: float,
    color: str,
    mouse: bool | None,
    record: Path | None,
    tape: Path | None,
    venue: Venue,
    keeping: Keeping,
) -> None:
    """Operate electronic trading from a terminal.

    Without a command: the cockpit, trading on the embedded exchange (simulated) at once.
    Press ? in it for the keys. Signal USR1 halts it, and so does a file
    $XDG_RUNTIME_DIR/cockpit/screen.halt.
    """
    if context.invoked_subcommand:
        return
    from cockpit.ui.terminal import load_ahead, refusal, run

    if why := refusal():
        click.echo(f"cockpit: {why}", err=True)
        sys.exit(EXIT_USAGE)
    begun = looks.first(config or paths.config(), paths.CONFIG_FILES)
    gc.disable()  # what is loaded stays: the app looks through it once, when it stands
    from cockpit.control.signals import KILL, Signals

    with Signals(KILL) as signals, contextlib.ExitStack() as stack:
        show = functools.partial(
            run,
            theme=theme,
            glyphs=glyphs,
            refresh_hz=hz,
            color=color,
            mouse=mouse,
            state=paths.state(),
        )
        with plain_errors():
            if tape:
                from cockpit.observe.tape import Tape
                from cockpit.observe.tape_desk import TapeDesk

                sys.exit(show(TapeDesk(Tape(tape))))
            desk = open_desk(
                config,
                replay,
                symbols,
                venue,
                keeping,
                paths.SCREEN,
                begun,
                functools.partial(load_ahead, "cockpit.control.local"),
                seed=seed,
                rate=rate,
                replay_speed=speed,
            )
            from cockpit.control.guard import Guard

            stack.enter_context(Guard(desk, signals, paths.SCREEN))
            shown = recorded(watched(desk), record) if record else watched(desk)
            desk.start()
        from cockpit.control.operators import myself

        with desk.asked_by(myself("screen").full):
            sys.exit(show(shown))


@main.command()
@market_options
@venue_options
@speed_option
@rate_option
@journal_options
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path),
              help="Write pictures and events on a tape.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0), default=10.0, show_default=True,
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

    interrupted = _catch_signals()
    began = time.time()
    desk.start()
    while not interrupted and not _is_over(desk, seconds, time.time() - began):
        time.sleep(LOOK_SECONDS)
        desk.read()
        for event in shown.events():
            if verbose or event.severity > Severity.INFO:
                click.echo(f"{event.source}: {event.text}", err=True)
    ended = time.time()
    trouble = shown.close()
    _report(desk, ended - began, as_json)
    if hlog and not no_desk:
        from cockpit.observe import hlog as log

        log.write(hlog, desk.engine, start=began, end=ended)
    if trouble:
        click.echo(f"cockpit: {trouble}", err=True)
        sys.exit(EXIT_TROUBLE)


def _is_over(desk: LocalDesk, seconds: float, elapsed: float) -> bool:
    if seconds:
        return elapsed >= seconds
    picture = desk.read()
    played = bool(picture["venue"]["replay"]["finished"])
    waiting = int(picture["rings"]["fill"][:3].sum())
    return played and waiting == 0


def _catch_signals() -> list[int]:
    """From now on INT and TERM are noted in the list, for an end in good order."""
    caught: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: caught.append(n))
    return caught


def _report(desk: LocalDesk, seconds: float, as_json: bool) -> None:
    from cockpit.control.report import render
    from cockpit.control.summary import summary

    found = summary(desk, seconds)
    click.echo(json.dumps(found, indent=2) if as_json else render(found))


@main.command()
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
    interrupted = _catch_signals()
    began = time.perf_counter()
    played, before = 0, -1
    while played < events and played > before and not interrupted:
        desk.engine.run(min(events - played, SIM_CHUNK))
        before, played = played, int(desk.read()["venue"]["md_count"])
    _report(desk, time.perf_counter() - began, as_json)


# ---- a desk in another process ---------------------------------------------------------


@main.command()
@click.argument("name", default="desk")
@market_options
@venue_options
@speed_option
@rate_option
@journal_options
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
) -> None:
    """Trade without a screen, for `attach`, `ctl` and `watch` to join by NAME.

    Events go to stdout, a line each. TERM and INT stop the desk in order, USR1 halts it,
    a terminal that goes away changes nothing.
    """
    from cockpit.control import runtime
    from cockpit.control.signals import Signals

    with (
        Signals() as signals,  # first: what is imported later starts threads
        plain_errors(),
        runtime.Lock(runtime.place(name, create=True)) as lock,
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
        trouble = run(watched(desk), lock.place, signals)
    if trouble:
        click.echo(f"cockpit: {trouble}", err=True)
        sys.exit(EXIT_TROUBLE)


@main.command()
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


@main.command()
@click.argument("name", required=False)
@click.option("--every", type=click.FloatRange(0), default=0.0, metavar="SECONDS",
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


@main.command()
@click.option("--config", type=click.Path(file_okay=False, path_type=Path),
              help="Directory to check; else the one in use.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def doctor(config: Path | None, as_json: bool) -> None:
    """Check machine, terminal and files; say what to do. 1 when something is bad."""
    from cockpit.observe.doctor import examine, render
    from cockpit.ui import keymap

    findings = examine(config, read_keys=keymap.read)
    if as_json:
        click.echo(json.dumps([found.as_dict() for found in findings], indent=2))
    else:
        click.echo(render(findings))
    if any(found.level == "bad" for found in findings):
        sys.exit(EXIT_TROUBLE)


@main.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON.")
@click.option("--list", "only_list", is_flag=True, help="Name the rows, measure nothing.")
@click.option(
    "--itch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A day of ITCH 5.0 for the rows about it; without, one is made up.",
)
def bench(
    names: tuple[str, ...], as_json: bool, only_list: bool, itch: Path | None
) -> None:
    """Measure this machine, each figure beside a limit or a peer of the same run."""
    from cockpit.bench import rows

    if only_list:
        for name, group in rows.GROUPS.items():
            click.echo(f"{name:24} {(group.__doc__ or '').splitlines()[0]}")
        return
    for name in names:
        if name not in rows.GROUPS:
            raise click.BadParameter(f"{name!r}; there are {', '.join(rows.GROUPS)}")
    with plain_errors():
        _, settings = open_settings(paths.default_config())
        found = []
        for row in rows.measure(names, settings, itch):
            found.append(row.as_dict())
            if not as_json:
                click.echo(rows.render(row))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    if any(row["met"] is False for row in found):
        sys.exit(EXIT_TROUBLE)


@main.command()
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
@click.option("--seconds", type=click.FloatRange(0), default=0.0,
              help="How long; 0: until INT or TERM.")  # fmt: skip
@click.option("--status", type=click.FloatRange(0), default=10.0, show_default=True,
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
    interrupted = _catch_signals()
    found = host(
        engine, say, lambda: bool(interrupted), status_seconds=status, seconds=seconds
    )
    if as_json:
        click.echo(json.dumps(found, indent=2))


@main.command()
@click.argument(
    "directory", required=False, type=click.Path(file_okay=False, path_type=Path)
)
def init(directory: Path | None) -> None:
    """Copy the shipped configuration to DIRECTORY (your config directory) to edit."""
    target = directory or paths.user_config()
    target.mkdir(parents=True, exist_ok=True)
    for source in sorted(paths.default_config().glob("*.toml")):
        copy = target / source.name
        if copy.exists():
            click.echo(f"{copy} is there already: left as it is")
            continue
        shutil.copyfile(source, copy)
        click.echo(f"{copy} written")
