"""The administration's pages: an agency asked, a test message that is sure and on record, the machine and its check."""

import re
from typing import Any

import pytest

from console.pages.channels import MOST_TRIES
from console.visit import ROOT
from store.scope import Scope
from sync.connectors.native import Connector
from sync.faults import Away
from tests.console.conftest import Person, Site
from tests.console.test_users import post
from tests.console.town import soon

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+8562055511999"


async def page(site: Site, person: Person, path: str, language: str = "en") -> tuple[int, str]:
    async with site.client(person, language) as http, http.get(ROOT + path) as answer:
        return answer.status, await answer.text()


async def test_an_agency_is_asked_and_what_came_of_it_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await site.person("admin")
    _, text = await page(site, person, "/agencies")
    assert "Nobody has tried it from here yet" in text
    assert "whsec_" not in text
    async with site.client(person) as http:
        assert (await post(http, person, "/agencies/health/test"))[0] == 303
        _, text = await page(site, person, "/agencies")
        assert re.search(r'class="good">[^<]*admin-all-all: it answered, and signed its answer \([\d,]+ ms\)', text)

        async def away(*_: Any) -> None:
            raise Away("refused")

        monkeypatch.setattr(Connector, "statuses", away)
        assert (await post(http, person, "/agencies/health/test"))[0] == 303
        _, text = await page(site, person, "/agencies")
        assert re.search(r'class="problem">[^<]*the agency was not reached', text)
        assert (await post(http, person, "/agencies/nobody/test"))[0] == 404
    told = await site.memory.audit.entries(subject="health")
    assert [(one.act, one.actor, one.details["fault"]) for one in told[:2]] == [
        ("agency_tested", "admin-all-all", "away"),
        ("agency_tested", "admin-all-all", ""),
    ]


async def test_an_admin_of_one_agency_sees_and_asks_that_one(site: Site) -> None:
    person = await site.person("admin", Scope(("*",), ("health",)))
    _, text = await page(site, person, "/agencies")
    assert 'id="health"' in text
    assert 'id="civil-registry"' not in text
    async with site.client(person) as http:
        assert (await post(http, person, "/agencies/civil-registry/test"))[0] == 404
        assert (await post(http, person, "/channels/demo/test", number=NUMBER, sure="1"))[0] == 404
    assert (await page(site, person, "/channels"))[0] == 403


async def test_a_test_message_goes_when_she_is_sure_and_the_audit_has_no_number(site: Site) -> None:
    person = await site.person("admin")

    async def messages() -> int:
        return len(await site.memory.messages.states())

    before = await messages()
    async with site.client(person) as http:
        status, text = await post(http, person, "/channels/demo/test", number="hello")
        assert (status, "no telephone number" in text) == (400, True)
        status, text = await post(http, person, "/channels/demo/test", number="020 55 511 999")
        assert status == 200
        assert "This goes to ••••999" in text
        assert await messages() == before, "nothing goes before she is sure"
        form = {"number": NUMBER, "sure": "1", "alphabet": "lo"}
        async with http.post(
            ROOT + "/channels/demo/test", data={"token": person.token, **form}, allow_redirects=False
        ) as answer:
            where = answer.headers["Location"].removeprefix(ROOT)

        async def arrived() -> bool:
            return ": delivered" in (await page(site, person, where))[1]

        await soon(arrived, "the test message")
        told = await site.memory.audit.entries(subject="demo")
        assert [(one.act, one.details["number"]) for one in told] == [("channel_tried", "••••999")]
        for _ in range(MOST_TRIES - 1):
            assert (await post(http, person, "/channels/demo/test", **form))[0] == 303
        assert (await post(http, person, "/channels/demo/test", **form))[0] == 429
    assert NUMBER[-8:] not in str(await site.memory.audit.entries(limit=500))


async def test_the_database_is_checked_in_the_background_and_on_record(site: Site) -> None:
    person = await site.person("admin")
    assert "Nobody has checked it" in (await page(site, person, "/node"))[1]
    async with site.client(person) as http:
        assert (await post(http, person, "/node/check"))[0] == 303

    async def told() -> bool:
        return "sound, and the audit" in (await page(site, person, "/node"))[1]

    await soon(told, "the check")
    rows = await site.memory.audit.entries(subject="database")
    assert [(one.act, one.details["wrong"]) for one in rows] == [("database_checked", 0)]


@pytest.mark.parametrize("path", ["/node", "/agencies", "/channels", "/users"])
@pytest.mark.parametrize("language", ["en", "lo"])
async def test_the_pages_say_every_word(site: Site, path: str, language: str) -> None:
    status, text = await page(site, await site.person("admin"), path, language)
    assert status == 200
    assert len(text.encode()) < 30_000
