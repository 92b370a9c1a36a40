"""What the core notes down, as the sentences an operator reads."""

import errno

import numpy as np
import pytest

from cockpit.control.amounts import symbol_of
from cockpit.control.notes import SENTENCES, Scene, sentence, sentences
from cockpit.core import (
    BREAKERS,
    FAULTS,
    LIMITS,
    MONEY_SCALE,
    NOBODY,
    NOTE_DTYPE,
    REASONS,
    REFUSALS,
    Cause,
    Control,
    Finding,
    Instrument,
    Mode,
    NoteKind,
    Record,
    RiskState,
    Severity,
    Side,
)

SCENE = Scene(
    symbols=[symbol_of(Instrument("ACME", 10**6, 10**6, 10**6))],
    strategies=["mm_acme", ""],
    time_of=lambda core_ns: core_ns / 1e9,
)


def notes(*each: dict[str, int]) -> Record:
    made = np.zeros(len(each), NOTE_DTYPE)
    for note, fields in zip(made, each, strict=True):
        for key, value in {"symbol": NOBODY, "strategy": NOBODY, **fields}.items():
            note[key] = value
    return made


def said(kind: NoteKind, **fields: int) -> str:
    event = sentence(notes({"kind": kind, **fields})[0], SCENE)
    return f"{event.source}: {event.text}"


HERE = {"strategy": 0, "symbol": 0}
VALUE = next(i for i, limit in enumerate(LIMITS) if limit.kind == "money")


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        (
            NoteKind.STATE,
            {"a": RiskState.HALTED, "b": RiskState.ACTIVE, "c": Cause.LOSS},
            "risk: ACTIVE -> HALTED, by the daily loss limit",
        ),
        (
            NoteKind.MODE,
            {**HERE, "a": Mode.OFF, "b": Mode.LIVE, "c": Cause.OPERATOR},
            "mm_acme: LIVE -> OFF, by the operator",
        ),
        (
            NoteKind.MODE,
            {**HERE, "a": Mode.OFF, "b": Mode.LIVE, "c": Cause.RECOVERY, "d": Cause.LOSS},
            "mm_acme: OFF, as before the restart: by the daily loss limit; the file says "
            "LIVE: switch it when that is meant",
        ),
        (
            NoteKind.MODE,
            {
                **HERE,
                "a": Mode.OFF,
                "b": Mode.LIVE,
                "c": Cause.RECOVERY,
                "d": Cause.PARENT,
            },
            "mm_acme: OFF, what it had done of its parent order is not known after a "
            "restart; the file says LIVE: switch it when that is meant",
        ),
        (
            NoteKind.RECONCILE,
            {"a": Finding.FEWER, "b": 5, "c": 3},
            "reconcile: the venue counts 3 executions, and we had heard of 5: nothing "
            "trades until you accept",
        ),
        (
            NoteKind.RECONCILE,
            {**HERE, "a": Finding.LEFT, "b": 6, "c": 10, "client_id": 7},
            "reconcile: order 7 in ACME has 10 left at the venue and 6 by what we heard: "
            "its symbol is in doubt until you accept",
        ),
        (
            NoteKind.FILL,
            {**HERE, "side": Side.BUY, "a": 10_001, "b": 1_500, "c": 0, "d": 0},
            "mm_acme: bought 1,500 ACME at 100.01 as maker",
        ),
        (
            NoteKind.FILL,
            {**HERE, "side": Side.SELL, "a": 99, "b": 1, "c": 1_000, "d": 1},
            "mm_acme: sold 1 ACME at 0.99 as taker, 1,000 left",
        ),
        (
            NoteKind.REJECT,
            {**HERE, "a": 5, "b": 3},
            f"mm_acme: the venue rejected the replace in ACME: {REASONS[5]}",
        ),
        (
            NoteKind.REFUSAL,
            {**HERE, "side": Side.SELL, "a": 2, "b": 200, "c": 190, "d": 1_200},
            "mm_acme: risk refused to sell ACME: max_position 200 lots, now 190, "
            "would be 1,200",
        ),
        (
            NoteKind.REFUSAL,
            {
                **HERE,
                "a": VALUE,
                "b": 10 * MONEY_SCALE,
                "c": 0,
                "d": 10 * MONEY_SCALE + 1,
            },
            f"mm_acme: risk refused to buy ACME: {LIMITS[VALUE].name} 10.00 currency, "
            "now 0.00, would be 10.00",
        ),
        (
            NoteKind.REFUSAL,
            {**HERE, "a": 0, "b": 50, "c": 0, "d": 1_060, "client_id": 50},
            f"mm_acme: risk refused to buy ACME: {LIMITS[0].name} 50 lots, now 0, would "
            "be 1,060; 50 lots would pass",
        ),
        (
            NoteKind.BREAKER,
            {**HERE, "a": 0, "b": 20, "c": 1_021, "client_id": 7},
            f"risk: breaker {BREAKERS[0][0]}: 1,021 {BREAKERS[0][1]}, more than 20, the "
            "last of order 7 in ACME; resume resets it",
        ),
        (
            NoteKind.REFUSAL,
            {**HERE, "a": len(LIMITS)},
            f"mm_acme: risk refused to buy ACME: {REFUSALS[len(LIMITS)]}",
        ),
        (
            NoteKind.GAP,
            {"symbol": 0, "a": 1_000, "b": 1_002},
            "feed: gap in the market data in ACME: expected 1,000, received 1,002; "
            "the book is in doubt",
        ),
        (NoteKind.FLAT, {}, "risk: flat: every position is closed"),
        (
            NoteKind.WOULD_BE_FILL,
            {**HERE, "side": Side.SELL, "a": 99, "b": 1, "c": 1_000, "d": 0},
            "mm_acme: would have sold 1 ACME at 0.99 as maker, 1,000 left",
        ),
        (
            NoteKind.FAULT,
            {**HERE, "a": 1},
            f"mm_acme: switched off, its orders pulled: {FAULTS[1]}",
        ),
        (
            NoteKind.MODE,
            {**HERE, "a": Mode.OFF, "b": Mode.LIVE, "c": Cause.FAULT},
            "mm_acme: LIVE -> OFF, by its own fault",
        ),
        (
            NoteKind.ORDER_STATE,
            {**HERE, "client_id": 42},
            "mm_acme: a report that does not fit order 42 in ACME",
        ),
        (
            NoteKind.CONTROL,
            {"a": Control.LIMITS, "b": -errno.EINVAL},
            "desk: the core refused the command limits: something in it is outside what "
            "is allowed",
        ),
        (
            NoteKind.CONTROL,
            {"strategy": 1, "a": Control.MODE, "b": -errno.ENOENT},
            "desk: the core refused the command mode for slot2: there is none",
        ),
        (
            NoteKind.CONTROL,
            {"symbol": 0, "a": Control.RESUME_SYMBOL, "b": -errno.EPERM},
            "desk: the core refused the command resume_symbol for ACME: not in the "
            "state the desk is in",
        ),
        (
            NoteKind.CONTROL,
            {"strategy": 0, "a": Control.MODE, "b": -errno.E2BIG},
            "desk: the core refused the command mode for mm_acme: Argument list too long",
        ),
        (NoteKind.CONFIG, {"a": 3}, "config: the core runs limits of version 3"),
    ],
)
def test_a_note_becomes_a_sentence(
    kind: NoteKind, fields: dict[str, int], text: str
) -> None:
    assert said(kind, **fields) == text


def test_every_kind_of_note_has_its_sentence() -> None:
    assert set(SENTENCES) == set(NoteKind)


def test_a_kind_of_note_nobody_knows_is_still_shown() -> None:
    event = sentence(notes({"kind": 99, "severity": Severity.WARNING})[0], SCENE)
    assert (event.text, event.severity) == ("note of kind 99", Severity.WARNING)


def test_what_repeats_itself_is_said_once_with_how_often() -> None:
    refusal = {"kind": NoteKind.REFUSAL, **HERE, "a": 2, "b": 200, "c": 190, "d": 210}
    fill = {"kind": NoteKind.FILL, **HERE, "a": 10_000, "b": 1}
    other = {**refusal, "a": 0}
    stream = [refusal, fill, refusal, fill, other, refusal]
    timed = [{**each, "time_ns": second * 10**9} for second, each in enumerate(stream)]
    events = sentences(notes(*timed), SCENE)
    assert [event.time for event in events] == [1.0, 3.0, 4.0, 5.0]
    assert events[-1].text.endswith("would be 210 (3 times)")
    assert sum("bought" in event.text for event in events) == 2
