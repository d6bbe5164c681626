"""What a second copy costs a key press: the same node without one, with one, and waiting for it, in turns."""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import yard
from bench.load import press
from bench.offices import script
from bench.options import core, keep, parser
from bench.served import Server, node
from store.copying import escrow

_ROUNDS, _PHONES = 6, (1, 32)
_KINDS = {"without": None, "with": "false", "waiting": "true"}


@dataclass
class Side:
    """One node through all rounds at one number of phones."""

    microseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    copied: list[float] = field(default_factory=list)


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/copying.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=_ROUNDS)
    arguments.add_argument("--seconds", type=float, default=2.5, help="of one round")
    given = arguments.parse_args(options)
    os.sched_setaffinity(0, core(-1))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        nodes = {kind: stack.enter_context(_node(folder, kind)) for kind in _KINDS}
        found = {phones: _measure(nodes, phones, given.rounds, given.seconds) for phones in _PHONES}
        machine = yard.machine(folder)
    record = {
        "machine": machine,
        "phones": {str(n): {kind: asdict(side) for kind, side in sides.items()} for n, sides in found.items()},
    }
    keep(given.results, "copying", record, _table(found))


def _node(folder: Path, kind: str) -> AbstractContextManager[Server]:
    home = folder / kind
    home.mkdir()
    wait = _KINDS[kind]
    copy = f'[copy]\npath = "{home}/copy"\nkey = "{escrow.make()[1]}"\nwait = {wait}\nsame_disk = true\n'
    return node(home, copy if wait else "")


def _measure(nodes: dict[str, Server], phones: int, rounds: int, seconds: float) -> dict[str, Side]:
    sides = {kind: Side() for kind in nodes}
    for number in range(rounds + 1):
        for kind, server in nodes.items():
            _round(server, phones, seconds, sides[kind] if number else Side())
    return sides


def _round(server: Server, phones: int, seconds: float, side: Side) -> None:
    before = _copied(server)
    used = yard.processor_seconds(server.pid)
    tally = press(server.port, server.path, script(), phones, seconds)
    if tally.bad:
        raise SystemExit(f"{tally.bad} wrong answers, so there is no result; the first: {tally.first_bad}")
    # The copy's own thread may still be at work.
    time.sleep(0.3)
    side.microseconds.append((yard.processor_seconds(server.pid) - used) * 1e6 / tally.answers)
    side.rates.append(tally.answers / seconds)
    side.p50.append(yard.quantile(tally.milliseconds, 0.5))
    side.p99.append(yard.quantile(tally.milliseconds, 0.99))
    side.copied.append((_copied(server) - before) / tally.answers)


def _copied(server: Server) -> float:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if server.reading("sala_copies") == 2:
                return server.reading("sala_copy_bytes")
        except StopIteration:
            return 0.0
        time.sleep(0.1)
    raise SystemExit("the node says that it has one copy, so there is no result")


def _table(found: dict[int, dict[str, Side]]) -> list[str]:
    lines = [
        "| phones | | processor time, ratio | rate, ratio | p50 ms | p99 ms | us a press | bytes copied a press |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for phones, sides in found.items():
        bare = sides["without"]
        for kind, side in sides.items():
            cells = (
                yard.shown(_ratios(side.microseconds, bare.microseconds)),
                yard.shown(_ratios(side.rates, bare.rates)),
                yard.shown(side.p50),
                yard.shown(side.p99),
                yard.shown(side.microseconds, 0),
                yard.shown(side.copied, 0),
            )
            lines.append(f"| {phones} | {kind} | " + " | ".join(cells) + " |")
    return lines


def _ratios(over: list[float], under: list[float]) -> list[float]:
    return [one / other for one, other in zip(over, under, strict=True)]


if __name__ == "__main__":
    main()
