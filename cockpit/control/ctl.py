"""``cockpit ctl [NAME] COMMAND``: what an operator does, for scripts.

A command ends when the desk has confirmed that it is done, or has not in time. Exit
codes: 0 done, 1 not confirmed, 2 something given is wrong, 3 there is no desk to talk to,
4 the desk refused and nothing was changed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cockpit.control.connection import Connection

EXIT_UNCONFIRMED, EXIT_USAGE, EXIT_NO_DESK, EXIT_REFUSED = 1, 2, 3, 4
PATIENCE_SECONDS = 40.0
"""More than the desk takes to answer anything."""


class NamedGroup(click.Group):
    """A group whose first word may be the name of a desk."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [i for i, word in enumerate(args) if not word.startswith("-")]
        known = [args[i] in self.commands for i in words[:2]]
        if known == [False, True]:
            args = [*args]
            ctx.obj = args.pop(words[0])
        return super().parse_args(ctx, args)


def _fail(code: int, text: str, as_json: bool, **more: Any) -> None:
    if as_json:
        click.echo(json.dumps({"status": STATUS[code], "text": text, **more}))
    else:
        click.echo(f"cockpit: {text}", err=True)
    sys.exit(code)


STATUS = {
    0: "done",
    EXIT_UNCONFIRMED: "unconfirmed",
    EXIT_USAGE: "wrong",
    EXIT_NO_DESK: "no desk",
    EXIT_REFUSED: "refused",
}


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")(
        command
    )


def command_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Of everything that changes something."""
    options = (
        click.option("--why", default="", help="The reason, for the record."),
        click.option(
            "--take-over", "take", is_flag=True,
            help="Even if a screen has the controls; it loses them, and is told.",
        ),
    )  # fmt: skip
    for option in options:
        command = option(command)
    return json_option(command)


def ask(name: str | None, asked: str, as_json: bool, **fields: Any) -> None:
    """Ask for one thing, wait for the answer, print it and exit by it."""
    from cockpit.control import protocol, runtime
    from cockpit.control.connection import Connection, Unreachable
    from cockpit.control.protocol import Hello, ProtocolError

    if len(str(fields.get("why", ""))) > protocol.WHY_MAX:
        _fail(EXIT_USAGE, f"--why: at most {protocol.WHY_MAX} characters", as_json)
    hello = Hello(role="trade", program="ctl", watches=False, operates=False)
    try:
        place = runtime.find(name)
        with Connection(place, hello) as connection:
            answer = _answer(connection, {"ask": asked, "number": 1, **fields})
    except (runtime.RuntimeRefused, Unreachable, ProtocolError, OSError) as error:
        _fail(EXIT_NO_DESK, str(error), as_json)
        return
    text = str(answer["text"])
    code = {"done": 0, "refused": EXIT_REFUSED}.get(answer["status"], EXIT_UNCONFIRMED)
    if code:
        _fail(code, text, as_json, desk=place.name, asked=asked)
    elif as_json:
        said = {"status": "done", "text": text, "desk": place.name, "asked": asked}
        click.echo(json.dumps(said))
    else:
        click.echo(f"{place.name}: {text}")


def _answer(connection: Connection, message: dict[str, Any]) -> dict[str, Any]:
    from cockpit.control.protocol import PING_SECONDS

    connection.send(message)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = connection.receive(PING_SECONDS)
        if found is None:
            connection.send({"ask": "ping"})
        elif found.get("answer") == message["number"]:
            return found
        elif "refused" in found:
            return {"status": "refused", "text": str(found["refused"])}
    return {"status": "unconfirmed", "text": f"no answer in {PATIENCE_SECONDS:g} s"}


@click.group(cls=NamedGroup, subcommand_metavar="[NAME] COMMAND [ARGS]...")
def ctl() -> None:
    """Operate a served desk from a script.

    NAME may be left out where only one desk runs. Exit codes: 0 done and confirmed by the
    core, 1 not confirmed, 2 something given is wrong, 3 no desk to talk to, 4 refused.
    """


@ctl.command()
@json_option
@click.pass_obj
def status(name: str | None, as_json: bool) -> None:
    """Say how the desk stands."""
    from cockpit.control import runtime
    from cockpit.control.connection import Unreachable
    from cockpit.control.remote import RemoteDesk
    from cockpit.control.status import render
    from cockpit.control.status import status as figures_of

    try:
        place = runtime.find(name)
        with RemoteDesk(
            place, read_only=True, hz=20, program="ctl", operates=False
        ) as desk:
            figures = figures_of(desk)
    except (runtime.RuntimeRefused, Unreachable) as error:
        _fail(EXIT_NO_DESK, str(error), as_json)
        return
    click.echo(json.dumps(figures, indent=2) if as_json else render(figures))


def _simple(asked: str, help: str) -> None:
    """A command without arguments."""

    @ctl.command(asked, help=help)
    @command_options
    @click.pass_obj
    def command(name: str | None, as_json: bool, why: str, take: bool) -> None:
        ask(name, asked, as_json, why=why, take=take)


_simple("halt", "Stop all and pull every order; done when none works. Needs no controls.")
_simple("cancel", "Pull every order; strategies go on. Needs no controls.")
_simple("pause", "Hold the strategies and pull their orders. Needs no controls.")
_simple("resume", "Let strategies trade again after a pause.")
_simple("flatten", "Trade every position to zero, then pause; done when it is flat.")
_simple("unhalt", "Leave HALTED for PAUSED.")
_simple("quit", "Stop the desk in order, every order pulled.")


@ctl.command()
@click.argument("strategy")
@click.argument("mode")
@command_options
@click.pass_obj
def strategy(
    name: str | None, strategy: str, mode: str, as_json: bool, why: str, take: bool
) -> None:
    """Switch STRATEGY (its name or key) to MODE: live, off, ..."""
    ask(name, "strategy", as_json, strategy=strategy, mode=mode, why=why, take=take)


@ctl.command()
@click.argument("limit")
@click.argument("value")
@click.option("--confirm", is_flag=True, help="Needed to loosen a limit.")
@command_options
@click.pass_obj
def limit(
    name: str | None,
    limit: str,
    value: str,
    confirm: bool,
    as_json: bool,
    why: str,
    take: bool,
) -> None:
    """Set LIMIT to VALUE in risk.toml; done when the core enforces it.

    LIMIT is named as in the file: max_position, or of one instrument or strategy
    symbols.ACME.max_position, strategies.mm_acme.max_position; VALUE none takes such a
    one out. Exactly that line of the file changes. Units are those of the file. What
    loosens a limit needs --confirm, also where the file says so already and the desk
    holds it back.
    """
    ask(
        name, "limit", as_json,
        limit=limit, value=value, confirm=confirm, why=why, take=take,
    )  # fmt: skip
