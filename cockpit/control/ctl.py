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
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cockpit.control.alarms import Alert
    from cockpit.control.connection import Connection
    from cockpit.control.desk import Preview, Ticket
    from cockpit.control.kill import Level
    from cockpit.control.protocol import Welcome
    from cockpit.control.runtime import Place

EXIT_UNCONFIRMED, EXIT_USAGE, EXIT_NO_DESK, EXIT_REFUSED = 1, 2, 3, 4
PATIENCE_SECONDS = 40.0
"""More than the desk takes to answer anything."""
BRAKE_SECONDS = 5.0
"""The same of what makes it do less; who does not answer by then hangs."""
BRAKES = ("halt", "pause", "cancel")


class NamedGroup(click.Group):
    """A group whose first word may be the name of a desk."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [i for i, word in enumerate(args) if not word.startswith("-")]
        known = [args[i] in self.commands for i in words[:2]]
        ctx.meta[JSON] = "--json" in args
        if known == [False, True]:
            args = [*args]
            ctx.obj = args.pop(words[0])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """What is given wrongly is said as everything else is."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if not ctx.meta[JSON]:
                raise
            _fail(EXIT_USAGE, error.format_message(), as_json=True)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word, *rest = args
        # Two words that are no command: the first may be meant as a desk's name.
        if word not in self.commands and rest and not rest[0].startswith("-"):
            ctx.fail(
                f"no command {rest[0]!r} (or {word!r}); there are "
                f"{', '.join(sorted(self.commands))}"
            )
        if word not in self.commands:
            ctx.fail(
                f"no command {word!r}; there are {', '.join(sorted(self.commands))}, "
                f"after the name of a desk or without one"
            )
        return super().resolve_command(ctx, args)


JSON = "cockpit.ctl.json"


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


def ask(
    name: str | None,
    asked: str,
    as_json: bool,
    more: Callable[[Welcome], dict[str, Any]] | None = None,
    show: Callable[[Welcome, dict[str, Any]], str] | None = None,
    **fields: Any,
) -> None:
    """Ask for one thing, wait for the answer, print it and exit by it.

    ``more``: fields that need the desk to be known; it raises ValueError with what is
    wrong. ``show``: the answer for people, if it is not its text. Of an answer that says
    more than its text, JSON has it all.
    """
    from cockpit.control import protocol, runtime
    from cockpit.control.connection import Connection, Unreachable
    from cockpit.control.protocol import Hello, ProtocolError

    if len(str(fields.get("why", ""))) > protocol.WHY_MAX:
        if asked not in BRAKES:
            _fail(EXIT_USAGE, f"--why: at most {protocol.WHY_MAX} characters", as_json)
        fields["why"] = fields["why"][: protocol.WHY_MAX]  # nothing keeps from braking
    level = _level(asked, fields)
    place: Place | None = None
    hello = Hello(role="trade", program="ctl", watches=False, operates=False)
    try:
        place = runtime.find(name)
        with Connection(place, hello) as connection:
            welcome = connection.welcome
            given = {key: value for key, value in fields.items() if value is not None}
            given |= more(welcome) if more else {}
            patience = BRAKE_SECONDS if asked in BRAKES else PATIENCE_SECONDS
            answer = _answer(connection, {"ask": asked, "number": 1, **given}, patience)
            if level and not answer["status"]:
                raise Unreachable(answer["text"])
    except (runtime.RuntimeRefused, Unreachable, ProtocolError, OSError) as error:
        if level and place is not None:
            _kill_by_file(place, level, str(error), as_json)
        _fail(EXIT_NO_DESK, str(error), as_json)
        return
    except ValueError as error:
        _fail(EXIT_USAGE, str(error), as_json)
        return
    text = str(answer["text"])
    told = {k: v for k, v in answer.items() if k not in ("answer", "status", "text")}
    code = {"done": 0, "refused": EXIT_REFUSED}.get(answer["status"], EXIT_UNCONFIRMED)
    if code:
        _fail(code, text, as_json, desk=place.name, asked=asked, **told)
    elif as_json:
        said = {"status": "done", "text": text, "desk": place.name, "asked": asked}
        click.echo(json.dumps(said | told))
    else:
        click.echo(f"{place.name}: {show(welcome, answer) if show else text}")


def _level(asked: str, fields: dict[str, Any]) -> Level | None:
    """Is it one of the kills, of all there is?"""
    from cockpit.control.kill import Level

    kills = {level.value: level for level in Level}
    scopes = ("strategy", "symbol", "side", "order")
    is_some = any(fields.get(scope) is not None for scope in scopes)
    return None if is_some else kills.get(asked)


def _kill_by_file(place: Place, level: Level, why: str, as_json: bool) -> None:
    """A desk that does not answer, or another cockpit's, is stopped all the same."""
    file = place.kill(level)
    try:
        file.touch(0o600)
    except OSError as error:
        _fail(EXIT_NO_DESK, f"{why}; nor could {file} be made: {error}", as_json)
    comes = {
        "halt": "while it is there the desk is HALTED",
        "cancel": "for it every order is pulled, once",
        "flatten": "for it every position is closed, and while it is there none resumes",
    }
    text = f"{why}; {file} is made: {comes[level.value]}. Look"
    _fail(EXIT_UNCONFIRMED, text, as_json, desk=place.name, asked=level.value)


def _answer(
    connection: Connection, message: dict[str, Any], patience: float
) -> dict[str, Any]:
    """What the desk says; a status of nothing when it says nothing."""
    from cockpit.control.protocol import PING_SECONDS

    connection.send(message)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = connection.receive(min(PING_SECONDS, patience))
        if found is None:
            connection.send({"ask": "ping"})
        elif found.get("answer") == message["number"]:
            return found
        elif "refused" in found:
            return {"status": "refused", "text": str(found["refused"])}
    return {"status": "", "text": f"no answer in {patience:g} s"}


@click.group(cls=NamedGroup, subcommand_metavar="[NAME] COMMAND [ARGS]...")
def ctl() -> None:
    """Operate a served desk from a script.

    NAME may be left out where only one desk runs. Exit codes: 0 done and confirmed by the
    core, 1 not confirmed, 2 something given is wrong, 3 no desk to talk to, 4 refused.

    A `halt`, `cancel` or `flatten` of all that the desk does not answer makes its file
    NAME.halt, NAME.cancel or NAME.flatten, which it looks for whatever else it is at:
    exit code 1, for it cannot be seen from here.
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


STRATEGY = click.option(
    "--strategy", help="Of this strategy alone, by name or key; `operator`: by hand."
)
SYMBOL = click.option("--symbol", help="In this symbol alone.")


def _scoped(asked: str, help: str, *options: Callable[..., Any]) -> None:
    """A command for all, or for one strategy or symbol."""

    def command(name: str | None, as_json: bool, **given: Any) -> None:
        ask(name, asked, as_json, **given)

    made = command_options(click.pass_obj(command))
    for option in options:
        made = option(made)
    ctl.command(asked, help=help)(made)


_scoped(
    "halt",
    "Stop all and pull every order; done when none works. Of a strategy: it is OFF and "
    "its orders pulled. Of a symbol: nothing new in it from anyone until it is resumed, "
    "also after a restart. Needs no controls.",
    STRATEGY,
    SYMBOL,
)
_scoped(
    "resume",
    "Let strategies trade again, after a pause or `reduce`; of a symbol, after its halt.",
    SYMBOL,
)
_scoped(
    "flatten",
    "Trade every position to zero, then pause; done when it is flat. Of a strategy: it "
    "is OFF and its position closed. Of a symbol: it is halted and every position in it "
    "closed. The rest trades on.",
    STRATEGY,
    SYMBOL,
)
_simple("pause", "Hold the strategies and pull their orders. Needs no controls.")
_simple(
    "reduce",
    "REDUCING: orders are pulled, and from then on nothing leaves, from strategies or by "
    "hand, but what brings positions nearer to none. `resume` ends it.",
)
_simple("unhalt", "Leave HALTED for PAUSED.")
_simple("accept", "Take positions as they are: no symbol is in doubt any more.")


@ctl.command()
@click.option("--order", type=click.IntRange(1), help="The order of this number.")
@SYMBOL
@click.option(
    "--side", type=click.Choice(("buy", "sell")), help="Those that buy or sell."
)
@STRATEGY
@command_options
@click.pass_obj
def cancel(
    name: str | None,
    order: int | None,
    symbol: str | None,
    side: str | None,
    strategy: str | None,
    as_json: bool,
    why: str,
    take: bool,
) -> None:
    """Pull the working orders that fit all that is given; of nothing, every order.

    Done when none of them works any more. Strategies go on as they are, and may quote
    again. Needs no controls.
    """
    number = {"buy": 0, "sell": 1}[side] if side else None
    ask(
        name, "cancel", as_json,
        order=order, symbol=symbol, side=number, strategy=strategy, why=why, take=take,
    )  # fmt: skip


@ctl.command()
@click.argument("side", type=click.Choice(("buy", "sell")))
@click.argument("qty", type=click.IntRange(1))
@click.argument("symbol", metavar="SYMBOL[@PRICE]")
@click.option(
    "--market", is_flag=True, help="At once, as far as the price collars allow."
)
@click.option("--ioc", is_flag=True, help="At once; what does not trade is cancelled.")
@click.option("--fok", is_flag=True, help="At once and all of it, or nothing.")
@click.option("--post-only", is_flag=True, help="Refused where it would trade at once.")
@click.option("--preview", is_flag=True, help="Say what would come of it; send nothing.")
@command_options
@click.pass_obj
def order(
    name: str | None,
    side: str,
    qty: int,
    symbol: str,
    market: bool,
    ioc: bool,
    fok: bool,
    post_only: bool,
    preview: bool,
    as_json: bool,
    why: str,
    take: bool,
) -> None:
    """Buy or sell QTY lots by hand: `order buy 5 ACME@150.02`.

    It passes the same check as a strategy's order. Done when the venue has answered;
    refused (4) by risk or by the venue, with the reason and the quantity that would pass.
    """
    from cockpit.control import protocol

    if sum((market, ioc, fok, post_only)) > 1 + (market and (ioc or fok)):
        message = "one of --ioc, --fok and --post-only; --market goes with --ioc or --fok"
        raise click.UsageError(message)

    def ticket(welcome: Welcome) -> dict[str, Any]:
        found = _ticket(
            welcome, side, qty, symbol, market=market, ioc=ioc, fok=fok, post=post_only
        )
        return {"ticket": protocol.ticket_row(found)}

    if preview:
        ask(name, "preview", as_json, more=ticket, show=_show_preview)
    else:
        ask(name, "order", as_json, more=ticket, why=why, take=take)


def _ticket(
    welcome: Welcome,
    side: str,
    qty: int,
    text: str,
    *,
    market: bool,
    ioc: bool,
    fok: bool,
    post: bool,
) -> Ticket:
    """The order meant. Raises ValueError."""
    from cockpit.control.amounts import price_of
    from cockpit.control.desk import Ticket
    from cockpit.core import OrderType, Side, TimeInForce

    name, _, price = text.partition("@")
    names = [symbol.name for symbol in welcome.symbols]
    if name not in names:
        raise ValueError(f"no symbol {name[:20]!r}; there are {', '.join(names)}")
    if bool(price) == market:
        raise ValueError("a price (SYMBOL@PRICE) or --market, and not both")
    index = names.index(name)
    lasts = TimeInForce.FOK if fok else TimeInForce.IOC if ioc or market else None
    ticket = Ticket(
        symbol=index,
        side=Side[side.upper()],
        qty=qty,
        price=0 if market else price_of(welcome.symbols[index], price),
        type=OrderType.MARKET if market else OrderType.LIMIT,
        time_in_force=lasts if lasts is not None else TimeInForce.DAY,
        post_only=post,
    )
    if problem := ticket.problem(len(names)):
        raise ValueError(problem)
    return ticket


def _show_preview(welcome: Welcome, answer: dict[str, Any]) -> str:
    from cockpit.control import protocol

    return preview_text(welcome, protocol.preview_of_row(answer["preview"]))


def preview_text(welcome: Welcome, preview: Preview) -> str:
    """A preview for people, a line a figure."""
    from cockpit.control.amounts import limit_text, limit_unit, money_text, price_text
    from cockpit.core import LIMITS

    ticket = preview.ticket
    symbol = welcome.symbols[ticket.symbol]
    head = f"{ticket.side.name.lower()} {ticket.qty:,} {symbol.name} at "
    head += f"{price_text(symbol, preview.price)}, worth {money_text(preview.value)}"
    verdict = "would be sent"
    if not preview.passes:
        verdict = f"would be REFUSED: {preview.refusal}"
        if preview.refusal in [limit.name for limit in LIMITS]:
            verdict += f" ({preview.scope})"
        if preview.passing_qty:
            verdict += f"; {preview.passing_qty:,} would pass"
    lines = [
        f"{head}: {verdict}",
        f"  position {preview.position:,} -> {preview.position_after:,}, at worst "
        f"{preview.worst_short:,} to {preview.worst_long:,}",
    ]
    for index, margin in enumerate(preview.margins):
        used, held = limit_text(index, margin.used), limit_text(index, margin.limit)
        over = "  OVER" if margin.left < 0 else ""
        lines.append(
            f"  {LIMITS[index].name:20} {used:>16} of {held}{limit_unit(index)}{over}"
        )
    return "\n".join(lines)


@ctl.command()
@json_option
@click.pass_obj
def alerts(name: str | None, as_json: bool) -> None:
    """List the alerts of the desk, and who has acknowledged which."""
    from cockpit.control import runtime
    from cockpit.control.connection import Unreachable
    from cockpit.control.remote import RemoteDesk

    try:
        place = runtime.find(name)
        with RemoteDesk(
            place, read_only=True, hz=20, program="ctl", operates=False
        ) as desk:
            desk.read()
            found = desk.alerts()
    except (runtime.RuntimeRefused, Unreachable) as error:
        _fail(EXIT_NO_DESK, str(error), as_json)
        return
    if as_json:
        click.echo(json.dumps([_alert_dict(alert) for alert in found], indent=2))
        return
    for alert in found:
        click.echo(_alert_text(alert))
    if not found:
        click.echo(f"{place.name}: no alert")


def _alert_dict(alert: Alert) -> dict[str, Any]:
    return asdict(alert) | {"severity": alert.severity.name.lower()}


def _alert_text(alert: Alert) -> str:
    if alert.acknowledged:
        when = time.strftime("%H:%M:%S", time.gmtime(alert.acknowledged_at))
        state = f"seen by {alert.acknowledged_by} at {when}"
    else:
        state = "LOUD" if alert.escalated else "NEW"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(alert.first))
    holds = "" if alert.active else ", over"
    times = f", {alert.count} times" if alert.count > 1 else ""
    return (
        f"{alert.number:4}  {since}  {alert.severity.name:8} {alert.name}: {alert.text}"
        f"  ({state}{times}{holds})"
    )


@ctl.command()
@click.argument("alert", metavar="ID|all")
@click.option("--why", default="", help="The reason, for the record.")
@json_option
@click.pass_obj
def ack(name: str | None, alert: str, as_json: bool, why: str) -> None:
    """Acknowledge the alert of that number, or all. Needs no controls."""
    if alert != "all" and not (alert.isascii() and alert.isdecimal()):
        raise click.UsageError("ID is the number that `ctl alerts` shows, or all")
    number = None if alert == "all" else int(alert[:15])
    ask(name, "ack", as_json, alert=number, why=why)


_simple("quit", "Stop the desk in order, every order pulled.")


@ctl.command(context_settings={"ignore_unknown_options": True})
@click.argument("strategy")
@click.argument("action", metavar="MODE|set|versions|revert")
@click.argument("words", nargs=-1, metavar="[PARAMETER VALUE|VERSION]")
@command_options
@click.pass_obj
def strategy(
    name: str | None,
    strategy: str,
    action: str,
    words: tuple[str, ...],
    as_json: bool,
    why: str,
    take: bool,
) -> None:
    """Switch STRATEGY (its name or key) to a MODE: off, shadow, reduce, live.

    Or `set PARAMETER VALUE`: that line of strategies.toml changes, done when the core
    runs with it. Or `versions`: its parameters and those of the five versions before. Or
    `revert VERSION`: those parameters again, as a new version.
    """
    counts = {"set": 2, "versions": 0, "revert": 1}
    if len(words) != counts.get(action, 0):
        modes = "a mode (off, shadow, reduce, live)"
        raise click.UsageError(
            f"{modes}, or set PARAMETER VALUE, or versions, or revert VERSION"
        )
    signed: dict[str, Any] = {"why": why, "take": take}
    if action == "set":
        parameter, value = words
        ask(
            name, "parameter", as_json,
            strategy=strategy, parameter=parameter, value=value, **signed,
        )  # fmt: skip
    elif action == "versions":
        _show_versions(name, strategy, as_json)
    elif action == "revert":
        if not words[0].isdecimal():
            raise click.UsageError("VERSION is a whole number")
        version = int(words[0])
        ask(name, "revert", as_json, strategy=strategy, version=version, **signed)
    else:
        ask(name, "strategy", as_json, strategy=strategy, mode=action, **signed)


def _show_versions(name: str | None, strategy: str, as_json: bool) -> None:
    from cockpit.control import runtime
    from cockpit.control.actions import ActionRefused, slot_of
    from cockpit.control.connection import Unreachable
    from cockpit.control.remote import RemoteDesk

    try:
        place = runtime.find(name)
        with RemoteDesk(
            place, read_only=True, hz=20, program="ctl", operates=False
        ) as desk:
            found = desk.versions(slot_of(desk.read(), strategy))
    except (runtime.RuntimeRefused, Unreachable) as error:
        _fail(EXIT_NO_DESK, str(error), as_json)
        return
    except ActionRefused as refused:
        _fail(EXIT_REFUSED, str(refused), as_json)
        return
    if as_json:
        click.echo(
            json.dumps([asdict(one) | {"values": dict(one.values)} for one in found])
        )
        return
    for one in found:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.time))
        runs = "*" if one.in_force else " "
        click.echo(f"{one.version:4}{runs} {when}  {one.who}  {one.changes or 'as read'}")
        click.echo("      " + "  ".join(f"{key} {value:g}" for key, value in one.values))


@ctl.command(context_settings={"ignore_unknown_options": True})
@click.argument("limit")
@click.argument("value")
@click.option("--confirm", is_flag=True, help="Loosen what was asked for before.")
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
    one out; breakers.slow_count: what a breaker trips at. Exactly that line of the file
    changes. Units are those of the file.

    What loosens takes two commands: the first is refused (4) and asks for it, the same
    again with --confirm makes it so, within a minute of the first. Where the file says so
    already and the desk holds it back, the file has asked.
    """
    ask(
        name, "limit", as_json,
        limit=limit, value=value, confirm=confirm, why=why, take=take,
    )  # fmt: skip
