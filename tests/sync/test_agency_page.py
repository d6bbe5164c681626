"""The agency's page as a browser without script sees it."""

import base64
import hashlib
import html
import io
import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import aiohttp
import openpyxl
import pyrage
import pytest

from flows.errors import KeyFault, Refused
from sync.agency import AgencySettings, enrol, make_agency_app
from sync.agency.app import BOOK, PASSWORD, all_clerks, close_clerk, public_keys, set_password
from sync.agency.book import open_book
from sync.agency.login import TRIES
from sync.port import Batch
from sync.signing import fingerprint, key_of
from tests.sync.conftest import NODE, Agency, event_of, offer_of


class Browser:
    def __init__(self, agency: Agency, session: aiohttp.ClientSession) -> None:
        self._agency = agency
        self._session = session
        self.page = ""
        self.status = 0
        self.headers: dict[str, str] = {}

    async def _keep(self, answer: aiohttp.ClientResponse) -> str:
        self.page, self.status, self.headers = await answer.text(), answer.status, dict(answer.headers)
        return self.page

    async def get(self, path: str) -> str:
        async with self._session.get(self._agency.url + path) as answer:
            return await self._keep(answer)

    async def table(self, path: str) -> list[list[Any]]:
        """The first sheet of a workbook: its heads, then each row's cells as (value, type)."""
        async with self._session.get(self._agency.url + path) as answer:
            assert answer.status == 200
            sheet = openpyxl.load_workbook(io.BytesIO(await answer.read())).worksheets[0]
        heads, *rows = list(sheet.iter_rows())
        kinds = [[(cell.value, cell.data_type) for cell in row] for row in rows]
        return [[cell.value for cell in heads], *kinds]

    async def post(self, path: str, **form: str) -> str:
        token = re.search(r'name="token" value="([^"]+)"', self.page)
        data = {"token": token[1] if token else ""} | form
        async with self._session.post(self._agency.url + path, data=data) as answer:
            return await self._keep(answer)

    async def enter(self) -> str:
        return await self.post("/login", password=self._agency.app[PASSWORD])


@pytest.fixture
async def browser(agency: Agency):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a fixture of one line
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(agency, session)


async def _deliver(agency: Agency, *events: bytes) -> None:
    connector = agency.connector()
    await connector.deliver(Batch("b", tuple(offer_of(n, event) for n, event in enumerate(events, 1))))
    await connector.close()


async def test_nobody_sees_a_request_without_the_password(agency: Agency, browser: Browser) -> None:
    await _deliver(agency, event_of(482109337))
    for path in ("/", "/requests/1", "/requests.csv"):
        assert "482" not in await browser.get(path)
    await browser.post("/requests/1", status="approved")
    assert browser.status == 403
    await browser.post("/login", password="guess")
    assert browser.status == 403
    await browser.enter()
    assert "482 109 337" in browser.page


async def test_the_page_shows_the_digits_of_its_keys_to_whoever_is_signed_in(agency: Agency, browser: Browser) -> None:
    shown = [fingerprint(key_of(agency.secret)), fingerprint(agency.book.opener.public)]
    await browser.get("/keys")
    assert all(one not in browser.page for one in shown)
    await browser.enter()
    assert 'href="/keys"' in browser.page
    await browser.get("/keys")
    assert all(one in browser.page for one in shown)
    assert NODE in browser.page
    assert agency.secret not in browser.page


async def test_guessing_is_braked(agency: Agency, browser: Browser) -> None:
    for _ in range(TRIES):
        await browser.post("/login", password="guess")
    await browser.enter()
    assert browser.status == 429


async def test_an_officer_decides_and_the_page_shows_the_history(agency: Agency, browser: Browser) -> None:
    await _deliver(agency, event_of(1), event_of(2))
    await browser.enter()
    assert "ສົມສັກ" in await browser.get("/requests/1")
    await browser.post("/requests/1", status="needs_correction", reason="missing_field", fields="child_name")
    assert "ຕ້ອງແກ້ໄຂ" in browser.page
    assert "ຂາດຂໍ້ມູນ · ຊື່ລູກ" in browser.page
    await browser.get("/language/en")
    await browser.get("/requests/2")
    await browser.post("/requests/2", status="rejected")
    assert "Please choose a reason." in browser.page
    await browser.post("/requests/2", status="approved", note="seen")
    await browser.post("/requests/2", status="ready")
    assert "Ready" in browser.page
    assert "seen" in browser.page
    await browser.post("/requests/2", status="rejected", reason="other")
    assert "has changed meanwhile" in browser.page
    assert "000 000 002" not in await browser.get("/?state=needs_correction")
    assert "000 000 001" in browser.page
    assert "000 000 002" in await browser.get("/?reference=000%20000%20002")


async def test_a_form_from_another_page_decides_nothing(agency: Agency, browser: Browser) -> None:
    await _deliver(agency, event_of(1))
    await browser.enter()
    await browser.post("/requests/1", status="approved", token="forged")
    assert browser.status == 403
    assert "ໃໝ່" in await browser.get("/requests/1")


async def test_what_a_citizen_writes_is_text_on_the_page_and_in_the_spreadsheet(
    agency: Agency, browser: Browser
) -> None:
    attack = "=HYPERLINK(\"http://x\")<script>alert('x')</script>"
    await _deliver(agency, event_of(1, answers={"name": attack, "late": False, "list": ["a", "b"]}))
    await browser.enter()
    page = await browser.get("/requests/1")
    assert html.escape(attack).split("(")[0] in page
    assert "<script" not in page
    table = await browser.get("/requests.csv")
    assert table.startswith("\ufeffreference,number,")
    assert "'=HYPERLINK" in table
    assert "ບໍ່" in table
    assert browser.headers["Content-Disposition"].startswith("attachment")
    book = await browser.table("/requests.xlsx")
    heads, row = book[0], book[1]
    assert row[heads.index("ໂທລະສັບ")] == ("+8562055512345", "s")
    assert row[heads.index("name")] == (attack, "s")
    assert "ບໍ່" in {text for text, _ in row}


async def test_the_policy_allows_no_script_and_no_frame(browser: Browser) -> None:
    await browser.get("/")
    policy = browser.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert 'name="viewport"' in browser.page
    assert "text/css" in (await browser.get("/style.css") and browser.headers["Content-Type"])


async def test_a_newer_revision_replaces_the_older_in_whatever_order_they_come(
    agency: Agency, browser: Browser
) -> None:
    case = {"id": "0190", "revision": 1}
    await _deliver(agency, event_of(1, case=case | {"revision": 2}, sequence=2), event_of(1, case=case))
    await browser.enter()
    await browser.get("/language/en")
    assert "Replaced by a newer one" in await browser.get("/requests/2")
    assert "Approve" in await browser.get("/requests/1")


async def test_a_sealed_body_is_kept_and_said_to_be_sealed(agency: Agency, browser: Browser) -> None:
    event = event_of(1).decode()
    start, end = event.index('"data":'), len(event) - 1
    await _deliver(agency, (event[:start] + '"data_base64":"AAAA"' + event[end:]).encode())
    await browser.enter()
    await browser.get("/language/en")
    assert "sealed" in await browser.get("/requests/1")


async def test_a_body_that_is_sealed_to_this_agency_is_opened_to_be_read_and_corrected(
    agency: Agency, browser: Browser
) -> None:
    event = json.loads(event_of(1, answers={"child_name": "ສົມສັກ"}))
    keys = [pyrage.x25519.Recipient.from_str(agency.book.opener.public)]
    event["data_base64"] = base64.b64encode(pyrage.encrypt(json.dumps(event.pop("data")).encode(), keys)).decode()
    await _deliver(agency, json.dumps(event).encode())
    await browser.enter()
    assert "ສົມສັກ" in await browser.get("/requests/1")
    await browser.post("/requests/1", status="needs_correction", reason="bad_value", fields="child_name")
    assert "ຕ້ອງແກ້ໄຂ" in browser.page


async def test_the_address_of_the_sign_in_form_leads_home_when_it_is_reloaded(browser: Browser) -> None:
    assert 'name="password"' in await browser.get("/login")


async def test_the_style_sheet_has_another_address_when_it_changes(agency: Agency, browser: Browser) -> None:
    found = re.search(r'href="(/style\.css\?([0-9a-f]{12}))"', await browser.get("/"))
    assert found
    sheet = await browser.get(found[1])
    assert hashlib.sha256(sheet.encode()).hexdigest().startswith(found[2])


async def test_enrolling_again_keeps_the_old_secret_until_the_new_one_is_used(agency: Agency, tmp_path: Path) -> None:
    new = await enrol(tmp_path / "agency", NODE)
    for secret, works in ((agency.secret, True), (new, True), (agency.secret, False)):
        connector = agency.connector(secret=secret)
        with nullcontext() if works else pytest.raises(Refused):
            await connector.statuses("", 0)
        await connector.close()


async def test_the_key_is_the_owners_alone_and_another_opens_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    await enrol(folder, NODE)
    assert (folder / "agency.key").stat().st_mode & 0o777 == 0o600
    assert b"whsec_" not in (folder / "agency.db").read_bytes()
    (folder / "agency.key").write_text("00" * 32 + "\n")
    book = open_book(folder)
    with pytest.raises(KeyFault):
        async with book:
            pass


def test_phrases_are_the_same_in_both_languages(tmp_path: Path) -> None:
    import tomllib  # noqa: PLC0415 - this test's alone

    words = tomllib.loads(Path("sync/agency/texts.toml").read_text("utf-8"))
    assert words["lo"].keys() == words["en"].keys()
    assert make_agency_app(AgencySettings(data=tmp_path))[BOOK] is not None


async def test_the_list_is_filtered_by_service_place_node_day_and_number(agency: Agency, browser: Browser) -> None:
    await _deliver(agency, event_of(1), event_of(2, service="farm", place={"pcode": "LA0902"}), event_of(3))
    await browser.enter()
    await browser.get("/language/en")
    shown = {
        "": {1, 2, 3},
        "?service=farm": {2},
        "?place=LA0901": {1, 3},
        "?node=LA-XK-03": {1, 2, 3},
        "?node=nobody": set(),
        "?reference=R000003": {3},
        "?reference=000%20000%20002": {2},
        "?since=2000-01-01&until=2000-01-02": set(),
        "?since=2000-01-01": {1, 2, 3},
        "?since=nonsense&at=x&back=y": {1, 2, 3},
    }
    for asked, wanted in shown.items():
        page = await browser.get(f"/{asked}")
        assert {n for n in (1, 2, 3) if f"000 000 00{n}" in page} == wanted, asked
    assert "Register a birth" in await browser.get("/")
    assert (await browser.get("/?order=oldest")).index("000 000 001") < browser.page.index("000 000 003")
    table = await browser.get("/requests.csv?service=farm")
    assert "000 000 002" in table
    assert "000 000 001" not in table


async def test_the_list_is_turned_over_in_both_directions_and_orders(agency: Agency, browser: Browser) -> None:
    await _deliver(agency, *(event_of(n) for n in range(1, 121)))
    await browser.enter()
    for order, first in (("", 120), ("?order=oldest", 1)):
        seen: list[int] = []
        await browser.get(f"/{order}")
        for page in range(3):
            numbers = [int(n) for n in re.findall(r'<a href="/requests/(\d+)">', browser.page)]
            assert len(browser.page.encode()) < 30_000
            seen += numbers
            link = re.search(r'href="([^"]+)" rel="next"', browser.page)
            assert (link is None) == (page == 2)
            if link:
                await browser.get(html.unescape(link[1]))
        assert sorted(seen) == list(range(1, 121))
        assert seen[0] == first
        back = re.search(r'href="([^"]+)" rel="prev"', browser.page)
        assert back
        await browser.get(html.unescape(back[1]))
        assert re.findall(r'<a href="/requests/(\d+)">', browser.page) == [str(n) for n in seen[50:100]]


async def test_clerks_have_names_and_passwords_of_their_own(agency: Agency, browser: Browser, tmp_path: Path) -> None:
    await _deliver(agency, event_of(1))
    folder = tmp_path / "agency"
    assert await set_password(folder, "ນ້ອຍ", new=False) == ""
    password = await set_password(folder, "ນ້ອຍ", new=True)
    assert await set_password(folder, "ນ້ອຍ", new=True) == ""
    await browser.enter()  # the one password of the office opens nothing any more
    assert browser.status == 403
    assert 'name="name"' in await browser.get("/")
    await browser.post("/login", name="ນ້ອຍ", password="wrong")
    assert browser.status == 403
    assert "000 000 001" in await browser.post("/login", name="ນ້ອຍ", password=password)
    await browser.get("/requests/1")
    await browser.post("/requests/1", status="in_review", note="first look")
    await browser.post("/requests/1/notes", note="<b>she phoned</b>")
    assert "ກຳລັງກວດ · ນ້ອຍ<br>first look" in browser.page
    assert "ບັນທຶກ · ນ້ອຍ<br>&lt;b&gt;she phoned" in browser.page
    fresh = await set_password(folder, "ນ້ອຍ", new=False)
    assert 'name="password"' in await browser.get("/requests/1")  # her sessions have ended
    assert "000 000 001" in await browser.post("/login", name="ນ້ອຍ", password=fresh)
    assert await close_clerk(folder, "ນ້ອຍ")
    assert not await close_clerk(folder, "nobody")
    assert 'name="password"' in await browser.get("/")
    await browser.post("/login", name="ນ້ອຍ", password=fresh)
    assert browser.status == 403
    assert [(one.name, one.closed) for one in await all_clerks(folder)] == [("ນ້ອຍ", True)]


@pytest.mark.parametrize("name", ["", " kham", "a" * 41, "<b>", "x\ny", "-"])
async def test_nobody_is_called_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        await set_password(tmp_path, name, new=True)


async def test_a_request_can_be_printed_with_its_whole_history(agency: Agency, browser: Browser) -> None:
    case = {"id": "0190", "revision": 1}
    await _deliver(agency, event_of(1, case=case))
    await browser.enter()
    await browser.get("/language/en")
    await browser.get("/requests/1")
    await browser.post("/requests/1", status="needs_correction", reason="bad_value", fields="child_name")
    await _deliver(agency, event_of(2, case=case | {"revision": 2}))
    page = await browser.get("/requests/2/print")
    for words in ("Signature and stamp", "Received · Revision 2", "Needs correction · A value is wrong · Child"):
        assert words in page
    assert "<form" not in page.partition("<main")[2]
    assert len(page.encode()) < 30_000
    assert "@media print" in await browser.get("/style.css")


async def test_a_request_from_a_clock_in_doubt_says_so(agency: Agency, browser: Browser) -> None:
    event = json.loads(event_of(1)) | {"clock": "doubtful"}
    await _deliver(agency, json.dumps(event).encode(), event_of(2))
    await browser.enter()
    await browser.get("/language/en")
    assert "clock was in doubt" in await browser.get("/requests/1")
    assert "clock was in doubt" not in await browser.get("/requests/2")


async def test_a_correction_without_the_other_answers_is_shown_with_those_of_the_revision_before(
    agency: Agency, browser: Browser
) -> None:
    case = {"id": "0190", "revision": 1}
    answers = {"mother": "Kham La", "mother_age": 3}
    partial = case | {"revision": 2, "partial": True}
    await _deliver(
        agency, event_of(1, case=case, answers=answers), event_of(2, case=partial, answers={"mother_age": 30})
    )
    await browser.enter()
    await browser.get("/language/en")
    page = await browser.get("/requests/2")
    assert "Kham La" in page
    assert "<dd>30</dd>" in page
    # Either may be asked for again.
    await browser.post("/requests/2", status="needs_correction", reason="bad_value", fields="mother")
    assert "Needs correction" in browser.page


def test_a_new_key_seals_from_now_on_and_the_old_one_still_opens(tmp_path: Path) -> None:
    (old,) = public_keys(tmp_path)
    sealed = pyrage.encrypt(b'{"answers": {}}', [pyrage.x25519.Recipient.from_str(old)])
    new, kept = public_keys(tmp_path, draw=True)
    assert kept == old
    assert new != old
    opener = open_book(tmp_path).opener
    assert opener.public == new
    assert opener.data({"data_base64": base64.b64encode(sealed).decode()}) == {"answers": {}}
    assert (tmp_path / "agency.age").stat().st_mode & 0o777 == 0o600
