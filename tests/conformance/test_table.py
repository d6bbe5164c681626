"""Every case of the evidence over every adapter: the table of both is whole, and a hole in it is seen."""

from pathlib import Path
from typing import Any

import pytest

import sms.kit.cases
import ussd.kit.cases
from sala import kit
from sala.kit import Side, Subject
from store.kit import Failed, applies
from tests.conformance import table
from tests.conformance.test_kits import ALL, SUBJECTS
from tests.conformance.test_packages import PACKAGES

CASES: dict[Side, tuple[Any, ...]] = {"ussd": ussd.kit.cases.CASES, "sms": sms.kit.cases.CASES}
MAPS = {
    *("arkesel", "beem", "comviva", "dhis2", "dhis2-form", "hollatags", "hubtel", "infobip", "jasmin", "mtn", "nalo"),
    *("rapidpro", "rapidpro-site", "southpaw", "twilio"),
}


def test_every_bullet_of_the_evidence_has_its_cases_on_each_side_or_a_reason() -> None:
    for bullet, sides in table.EVIDENCE.items():
        assert set(sides) == set(CASES), bullet
        for side, cases in sides.items():
            known = {case.__name__ for case in CASES[side]}
            assert isinstance(cases, str) or set(cases) <= known, (bullet, side)
            assert cases, (bullet, side)


def test_the_odd_inputs_are_the_ones_that_the_evidence_names() -> None:
    for odd in (ussd.kit.cases.ODD, sms.kit.cases.ODD):
        assert any("*" in one and one != "*" for one in odd)
    assert "" in ussd.kit.cases.ODD
    assert any("\u0e80" <= letter <= "\u0eff" for one in ussd.kit.cases.ODD for letter in one)


def test_every_adapter_meets_every_case() -> None:
    """What the run of the kits walks is all adapters times all cases; leaving one out would be seen here."""
    walked = {param.id for param in ALL}
    wanted = {
        f"{name}-{side}-{case.__name__}"
        for name, one in SUBJECTS.items()
        for side, cases in CASES.items()
        if getattr(one, side) is not None
        for case in cases
    }
    assert walked == wanted
    sides = {side for one in SUBJECTS.values() for side in CASES if getattr(one, side) is not None}
    assert sides == set(CASES)


def test_every_shipped_adapter_and_map_is_among_them() -> None:
    assert {*MAPS, "africastalking", "capcom6", "cht", "gammu", "kannel", "smpp"} <= set(SUBJECTS)
    for name in ("africastalking", "smpp"):
        assert SUBJECTS[name].ussd is not None
        assert SUBJECTS[name].sms is not None


def test_every_hole_is_of_a_subject_and_a_case_that_there_are() -> None:
    for (side, case, reason), names in table.HOLES.items():
        assert case in {one.__name__ for one in CASES[side]}
        assert reason
        for name in names.split():
            assert name in SUBJECTS or name in PACKAGES, name


def test_every_adapter_has_a_case_or_a_reason_for_every_bullet() -> None:
    rows = list(table.matrix(SUBJECTS.values()))
    sides = sum(getattr(one, side) is not None for one in SUBJECTS.values() for side in CASES)
    assert len(rows) == sides * len(table.EVIDENCE)
    assert [row for row in rows if bool(row[3]) == bool(row[4])] == []


def test_no_subject_has_more_holes_than_promises_kept() -> None:
    for name, one in SUBJECTS.items():
        for side, cases in CASES.items():
            if getattr(one, side) is not None:
                holes = [case for case in cases if table.hole(name, side, case.__name__)]
                assert len(holes) * 3 < len(cases), (name, side)


async def silent(bench: Any) -> None:
    """A case that never applies."""
    del bench
    applies(False, "for no reason that the table knows")


async def dialled(bench: Any) -> None:
    """A case that passes where the table has a hole."""
    del bench


@pytest.mark.parametrize(("name", "case"), [("hubtel", silent), ("hubtel", dialled)])
async def test_a_hole_that_is_not_in_the_table_is_seen_and_one_that_is_none_as_well(
    name: str, case: Any, tmp_path: Path
) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"the table does not know|a hole that is none"):
        await table.run(SUBJECTS[name], "ussd", case, tmp_path)


async def test_a_case_that_fails_is_told_as_such(tmp_path: Path) -> None:
    one: Subject = SUBJECTS["hubtel"]

    async def fails(bench: Any) -> None:
        await bench.press()
        raise Failed("on purpose")

    assert await kit._said(one, "ussd", fails, tmp_path) == ("on purpose", "")
