"""The 58 workbooks of pyxform's own tests go through the importer: whole, with a list of what was left, or refused."""

import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from flows.errors import Fault
from flows.imports import import_xlsform

ROOT = Path(__file__).resolve().parents[3]
TO_BE_WRITTEN = {"agency", "entry", "notice", "tests", "language"}
"""What every imported form still lacks, and is told so by the check."""
FOLDERS = {"example_xls", "bug_example_xls"}
WORKBOOKS = {".xls", ".xlsx", ".xlsm"}


@pytest.fixture(scope="module")
def books() -> dict[str, bytes]:
    """The workbooks by name, from the archive that `make peers` fetched."""
    found = sorted((ROOT / ".venv" / "peers").glob("pyxform-1.5.0-*.whl"))
    if not found:
        reason = "no pyxform 1.5.0 beside the environment: run `make peers`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with zipfile.ZipFile(found[0]) as archive:
        return dict(_read(archive))


def _read(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        place = PurePosixPath(name)
        if place.suffix in WORKBOOKS and place.parent.name in FOLDERS:
            yield f"{place.parent.name}/{place.name}", archive.read(name)


def outcome(name: str, data: bytes) -> str:
    """What becomes of a workbook; anything but a `Fault` is a crash, and ends the test."""
    try:
        made = import_xlsform(data, name=PurePosixPath(name).stem.lower())
    except Fault as fault:
        return "refused" if str(fault) else "refused without a word"
    errors = {one.code for one in made.findings() if one.severity == "error"}
    assert errors <= TO_BE_WRITTEN, (name, errors)
    assert all(one.place and one.sentence for one in made.left), name
    return "whole" if made.whole else "with a list"


@pytest.mark.slow
def test_every_workbook_comes_over_or_says_why_not(books: dict[str, bytes]) -> None:
    found = {name: outcome(name, data) for name, data in books.items()}
    assert len(found) == 58
    assert Counter(found.values()) == {"whole": 17, "with a list": 28, "refused": 13}
    assert found["bug_example_xls/excel_with_macros.xlsm"] == "refused"
    assert found["example_xls/yes_or_no_question.xls"] == "whole"
