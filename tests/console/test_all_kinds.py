"""A service of all that the format has, from an empty start, by forms alone: nothing is left to a text editor."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import aiohttp
import pytest
import pytest_asyncio

from console.pages.flow_service import STATUSES
from console.studio.rows import KINDS
from console.visit import ROOT
from flows.loader import load
from flows.model import Flow
from sync.statuses import KNOWN
from tests.console.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

NAME = "everything"
MORE = {
    "choice": {"choices-en": "New\nOld", "choices-lo": "ໃໝ່\nເກົ່າ"},
    "multi": {"choices-en": "Card\nBook", "choices-lo": "ບັດ\nປຶ້ມ"},
    "ref": {"table": "places"},
    "code": {"pattern": "[0-9]{12}", "check": "luhn"},
}
Send = Callable[..., Awaitable[str]]
STEP = KINDS.index("choice") + 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def send(site: Site) -> AsyncIterator[Send]:
    """Posts a form of the service that was begun from nothing; gives the page's alarm, or ""."""
    person = await site.person("admin")
    async with site.client(person) as http:
        begun = {
            "from": "blank",
            "id": NAME,
            "agency": "commerce",
            "title-lo": "ທຸກຢ່າງ",
            "title-en": "All",
            "menu": "41",
        }
        assert await _post(http, "/flows/new", begun | {"token": person.token}) == ""

        async def post(tail: str, form: Mapping[str, str | list[str]]) -> str:
            version = (await site.memory.drafts.open(NAME)).version
            return await _post(http, f"/flows/{NAME}{tail}", {**form, "token": person.token, "version": str(version)})

        for at, kind in enumerate(KINDS):
            words = {"text-en": f"{kind}?", "text-lo": "ຫຍັງ?", "label-en": kind, "label-lo": "ຄຳ", "reason": "needed"}
            form = {"kind": "question", "type": kind, "name": f"a_{kind}", "after": str(at), "sensitivity": "personal"}
            assert await post("/add", form | words | MORE.get(kind, {})) == "", kind
        yield post


async def _post(http: aiohttp.ClientSession, place: str, form: Mapping[str, str | list[str]]) -> str:
    pairs = [(key, one) for key, value in form.items() for one in (value if isinstance(value, list) else [value])]
    async with http.post(f"{ROOT}{place}", data=pairs, allow_redirects=False) as answer:
        page = await answer.text()
        if answer.status == 303:
            return ""
        found = re.search(r'role="alert">([^<]+)', page)
        return found[1] if found else f"{answer.status}"


async def _flow(site: Site) -> Flow:
    return load((await site.memory.drafts.open(NAME)).text, f"{NAME}.yaml")


async def test_every_kind_of_answer_can_be_asked(site: Site, send: Send) -> None:
    flow = await _flow(site)
    assert [field.type for field in flow.fields.values()] == list(KINDS)
    assert [field.sensitivity for field in flow.fields.values()] == ["personal"] * len(KINDS)


async def test_a_step_takes_values_conditions_and_other_words_by_sms(site: Site, send: Send) -> None:
    number = KINDS.index("ref") + 1
    place = f"steps.{number - 1}"
    form: dict[str, str | list[str]] = {
        "step": str(number),
        "new-field": "a_ref",
        "new-type": "ref",
        "if-is": "a_int >= #",
        "if-number": "",
        f"n:{place}.let": ["fee", 'table("fees", "late_birth", "amount")'],
        f"t:{place}.text:en": "Village? It is {fee} kip.",
        "v:fields.a_ref.within": "district",
        f"v:{place}.tries": "2",
        f"v:{place}.none": f"#{len(KINDS) + 1}",
        "do": f"apart:{place}.text",
    }
    assert "needs a number" in await send("/step", form)
    assert await send("/step", form | {"if-number": "5"}) == ""
    flow = await _flow(site)
    step = flow.steps[number - 1].model_dump()
    assert (step["when"], step["tries"], step["none"]) == ("a_int >= 5", 2, f"step-{len(KINDS) + 1}")
    assert step["let"] == {"fee": 'table("fees", "late_birth", "amount")'}
    assert step["text"]["en"] == {"ussd": "Village? It is {fee} kip.", "sms": "Village? It is {fee} kip."}
    kept = {f"p:{place}.let.fee": 'table("fees", "late_birth", "amount")', "step": str(number)}
    assert await send("/step", kept | {f"v:{place}.when": "a_int >= 5", "if-is": 'a_choice == "old"'}) == ""
    assert (await _flow(site)).steps[number - 1].model_dump()["when"] == 'a_int >= 5 and a_choice == "old"'
    assert "name and a value" in await send("/step", {"step": str(number), f"n:{place}.let": ["half", ""]})


async def test_an_answer_is_renamed_and_of_another_kind_and_its_choices_have_codes(site: Site, send: Send) -> None:
    form = {"step": str(STEP), "new-field": "kind", "new-type": "multi", "do": "higher:fields.a_choice.choices.old"}
    assert await send("/step", form | {"p:fields.a_choice.code.new": "01"}) == "", form
    field = (await _flow(site)).fields["kind"].model_dump()
    assert (field["type"], list(field["choices"]), field["code"]) == ("multi", ["old", "new"], {"new": "01"})


async def test_a_part_is_run_and_what_it_gives_is_checked_and_sent(site: Site, send: Send) -> None:
    last = str(len(KINDS))
    form = {"kind": "part", "part": "person", "after": last, "in-who": '"owner"', "in-full": "False"}
    assert "at least one answer" in await send("/add", form)
    assert await send("/add", form | {"take-full_name": "1", "out-full_name": "owner"}) == ""
    assert await send("/add", {"kind": "check", "after": str(len(KINDS) + 1), "names": ["owner", "a_text"]}) == ""
    words = {"text-en": "Received {ref}", "text-lo": "ໄດ້ຮັບ {ref}"}
    assert await send("/add", {"kind": "send", "after": str(len(KINDS) + 2)} | words) == ""
    assert (
        await send("/step", {"step": str(len(KINDS) + 3), f"c:steps.{len(KINDS) + 2}.to": "health, inspection"}) == ""
    )
    run, check, sent = [one.model_dump() for one in (await _flow(site)).steps[len(KINDS) : len(KINDS) + 3]]
    assert (run["in"], run["out"]) == ({"who": '"owner"', "full": "False"}, {"owner": "full_name"})
    assert list(check["confirm"]) == ["owner", "a_text"]
    assert list(sent["to"]) == ["health", "inspection"]


async def test_what_stands_around_the_steps_is_set_too(site: Site, send: Send) -> None:
    form: dict[str, str | list[str]] = {
        "v:audience": "g2b",
        "v:anonymous": "a_yesno",
        "n:computed": ["many", "a_int > 9"],
        "t:entry.urgent:en": "Danger? Call 1195",
        "l:entry.form": ["", "a_text"],
        "new-message": "rejected/duplicate",
        "new-words-en": "It is here already.",
        "first-language": "en",
        "new-language": "lo-Latn",
    }
    assert await send("/service", form) == ""
    flow = await _flow(site)
    assert flow.entry is not None
    assert (flow.audience, flow.languages) == ("g2b", ("en", "lo", "lo-Latn"))
    assert (flow.entry.form, list(flow.computed), list(flow.messages.status)) == (
        ("a_text",),
        ["many"],
        ["rejected/duplicate"],
    )
    assert await send("/service", {"do": "silence:lo-Latn"}) == ""
    assert (await _flow(site)).languages == ("en", "lo")
    assert "walk" in await send("/service", {"do": "silence:en"})


async def test_the_desk_offers_what_an_agency_can_say() -> None:
    assert set(STATUSES) == KNOWN
