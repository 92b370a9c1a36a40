"""Alerts leave by command, webhook and file; nothing waits for one that is slow."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from cockpit.control.alarms import Alert
from cockpit.core import Severity
from cockpit.observe import sinks
from cockpit.observe.alerts import Telling
from cockpit.observe.rules import Rule
from cockpit.observe.sinks import Teller


def telling(sink: str, severity: Severity = Severity.WARNING, **rule: Any) -> Telling:
    alert = Alert(
        7, "halted", severity, "the desk is HALTED", 1.5, told_at=1.5, sinks=(sink,)
    )
    return Telling(alert, Rule("halted", "state", "HALTED", sinks=(sink,), **rule))


class Hook(HTTPServer):
    """A receiver that keeps what it was sent."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                hook.got.append(json.loads(self.rfile.read(length)))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.status = 202
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


@contextmanager
def receiver() -> Iterator[Hook]:
    with Hook() as hook:
        thread = Thread(target=hook.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            hook.shutdown()
            thread.join()


def test_a_command_gets_the_text_and_a_failing_one_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "told"
    code = (
        "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text("
        "sys.argv[2] + '|' + os.environ['COCKPIT_ALERT_SEVERITY']"
        " + '|' + os.environ['COCKPIT_ALERT_ID'])"
    )
    teller = Teller()
    command = (sys.executable, "-c", code, str(out))
    teller.tell(telling("command", command=command))
    teller.tell(telling("command", command=(str(tmp_path / "none"),)))
    teller.tell(telling("command", command=("false",)))
    teller.stop(20)
    assert out.read_text() == "halted: the desk is HALTED|warning|7"
    none, ended = teller.failures()
    assert "alert 'halted' by command" in none and "No such file" in none
    assert "false ended with 1" in ended


def test_a_command_can_be_ended_though_the_desk_blocks_signals(tmp_path: Path) -> None:
    out = tmp_path / "mask"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
    try:
        code = (
            "import signal, sys; blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ());"
            "open(sys.argv[1], 'w').write(str(len(blocked)))"
        )
        command = (sys.executable, "-c", code, str(out))
        sinks.run_command(telling("command", command=command))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert out.read_text() == "0"


def test_a_command_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "SINK_SECONDS", 0.3)
    out = tmp_path / "pid"
    command = ("sh", "-c", f"sleep 60 & echo $! > {out}; wait")
    with pytest.raises(OSError, match="was ended"):
        sinks.run_command(telling("command", command=command))
    child = int(out.read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}/stat").exists():
        if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            break
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_webhook_is_posted_as_chat_services_take_it() -> None:
    with receiver() as hook:
        teller = Teller()
        teller.tell(telling("webhook", url=hook.url))
        teller.stop(10)
    assert hook.got[0]["text"] == "[WARNING] halted: the desk is HALTED"
    assert hook.got[0]["alert"] == "halted"
    assert teller.failures() == []


def posted(**rule: Any) -> Any:
    with receiver() as hook:
        teller = Teller()
        teller.tell(telling("webhook", url=hook.url, **rule))
        teller.stop(10)
    assert teller.failures() == []
    (got,) = hook.got
    return got


def test_slack_is_sent_a_message_with_an_attachment() -> None:
    got = posted(shape="slack")
    assert got["text"] == "[WARNING] halted: the desk is HALTED"
    (attached,) = got["attachments"]
    assert attached["color"] == "warning"
    assert attached["title"] == "WARNING: halted"
    assert attached["text"] == attached["fallback"].split(": ", 2)[2]
    assert {"title": "severity", "value": "warning", "short": True} in attached["fields"]


def test_slack_calls_nobody_whatever_the_text() -> None:
    one = telling("webhook", url="x", shape="slack")
    alert = replace(one.alert, text="<!channel> a & b", escalated=True)
    got = json.dumps(sinks.for_slack(Telling(alert, one.rule)))
    assert "<!channel>" not in got and "&lt;!channel&gt; a &amp; b" in got


def test_pagerduty_is_sent_a_trigger_that_is_one_incident() -> None:
    got = posted(shape="pagerduty", routing_key="R0")
    assert (got["routing_key"], got["event_action"]) == ("R0", "trigger")
    payload = got["payload"]
    assert payload["summary"] == "halted: the desk is HALTED"
    assert payload["severity"] == "warning"
    assert payload["source"] == os.uname().nodename
    when = datetime.fromisoformat(payload["timestamp"])
    assert when.timestamp() == pytest.approx(1.5)
    assert payload["custom_details"]["id"] == 7
    one = telling("webhook", url="x", shape="pagerduty", routing_key="R0")
    louder = Telling(replace(one.alert, escalated=True, told=2, told_at=99.0), one.rule)
    again = sinks.for_pagerduty(louder)
    assert again["dedup_key"] == got["dedup_key"]
    assert "critical" in json.dumps(again["payload"])
    other = Telling(replace(one.alert, first=2.5), one.rule)
    assert sinks.for_pagerduty(other)["dedup_key"] != got["dedup_key"]


def test_a_webhook_that_is_refused_is_reported() -> None:
    with receiver() as hook:
        hook.status = 403
        teller = Teller()
        teller.tell(telling("webhook", url=hook.url))
        teller.stop(10)
    (failure,) = teller.failures()
    assert "by webhook" in failure and "403" in failure


def test_a_server_that_trickles_is_given_up_and_the_next_post_goes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sinks, "SINK_SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))
    enough = Event()

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection:
            while not enough.wait(0.1):  # each byte in time, the answer never
                connection.send(b"H")

    trickling = Thread(target=trickle)
    trickling.start()
    with receiver() as hook:
        teller = Teller()
        slow = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        teller.tell(telling("webhook", url=slow))
        teller.tell(telling("webhook", url=hook.url))
        teller.stop(10)
    enough.set()
    trickling.join()
    listener.close()
    assert len(hook.got) == 1
    assert "no answer in 0.5 s" in teller.failures()[0]


def test_a_log_is_a_line_of_json_for_each_telling(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    teller = Teller()
    teller.tell(telling("log", file=str(path)))
    teller.tell(telling("log", Severity.CRITICAL, file=str(path)))
    teller.stop(5)
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["time"], first["alert"], first["id"]) == (1.5, "halted", 7)
    assert (first["severity"], second["severity"]) == ("warning", "critical")
    assert first["message"] == "the desk is HALTED"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_without_a_file_goes_to_the_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    sinks.write_line(telling("log"))
    (found,) = tmp_path.rglob("alerts.jsonl")
    assert json.loads(found.read_text())["alert"] == "halted"


def test_a_log_that_is_a_pipe_nobody_reads_is_reported_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "pipe")
    teller = Teller()
    teller.tell(telling("log", file=str(tmp_path / "pipe")))
    teller.stop(5)
    (failure,) = teller.failures()
    assert "by log" in failure


def test_telling_never_waits_for_a_slow_sink_and_what_does_not_fit_is_said() -> None:
    teller = Teller()
    slow = (sys.executable, "-c", "import time; time.sleep(1)")
    began = time.perf_counter()
    for _ in range(200):
        teller.tell(telling("command", command=slow))
    assert time.perf_counter() - began < 0.5
    assert teller.dropped >= 100
    (failure,) = teller.failures()
    assert "more slowly than they come" in failure


def test_a_slow_command_does_not_hold_a_post_up() -> None:
    with receiver() as hook:
        teller = Teller()
        teller.tell(telling("command", command=("sleep", "5")))
        teller.tell(telling("webhook", url=hook.url))
        deadline = time.monotonic() + 3
        while not hook.got and time.monotonic() < deadline:
            time.sleep(0.01)
    assert hook.got
