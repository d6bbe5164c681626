"""Every row of the table in its bounded size (FAULTS=full: as the page has it), and the page in step with the rows."""

import asyncio
import os

import pytest

from tests.faults import page
from tests.faults.registry import FAULTS
from tests.faults.rows import Size

SIZE: Size = "full" if os.environ.get("FAULTS") == "full" else "bounded"


@pytest.mark.slow
@pytest.mark.timeout(0 if SIZE == "full" else 600)
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_is_doubled(name: str) -> None:
    fault = FAULTS[name]
    print(f"python -m tests.faults {name} --seed {fault.seed} --runs {fault.runs(SIZE)}")
    tally = asyncio.run(fault.run(fault.seed, fault.runs(SIZE)))
    print(page.line(fault, tally, 0))
    assert fault.verdict(tally) == ""


def test_the_page_has_every_row_and_no_other() -> None:
    rows = page.read(page.PAGE.read_text("utf-8"))
    assert list(rows) == list(FAULTS)
    for name, cells in rows.items():
        says, *figures = cells
        lost, doubled, broken = (int(figure.replace(",", "")) for figure in figures[2:5])
        assert says == FAULTS[name].says
        assert bool(lost or doubled or broken) == FAULTS[name].control, name


def test_a_row_that_is_not_in_step_would_be_seen() -> None:
    text = page.PAGE.read_text("utf-8")
    assert list(page.read(text.replace("| `power-cut` |", "| `power-cuts` |"))) != list(FAULTS)
