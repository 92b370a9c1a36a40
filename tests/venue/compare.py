"""The C venue and the model on the same flow; the first difference, made small.

    python -m tests.venue.compare                          20 seeds x 20,000 messages
    python -m tests.venue.compare --seed 7 --events 1000000
    python -m tests.venue.compare --seed 7 --events 20000 --keep 12,90,91
    python -m tests.venue.compare --case tests/venue/cases/x.json

A difference is minimised and printed as the third of these, with what each side said.
With --save the minimal steps become a case file as in the fourth.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.venue import messages as m
from tests.venue import pipe as p
from tests.venue.flow import Flow, setup_of
from tests.venue.minimise import minimise, shrink
from tests.venue.model import REF_FIRST, Venue
from tests.venue.sessions import SessionRules, Tier

CASES = Path(__file__).resolve().parent / "cases"
COMMAND = "python -m tests.venue.compare"
DIED = "the core died"
LINES_SHOWN = 8
STEPS_SHOWN = 40
SHRINK_LIMIT = 40  # steps; a longer list is not worth making each of them simpler


@dataclass
class Difference:
    """Where the two sides part."""

    index: int  # of the step, from 0
    kind: str  # which of the things said
    step: p.Step
    model: list[str] = field(default_factory=list)
    core: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"step {self.index}: {self.step}", f"  differs in: {self.kind}"]
        same = 0
        for ours, theirs in zip(self.model, self.core, strict=False):
            if _without_refs(ours) != _without_refs(theirs):
                break
            same += 1
        start = max(0, same - 2)
        if start:
            lines.append(f"  after {start} lines that agree:")
        for name, texts in (("model", self.model), ("core ", self.core)):
            lines += [f"  {name}  {text}" for text in texts[start : start + LINES_SHOWN]]
            if len(texts) > start + LINES_SHOWN:
                lines.append(f"  {name}  and {len(texts) - start - LINES_SHOWN} more")
        return "\n".join(lines)


def _without_refs(text: str) -> str:
    return text.partition(" refs=")[0]


# ---- the model's side --------------------------------------------------------------


def model_of(setup: p.Setup) -> Venue:
    """A fresh model."""
    return Venue(
        setup.price_max,
        setup.order_capacity,
        (setup.maker_fee, setup.taker_fee),
        tuple(Tier(*tier) for tier in setup.tiers),
    )


def said_by_model(venue: Venue, steps: Sequence[p.Step]) -> p.Said:
    """What the model says to a batch, in the shape the pipe gives it."""
    venue.clear()
    replies: list[tuple[int, ...]] = []
    lines: list[tuple[int, ...]] = []
    before = (0, 0, 0, 0)
    for step in steps:
        result = 0
        if step.verb == p.ORDER:
            assert isinstance(step.body, m.Order)
            venue.on_order(step.body, step.now_ns)
        elif step.verb == p.BOOK:
            lines += venue.book_lines(step.argument)
        elif step.verb == p.COUNTS:
            lines.append(venue.count_line())
        else:
            result = _control(venue, step)
        now = (len(venue.md), len(venue.reports), len(venue.copies), len(lines))
        counts = [end - start for start, end in zip(before, now, strict=True)]
        replies.append((*counts, step.verb, result))
        before = now
    return p.Said(
        replies,
        venue.md,
        list(venue.md_refs),
        venue.reports,
        list(venue.report_refs),
        venue.copies,
        list(venue.copy_refs),
        lines,
    )


class ModelEngine:
    """The model with the manners of the pipe."""

    def __init__(self, setup: p.Setup) -> None:
        self.venue = model_of(setup)

    def run(self, steps: Sequence[p.Step]) -> p.Said:
        """What it says to a batch."""
        return said_by_model(self.venue, steps)

    def close(self) -> None:
        """Nothing to end."""


def _control(venue: Venue, step: p.Step) -> int:
    """A step that is no order; its result."""
    whom, now_ns = step.argument, step.now_ns  # or which symbol
    match step.verb, *step.body:
        case p.TIMER, *_:
            return venue.on_timer(now_ns)
        case p.PHASE, int(phase):
            return venue.set_phase(whom, phase, now_ns)
        case p.DISCONNECT, *_:
            venue.on_disconnect(whom, now_ns)
        case p.REFERENCE, int(price):
            venue.set_reference(whom, price)
        case p.BAND, int(width):
            venue.set_band(whom, width)
        case p.SESSION, int(group), int(count), int(window), int(
            dead_man
        ), leaves, copies:
            rules = SessionRules(
                group, count, window, dead_man, bool(leaves), bool(copies)
            )
            venue.set_session(whom, rules)
        case p.EXECUTE, int(client_id), int(qty):
            return venue.execute_directly(whom, client_id, qty, now_ns)
        case p.PRINT, int(side), int(price), int(price_rest), int(qty):
            venue.print_trade(whom, side, price, price_rest, qty, now_ns)
    return 0


def order_answers(steps: Sequence[p.Step], said: p.Said) -> None:
    """A question about all orders is answered in no stated order: put them in one.

    Where there are more orders than are told, which ones are told is not stated either:
    then only the closing line and the number of the others count.
    """
    start = 0
    for step, reply in zip(steps, said.replies, strict=True):
        end = start + reply[1]
        body = step.body
        if isinstance(body, m.Order) and body.kind == m.QUERY and not body.original_id:
            reports, refs = said.reports[start:end], said.report_refs[start:end]
            closing, leaves = reports[-1], FIELDS["reports"].index("leaves")
            if closing[leaves]:
                said.reports[start:end] = [closing] * len(reports)
                said.report_refs[start:end] = [refs[-1]] * len(refs)
            else:
                pairs = sorted(zip(reports, refs, strict=True))
                said.reports[start:end] = [report for report, _ in pairs]
                said.report_refs[start:end] = [ref for _, ref in pairs]
        start = end


# ---- the comparison ----------------------------------------------------------------


class Names:
    """Which name of the model's means which of the core's: one to one, for good."""

    def __init__(self) -> None:
        self.core_of: dict[int, int] = {}
        self.model_of: dict[int, int] = {}

    def agree(self, model: int, core: int) -> bool:
        """Whether these two may stand for each other; what is no name must be equal."""
        if model < REF_FIRST:
            return model == core
        if core == 0:
            return False
        return (
            self.core_of.setdefault(model, core) == core
            and self.model_of.setdefault(core, model) == model
        )

    def first_disagreement(
        self, model: Sequence[tuple[int, ...]], core: Sequence[tuple[int, ...]]
    ) -> int | None:
        """Where in two lists of equal length the first pair stands that cannot be."""
        core_of = self.core_of
        for index, (ours, theirs) in enumerate(zip(model, core, strict=True)):
            for name, other in zip(ours, theirs, strict=True):
                if core_of.get(name) != other and not self.agree(name, other):
                    return index
        return None


def first_difference(
    steps: Sequence[p.Step], model: p.Said, core: p.Said, names: Names
) -> tuple[int, str] | None:
    """The step at which two batches of answers part, and in what."""
    bad_names = [
        (kind, names.first_disagreement(ours, theirs))
        for kind, ours, theirs in (
            ("md", model.md_refs, core.md_refs),
            ("reports", model.report_refs, core.report_refs),
            ("copies", model.copy_refs, core.copy_refs),
        )
        if len(ours) == len(theirs)
    ]
    if (
        model.replies == core.replies
        and model.md == core.md
        and model.reports == core.reports
        and model.copies == core.copies
        and model.lines == core.lines
        and all(at is None for _, at in bad_names)
    ):
        return None
    bad = {kind: at for kind, at in bad_names if at is not None}
    starts = [0, 0, 0, 0]
    for index, (ours, theirs) in enumerate(zip(model.replies, core.replies, strict=True)):
        ends = [start + count for start, count in zip(starts, ours, strict=False)]
        for column in LOOK_FIRST:
            start, end = starts[column], ends[column]
            kind = COLUMNS[column]
            mine = getattr(model, kind)[start:end]
            if ours[column] != theirs[column] or mine != getattr(core, kind)[start:end]:
                return index, kind
            if start <= bad.get(kind, -1) < end:
                return index, kind
        if ours != theirs:
            return index, "result"
        starts = ends
    raise AssertionError("batches differ and no step of them does")


COLUMNS = ("md", "reports", "copies", "lines")
LOOK_FIRST = (1, 0, 2, 3)  # a report says most
FIELDS = {
    "md": m.MD.names("order_ref", "other_ref"),
    "reports": m.REPORT.names("order_ref"),
    "copies": m.REPORT.names("order_ref"),
    "lines": m.LINE.names(),
}
REFS = {"md": "md_refs", "reports": "report_refs", "copies": "copy_refs"}


def said_at(said: p.Said, index: int, kind: str) -> list[str]:
    """What was said at one step of a batch, of the kind that differs, one line each."""
    if kind == "result":
        return [str(said.replies[index])]
    column = COLUMNS.index(kind)
    start = sum(reply[column] for reply in said.replies[:index])
    end = start + said.replies[index][column]
    rows = getattr(said, kind)[start:end]
    refs = getattr(said, REFS[kind])[start:end] if kind in REFS else [()] * len(rows)
    texts = []
    for row, names in zip(rows, refs, strict=True):
        words = [f"{name}={value}" for name, value in zip(FIELDS[kind], row, strict=True)]
        if names:
            words.append("refs=" + ",".join(f"{name:#x}" for name in names))
        texts.append(" ".join(words))
    return texts or ["nothing"]


def compare(pipe: p.Pipe, setup: p.Setup, steps: Iterable[p.Step]) -> Difference | None:
    """Tell both sides the same steps, from a fresh venue; where they part first."""
    pipe.create(setup)
    venue = model_of(setup)
    names = Names()
    done = 0
    source = iter(steps)
    while batch := list(itertools.islice(source, p.BATCH)):
        model = said_by_model(venue, batch)
        try:
            core = pipe.run(batch)
        except p.PipeDied as died:
            return Difference(done, DIED, batch[-1], core=[str(died)])
        for said in (model, core):
            order_answers(batch, said)
        found = first_difference(batch, model, core, names)
        if found is not None:
            index, kind = found
            return Difference(
                done + index,
                kind,
                batch[index],
                said_at(model, index, kind),
                said_at(core, index, kind),
            )
        done += len(batch)
    return None


# ---- making it small ---------------------------------------------------------------


class Judge:
    """Asks whether a list of steps still makes the two sides part, no matter in what."""

    def __init__(self, setup: p.Setup, program: Path) -> None:
        self.setup = setup
        self.program = program
        self.pipe = p.Pipe(program)

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()

    def fails(self, steps: list[p.Step]) -> bool:
        """Run them on a fresh venue; the process is only made anew when it died."""
        found = compare(self.pipe, self.setup, steps)
        if found is not None and found.kind == DIED:
            self.pipe.close()
            self.pipe = p.Pipe(self.program)
        return found is not None


def smallest(
    setup: p.Setup, steps: list[p.Step], program: Path
) -> list[tuple[int, p.Step]]:
    """A minimal list of (position in `steps`, step) that fails."""
    with Judge(setup, program) as judge:
        return minimise(
            list(enumerate(steps)),
            lambda some: judge.fails([step for _, step in some]),
        )


def simpler_steps(step: p.Step) -> list[p.Step]:
    """The same step with one of its numbers made small or left out."""
    order = step.body
    if not isinstance(order, m.Order):
        return []
    simpler = [{"qty": qty} for qty in (1, 2, 10) if qty < order.qty]
    simpler += [
        {field: 0}
        for field in ("smp", "display_qty", "min_qty", "flags", "time_in_force", "symbol")
        if getattr(order, field)
    ]
    return [step._replace(body=order._replace(**change)) for change in simpler]


def simplified(setup: p.Setup, steps: list[p.Step], program: Path) -> list[p.Step]:
    """The same steps with smaller numbers, for a case file a person reads."""
    if len(steps) > SHRINK_LIMIT:
        return steps
    with Judge(setup, program) as judge:
        return shrink(steps, simpler_steps, judge.fails)


# ---- case files --------------------------------------------------------------------


def save_case(path: Path, setup: p.Setup, steps: Sequence[p.Step], why: str) -> None:
    """Write a case: what it shows, the venue, and a line a step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for step in steps:
        body: object = step.body
        if isinstance(step.body, m.Order):
            body = {name: value for name, value in step.body._asdict().items() if value}
        rows.append(
            json.dumps([step.now_ns, p.VERB_NAMES[step.verb], step.argument, body])
        )
    text = ",\n    ".join(rows)
    path.write_text(
        f'{{\n  "why": {json.dumps(why)},\n'
        f'  "setup": {json.dumps(setup._asdict())},\n'
        f'  "steps": [\n    {text}\n  ]\n}}\n'
    )


def load_case(path: Path) -> tuple[p.Setup, list[p.Step]]:
    """A saved case. Fields of orders it does not name are 0."""
    case = json.loads(path.read_text())
    blank = m.Order(*[0] * len(m.Order._fields))
    verbs = {name: verb for verb, name in p.VERB_NAMES.items()}
    steps = [
        p.Step(
            now_ns,
            verbs[name],
            argument,
            blank._replace(**body) if isinstance(body, dict) else tuple(body),
        )
        for now_ns, name, argument, body in case["steps"]
    ]
    values = case["setup"]
    values["price_max"] = tuple(values["price_max"])
    values["tiers"] = tuple(tuple(tier) for tier in values["tiers"])
    return p.Setup(**values), steps


# ---- campaigns ---------------------------------------------------------------------


def run_seed(seed: int, events: int, program: Path = p.PROGRAM) -> Difference | None:
    """One seed from start to end."""
    with p.Pipe(program) as pipe:
        return compare(pipe, setup_of(seed), Flow(seed).steps(events))


def report(
    seed: int, events: int, found: Difference, program: Path, save: Path | None
) -> str:
    """The difference, its minimal form, and the command that shows it again."""
    setup = setup_of(seed)
    steps = list(itertools.islice(Flow(seed).steps(events), found.index + p.BATCH))
    if found.kind != DIED:
        del steps[found.index + 1 :]
    kept = smallest(setup, steps, program)
    where = "" if program == p.PROGRAM else f" --program {program}"
    numbers = ",".join(str(number) for number, _ in kept)
    lines = [
        f"seed {seed}: the venue and its model differ",
        str(found),
        f"minimal: {len(kept)} steps",
        *(f"  {number}: {step}" for number, step in kept[-STEPS_SHOWN:]),
        "again:",
    ]
    if len(kept) <= STEPS_SHOWN:
        lines.append(
            f"  {COMMAND} --seed {seed} --events {events} --keep {numbers}{where}"
        )
    elif save is None:
        save = Path("build") / f"venue-seed-{seed}.json"
    if save is not None:
        small = simplified(setup, [step for _, step in kept], program)
        save_case(save, setup, small, f"seed {seed}: differs in {found.kind}")
        lines.append(f"  {COMMAND} --case {save}{where}")
    return "\n".join(lines)


def _timed(seed: int, events: int, program: Path) -> tuple[int, float, Difference | None]:
    start = time.perf_counter()
    found = run_seed(seed, events, program)
    return seed, time.perf_counter() - start, found


def campaign(
    seeds: Sequence[int], events: int, program: Path, save: Path | None, jobs: int
) -> int:
    """All seeds, several at a time; how many differed."""
    wrong = 0
    with ProcessPoolExecutor(jobs) as pool:
        runs = [pool.submit(_timed, seed, events, program) for seed in seeds]
        for run in runs:
            seed, seconds, found = run.result()
            if found is None:
                print(
                    f"seed {seed}: {events} messages agree, {seconds:.1f} s", flush=True
                )
            else:
                wrong += 1
                print(report(seed, events, found, program, save), flush=True)
    return wrong


def replay(setup: p.Setup, steps: Sequence[p.Step], program: Path) -> int:
    """A few steps, each shown; 1 when the two sides part."""
    for step in steps:
        print(step)
    with p.Pipe(program) as pipe:
        found = compare(pipe, setup, steps)
    print(found if found is not None else "they agree")
    return int(found is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from --first")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--events", type=int, default=20_000, help="messages a seed")
    parser.add_argument("--keep", help="of the steps only these, comma separated")
    parser.add_argument("--case", type=Path, help="a saved case instead of a seed")
    parser.add_argument("--save", type=Path, help="where a minimal case is written")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument(
        "--program", type=Path, help="another venue_pipe than the built one"
    )
    options = parser.parse_args(arguments)
    program = options.program or p.build()
    if options.case:
        return replay(*load_case(options.case), program)
    if options.keep:
        wanted = {int(number) for number in options.keep.split(",")}
        steps = itertools.islice(
            Flow(options.seed).steps(options.events), max(wanted) + 1
        )
        kept = [step for number, step in enumerate(steps) if number in wanted]
        return replay(setup_of(options.seed), kept, program)
    first = options.first if options.seed is None else options.seed
    count = options.seeds if options.seed is None else 1
    seeds = range(first, first + count)
    return int(campaign(seeds, options.events, program, options.save, options.jobs) > 0)


if __name__ == "__main__":
    sys.exit(main())
