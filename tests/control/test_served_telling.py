"""What a served desk tells others: lines of JSON, metrics, latency by interval."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.request
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from serving import Served, copy_files, wait

from cockpit.core import HISTOGRAM_MAX_NS, HOPS


def test_each_event_is_a_line_of_json_that_says_who(tmp_path: Path) -> None:
    log = tmp_path / "desk.jsonl"
    with Served(copy_files(tmp_path), "--log", log) as served:
        assert served.ctl("halt", "--why", "a test").returncode == 0
        wait(lambda: "asked: halt" in log.read_text())
        rows = [json.loads(line) for line in log.read_text().splitlines()]
        assert all(
            set(row) == {"time", "severity", "source", "text", "who"} for row in rows
        )
        assert {row["severity"] for row in rows} <= {"info", "warning", "critical"}
        (asked,) = [row for row in rows if row["text"].startswith("asked: halt")]
        assert "ctl" in asked["who"] and asked["source"] == "operator"
        times = [datetime.fromisoformat(row["time"]) for row in rows]
        assert all(time.tzinfo is not None for time in times)
        # People have their lines as before.
        assert " asked: halt" in served.said() and '{"time"' not in served.said()
    assert log.stat().st_mode & 0o777 == 0o600


def test_stdout_can_be_json_and_the_log_of_before_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "desk.jsonl"
    log.write_text('{"text": "before"}\n')
    arguments = "--log-format", "json", "--log", log
    with Served(copy_files(tmp_path), *arguments) as served:
        served.wait_for("is served at")
        for line in served.said().splitlines():
            assert json.loads(line)["text"]
        wait(lambda: "is served at" in log.read_text())
    assert json.loads(log.read_text().splitlines()[0]) == {"text": "before"}


def test_metrics_are_on_loopback_where_it_says(tmp_path: Path) -> None:
    with Served(copy_files(tmp_path), "--metrics", "0") as served:
        served.wait_for("metrics are at ")
        found = re.search(r"metrics are at (http://(\S+):\d+/metrics)", served.said())
        assert found and found[2] == "127.0.0.1"
        with urllib.request.urlopen(found[1], timeout=10) as answer:
            text = answer.read().decode()
        assert 'cockpit_info{mode="SIM",name="desk",origin="synthetic seed' in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metrics", "here"), "a port from 0 to 65535"),
        (("--metrics", "70000"), "a port from 0 to 65535"),
        (("--log", "/no/such/file"), "No such file"),
        (("--hlog", "/no/such/file"), "No such file"),
        (("--hlog", __file__), "is no latency log"),
        (("--hlog-every", "nan"), "finite"),
    ],
)
def test_what_cannot_be_told_starts_no_desk(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    served = Served(copy_files(tmp_path))
    done = served.run("serve", "--config", served.files, *arguments)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_port_that_is_taken_starts_no_desk(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = Served(copy_files(tmp_path))
        done = served.run("serve", "--config", served.files, "--metrics", port)
    assert done.returncode == 2 and "Address already in use" in done.stderr


def intervals(path: Path) -> list[tuple[str, float, float, int]]:
    """Tag, begin, end (ms) and count of each line, as the package reads it."""
    reader = HistogramLogReader(str(path), HdrHistogram(1, HISTOGRAM_MAX_NS, 3))
    found = []
    while (one := reader.get_next_interval_histogram()) is not None:
        begin, end = one.get_start_time_stamp(), one.get_end_time_stamp()
        found.append((one.get_tag(), begin, end, one.get_total_count()))
    reader.close()
    return found


def test_latency_is_logged_by_interval_and_adds_up(tmp_path: Path) -> None:
    path = tmp_path / "desk.hlog"
    arguments = "--hlog", path, "--hlog-every", 0.5
    with Served(copy_files(tmp_path), *arguments) as served:
        wait(lambda: path.read_text().count("Tag=tick_to_order") >= 3)
        served.ctl("halt")
        wait(lambda: not int(served.picture()["desk"]["working_count"]))
        hops = served.picture()["hops"]
        totals = {name: int(hops[i]["count"]) for i, name in enumerate(HOPS)}
        served.ctl("quit")
        served.left()
    found = intervals(path)
    assert {tag for tag, *_ in found} <= set(HOPS)
    orders = [one for one in found if one[0] == "tick_to_order"]
    assert len(orders) >= 3
    for before, after in pairwise(orders):
        assert before[1] < before[2] <= after[1] + 1
    assert sum(count for *_, count in orders) == totals["tick_to_order"]
    # A desk that is started again adds to it.
    text = path.read_text()
    with Served(served.files, *arguments):
        wait(lambda: path.read_text() > text)
    assert path.read_text().startswith(text)
    after = intervals(path)
    assert after[: len(found)] == found
    assert after[len(found)][1] >= found[-1][2] - 1
    assert after[-1][2] / 1000 == pytest.approx(time.time(), abs=30)
