"""Bad luck at the editor: no network, a press too many, an old form, a flood of words, a file that is another."""

import asyncio
import io
import re
import zipfile

import aiohttp
import pytest
from playwright.async_api import Locator, Page, expect

from console import secrets
from console.cookies import COOKIE
from console.visit import ROOT
from flows.editing import SetText, edit
from store.scope import EVERYTHING
from store.users import Newcomer
from tests.console.conftest import SignedIn, Site
from tests.console.test_editor import draft, save

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

PLACES = {
    "step": ("?step=3&lang=en", "#f-steps-2-text-en", "Save step"),
    "texts": ("/texts", "#f-steps-2-text-en", "Save texts"),
    "settings": ("/service", "#f-title-en", "Save"),
    "add": ("/add?after=2&kind=text", "#text-en", "Add a step"),
}
"""Where somebody writes: (address, field, button)."""


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=name != "Save").last


async def text_of(site: Site, name: str) -> str:
    return (await site.memory.drafts.open(name)).text


@pytest.mark.parametrize("place", PLACES)
async def test_without_a_network_the_words_stay_and_go_when_it_is_back(
    site: Site, signed_in: SignedIn, place: str
) -> None:
    before = await draft(site, f"lost-{place}")
    tail, field, press = PLACES[place]
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/lost-{place}{tail}")
    await page.locator(field).fill("Words on a bad link")
    await page.context.set_offline(True)
    await button(page, press).click()
    await expect(page.locator("#says")).to_contain_text("network")
    await expect(page.locator(field)).to_have_value("Words on a bad link")
    assert await text_of(site, f"lost-{place}") == before
    await page.context.set_offline(False)
    await button(page, press).click()
    await page.wait_for_url("**saved=**")
    assert "Words on a bad link" in await text_of(site, f"lost-{place}")


@pytest.mark.parametrize("place", ["step", "texts"])
async def test_after_the_session_ended_the_words_come_back_and_can_be_sent(
    site: Site, signed_in: SignedIn, place: str
) -> None:
    await draft(site, f"ended-{place}")
    who = f"late-{place}"
    kept = secrets.hash_password("rice river bamboo")
    await site.memory.users.add(Newcomer(who, kept, ["admin"], EVERYTHING, fresh=False), by="test")
    tail, field, press = PLACES[place]
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/ended-{place}{tail}")
    await page.locator(field).fill("Words of a long morning")
    await page.context.clear_cookies(name=COOKIE)
    await button(page, press).click()
    await expect(page.locator("main")).to_contain_text("What you wrote is kept")
    await page.get_by_label("User name").fill(who)
    await page.get_by_label("Password", exact=True).fill("rice river bamboo")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("main")).to_contain_text("Words of a long morning")
    await page.get_by_role("button", name="Send again").click()
    await page.wait_for_url("**saved=**")
    assert "Words of a long morning" in await text_of(site, f"ended-{place}")


@pytest.mark.parametrize("place", ["step", "texts", "add"])
async def test_a_megabyte_that_was_pasted_is_told_and_stays_where_it_was(
    site: Site, signed_in: SignedIn, place: str
) -> None:
    before = await draft(site, f"flood-{place}")
    tail, field, press = PLACES[place]
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/flood-{place}{tail}")
    written = page.locator(field)
    # Pasting goes past `maxlength` in no browser; somebody without one is as welcome.
    await written.evaluate("(one) => { one.removeAttribute('maxlength'); one.value = 'a'.repeat(1_000_000); }")
    await button(page, press).click()
    await expect(page.locator("#says:not(:empty), main [role=alert]").first).to_contain_text(
        re.compile("too large|shorten|too long")
    )
    assert len(await page.locator(field).input_value()) == 1_000_000
    assert await text_of(site, f"flood-{place}") == before


async def test_a_flood_of_lao_on_the_clipboard_does_not_stop_the_browser(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "flood-lao")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/flood-lao?step=3&lang=en")
    written = page.locator("#f-steps-2-text-en")
    before = await written.input_value()
    paste = """(one, words) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", words);
        const event = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
        return one.dispatchEvent(event);
    }"""
    assert await written.evaluate(paste, "ກຳ່້" * 1000) is True
    await expect(page.locator("#says")).to_be_empty()
    assert await written.evaluate(paste, "ກຳ່້" * 87_381) is False
    await expect(page.locator("#says")).to_contain_text("349,524 letters")
    assert await written.input_value() == before


TWICE = {
    "a text": ("/step", {"step": "3", "t:steps.2.text:en": "Once only"}, "Once only"),
    "a choice": ("/step", {"step": "3", "do": "option", "label-en": "Once only", "label-lo": "ກ"}, "Once only"),
    "a copy": ("/step", {"step": "3", "do": "copy", "t:steps.2.text:en": "Once only"}, "Once only"),
    "a new step": ("/add", {"after": "2", "kind": "text", "text-en": "Once only", "text-lo": "ກ"}, "Once only"),
    "a comment": ("/comment", {"step": "3", "words": "Once only"}, ""),
}


@pytest.mark.parametrize("what", TWICE)
async def test_a_form_that_is_sent_twice_does_it_once(site: Site, what: str) -> None:
    name = f"twice-{what.replace(' ', '-')}"
    await draft(site, name)
    tail, form, words = TWICE[what]
    person = await site.person("admin")
    version = str((await site.memory.drafts.open(name)).version)
    async with site.client(person) as http:

        async def send() -> int:
            data = form | {"token": person.token, "version": version, "lang": "en"}
            async with http.post(f"{ROOT}/flows/{name}{tail}", data=data, allow_redirects=False) as answer:
                return answer.status

        told = await asyncio.gather(send(), send())
    assert set(told) <= {303, 409}, told
    assert 303 in told
    if words:
        assert (await text_of(site, name)).count(words) == (2 if what == "a copy" else 1)
    else:
        assert len(await site.memory.drafts.comments(name)) == 1


async def test_an_old_form_comes_back_whole(site: Site) -> None:
    before = await draft(site, "yesterday")
    person = await site.person("admin")
    form = {"token": "of-yesterday", "step": "3", "t:steps.2.text:en": "Words of yesterday"}
    async with site.client(person) as http, http.post(f"{ROOT}/flows/yesterday/step", data=form) as answer:
        assert answer.status == 403
        shown = await answer.text()
    assert 'name="t:steps.2.text:en" value="Words of yesterday"' in shown
    assert person.token in shown
    assert await text_of(site, "yesterday") == before


async def test_words_go_to_their_step_when_somebody_else_has_added_one_before_it(
    site: Site, signed_in: SignedIn
) -> None:
    await draft(site, "shifted")
    one, other = await signed_in("admin"), await signed_in("admin")
    await other.goto(f"{ROOT}/flows/shifted?step=3&lang=en")
    await one.goto(f"{ROOT}/flows/shifted/add?after=1&kind=text")
    for tag in ("lo", "lo-Latn", "en"):
        await one.locator(f"#text-{tag}").fill("Before it")
    await button(one, "Add a step").click()
    await one.wait_for_url("**saved=**")
    await other.locator("#f-steps-2-text-en").fill("A boy? A girl?")
    await button(other, "Save step").click()
    alert = other.locator("section[role=alert]")
    await expect(alert).to_contain_text("admin")
    await expect(alert).to_contain_text("Boy or girl?")
    await alert.get_by_role("button", name="Save mine in its place").click()
    await expect(other.locator("#saved")).to_have_text("Saved")
    await expect(other.locator("#step-title")).to_contain_text("4 child_sex")
    await expect(other.locator("#f-steps-3-text-en")).to_have_value("A boy? A girl?")
    assert "Before it" in await text_of(site, "shifted")


async def test_a_step_that_is_added_late_is_kept_and_goes_where_it_was_meant(site: Site, signed_in: SignedIn) -> None:
    before = await draft(site, "late")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/late/add?after=2&kind=text")
    await page.locator("#text-en").fill("Mine")
    await page.locator("#text-lo").fill("ຂອງຂ້ອຍ")
    theirs = edit(before, SetText(("steps", 2, "text"), "en", "Theirs"))
    await site.memory.drafts.save("late", theirs, expected=2, by="kham")
    await button(page, "Add a step").click()
    await expect(page.get_by_role("alert")).to_contain_text("kham saved this")
    await expect(page.locator("#text-en")).to_have_value("Mine")
    await button(page, "Add a step").click()
    await page.wait_for_url("**saved=**")
    text = await text_of(site, "late")
    assert "Theirs" in text
    assert "Mine" in text


async def test_what_cannot_be_saved_stands_there_as_it_was_written(site: Site, signed_in: SignedIn) -> None:
    before = await draft(site, "refused")
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/refused?step=3&lang=en")
    await page.locator("#f-steps-2-text-en").fill("A new question")
    await page.get_by_text("Rules", exact=True).click()
    await page.locator("#f-steps-2-when").fill("birth_date >")
    await button(page, "Save step").click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    await expect(page.locator("#f-steps-2-text-en")).to_have_value("A new question")
    await expect(page.locator("#f-steps-2-when")).to_have_value("birth_date >")
    assert await text_of(site, "refused") == before
    await page.locator("#f-steps-2-when").fill("")
    await save(page)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as one:
        for name, data in files.items():
            one.writestr(name, data)
    return out.getvalue()


STRANGE = {
    "picture.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "letter.xlsx": zipped(**{"word/document.xml": b"<w/>"}),
    "torn.xlsx": zipped(**{"xl/workbook.xml": b"<workbook/>"})[:-30],
    "page.json": b"<!doctype html><title>Sign in</title>",
    "list.json": b"[1, 2, 3]",
    "deep.json": b"[" * 100_000,
    "two-bytes.json": "{}".encode("utf-16"),
    "program.po": b"MZ\x90\x00" + bytes(500),
    "empty.po": b"",
}


@pytest.mark.parametrize("tail", ["/flows/import", "/flows/strange/texts/file"])
async def test_a_file_that_is_not_what_it_says_changes_nothing_and_is_told(site: Site, tail: str) -> None:
    before = await text_of(site, "strange") or await draft(site, "strange")
    person = await site.person("admin")
    known = {one.id for one in await site.memory.drafts.list()}
    async with site.client(person) as http:
        for name, data in STRANGE.items():
            form = aiohttp.FormData({"token": person.token, "agency": "commerce", "version": "2"})
            form.add_field("file", data, filename=name)
            async with http.post(ROOT + tail, data=form) as answer:
                shown = await answer.text()
                assert answer.status == 422, (name, answer.status)
            assert 'role="alert"' in shown, name
            assert "Traceback" not in shown
    assert await text_of(site, "strange") == before
    assert {one.id for one in await site.memory.drafts.list()} == known
