"""``cockpit doctor``, ``bench`` and ``init``."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit import paths
from cockpit.cli.opening import (
    open_settings,
)
from cockpit.cli.options import (
    EXIT_TROUBLE,
    plain_errors,
)

if TYPE_CHECKING:
    pass


@click.command()
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


@click.command()
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


@click.command()
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
