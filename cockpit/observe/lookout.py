"""The watch over a desk, in the process that holds the engine and in a thread of its own.

Whether a screen is there, several or none: the rules are looked at once, what they find
is told once, and acknowledging it is the same for all. The thread reads a picture of its
own a few times a second; the desk does not notice, nor does whoever serves it to others.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from cockpit.config.reading import signature_of
from cockpit.control.alarms import SOURCE, Alert
from cockpit.control.desk import Event
from cockpit.core import Engine, Record, Severity
from cockpit.observe.alerts import Alerts, Facts
from cockpit.observe.rules import FILE, AlertsError, read_rules
from cockpit.observe.sinks import Teller

EVERY_SECONDS = 0.25
BEGIN_SECONDS = 0.3
"""After the start a screen waits for the processor."""
FILE_SECONDS = 1.0
"""Between two looks whether the rules have changed."""
STOP_SECONDS = 0.2
"""What is being told has so long to get out when the desk ends."""
EVENT_MAX = 5000
"""Lines of the log that wait to be looked at; the oldest go first."""

Say = Callable[[Severity, str, str], None]


class Lookout:
    """Raises the alerts of the desk on ``engine``; one of :mod:`cockpit.control.alarms`.

    ``directory``: where alerts.toml is, or will be. ``say``: severity, text and source of
    a line for the log; called from the thread.
    """

    def __init__(
        self,
        engine: Engine,
        directory: Path,
        say: Say,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._path = directory / FILE
        self._say = say
        self._clock = clock
        self._alerts = Alerts()
        self._shown: tuple[Alert, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._events: deque[Event] = deque(maxlen=EVENT_MAX)
        self._lock = Lock()
        """Of the alerts."""
        self._hushed = False
        self._teller = Teller()
        self._signature: tuple[int, int, int] | None = (0, 0, 0)
        self._looked = 0.0
        self._begun = False
        self._failures: set[str] = set()
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="alerts", daemon=True)

    # ---- for the desk ------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def hear(self, events: Sequence[Event]) -> None:
        self._events.extend(events)

    def shown(self) -> tuple[Alert, ...]:
        return self._shown

    def acknowledge(self, who: str, number: int | None = None) -> list[Alert]:
        with self._lock:
            fresh = self._alerts.acknowledge(who, number, self._clock())
            self._show()
        return fresh

    def problems(self) -> tuple[str, ...]:
        return self._problems

    def hush(self) -> None:
        with self._lock:
            self._hushed = True

    def stop(self) -> None:
        self.hush()
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._teller.stop(STOP_SECONDS)

    # ---- the thread --------------------------------------------------------------------

    def _run(self) -> None:
        self._stopping.wait(BEGIN_SECONDS)
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception as error:
                failure = f"alerts are not looked for: {type(error).__name__}: {error}"
                if failure not in self._failures:
                    self._failures.add(failure)
                    self._say(Severity.CRITICAL, failure, SOURCE)
            self._stopping.wait(EVERY_SECONDS)

    def look(self) -> None:
        """Once: at the file, at the desk, and tell what is new."""
        self._follow_file()
        events = [self._events.popleft() for _ in range(len(self._events))]
        with self._lock:
            if self._hushed:
                return
            facts = facts_of(self._engine.picture(), events)
            if facts is None:
                return
            tellings = self._alerts.update(facts, self._clock())
            self._show()
        for telling in tellings:
            if "screen" in telling.alert.sinks:
                alert = telling.alert
                self._say(alert.severity, alert.sentence, SOURCE)
            self._teller.tell(telling)
        for failure in self._teller.failures():
            self._say(Severity.WARNING, failure, SOURCE)

    def _show(self) -> None:
        shown = tuple(case.alert for case in self._alerts.found)
        if shown != self._shown:
            self._shown = shown

    def _follow_file(self) -> None:
        now = time.monotonic()
        if self._begun and now - self._looked < FILE_SECONDS:
            return
        self._looked = now
        signature = signature_of(self._path)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            rules = read_rules(self._path, self._stopping.wait)
        except AlertsError as error:
            if self._problems != (str(error),):
                self._say(Severity.WARNING, f"{error}; the rules stay", "config")
            self._problems, self._begun = (str(error),), True
            return
        with self._lock:
            self._alerts.follow(rules)
            self._show()
        if self._begun or self._problems:
            self._say(Severity.INFO, f"{FILE}: {len(rules)} rules in force", "config")
        self._problems, self._begun = (), True


def facts_of(picture: Record, events: Sequence[Event] = ()) -> Facts | None:
    """What rules look at; None where there is no desk, or none yet."""
    desk = picture["desk"]
    count = int(desk["symbol_count"])
    if not count or not picture["running"]:
        return None
    now_ns = int(picture["time_ns"])
    # Before the first market data: none since the start.
    latest = max(int(desk["symbols"]["last_md_ns"][:count].max(initial=0)), 0)
    latest = latest or int(picture["start_ns"])
    beats = [int(t["heartbeat_ns"]) for t in picture["threads"]]
    beats = [beat for beat in beats if beat]
    return Facts(
        picture,
        events,
        feed_age=max(now_ns - latest, 0) / 1e9 if latest else None,
        engine_age=max(now_ns - min(beats), 0) / 1e9 if beats else None,
    )
