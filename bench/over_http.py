"""Durable key presses over HTTP beside a bare aiohttp handler: rate, processor time, latency, key presses per fsync."""

import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import yard
from bench.load import Tally, press
from bench.served import Server, bare, node

_RESULTS = Path(__file__).parent / "results"
_HEAD = (
    "| phones | processor time, node / bare | rate, node / bare | key presses per fsync | of those waiting "
    "| us a press, node and bare | p50 ms | p99 ms |"
)
_ROUNDS, _SECONDS, _PHONES = 7, 3.0, (32, 200)
_COMMITS = "sala_commits_total"
# English, birth, both pages of the notice; then the nine answers, and "send".
SCRIPT = ("", "1", "1", "1", "1", "1", "{born}", "2", "1", "1", "1", "0901005", "Kham La", "24", "1")


@dataclass
class Side:
    """One server through all rounds at one number of phones."""

    rates: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    per_fsync: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, write `results/over_http.json` and `.md`, print the table."""
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with node(folder) as candidate, bare(folder) as yardstick:
            found = {phones: _measure(candidate, yardstick, phones) for phones in _PHONES}
        record = {
            "machine": yard.machine(folder),
            "phones": {
                str(phones): {name: asdict(side) for name, side in sides.items()} for phones, sides in found.items()
            },
        }
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / "over_http.json").write_text(json.dumps(record, indent=1) + "\n")
    table = _table(found)
    (_RESULTS / "over_http.md").write_text(table)
    print(table)


def _measure(candidate: Server, yardstick: Server, phones: int) -> dict[str, Side]:
    sides = {"node": Side(), "bare": Side()}
    for number in range(_ROUNDS + 1):
        for name, server in (("node", candidate), ("bare", yardstick)):
            _round(server, phones, sides[name] if number else Side())
            time.sleep(0.2)
    return sides


def _round(server: Server, phones: int, side: Side) -> None:
    commits = server.reading(_COMMITS) if server.console else 0.0
    used = yard.processor_seconds(server.pid)
    tally = press(server.port, server.path, script(), phones, _SECONDS)
    _void_when_wrong(tally)
    side.microseconds.append((yard.processor_seconds(server.pid) - used) * 1e6 / tally.answers)
    side.rates.append(tally.answers / _SECONDS)
    side.p50.append(yard.quantile(tally.milliseconds, 0.5))
    side.p99.append(yard.quantile(tally.milliseconds, 0.99))
    if server.console:
        side.per_fsync.append(tally.answers / max(1.0, server.reading(_COMMITS) - commits))


def _void_when_wrong(tally: Tally) -> None:
    if tally.bad:
        raise SystemExit(f"{tally.bad} wrong answers, so there is no result; the first: {tally.first_bad}")


def script() -> tuple[str, ...]:
    """The keys of one whole birth registration in English, from the dial to the reference; born twenty days ago."""
    born = (datetime.now(UTC) - timedelta(days=20)).strftime("%d%m%Y")
    return tuple(key.format(born=born) for key in SCRIPT)


def _ratios(over: list[float], under: list[float]) -> list[float]:
    return [one / other for one, other in zip(over, under, strict=True)]


def _table(found: dict[int, dict[str, Side]]) -> str:
    lines = [_HEAD, "|---|---|---|---|---|---|---|---|"]
    for phones, sides in found.items():
        of: dict[str, Any] = {
            "cpu": yard.shown(_ratios(sides["node"].microseconds, sides["bare"].microseconds)),
            "rate": yard.shown(_ratios(sides["node"].rates, sides["bare"].rates)),
            "fsync": yard.shown(sides["node"].per_fsync, 0),
            "share": yard.shown([one / phones for one in sides["node"].per_fsync]),
            "us": f"{yard.shown(sides['node'].microseconds, 0)}, {yard.shown(sides['bare'].microseconds, 0)}",
            "p50": yard.shown(sides["node"].p50, 1),
            "p99": yard.shown(sides["node"].p99, 1),
        }
        lines.append(
            f"| {phones} | "
            + " | ".join(str(of[key]) for key in ("cpu", "rate", "fsync", "share", "us", "p50", "p99"))
            + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
