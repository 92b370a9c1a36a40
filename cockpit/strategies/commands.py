"""``cockpit strategy``: which there are, a new one of your own, and a try of it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cockpit.core import StrategyKind

EXIT_USAGE = 2


@click.group()
def strategy() -> None:
    """Strategies: the built-in ones, and your own."""


@strategy.command("list")
@click.argument("names", nargs=-1)
def show(names: tuple[str, ...]) -> None:
    """The built-in kinds; with NAMES, their parameters too."""
    from cockpit.core import STRATEGY_KINDS

    for name in names:
        if name not in STRATEGY_KINDS:
            raise click.BadParameter(f"{name!r}; there are {', '.join(STRATEGY_KINDS)}")
        _describe(STRATEGY_KINDS[name])
    if not names:
        for kind in STRATEGY_KINDS.values():
            click.echo(f"{kind.name:16} {kind.help}")


@strategy.command()
@click.argument("name")
@click.option("--c", "in_c", is_flag=True, help="In C.")
@click.option(
    "--python",
    "in_python",
    is_flag=True,
    help="In Python, for numba (the extra `strategies`).",
)
@click.argument(
    "directory", default=".", type=click.Path(file_okay=False, path_type=Path)
)
def new(name: str, in_c: bool, in_python: bool, directory: Path) -> None:
    """Write a working strategy NAME, and its test, to DIRECTORY to begin with."""
    from cockpit.strategies.new import Refused, write
    from cockpit.strategies.prepared import NEEDS_NUMBA

    if in_c == in_python:
        raise click.UsageError("say one language: --c or --python")
    language = "c" if in_c else "python"
    try:
        made = write(name, directory, language=language)
    except Refused as refused:
        click.echo(f"cockpit: {refused}", err=True)
        sys.exit(EXIT_USAGE)
    for path in made:
        click.echo(f"{path} written")
    if in_python and find_spec("numba") is None:
        click.echo(f"cockpit: {NEEDS_NUMBA}", err=True)
    click.echo(f"to try it: cockpit strategy check {made[0]}, or pytest {made[1]}")


@strategy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--events", type=click.IntRange(1_000), default=100_000, show_default=True,
              help="Market data events of the simulated exchange.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, show_default=True)
def check(file: Path, events: int, seed: int) -> None:
    """Build and load the strategy in FILE, and run it in virtual time."""
    from cockpit.core import FAULTS
    from cockpit.strategies.load import StrategyError, from_file
    from cockpit.strategies.trial import run

    try:
        kind = from_file(f"file:{file.name}", file.resolve().parent)
    except StrategyError as error:
        click.echo(f"cockpit: {file}: {error}", err=True)
        sys.exit(EXIT_USAGE)
    _describe(kind)
    found = run(kind, events=events, seed=seed)
    click.echo(
        f"{found.orders} orders, {found.fills} fills, {found.refusals} refused, "
        f"{found.rejects} rejected\n"
        f"position {found.position}, from {found.shortest} to {found.longest} lots; "
        f"profit {found.profit:.2f} (simulated)\n"
        f"state {found.state_hash:016x}"
    )
    if found.fault:
        click.echo(f"switched off: {FAULTS[found.fault]}", err=True)
        sys.exit(1)


def _describe(kind: StrategyKind) -> None:
    click.echo(f"{kind.name}: {kind.help}")
    if kind.symbol_count > 1:
        click.echo("  trades two symbols: symbol and symbol2")
    for parameter in kind.parameters:
        span = f"{parameter.minimum:.10g} to {parameter.maximum:.10g} {parameter.unit}"
        click.echo(
            f"  {parameter.name:14} {parameter.standard:<10.10g} {span}\n"
            f"  {'':14} {parameter.help}"
        )
