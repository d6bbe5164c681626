"""An officer's morning in a browser, in front of a whole node and its agency: the checks O2 to O11."""

import hashlib
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from console import live
from console.visit import ROOT
from sala.agency import _read_bundles
from store.queue import Entry
from store.scope import EVERYTHING, Scope
from store.values import Settlement, Trip
from tests.console.conftest import SignedIn, Site
from tests.console.town import Registry, Wire, births, soon
from tests.sala.test_serve import answer_to

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
expect.set_options(timeout=60_000)

REGISTRY = "civil-registry"


@pytest_asyncio.fixture(loop_scope="module")
async def wire(site: Site) -> AsyncIterator[Wire]:
    one = Wire(site.node, REGISTRY)
    yield one
    one.mend()


async def entry(site: Site, reference: str) -> Entry:
    found = await site.memory.queue.one(EVERYTHING, reference)
    assert found
    return found


async def state_is(site: Site, reference: str, *states: str) -> bool:
    return any(way.state in states for way in (await entry(site, reference)).ways)


async def noticed(wire: Wire) -> None:
    async def down() -> bool:
        return wire.is_down

    await soon(down, "the cut")


def spaced(reference: str) -> str:
    return f"{reference[:3]} {reference[3:6]} {reference[6:]}"


async def test_o2_the_strip_says_since_when_and_hears_by_itself_that_the_link_is_back(
    site: Site, signed_in: SignedIn, wire: Wire
) -> None:
    wire.cut()
    await births(site, ["+8562055500001"])
    await noticed(wire)
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue")
    strip = page.locator("#strip")
    await expect(strip).to_contain_text(re.compile(r"down since \d\d:\d\d"))
    await expect(strip).to_contain_text("1 request waits here, safe on this machine")
    wire.mend()
    await expect(strip).to_contain_text("Nothing waits")
    await expect(strip).to_contain_text("Link to the agencies: up")


async def test_o3_a_new_request_appears_without_reload(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("officer")
    async with page.expect_response(lambda answer: "/queue/events?" in answer.url):
        await page.goto(ROOT + "/queue?state=all")
    await page.evaluate("window.same = 'the same page'")
    (reference,) = await births(site, ["+8562055500002"])
    await expect(page.get_by_role("table").get_by_role("link", name=spaced(reference))).to_be_visible()
    assert await page.evaluate("window.same") == "the same page"


async def test_o3_where_no_stream_is_taken_the_list_asks_now_and_then(
    site: Site, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST", 0)
    page = await signed_in("officer")
    await page.clock.install()
    async with page.expect_response(lambda answer: "/queue/events?" in answer.url) as refused_:
        await page.goto(ROOT + "/queue?state=all")
    assert (await refused_.value).status == 503
    (reference,) = await births(site, ["+8562055500077"])
    link = page.get_by_role("table").get_by_role("link", name=spaced(reference))

    async def there() -> bool:
        await page.clock.fast_forward(16_000)
        return bool(await link.count())

    await soon(there, "the new request")


async def test_o4_o5_sync_now_counts_survives_a_reload_and_says_what_a_broken_link_left(
    site: Site, signed_in: SignedIn, wire: Wire
) -> None:
    wire.cut()
    references = await births(site, [f"+85620555001{n:02d}" for n in range(5)])
    await noticed(wire)
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue")
    wire.cut(after=2)
    await page.get_by_role("button", name="Sync now").click()
    await page.reload()
    push = page.locator(".push")
    await expect(push).to_contain_text("Synced at")
    told = re.search(r"(\d+) of (\d+) sent\.(.*)", " ".join((await push.inner_text()).split()))
    assert told
    sent, total = int(told[1]), int(told[2])
    assert 0 < sent < total
    assert f"the agency was not reached. {total - sent} wait here, safe; none is sent twice." in told[3]
    assert re.search(r"next try in \d+ s|The next try comes by itself", told[3])
    wire.mend()
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.locator("#strip")).to_contain_text("Nothing waits")
    there = await Registry(site).references()
    assert sorted(one for one in there if one in references) == sorted(references), "each once"


async def refused(site: Site, reference: str, *fields: str, reason: str = "bad_value", code: str = "invalid") -> None:
    """The agency's word that it cannot use it, as if it had been in an answer."""
    seq = (await entry(site, reference)).latest
    said = Settlement(seq, "refuse", code=code, reason=reason, fields=fields)
    trip = Trip(REGISTRY, "http", (seq,), "answered")
    await site.memory.road.settle(REGISTRY, [said], trip, site.memory.clock.steady(), wake=False)


async def test_o6_o7_what_was_refused_is_fixed_in_the_one_field_and_the_old_value_stays(
    site: Site, signed_in: SignedIn, wire: Wire
) -> None:
    wire.cut()
    (reference,) = await births(site, ["+8562055500003"])
    await noticed(wire)
    await refused(site, reference, "mother_name")
    page = await signed_in("officer", language="lo")
    await page.goto(f"{ROOT}/queue?state=fix")
    row = page.get_by_role("row").filter(has_text=spaced(reference))
    await expect(row).to_contain_text("ຂໍ້ມູນບໍ່ຖືກຕ້ອງ")
    page = await signed_in("officer")
    await page.goto(f"{ROOT}/queue?state=fix")
    await page.get_by_role("link", name=f"Fix {spaced(reference)}").click()
    await expect(page.locator("main")).to_contain_text("the agency cannot use it: a value is wrong")
    assert await page.locator("main form input:not([type=hidden]):not([name=note])").count() == 1
    field = page.get_by_label("Mother")
    assert "Kham" in await field.input_value()
    await field.fill("12345")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator("main")).to_contain_text("Please use letters only.")
    await expect(field).to_have_value("12345")
    await field.fill("Bouavanh Keomany")
    await page.get_by_role("button", name="Send again").click()
    await page.wait_for_url(f"**/queue/{reference}")
    await expect(page.locator("main")).to_contain_text("Bouavanh Keomany")
    await expect(page.locator("del")).to_contain_text("Kham")
    wire.mend()
    await soon(lambda: state_is(site, reference, "accepted"), "the second revision")
    await Registry(site).decide(reference, "approved")

    async def told() -> bool:
        return any(hop.kind == "message" and hop.what == "status" for hop in await site.memory.trail(reference))

    await soon(told, "the news to the citizen")
    await page.reload()
    await expect(page.locator(".trail")).to_contain_text("Put right and sent anew")
    await expect(page.locator(".trail")).to_contain_text("SMS to the citizen, the news")


async def test_two_presses_of_send_again_send_once(site: Site, signed_in: SignedIn, wire: Wire) -> None:
    wire.cut()
    (reference,) = await births(site, ["+8562055500004"])
    await noticed(wire)
    await refused(site, reference, "mother_name")
    one, two = await signed_in("officer"), await signed_in("officer")
    for page in (one, two):
        await page.goto(f"{ROOT}/queue/{reference}/fix")
        await page.get_by_label("Mother").fill("Bouavanh Keomany")
    await one.get_by_role("button", name="Send again").click()
    await one.wait_for_url(f"**/queue/{reference}")
    await two.get_by_role("button", name="Send again").click()
    await expect(two.get_by_role("alert")).to_contain_text("Nothing was sent twice")
    assert (await entry(site, reference)).case_revision == 2


async def test_o8_o9_a_stick_carries_what_waits_and_brings_the_receipts_home(
    site: Site, signed_in: SignedIn, wire: Wire
) -> None:
    wire.cut()
    references = await births(site, ["+8562055500005", "+8562055500006"])
    await noticed(wire)
    page = await signed_in("officer")
    await page.goto(ROOT + "/transfer")
    await page.get_by_role("button", name="Write a file").click()
    newest = page.locator("li.good")
    await expect(newest).to_contain_text(re.compile(r"[2-9] requests"))
    await expect(page.locator("main")).to_contain_text(re.compile(r"0 wait · [2-9] on the way by stick"))
    async with page.expect_download() as waiting:
        await newest.get_by_role("link").click()
    stick = site.folder / "stick"
    stick.mkdir()
    download = await waiting.value
    saved = stick / download.suggested_filename
    await download.save_as(saved)
    assert hashlib.sha256(saved.read_bytes()).hexdigest() in await newest.inner_text()
    for one in references:
        assert await state_is(site, one, "carried", "leased", "in_doubt")
    await _read_bundles(site.folder / "agency", stick)
    receipts = [file for file in sorted(stick.iterdir()) if file.name != saved.name]
    assert receipts
    broken = stick / "not-a-receipt.bundle"
    broken.write_bytes(b"MZ" + bytes(2000))
    await page.get_by_label("Receipt files").set_input_files([*receipts, broken])
    await page.get_by_role("button", name="Read").click()
    status = page.get_by_role("status").filter(has_text="Receipts were read")
    await expect(status).to_contain_text(re.compile(r"civil-registry: [2-9] accepted"))
    await expect(status).to_contain_text("not-a-receipt.bundle")
    for one in references:
        assert await state_is(site, one, "accepted")
    wire.mend()
    await page.goto(ROOT + "/queue")
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.locator(".push")).to_contain_text("Synced at")
    there = await Registry(site).references()
    assert sorted(one for one in there if one in references) == sorted(references), "each once"


async def test_o10_search_forgives_a_typing_error_and_knows_last_digits_and_villages(
    site: Site, signed_in: SignedIn
) -> None:
    (reference,) = await births(site, ["+8562055507391"])

    async def carded() -> bool:
        return bool((await site.memory.queue.search(EVERYTHING, "7391", 5))[0])

    await soon(carded, "the card")
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue")
    wrong = reference[:3] + str((int(reference[3]) + 1) % 10) + reference[4:]
    for typed in (reference, wrong, "7391", "Thanam"):
        await page.get_by_role("searchbox").fill(typed)
        await page.get_by_role("button", name="Find").click()
        await expect(page.get_by_role("table").get_by_role("link", name=spaced(reference))).to_be_visible()
        if typed == wrong:
            await expect(page.locator("main")).to_contain_text("is it one of them?")
    await page.goto(ROOT + "/queue?state=all")
    await page.get_by_text("Show only").click()
    await page.get_by_role("textbox", name="Village").fill("Thanam")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_role("table").get_by_role("link", name=spaced(reference))).to_be_visible()
    await expect(page.get_by_role("textbox", name="Village")).to_have_value(re.compile("Thanam"))
    await page.get_by_role("textbox", name="Village").fill("Atlantis")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("main")).to_contain_text("No request is here.")
    await page.get_by_role("searchbox").fill("nobody")
    await page.get_by_role("button", name="Find").click()
    await expect(page.locator("main")).to_contain_text("No request is here.")


async def test_o11_a_number_is_masked_shown_for_a_reason_and_the_reason_is_kept(
    site: Site, signed_in: SignedIn
) -> None:
    (reference,) = await births(site, ["+8562055508888"])
    page = await signed_in("officer")
    await page.goto(f"{ROOT}/queue/{reference}")
    assert "8562055508888" not in await page.content()
    await expect(page.locator("main")).to_contain_text("••••888")
    await page.get_by_text("Show the whole number").first.click()
    await page.get_by_label("Why do you need it?").fill("to ask for the birth card")
    await page.get_by_role("button", name="Show the whole number").click()
    await expect(page.locator("main")).to_contain_text("+8562055508888")
    auditor = await signed_in("auditor")
    await auditor.goto(f"{ROOT}/audit?of={reference}")
    await expect(auditor.locator("main")).to_contain_text("to ask for the birth card")
    await expect(auditor.locator("main")).to_contain_text("The chain is whole")
    other = await signed_in("officer", scope=Scope(("LA17",), ("*",)))
    answer = await other.goto(f"{ROOT}/queue/{reference}")
    assert answer
    assert answer.status == 404


async def test_a_citizen_at_the_counter_is_helped_with_the_same_flow_and_the_helper_is_kept(
    site: Site, signed_in: SignedIn
) -> None:
    page = await signed_in("officer")
    await page.goto(ROOT + "/counter")
    await page.get_by_label("Her telephone number").fill("020 55 512 399")
    await page.get_by_role("button", name="Begin").click()
    reference = await walk_counter(page)
    await page.get_by_role("link", name="Open the request").click()
    await expect(page.locator("main")).to_contain_text("COUNTER")
    await expect(page.locator(".trail")).to_contain_text("Helped at the counter · officer-all-all")
    await page.goto(f"{ROOT}/queue/{reference}/slip")
    await expect(page.locator(".slip")).to_contain_text(spaced(reference))
    body = (await entry(site, reference)).event or b""
    assert b'"channel":"counter"' in body
    assert b"+8562055512399" in body


async def walk_counter(page: Page) -> str:
    """Press keys until the end; the reference."""
    for _ in range(40):
        screen = await page.locator("#screen").inner_text()
        done = page.get_by_role("link", name="Next person")
        if await done.count():
            found = re.search(r"(\d{3}) (\d{3}) (\d{3})", screen)
            assert found
            return "".join(found.groups())
        english = next((line.split()[0] for line in screen.split("\n") if "English" in line), "")
        await page.get_by_label("Her answer").fill(english or answer_to(screen))
        async with page.expect_navigation():
            await page.get_by_role("button", name="Send", exact=True).click()
    raise AssertionError("it did not end")
