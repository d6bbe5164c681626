"""What goes with every answer of the desk: its policy, its cookies' flags, and addresses that lead out of it."""

import asyncio
import re

import pytest

from console import secrets
from console.cookies import COOKIE
from console.pages import PAGES
from console.visit import ROOT
from store.scope import EVERYTHING
from store.users import Newcomer
from tests.console.conftest import Site
from tests.console.test_skeleton import STREAMS, address

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PASSWORD = "four unlike words here"
WANTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


async def test_every_answer_has_the_policy_and_no_page_a_script_or_a_style_of_its_own(site: Site) -> None:
    signed = {role: await site.person(role) for role in ("admin", "officer", "auditor")}
    checked = 0
    for person in (None, *signed.values()):
        async with site.client(person) as http:
            for page in PAGES:
                if page.path in {*STREAMS, "/account/revoke", "/logout"}:
                    continue
                method = http.get if page.method == "GET" else http.post
                async with method(address(page), allow_redirects=False) as answer:
                    text = (await answer.read()).decode("utf-8", "replace")
                    told = dict(
                        one.strip().split(" ", 1) for one in answer.headers["Content-Security-Policy"].split(";")
                    )
                    assert told.items() >= SOURCES.items(), page
                    assert "unsafe" not in answer.headers["Content-Security-Policy"], page
                    assert {name: answer.headers[name] for name in WANTED} == WANTED, page
                    if answer.content_type == "text/html":
                        assert (
                            re.findall(r"<script(?![^>]* src=)[^>]*>|<style|<[^>]+ style=|<[^>]+ on[a-z]+=", text) == []
                        ), page
                        checked += 1
    assert checked > 100, "the control: there were pages"


@pytest.mark.parametrize("proxied", [False, True], ids=["http", "behind TLS"])
async def test_the_cookie_of_a_sitting_is_for_this_host_and_no_script(site: Site, proxied: bool) -> None:
    name = f"cookie-{proxied}".lower()
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer(name, hashed, ["officer"], EVERYTHING, fresh=False), by="test")
    headers = {"X-Forwarded-Proto": "https"} if proxied else {}
    form = {"name": name, "password": PASSWORD}
    async with (
        site.client(None) as http,
        http.post(ROOT + "/login", data=form, headers=headers, allow_redirects=False) as answer,
    ):
        (said,) = [one for one in answer.headers.getall("Set-Cookie") if COOKIE in one.partition("=")[0]]
    cookie, *flags = said.split("; ")
    assert cookie.startswith(("__Host-" if proxied else "") + COOKIE + "=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)
    assert ("Secure" in flags) is proxied
    assert not [one for one in flags if one.startswith(("Domain", "Max-Age", "expires"))]


OUT = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "/console/\\evil.example", "/console//evil.example",
    "javascript:alert(1)", "/elsewhere", "\t//evil.example", "/console/%0d%0aSet-Cookie:x=1", "/consolevil",
)  # fmt: skip


async def test_signing_in_leads_nowhere_else(site: Site) -> None:
    hashed = await asyncio.to_thread(secrets.hash_password, PASSWORD)
    await site.memory.users.add(Newcomer("leads", hashed, ["officer"], EVERYTHING, fresh=False), by="test")
    for to in OUT:
        form = {"name": "leads", "password": PASSWORD, "to": to}
        async with site.client(None) as http:
            async with http.post(ROOT + "/login", data=form, allow_redirects=False) as answer:
                assert answer.status == 303, to
                where = answer.headers["Location"]
                assert where == ROOT + "/" or where == to == OUT[8], to
                assert "\n" not in where
            async with http.get(f"{ROOT}/login", params={"to": to}, allow_redirects=False) as answer:
                assert "evil" not in await answer.text()
        kept = form | {"kept": '[["note", "words of mine"]]'}
        async with site.client(None) as http, http.post(ROOT + "/login", data=kept) as answer:
            text = await answer.text()
        assert "words of mine" in text, "the control: it is the form that comes back"
        assert re.findall(r'action="(?!/console/)', text) == [], to
