"""Bad luck with forms of the desk, in a browser: no network, no answer, an ended sitting, a flood, a strange file."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from console import roles, secrets
from console.cookies import COOKIE
from console.visit import ROOT
from console.words import Words
from store.scope import EVERYTHING
from store.users import Newcomer
from store.values import Settlement, Trip
from tests.console.conftest import NARROW, WIDE, SignedIn, Site
from tests.console.test_skeleton import AXE, EXAMPLES, SEEN, address
from tests.console.town import soon
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
expect.set_options(timeout=60_000)

AGENCY = "elsewhere"
PASSWORD = "four unlike words here"
LOST = {"en": "network", "lo": "ເຄືອຂ່າຍ"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _things(site: Site) -> AsyncIterator[None]:
    """What the pages of the table need to be there."""
    await refused(site, 1)
    await site.memory.review.tell("unmatched", "what is this")
    await site.memory.users.add(Newcomer(EXAMPLES["user"], "", ["officer"], EVERYTHING), by="test")
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer("late", hashed, ["officer", "admin"], EVERYTHING, fresh=False), by="test")
    yield


async def refused(site: Site, n: int) -> str:
    """A birth whose mother's name the agency cannot use; its reference."""
    live = site.memory.office.live["birth"]
    one = submission(n, agencies=(AGENCY,), answers={"mother_name": "Kham Keo"}, revision=live.digest)
    await write(site.memory, [one])
    found = await site.memory.queue.one(EVERYTHING, one.reference)
    assert found
    said = Settlement(found.latest, "refuse", code="invalid", reason="bad_value", fields=("mother_name",))
    trip = Trip(AGENCY, "http", (found.latest,), "answered")
    await site.memory.road.settle(AGENCY, [said], trip, site.memory.clock.steady(), wake=False)
    return one.reference


PLACES = {
    "fix": ("officer", "/queue/{ref}/fix", "#f-mother_name", "Bouavanh Keomany"),
    "withdraw": ("officer", "/queue/{ref}", "#note", "she has sent it twice"),
    "reveal": ("officer", "/queue/{ref}", "#reason", "to ask for the birth card"),
    "counter": ("officer", "/counter", "#number", "020 55 512 345"),
    "user": ("admin", f"/users/{EXAMPLES['user']}", "#shown", "Noy of the south"),
    "waiver": ("admin", "/publishing", "#waive-note", "until the speaker is back"),
    "sign-in": ("", "/login", "#name", "somebody"),
}
"""Where somebody types outside of the editor: (role, page, field, words)."""


async def typed(site: Site, signed_in: SignedIn, place: str, n: int, language: str) -> tuple[Page, str]:
    """The page with words in its field, and the request's reference."""
    role, path, field, words = PLACES[place]
    reference = await refused(site, n) if "{ref}" in path else ""
    page = await signed_in(role or "officer", language=language, size=NARROW if language == "lo" else WIDE)
    if not role:
        await page.context.clear_cookies(name=COOKIE)
    await page.goto(ROOT + path.format(ref=reference))
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    await page.locator(field).fill(words)
    for other in await page.locator(f"form:has({field}) [required]").all():
        if not await other.input_value():
            await other.fill("2030-01-01" if await other.get_attribute("type") == "date" else "something")
    return page, reference


async def no_barrier(page: Page) -> None:
    seen = await Axe().run(page, options=AXE)
    assert [(one["id"], one["nodes"][0]["html"]) for one in seen.response["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


async def press(page: Page, field: str) -> None:
    await page.locator(f"form:has({field}) button").first.click()


@pytest.mark.parametrize(("place", "language"), [*((one, "en") for one in PLACES), ("fix", "lo"), ("sign-in", "lo")])
async def test_without_a_network_the_words_stay_on_the_page(
    site: Site, signed_in: SignedIn, place: str, language: str
) -> None:
    _, path, field, words = PLACES[place]
    page, reference = await typed(site, signed_in, place, 100 + len(place) * 2 + (language == "lo"), language)
    await page.context.set_offline(True)
    await press(page, field)
    await expect(page.locator("#says")).to_contain_text(LOST[language])
    await expect(page.locator(field)).to_have_value(words)
    assert await page.evaluate("location.pathname") == ROOT + path.format(ref=reference)
    await page.context.set_offline(False)
    async with page.expect_response(lambda answer: answer.request.method == "POST") as waiting:
        await press(page, field)
    assert (await waiting.value).status < 500
    await expect(page.locator("#says")).not_to_contain_text(LOST[language])


async def without_an_answer(route: Route) -> None:
    """The form arrives; what the node says to it does not."""
    await route.fetch()
    await route.abort("connectionreset")


async def test_an_answer_that_was_lost_makes_nothing_twice_and_loses_no_word(site: Site, signed_in: SignedIn) -> None:
    page, reference = await typed(site, signed_in, "fix", 151, "en")
    await page.route("**/fix", without_an_answer)
    await press(page, "#f-mother_name")
    await expect(page.locator("#says")).to_contain_text("network")
    await expect(page.locator("#f-mother_name")).to_have_value("Bouavanh Keomany")
    await page.unroute("**/fix")
    await press(page, "#f-mother_name")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was sent twice")
    await expect(page.locator("main pre")).to_have_text("Bouavanh Keomany")
    await no_barrier(page)
    found = await site.memory.queue.one(EVERYTHING, reference)
    assert found
    assert found.case_revision == 2


async def test_two_quick_presses_are_one(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    await page.goto(ROOT + "/users")
    person = await site.memory.users.get((await site.person("admin")).name)
    assert person
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    keep = next(one.key for one in await site.memory.users.sittings(person.name))
    await site.memory.users.set_password(person.name, hashed, by="test", fresh=False, keep=keep)
    await page.get_by_text("Add a user").first.click()
    await page.locator("#name").fill("pressed-twice")
    await page.get_by_label("officer: works the requests").check()
    await page.locator("#districts").fill("LA09")
    await page.locator("#own").fill(PASSWORD)
    await page.get_by_role("button", name="Add a user").dblclick()
    await expect(page.locator("#password")).to_be_visible()
    assert await page.title() == "pressed-twice · LA-DEMO-01"


@pytest.mark.parametrize(("place", "language"), [("fix", "en"), ("withdraw", "lo"), ("counter", "en")])
async def test_what_was_typed_comes_back_after_the_sign_in_and_can_be_sent(
    site: Site, signed_in: SignedIn, place: str, language: str
) -> None:
    _, _, field, words = PLACES[place]
    page, reference = await typed(site, signed_in, place, 160 + len(place) * 2 + (language == "lo"), language)
    await page.context.clear_cookies(name=COOKIE)
    await press(page, field)
    await expect(page.locator("#name")).to_be_visible()
    await no_barrier(page)
    await page.locator("#name").fill("late")
    await page.locator("#password").fill("not the right one")
    await page.locator("main form button").click()
    await expect(page.locator("main [role=alert]")).to_have_text(Words()[language]["wrong_password"])
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main form button").click()
    await expect(page.locator("main pre").last).to_have_text(words)
    await no_barrier(page)
    await page.locator("main form button").click()
    if place == "counter":
        await expect(page.locator("#screen")).to_be_visible()
        return
    wanted = (2, "received") if place == "fix" else (1, "withdrawn")

    async def arrived() -> bool:
        found = await site.memory.queue.one(EVERYTHING, reference)
        return found is not None and (found.case_revision, found.status) == wanted

    await soon(arrived, "what was typed")


async def test_a_page_of_the_sitting_before_sends_its_words_after_all(site: Site, signed_in: SignedIn) -> None:
    page, reference = await typed(site, signed_in, "fix", 180, "en")
    cookie, _ = await site.memory.users.enter("late", "another window", "test")
    await page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": site.base}])
    await press(page, "#f-mother_name")
    await expect(page.locator("main pre")).to_have_text("Bouavanh Keomany")
    await page.get_by_role("button", name="Send again").click()
    await page.wait_for_url(re.compile(f"/queue/{reference}$"))


@pytest.mark.parametrize(("place", "language"), [("fix", "lo"), ("reveal", "en"), ("counter", "en")])
async def test_a_megabyte_is_told_and_stays_where_it_was_pasted(
    site: Site, signed_in: SignedIn, place: str, language: str
) -> None:
    field = PLACES[place][2]
    page, _ = await typed(site, signed_in, place, 190 + len(place) * 2 + (language == "lo"), language)
    flood = "(one) => { one.removeAttribute('maxlength'); one.value = 'ກ'.repeat(350_000); }"
    await page.locator(field).evaluate(flood)
    await press(page, field)
    await expect(page.locator("#says")).to_contain_text({"en": "too large", "lo": "ໃຫຍ່ເກີນໄປ"}[language])
    assert len(await page.locator(field).input_value()) == 350_000


STRANGE = {
    "picture.bundle": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "page.bundle": b"<!doctype html><title>Sign in to the network</title>",
    "nothing.bundle": b"",
    "<b onclick=alert(1)>&.bundle": b"PK\x03\x04" + bytes(100),
    "\u202egpj.bundle": b"MZ" + bytes(5000),
}


@pytest.mark.parametrize(("language", "said"), [("en", "no bundle of Sala"), ("lo", "ໄຟລ໌ນີ້ໃຊ້ບໍ່ໄດ້")])
async def test_a_file_that_is_no_receipt_is_told_in_her_language(
    signed_in: SignedIn, tmp_path: Path, language: str, said: str
) -> None:
    page = await signed_in("officer", language=language)
    await page.goto(ROOT + "/transfer")
    for name, data in STRANGE.items():
        (tmp_path / name).write_bytes(data)
    await page.locator("#files").set_input_files([tmp_path / name for name in STRANGE])
    await page.context.set_offline(True)
    await press(page, "#files")
    await expect(page.locator("#says")).to_contain_text(LOST[language])
    assert await page.locator("#files").evaluate("one => one.files.length") == len(STRANGE)
    await page.context.set_offline(False)
    await press(page, "#files")
    told = page.locator("main section[role=status] li")
    await expect(told).to_have_count(len(STRANGE))
    for one in await told.all():
        await expect(one).to_contain_text(said)
    assert await page.locator("main li b").count() == 0


async def test_every_form_of_every_page_stays_when_the_network_goes(signed_in: SignedIn) -> None:
    left: dict[str, list[str]] = {}
    forms = 0
    for page in SEEN:
        role = next((one for one in ("officer", *roles.ROLES) if one in page.roles), "officer")
        shown = await signed_in(role)
        await shown.goto(address(page))
        found = await shown.evaluate(
            "[...document.querySelectorAll('form[method=post]')].map((one) => [one.getAttribute('action'),"
            " one.matches('[data-stays], [hx-post], [hx-boost=true] *, [hx-boost=false]')])"
        )
        forms += len(found)
        if missed := [action for action, stays in found if not stays]:
            left[page.path] = missed
        await shown.context.close()
    assert left == {}
    assert forms > 50, "the control: there are forms"


async def test_without_a_script_the_same_forms_work(site: Site, signed_in: SignedIn) -> None:
    reference = await refused(site, 210)
    page = await signed_in("officer", script=False)
    await page.goto(f"{ROOT}/queue/{reference}/fix")
    await page.get_by_label("Mother").fill("Bouavanh Keomany")
    await page.get_by_role("button", name="Send again").click()
    await page.wait_for_url(re.compile(f"/queue/{reference}$"))
    await page.goto(ROOT + "/counter")
    await page.get_by_label("Her telephone number").fill("020 55 512 345")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.locator("#screen")).to_be_visible()


async def test_a_late_answer_does_not_call_back_whoever_has_gone_on(site: Site, signed_in: SignedIn) -> None:
    """A button, and a link while its answer is under way: the link is where she wants to be."""
    page, _ = await typed(site, signed_in, "user", 90, "en")
    followed, told = asyncio.Event(), asyncio.Event()

    async def when_followed(route: Route) -> None:
        if route.request.method == "POST":
            await followed.wait()
        await route.continue_()

    async def when_told(route: Route) -> None:
        followed.set()
        await told.wait()
        # Time in which a page that called her back would have done so.
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/users/*", when_followed)
    await page.route("**/audit", when_told)
    page.on("response", lambda answer: told.set() if answer.request.method == "POST" else None)
    await page.locator("form:has(#shown) button").first.click(no_wait_after=True)
    await page.get_by_role("link", name="Audit", exact=True).click(no_wait_after=True)
    await page.wait_for_url("**/audit")
    await expect(page.locator("h1")).to_have_text(Words()["en"]["audit"])
