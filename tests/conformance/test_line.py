"""A gateway that holds a connection, through every case of both kits, over the port's `run` and sink."""

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

PACKAGE = Path(__file__).parent / "line"
SIDES: tuple[tuple[Side, Any], ...] = (("ussd", ussd.kit.cases.CASES), ("sms", sms.kit.cases.CASES))
ALL = [pytest.param(side, case, id=f"{side}-{case.__name__}") for side, cases in SIDES for case in cases]


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    before = list(sys.path)
    (one,) = gateway_kits._of_folder(PACKAGE, tmp_path_factory.mktemp("metadata"))
    yield one
    sys.path[:] = before


@pytest.mark.parametrize(("side", "case"), ALL)
async def test_case(subject: Subject, side: Side, case: Any, tmp_path: Path) -> None:
    await table.run(subject, side, case, tmp_path)
