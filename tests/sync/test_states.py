import re
from dataclasses import fields
from pathlib import Path

import pytest

from flows import delivery
from sync import states
from sync.agency import AgencySettings
from sync.means import Counters


def test_the_page_shows_the_table_as_it_is() -> None:
    text = states.PAGE.read_text("utf-8")
    assert states.replaced(text) == text, "run: python -m sync.states --write"


def test_every_arrow_of_the_table_is_drawn() -> None:
    drawn = set()
    for line in states.diagram().splitlines():
        if found := re.fullmatch(r"    (\w+) --> (\w+): (.+)", line):
            drawn |= {(found[1], event, found[2]) for event in found[3].split(", ")}
    assert drawn == {(state, event, to) for (state, event), to in delivery.TABLE.items()}


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError):
        states.replaced("nothing here")


def test_every_setting_of_the_reference_agency_is_documented() -> None:
    page = Path("docs/agencies.md").read_text("utf-8")
    rows = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert [name for name in AgencySettings.model_fields if f"`{name}`" not in rows] == []


def test_every_counter_is_documented() -> None:
    page = Path("docs/sync.md").read_text("utf-8")
    assert [field.name for field in fields(Counters) if not re.search(rf"`{field.name}[`{{]", page)] == []
