"""The C venue says what a plain Python model of its rule book says, word for word."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from tests.venue import compare, messages, minimise, pipe
from tests.venue.flow import Flow, setup_of
from tests.venue.model import Venue
from tests.venue.stops import Stop

SEEDS = range(1, 21)
EVENTS = 20_000


@pytest.fixture(scope="session")
def program() -> Path:
    """The venue's filter, built."""
    return pipe.build()


def test_both_sides_mean_the_same_bytes(program: Path) -> None:
    theirs = pipe.layout(program)
    assert set(theirs) == {layout.name for layout in messages.LAYOUTS}
    for layout in messages.LAYOUTS:
        ours = layout.offsets()
        assert ours == theirs[layout.name], layout.name


def test_the_venue_and_its_model_agree(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    differing = compare.campaign(SEEDS, EVENTS, program, None, os.cpu_count() or 1)
    assert differing == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "case", sorted(compare.CASES.glob("*.json")), ids=lambda p: p.stem
)
def test_what_once_differed_agrees(program: Path, case: Path) -> None:
    setup, steps = compare.load_case(case)
    with pipe.Pipe(program) as venue:
        found = compare.compare(venue, setup, steps)
    assert found is None, str(found)


# ---- the most a step can say ---------------------------------------------------------


class Story:
    """Steps of one symbol, told in order."""

    def __init__(self) -> None:
        self.steps: list[pipe.Step] = []

    def order(self, client_id: int, side: int, price: int, qty: int, **more: int) -> None:
        """A new order of participant 1."""
        order = messages.Order(client_id, 0, price, qty, 0, 1, messages.NEW, side)
        step = pipe.Step(len(self.steps), pipe.ORDER, 0, order._replace(**more))
        self.steps.append(step)

    def grind(self, client_id: int) -> None:
        """An iceberg that shows one lot, and a stop that will take all of it."""
        self.order(client_id, messages.SELL, 200, 10_000, display_qty=1)
        stop = {"type": messages.STOP, "min_qty": 100}
        self.order(client_id + 1, messages.BUY, 0, 10_000, **stop)

    def timer(self) -> None:
        """What is due is done."""
        self.steps.append(pipe.Step(len(self.steps), pipe.TIMER))

    def phase(self, phase: int) -> None:
        """The symbol goes over."""
        self.steps.append(pipe.Step(len(self.steps), pipe.PHASE, 0, (phase,)))


def agree(program: Path, story: Story) -> None:
    """Both sides say the same, and the core lives."""
    with pipe.Pipe(program) as venue:
        found = compare.compare(venue, pipe.Setup((1000,), 20_000), story.steps)
    assert found is None, str(found)


def test_a_long_cross_and_a_cascade_fit_in_one_step(program: Path) -> None:
    story = Story()
    story.phase(messages.HALT)
    story.grind(1)
    for number in range(1024):
        story.order(10 + number, messages.BUY, 101, 1)
        story.order(5000 + number, messages.SELL, 99, 1)
    story.phase(messages.OPENING_CROSS)
    agree(program, story)


def test_a_mass_cancel_and_a_cascade_fit_in_one_step(program: Path) -> None:
    story = Story()
    for number in range(5000):  # somebody else pulls all he has
        story.order(10 + number, messages.BUY, 50, 1, participant=2)
    story.order(6000, messages.SELL, 100, 1)
    story.order(6001, messages.BUY, 100, 1)  # the last execution: the stop is due at once
    story.phase(messages.HALT)
    story.grind(1)
    story.grind(3)
    story.phase(messages.OPENING_CROSS)  # two stops: more than one step can run
    story.order(0, 0, 0, 0, participant=2, kind=messages.CANCEL_ALL)
    story.timer()
    agree(program, story)


def test_a_timer_says_that_stops_wait_for_units(program: Path) -> None:
    story = Story()
    story.order(1, messages.SELL, 100, 1)
    story.order(2, messages.BUY, 100, 1)
    story.phase(messages.HALT)
    for number in range(6):  # each wears out half a step
        story.order(10 + number, messages.SELL, 200, 2000, display_qty=1)
        stop = {"type": messages.STOP, "min_qty": 100}
        story.order(20 + number, messages.BUY, 0, 2000, **stop)
    story.phase(messages.OPENING_CROSS)
    for _ in range(6):
        story.timer()
    agree(program, story)


# ---- the harness itself: it must find what it is for ---------------------------------


class Careless(Venue):
    """A model that sends an order that got smaller to the back of its price."""

    def _cut(self, order, qty):  # type: ignore[no-untyped-def]
        super()._cut(order, qty)
        if isinstance(order, Stop):
            return
        side = self.markets[order.symbol].sides[order.side]
        side.remove(order)
        side.add(order)


def test_a_broken_rule_is_found_and_made_small(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "Venue", Careless)
    seed = 1
    found = compare.run_seed(seed, 4000, program)
    assert found is not None
    steps = list(itertools.islice(Flow(seed).steps(4000), found.index + 1))
    kept = compare.smallest(setup_of(seed), steps, program)
    # Two orders at a price, a smaller size for the first, and somebody to look or trade.
    assert 3 <= len(kept) <= 5, [str(step) for _, step in kept]
    monkeypatch.undo()
    with pipe.Pipe(program) as venue:
        assert compare.compare(venue, setup_of(seed), [step for _, step in kept]) is None


def test_a_venue_that_dies_is_a_difference(program: Path) -> None:
    order = pipe.Step(
        1, pipe.ORDER, 0, messages.Order(1, 0, 10, 5, 0, 1, messages.NEW, 0)
    )
    nonsense = pipe.Step(2, pipe.BOOK, 7)  # there is no symbol 7: the program refuses
    with pipe.Pipe(program) as venue:
        venue.create(pipe.Setup((100,), 10))
        with pytest.raises(pipe.PipeDied, match="no such symbol"):
            venue.run([order, nonsense])


def test_a_flow_is_its_seed_and_nothing_else() -> None:
    first, again, other = (list(Flow(seed).steps(2000)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_case_file_holds_every_kind_of_step(tmp_path: Path) -> None:
    steps = [step for seed in range(1, 6) for step in Flow(seed).steps(2000)]
    assert {step.verb for step in steps} == set(pipe.VERB_NAMES)
    compare.save_case(tmp_path / "case.json", setup_of(1), steps, "all of them")
    setup, loaded = compare.load_case(tmp_path / "case.json")
    assert loaded == steps
    assert setup == setup_of(1)


def test_minimising_keeps_what_matters_and_nothing_else() -> None:
    def fails(items: list[int]) -> bool:
        return 17 in items and 230 in items and items.index(17) < items.index(230)

    assert minimise.minimise(list(range(1000)), fails) == [17, 230]
    with pytest.raises(ValueError, match="does not fail"):
        minimise.minimise([1, 2, 3], fails)


def test_minimising_gives_up_after_its_tries() -> None:
    calls = 0

    def fails(items: list[int]) -> bool:
        nonlocal calls
        calls += 1
        return sum(items) % 2 == 1

    kept = minimise.minimise(list(range(1, 1002)), fails, tries=10)
    assert calls <= 11
    assert sum(kept) % 2 == 1
