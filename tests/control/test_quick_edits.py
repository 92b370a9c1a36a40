"""Edits faster than the desk looks: each that was in force is said, kept and recorded."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rig import Rig

from cockpit.config import load, settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine, Journal
from cockpit.journal.export import plain
from cockpit.journal.reader import segments

SEEN_SECONDS = 0.8
"""A file that lies still for so long has been read."""


class Recorded(Rig):
    """A rig whose desk keeps a journal."""

    def __init__(self, directory: Path, journal: Path) -> None:
        self.journal = journal
        super().__init__(directory)
        config = load(directory)
        made = replace(settings(config), journal=Journal(journal))
        self.desk = LocalDesk(Engine(made), config, directory=directory)
        self.picture = self.desk.read()

    def recorded(self, kind: str) -> list[int]:
        """The versions handed over since the start, by the journal."""
        return [
            row.get("new", row)["version"]
            for segment in segments(self.journal)
            for row in plain(segment)
            if row.get("control_kind") == kind and not row["part"]
        ]

    def said_in_force(self, file: str) -> list[str]:
        return [e.text for e in self.said if file in e.text and "in force: " in e.text]

    def two_edits(self, file: str, first: tuple[str, str], then: tuple[str, str]) -> None:
        """Both are read before the desk looks at either."""
        for old, new in (first, then):
            self.edit(file, old, new)
            time.sleep(SEEN_SECONDS)


@pytest.fixture
def rig(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    made = Recorded(files, tmp_path_factory.mktemp("kept") / "journal")
    with made.desk:
        made.wait(lambda: made.picture["desk"]["limits_version"])
        yield made


def test_of_a_strategy_each_version_can_be_gone_back_to(rig: Recorded) -> None:
    rig.two_edits(
        "strategies.toml",
        ("half_spread = 1.5", "half_spread = 2.5"),
        ("half_spread = 2.5", "half_spread = 3.5"),
    )
    rig.wait(lambda: len(rig.said_in_force("strategies.toml")) == 2, "for both")
    first, second = rig.said_in_force("strategies.toml")
    assert "version 2 in force: mm_acme half_spread 1.5 -> 2.5" in first
    assert "version 3 in force: mm_acme half_spread 2.5 -> 3.5" in second
    assert rig.recorded("strategy") == [2, 3]
    assert [one.version for one in rig.desk.versions(0)] == [3, 2, 1]
    rig.desk.revert(0, 2)
    rig.wait(lambda: rig.has_said("version 4 in force"), "for the way back")
    assert rig.picture["desk"]["strategies"][0]["config"]["version"] == 4
    assert "half_spread = 2.5" in rig.text("strategies.toml")


def test_of_the_limits_each_version_is_said(rig: Recorded) -> None:
    rig.two_edits(
        "risk.toml",
        ("max_position = 200", "max_position = 139"),
        ("max_position = 139", "max_position = 121"),
    )
    rig.wait(lambda: len(rig.said_in_force("risk.toml")) == 2, "for both")
    first, second = rig.said_in_force("risk.toml")
    assert first.endswith("max_position 200 -> 139 lots")
    assert second.endswith("max_position 139 -> 121 lots")
    assert rig.recorded("limits") == [2, 3]
    assert int(rig.picture["desk"]["limits"]["limit"][2]) == 121


def test_what_waits_for_one_strategy_keeps_no_other_waiting(rig: Recorded) -> None:
    rig.edit("strategies.toml", "half_spread = 1.5", "half_spread = 2.5")
    time.sleep(SEEN_SECONDS)
    rig.edit("strategies.toml", "half_spread = 2.5", "half_spread = 3.5")
    rig.edit("risk.toml", "max_position = 200", "max_position = 150")
    time.sleep(SEEN_SECONDS)
    rig.look()  # hands over the first of each
    rig.wait(lambda: int(rig.picture["desk"]["limits"]["limit"][2]) == 150, "for it")
    rig.wait(lambda: len(rig.said_in_force("strategies.toml")) == 2, "for both")


def test_the_five_before_the_one_that_runs_can_be_gone_back_to(rig: Recorded) -> None:
    values = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]
    for old, new in itertools.pairwise(values):
        rig.edit("strategies.toml", f"half_spread = {old}", f"half_spread = {new}")
        text = f"in force: mm_acme half_spread {old:g} -> {new:g}"
        rig.wait(lambda text=text: rig.has_said(text), f"for {new}")
    kept = rig.desk.versions(0)
    assert [one.version for one in kept] == [7, 6, 5, 4, 3, 2]
    assert [one.in_force for one in kept] == [True, *[False] * 5]
    rig.desk.revert(0, 2)
    rig.wait(lambda: rig.has_said("version 8 in force"), "for the oldest")
