"""Every gateway that is installed, through every case of its kit."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases
import ussd.kit.cases
from sala import kit, plugs
from sala.kit import Side, Subject
from tests.conformance import table

SUBJECTS = kit.subjects()
SIDES: tuple[tuple[Side, Any], ...] = (("ussd", ussd.kit.cases.CASES), ("sms", sms.kit.cases.CASES))
ORDINARY = {"africastalking", "hubtel", "jasmin"}
"""Tried with the ordinary tests; the other maps are data for the same code, and are tried with the slow ones."""

ALL = [
    pytest.param(
        one,
        side,
        case,
        id=f"{one.name}-{side}-{case.__name__}",
        marks=[] if one.name in ORDINARY else [pytest.mark.slow],
    )
    for one in SUBJECTS.values()
    for side, cases in SIDES
    if getattr(one, side) is not None
    for case in cases
]


def test_every_registered_gateway_is_described() -> None:
    described = {one.gateway for one in SUBJECTS.values()}
    installed = {point.name for group in plugs.GROUPS for point in entry_points(group=group)}
    assert installed == described


@pytest.mark.parametrize(("one", "side", "case"), ALL)
async def test_case(one: Subject, side: Side, case: Any, tmp_path: Path) -> None:
    await table.run(one, side, case, tmp_path)
