"""What every bench can be told on its command line, and where it writes what it found."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"


def parser(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """A parser with what all benches share."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--rounds", type=int, default=rounds, help="rounds that count, after one that does not")
    made.add_argument("--results", type=Path, default=RESULTS, help="folder for the .json and the .md")
    return made


def numbers(text: str) -> tuple[int, ...]:
    """`32,200` as numbers."""
    return tuple(int(part) for part in text.split(","))


def keep(folder: Path, name: str, record: Mapping[str, Any], table: Sequence[str]) -> None:
    """Write `name.json` and `name.md`, and print the table."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(table) + "\n"
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / f"{name}.md").write_text(text)
    print(text)


def core(place: int) -> set[int]:
    """One of the cores that this process may use, counted from the first (0) or the last (-1)."""
    return {sorted(os.sched_getaffinity(0))[place]}
