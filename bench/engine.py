"""The pure part of a key press: microseconds of the engine, of the whole dialogue, and of its state as bytes."""

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import yard
from bench.offices import moment, office, walk
from bench.options import keep, parser
from flows import engine
from flows.dialogue import Office, decode_talk, encode, hear, running, screens
from flows.dialogue.visit import Visit
from flows.turn import Heard

Job = Callable[[], Any]


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/engine.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=9)
    arguments.add_argument("--walks", type=int, default=300, help="walks in a round")
    given = arguments.parse_args(options)
    jobs, steps, sizes = _jobs()
    # The collector would look at the flows again and again; a node keeps it calm in the same way.
    gc.collect()
    gc.freeze()
    yards: list[float] = []
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(given.rounds + 1):
        pure = yard.pure_python()
        times = {name: _time(job, given.walks) / steps[name] for name, job in jobs.items()}
        if number:
            yards.append(pure)
            for name, microseconds in times.items():
                found[name].append(microseconds)
    record = {"machine": yard.machine(Path.cwd()), "yard_ns_a_round": yards, "us": found, "bytes": sizes}
    keep(given.results, "engine", record, _table(found, yards, sizes))


def _jobs() -> tuple[dict[str, Job], dict[str, int], dict[str, int]]:
    """What is timed, by name; how many steps one run of it is; and the sizes of the state."""
    offered = office()
    turns = walk(offered)
    heard = [(talk, person, one) for talk, person, one, _ in turns]
    talks = [turn.talk for *_, turn in turns if turn.talk is not None]
    packed = [encode(talk) for talk in talks]
    inside = [_inside(offered, talk, person, one) for talk, person, one, _ in turns if talk and talk.drafts]
    now = moment()
    jobs: dict[str, Job] = {
        "the engine, a step of the flow": lambda: [engine.press(*one) for one in inside],
        "the whole dialogue, a key press": lambda: [hear(offered, *one, now) for one in heard],
        "a talk to bytes": lambda: [encode(talk) for talk in talks],
        "a talk from bytes": lambda: [decode_talk(data) for data in packed],
    }
    counts = dict(zip(jobs, (len(inside), len(heard), len(talks), len(packed)), strict=True))
    return jobs, counts, {"a talk after two answers": len(packed[-8]), "a talk before it is sent": len(packed[-1])}


def _inside(offered: Office, talk: Any, person: Any, one: Heard) -> tuple[Any, ...]:
    """What the engine is called with for this input."""
    draft = talk.drafts[0]
    revision = offered.known[draft.run.revision]
    visit = Visit(offered, talk, person, one, moment(), screens.SCREENS)
    return revision, draft.run, one.text, running.world(visit, revision, draft.shown)


def _time(job: Job, walks: int) -> float:
    begun = time.thread_time()
    for _ in range(walks):
        job()
    return (time.thread_time() - begun) * 1e6 / walks


def _table(found: dict[str, list[float]], yards: list[float], sizes: dict[str, int]) -> list[str]:
    lines = ["| | us | in rounds of a bare loop |", "|---|---|---|"]
    for name, times in found.items():
        loops = [microseconds * 1000 / pure for microseconds, pure in zip(times, yards, strict=True)]
        lines.append(f"| {name} | {yard.shown(times, 1)} | {yard.shown(loops, 0)} |")
    lines += ["", "| | bytes |", "|---|---|", *(f"| {name} | {size} |" for name, size in sizes.items())]
    return lines
