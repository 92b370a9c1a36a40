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

CASES = Path(__file__).resolve().parent / "cases"
LINES_SHOWN = 8
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
        lines = [f"step {self.index}: {describe(self.step)}", f"  differs in: {self.kind}"]
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


def describe(step: p.Step) -> str:
    """A step in words for a person."""
    name = {p.ORDER: "order", p.BOOK: "book", p.COUNTS: "counts", p.CHECK: "check"}[
        step.verb
    ]
    if step.order is None:
        return f"at {step.now_ns} {name} {step.argument}"
    return f"at {step.now_ns} {step.order}"


# ---- the model's side --------------------------------------------------------------


def said_by_model(venue: Venue, steps: Sequence[p.Step]) -> p.Said:
    """What the model says to a batch, in the shape the pipe gives it."""
    venue.clear()
    replies: list[tuple[int, ...]] = []
    lines: list[tuple[int, ...]] = []
    md_count = report_count = 0
    for step in steps:
        lines_before = len(lines)
        if step.verb == p.ORDER:
            assert step.order is not None
            venue.on_order(step.order, step.now_ns)
        elif step.verb == p.BOOK:
            lines += venue.book_lines(step.argument)
        elif step.verb == p.COUNTS:
            lines.append(venue.count_line())
        replies.append(
            (
                len(venue.md) - md_count,
                len(venue.reports) - report_count,
                len(lines) - lines_before,
                step.verb,
            )
        )
        md_count, report_count = len(venue.md), len(venue.reports)
    return p.Said(
        replies, venue.md, list(venue.md_refs), venue.reports, venue.report_refs, lines
    )


# ---- the comparison ----------------------------------------------------------------


class Names:
    """Which name of the model's means which of the core's: one to one, for good."""

    def __init__(self) -> None:
        self.core_of: dict[int, int] = {}
        self.model_of: dict[int, int] = {}

    def agree(self, model: int, core: int) -> bool:
        """Whether these two may stand for each other. Numbers that are no names: equal."""
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
            ("report", model.report_refs, core.report_refs),
        )
        if len(ours) == len(theirs)
    ]
    if (
        model.replies == core.replies
        and model.md == core.md
        and model.reports == core.reports
        and model.lines == core.lines
        and all(at is None for _, at in bad_names)
    ):
        return None
    bad = {kind: at for kind, at in bad_names if at is not None}
    md_at = report_at = line_at = 0
    for index, (ours, theirs) in enumerate(zip(model.replies, core.replies, strict=True)):
        md_end, report_end, line_end = md_at + ours[0], report_at + ours[1], line_at + ours[2]
        if ours[1] != theirs[1] or (
            model.reports[report_at:report_end] != core.reports[report_at:report_end]
        ):
            return index, "reports"
        if ours[0] != theirs[0] or model.md[md_at:md_end] != core.md[md_at:md_end]:
            return index, "market data"
        if ours[2] != theirs[2] or model.lines[line_at:line_end] != core.lines[line_at:line_end]:
            return index, "book"
        if report_at <= bad.get("report", -1) < report_end:
            return index, "order_ref of a report"
        if md_at <= bad.get("md", -1) < md_end:
            return index, "order_ref of market data"
        md_at, report_at, line_at = md_end, report_end, line_end
    raise AssertionError("batches differ and no step of them does")


def said_at(said: p.Said, index: int, kind: str) -> list[str]:
    """What was said at one step of a batch, of the kind that differs, one line each."""
    before = said.replies[:index]
    columns = {"market data": 0, "reports": 1, "book": 2}
    column = next((at for name, at in columns.items() if name in kind), 0)
    if kind == "order_ref of a report":
        column = 1
    start = sum(reply[column] for reply in before)
    end = start + said.replies[index][column]
    if column == 0:
        fields = m.MD.names("order_ref", "other_ref")
        rows = said.md[start:end]
        refs = said.md_refs[start:end]
    elif column == 1:
        fields = m.REPORT.names("order_ref")
        rows = said.reports[start:end]
        refs = said.report_refs[start:end]
    else:
        fields = m.LINE.names()
        rows = said.lines[start:end]
        refs = []
    texts = []
    for at, row in enumerate(rows):
        text = " ".join(f"{name}={value}" for name, value in zip(fields, row, strict=True))
        if refs:
            text += " refs=" + ",".join(f"{ref:#x}" for ref in refs[at])
        texts.append(text)
    return texts or ["nothing"]


def compare(
    pipe: p.Pipe, setup: p.Setup, steps: Iterable[p.Step]
) -> Difference | None:
    """Tell both sides the same steps, from a fresh venue; where they part first."""
    pipe.create(setup)
    venue = Venue(setup.price_max, setup.order_capacity)
    names = Names()
    done = 0
    source = iter(steps)
    while batch := list(itertools.islice(source, p.BATCH)):
        model = said_by_model(venue, batch)
        try:
            core = pipe.run(batch)
        except p.PipeDied as died:
            return Difference(done, "the core died", batch[-1], core=[str(died)])
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
    """Asks whether a list of steps still makes the two sides part in the same way."""

    def __init__(self, setup: p.Setup, kind: str, program: Path) -> None:
        self.setup = setup
        self.kind = kind
        self.program = program
        self.pipe = p.Pipe(program)

    def fails(self, steps: list[p.Step]) -> bool:
        """Run them on a fresh venue; the process is only made anew when it died."""
        found = compare(self.pipe, self.setup, steps)
        if found is not None and found.kind == "the core died":
            self.pipe.close()
            self.pipe = p.Pipe(self.program)
        return found is not None and found.kind == self.kind


def smallest(
    setup: p.Setup, steps: list[p.Step], kind: str, program: Path
) -> list[tuple[int, p.Step]]:
    """A minimal list of (position in `steps`, step) that fails in the same way."""
    judge = Judge(setup, kind, program)
    numbered = list(enumerate(steps))
    kept = minimise(numbered, lambda some: judge.fails([step for _, step in some]))
    judge.pipe.close()
    return kept


def simpler_steps(step: p.Step) -> list[p.Step]:
    """The same step with one of its numbers made small."""
    order = step.order
    if order is None:
        return []
    return [
        step._replace(order=order._replace(qty=qty)) for qty in (1, 2, 10) if qty < order.qty
    ]


def simplified(
    setup: p.Setup, steps: list[p.Step], kind: str, program: Path
) -> list[p.Step]:
    """The same steps with smaller numbers, for a case file a person reads."""
    if len(steps) > SHRINK_LIMIT:
        return steps
    judge = Judge(setup, kind, program)
    result = shrink(steps, simpler_steps, judge.fails)
    judge.pipe.close()
    return result


# ---- case files --------------------------------------------------------------------


def save_case(path: Path, setup: p.Setup, steps: Sequence[p.Step], why: str) -> None:
    """Write a case: what it shows, the venue, and a line a step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        [step.now_ns, step.verb, step.argument, list(step.order) if step.order else None]
        for step in steps
    ]
    body = ",\n    ".join(json.dumps(row) for row in rows)
    path.write_text(
        f'{{\n  "why": {json.dumps(why)},\n'
        f'  "price_max": {json.dumps(setup.price_max)},\n'
        f'  "order_capacity": {setup.order_capacity},\n'
        f'  "fields": {json.dumps(m.Order._fields)},\n'
        f'  "steps": [\n    {body}\n  ]\n}}\n'
    )


def load_case(path: Path) -> tuple[p.Setup, list[p.Step]]:
    """A saved case. Fields it does not name are 0."""
    case = json.loads(path.read_text())
    setup = p.Setup(tuple(case["price_max"]), case["order_capacity"])
    blank = m.Order(*[0] * len(m.Order._fields))
    steps = []
    for now_ns, verb, argument, values in case["steps"]:
        order = None
        if values is not None:
            order = blank._replace(**dict(zip(case["fields"], values, strict=True)))
        steps.append(p.Step(now_ns, verb, argument, order))
    return setup, steps


# ---- campaigns ---------------------------------------------------------------------


def run_seed(seed: int, events: int, program: Path = p.PROGRAM) -> Difference | None:
    """One seed from start to end."""
    with p.Pipe(program) as pipe:
        return compare(pipe, setup_of(seed), Flow(seed).steps(events))


def report(seed: int, events: int, found: Difference, program: Path, save: Path | None) -> str:
    """The difference, its minimal form, and the command that shows it again."""
    setup = setup_of(seed)
    steps = list(itertools.islice(Flow(seed).steps(events), found.index + p.BATCH))
    if found.kind != "the core died":
        del steps[found.index + 1 :]
    kept = smallest(setup, steps, found.kind, program)
    numbers = ",".join(str(number) for number, _ in kept)
    lines = [
        f"seed {seed}: the venue and its model differ",
        str(found),
        f"minimal: {len(kept)} steps",
        *(f"  {number}: {describe(step)}" for number, step in kept),
        "again:",
        f"  python -m tests.venue.compare --seed {seed} --events {events} --keep {numbers}",
    ]
    if save is not None:
        small = simplified(setup, [step for _, step in kept], found.kind, program)
        save_case(save, setup, small, f"seed {seed}: differs in {found.kind}")
        lines.append(f"  python -m tests.venue.compare --case {save}")
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
                print(f"seed {seed}: {events} messages agree, {seconds:.1f} s", flush=True)
            else:
                wrong += 1
                print(report(seed, events, found, program, save), flush=True)
    return wrong


def replay(setup: p.Setup, steps: Sequence[p.Step], program: Path) -> int:
    """A few steps, each shown; 1 when the two sides part."""
    for step in steps:
        print(describe(step))
    with p.Pipe(program) as pipe:
        found = compare(pipe, setup, steps)
    print(found if found is not None else "they agree")
    return int(found is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.venue.compare")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from --first")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--events", type=int, default=20_000, help="messages a seed")
    parser.add_argument("--keep", help="of the steps only these, comma separated")
    parser.add_argument("--case", type=Path, help="a saved case instead of a seed")
    parser.add_argument("--save", type=Path, help="where a minimal case is written")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--program", type=Path, help="another venue_pipe than the built one")
    options = parser.parse_args(arguments)
    program = options.program or p.build()
    if options.case:
        return replay(*load_case(options.case), program)
    if options.keep:
        wanted = {int(number) for number in options.keep.split(",")}
        steps = itertools.islice(Flow(options.seed).steps(options.events), max(wanted) + 1)
        kept = [step for number, step in enumerate(steps) if number in wanted]
        return replay(setup_of(options.seed), kept, program)
    first = options.first if options.seed is None else options.seed
    count = options.seeds if options.seed is None else 1
    seeds = range(first, first + count)
    return int(campaign(seeds, options.events, program, options.save, options.jobs) > 0)


if __name__ == "__main__":
    sys.exit(main())
