"""Prometheus is told the picture, strictly in its format, and cannot hold the desk up."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from watched import Watched, wait

from cockpit.core import HOPS, LIMITS, MONEY_SCALE, RiskState
from cockpit.observe import metrics
from cockpit.observe.metrics import CLIENT_MAX, MetricsServer

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = re.compile(
    r"(?P<name>[a-z_]+)(\{(?P<labels>[a-z]+=\"[^\"\\\n]*\"(,[a-z]+=\"[^\"\\\n]*\")*)\})?"
    r" (?P<value>NaN|-?\d+(\.\d+)?(e-?\d+)?)"
)


class Told:
    def __init__(self, desk: Watched, server: MetricsServer) -> None:
        self.desk, self.server = desk.desk, server
        self.port = server.server_port

    def text(self, path: str = "/metrics") -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            return answer.read().decode()

    def families(self) -> dict[str, Metric]:
        return {f.name: f for f in text_string_to_metric_families(self.text())}

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    desk = Watched(tmp_path)
    with desk.desk, MetricsServer("127.0.0.1", 0, desk.desk, "desk") as server:
        made = Told(desk, server)
        orders = desk.desk.engine
        wait(lambda: int(orders.picture()["desk"]["counters"]["order_count"]) > 5)
        yield made


def test_every_line_is_of_the_format_with_help_and_type_before_its_samples(
    told: Told,
) -> None:
    lines = told.text().split("\n")
    assert lines.pop() == ""
    helped: list[str] = []
    typed: dict[str, str] = {}
    seen: set[str] = set()
    for line in lines:
        if line.startswith("# HELP "):
            _, _, name, help = line.split(" ", 3)
            assert help and name not in helped
            helped.append(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert helped[-1] == name and kind in ("gauge", "counter", "summary")
            typed[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found["name"].removesuffix("_sum").removesuffix("_count") == helped[-1]
            assert (typed[helped[-1]] == "counter") == found["name"].endswith("_total")
            key = f"{found['name']}{{{found['labels']}}}"
            assert key not in seen, f"twice: {key}"
            seen.add(key)
    assert set(typed) == set(helped)
    # And as whoever made the format reads it.
    assert len(told.families()) == len(helped)


def test_the_figures_are_the_picture_s(told: Told) -> None:
    desk = told.desk
    desk.engine.halt()
    wait(lambda: desk.engine.picture()["desk"]["risk_state"] == RiskState.HALTED)
    wait(lambda: not int(desk.engine.picture()["desk"]["working_count"]))
    wait(desk.alerts)
    time.sleep(2 * metrics.FRESH_SECONDS)
    before = desk.engine.picture()["desk"]["counters"]
    families, firm = told.families(), desk.engine.picture()["desk"]

    def of(name: str, **labels: str) -> float:
        (found,) = [
            s.value
            for family in families.values()
            for s in family.samples
            if s.name == f"cockpit_{name}" and labels.items() <= s.labels.items()
        ]
        return found

    assert of("orders_total") == int(firm["counters"]["order_count"]) > 5
    assert of("fills_total") == int(firm["counters"]["fill_count"])
    for name in ("refusal", "md"):  # these go on
        tells = {"md": "market_data"}.get(name, f"{name}s")
        low, high = (int(c[f"{name}_count"]) for c in (before, firm["counters"]))
        assert low <= of(f"{tells}_total") <= high
    assert of("risk_state", state="HALTED") == 1 and of("risk_state", state="ACTIVE") == 0
    for index, symbol in enumerate(desk.symbols):
        held = int(firm["symbols"][index]["position"])
        assert of("position_lots", symbol=symbol.name) == held
    for part in ("realised", "fees"):
        assert of("pnl_currency", part=part) == int(firm[part]) / MONEY_SCALE
    for index, limit in enumerate(LIMITS):
        scale = MONEY_SCALE if limit.kind == "money" else 1
        most = int(firm["limits"][index]["limit"]) / scale
        assert of("limit_max", limit=limit.name) == most
    hops = desk.engine.picture()["hops"]
    hop = hops[HOPS.index("tick_to_order")]
    taken = {"hop": "tick_to_order"}
    assert of("hop_latency_seconds_count", **taken) == int(hop["count"]) > 0
    for quantile, field in (
        (0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p999"),
    ):  # fmt: skip
        shown = of("hop_latency_seconds", quantile=f"{quantile:g}", **taken)
        assert shown == pytest.approx(int(hop[f"{field}_ns"]) / 1e9)
    total = of("hop_latency_seconds_sum", **taken)
    assert 0 < total <= int(hop["max_ns"]) / 1e9 * int(hop["count"])
    assert of("alerts_firing", severity="critical") == 1
    assert of("alerts_unseen", severity="critical") == 1
    assert of("ring_capacity", ring="orders") > 0
    assert 0 <= of("feed_age_seconds") < 60


def test_only_metrics_are_there(told: Told) -> None:
    for path in ("/", "/metrics/x", "/../etc/passwd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            told.text(path)
        assert refused.value.code == 404
        refused.value.close()
    connection = http.client.HTTPConnection("127.0.0.1", told.port, timeout=10)
    connection.request("POST", "/metrics", b"x")
    assert connection.getresponse().status == 501
    connection.close()


def is_cut(client: socket.socket) -> bool:
    """Has the other side ended it? Sends a byte more."""
    with suppress(BlockingIOError):
        try:
            client.send(b"x")
            return client.recv(1000) == b""
        except ConnectionError:
            return True
    return False


def test_clients_that_hang_or_trickle_are_cut_and_the_next_is_answered(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CLIENT_SECONDS", 1.0)
    before = int(told.desk.engine.picture()["desk"]["counters"]["md_count"])
    with ExitStack() as stack:
        hanging = [stack.enter_context(told.connect()) for _ in range(CLIENT_MAX)]
        for client in hanging[::2]:
            client.sendall(b"GET /metrics HT")
        # One too many is closed at once, and each of the others after its time.
        beyond = stack.enter_context(told.connect())
        assert beyond.recv(10) == b""
        deadline = time.monotonic() + 10
        for client in hanging:  # each sends in time, and never ends
            client.setblocking(False)
        while hanging:
            assert time.monotonic() < deadline, f"{len(hanging)} were not cut"
            time.sleep(0.1)
            for client in [*hanging]:
                if is_cut(client):
                    hanging.remove(client)
    wait(lambda: "cockpit_info" in told.text())
    assert int(told.desk.engine.picture()["desk"]["counters"]["md_count"]) > before


def test_who_asks_all_the_time_is_given_the_same(told: Told) -> None:
    first = told.server.body()
    assert all(told.server.body() is first for _ in range(100))


def test_every_query_of_the_dashboard_names_figures_there_are(told: Told) -> None:
    board = json.loads((ROOT / "docs/grafana.json").read_text())
    names = {
        sample.name for family in told.families().values() for sample in family.samples
    }
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    queries += [v["query"] for v in board["templating"]["list"] if v["type"] == "query"]
    assert len(queries) > 15
    labels = {
        label
        for family in told.families().values()
        for sample in family.samples
        for label in sample.labels
    } | {"instance"}
    for query in queries:
        asked = set(re.findall(r"cockpit_\w+", query))
        assert asked and asked <= names, query
        for matcher in re.findall(r"\{([^}]*)\}", query):
            assert set(re.findall(r"(\w+)=", matcher)) <= labels, query
