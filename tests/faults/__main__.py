"""`python -m tests.faults NAME|all [--seed S] [--runs N] [--write]`: break something, and look what is lost."""

import argparse
import asyncio
import logging
import os
import sys
import time

import structlog

from tests.faults import page
from tests.faults.registry import FAULTS
from tests.faults.rows import Fault, Tally


def main() -> int:
    """Run one row or all of them; 0 when nothing was lost, doubled or broken that was not meant to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("name", choices=[*FAULTS, "all"])
    parser.add_argument("--seed", type=int, help="of all that is drawn by chance")
    parser.add_argument("--runs", type=int, help="how often; 0: everything there is")
    parser.add_argument("--write", action="store_true", help=f"put the rows into {page.PAGE.name}")
    given = parser.parse_args()
    _be_quiet()
    bad = 0
    for fault in FAULTS.values() if given.name == "all" else [FAULTS[given.name]]:
        size = fault.full if os.environ.get("FAULTS") == "full" else fault.bounded
        seed = fault.seed if given.seed is None else given.seed
        tally, seconds = run(fault, seed, size if given.runs is None else given.runs)
        bad += bool(fault.verdict(tally))
        if given.write:
            page.write(fault, tally, seconds)
    return int(bad > 0)


def run(fault: Fault, seed: int, runs: int) -> tuple[Tally, float]:
    """One row, told as it goes."""
    print(f"{fault.name}: seed {seed}, runs {runs or 'all'}", flush=True)
    started = time.monotonic()
    tally = asyncio.run(fault.run(seed, runs))
    seconds = time.monotonic() - started
    print(f"  {page.line(fault, tally, seconds)}")
    for note in tally.notes:
        print(f"  {note}")
    print(f"  {fault.verdict(tally) or 'as it must be'}", flush=True)
    return tally, seconds


def _be_quiet() -> None:
    """A node under faults has much to say; here only the table counts."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
