"""Printed by a real browser: as many sheets as there should be, of the right size, and none of them a cut-off rest."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flows.difference import page as difference
from flows.explorer.storyboard import storyboard
from flows.poster import page as poster
from tests.explorer.kit import SERVICES, settings
from tests.flows.difference.test_difference import WATER, edited

A4_LANDSCAPE, A4, A5 = (842, 595), (595, 842), (420, 595)
"""Points, to the nearest."""


def printed(page: str, folder: Path) -> tuple[int, set[tuple[int, int]]]:
    """How many sheets a page takes, and their sizes."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        reason = "no Chromium here: run `make peers`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    file, out = folder / "page.html", folder / "page.pdf"
    file.write_text(page, "utf-8")
    options = ["--headless=new", "--no-sandbox", "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}"]
    subprocess.run(
        [browser, *options, f"--print-to-pdf={out}", file.as_uri()], check=True, capture_output=True, timeout=110
    )
    data = out.read_bytes()
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", data)
    return len(re.findall(rb"/Type\s*/Page\b", data)), {(round(float(x)), round(float(y))) for x, y in boxes}


@pytest.mark.slow
@pytest.mark.parametrize("service", ["birth", "health"])
def test_a_storyboard_is_sheets_of_a4_with_a_few_screens_each(service: str, tmp_path: Path) -> None:
    page = storyboard(SERVICES[service], settings())
    cards = page.count("<article")
    sheets, sizes = printed(page, tmp_path)
    assert sizes == {A4_LANDSCAPE}
    # The heading, the map, and two or three screens a sheet; a screen alone on each would be paper thrown away.
    assert 2 + cards // 3 <= sheets <= 2 + cards


@pytest.mark.slow
@pytest.mark.parametrize("service", ["birth", "business"])
def test_a_poster_is_one_sheet_of_a5_for_each_language(service: str, tmp_path: Path) -> None:
    sheets, sizes = printed(poster(SERVICES[service], settings()), tmp_path)
    assert (sheets, sizes) == (3, {A5})


@pytest.mark.slow
def test_what_changes_is_a_page_or_two_of_a4(tmp_path: Path) -> None:
    new = edited(("keep: 30d", "keep: 60d"), ('en: "What is broken?"', 'en: "What broke?"'))
    sheets, sizes = printed(difference(WATER, new, settings()), tmp_path)
    assert sizes == {A4}
    assert sheets <= 2
