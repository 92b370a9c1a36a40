"""A desk whose control server hangs trades on, and is halted all the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import Served, copy_files, wait

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

    def halts(self) -> list[dict[str, object]]:
        return [
            row for row in self.rows("control") if row.get("control_kind") == "halt"
            and not row["part"]
        ]  # fmt: skip


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[Hung]:
    with Hung(copy_files(tmp_path)) as made:
        wait(lambda: len(made.sent()) > 3, "for orders")
        made.hang.touch()
        time.sleep(0.3)
        assert not made.answers()
        yield made


def by_signal(served: Hung) -> None:
    served.signal(signal.SIGUSR1)


def by_file(served: Hung) -> None:
    served.place.halt.touch()


def by_script(served: Hung) -> None:
    done = served.ctl("halt", "--why", "it hangs", "--json")
    assert done.returncode == 1, done
    said = json.loads(done.stdout)
    assert said["status"] == "unconfirmed" and str(served.place.halt) in said["text"]


@pytest.mark.parametrize("kill", [by_signal, by_file, by_script])
def test_it_is_halted_from_outside(hung: Hung, kill: Callable[[Hung], None]) -> None:
    before = len(hung.sent())
    wait(lambda: len(hung.sent()) > before, "for it to trade on")
    kill(hung)
    wait(hung.halts, "for the halt")
    time.sleep(0.3)
    sent = len(hung.sent())
    time.sleep(1.0)
    assert len(hung.sent()) == sent
    assert str(hung.halts()[0]["who"]).startswith("root uid")
    # And it says so itself, when it is well again.
    hung.hang.unlink()
    hung.wait_for("ACTIVE -> HALTED, by the operator")
    wait(hung.answers)


def test_a_part_of_it_is_not_halted_by_the_file(hung: Hung) -> None:
    done = hung.ctl("halt", "--symbol", "ACME")
    assert done.returncode == 3, done
    assert not hung.place.halt.exists()
