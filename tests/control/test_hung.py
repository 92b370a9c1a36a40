"""A desk whose control server hangs trades on, and is halted all the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, state, wait

from cockpit.control.kill import SIGNALS, Level
from cockpit.core import RiskState

SERVE = """
import pathlib, sys, time
from cockpit.control import server
tick, flag = server.Server._tick, pathlib.Path(sys.argv[1])
def hang(self):
    while flag.exists():
        time.sleep(0.05)
    tick(self)
server.Server._tick = hang
sys.argv[:2] = ["cockpit"]
from cockpit.cli import main
main()
"""


class Hung(Served):
    """A served desk that serves nobody while a file is there."""

    @property
    def hang(self) -> Path:
        return self.runtime / "hang"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, self.hang, "serve", self.place.name,
                 "--config", self.files],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True,
            )  # fmt: skip
        wait(self.answers, "for the desk")

    def rows(self, *kinds: str) -> list[dict[str, object]]:
        """Of its journal, which can be read while it is written."""
        given = [word for kind in kinds for word in ("--kind", kind)]
        done = self.run("journal", "export", self.place.name, *given)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def sent(self) -> list[dict[str, object]]:
        return [
            row for row in self.rows("order") if row["order_kind"] in ("new", "replace")
        ]

    def asked(self, kind: str) -> list[dict[str, object]]:
        return [
            row for row in self.rows("control") if row.get("control_kind") == kind
            and not row["part"]
        ]  # fmt: skip

    def states(self) -> list[str]:
        """What it has been in, as its journal has it."""
        notes = (row for row in self.rows("note") if row["note_kind"] == "state")
        return [str(note["risk_state"]) for note in notes]


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[Hung]:
    with Hung(copy_files(tmp_path)) as made:
        wait(lambda: len(made.sent()) > 3, "for orders")
        made.hang.touch()
        time.sleep(0.3)
        assert not made.answers()
        yield made


def by_signal(served: Hung, level: Level) -> None:
    served.signal(SIGNALS[level])


def by_file(served: Hung, level: Level) -> None:
    served.place.kill(level).touch()


def by_script(served: Hung, level: Level) -> None:
    done = served.ctl(level.value, "--why", "it hangs", "--json")
    assert done.returncode == 1, done
    said = json.loads(done.stdout)
    file = served.place.kill(level)
    assert said["status"] == "unconfirmed" and str(file) in said["text"]
    assert file.exists()


WAYS = pytest.mark.parametrize("kill", [by_signal, by_file, by_script])
Kill = Callable[[Hung, Level], None]


@WAYS
def test_it_is_halted_from_outside(hung: Hung, kill: Kill) -> None:
    before = len(hung.sent())
    wait(lambda: len(hung.sent()) > before, "for it to trade on")
    kill(hung, Level.HALT)
    wait(lambda: hung.asked("halt"), "for the halt")
    time.sleep(0.3)
    sent = len(hung.sent())
    time.sleep(1.0)
    assert len(hung.sent()) == sent
    assert str(hung.asked("halt")[0]["who"]).startswith("root uid")
    # And it says so itself, when it is well again.
    hung.hang.unlink()
    hung.wait_for("ACTIVE -> HALTED, by the operator")
    wait(hung.answers)


@WAYS
def test_its_orders_are_pulled_from_outside(hung: Hung, kill: Kill) -> None:
    before = len(hung.rows("order"))
    kill(hung, Level.CANCEL)
    wait(lambda: hung.asked("cancel_all"), "for the command")
    pulled = [row["order_kind"] for row in hung.rows("order")[before:]]
    assert "cancel_all" in pulled
    sent = len(hung.sent())
    wait(lambda: len(hung.sent()) > sent, "for it to trade on")
    hung.hang.unlink()
    hung.wait_for("asked: pull every order (before: ACTIVE); by root uid")
    assert state(hung.picture()) == RiskState.ACTIVE
    assert len(hung.asked("cancel_all")) == 1, "the file is asked for once"


@WAYS
def test_it_is_flattened_from_outside(hung: Hung, kill: Kill) -> None:
    kill(hung, Level.FLATTEN)
    wait(lambda: hung.states()[-1:] == ["paused"], "for the end of it")
    assert hung.states()[-2:] == ["flattening", "paused"]
    sent = len(hung.sent())
    time.sleep(1.0)
    assert len(hung.sent()) == sent
    hung.hang.unlink()
    hung.wait_for("FLATTENING -> PAUSED")
    wait(hung.answers)
    desk = hung.picture()["desk"]
    assert not desk["symbols"]["position"].any() and not desk["working_count"]


def test_a_part_of_it_is_not_halted_by_the_file(hung: Hung) -> None:
    done = hung.ctl("halt", "--symbol", "ACME")
    assert done.returncode == 3, done
    assert not hung.place.halt.exists()
