"""Every page of the table, as strangers, roles and browsers meet it: rights, forms of others, axe, both languages."""

import gzip
import re

import aiohttp
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page as Window
from playwright.async_api import ViewportSize, expect

from console import roles
from console.cookies import COOKIE
from console.page import Page
from console.pages import PAGES
from console.visit import ROOT
from store.scope import EVERYTHING, Scope
from store.users import Newcomer
from tests.console.conftest import NARROW, WIDE, SignedIn, Site
from tests.store.desk_kit import submission, write
from tests.store.test_queue import refuse

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

# What stands in for the parts of an address: a request of district LA0901 and the civil registry, written at first.
EXAMPLES = {
    "tag": "en",
    "ref": submission(1).reference,
    "line": "1",
    "name": "nothing.bundle",
    "user": "somebody",
    "agency": "health",
    "channel": "demo",
}

STREAMS = {"/queue/events"}
"""Pages that do not end by themselves."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _a_request(site: Site) -> None:
    await write(site.memory, [submission(1, agencies=("elsewhere",)), submission(2, place="LA0402")])
    await refuse(site.memory, 1, "elsewhere")
    await site.memory.review.tell("unmatched", "what is this")
    await site.memory.users.add(Newcomer(EXAMPLES["user"], "", ["officer"], EVERYTHING), by="test")


def address(page: Page) -> str:
    """The page's address with examples in it."""
    return ROOT + re.sub(r"\{(\w+)[^}]*\}", lambda part: EXAMPLES.get(part[1], "nothing"), page.path)


async def status(http: aiohttp.ClientSession, page: Page, token: str, **headers: str) -> int:
    if page.path in STREAMS:
        async with http.get(address(page), headers=headers) as answer:
            return answer.status
    data = {"token": token} if page.method == "POST" else None
    async with http.request(page.method, address(page), data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_strangers_see_the_sign_in_and_nothing_else(site: Site) -> None:
    async with site.client(None) as http:
        for page in PAGES:
            found = await status(http, page, "")
            if page.roles & roles.STRANGERS:
                assert found < 500, page
            else:
                assert found == 401, page


@pytest.mark.parametrize("role", roles.ROLES)
async def test_each_role_gets_its_pages_and_no_other(site: Site, role: str) -> None:
    for page in PAGES:
        if page.roles & roles.STRANGERS or page.path in {"/logout", "/account/revoke"}:
            continue
        person = await site.person(role)
        async with site.client(person) as http:
            found = await status(http, page, person.token)
        assert found < 500, page
        assert (found == 403) == (role not in page.roles), page


FOREIGN = {
    "another district": Scope(("LA04",), ("*",)),
    "another agency": Scope(("*",), ("agriculture",)),
    "no district": Scope((), ("*",)),
    "no agency": Scope(("*",), ()),
}


@pytest.mark.parametrize("scope", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("role", roles.ROLES)
async def test_what_is_not_of_her_district_or_agency_is_not_there(site: Site, role: str, scope: Scope) -> None:
    for page in PAGES:
        parts = [one for one in ("{ref", "{line", "{name", "{user") if one in page.path]
        if not parts or role not in page.roles:
            continue
        person, own = await site.person(role, scope), await site.person(role)
        async with site.client(person) as http:
            assert await status(http, page, person.token) == 404, page
        if page.method == "GET" and parts == ["{ref"]:
            async with site.client(own) as http:
                assert await status(http, page, own.token) in {200, 409}, "the control: it is there"
    entry = await site.memory.queue.one(EVERYTHING, EXAMPLES["ref"])
    assert entry
    assert entry.ways[0].state == "officer_review", "and nobody has settled it"


async def test_a_form_of_another_site_changes_nothing(site: Site) -> None:
    person = await site.person("auditor")
    async with site.client(person) as http:
        for page in PAGES:
            if page.method != "POST" or page.roles & roles.STRANGERS:
                continue
            assert await status(http, page, "", **{"Sec-Fetch-Site": "cross-site"}) == 403, page
            assert await status(http, page, person.token, Origin="https://elsewhere.example") == 403, page
            assert await status(http, page, "x" * 43) == 403, page
        assert await status(http, Page("GET", "/account", roles.EVERYONE, PAGES[0].handle), "") == 200


AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SEEN = [
    page
    for page in PAGES
    if page.method == "GET"
    and not re.search(r"\{tag|\{name|csv|xlsx", page.path)
    and page.path not in {"/", "/link", *STREAMS}
]


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("lo", NARROW)], ids=["en-wide", "lo-narrow"])
async def test_no_page_has_a_barrier(signed_in: SignedIn, language: str, size: ViewportSize) -> None:
    found: dict[str, object] = {}
    windows: dict[str, Window] = {}
    for page in SEEN:
        role = next((one for one in ("officer", *roles.ROLES) if one in page.roles), "")
        if role not in windows:
            windows[role] = await signed_in(role or "admin", language=language, size=size)
            if not role:
                await windows[role].context.clear_cookies(name=COOKIE)
        shown = windows[role]
        await shown.goto(address(page))
        seen = await Axe().run(shown, options=AXE)
        found |= {f"{page.path} {one['id']}": one["nodes"][0]["html"] for one in seen.response["violations"]}
        if await shown.locator("html").get_attribute("lang") != language:
            found[f"{page.path} language"] = "another one"
        if await shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
            found[f"{page.path} width"] = "it scrolls sideways"
    assert found == {}


async def test_a_barrier_would_be_seen(signed_in: SignedIn) -> None:
    shown = await signed_in("officer")
    await shown.goto(ROOT + "/account")
    await shown.evaluate("document.querySelector('label').remove(); document.documentElement.removeAttribute('lang')")
    seen = await Axe().run(shown, options=AXE)
    assert {"label", "html-has-lang"} <= {one["id"] for one in seen.response["violations"]}


async def test_the_page_runs_under_its_own_policy(signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    await page.goto(ROOT + "/account")
    assert await page.evaluate("typeof htmx") == "object"
    assert said == []


async def test_o1_a_first_visit_is_under_a_hundred_kilobytes_and_each_page_under_thirty(site: Site) -> None:
    asked = {"Accept-Encoding": "gzip"}
    jar = aiohttp.CookieJar(unsafe=True)
    for page in SEEN:
        role = next((one for one in ("officer", *roles.ROLES) if one in page.roles), "")
        cookies = {COOKIE: (await site.person(role)).cookie} if role else {}
        async with aiohttp.ClientSession(site.base, cookies=cookies, cookie_jar=jar, auto_decompress=False) as http:
            async with http.get(address(page), headers=asked) as answer:
                packed = await answer.read()
                assert answer.headers["Content-Encoding"] == "gzip", page.path
            text = gzip.decompress(packed).decode()
            files = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', text)
            assert len(files) >= 3, page.path
            weight = 0
            for file in files:
                async with http.get(file, headers=asked) as answer:
                    assert answer.status == 200, file
                    assert "immutable" in answer.headers["Cache-Control"]
                    weight += len(await answer.read())
        assert len(packed) < 30_000, page.path
        assert len(packed) + weight < 100_000, page.path


async def test_the_list_and_a_request_can_be_used_without_a_script(signed_in: SignedIn) -> None:
    page = await signed_in("officer", script=False)
    await page.goto(ROOT + "/queue?state=fix")
    await page.get_by_role("row").get_by_role("link", name=re.compile("^Fix ")).first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Fix")
    await page.goto(ROOT + "/queue")
    await page.get_by_role("button", name="Sync now").click()
    await page.wait_for_url("**/console/queue")
    await page.get_by_role("searchbox").fill(EXAMPLES["ref"])
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("table")).to_be_visible()


async def test_the_list_can_be_used_with_the_keyboard_alone(signed_in: SignedIn) -> None:
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue?state=fix")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Go to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    wanted = page.get_by_role("row").get_by_role("link", name=re.compile("^Fix ")).first
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            break
    outline = await wanted.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid", "the focus is seen"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/fix")
