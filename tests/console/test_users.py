"""Accounts made and mended at the desk: first passwords, the last admin, narrower admins, lost second factors."""

import asyncio
import re
from typing import Any

import aiohttp
import pytest

from console import secrets
from console.visit import ROOT
from store.scope import EVERYTHING, Scope
from store.users import Newcomer
from tests.console.conftest import Person, Site

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PASSWORD = "four unlike words here"


async def admin(site: Site, name: str, scope: Scope = EVERYTHING) -> Person:
    """Somebody with the role admin who has a password of her own."""
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer(name, hashed, ["admin"], scope, fresh=False), by="test")
    cookie, token = await site.memory.users.enter(name, "test", "test")
    return Person(name, cookie, token)


async def post(http: aiohttp.ClientSession, person: Person, path: str, **form: Any) -> tuple[int, str]:
    async with http.post(ROOT + path, data={"token": person.token, **form}, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def sign_in(site: Site, name: str, password: str, code: str = "") -> tuple[int, str]:
    async with site.client(None) as http:
        form = {"name": name, "password": password, "code": code}
        async with http.post(ROOT + "/login", data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")


def once(text: str) -> str:
    """The password that the page shows."""
    found = re.search(r'<code id="password">([^<]+)</code>', text)
    assert found
    return found[1]


async def test_a_first_password_is_shown_once_and_opens_the_account(site: Site) -> None:
    person = await admin(site, "add-1")
    form = {"name": "Noy", "role": ["officer"], "districts": "la0901, la0902", "agency": ["civil-registry"]}
    async with site.client(person) as http:
        status, text = await post(http, person, "/users", **form, own="not it at all")
        assert status == 400, "without her own password nobody is made"
        assert await site.memory.users.get("noy") is None
        status, text = await post(http, person, "/users", **form, shown="Noy Officer", own=PASSWORD)
        assert status == 200
        password = once(text)
        async with http.get(ROOT + "/users/noy") as answer:
            assert password not in await answer.text()
        status, text = await post(http, person, "/users", **form, own=PASSWORD)
        assert status == 409
        assert "noy already" in text
    made = await site.memory.users.get("noy")
    assert made
    assert (made.scope, made.fresh) == (Scope(("LA0901", "LA0902"), ("civil-registry",)), True)
    assert await sign_in(site, "noy", password) == (303, ROOT + "/")
    told = await site.memory.audit.entries(subject="noy")
    assert [(one.act, one.actor) for one in told] == [("signed_in", "noy"), ("user_added", "add-1")]


async def test_what_is_no_account_is_told_in_words(site: Site) -> None:
    person = await admin(site, "add-2")
    good: dict[str, Any] = {"name": "kham", "role": ["officer"], "districts": "LA09", "agency": ["*"], "own": PASSWORD}
    wrong: dict[str, dict[str, Any]] = {
        "no good user name": {"name": "k!"},
        "at least one role": {"role": []},
        "is no role": {"role": ["king"]},
        "LA-09 is no code": {"districts": "LA-09"},
    }
    async with site.client(person) as http:
        for said, change in wrong.items():
            status, text = await post(http, person, "/users", **good | change)
            assert (status, said in text.replace("LA-09", "LA-09")) == (400, True), said
        assert await site.memory.users.get("kham") is None
        assert (await post(http, person, "/users", **good))[0] == 200, "the control"


async def test_an_admin_gives_nothing_beyond_her_own(site: Site) -> None:
    narrow = await admin(site, "narrow", Scope(("LA09",), ("*",)))
    await site.memory.users.add(Newcomer("south", "", ["officer"], Scope(("LA16",), ("*",))), by="test")
    await site.memory.users.add(Newcomer("near", "", ["officer"], Scope(("LA0901",), ("*",))), by="test")
    form: dict[str, Any] = {"role": ["admin"], "agency": ["*"], "own": PASSWORD}
    async with site.client(narrow) as http:
        async with http.get(ROOT + "/users") as answer:
            text = await answer.text()
        assert "/users/near" in text
        assert "/users/south" not in text
        assert (await post(http, narrow, "/users", name="wide", districts="*", **form))[0] == 400
        assert (await post(http, narrow, "/users/near", districts="LA16", active="1", **form))[0] == 400
        assert (await post(http, narrow, "/users/south/sittings"))[0] == 404
        assert (await post(http, narrow, "/users/near", districts="LA0902", active="1", **form))[0] == 303
    near = await site.memory.users.get("near")
    assert near
    assert near.scope.districts == ("LA0902",)


async def test_somebody_stays_admin(site: Site) -> None:
    person = await admin(site, "last")
    others = [one for one in await site.memory.users.everybody() if "admin" in one.roles and one.name != "last"]
    form: dict[str, Any] = {"role": ["officer"], "districts": "*", "agency": ["*"]}
    async with site.client(person) as http:
        assert (await post(http, person, "/users/last", active="0", **form))[0] == 400, "nobody closes herself"
        for one in others:
            status, _ = await post(http, person, f"/users/{one.name}", active="0", **form)
            assert status == 303
        status, text = await post(http, person, "/users/last", active="1", **form)
        assert status == 409
        assert "last open account" in text
    kept = await site.memory.users.get("last")
    assert kept
    assert kept.roles == ("admin",)
    for one in others:
        await site.memory.users.set_rights(one.name, one.roles, one.scope, by="test", shown=one.shown, active=True)


async def test_a_closed_account_is_out_at_once(site: Site) -> None:
    person, other = await admin(site, "close-1"), await admin(site, "close-2")
    async with site.client(other) as theirs, site.client(person) as http:
        async with theirs.get(ROOT + "/users") as answer:
            assert answer.status == 200
        form: dict[str, Any] = {"role": ["admin"], "districts": "*", "agency": ["*"]}
        assert (await post(http, person, "/users/close-2", active="0", **form))[0] == 303
        async with theirs.get(ROOT + "/users") as answer:
            assert answer.status == 401
    assert (await sign_in(site, "close-2", PASSWORD))[0] == 401


async def test_a_lost_way_in_is_given_back(site: Site) -> None:
    person, other = await admin(site, "back-1"), await admin(site, "back-2")
    secret = secrets.draw_secret()
    await site.memory.users.set_secret("back-2", secret, secrets.draw_codes(), by="back-2")
    async with site.client(person) as http:
        for path in ("password", "second", "vouch"):
            assert (await post(http, person, f"/users/back-2/{path}", own="not it at all"))[0] == 400, path
        status, text = await post(http, person, "/users/back-2/vouch", own=PASSWORD)
        code = re.search(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", text)
        assert status == 200
        assert code
        assert (await sign_in(site, "back-2", PASSWORD, code[1]))[0] == 303
        assert (await sign_in(site, "back-2", PASSWORD, code[1]))[0] == 401, "once"
        assert (await post(http, person, "/users/back-2/second", own=PASSWORD))[0] == 303
        assert (await sign_in(site, "back-2", PASSWORD))[0] == 303, "no code is asked for any more"
        status, text = await post(http, person, "/users/back-2/password", own=PASSWORD)
        assert status == 200
        assert (await sign_in(site, "back-2", PASSWORD))[0] == 401
        assert await sign_in(site, "back-2", once(text)) == (303, ROOT + "/")
    async with site.client(other) as theirs, theirs.get(ROOT + "/users") as answer:
        assert answer.status == 401, "she was signed out everywhere"
    acts = {one.act: one.actor for one in await site.memory.audit.entries(subject="back-2")}
    assert acts.items() >= {
        ("witnessed_unlock", "back-1"),
        ("second_factor_off", "back-1"),
        ("password_reset", "back-1"),
    }
