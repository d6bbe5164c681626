"""Publishing at the desk: what waits for a second person, a pause with words for citizens, words let through."""

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from openpyxl import load_workbook
from playwright.async_api import expect

from console.visit import ROOT
from store.scope import Scope
from tests.console.conftest import NARROW, Person, SignedIn, Site

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
expect.set_options(timeout=60_000)


async def test_a_service_rests_with_words_for_citizens_and_goes_on(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    await page.goto(ROOT + "/publishing")
    birth = page.get_by_role("listitem").filter(has_text="birth").first
    await birth.get_by_text("Let it rest").first.click()
    await birth.get_by_label("What citizens read (en)").fill("The registry moves. Open again on Monday.")
    await birth.get_by_label("Note: what and why").first.fill("they move")
    await birth.get_by_role("button", name="Let it rest").click()
    await expect(page.get_by_text("The registry moves. Open again on Monday.")).to_be_visible()
    assert site.memory.office.said["birth"]["en"] == "The registry moves. Open again on Monday."
    await page.get_by_role("button", name="Let it go on").click()
    await expect(page.get_by_text("The registry moves.")).to_have_count(0)
    assert "birth" not in site.memory.office.paused


async def test_a_proposal_is_looked_at_and_approved(site: Site, signed_in: SignedIn) -> None:
    drafts, library = site.memory.drafts, site.memory.library
    live = await library.live("feedback")
    assert live
    text = (await drafts.open("feedback")).text
    changed = text.replace("\ntitle:", "\n# looked at\ntitle:", 1).replace("keep: 30d", "keep: 31d", 1)
    assert changed != text
    await drafts.save("feedback", changed, expected=0, by="anna")
    number = await drafts.propose("feedback", "anna", "kept a day longer")
    page = await signed_in("approver", size=NARROW)
    await page.goto(ROOT + "/publishing")
    await page.get_by_role("link", name=re.compile("Service feedback")).click()
    await expect(page.get_by_text("kept a day longer")).to_be_visible()
    await expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    await page.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_role("heading", name="Publishing")).to_be_visible()
    assert (await drafts.proposal(number)).state == "live"
    assert site.memory.office.live["feedback"].source == changed


async def test_what_cannot_be_done_is_said_and_changes_nothing(site: Site) -> None:
    person = await site.person("approver")
    async with site.client(person) as http:
        for path, said in (
            ("/publishing/waivers", "who answers for it"),
            ("/publishing/acts/77/right", "nothing of the number 77 waits"),
            ("/publishing/services/nothing/pause", "no flow"),
        ):
            async with http.post(ROOT + path, data={"token": person.token}) as answer:
                assert (answer.status, said in await answer.text()) == (409, True), path
        async with http.get(ROOT + "/publishing/proposals/77") as answer:
            assert answer.status == 404


async def test_a_waiver_has_a_name_and_an_end(site: Site) -> None:
    person = await site.person("approver")
    day = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    data = {"token": person.token, "note": "pilot", "until": day, "service": "birth", "language": "lo"}
    async with site.client(person) as http:
        async with http.post(ROOT + "/publishing/waivers", data=data, allow_redirects=False) as answer:
            assert answer.status == 303
        (waiver,) = [one for one in await site.memory.wording.waivers() if not one.ended_at]
        assert (waiver.flow, waiver.language, waiver.by, waiver.note) == ("birth", "lo", person.name, "pilot")
        path = f"{ROOT}/publishing/waivers/{waiver.id}/end"
        async with http.post(path, data={"token": person.token}, allow_redirects=False) as answer:
            assert answer.status == 303
    assert all(one.ended_by == person.name for one in await site.memory.wording.waivers())


async def test_a_table_goes_to_a_spreadsheet_and_comes_back_to_be_approved(site: Site) -> None:
    anna, ben = await site.person("admin"), await site.person("approver")
    async with site.client(anna) as http:
        async with http.get(ROOT + "/tables/table/fees") as answer:
            book = load_workbook(io.BytesIO(await answer.read()))
        sheet = book["fees"]
        before = str(sheet.cell(2, 2).value)
        sheet.cell(2, 2).value = "77777"
        out = io.BytesIO()
        book.save(out)
        assert await sent(http, anna, "/tables/table/fees", {"file": out.getvalue(), "version": "0"}) == 303
        assert await sent(http, anna, "/tables/table/fees", {"file": b"key\nx\n", "version": "0"}) == 409, "stale"
        assert await sent(http, anna, "/tables/table/fees", {"file": b"PK of no workbook", "version": "2"}) == 409
        assert await sent(http, anna, "/tables/table/fees/propose", {"note": ""}) == 409, "no note"
        assert await sent(http, anna, "/tables/table/fees/propose", {"note": "decree 12"}) == 303
    (waiting,) = [one for one in await site.memory.drafts.proposals() if one.name == "fees"]
    async with site.client(ben) as http:
        async with http.get(f"{ROOT}/publishing/proposals/{waiting.id}") as answer:
            assert f"was {before} and becomes 77777" in await answer.text()
        assert await sent(http, ben, f"/publishing/proposals/{waiting.id}/approve", {}) == 303
    fees = site.memory.office.tables["fees"]
    assert "77777" in next(iter(fees.rows.values()))
    await site.memory.library.rollback("fees", "test", kind="table")


async def test_words_come_back_signed_and_a_lost_value_is_named(site: Site, signed_in: SignedIn) -> None:
    anna = await site.person("admin")
    async with site.client(anna) as http:
        async with http.get(ROOT + "/tables/phrases/lo") as answer:
            book = load_workbook(io.BytesIO(await answer.read()))
        out = io.BytesIO()
        book.save(out)
        data: dict[str, str | bytes] = {"file": out.getvalue(), "version": "0", "signed": "yes"}
        assert await sent(http, anna, "/tables/phrases/lo", data) == 303
        draft = await site.memory.drafts.open("lo", kind="phrases")
        assert "signed = true" in draft.text
        (row,) = [row for row in book["phrases"].iter_rows() if row[0].value == "front.paused"]
        row[2].value = "ປິດ"
        out = io.BytesIO()
        book.save(out)
        form = aiohttp.FormData({"token": anna.token, "version": str(draft.version)})
        form.add_field("file", out.getvalue(), filename="lo.xlsx")
        async with http.post(ROOT + "/tables/phrases/lo", data=form) as answer:
            assert (answer.status, "it must show title in braces" in await answer.text()) == (409, True)
    page = await signed_in("admin", language="lo", size=NARROW)
    await page.goto(ROOT + "/tables")
    await expect(page.get_by_role("link", name="fees.xlsx")).to_be_visible()
    await site.memory.drafts.discard("lo", "test", kind="phrases")


async def sent(http: aiohttp.ClientSession, person: Person, path: str, data: Mapping[str, str | bytes]) -> int:
    """Post a form, with bytes as a file; its status."""
    form = aiohttp.FormData({"token": person.token})
    for name, value in data.items():
        if isinstance(value, bytes):
            form.add_field(name, value, filename="a.xlsx")
        else:
            form.add_field(name, value)
    async with http.post(ROOT + path, data=form, allow_redirects=False) as answer:
        return answer.status


async def test_whose_scope_is_a_part_of_the_node_steers_none_of_it(site: Site) -> None:
    for scope in (Scope(("LA04",), ("*",)), Scope(("*",), ("agriculture",))):
        person = await site.person("approver", scope)
        async with site.client(person) as http:
            path = f"{ROOT}/publishing/services/birth/pause"
            async with http.post(path, data={"token": person.token, "note": "x"}, allow_redirects=False) as answer:
                assert answer.status == 404
            async with http.get(ROOT + "/publishing") as answer:
                assert "Let it rest" not in await answer.text()
    assert "birth" not in site.memory.office.paused
