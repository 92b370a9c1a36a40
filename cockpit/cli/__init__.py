"""The commands: ``cockpit`` itself here, the others in modules of their own.

Each opens what it needs and nothing else: the screen's library is loaded only where there
is a screen. Exit codes: 0 done; 1 stopped with orders still working, or a bar not met; 2
something given is wrong (and nothing was started); 128 + n ended by signal n.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
from importlib import import_module
from pathlib import Path

import click
from click.core import ParameterSource

from cockpit import __version__, looks, paths
from cockpit.cli.opening import Keeping, Venue, open_desk, recorded, watched
from cockpit.cli.options import (
    EXIT_USAGE,
    journal_options,
    market_options,
    plain_errors,
    rate_option,
    screen_options,
    speed_option,
    venue_options,
)

COMMANDS = {
    "attach": "cockpit.cli.served",
    "bench": "cockpit.cli.tools",
    "ctl": "cockpit.control.ctl",
    "doctor": "cockpit.cli.tools",
    "exchange": "cockpit.cli.exchange",
    "init": "cockpit.cli.tools",
    "journal": "cockpit.journal.commands",
    "once": "cockpit.cli.runs",
    "serve": "cockpit.cli.served",
    "sim": "cockpit.cli.runs",
    "strategy": "cockpit.strategies.commands",
    "watch": "cockpit.cli.served",
}
"""The module of each command, which is loaded when it is asked for."""


class Commands(click.Group):
    """The commands of :data:`COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS and name not in self.commands:
            self.add_command(getattr(import_module(COMMANDS[name]), name))
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
    Press ? in it for the keys. Signal USR1 halts it, URG pulls every order, USR2 closes
    every position; and so do the files screen.halt, screen.cancel, screen.flatten in
    $XDG_RUNTIME_DIR/cockpit.
    """
    if context.invoked_subcommand:
        for option in context.command.params:
            source = context.get_parameter_source(option.name or "")
            if source == ParameterSource.COMMANDLINE:
                raise click.UsageError(
                    f"{option.opts[0]} stands before the command and would be ignored: "
                    f"say cockpit {context.invoked_subcommand} {option.opts[0]} ..."
                )
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
