"""Gateways in packages of their own, found as `sala gateway test FOLDER` finds them, through every case of the kits.

`line` holds a connection, over the port's `run` and sink; `telnyx` has one address for all that it says, and signs it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases
import ussd.kit.cases
from sala import gateway_kits
from sala.kit import Side, Subject
from tests.conformance import table

HERE = Path(__file__).parent
SIDES: dict[Side, tuple[Any, ...]] = {"ussd": ussd.kit.cases.CASES, "sms": sms.kit.cases.CASES}
PACKAGES: dict[str, tuple[Side, ...]] = {"line": ("ussd", "sms"), "telnyx": ("sms",)}
ALL = [
    pytest.param(name, side, case, id=f"{name}-{side}-{case.__name__}")
    for name, sides in PACKAGES.items()
    for side in sides
    for case in SIDES[side]
]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Subject]]:
    before = list(sys.path)
    found = [gateway_kits._of_folder(HERE / name, tmp_path_factory.mktemp("metadata")) for name in PACKAGES]
    yield {one.name: one for some in found for one in some}
    sys.path[:] = before


def test_each_package_has_the_sides_that_are_walked(subjects: dict[str, Subject]) -> None:
    assert {
        name: tuple(side for side in SIDES if getattr(one, side) is not None) for name, one in subjects.items()
    } == PACKAGES


@pytest.mark.parametrize(("name", "side", "case"), ALL)
async def test_case(subjects: dict[str, Subject], name: str, side: Side, case: Any, tmp_path: Path) -> None:
    await table.run(subjects[name], side, case, tmp_path)
