"""The table of docs/reliability.md: read it, and put a row into it."""

import re
from pathlib import Path
from typing import Final

from tests.faults.registry import FAULTS
from tests.faults.rows import Fault, Tally

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN: Final = "<!-- faults: made by `make faults`, not by hand -->"
END: Final = "<!-- /faults -->"
HEAD: Final = (
    "| row | fault | runs | requests | lost | doubled | broken | seconds |\n|---|---|---:|---:|---:|---:|---:|---:|"
)
_ROW: Final = re.compile(r"^\| `([a-z0-9-]+)` \| (.*) \|$", re.MULTILINE)


def read(text: str) -> dict[str, list[str]]:
    """The cells of each row after its name."""
    inside = text.partition(BEGIN)[2].partition(END)[0]
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in _ROW.findall(inside)}


def line(fault: Fault, tally: Tally, seconds: float) -> str:
    """One row."""
    figures = (tally.runs, tally.requests, tally.lost, tally.doubled, tally.broken, round(seconds))
    return " | ".join((f"| `{fault.name}`", fault.says, *(f"{n:,}" for n in figures))) + " |"


def write(fault: Fault, tally: Tally, seconds: float) -> None:
    """Put this row into the page, in the order of the registry; rows that are no longer there go."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    rows = {name: f"| `{name}` | " + " | ".join(cells) + " |" for name, cells in read(text).items()}
    rows[fault.name] = line(fault, tally, seconds)
    body = "\n".join(rows[name] for name in FAULTS if name in rows)
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}\n{body}\n{END}{after}", "utf-8")
