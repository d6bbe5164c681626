"""Durable key presses over HTTP beside a bare aiohttp handler: rate, processor time, latency, key presses per fsync."""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import yard
from bench.load import Tally, press
from bench.offices import script
from bench.options import core, keep, numbers, parser
from bench.served import Server, bare, node

_HEAD = (
    "| phones | processor time, node / bare | rate, node / bare | key presses per fsync | of those waiting "
    "| us a press, node and bare | p50 ms, node and bare | p99 ms, node and bare |"
)
_COMMITS = "sala_commits_total"


@dataclass
class Side:
    """One server through all rounds at one number of phones."""

    rates: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    per_fsync: list[float] = field(default_factory=list)


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/over_http.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=7)
    arguments.add_argument("--seconds", type=float, default=3.0, help="of one round")
    arguments.add_argument("--phones", type=numbers, default=(32, 200), help="at once, such as 32,200")
    given = arguments.parse_args(options)
    os.sched_setaffinity(0, core(-1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with node(folder) as candidate, bare(folder) as yardstick:
            found = {
                phones: _measure(candidate, yardstick, phones, given.rounds, given.seconds) for phones in given.phones
            }
        record = {
            "machine": yard.machine(folder),
            "phones": {
                str(phones): {name: asdict(side) for name, side in sides.items()} for phones, sides in found.items()
            },
        }
    keep(given.results, "over_http", record, _table(found))


def _measure(candidate: Server, yardstick: Server, phones: int, rounds: int, seconds: float) -> dict[str, Side]:
    sides = {"node": Side(), "bare": Side()}
    for number in range(rounds + 1):
        for name, server in (("node", candidate), ("bare", yardstick)):
            _round(server, phones, seconds, sides[name] if number else Side())
            time.sleep(0.2)
    return sides


def _round(server: Server, phones: int, seconds: float, side: Side) -> None:
    commits = server.reading(_COMMITS) if server.console else 0.0
    written = yard.bytes_written(server.pid)
    used = yard.processor_seconds(server.pid)
    tally = press(server.port, server.path, script(), phones, seconds)
    _void_when_wrong(tally)
    side.microseconds.append((yard.processor_seconds(server.pid) - used) * 1e6 / tally.answers)
    side.rates.append(tally.answers / seconds)
    side.p50.append(yard.quantile(tally.milliseconds, 0.5))
    side.p99.append(yard.quantile(tally.milliseconds, 0.99))
    _void_unless_they_write(server, yard.bytes_written(server.pid) - written)
    if server.console:
        side.per_fsync.append(tally.answers / max(1.0, server.reading(_COMMITS) - commits))


def _void_when_wrong(tally: Tally) -> None:
    if tally.bad:
        raise SystemExit(f"{tally.bad} wrong answers, so there is no result; the first: {tally.first_bad}")


def _void_unless_they_write(server: Server, written: int) -> None:
    """The node must have written, or nothing was durable; the yardstick must not, or it is none."""
    if bool(written) != bool(server.console):
        raise SystemExit(f"{'the node wrote nothing' if server.console else 'the yardstick wrote'}: no result")


def _ratios(over: list[float], under: list[float]) -> list[float]:
    return [one / other for one, other in zip(over, under, strict=True)]


def _table(found: dict[int, dict[str, Side]]) -> list[str]:
    lines = [_HEAD, "|---|---|---|---|---|---|---|---|"]
    for phones, sides in found.items():
        of: dict[str, Any] = {
            "cpu": yard.shown(_ratios(sides["node"].microseconds, sides["bare"].microseconds)),
            "rate": yard.shown(_ratios(sides["node"].rates, sides["bare"].rates)),
            "fsync": yard.shown(sides["node"].per_fsync, 0),
            "share": yard.shown([one / phones for one in sides["node"].per_fsync]),
            "us": f"{yard.shown(sides['node'].microseconds, 0)}, {yard.shown(sides['bare'].microseconds, 0)}",
            "p50": f"{yard.shown(sides['node'].p50, 1)}, {yard.shown(sides['bare'].p50, 1)}",
            "p99": f"{yard.shown(sides['node'].p99, 1)}, {yard.shown(sides['bare'].p99, 1)}",
        }
        lines.append(
            f"| {phones} | "
            + " | ".join(str(of[key]) for key in ("cpu", "rate", "fsync", "share", "us", "p50", "p99"))
            + " |"
        )
    return lines


if __name__ == "__main__":
    main()
