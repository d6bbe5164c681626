"""The longest waits of key presses, p99.9 and the very longest, and how many of them met a checkpoint.

    python -m bench tail [--rounds 3] [--seconds 60] [--requests 400000]

A checkpoint is the commit that also copies the log into the file, every 4,000 pages (16 MB). A hundred keys a second,
at random times, while the outbox is held still and while it drains; see `bench.pressed` for who runs on which core. All
presses of all rounds stand together: of six thousand, p99.9 is the sixth longest.
"""

import asyncio
import os
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench import drain, options, yard
from bench.pressed import PACE, milliseconds, paced, rested, two
from bench.served import node
from bench.watched import Span, spans

TURNS: Final = ("still", "drain")
_LABELS: Final = {"still": "the outbox is still", "drain": "it drains"}
_RARE: Final = 0.999


@dataclass(frozen=True)
class Tail:
    """What the longest waits of many presses were, in milliseconds.

    Attributes:
        p50, p99, p999, longest: of all presses. checkpoints: that were made meanwhile, and of which the longest took
            `checkpoint` milliseconds. met: presses that waited while one was made. rare, rare_met: presses at or above
            p99.9, and how many of these had met one. without: the longest wait of those that met none.
    """

    presses: int
    p50: float
    p99: float
    p999: float
    longest: float
    checkpoints: int
    checkpoint: float
    met: int
    rare: int
    rare_met: int
    without: float


def tail(presses: Sequence[Span], checkpoints: Sequence[Span]) -> Tail:
    """Both are from when to when, by one clock; checkpoints come in their order and never two at once."""
    waits = [(milliseconds(press), _met(press, checkpoints)) for press in presses]
    times = [wait for wait, _ in waits]
    p999 = yard.quantile(times, _RARE)
    rare = [met for wait, met in waits if wait >= p999]
    return Tail(
        presses=len(times),
        p50=yard.quantile(times, 0.5),
        p99=yard.quantile(times, 0.99),
        p999=p999,
        longest=max(times, default=0.0),
        checkpoints=len(checkpoints),
        checkpoint=max(map(milliseconds, checkpoints), default=0.0),
        met=sum(met for _, met in waits),
        rare=len(rare),
        rare_met=sum(rare),
        without=max((wait for wait, met in waits if not met), default=0.0),
    )


def _met(press: Span, checkpoints: Sequence[Span]) -> bool:
    """Whether one was under way between the key and its answer: the first that ended after the key was pressed."""
    at = bisect_left(checkpoints, press[0], key=lambda one: one[1])
    return at < len(checkpoints) and checkpoints[at][0] < press[1]


def main(said: Sequence[str] = ()) -> None:
    """Measure, write `results/tail.json` and `.md`, print the table."""
    parser = options.parser(__doc__, rounds=3)
    parser.add_argument("--requests", type=int, default=400_000, help="how many wait at first")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long phones press in each turn")
    chosen = parser.parse_args(said)
    os.sched_setaffinity(0, options.core(-1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record: dict[str, Any] = {"machine": yard.machine(folder), "requests": chosen.requests}
        asyncio.run(drain.fill(folder, chosen.requests))
        found = _measure(folder, chosen.rounds, chosen.seconds)
    record["turns"] = {turn: asdict(one) for turn, one in found.items()}
    options.keep(chosen.results, "tail", record, _table(found))


def _measure(folder: Path, rounds: int, seconds: float) -> dict[str, Tail]:
    notes = folder / "checkpoints"
    presses: dict[str, list[Span]] = {turn: [] for turn in TURNS}
    with two() as (agency, _), node(folder, agency.settings, notes) as server:
        agency.hold()
        rested(server)
        for number in range(rounds + 1):
            for turn in TURNS:
                if turn == "drain":
                    agency.go_on()
                pressed = asyncio.run(paced(server, seconds))
                agency.hold()
                presses[turn] += pressed if number else []
        agency.go_on()
        made = spans(notes)
    return {turn: tail(some, _within(made, some)) for turn, some in presses.items()}


def _within(checkpoints: Sequence[Span], presses: Sequence[Span]) -> list[Span]:
    """Those that some press of this turn could have met: a second around them, for the turns go round."""
    seconds = {int(moment) + near for press in presses for moment in press for near in (-1, 0, 1)}
    return [one for one in checkpoints if int(one[0]) in seconds]


def _table(found: dict[str, Tail]) -> list[str]:
    heads = "presses | p50, ms | p99 | p99.9 | longest | checkpoints, the longest in ms | presses that met one"
    last = "of those at p99.9 and above | longest that met none"
    lines = [f"| {PACE} key presses a second | {heads} | {last} |", "|---" * 10 + "|"]
    for turn, one in found.items():
        share = f"{100 * one.met / max(1, one.presses):.2f} %"
        lines.append(
            f"| {_LABELS[turn]} | {one.presses:,} | {one.p50:.1f} | {one.p99:.1f} | {one.p999:.1f} | {one.longest:.1f}"
            f" | {one.checkpoints}, {one.checkpoint:.1f} | {one.met} ({share}) | {one.rare_met} of {one.rare}"
            f" | {one.without:.1f} |"
        )
    return lines
