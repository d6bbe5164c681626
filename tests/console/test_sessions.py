"""Sittings that end, change or are guessed at: what comes back, what never does, and what an answer may not tell."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from console import secrets
from console.cookies import COOKIE
from console.visit import ROOT
from store.scope import EVERYTHING, Scope
from store.users import TRIES, Newcomer, Users
from store.values import Settlement, Trip
from tests.console.conftest import Person, SignedIn, Site
from tests.console.town import soon
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

PASSWORD = "four unlike words here"
AGENCY = "elsewhere"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reference(site: Site) -> AsyncIterator[str]:
    """A request that its agency has refused as one it has already."""
    live = site.memory.office.live["birth"]
    one = submission(31, agencies=(AGENCY,), answers={"mother_name": "Kham"}, place="LA0901", revision=live.digest)
    await write(site.memory, [one])
    found = await site.memory.queue.one(EVERYTHING, one.reference)
    assert found
    said = Settlement(found.latest, "refuse", code="invalid", reason="duplicate_case", fields=("mother_name",))
    trip = Trip(AGENCY, "http", (found.latest,), "answered")
    await site.memory.road.settle(AGENCY, [said], trip, site.memory.clock.steady(), wake=False)
    yield one.reference


async def somebody(site: Site, name: str, role: str = "officer") -> None:
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer(name, hashed, [role], EVERYTHING, fresh=False), by="test")


async def post(http: aiohttp.ClientSession, path: str, data: Any) -> tuple[int, str, str]:
    async with http.post(ROOT + path, data=data, allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return html.unescape(found[1])


@pytest.mark.parametrize("signed", [True, False], ids=["old form", "session over"])
async def test_no_password_is_written_into_a_page(site: Site, signed: bool) -> None:
    typed = {"old": "my old password", "new": "my new password", "repeat": "my new password", "token": "of-yesterday"}
    typed["username"] = "officer"
    async with site.client(await site.person("officer") if signed else None) as http:
        status, text, _ = await post(http, "/account/password", typed)
        assert "Send again" not in text, "a form of passwords alone is filled in anew"
        assert status == (403 if signed else 401)
        assert "my old password" not in text
        assert "my new password" not in text
        _, text, _ = await post(http, "/users", typed | {"own": "my own password", "shown": "Noy of the south"})
        assert "my own password" not in text
        assert "Noy of the south" in text, "the control: what is no password is there"


async def test_a_long_text_in_lao_comes_back_after_the_sign_in(site: Site) -> None:
    await somebody(site, "long", "admin")
    said = "ຄຳຮ້ອງ " * 5_000
    async with site.client(None) as http:
        _, text, _ = await post(http, "/flows/birth/texts", {"t:steps.2.text:lo": said, "token": "x"})
        kept, to = hidden(text, "kept"), hidden(text, "to")
        form = {"name": "long", "password": PASSWORD, "kept": kept, "to": to}
        status, text, _ = await post(http, "/login", form)
    assert status == 200
    assert hidden(text, "t:steps.2.text:lo") == said
    assert f'action="{ROOT}/flows/birth/texts"' in text


WITHOUT_WORDS = {
    "/queue/sync": "/queue",
    "/transfer/write": "/transfer",
    "/account/revoke": "/account",
    "/agencies/health/test": "/agencies",
    "/node/check": "/node",
    "/users/kham/sittings": "/users",
}
"""Buttons without a field, and where she goes on who pressed one too late."""


async def test_a_button_that_was_pressed_too_late_leads_back_to_its_page(site: Site) -> None:
    await somebody(site, "pressed", "officer")
    person = await site.person("officer")
    async with site.client(None) as http:
        for path, there in WITHOUT_WORDS.items():
            status, text, _ = await post(http, path, {"token": "of-yesterday"})
            assert (status, hidden(text, "to")) == (401, ROOT + there), path
            form = {"name": "pressed", "password": PASSWORD, "to": hidden(text, "to")}
            assert (await post(http, "/login", form))[::2] == (303, ROOT + there), path
            http.cookie_jar.clear()
    async with site.client(person) as http:
        status, text, _ = await post(http, "/queue/sync", {"token": "of-yesterday"})
        assert status == 403
        assert f'class="button" href="{ROOT}/queue"' in text


async def test_a_file_that_comes_too_late_is_asked_for_again(site: Site) -> None:
    form = aiohttp.FormData({"token": "of-yesterday"})
    form.add_field("files", b"anything", filename="receipt.bundle")
    async with site.client(None) as http:
        status, text, _ = await post(http, "/transfer/read", form)
    assert status == 401
    assert "choose the file once more" in text
    assert hidden(text, "to") == ROOT + "/transfer"


async def test_a_name_that_nobody_has_rests_like_one_that_somebody_has(site: Site) -> None:
    await somebody(site, "known")
    told = []
    async with site.client(None) as http:
        for name in ("known", "unknown"):
            tries = [await post(http, "/login", {"name": name, "password": "no"}) for _ in range(TRIES + 1)]
            told.append([(status, text.replace(name, "")) for status, text, _ in tries])
    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [401] * TRIES + [429]


BROKEN = {
    "multipart/form-data": b"--x",
    "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nhalf',
    "application/x-www-form-urlencoded; charset=klingon": b"token=1",
    "application/x-www-form-urlencoded": b"token=%ff%fe&reason=%00%ed%a0%80",
    "application/json": b"{}",
    "text/html; charset=utf-16": b"\xff",
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_form_that_was_harmed_on_the_way_is_told(site: Site, kind: str) -> None:
    person = await site.person("officer")
    async with site.client(person) as http:
        headers = {"Content-Type": kind}
        async with http.post(ROOT + "/queue/sync", data=BROKEN[kind], headers=headers) as answer:
            assert answer.status in {400, 403}, kind


async def test_an_open_page_does_not_keep_a_sitting_alive_but_a_click_does(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs: list[bool] = []
    read = Users.sitting

    async def noted(users: Users, cookie: str, *, alive: bool = True) -> Any:
        signs.append(alive)
        return await read(users, cookie, alive=alive)

    monkeypatch.setattr(Users, "sitting", noted)
    async with site.client(await site.person("officer")) as http:
        for path, headers, is_sign in (
            ("/queue", {}, True),
            ("/link", {"HX-Request": "true"}, False),
            ("/queue", {"HX-Request": "true"}, False),
            ("/queue", {"HX-Request": "true", "HX-Boosted": "true"}, True),
        ):
            signs.clear()
            async with http.get(ROOT + path, headers=headers) as answer:
                assert answer.status == 200
            assert signs == [is_sign], (path, headers)


@pytest.mark.parametrize("ended", ["signed out", "another role", "closed"])
async def test_a_stream_ends_with_what_gave_her_the_right_to_it(site: Site, ended: str) -> None:
    users, name = site.memory.users, f"stream-{ended.replace(' ', '-')}"
    await users.add(Newcomer(name, "", ["officer"], EVERYTHING, fresh=False), by="test")
    cookie, token = await users.enter(name, "test", "test")
    async with site.client(Person(name, cookie, token)) as http, http.get(ROOT + "/queue/events") as answer:
        assert answer.status == 200
        assert await answer.content.readline() == b"retry: 3000\n"
        match ended:
            case "signed out":
                await users.revoke(name, by="test")
            case "another role":
                await users.set_rights(name, ["translator"], EVERYTHING, by="test", shown=name, active=True)
            case _:
                await users.set_rights(name, ["officer"], EVERYTHING, by="test", shown=name, active=False)
        await site.memory.review.tell("unmatched", f"something new for {name}")
        await write(site.memory, [submission(600 + len(ended), agencies=(AGENCY,))])
        async with asyncio.timeout(60):
            rest = await answer.content.read()
        assert b"event: change" not in rest


async def test_signing_in_anew_ends_the_sitting_that_this_browser_had(site: Site) -> None:
    await somebody(site, "twice")
    cookie, _ = await site.memory.users.enter("twice", "test", "test")
    form = {"name": "twice", "password": PASSWORD}
    async with (
        site.client(Person("twice", cookie, "")) as http,
        http.post(ROOT + "/login", data=form, allow_redirects=False) as answer,
    ):
        assert answer.status == 303
        now = answer.cookies[COOKIE].value
    assert await site.memory.users.sitting(cookie) is None
    assert await site.memory.users.sitting(now)


async def test_the_news_are_there_from_the_first_day_and_are_read_as_far_as_they_were_shown(
    site: Site, reference: str
) -> None:
    name = "first-day"
    await site.memory.users.add(Newcomer(name, "", ["officer"], EVERYTHING, fresh=False), by="test")
    cookie, token = await site.memory.users.enter(name, "test", "test")
    async with site.client(Person(name, cookie, token)) as http:
        async with http.get(ROOT + "/queue") as answer:
            text = await answer.text()
        assert "Since you last looked" in text
        until = hidden(text, "until")
        assert (await post(http, "/queue/seen", {"token": token, "until": str(int(until) - 3600)}))[0] == 303
        found = await site.memory.users.get(name)
        assert found
        assert found.looked_at == int(until) - 3600
        await post(http, "/queue/seen", {"token": token, "until": str(int(until) + 10**6)})
        found = await site.memory.users.get(name)
        assert found
        assert found.looked_at < int(until) + 10**6, "nobody has read what is still to come"


async def test_the_names_of_a_service_are_never_taken_for_the_forms_own(site: Site, reference: str) -> None:
    person, path = await site.person("officer"), f"{ROOT}/queue/{reference}/fix"
    async with site.client(person) as http, http.get(path) as answer:
        text = await answer.text()
    names = set(re.findall(r'name="([^"]+)"', text.partition("<main")[2]))
    assert "f:mother_name" in names
    assert {one for one in names if not one.startswith("f:")} == {"token", "agency", "revision", "note"}


async def test_a_request_that_the_agency_has_already_is_led_to_side_by_side(site: Site, reference: str) -> None:
    async with site.client(await site.person("officer")) as http:
        for path in ("/queue?state=fix", f"/queue/{reference}", "/conflicts"):
            async with http.get(ROOT + path) as answer:
                assert f'href="{ROOT}/conflicts/{reference}"' in await answer.text(), path


async def test_an_officer_of_one_agency_syncs_that_one(site: Site, signed_in: SignedIn) -> None:
    scope = Scope(("*",), ("civil-registry",))
    page = await signed_in("officer", scope=scope)
    await page.goto(ROOT + "/queue")
    await page.get_by_role("button", name="Sync now").click()
    await page.wait_for_url("**/console/queue")
    person = await site.person("officer", scope)

    async def pressed() -> bool:
        push = await site.memory.pushes.last()
        return push is not None and push.actor == person.name and push.agency == "civil-registry"

    await soon(pressed, "the press")
    async with site.client(person) as http:
        assert (await post(http, "/queue/sync", {"token": person.token, "agency": "health"}))[0] == 403
        assert (await post(http, "/queue/sync", {"token": person.token}))[0] == 403


async def test_what_cannot_be_done_is_told_in_her_language_with_what_she_wrote(site: Site) -> None:
    person = await site.person("approver")
    form = {"token": person.token, "note": "ບໍ່ມີຂໍ້ສະເໜີນີ້", "service": "birth", "until": "2020-01-01"}
    for language, said in (("en", ""), ("lo", "ບໍ່ມີຫຍັງປ່ຽນແປງ")):
        async with site.client(person, language) as http:
            for path in ("/publishing/proposals/999/approve", "/publishing/services/nothing/rollback"):
                status, text, _ = await post(http, path, form)
                assert status == 409, path
                assert "ບໍ່ມີຂໍ້ສະເໜີນີ້" in text, path
                assert said in text, path


async def test_an_account_that_cannot_be_changed_stands_there_as_it_was_typed(site: Site) -> None:
    await somebody(site, "typed")
    person = await site.person("admin")
    form = {"token": person.token, "shown": "Noy of the south", "role": "auditor", "districts": "la-09", "active": "1"}
    async with site.client(person) as http:
        status, text, _ = await post(http, "/users/typed", form)
    assert status == 400
    assert 'value="Noy of the south"' in text
    assert 'value="LA-09"' in text
    assert re.search(r'value="auditor" checked', text)


async def test_a_long_talk_at_the_counter_is_never_cut(site: Site) -> None:
    person = await site.person("officer")
    said = "1*" + "*".join(["ຄຳຕອບຍາວ " * 20 + "x"] * 12)
    form = {"token": person.token, "number": "+8562055512398", "session": "counter-" + "a" * 16, "input": "1"}
    async with site.client(person) as http:
        status, text, _ = await post(http, "/counter", form | {"heard": said})
    assert status == 200
    assert hidden(text, "heard") == f"{said}*1"
    assert len(said) > 2_000
