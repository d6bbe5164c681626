"""Durable key presses over HTTP beside a bare aiohttp handler: rate, processor time, latency, key presses per fsync.

With `--queued`, a second node that has so many births waiting is measured by turns with the first, which has none.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import crowd, yard
from bench.load import Tally, press
from bench.offices import script
from bench.options import core, keep, numbers, parser
from bench.pressed import rested
from bench.served import Server, bare, node

_HEAD = (
    "| phones | processor time, node / bare | rate, node / bare | key presses per fsync | of those waiting "
    "| us a press, node and bare | p50 ms, node and bare | p99 ms, node and bare |"
)
_COMMITS = "sala_commits_total"
_FULL = "full"
_CATCH_UP = 1200
"""Seconds that a node with a million waiting may take to catch up."""


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
    arguments.add_argument("--queued", type=int, default=0, help="births that wait in a second node")
    given = arguments.parse_args(options)
    os.sched_setaffinity(0, core(-1))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {"node": stack.enter_context(node(folder)), "bare": stack.enter_context(bare(folder))}
        if given.queued:
            servers[_FULL] = stack.enter_context(_full(folder / "full", given.queued))
        found = {phones: _measure(servers, phones, given.rounds, given.seconds) for phones in given.phones}
        record = {
            "machine": yard.machine(folder),
            "queued": given.queued,
            "phones": {
                str(phones): {name: asdict(side) for name, side in sides.items()} for phones, sides in found.items()
            },
        }
    name = "over_http_queued" if given.queued else "over_http"
    keep(given.results, name, record, _table(found, given.queued))


@contextlib.contextmanager
def _full(folder: Path, queued: int) -> Iterator[Server]:
    """A node with so many births waiting for an agency that it has no road to."""
    folder.mkdir()
    # The first start draws the keys and publishes the services.
    with node(folder):
        pass
    crowd.fill(folder / "sala.toml", queued)
    with node(folder) as server:
        # The desk's cards of what was queued meanwhile: a node makes them as requests come in.
        rested(server, _CATCH_UP)
        yield server


def _measure(servers: Mapping[str, Server], phones: int, rounds: int, seconds: float) -> dict[str, Side]:
    sides = {name: Side() for name in servers}
    for number in range(rounds + 1):
        for name, server in servers.items():
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


def _table(found: dict[int, dict[str, Side]], queued: int) -> list[str]:
    head, rule = _HEAD, "|---" * _HEAD.count(" | ") + "|---|"
    if queued:
        head, rule = f"| waiting {head} of the empty node's processor time |", f"|---{rule}---|"
    lines = [head, rule]
    for phones, sides in found.items():
        lines.append(_row(phones, sides["node"], sides["bare"], ["0"] if queued else [], [""] if queued else []))
        if queued:
            more = yard.shown(_ratios(sides[_FULL].microseconds, sides["node"].microseconds))
            lines.append(_row(phones, sides[_FULL], sides["bare"], [f"{queued:,}"], [more]))
    return lines


def _row(phones: int, one: Side, bare: Side, before: list[str], after: list[str]) -> str:
    cells = (
        str(phones),
        yard.shown(_ratios(one.microseconds, bare.microseconds)),
        yard.shown(_ratios(one.rates, bare.rates)),
        yard.shown(one.per_fsync, 0),
        yard.shown([each / phones for each in one.per_fsync]),
        f"{yard.shown(one.microseconds, 0)}, {yard.shown(bare.microseconds, 0)}",
        f"{yard.shown(one.p50, 1)}, {yard.shown(bare.p50, 1)}",
        f"{yard.shown(one.p99, 1)}, {yard.shown(bare.p99, 1)}",
    )
    return "| " + " | ".join((*before, *cells, *after)) + " |"


if __name__ == "__main__":
    main()
