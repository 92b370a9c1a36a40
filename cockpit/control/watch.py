"""``cockpit watch``: a served desk as plain lines, for pipes, logs and screen readers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from cockpit.control import summary
from cockpit.control.connection import Unreachable
from cockpit.control.desk import Event
from cockpit.control.remote import RemoteDesk
from cockpit.control.serve import line_of
from cockpit.core import Severity

LOOK_SECONDS = 0.1


def watch(
    desk: RemoteDesk,
    *,
    every: float = 0.0,
    as_json: bool = False,
    write: Callable[[str], object] | None = None,
) -> str:
    """Write a line for each event, and how the desk stands every so many seconds.

    Ends when the desk does: empty when it stopped in order, else why it is gone; or when
    what is said can be written nowhere. A pipe that nobody reads any more is left to the
    caller.
    """
    try:
        return _watch(desk, every, as_json, write or _print)
    except BrokenPipeError:
        raise
    except OSError as error:
        return f"what is said cannot be written: {error.strerror}"


def _watch(
    desk: RemoteDesk, every: float, as_json: bool, say: Callable[[str], object]
) -> str:
    state, due = "", 0.0
    while True:
        for event in desk.events():
            say(_json(event) if as_json else line_of(event))
        if desk.ended:
            return ""
        try:
            firm = desk.read()["desk"]
        except Unreachable as error:
            return str(error)
        now = time.monotonic()
        stands = str(summary.risk(desk, firm)["state"])
        if stands != state or (every and now >= due):
            state, due = stands, now + every
            total = summary.profit(firm)["total"]
            working = int(firm["working_count"])
            text = f"{stands}, P&L {total:+,.2f}, {working} orders working"
            event = Event(time.time(), Severity.INFO, desk.welcome.name, text)
            say(_json(event) if as_json else line_of(event))
        time.sleep(LOOK_SECONDS)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _json(event: Event) -> str:
    return json.dumps(
        {
            "time": event.time,
            "severity": event.severity.name,
            "source": event.source,
            "text": event.text,
        }
    )
