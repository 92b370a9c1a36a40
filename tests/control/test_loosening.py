"""Each step of loosening a limit is in the journal's chain: who, old, new and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rig import Rig

from cockpit.config import load, settings
from cockpit.config.edit import EditRefused
from cockpit.control import limit_edit, loosening
from cockpit.control.local import LocalDesk
from cockpit.core import TRIGGERS, Engine, Journal
from cockpit.journal.export import plain
from cockpit.journal.reader import segments, verify


class Recorded(Rig):
    """A rig whose desk keeps a journal."""

    def __init__(self, directory: Path, journal: Path) -> None:
        super().__init__(directory)
        self.journal = journal
        config = load(directory)
        made = replace(settings(config), journal=Journal(journal))
        self.desk = LocalDesk(Engine(made), config, directory=directory)
        self.picture = self.desk.read()

    def steps(self) -> list[dict[str, Any]]:
        """What the journal says of loosenings, and of limits handed over."""
        return [
            row
            for segment in segments(self.journal)
            for row in plain(segment)
            if row.get("control_kind") in ("loosening", "limits") and not row["part"]
        ]

    def stages(self) -> list[str]:
        return [row.get("stage", "limits") for row in self.steps()]

    def plan(self, value: str, name: str = "max_position") -> limit_edit.Edit:
        return limit_edit.plan(self.directory, name, value)


@pytest.fixture
def rig(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    made = Recorded(files, tmp_path_factory.mktemp("kept") / "journal")
    with made.desk:
        made.wait(lambda: made.picture["desk"]["limits_version"])
        yield made
    assert verify(made.journal).problems == []


def limit(rig: Rig) -> int:
    return int(rig.picture["desk"]["limits"]["limit"][2])


def test_a_first_step_is_recorded_and_expires(
    rig: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loosening, "ASKED_SECONDS", 0.3)
    with rig.desk.asked_by("ann", "a wider market"):
        rig.desk.ask_limits(rig.plan("300").options)
    rig.wait(lambda: rig.stages() == ["asked"], "for the first step")
    rig.wait(lambda: rig.stages() == ["asked", "expired"], "for the end of it")
    asked, expired = rig.steps()
    assert asked["limits"] == expired["limits"] == {"max_position": [200, 300]}
    assert (asked["who"], asked["why"]) == ("ann", "a wider market")
    assert (expired["who"], expired["why"]) == ("ann", "not confirmed within 0.3 s")
    assert limit(rig) == 200


def test_a_second_step_is_recorded_before_the_limits_are_handed_over(
    rig: Recorded,
) -> None:
    edit = rig.plan("300")
    with rig.desk.asked_by("ann", "wider"):
        rig.desk.ask_limits(edit.options)
    with rig.desk.asked_by("ben", "agreed"):
        rig.desk.confirm_limits(edit.options_hash)
    limit_edit.write(edit)
    rig.wait(lambda: limit(rig) == 300, "for the limit")
    rig.wait(lambda: len(rig.steps()) == 3, "for its record")
    assert rig.stages() == ["asked", "confirmed", "limits"]
    assert [(row["who"], row["why"]) for row in rig.steps()] == [
        ("ann", "wider"),
        ("ben", "agreed"),
        ("ben", "agreed"),
    ]
    assert rig.steps()[2]["limits"]["max_position"] == 300


def test_what_nobody_has_asked_for_cannot_be_confirmed(
    rig: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = rig.plan("250")
    with pytest.raises(EditRefused, match="ask first"), rig.desk.asked_by("ann"):
        rig.desk.confirm_limits(edit.options_hash)
    monkeypatch.setattr(loosening, "ASKED_SECONDS", 0.2)
    with rig.desk.asked_by("ann"):
        assert rig.desk.ask_limits(edit.options) == "max_position 200 -> 250 lots"
    assert rig.desk.is_asked(edit.options_hash)
    rig.wait(
        lambda: rig.has_said("no longer asked: max_position 200 -> 250 lots; by ann")
    )
    with pytest.raises(EditRefused, match="ask first"), rig.desk.asked_by("ann"):
        rig.desk.confirm_limits(edit.options_hash)
    limit_edit.write(edit)
    rig.wait(lambda: rig.has_said("NOT in force until confirmed"))
    assert limit(rig) == 200


def trigger(rig: Rig, name: str) -> int:
    index = [one.name for one in TRIGGERS].index(name)
    return int(rig.picture["desk"]["triggers"][index])


@pytest.mark.parametrize(
    ("name", "before", "looser", "tighter"),
    [("slow_count", 5, 10000, 4), ("reject_window", 1000, 500, 2000),
     ("fill_count", 0, 900, 50)],
)  # fmt: skip
def test_a_trigger_is_tightened_at_once_and_loosened_in_two_steps(
    rig: Recorded, name: str, before: int, looser: int, tighter: int
) -> None:
    rig.edit("risk.toml", f"{name} = {before}\n", f"{name} = {looser}\n")
    rig.wait(lambda: rig.stages()[:1] == ["asked"], "for the first step")
    assert rig.steps()[0]["limits"] == {f"breakers.{name}": [before, looser]}
    rig.wait(lambda: rig.has_said("NOT in force until confirmed"))
    rig.linger(0.3)
    assert trigger(rig, name) == before
    with rig.desk.asked_by("ben", "agreed"):
        rig.desk.confirm_limits(load(rig.directory).risk.hash)
    rig.wait(lambda: trigger(rig, name) == looser, "for the looser one")
    stages = [stage for stage in rig.stages() if stage != "limits"]
    assert stages == ["asked", "confirmed"]
    rig.edit("risk.toml", f"{name} = {looser}\n", f"{name} = {tighter}\n")
    rig.wait(lambda: trigger(rig, name) == tighter, "for the tighter one")
    assert [stage for stage in rig.stages() if stage != "limits"] == stages


def test_a_trigger_is_set_by_its_name_in_two_steps(rig: Recorded) -> None:
    edit = limit_edit.plan(rig.directory, "breakers.slow_count", "9", 5)
    assert edit.loosens and edit.lines == ("slow_count = 5", "slow_count = 9")
    with rig.desk.asked_by("ann"):
        assert rig.desk.ask_limits(edit.options) == "breakers.slow_count 5 -> 9 answers"
    with rig.desk.asked_by("ann"):
        rig.desk.confirm_limits(edit.options_hash)
    limit_edit.write(edit)
    rig.wait(lambda: trigger(rig, "slow_count") == 9, "for it")
    assert rig.stages() == ["asked", "confirmed", "limits"]
    assert not limit_edit.plan(rig.directory, "breakers.slow_count", "3", 9).loosens
    assert not limit_edit.plan(
        rig.directory, "breakers.fill_window", "3000", 1000
    ).loosens
    assert limit_edit.plan(rig.directory, "breakers.fill_window", "300", 1000).loosens


def test_what_a_file_asks_for_stands_until_it_says_something_else(
    rig: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loosening, "ASKED_SECONDS", 0.2)
    before = rig.text("risk.toml")
    rig.edit("risk.toml", "max_position = 200", "max_position = 400")
    rig.wait(lambda: rig.stages()[:1] == ["asked"], "for the first step")
    rig.linger(0.6)
    assert "expired" not in rig.stages()
    asked = rig.steps()[0]
    assert (asked["who"], asked["limits"]) == ("risk.toml", {"max_position": [200, 400]})
    rig.write("risk.toml", before)
    rig.wait(lambda: "expired" in rig.stages(), "for the end of it")
    assert rig.steps()[rig.stages().index("expired")]["why"] == (
        "risk.toml says something else"
    )
    assert limit(rig) == 200


def test_a_narrower_limit_taken_out_is_none_from_then_on(rig: Recorded) -> None:
    made = rig.plan("20", "symbols.ACME.max_position")
    limit_edit.write(made)
    rig.wait(lambda: rig.stages() == ["limits"], "for it to be enforced")
    taken = limit_edit.plan(rig.directory, "symbols.ACME.max_position", "none", 20)
    assert taken.loosens
    with rig.desk.asked_by("ann"):
        rig.desk.ask_limits(taken.options)
    rig.wait(lambda: "asked" in rig.stages(), "for the first step")
    assert rig.steps()[-1]["limits"] == {"symbols.ACME.max_position": [20, None]}


def test_a_confirmation_does_not_count_for_ever(
    rig: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.control import reload

    monkeypatch.setattr(reload, "ASKED_SECONDS", -1.0)
    edit = rig.plan("300")
    with rig.desk.asked_by("ann"):
        rig.desk.ask_limits(edit.options)
        rig.desk.confirm_limits(edit.options_hash)
    limit_edit.write(edit)
    rig.wait(lambda: rig.has_said("NOT in force until confirmed"))
    assert limit(rig) == 200
