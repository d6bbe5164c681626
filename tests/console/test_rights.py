"""The matrix of rights: every page and action of the table, every role, scopes that are hers and scopes that are not.

Each line of `PAGES` stands here under one kind, which says what a foreign scope gets; a line without one is red.
Actions are posted with forms that would do something, so that what a missing condition lets through is seen afterwards.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from console import roles
from console.page import Page
from console.pages import PAGES
from console.visit import ROOT
from store.memory import Memory
from store.scope import ALL, EVERYTHING, Scope
from store.users import Newcomer
from store.values import Settlement, Trip
from tests.console.conftest import Site
from tests.console.test_editor import draft
from tests.console.test_skeleton import STREAMS
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

AGENCY, DISTRICT, SERVICE = "elsewhere", "LA0901", "quarry"
LIVE_AGENCY = "civil-registry"
ONE = submission(5, agencies=(AGENCY,), place=DISTRICT, answers={"mother_name": "Zyxomma"})
WORDS = (ONE.reference, "Zyxomma", "Quelquefois", "somebody-there", f"{ONE.reference[:3]} {ONE.reference[3:6]}")
"""What only those may read who see the district and the agency of this request."""

DRAFTED = "Pamplemousse"
"""Stands in a draft of an agency's service."""

OWN = Scope((DISTRICT,), (AGENCY, LIVE_AGENCY))
FOREIGN = {
    "another district": Scope(("LA04",), (ALL,)),
    "another agency": Scope((ALL,), ("agriculture",)),
    "no district": Scope((), (ALL,)),
    "no agency": Scope((ALL,), ()),
}

# What a foreign scope gets, by kind: of a request or a person nothing; of the whole node nothing, for each narrower
# scope; of a service nothing when its agency is another; lists without what is foreign; her own things as ever.
MATRIX: dict[str, tuple[str, ...]] = {
    "stranger": ("/login", "/language/{tag}", "/oidc", "/oidc/back"),
    "own": (
        "/logout", "/", "/account", "/account/password", "/account/second", "/account/second/end", "/account/vouch",
        "/account/revoke", "/queue/seen", "/counter",
    ),
    "list": (
        "/link", "/queue", "/queue/events", "/queue/worklist", "/conflicts", "/calls", "/transfer", "/reports",
        "/reports/map", "/reports.csv", "/reports.xlsx", "/feedback", "/audit", "/audit/check", "/audit.csv", "/users",
        "/agencies", "/node", "/node/check", "/flows", "/flows/new", "/flows/import", "/publishing", "/tables",
        "/publishing/proposals/{number}", "/tables/{what}/{subject}",
    ),
    "one": (
        "/queue/{ref:[0-9]+}", "/queue/{ref:[0-9]+}/slip", "/queue/{ref:[0-9]+}/reveal", "/queue/{ref:[0-9]+}/worked",
        "/queue/{ref:[0-9]+}/withdraw", "/queue/{ref:[0-9]+}/fix", "/conflicts/{ref:[0-9]+}",
        "/calls/{line:[0-9]+}/reveal", "/calls/{line:[0-9]+}/done", "/transfer/{name}", "/users/{user}",
        "/users/{user}/password", "/users/{user}/second", "/users/{user}/vouch", "/users/{user}/sittings",
    ),
    "agency": ("/agencies/{agency}/test", "/queue/sync"),
    "node": (
        "/transfer/write", "/transfer/read", "/publishing/proposals/{number}/{act}", "/publishing/acts/{number}/{act}",
        "/publishing/services/{service}/{act}", "/publishing/waivers", "/publishing/waivers/{number}/end",
        "/publishing/trials", "/publishing/trials/{service}/stop", "/tables/{what}/{subject}/{act}", "/channels",
        "/channels/{channel}/test",
    ),
}  # fmt: skip
SERVICES = "/flows/{id:"
"""All addresses that begin so are of one service: of kind `service`."""

BY_METHOD = {("POST", "/reports/map"): "node", ("POST", "/tables/{what}/{subject}"): "node"}
"""Actions on an address whose page everybody may read."""

EXAMPLES = {
    "tag": "en", "ref:[0-9]+": ONE.reference, "line:[0-9]+": "1", "user": "somebody-there", "channel": "demo",
    "agency": LIVE_AGENCY, "id:[a-z][a-z0-9-]*": SERVICE, "what": "table", "subject": "places", "number": "1",
    "service": "birth", "act": "", "ending": "xlsx", "old": "1", "new": "1",
}  # fmt: skip
"""The parts of addresses; `name` is the stick's file and `act` an action that exists."""

ACTS = {
    "/publishing/proposals/{number}/{act}": "approve",
    "/publishing/acts/{number}/{act}": "right",
    "/publishing/services/{service}/{act}": "pause",
    "/tables/{what}/{subject}/{act}": "propose",
}
FORMS: dict[str, dict[str, str]] = {
    "/queue/sync": {"agency": LIVE_AGENCY},
    "/users/{user}": {"role": "officer", "districts": DISTRICT, "agency": AGENCY, "active": "0"},
    "/users": {"name": "made-by-a-stranger", "role": "officer", "districts": DISTRICT, "agency": AGENCY},
    "/channels/{channel}/test": {"number": "+8562055511999", "sure": "1"},
    "/publishing/waivers": {"until": "2030-01-01"},
    "/flows/{id:[a-z][a-z0-9-]*}/publish": {"do": "publish"},
    "/flows/{id:[a-z][a-z0-9-]*}/delete": {"step": "1"},
    "/flows/{id:[a-z][a-z0-9-]*}/step": {"step": "1", "do": "copy"},
    "/flows/{id:[a-z][a-z0-9-]*}/comment": {"step": "1", "words": "from a foreign agency"},
}
MEANT = {"reason": "needed for a test", "note": "needed for a test", "f:mother_name": "Changed", "revision": "1"}
"""What each form has besides."""

ENDS_HER = {"/logout", "/account/revoke"}
"""What would sign the others out who share the account."""


def kind(page: Page) -> str:
    """Under which kind a page stands; "" for one that nobody has thought of."""
    if page.path.startswith(SERVICES):
        return "service"
    found = [one for one, paths in MATRIX.items() if page.path in paths]
    return BY_METHOD.get((page.method, page.path)) or (found[0] if len(found) == 1 else "")


async def test_every_line_of_the_table_is_in_the_matrix_and_nothing_else_is() -> None:
    assert [(page.method, page.path) for page in PAGES if not kind(page)] == []
    listed = [path for paths in MATRIX.values() for path in paths]
    assert sorted(set(listed)) == sorted(listed)
    assert set(listed) <= {page.path for page in PAGES}
    assert kind(Page("GET", "/new-page", roles.EVERYONE, PAGES[0].handle)) == "", "the control: a new page is missed"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(site: Site) -> AsyncIterator[Site]:
    """One of each thing that can be foreign: a request that was refused, a line to call, a stick, a person, a draft."""
    memory = site.memory
    await write(memory, [ONE])
    found = await memory.queue.one(EVERYTHING, ONE.reference)
    assert found
    said = Settlement(found.latest, "refuse", code="invalid", reason="bad_value", fields=("mother_name",))
    await memory.road.settle(
        AGENCY, [said], Trip(AGENCY, "http", (found.latest,), "answered"), memory.clock.steady(), wake=False
    )
    await memory.queue.note("officer", "number_revealed", ONE.reference, reason="Quelquefois")
    await memory.review.tell("unmatched", "Quelquefois, said somebody")
    await memory.users.add(Newcomer("somebody-there", "", ["officer"], Scope((DISTRICT,), (AGENCY,))), by="admin")
    await memory.users.set_secret("somebody-there", b"x" * 20, (), by="somebody-there")
    text = await draft(site, SERVICE)
    assert "Boy or girl?" in text
    other = text.replace("Boy or girl?", DRAFTED)
    await memory.drafts.save(SERVICE, other, expected=(await memory.drafts.open(SERVICE)).version, by="admin")
    everywhere = await site.person("officer")
    form = {"token": everywhere.token}
    async with (
        site.client(everywhere) as http,
        http.post(ROOT + "/transfer/write", data=form, allow_redirects=False) as answer,
    ):
        EXAMPLES["name"] = answer.headers["Location"].partition("new=")[2]
    yield site


def address(page: Page) -> str:
    """The page's address with things in it that are there."""
    path = page.path
    for part, example in (EXAMPLES | {"act": ACTS.get(page.path, "")}).items():
        path = path.replace(f"{{{part}}}", example)
    return ROOT + path


async def sent(http: aiohttp.ClientSession, page: Page, token: str) -> tuple[int, str]:
    """The status and the text of a page, or of an action."""
    if page.path in STREAMS:
        async with http.get(address(page)) as answer:
            return answer.status, ""
    data = MEANT | FORMS.get(page.path, {}) | {"token": token} if page.method == "POST" else None
    async with http.request(page.method, address(page), data=data, allow_redirects=False) as answer:
        return answer.status, (await answer.read()).decode("utf-8", "replace")


REFUSED = {403, 404}


def refusal(page: Page, scope: Scope) -> set[int] | None:
    """The statuses that somebody of this scope must get; None: the page is there for her."""
    narrow = not (scope.everywhere and scope.every_agency)
    match kind(page):
        case "one":
            return {404}
        case "agency" if not scope.serves(LIVE_AGENCY):
            return REFUSED
        case "node" if narrow:
            return REFUSED
        case "service" if not scope.serves(LIVE_AGENCY):
            return {409}
    return None


def secret(page: Page, scope: Scope) -> tuple[str, ...]:
    """Words that must not stand on her page; those of its address stand in its links."""
    return WORDS if scope.serves(LIVE_AGENCY) or kind(page) == "stranger" else (*WORDS, DRAFTED)


async def breaches(site: Site, role: str, scope: Scope, methods: tuple[str, ...] = ("GET", "POST")) -> list[str]:
    """What somebody with this role and a foreign scope gets and must not."""
    person, found = await site.person(role, scope), []
    async with site.client(person) as http:
        for page in PAGES:
            if role not in page.roles or page.path in ENDS_HER or page.method not in methods:
                continue
            status, text = await sent(http, page, person.token)
            wanted, what = refusal(page, scope), f"{page.method} {page.path}"
            if status >= 500:
                found.append(f"{what}: {status}")
            if wanted is not None and status not in wanted:
                found.append(f"{what}: {status} and not {sorted(wanted)}")
            if page.method == "GET":
                words = [word for word in secret(page, scope) if word not in address(page)]
                found += [f"{what}: shows {word}" for word in words if word in text]
    return found


async def state(memory: Memory) -> dict[str, Any]:
    """All that the actions of the matrix could have changed."""
    entry = await memory.queue.one(EVERYTHING, ONE.reference)
    assert entry
    someone = await memory.users.get("somebody-there")
    return {
        "request": (entry.status, entry.case_revision, [(way.agency, way.state) for way in entry.ways]),
        "calls": [one.id for one in await memory.review.memos(after=0, limit=50)],
        "person": someone,
        "people": len([one for one in await memory.users.everybody() if one.name == "made-by-a-stranger"]),
        "draft": (await memory.drafts.open(SERVICE)).text,
        "said": len(await memory.drafts.comments(SERVICE)),
        "proposals": [(one.id, one.state) for one in await memory.drafts.proposals()],
        "live": {name: one.digest for name, one in memory.office.live.items()},
        "waived": len(await memory.wording.waivers()),
        "resting": set((await memory.library.catalogue()).paused),
    }


@pytest.mark.parametrize("scope", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("role", roles.ROLES)
async def test_a_foreign_scope_gets_nothing_and_changes_nothing(town: Site, role: str, scope: Scope) -> None:
    before = await state(town.memory)
    assert await breaches(town, role, scope) == []
    assert (await state(town.memory)) | {"draft": 0, "said": 0} == before | {"draft": 0, "said": 0}
    if not scope.serves(LIVE_AGENCY):
        assert await state(town.memory) == before


@pytest.mark.parametrize("role", roles.ROLES)
async def test_her_own_scope_gets_what_her_role_has(town: Site, role: str) -> None:
    person, shown = await town.person(role, OWN), ""
    async with town.client(person) as http:
        for page in PAGES:
            if (
                role not in page.roles
                or page.method != "GET"
                or kind(page) == "node"
                or page.path == "/transfer/{name}"
            ):
                continue
            status, text = await sent(http, page, person.token)
            assert status < 400 or (page.path.startswith("/publishing/") and status == 404) or status == 409, page
            shown += text
    if role in roles.QUEUE_READERS:
        assert ONE.reference in shown, "the control: the words are there to be found"
        assert "Zyxomma" in shown
    if role in roles.AUDITORS:
        assert "Quelquefois" in shown
    if role in roles.EDITORS:
        assert DRAFTED in shown


def _all_districts(_scope: Scope, _place: str) -> bool:
    return True


def _everything(_scope: Scope) -> tuple[str, list[Any]]:
    return "1 = 1", []


BROKEN: dict[str, tuple[type, str, Callable[..., Any]]] = {
    "queries": (Scope, "condition", _everything),
    "districts": (Scope, "holds", _all_districts),
    "agencies": (Scope, "serves", _all_districts),
    "people": (Scope, "covers", _all_districts),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_condition_that_is_gone_is_seen(town: Site, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    owner, name, without = BROKEN[what]
    monkeypatch.setattr(owner, name, without)
    found = [one for scope in FOREIGN.values() for one in await breaches(town, "auditor", scope, ("GET",))]
    found += await breaches(town, "admin", FOREIGN["another agency"], ("GET",))
    assert found
