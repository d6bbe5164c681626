"""A canary in every field that somebody else can fill: shown as text somewhere, markup or a formula nowhere.

Each field has a canary of its own, so that one that no page shows is seen to be missing: then the test proves nothing
of it. Names of files are in `test_lost_forms`, what a ministry calls somebody in `test_ministry`.
"""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import aiohttp
import openpyxl
import pytest
import pytest_asyncio

from console import roles
from console.pages import PAGES
from console.visit import ROOT
from flows.cells import tame
from store.scope import EVERYTHING
from store.users import Newcomer
from store.values import Settlement, StatusEvent, Trip
from tests.console.conftest import Person, SignedIn, Site
from tests.console.test_editor import draft
from tests.console.test_outlines import collection, square
from tests.console.test_rights import EXAMPLES as PARTS
from tests.console.test_skeleton import STREAMS
from tests.console.test_users import post
from tests.store.desk_kit import submission, write

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

AGENCY, SERVICE = "elsewhere", "canary"

FIELDS = (
    "answer", "name of an answer", "answer before", "status reason", "status field", "refusal code", "refusal reason",
    "refused field", "agency number", "message unmatched", "message call_me", "message failed", "message down",
    "reveal reason", "fix note", "withdraw note", "person", "browser", "comment", "draft note", "flow question",
    "flow text", "proposal note", "refusal note", "pause words", "pause note", "waiver note", "trial label",
    "audit actor",
)  # fmt: skip


def canary(field: str) -> str:
    """What is written into a field; it would be an element and an attribute, and begins like a formula."""
    return f"=cnry{FIELDS.index(field):02d}'\"><b data-cnry>&amp;"


def tag(field: str) -> str:
    return f"cnry{FIELDS.index(field):02d}"


class Alive(HTMLParser):
    """Finds what a canary has become, where it has become anything."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [f"<{name} {key}>" for key, value in attributes if key.startswith(("data-cnry", "<"))]
        self.found += [
            f"<{name} {key}={value}>"
            for key, value in attributes
            if key in {"href", "src", "action"} and (value or "").strip().lower().startswith("javascript:")
        ]


def alive(text: str) -> list[str]:
    """What in a page a canary has brought to life."""
    parser = Alive()
    parser.feed(text)
    return parser.found


async def _request(site: Site) -> str:
    """A request of which everything is hostile that a citizen or an agency can write; put right once."""
    memory = site.memory
    live = memory.office.live["birth"]
    answers = {"mother_name": canary("answer before"), canary("name of an answer"): canary("answer")}
    one = submission(71, agencies=(AGENCY,), answers=answers, revision=live.digest)
    await write(memory, [one])
    found = await memory.queue.one(EVERYTHING, one.reference)
    assert found
    fields = (canary("refused field"), "mother_name")
    said = Settlement(
        found.latest, "refuse", code=canary("refusal code"), agency_ref=canary("agency number"),
        reason=canary("refusal reason"), fields=fields,
    )  # fmt: skip
    trip = Trip(AGENCY, "http", (found.latest,), "answered")
    await memory.road.settle(AGENCY, [said], trip, memory.clock.steady(), wake=False)
    await memory.queue.note("officer", "number_revealed", one.reference, reason=canary("reveal reason"))
    await memory.queue.note(canary("audit actor"), canary("audit actor"), one.reference)
    return one.reference


async def _closed(site: Site, reference: str) -> None:
    """One that an officer put right, one that she withdrew, each with a note; one that the agency answered; calls."""
    memory = site.memory
    live = memory.office.live["birth"]
    both = [submission(n, agencies=(AGENCY,), answers={"mother_name": "Kham"}, revision=live.digest) for n in (72, 73)]
    await write(memory, both)
    for one in both:
        found = await memory.queue.one(EVERYTHING, one.reference)
        assert found
        said = Settlement(found.latest, "refuse", code="invalid", reason="other", fields=("mother_name",))
        trip = Trip(AGENCY, "http", (found.latest,), "answered")
        await memory.road.settle(AGENCY, [said], trip, memory.clock.steady(), wake=False)
        if one is both[0]:
            fixed = {"mother_name": canary("answer")}
            await memory.review.amend(found.latest, AGENCY, fixed, actor="officer", note=canary("fix note"))
        else:
            await memory.review.withdraw(found.latest, AGENCY, actor="officer", note=canary("withdraw note"))
    third = submission(74, agencies=(AGENCY,), answers={"mother_name": "Kham"}, revision=live.digest)
    await write(memory, [third])
    reason, field = canary("status reason"), (canary("status field"),)
    event = StatusEvent(
        1, third.submission_id, third.reference, "needs_correction", reason, field, {"x": canary("status reason")}
    )
    await memory.road.statuses(AGENCY, [event], "1", memory.clock.steady())
    for kind in ("unmatched", "call_me", "failed", "down"):
        await memory.review.tell(kind, canary(f"message {kind}"))


async def _house(site: Site) -> None:
    """What people at the desk and other machines write."""
    memory = site.memory
    await memory.users.add(Newcomer("canary", "", ["officer"], EVERYTHING, shown=canary("person")), by="test")
    await memory.users.enter("canary", canary("browser"), "test")
    text = await draft(site, SERVICE)
    for words, field in (("Boy or girl?", "flow text"), ("Where was the child born?", "flow question")):
        assert words in text
        text = text.replace(words, json.dumps(canary(field))[1:-1])
    version = (await memory.drafts.open(SERVICE)).version
    await memory.drafts.save(SERVICE, text, expected=version, by="test", note=canary("draft note"))
    admin = await site.person("admin")
    async with site.client(admin) as http:
        said = {"step": "3", "words": canary("comment")}
        assert (await post(http, admin, f"/flows/{SERVICE}/comment", **said))[0] == 303
    number = await memory.drafts.propose(SERVICE, "test", canary("proposal note"))
    await memory.drafts.refuse(number, "other", canary("refusal note"))
    await memory.drafts.propose(SERVICE, "test", canary("proposal note"))
    await memory.library.pause("farm", "test", said={"en": canary("pause words")}, note=canary("pause note"))
    await memory.wording.waive("test", canary("waiver note"), memory.clock.now() + 86_400, flow="birth", language="lo")
    live = memory.office.live["birth"]
    files = {f"{SERVICE}.yaml": text}
    await memory.trials.start(
        SERVICE, live.digest, files, {"+8562055514444": canary("trial label")}, "test", memory.clock.steady() + 86_400
    )
    await memory.refresh()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def poisoned(site: Site) -> AsyncIterator[Site]:
    PARTS["ref:[0-9]+"] = await _request(site)
    await _closed(site, PARTS["ref:[0-9]+"])
    await _house(site)
    yield site


async def pages_of(site: Site, role: str) -> dict[str, tuple[str, bytes]]:
    """Every page of a role, with what is hostile in its address as well: content type and content."""
    person, found = await site.person(role), {}
    parts = PARTS | {"user": "canary", "service": SERVICE, "id:[a-z][a-z0-9-]*": SERVICE, "name": "nothing"}
    references = [submission(n).reference for n in (71, 72, 73, 74)]
    async with site.client(person) as http:
        for page in PAGES:
            if page.method != "GET" or role not in page.roles or page.path in STREAMS:
                continue
            for reference in references if "{ref" in page.path else references[:1]:
                path = page.path
                for part, example in (parts | {"ref:[0-9]+": reference}).items():
                    path = path.replace(f"{{{part}}}", example)
                states = ("wait", "fix", "all") if page.path in {"/queue", "/queue/worklist"} else ("",)
                for state in states:
                    asked = {"state": state, "step": "3", "lang": "en", "order": "newest"}
                    async with http.get(ROOT + path, params=asked, allow_redirects=False) as answer:
                        assert answer.status < 500, path
                        found[f"{path} {state}"] = answer.content_type, await answer.read()
            hostile = dict.fromkeys(
                ("q", "of", "service", "place", "village", "to", "sent", "property", "district", "week"),
                canary("answer"),
            )
            async with http.get(ROOT + path, params=hostile, allow_redirects=False) as answer:
                found[f"{path}?"] = answer.content_type, await answer.read()
        if role == roles.OFFICER:
            form = {"token": person.token, "reason": "to see all of it"}
            async with http.post(f"{ROOT}/queue/{references[0]}/worked", data=form) as answer:
                found["worked"] = answer.content_type, await answer.read()
    return found


async def test_no_field_becomes_markup_or_a_formula_and_each_is_shown(poisoned: Site) -> None:
    bad: dict[str, object] = {}
    seen: set[str] = set()
    for role in roles.ROLES:
        for where, (kind, content) in (await pages_of(poisoned, role)).items():
            if kind == "text/html":
                text = content.decode()
                if found := alive(text):
                    bad[f"{role} {where}"] = found
                seen |= set(re.findall(r"=cnry\d\d&#39;&#34;&gt;&lt;b data-cnry&gt;&amp;amp;", text))
            elif found := formulas(kind, content):
                bad[f"{role} {where}"] = found
    assert bad == {}
    shown = {one[1:7] for one in seen}
    assert [field for field in FIELDS if tag(field) not in shown] == [], "the control: each is shown"


def formulas(kind: str, content: bytes) -> list[str]:
    """Cells of a file that a spreadsheet would run."""
    if kind == "text/csv":
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        return [cell for row in rows for cell in row if cell != tame(cell) and not re.fullmatch(r"-?[\d.,]+", cell)]
    if content.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        return [str(cell.value) for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    return []


async def test_a_formula_and_markup_would_be_seen() -> None:
    assert alive(f'<p title="{canary("answer")}">')
    assert alive(canary("answer"))
    assert alive('<a href=" JavaScript:alert(1)">')
    assert not alive('<p title="=cnry00&#39;&#34;&gt;">&lt;b data-cnry&gt;</p>')
    assert formulas("text/csv", b"\xef\xbb\xbfa,=1+1\n")
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "=1+1"
    out = io.BytesIO()
    book.save(out)
    assert formulas("", out.getvalue())


async def test_what_is_posted_comes_back_as_text(poisoned: Site) -> None:
    """Every action, with a canary in every field: what is refused stands in its form again, and nowhere as markup."""
    reference, echoed = PARTS["ref:[0-9]+"], 0
    names = (
        "reason", "note", "shown", "name", "districts", "number", "input", "numbers", "words", "service", "language",
        "until", "f:mother_name", "title", "keyword", "say_en", "say_lo", "from", "at", "property", "agency", "role",
        "kept", "to", "session", "heard", "revision", "t:title:en", "t:steps.2.text:en", "days", "code", "secret",
    )  # fmt: skip
    for role in ("officer", "admin", "approver", "translator"):
        person = await poisoned.person(role)
        async with poisoned.client(person) as http:
            for page in PAGES:
                if page.method != "POST" or role not in page.roles or page.path in {"/logout", "/account/revoke"}:
                    continue
                path = page.path
                for part, example in (PARTS | {"ref:[0-9]+": reference, "user": "canary"}).items():
                    path = path.replace(f"{{{part}}}", example)
                for token in (person.token, "of-yesterday"):
                    form = dict.fromkeys(names, canary("answer")) | {"token": token}
                    async with http.post(ROOT + path, data=form, allow_redirects=False) as answer:
                        text = await answer.text()
                        assert answer.status < 500, path
                    assert alive(text) == [], (path, token)
                    echoed += "=cnry00&#39;" in text
    assert echoed > 20, "the control: much of it comes back"


async def test_names_in_a_boundary_file_are_text(poisoned: Site) -> None:
    person = await poisoned.person("admin")
    shape = {"type": "Polygon", "coordinates": [square(103, 19)]}
    names = dict.fromkeys(("name", "name_en", "name_lo", "NAME", "shapeName"), canary("answer"))
    file = collection({"type": "Feature", "properties": {"pcode": "LA0901"} | names, "geometry": shape})
    form = aiohttp.FormData({"token": person.token, "property": ""})
    form.add_field("file", file, filename=canary("answer"))
    async with poisoned.client(person) as http:
        async with http.post(ROOT + "/reports/map", data=form) as answer:
            assert answer.status == 200
            assert alive(await answer.text()) == []
        async with http.get(ROOT + "/reports/map") as answer:
            assert alive(await answer.text()) == []


async def test_one_of_them_in_a_browser_runs_nothing(poisoned: Site, signed_in: SignedIn) -> None:
    said: list[str] = []
    page = await signed_in("officer")
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for path in (f"/queue/{PARTS['ref:[0-9]+']}", "/queue?state=fix", "/calls"):
        await page.goto(ROOT + path)
        assert await page.locator("[data-cnry]").count() == 0
    assert said == []
    assert isinstance(await poisoned.person("officer"), Person)
