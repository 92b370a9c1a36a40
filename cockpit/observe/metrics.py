"""A desk as Prometheus asks for it: ``GET /metrics``, the picture in its text format.

Answered by threads of their own from a picture of their own. A client can be slow, silent
or many: there are bounds for each, and none of it reaches the desk.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

from cockpit import __version__, core
from cockpit.control.local import LocalDesk
from cockpit.core import (
    HOPS,
    LIMITS,
    MONEY_SCALE,
    Hop,
    JournalLevel,
    Mode,
    Record,
    RiskState,
    Severity,
)
from cockpit.observe.lookout import facts_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CLIENT_MAX = 8
"""Clients at once; the next one is closed."""
CLIENT_SECONDS = 5.0
"""From a connection to the end of its answer."""
FRESH_SECONDS = 0.2
"""Whoever asks sooner again is given the same."""
QUANTILES = (
    ("0.5", "p50_ns"), ("0.9", "p90_ns"), ("0.95", "p95_ns"), ("0.99", "p99_ns"),
    ("0.999", "p999_ns"),
)  # fmt: skip
COUNTERS = (
    ("market_data", "md_count", "Market data messages taken."),
    ("orders", "order_count", "Orders sent, new and replaced."),
    ("cancels", "cancel_count", "Cancels sent."),
    ("acks", "ack_count", "Orders and replaces the venue acknowledged."),
    ("fills", "fill_count", "Executions."),
    ("rejects", "reject_count", "Orders the venue rejected."),
    ("refusals", "refusal_count", "Orders risk refused to send."),
    ("gaps", "gap_count", "Gaps in the market data."),
)


def _family(name: str, kind: str, help: str) -> Metric:
    return Metric(f"cockpit_{name}", help, kind)


class Figures:
    """What is told of a desk, as families of samples."""

    def __init__(self, desk: LocalDesk, name: str) -> None:
        self._desk = desk
        self._name = name
        tops = [core.histogram_bucket_top(i) for i in range(core.HISTOGRAM_COUNTS)]
        self._tops_s = np.array(tops, dtype=np.float64) / 1e9

    def collect(self) -> Iterator[Metric]:
        """Asked for by the registry."""
        picture = self._desk.engine.picture()
        firm = picture["desk"]
        yield self._info(picture)
        yield from self._hops(picture)
        yield from self._counters(firm)
        yield from self._money(firm)
        yield from self._limits(firm)
        yield from self._health(picture)
        yield from self._journal(firm["journal"])
        yield from self._alerts()

    def _info(self, picture: Record) -> Metric:
        family = _family("info", "gauge", "Which desk this is; always 1.")
        labels = {
            "name": self._name,
            "mode": self._desk.mode,
            "origin": self._desk.origin,
            "version": __version__,
        }
        family.add_sample("cockpit_info", labels, 1)
        return family

    def _hops(self, picture: Record) -> Iterator[Metric]:
        taken = _family(
            "hop_latency_seconds", "summary", "What each hop took since the start."
        )
        worst = _family("hop_latency_max_seconds", "gauge", "The longest a hop took.")
        for hop in Hop:
            label = {"hop": HOPS[hop]}
            row = picture["hops"][int(hop)]
            for quantile, field in QUANTILES:
                value = int(row[field]) / 1e9 if int(row["count"]) else float("nan")
                taken.add_sample(taken.name, {**label, "quantile": quantile}, value)
            counts = self._desk.engine.histogram(hop)
            taken.add_sample(f"{taken.name}_count", label, int(counts.sum()))
            total = float(counts.astype(np.float64) @ self._tops_s)
            taken.add_sample(f"{taken.name}_sum", label, total)
            worst.add_sample(worst.name, label, int(row["max_ns"]) / 1e9)
        yield taken
        yield worst

    def _counters(self, firm: Record) -> Iterator[Metric]:
        for name, field, help in COUNTERS:
            family = _family(name, "counter", help)
            family.add_sample(f"{family.name}_total", {}, int(firm["counters"][field]))
            yield family
        working = _family("orders_working", "gauge", "Orders at the venue now.")
        working.add_sample(working.name, {}, int(firm["working_count"]))
        yield working
        modes = _family("strategy_mode", "gauge", "1 for the mode a strategy is in.")
        for row in firm["strategies"]:
            if not row["config"]["used"]:
                continue
            name = bytes(row["config"]["name"]).decode("utf-8", "replace")
            for mode in Mode:
                labels = {"strategy": name, "mode": mode.name}
                modes.add_sample(modes.name, labels, int(row["config"]["mode"] == mode))
        yield modes

    def _money(self, firm: Record) -> Iterator[Metric]:
        lots = _family("position_lots", "gauge", "What is held; short is negative.")
        for index, symbol in enumerate(self._desk.symbols):
            held = int(firm["symbols"][index]["position"])
            lots.add_sample(lots.name, {"symbol": symbol.name}, held)
        yield lots
        made = _family("pnl_currency", "gauge", "The day's result, and its parts.")
        parts = {p: int(firm[p]) for p in ("realised", "unrealised", "fees")}
        total = parts["realised"] + parts["unrealised"] - parts["fees"]
        for part, money in {**parts, "total": total}.items():
            made.add_sample(made.name, {"part": part}, money / MONEY_SCALE)
        yield made

    def _limits(self, firm: Record) -> Iterator[Metric]:
        used = _family("limit_used", "gauge", "Used of a limit, in its own unit.")
        most = _family("limit_max", "gauge", "The limit in force; 0 is none.")
        for index, limit in enumerate(LIMITS):
            scale = MONEY_SCALE if limit.kind == "money" else 1
            label = {"limit": limit.name}
            row = firm["limits"][index]
            used.add_sample(used.name, label, int(row["used"]) / scale)
            most.add_sample(most.name, label, int(row["limit"]) / scale)
        yield used
        yield most
        state = _family("risk_state", "gauge", "1 for the state the desk is in.")
        now = int(firm["risk_state"])
        for one in RiskState:
            state.add_sample(state.name, {"state": one.name}, int(one == now))
        yield state

    def _health(self, picture: Record) -> Iterator[Metric]:
        facts = facts_of(picture)
        for name, help, age in (
            ("feed_age_seconds", "Since the latest market data.", "feed_age"),
            ("engine_age_seconds", "Since the quietest thread's sign.", "engine_age"),
        ):
            family = _family(name, "gauge", help)
            value = getattr(facts, age) if facts else None
            family.add_sample(family.name, {}, float("nan") if value is None else value)
            yield family
        fill = _family("ring_fill", "gauge", "Messages waiting in a ring.")
        room = _family("ring_capacity", "gauge", "Messages a ring has room for.")
        high = _family("ring_high_water", "gauge", "The most that ever waited.")
        full = _family("ring_full", "counter", "How often a ring was found full.")
        for ring in picture["rings"]:
            if not (name := bytes(ring["name"]).decode()):
                continue
            label = {"ring": name}
            fill.add_sample(fill.name, label, int(ring["fill"]))
            room.add_sample(room.name, label, int(ring["capacity"]))
            high.add_sample(high.name, label, int(ring["high_water"]))
            full.add_sample(f"{full.name}_total", label, int(ring["full_count"]))
        yield from (fill, room, high, full)
        busy = _family("thread_busy_seconds", "counter", "What a thread has worked.")
        lived = _family("thread_seconds", "counter", "How long a thread has run.")
        for thread in picture["threads"]:
            if not (name := bytes(thread["name"]).decode()):
                continue
            label = {"thread": name}
            busy.add_sample(f"{busy.name}_total", label, int(thread["busy_ns"]) / 1e9)
            lived.add_sample(f"{lived.name}_total", label, int(thread["total_ns"]) / 1e9)
        yield busy
        yield lived

    def _journal(self, journal: Record) -> Iterator[Metric]:
        used = bool(journal["used"])
        lag = _family(
            "journal_lag_seconds", "gauge",
            "Age of the oldest record that is not as safe as the level says.",
        )  # fmt: skip
        lag.add_sample(lag.name, {}, int(journal["lag_ns"]) / 1e9 if used else 0.0)
        yield lag
        level = _family("journal_level", "gauge", "1 for the level; all 0: no journal.")
        for one in JournalLevel:
            on = int(used and int(journal["level"]) == one)
            level.add_sample(level.name, {"level": one.name.lower()}, on)
        yield level
        trouble = _family("journal_trouble", "gauge", "1: nothing is written any more.")
        trouble.add_sample(trouble.name, {}, int(used and int(journal["trouble"]) != 0))
        yield trouble

    def _alerts(self) -> Iterator[Metric]:
        alerts = self._desk.alerts()
        firing = _family("alerts_firing", "gauge", "Alerts whose rule holds now.")
        unseen = _family("alerts_unseen", "gauge", "Alerts nobody has acknowledged.")
        for severity in Severity:
            of = [alert for alert in alerts if alert.severity == severity]
            label = {"severity": severity.name.lower()}
            firing.add_sample(firing.name, label, sum(a.active for a in of))
            unseen.add_sample(unseen.name, label, sum(not a.acknowledged for a in of))
        yield firing
        yield unseen


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    server_version = "cockpit"
    sys_version = ""
    timeout = CLIENT_SECONDS

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404, "there is /metrics alone")
            return
        try:
            body = self.server.body()
        except Exception as error:
            self.send_error(500, type(error).__name__)
            return
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads who asked."""


class MetricsServer(ThreadingHTTPServer):
    """Serves :class:`Figures` at ``host:port`` while entered. Raises OSError."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, desk: LocalDesk, name: str) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Figures(desk, name))
        self._known: tuple[float, bytes] = (-FRESH_SECONDS, b"")
        self._making = Lock()
        self._guarding = Lock()
        self._clients: dict[socket.socket, float] = {}
        self._thread = Thread(
            target=self.serve_forever, args=(0.2,), name="metrics", daemon=True
        )
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    def __enter__(self) -> MetricsServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()
        self._cut(0.0)

    def body(self) -> bytes:
        """The figures, at most :data:`FRESH_SECONDS` old."""
        with self._making:
            made, body = self._known
            if time.monotonic() - made >= FRESH_SECONDS:
                body = generate_latest(self._registry)
                self._known = time.monotonic(), body
            return body

    # ---- bounds ------------------------------------------------------------------------

    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._guarding:
            if len(self._clients) >= CLIENT_MAX:
                return False
            self._clients[request] = time.monotonic()
            return True

    def shutdown_request(self, request: Any) -> None:
        with self._guarding:
            self._clients.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        self._cut(CLIENT_SECONDS)

    def _cut(self, seconds: float) -> None:
        """End clients that have had so long, whatever they still send or do not take."""
        now = time.monotonic()
        with self._guarding:
            late = [c for c, since in self._clients.items() if now - since >= seconds]
        for client in late:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to tell."""
