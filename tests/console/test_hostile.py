"""What citizens, agencies and other sites could try at the desk; and bad luck: old forms, lost sessions, floods."""

import csv
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import ConsoleMessage, Page, expect

from console import secrets
from console.cookies import COOKIE
from console.pages import PAGES
from console.visit import ROOT
from flows.cells import tame
from store.scope import EVERYTHING
from store.users import Newcomer, key_of
from store.values import Settlement, StatusEvent, Trip
from tests.console.conftest import SignedIn, Site
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CANARY = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>{{7*7}}'\"><b>"
FORMULA = '=HYPERLINK("http://evil.example","click")'
AGENCY = "elsewhere"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poisoned(site: Site) -> AsyncIterator[str]:
    """A request in which every text that a citizen or an agency can write is hostile; its reference."""
    memory = site.memory
    answers = {"mother_name": CANARY, "place": CANARY, "note": FORMULA, CANARY: CANARY}
    live = memory.office.live["birth"]
    one = submission(77, agencies=(AGENCY,), answers=answers, place="LA0901", revision=live.digest)
    await write(memory, [one])
    found = await memory.queue.one(EVERYTHING, one.reference)
    assert found
    event = StatusEvent(1, one.submission_id, one.reference, "in_review", CANARY, ("mother_name",), {"x": CANARY})
    await memory.road.statuses(AGENCY, [event], "1", memory.clock.steady())
    wrong = (CANARY, "mother_name")
    said = Settlement(found.latest, "refuse", code=CANARY, agency_ref=CANARY, reason=CANARY, fields=wrong)
    trip = Trip(AGENCY, "http", (found.latest,), CANARY)
    await memory.road.settle(AGENCY, [said], trip, memory.clock.steady(), wake=False)
    await memory.review.tell("unmatched", CANARY)
    await memory.audit.note("officer", "number_revealed", one.reference, reason=CANARY)
    yield one.reference


async def test_no_text_of_a_citizen_or_an_agency_becomes_markup(site: Site, signed_in: SignedIn, poisoned: str) -> None:
    for role in ("officer", "auditor"):
        said: list[str] = []
        page = await signed_in(role)
        listen(page, said)
        seen = 0
        for one in PAGES:
            if one.method != "GET" or role not in one.roles or re.search(r"csv|xlsx|events|\{(?!ref)", one.path):
                continue
            path = re.sub(r"\{ref[^}]*\}", poisoned, one.path)
            await page.goto(f"{ROOT}{path}?state=all&q=&of={poisoned}")
            content = await page.content()
            assert await page.title() != "owned", path
            assert "<img src=x" not in content, path
            assert await page.locator("main img, main script, main b").count() == 0, path
            seen += "&lt;img src=x" in content
        assert seen > 1, "the control: it was shown as text"
        assert said == [], "no dialog, and nothing that the policy had to stop"


def listen(page: Page, said: list[str]) -> None:
    """Write down what no page may bring about: a dialog, or something for the policy to stop."""

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            said.append(message.text)

    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", heard)


async def test_the_policy_would_stop_what_slipped_through(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("officer")
    await page.goto(ROOT + "/queue")
    async with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.bad=1\">')")
    assert await page.evaluate("window.bad") is None


async def test_a_file_for_a_spreadsheet_holds_no_formula(site: Site, poisoned: str) -> None:
    person = await site.person("auditor")
    await site.memory.audit.note(FORMULA, FORMULA, FORMULA, reason=FORMULA)
    async with site.client(person) as http, http.get(ROOT + "/audit.csv") as answer:
        text = (await answer.text()).lstrip("\ufeff")
    rows = list(csv.reader(text.splitlines()))
    assert any("HYPERLINK" in cell for row in rows for cell in row), "the control"
    assert [cell for row in rows[1:] for cell in row[2:] if cell[:1] in set("=+-@\t\r")] == []
    assert tame("-1") == "'-1"


async def post(http: aiohttp.ClientSession, path: str, **data: str) -> tuple[int, str]:
    async with http.post(ROOT + path, data=data, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_wrong_passwords_are_told_plainly_counted_and_never_say_whether_the_name_exists(site: Site) -> None:
    kept = secrets.hash_password("rice river bamboo")
    await site.memory.users.add(Newcomer("kham", kept, ["officer"], EVERYTHING, fresh=False), by="test")
    async with site.client(None) as http:
        known = await post(http, "/login", name="kham", password="wrong")
        unknown = await post(http, "/login", name="nobody", password="wrong")
        assert known[0] == unknown[0] == 401
        assert known[1].replace("kham", "nobody") == unknown[1]
        for _ in range(4):
            await post(http, "/login", name="kham", password="wrong")
        assert (await post(http, "/login", name="kham", password="rice river bamboo"))[0] == 429
        assert "rests for some minutes" in (await post(http, "/login", name="kham", password="x"))[1]
    await site.memory.users.right("kham")
    async with site.client(None) as http:
        assert (await post(http, "/login", name="kham", password="rice river bamboo"))[0] == 303


async def test_a_second_factor_is_asked_used_once_and_can_be_witnessed(site: Site) -> None:
    kept, secret = secrets.hash_password("rice river bamboo"), secrets.draw_secret()
    users = site.memory.users
    await users.add(Newcomer("noy", kept, ["officer"], EVERYTHING, fresh=False), by="test")
    await users.set_secret("noy", secret, ["aaaaa-bbbbb"], by="noy")
    right = {"name": "noy", "password": "rice river bamboo"}

    async def enter(code: str) -> int:
        async with site.client(None) as http:
            return (await post(http, "/login", **right, code=code))[0]

    now = site.memory.clock.now()
    code = secrets.totp(secret, now // secrets.PERIOD)
    assert await enter("") == 401
    assert await enter("000000") == 401
    assert await enter(code) == 303
    assert await enter(code) == 401, "a code is used once"
    assert await enter("AAAAA BBBBB") == 303, "a printed code"
    await users.vouch("noy", "ccccc-ddddd", "kham", site.memory.clock.steady() + 900)
    assert await enter("cccccddddd") == 303
    (newest,) = await site.memory.audit.entries(subject="noy", limit=1)
    assert newest.details == {"how": "vouched:kham"}


async def test_a_first_password_must_be_changed_before_anything_else(site: Site, signed_in: SignedIn) -> None:
    kept = secrets.hash_password("given by an admin")
    await site.memory.users.add(Newcomer("seng", kept, ["officer"], EVERYTHING), by="admin")
    page = await signed_in("auditor")
    await page.context.clear_cookies(name=COOKIE)
    await page.goto(ROOT + "/queue")
    await page.get_by_label("User name").fill("seng")
    await page.get_by_label("Password", exact=True).fill("given by an admin")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/account")
    await page.goto(ROOT + "/queue")
    await page.wait_for_url("**/account")
    await page.get_by_label("Password until now").fill("given by an admin")
    await page.get_by_label("New password", exact=True).fill("rice river bamboo")
    await page.get_by_label("New password again").fill("rice river bamboo")
    await page.get_by_role("button", name="Change the password").click()
    await page.wait_for_url("**/queue")


async def test_what_was_written_when_the_session_ended_comes_back_after_the_sign_in(
    site: Site, signed_in: SignedIn, poisoned: str
) -> None:
    kept = secrets.hash_password("rice river bamboo")
    await site.memory.users.add(Newcomer("dao", kept, ["officer"], EVERYTHING, fresh=False), by="test")
    page = await signed_in("officer")
    await page.goto(f"{ROOT}/queue/{poisoned}")
    await page.get_by_text("Show the whole number").first.click()
    await page.get_by_label("Why do you need it?").fill("to ask for the birth card")
    await page.context.clear_cookies(name=COOKIE)
    await page.get_by_role("button", name="Show the whole number").click()
    await expect(page.locator("main")).to_contain_text("What you wrote is kept")
    await page.get_by_label("User name").fill("dao")
    await page.get_by_label("Password", exact=True).fill("rice river bamboo")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("main")).to_contain_text("What you wrote is still here")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator("main")).to_contain_text("+8562055500000")


async def test_a_stale_form_comes_back_whole(site: Site, poisoned: str) -> None:
    person = await site.person("officer")
    async with site.client(person) as http:
        status, text = await post(http, f"/queue/{poisoned}/reveal", token="of-yesterday", reason="ask for papers")
    assert status == 403
    assert 'value="ask for papers"' in text
    assert person.token in text


async def test_a_flood_is_refused_in_plain_words_and_changes_nothing(site: Site, poisoned: str) -> None:
    person = await site.person("officer")
    before = len(await site.memory.audit.entries(subject=poisoned))
    async with site.client(person) as http:
        status, text = await post(http, f"/queue/{poisoned}/reveal", token=person.token, reason="x" * 1_000_000)
        assert (status, "too large" in text) == (413, True)
        for odd in ("%00", "999999999999999999999999", "'%20OR%201=1", "..%2f..%2fetc", "%C2%B2", "%D9%A3"):
            async with http.get(f"{ROOT}/queue/{odd}") as answer:
                assert answer.status == 404, odd
            async with http.get(f"{ROOT}/queue?state={odd}&at={odd}&age={odd}&service={odd}&q={odd}") as answer:
                assert answer.status == 200, odd
            async with http.get(f"{ROOT}/calls?after={odd}") as answer:
                assert answer.status == 200, odd
        async with http.get(ROOT + "/static/x/../../../words.py") as answer:
            assert answer.status == 404
    assert len(await site.memory.audit.entries(subject=poisoned)) == before


async def test_nobody_is_sent_elsewhere_by_a_link(site: Site) -> None:
    async with site.client(None) as http:
        for to in ("https://evil.example/", "//evil.example", "/console/\\evil.example", "javascript:alert(1)"):
            async with http.get(f"{ROOT}/language/en", params={"to": to}, allow_redirects=False) as answer:
                assert answer.headers["Location"] == ROOT + "/", to


async def test_a_sitting_that_was_ended_elsewhere_is_over_at_once(site: Site) -> None:
    cookie, _ = await site.memory.users.enter((await site.person("auditor")).name, "other", "test")
    async with aiohttp.ClientSession(site.base, cookies={COOKIE: cookie}) as http:
        async with http.get(ROOT + "/queue") as answer:
            assert answer.status == 200
        await site.memory.users.leave((await site.person("auditor")).name, key_of(cookie))
        async with http.get(ROOT + "/queue") as answer:
            assert answer.status == 401
