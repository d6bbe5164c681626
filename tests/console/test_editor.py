"""The desk's flow editor in a browser: the twelve checks of an admin, by mouse and by keyboard, in both languages."""

import re
from pathlib import Path

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from console.visit import ROOT
from flows.editing import AddStep, SetText, SetValue, edit, new_flow
from flows.editing.templates import starter
from tests.console.conftest import NARROW, SignedIn, Site
from tests.console.test_skeleton import AXE
from tests.flows.imports import books, rapid

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
LIBRARY = Path(__file__).resolve().parents[2] / "flows" / "library"
expect.set_options(timeout=60_000)
LONG = "ວັນເກີດລູກຂອງທ່ານແມ່ນວັນທີເທົ່າໃດ ເດືອນໃດ ປີໃດ ກະລຸນາຂຽນເປັນຕົວເລກແປດຕົວ"


async def draft(site: Site, name: str, text: str = "") -> str:
    """A service of a test's own, so that no test sees another's edits."""
    menu = 30 + len(await site.memory.drafts.list())
    text = text or (LIBRARY / "birth.yaml").read_text("utf-8")
    made = new_flow(text, id_=name, agency="civil-registry", title={"en": name}, menu=menu, keyword=f"K{menu}")
    await site.memory.drafts.save(name, made, expected=0, by="test", otherwise=made)
    return made


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save step", exact=True).last.click()
    await expect(page.locator("#saved")).to_have_text("Saved")


def card(page: Page, name: str) -> str:
    return f'.map a:has(text.id:text-is("{name}"))'


async def test_a1_a_large_map_reads_without_zoom_and_without_overlap(site: Site, signed_in: SignedIn) -> None:
    text = await draft(site, "large")
    for at in range(12):
        text = edit(text, AddStep(3, {"id": f"more-{at}", "say": {"lo": f"ຂໍ້ {at}", "en": f"More {at}"}}))
    menu = {"lo": "ເມນູ", "en": "Menu", "lo-Latn": "Menu"}
    options = {str(n): {"label": menu, "goto": f"more-{at}"} for n, at in zip(range(1, 5), (0, 0, 5, 11), strict=True)}
    text = edit(text, AddStep(3, {"menu": menu, "options": options}))
    await site.memory.drafts.save("large", text, expected=2, by="test")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/large?lang=en")
    boxes = await page.locator(".map .body").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert len(boxes) >= 29
    assert all(box["width"] > 200 for box in boxes), "drawn smaller than it is"
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = abs(one["x"] - other["x"]) >= one["width"] or abs(one["y"] - other["y"]) >= one["height"]
            assert apart, (one, other)
    size = await page.locator(".map .title").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 14
    assert "1,2" in await page.locator(".map .key").all_text_contents()


async def test_a2_a_card_opens_its_step_and_back_returns(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "cards")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/cards?lang=en")
    await page.locator(card(page, "3 child_sex")).click()
    await expect(page.locator("#step-title")).to_contain_text("3 child_sex")
    assert "step=3" in page.url
    await page.locator(card(page, "2 birth_date")).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#step-title")).to_contain_text("2 birth_date")
    await page.go_back()
    await expect(page.locator("#step-title")).to_contain_text("3 child_sex")


async def test_a3_too_much_lao_turns_red_at_once_and_all_say_the_same(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "budget")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/budget?step=2&lang=lo")
    await page.locator("#f-steps-1-text-lo").fill(LONG)
    room = page.locator("#room-lo")
    await expect(room).to_have_class(re.compile("over"))
    told = (await room.inner_text()).strip()
    assert "shown on 2 pages" in told
    await save(page)
    assert (await room.inner_text()).strip() == told
    name = await page.locator(".map a[aria-current]").get_attribute("aria-label")
    assert told in (name or "")
    assert await page.locator(".map .now .used.full").count() == 1
    await expect(page.locator("#phone .count")).to_contain_text("shown on 2 pages")


async def test_a4_a_value_counts_at_its_longest(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "longest")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/longest?step=14&lang=en")
    field, room = page.locator("#f-steps-13-end-en"), page.locator("#room-en")
    await field.fill("Thank you")
    await expect(room).to_contain_text("9 of 160")
    await field.fill("Thank you {child_name}")
    await expect(room).not_to_contain_text("9 of 160")
    counted = int(re.match(r"\d+", (await room.inner_text()).strip())[0])  # type: ignore[index] # it begins with it
    assert counted > len("Thank you {child_name}") + 20


async def test_a5_a_missing_translation_shuts_publishing_and_its_link_opens_the_field(
    site: Site, signed_in: SignedIn
) -> None:
    await draft(site, "lacking")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/lacking?step=3&lang=lo")
    await page.locator("#f-steps-2-text-lo").fill("")
    await save(page)
    await page.goto(f"{ROOT}/flows/lacking/publish")
    await expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    await page.goto(f"{ROOT}/flows/lacking?step=1&lang=en")
    await page.locator(".problems li", has_text="the text has no `lo`").get_by_role("link").click()
    await expect(page.locator("#f-steps-2-text-lo")).to_be_focused()


async def test_a6_bad_ways_are_named_in_plain_words(site: Site, signed_in: SignedIn) -> None:
    text = await draft(site, "ways", starter("information"))
    text = edit(text, SetValue(("steps", 0, "options", "2", "goto"), "nowhere"))
    text = edit(text, AddStep(1, {"id": "ring", "say": {"lo": "ກ", "en": "Round"}, "goto": "ring"}))
    text = edit(text, SetValue(("steps", 0, "options", "3", "goto"), "ring"))
    await site.memory.drafts.save("ways", text, expected=2, by="test")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/ways")
    told = await page.locator(".problems").inner_text()
    assert "there is no step with the id `nowhere`" in told
    assert "no way leads" in told or "nothing leads" in told or "reach" in told
    assert "round" in told.lower() or "ring" in told.lower() or "loop" in told.lower()
    await page.locator(".problems a", has_text="1 topics").first.click()
    await expect(page.locator("#step-title")).to_contain_text("1 topics")


@pytest.mark.parametrize(("language", "drop"), [("lo", "Break the session"), ("en", "Break the session")])
async def test_a7_the_phone_begins_at_the_open_step_and_survives_a_break(
    site: Site, signed_in: SignedIn, language: str, drop: str
) -> None:
    await draft(site, f"phone-{language}")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/phone-{language}?step=2&lang={language}")
    lcd = page.locator("#phone .lcd")
    question = await page.locator(f"#f-steps-1-text-{language}").input_value()
    await expect(lcd).to_contain_text(question)
    await page.locator("#typed").fill("32132026")
    await page.locator(".reply button").click()
    await expect(page.locator("#phone .log li")).to_have_count(3)
    await expect(lcd).to_contain_text(question)
    for digit in "02112026":
        await page.locator(".pad").get_by_role("button", name=digit, exact=True).click()
    await expect(page.locator("#typed")).to_have_value("02112026")
    await page.locator(".reply button").click()
    await expect(page.locator("#phone .log li")).to_have_count(4)
    await expect(lcd).not_to_contain_text(question)
    await page.get_by_role("button", name=drop).click()
    await expect(lcd).to_contain_text("The session broke")
    await expect(page.locator("#phone .log")).to_contain_text("SMS dropped")
    await page.get_by_role("button", name="Dial again").click()
    await page.locator(".pad").get_by_role("button", name="1", exact=True).click()
    await expect(page.locator("#phone .log li")).to_have_count(7)
    await page.locator(".pad").get_by_role("button", name="0", exact=True).click()
    await expect(lcd).to_contain_text(question)
    await page.locator("#phone .log a").first.click()
    await expect(page.locator("#step-title")).to_contain_text("1 informant")


async def test_a8_a_published_draft_is_dialled_and_a_session_under_way_is_not_touched(
    site: Site, signed_in: SignedIn
) -> None:
    page = await signed_in("admin")
    before = site.memory.office.live["school"].digest
    await page.goto(f"{ROOT}/flows/school?step=2&lang=en")
    await page.locator('.editor textarea[lang="en"]').first.fill("Which paper do you need today?")
    await save(page)
    await page.goto(f"{ROOT}/flows/school/publish")
    await page.locator("#note").fill("The question is clearer")
    await page.get_by_role("button", name="Publish").click()
    await page.wait_for_url("**/versions")
    live = site.memory.office.live["school"]
    assert live.digest != before
    assert before in site.memory.office.known, "who is on the old version stays on it"
    assert "The question is clearer" in await page.locator("main").inner_text()

    await page.get_by_role("link", name="1 with 2").click()
    shown = await page.locator("main").inner_text()
    assert "Which paper do you need today?" in shown
    assert await page.locator(".pair .lcd").count() >= 2

    await page.goto(f"{ROOT}/flows/school/versions")
    await page.locator("details", has_text="Go back").locator("summary").first.click()
    await page.get_by_label("Why").fill("It was clearer before")
    await page.get_by_role("button", name="Make version 1 live").click()
    await expect(page.locator("section.card").first).to_contain_text("Version 1")
    assert site.memory.office.live["school"].digest == before
    await expect(page.locator("main")).to_contain_text("Version 2")
    entries = await site.memory.audit.entries(subject="school")
    assert any(one.act == "flow_rollback" and "It was clearer before" in str(one) for one in entries)


async def test_a11_texts_go_out_and_only_changed_cells_come_back(
    site: Site, signed_in: SignedIn, tmp_path: Path
) -> None:
    text = await draft(site, "words")
    page = await signed_in("translator")
    await page.goto(f"{ROOT}/flows/words/texts")
    await page.get_by_text("For translators").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="PO en").click()
    file = tmp_path / "en.po"
    await (await waiting.value).save_as(file)
    po = file.read_text("utf-8").replace("#, fuzzy\n", "")
    file.write_text(po.replace('msgstr "Boy or girl?"', 'msgstr "A boy, or a girl?"'), "utf-8")
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Take over").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    after = (await site.memory.drafts.open("words")).text
    assert after == edit(text, SetText(("steps", 2, "text"), "en", "A boy, or a girl?"))

    file.write_text(po.replace("{ref}", "{reff}"), "utf-8")
    await page.get_by_text("For translators").click()
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Take over").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Nothing was taken over")
    assert re.search(r"line \d+", await alert.inner_text())
    assert (await site.memory.drafts.open("words")).text == after


async def test_a12_the_second_save_is_told_and_nothing_is_lost(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "both")
    one, other = await signed_in("admin"), await signed_in("admin")
    for page in (one, other):
        await page.goto(f"{ROOT}/flows/both?step=3&lang=en")
    await one.locator("#f-steps-2-text-en").fill("Boy or girl, please?")
    await save(one)
    await other.locator("#f-steps-2-text-en").fill("A boy? A girl?")
    await other.get_by_role("button", name="Save step", exact=True).last.click()
    alert = other.locator("section[role=alert]")
    await expect(alert).to_contain_text("Boy or girl, please?")
    await expect(alert.locator("textarea")).to_have_value("A boy? A girl?")
    assert "Boy or girl, please?" in (await site.memory.drafts.open("both")).text
    await alert.get_by_role("button", name="Save mine in its place").click()
    await expect(other.locator("#saved")).to_have_text("Saved")
    assert "A boy? A girl?" in (await site.memory.drafts.open("both")).text
    await other.get_by_role("button", name="Undo").click()
    await expect(other.locator("#f-steps-2-text-en")).to_have_value("Boy or girl, please?")
    await other.get_by_role("button", name="Redo").click()
    await expect(other.locator("#f-steps-2-text-en")).to_have_value("A boy? A girl?")


async def test_the_whole_walk_by_keyboard(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "keys")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/keys?lang=en")
    await page.keyboard.press("m")
    await expect(page.locator(".map a[aria-current]")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#step-title")).to_contain_text("3 child_sex")
    await expect(page.locator("#step-title")).to_be_focused()
    await page.keyboard.press("e")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("ຍິງ ຫຼື ຊາຍ?")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved")).to_have_text("Saved")
    await expect(page.locator("#step-title")).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.type("ຍິງ ຫຼື")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="3 child_sex").first).to_be_visible()
    await expect(page.locator("#step-title")).to_be_focused()
    await page.keyboard.press("p")
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#phone .log li")).to_have_count(4)
    assert "ຍິງ ຫຼື ຊາຍ?" in (await site.memory.drafts.open("keys")).text


@pytest.mark.parametrize(
    "tail", ["", "/texts", "/service", "/phone", "/scenarios", "/publish", "/costs", "/versions", "/delete", "/add"]
)
async def test_no_page_of_a_service_has_a_barrier(signed_in: SignedIn, tail: str) -> None:
    for language, narrow in (("en", False), ("lo", True)):
        page = await signed_in("admin", language=language, **({"size": NARROW} if narrow else {}))
        answer = await page.goto(f"{ROOT}/flows/birth{tail}")
        assert answer is not None
        assert answer.status == 200
        found = await Axe().run(page, options=AXE)
        assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, "it scrolls sideways"


async def test_the_pages_work_without_a_script_and_weigh_little(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "plain")
    page = await signed_in("admin", script=False)
    await page.goto(f"{ROOT}/flows/plain?lang=en")
    await page.locator(card(page, "3 child_sex")).click()
    await page.locator("#f-steps-2-text-en").fill("Boy? Girl?")
    await page.get_by_role("button", name="Save step", exact=True).last.click()
    await expect(page.locator("#saved")).to_have_text("Saved")
    await page.locator(".pad").get_by_role("button", name="1", exact=True).click()
    await expect(page.locator("#phone .log li")).to_have_count(4)
    person = await site.person("admin")
    async with site.client(person) as http:
        for tail in ("", "/texts", "/service", "/scenarios", "/publish", "/costs", "/versions"):
            async with http.get(f"{ROOT}/flows/plain{tail}", headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.status == 200
                weight = int(answer.headers["Content-Length"])
                assert weight < 30_000, (tail, weight)


async def test_forms_of_other_systems_come_in_as_drafts_and_wrong_files_are_told(site: Site) -> None:
    survey = [["type", "name", "label"], ["text", "wish", "What do you need?"]]
    enter = {"uuid": "e", "type": "enter_flow", "flow": {"uuid": "Person", "name": "Person"}}
    done = [("Complete", [("has_only_text", ["completed"])], "t")]
    part = rapid.flow("Person", rapid.says("q", "Your name?", "a"), rapid.asks("a", "Name", []))
    main = rapid.flow(
        "Well",
        rapid.says("w", "Which well?", "b"),
        rapid.asks("b", "Well", [], "r"),
        rapid.asks("r", "", done, "", [enter], "@child.status", wait=False),
        rapid.says("t", "Thank you"),
    )
    files = {
        "wish.xlsx": (books.book({"survey": survey}), "wish"),
        "flows.json": (rapid.export(main, part), "well"),
        "picture.json": (b"\x89PNG", ""),
    }
    person = await site.person("admin")
    async with site.client(person) as http:
        for name, (data, made) in files.items():
            form = aiohttp.FormData({"token": person.token, "agency": "commerce"})
            form.add_field("file", data, filename=name)
            async with http.post(f"{ROOT}/flows/import", data=form) as answer:
                told = await answer.text()
            assert answer.status == (200 if made else 422), told
            if made:
                async with http.get(f"{ROOT}/flows/{made}") as page:
                    assert page.status == 200
                    assert "there is no flow" not in await page.text(), "a part that came along is known"


async def test_a_title_is_text_wherever_it_stands(site: Site) -> None:
    canary = "<img src=x onerror=alert(1)>\"'"
    await site.memory.drafts.save(
        "odd", edit(await draft(site, "odd"), SetText(("title",), "lo", canary)), expected=2, by="t"
    )
    text = (await site.memory.drafts.open("odd")).text
    for place in ("text", "error"):
        text = edit(text, SetText(("steps", 1, place), "lo", canary))
    await site.memory.drafts.save("odd", text, expected=3, by="t")
    person = await site.person("admin")
    async with site.client(person) as http:
        for tail in ("", "/texts", "/service", "/scenarios", "/publish", "/versions", "?as=list", "/delete?step=2"):
            async with http.get(f"{ROOT}/flows/odd{tail}") as answer:
                shown = await answer.text()
            assert answer.status == 200
            assert "<img" not in shown
        async with http.get(f"{ROOT}/flows") as answer:
            assert "<img" not in await answer.text()
