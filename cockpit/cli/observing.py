"""What ``cockpit serve`` tells others of its desk: logs, metrics, latency histograms."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cockpit.cli.options import Finite

if TYPE_CHECKING:
    from cockpit.control.local import LocalDesk

LOOPBACK = "127.0.0.1"
PORT_MAX = 65535


class Address(click.ParamType[tuple[str, int]]):
    """``[HOST:]PORT``: without a host on this machine alone."""

    name = "[host:]port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = value.rpartition(":")
        if not (port.isascii() and port.isdecimal() and int(port) <= PORT_MAX):
            self.fail(f"{value!r}: [HOST:]PORT, a port from 0 to {PORT_MAX}", param, ctx)
        return host.strip("[]") or LOOPBACK, int(port)


@dataclass(frozen=True, slots=True)
class Observing:
    """Who is told what of the desk."""

    metrics: tuple[str, int] | None = None
    hlog: Path | None = None
    hlog_every: float = 10.0
    log: Path | None = None
    as_json: bool = False

    @contextmanager
    def log_file(self) -> Iterator[int | None]:
        """The descriptor events are added to as JSON, if there is one to be."""
        if self.log is None:
            yield None
            return
        from cockpit.control.serve import open_log

        try:
            descriptor = open_log(self.log)
        except OSError as error:
            raise click.BadParameter(
                f"{self.log}: {error.strerror}", param_hint="--log"
            ) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def around(self, desk: LocalDesk, name: str) -> Iterator[None]:
        """Metrics and histograms are told while the desk runs inside."""
        from cockpit.core import Severity

        with contextlib.ExitStack() as stack:
            if self.metrics is not None:
                host, port = self.metrics
                try:
                    from cockpit.observe.metrics import MetricsServer

                    server = stack.enter_context(MetricsServer(host, port, desk, name))
                except ImportError as error:
                    raise click.UsageError(
                        f"--metrics needs {error.name}: pip install 'cockpit[observe]'"
                    ) from None
                except OSError as error:
                    raise click.BadParameter(
                        f"{host}:{port}: {error.strerror}", param_hint="--metrics"
                    ) from None
                shown = f"[{host}]" if ":" in host else host
                text = f"metrics are at http://{shown}:{server.server_port}/metrics"
                desk.say_from_outside(Severity.INFO, text, "control")
            if self.hlog is not None:
                from cockpit.observe.hlog import IntervalLog

                def say(text: str) -> None:
                    desk.say_from_outside(Severity.WARNING, text, "control")

                try:
                    log = IntervalLog(self.hlog, desk.engine, self.hlog_every, say)
                except OSError as error:
                    raise click.BadParameter(
                        f"{self.hlog}: {error.strerror}", param_hint="--hlog"
                    ) from None
                stack.enter_context(log)
            yield


def observing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command whose desk others look at by other means than a screen."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any,
        metrics: tuple[str, int] | None,
        hlog: Path | None,
        hlog_every: float,
        log: Path | None,
        log_format: str,
        **others: Any,
    ) -> Any:
        observing = Observing(metrics, hlog, hlog_every, log, log_format == "json")
        return command(*arguments, observing=observing, **others)

    file = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option(
            "--hlog-every",
            type=Finite(min=0.1, max=86_400),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="The interval of --hlog.",
        ),
        click.option(
            "--hlog", type=file, help="Add the latency histograms of each interval there."
        ),
        click.option(
            "--metrics",
            type=Address(),
            help="Answer Prometheus at /metrics there; without a host on loopback.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Of the events on stdout.",
        ),
        click.option("--log", type=file, help="Add each event there, a line of JSON."),
    ):
        gathered = option(gathered)
    return gathered
