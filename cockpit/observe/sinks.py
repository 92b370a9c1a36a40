"""Where an alert leaves the process: a command, a webhook, a file.

Each kind has a thread of its own and a queue with an end: a command that hangs holds up
neither a post nor the desk, and what does not fit is counted and dropped.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Full, Queue, SimpleQueue
from threading import Thread

from cockpit import paths
from cockpit.core import Severity
from cockpit.observe.alerts import Telling

QUEUE_MAX = 64
"""Alerts waiting for one kind of sink; more are counted and dropped."""
SINK_SECONDS = 10.0
"""A command or a post may take so long."""
HANGING_MAX = 4
"""Posts that have had their time and still hang; with so many no more are begun."""
LOG_FILE = "alerts.jsonl"
_LOOK_SECONDS = 0.02


class _Line:
    """One kind of sink, its queue and its thread."""

    def __init__(self, name: str, send: Callable[[Telling], None]) -> None:
        self.name = name
        self.dropped = 0
        self.failures: SimpleQueue[str] = SimpleQueue()
        self._send = send
        self._queue: Queue[Telling | None] = Queue(QUEUE_MAX)
        self._thread: Thread | None = None

    def tell(self, telling: Telling) -> None:
        if self._thread is None:
            self._thread = Thread(
                target=self._run, name=f"alerts-{self.name}", daemon=True
            )
            self._thread.start()
        try:
            self._queue.put_nowait(telling)
        except Full:
            self.dropped += 1
            if self.dropped == 1:
                self.failures.put(
                    f"{self.name} takes alerts more slowly than they come: some are "
                    f"not told by it"
                )

    def end(self, deadline: float) -> None:
        if self._thread is None:
            return
        try:
            self._queue.put_nowait(None)
        except Full:
            return
        self._thread.join(max(deadline - time.monotonic(), 0))

    def _run(self) -> None:
        while (telling := self._queue.get()) is not None:
            try:
                self._send(telling)
            except Exception as error:
                name = telling.rule.name
                self.failures.put(f"alert {name!r} by {self.name}: {error}")


class Teller:
    """Hands alerts to the sinks that may be slow. No call waits for one."""

    def __init__(self) -> None:
        self._lines = {
            name: _Line(name, send)
            for name, send in (
                ("command", run_command),
                ("webhook", Poster()),
                ("log", write_line),
            )
        }

    @property
    def dropped(self) -> int:
        """Tellings that found a queue full."""
        return sum(line.dropped for line in self._lines.values())

    def tell(self, telling: Telling) -> None:
        for sink in telling.alert.sinks:
            if sink in self._lines:
                self._lines[sink].tell(telling)

    def failures(self) -> list[str]:
        """What could not be told since the last call."""
        found = []
        for line in self._lines.values():
            while True:
                try:
                    found.append(line.failures.get_nowait())
                except Empty:
                    break
        return found

    def stop(self, seconds: float = 2.0) -> None:
        """Tell what waits, for at most so long."""
        deadline = time.monotonic() + seconds
        for line in self._lines.values():
            line.end(deadline)


# ---- command ---------------------------------------------------------------------------


def run_command(telling: Telling) -> None:
    """Run the rule's command with the text as its last word. Raises OSError."""
    rule, alert = telling.rule, telling.alert
    told = {
        "COCKPIT_ALERT": alert.name,
        "COCKPIT_ALERT_ID": str(alert.number),
        "COCKPIT_ALERT_TEXT": alert.text,
        "COCKPIT_ALERT_SEVERITY": alert.severity.name.lower(),
        "COCKPIT_ALERT_ESCALATED": "1" if alert.escalated else "",
    }
    null = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    # A served desk blocks the signals it takes by a thread; the command must not inherit
    # that. In a session of its own a Ctrl+C at the desk does not reach it.
    pid = os.posix_spawnp(
        rule.command[0],
        [*rule.command, f"{alert.name}: {alert.text}"],
        {**os.environ, **told},
        file_actions=null,
        setsigmask=(),
        setsid=True,
    )
    code = _wait(pid, SINK_SECONDS)
    if code is None:
        raise OSError(f"{rule.command[0]} was ended: it took {SINK_SECONDS:g} s")
    if code:
        raise OSError(f"{rule.command[0]} ended with {code}")


def _wait(pid: int, seconds: float) -> int | None:
    """How a child ended; None: it did not in time, and was killed with its children."""
    deadline = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        time.sleep(_LOOK_SECONDS)


# ---- webhook ---------------------------------------------------------------------------


class Poster:
    """Posts alerts. One that hangs, at a server that trickles, is left behind."""

    def __init__(self) -> None:
        self._hanging: list[Thread] = []

    def __call__(self, telling: Telling) -> None:
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if len(self._hanging) >= HANGING_MAX:
            raise OSError(f"{HANGING_MAX} posts hang: not tried")
        errors: list[Exception] = []

        def work() -> None:
            try:
                _post(telling)
            except Exception as error:
                errors.append(error)

        thread = Thread(target=work, name="alerts-post", daemon=True)
        thread.start()
        thread.join(SINK_SECONDS)
        if thread.is_alive():
            self._hanging.append(thread)
            raise OSError(f"no answer in {SINK_SECONDS:g} s")
        if errors:
            raise errors[0]


def _post(telling: Telling) -> None:
    import urllib.error  # loads a good part of the standard library
    import urllib.request

    request = urllib.request.Request(
        telling.rule.url,
        data=json.dumps(SHAPED[telling.rule.shape](telling)).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "cockpit"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SINK_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        with error:
            raise OSError(f"{error.code} {error.reason}") from None


def as_json(telling: Telling) -> dict[str, object]:
    """As chat services take it: ``text``, with the parts beside it for others."""
    alert = telling.alert
    return {
        "text": f"[{alert.severity.name}] {alert.sentence}",
        "alert": alert.name,
        "id": alert.number,
        "severity": alert.severity.name.lower(),
        "message": alert.text,
        "first": alert.first,
        "count": alert.count,
        "escalated": alert.escalated,
    }


def for_slack(telling: Telling) -> dict[str, object]:
    """An incoming webhook of Slack: a message, with a coloured attachment beside it."""
    alert = telling.alert
    title = f"{alert.severity.name}: {alert.name}"
    fields = {"severity": alert.severity.name.lower(), "times": str(alert.count)}
    return {
        "text": _for_mrkdwn(f"[{alert.severity.name}] {alert.sentence}"),
        "attachments": [
            {
                "color": _COLOURS[alert.severity],
                "fallback": _for_mrkdwn(f"{title}: {alert.text}"),
                "title": _for_mrkdwn(title),
                "text": _for_mrkdwn(alert.text),
                "fields": [
                    {"title": name, "value": value, "short": True}
                    for name, value in fields.items()
                ],
                "footer": _for_mrkdwn(f"cockpit on {os.uname().nodename}"),
                "ts": int(alert.told_at),
            }
        ],
    }


_COLOURS = {
    Severity.INFO: "good",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "danger",
}


def _for_mrkdwn(text: str) -> str:
    """What Slack would take for markup, or for a call to everybody, is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_pagerduty(telling: Telling) -> dict[str, object]:
    """A trigger of PagerDuty's Events API v2; the same alert is the same incident."""
    alert, host = telling.alert, os.uname().nodename
    when = datetime.fromtimestamp(alert.told_at, UTC)
    louder = Severity.CRITICAL if alert.escalated else alert.severity
    return {
        "routing_key": telling.rule.routing_key,
        "event_action": "trigger",
        "dedup_key": f"cockpit/{host}/{alert.name}/{alert.first:.3f}"[:255],
        "client": "cockpit",
        "payload": {
            "summary": f"{alert.sentence}"[:1024],
            "source": host,
            "severity": louder.name.lower(),
            "timestamp": when.isoformat(timespec="milliseconds"),
            "component": "desk",
            "class": telling.rule.when,
            "custom_details": as_json(telling),
        },
    }


SHAPED = {"json": as_json, "slack": for_slack, "pagerduty": for_pagerduty}


# ---- log -------------------------------------------------------------------------------


def write_line(telling: Telling) -> None:
    """Add the alert to the rule's file, a JSON object on a line. Raises OSError."""
    path = Path(telling.rule.file).expanduser() if telling.rule.file else None
    if path is None:
        path = paths.state() / LOG_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
    line = {"time": telling.alert.told_at, **as_json(telling)}
    # Not blocking: there may be a pipe that nobody reads.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        os.write(descriptor, f"{json.dumps(line)}\n".encode())
    finally:
        os.close(descriptor)
