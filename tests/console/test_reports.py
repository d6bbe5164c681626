"""Reports in a browser: the check O12, who sees what, files, and the map from a file of outlines."""

import asyncio
import csv
import gzip
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from openpyxl import load_workbook
from playwright.async_api import FilePayload, Locator, expect
from playwright.async_api import Page as Window

from console import boundaries
from console.cookies import COOKIE
from console.outlines import read_outlines
from console.visit import ROOT
from console.words import Words
from flows.loader import load
from flows.revision import revise
from sala import services
from store import figures_sql
from store.scope import EVERYTHING, Scope
from tests.console.conftest import NARROW, WIDE, Person, SignedIn, Site
from tests.console.test_outlines import coast, collection, feature, square
from tests.console.test_skeleton import AXE
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
expect.set_options(timeout=60_000)

LAO, ENGLISH = Words()["lo"], Words()["en"]
SEX = """
fields:
  applicant_sex:
    type: choice
    optional: true
    sensitivity: public
    label: {lo: ທ່ານ, lo-Latn: Than, en: You}
    choices: {f: {lo: ຍິງ, lo-Latn: Nying, en: Woman}, m: {lo: ຊາຍ, lo-Latn: Sai, en: Man}}
"""


async def births(site: Site, first: int, count: int, sex: str, **over: object) -> None:
    live = site.memory.office.live["birth"]
    facts = {"revision": live.digest, "answers": {"applicant_sex": sex}} | over
    await write(site.memory, [submission(n, **facts) for n in range(first, first + count)])


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def counted(site: Site) -> AsyncIterator[None]:
    """Births of two districts by women and men, a district of others, and a sensitive service; all told."""
    memory = site.memory
    live = memory.office.live["birth"]
    text = live.source.replace("\nfields:\n", SEX, 1)
    revision = revise(load(text, "birth.yaml"), live.parts)
    await memory.library.publish("birth", revision.digest, services.files_of(revision), "test")
    await memory.refresh()
    await births(site, 1, 20, "m")
    await births(site, 101, 15, "f", channel="sms", language="en")
    await births(site, 201, 3, "f", place="LA0902")
    await births(site, 301, 7, "m", place="LA0402")
    health = memory.office.live["health"]
    secret = {"service": "health", "revision": health.digest, "sensitive": True, "agencies": ("health",)}
    await write(memory, [submission(n, **secret) for n in range(401, 407)])
    counting = memory.figures.counting
    await counting.round()
    # Of another quarter: three villages of one district, the last of them with three people.
    day, sizes = counting.day(memory.clock.steady()) - 200, {"0901001": 20, "0901002": 9, "0901005": 3}
    about = ("birth", "civil-registry", "LA0901", "finished", day)
    parts = {one: json.dumps([["channel", "ussd"], ["village", one]]) for one in sizes}
    await counting._add([(*about, parts[one], n, 0) for one, n in sizes.items()], "seeded", 0, 1)
    # As a node that was off when the quarter ended: else nobody looks through what is told by quarter today.
    await memory.writer.do(lambda database: database.rows(figures_sql.SET_MARK, ("told", 0)))
    await counting.tell(counting.day(memory.clock.steady()) + 15, 0)
    yield


async def told(site: Site, person: Person, address: str, language: str = "en") -> tuple[int, list[list[str]]]:
    async with site.client(person, language) as http, http.get(ROOT + address) as answer:
        text = (await answer.read()).decode("utf-8-sig", "replace")
        return answer.status, list(csv.reader(io.StringIO(text)))


async def finished(site: Site, scope: Scope, role: str = "officer", query: str = "") -> dict[str, str]:
    """By service or district, what the file of this reader says was finished."""
    person = await site.person(role, scope)
    status, rows = await told(site, person, f"/reports.csv?{query}")
    assert status == 200
    tables = {ENGLISH["rp_by_service"], ENGLISH["rp_by_district"]}
    return {row[2] or row[1]: row[4] for row in rows if row[0] in tables and row[3] == ENGLISH["rp_finished"]}


def read(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))


def line(where: Window | Locator, name: str) -> Locator:
    """The row of a table whose head says just this."""
    head = where.get_by_role("rowheader", name=name, exact=True)
    return head.locator("xpath=..")


async def barriers(window: Window) -> list[str]:
    seen = await Axe().run(window, options=AXE)
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in seen.response["violations"]]


async def test_o12_a_report_in_lao_on_a_narrow_phone_by_keyboard_printed_and_as_a_file(signed_in: SignedIn) -> None:
    page = await signed_in("officer", language="lo", size=NARROW)
    await page.goto(ROOT + "/queue")
    await page.get_by_role("link", name=LAO["nav_reports"]).press("Enter")
    service = page.get_by_role("combobox", name=LAO["rp_service"])
    await service.focus()
    for _ in range(10):
        if await service.input_value() == "birth":
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name=LAO["rp_show"])).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**service=birth**")
    whole = page.get_by_role("region", name=LAO["rp_by_sex"])
    for word, number in (("rp_f", "15"), ("rp_m", "27"), ("rp_gap", "-29")):
        await expect(line(whole, LAO[word])).to_contain_text(number)
    await expect(whole.get_by_role("img")).to_be_visible()
    districts = page.get_by_role("region", name=LAO["rp_by_district"])
    await expect(line(districts, "ແປກ")).to_contain_text("35")
    await expect(districts.get_by_text("ຄຳ", exact=True)).to_have_count(0)
    villages = page.get_by_role("region", name=LAO["rp_by_village"])
    await expect(line(villages, "ໂພນສະຫວັນ, ແປກ")).to_contain_text("20")
    await expect(line(villages, LAO["rp_rest"])).to_contain_text("12")
    await expect(villages.get_by_role("rowheader")).to_have_count(2)
    await expect(villages.get_by_text(LAO["rp_village_rule"])).to_be_visible()
    assert not await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert await barriers(page) == []
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="CSV").press("Enter")
    file = await (await waiting.value).path()
    rows = await asyncio.to_thread(read, file)
    assert [LAO["rp_by_sex"], LAO["rp_f"], "f", LAO["rp_finished"], "15"] in rows
    assert [LAO["rp_by_village"], "ໂພນສະຫວັນ, ແປກ", "0901001", LAO["rp_finished"], "20"] in rows
    await page.emulate_media(media="print")
    await expect(page.get_by_role("link", name="CSV")).to_be_hidden()
    await expect(page.get_by_role("button", name=LAO["rp_show"])).to_be_hidden()
    await expect(whole.get_by_role("table")).to_be_visible()
    await expect(whole.get_by_role("img")).to_be_visible()


async def test_o12_the_map_is_drawn_from_an_imported_file_beside_its_table(signed_in: SignedIn, site: Site) -> None:
    admin = await signed_in("admin", language="en", size=WIDE)
    await admin.goto(ROOT + "/reports/map")
    await expect(admin.get_by_text(ENGLISH["rp_no_outlines"])).to_be_visible()
    data = collection(
        *(
            feature(code, square(at + 103, 19), name="ADM2_PCODE")
            for at, code in enumerate(("LA0901", "LA0902", "LA0903"))
        ),
        feature("XX99", square(1, 1), name="ADM2_PCODE"),
    )
    field = admin.get_by_label(ENGLISH["rp_outlines_file"], exact=True)
    await field.set_input_files(
        FilePayload(name="map.geojson", mimeType="application/geo+json", buffer=b"PK\x03\x04 no map")
    )
    await admin.get_by_role("button", name=ENGLISH["rp_outlines_take"]).click()
    await expect(admin.get_by_role("alert")).to_contain_text("no GeoJSON")
    await field.set_input_files(FilePayload(name="map.geojson", mimeType="application/geo+json", buffer=data))
    await admin.get_by_role("button", name=ENGLISH["rp_outlines_take"]).click()
    await expect(admin.locator("p.good[role=status]")).to_contain_text("3 places are on the map. 1 had a code")
    for language, size in (("lo", NARROW), ("en", WIDE)):
        page = await signed_in("officer", language=language, size=size, script=language == "en")
        await page.goto(ROOT + "/reports/map?service=birth")
        drawn = page.get_by_role("img")
        await expect(drawn).to_be_visible()
        assert await drawn.locator("path[class='m4']").count() == 1
        assert await drawn.locator("path[class='m0']").count() == 2, "too few, and none: they look alike"
        name = "ແປກ" if language == "lo" else "Pek"
        await expect(line(page, name)).to_contain_text("35")
        assert not await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if language == "en":
            assert await barriers(page) == []
    acts = [(one.act, dict(one.details)) for one in await site.memory.audit.entries(limit=20)]
    assert ("outlines", {"places": 3, "left": 1}) in acts


async def test_o12_villages_on_a_map_of_squares_and_of_points_beside_the_districts(
    signed_in: SignedIn, site: Site
) -> None:
    for language, size in (("lo", NARROW), ("en", WIDE)):
        page = await signed_in("officer", language=language, size=size)
        await page.goto(ROOT + "/reports/map?level=village&service=birth")
        drawn = page.get_by_role("img")
        assert await drawn.locator("path[class='m4']").count() == 1
        assert await drawn.locator("text").all_text_contents() == [f"1{n:03d}" for n in range(1, 16)]
        await expect(line(page, "ໂພນສະຫວັນ" if language == "lo" else "Phonsavan")).to_contain_text("20")
        assert not await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert await barriers(page) == []
    figures, places = site.memory.figures, site.memory.office.tables.places
    districts = {one.code for one in await figures.outlines()}
    points = [
        {
            "properties": {"pcode": f"09010{n:02d}", "name": "Naxay"},
            "geometry": {"type": "Point", "coordinates": [103, n]},
        }
        for n in (3, 5)
    ]
    taken = await boundaries.take(figures, places, collection(*points), "villages.geojson")
    assert (taken.levels, [(one.code, one.file) for one in taken.others]) == ({"village": 2}, [("0901005", "Naxay")])
    assert {one.code for one in await figures.outlines()} == districts | {"0901003", "0901005"}, "districts stay"
    page = await signed_in("officer", language="en")
    await page.goto(ROOT + "/reports/map?level=village&service=birth")
    await expect(page.get_by_role("img").locator("path[class^='m'] title")).to_have_count(2)
    await expect(page.get_by_text("villages.geojson")).to_be_visible()


async def test_each_reads_her_own_districts_and_services_and_nobody_too_few(site: Site) -> None:
    everybody = await finished(site, EVERYTHING)
    assert everybody == {"birth": "42", "health": "6", "LA0901": "35", "LA0402": "7", ENGLISH["rp_country_only"]: "6"}
    assert await finished(site, Scope(("LA04",), ("*",))) == {"birth": "7", "LA0402": "7"}
    assert await finished(site, Scope(("LA0902",), ("*",))) == {}, "three are too few"
    agency = Scope(("*",), ("civil-registry",))
    assert await finished(site, agency, "agency") == {"birth": "42", "LA0901": "35", "LA0402": "7"}
    assert await finished(site, Scope(("*",), ("agriculture",)), "agency") == {}
    assert await finished(site, Scope((), ("*",)), "auditor") == {}
    assert await finished(site, Scope(("*",), ()), "auditor") == {}


async def test_villages_stay_within_her_districts(site: Site) -> None:
    for scope, own in ((Scope(("LA0901",), ("*",)), ["20", "12"]), (Scope(("LA0402",), ("*",)), [])):
        person = await site.person("officer", scope)
        for query in ("", "district=LA0901", "service=birth"):
            _, rows = await told(site, person, f"/reports.csv?{query}")
            assert [row[4] for row in rows if row[0] == ENGLISH["rp_by_village"]] == own
        async with site.client(person) as http, http.get(ROOT + "/reports/map?level=village") as answer:
            assert ("0901001" in await answer.text()) is bool(own)


async def test_no_address_opens_another_district_or_service(site: Site) -> None:
    mine = Scope(("LA0901",), ("civil-registry",))
    own = {"birth": "35", "LA0901": "35"}
    for query in (
        "",
        "district=LA0402",
        "district=LA",
        "service=health",
        "weeks=9999&district='%20OR%201=1--",
        "weeks=-1",
    ):
        assert await finished(site, mine, query=query) == own, query
    assert await finished(site, EVERYTHING, query="district=LA0402") == {"birth": "7", "LA0402": "7"}, "the control"


async def test_the_workbook_has_the_same_numbers_and_the_audit_knows_of_it(site: Site) -> None:
    person = await site.person("auditor")
    async with site.client(person) as http, http.get(f"{ROOT}/reports.xlsx?weeks=4") as answer:
        assert answer.status == 200
        book = load_workbook(io.BytesIO(await answer.read()))
    assert book["service"]["C2"].value in {42, 6}
    assert {"service", "week", "district", "channel", "language", "sex"} <= set(book.sheetnames)
    (note, *_) = await site.memory.audit.entries(limit=1)
    assert (note.act, note.actor) == ("report_exported", person.name)


async def test_only_an_admin_of_the_whole_node_changes_the_map(site: Site) -> None:
    before = await site.memory.figures.outlines()
    for role, scope, wanted in (("officer", EVERYTHING, 403), ("admin", Scope(("LA09",), ("*",)), 403)):
        person = await site.person(role, scope)
        form = aiohttp.FormData({"token": person.token})
        form.add_field("file", collection(feature("LA0903", square(1, 1))), filename="x.json")
        async with site.client(person) as http, http.post(f"{ROOT}/reports/map", data=form) as answer:
            assert answer.status == wanted, role
    assert await site.memory.figures.outlines() == before


async def test_a_map_of_every_district_is_a_small_page(site: Site) -> None:
    before = await site.memory.figures.outlines()
    many = [feature(f"LA{at:04d}", coast(800, 100 + (at - 101) * 0.5)) for at in range(101, 249)]
    drawn = read_outlines(collection(*many), lambda _: True).rings
    await site.memory.figures.draw([(code, orjson.dumps(rings).decode()) for code, rings in drawn.items()], "all")
    try:
        cookies = {COOKIE: (await site.person("officer")).cookie}
        jar = aiohttp.CookieJar(unsafe=True)
        async with (
            aiohttp.ClientSession(site.base, cookies=cookies, cookie_jar=jar, auto_decompress=False) as http,
            http.get(f"{ROOT}/reports/map", headers={"Accept-Encoding": "gzip"}) as answer,
        ):
            packed = await answer.read()
        assert b"<path" in gzip.decompress(packed)
        assert len(packed) < 30_000
    finally:
        await site.memory.figures.draw([(one.code, one.rings) for one in before], "before")


async def test_the_list_of_services_says_how_the_weeks_went(signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    await page.goto(ROOT + "/flows")
    row = page.get_by_role("row").filter(has_text="birth")
    await expect(row).to_contain_text(ENGLISH["rp_n_of"].format(finished=42, started=42))
