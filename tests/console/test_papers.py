"""A service on paper: each comes as a file, in the language of its reader, and only to who edits that service."""

import pytest

from console import roles
from console.visit import ROOT
from store.scope import Scope
from tests.console.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PAPERS = {
    ("storyboard", "en"): "What it takes",
    ("storyboard", "lo"): "ໃຊ້ເວລາ ແລະ ຄ່າໃຊ້ຈ່າຍ",
    ("poster", "en"): "*999*1#",
    ("voice", "en"): "birth.00.notice.prompt.lo",
    ("record", "en"): "Record of processing",
    ("record", "lo"): "ບັນທຶກການນຳໃຊ້ຂໍ້ມູນ",
}


@pytest.mark.parametrize(("what", "language"), PAPERS)
async def test_a_paper_is_a_file_in_the_readers_language(site: Site, what: str, language: str) -> None:
    async with (
        site.client(await site.person("admin"), language) as http,
        http.get(f"{ROOT}/flows/birth/paper/{what}") as answer,
    ):
        assert answer.status == 200
        assert f'attachment; filename="birth-{what}.' in answer.headers["Content-Disposition"]
        assert PAPERS[what, language] in await answer.text()


async def test_there_is_no_other_paper_and_none_of_another_agency(site: Site) -> None:
    elsewhere = await site.person("admin", Scope(("*",), ("agriculture",)))
    for person, address in ((await site.person("admin"), "birth/paper/map"), (elsewhere, "birth/paper/poster")):
        async with site.client(person) as http, http.get(f"{ROOT}/flows/{address}") as answer:
            assert answer.status == 409
    assert "admin" in roles.EDITORS
