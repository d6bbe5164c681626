"""What is published: who did it and why, what waits to be confirmed, and codes that are not given out again."""

import asyncio

import pytest

from flows.codes import Code
from flows.errors import ConfigFault
from store.draft_values import ApprovalFault, DraftFault
from store.library import Why
from store.memory import Memory
from tests.store.conftest import NOON, Hands, Opened

FLOW = """\
sala: 1
id: {id}
agency: registry
audience: g2c
title: {{en: Birth}}
languages: [en]
notice:
  purpose: {{en: "Only to record this birth."}}
  controller: registry
  basis: legal_task
  keep: 30d
  contact: "1503"
entry:
  menu: {menu}
  ussd: ["*999*{menu}#"]
  sms: [{word}]
fields:
  name: {{type: name, label: {{en: Name}}, why: identifies}}
steps:
  - ask: name
    text: {{en: "Name?"}}
  - confirm: [name]
  - submit: birth
  - end: {{en: "Received {{ref}}."}}
"""


def flow(id_: str = "birth", menu: int = 1, word: str = "BIRTH") -> dict[str, str]:
    return {f"{id_}.yaml": FLOW.format(id=id_, menu=menu, word=word)}


async def test_every_version_tells_who_when_and_why(memory: Memory, hands: Hands) -> None:
    library, drafts = memory.library, memory.drafts
    await library.publish("birth", "sha256:1", flow(), "start")
    hands.go(10)
    await drafts.save("birth", "two", expected=0, by="anna")
    number = await drafts.propose("birth", "anna", "asks the village first")
    await drafts.approve(number, "ben")
    why = Why("asks the village first", "anna", number)
    assert await library.publish("birth", "sha256:2", {"birth.yaml": "two"}, "ben", why)
    assert (await drafts.proposal(number)).state == "live"
    assert await drafts.list() == []
    assert (await drafts.history("birth"))[0].what == "published"
    await library.rollback("birth", "carl", note="wrong fee")
    told = [(one.version, one.act, one.by, one.proposer, one.note, one.at) for one in await library.versions("birth")]
    assert told == [
        (1, "publish", "start", "", "", NOON),
        (2, "publish", "ben", "anna", "asks the village first", NOON + 10),
        (1, "rollback", "carl", "", "wrong fee", NOON + 10),
    ]


async def test_the_audit_has_who_and_why_and_no_machine(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", flow(), "start")
    await memory.drafts.save("birth", "two", expected=0, by="anna")
    number = await memory.drafts.propose("birth", "anna", "clearer")
    await memory.drafts.approve(number, "ben", "good")
    await memory.library.publish("birth", "sha256:2", {"birth.yaml": "two"}, "ben", Why("clearer", "anna", number))
    act = await memory.library.pause("birth", "carl", note="flood")
    await memory.library.confirm(act, "ben")
    told = [(one.actor, one.act, one.object, one.details.get("note")) for one in await memory.audit.entries()]
    assert told == [
        ("ben", "pause_confirmed", "birth", ""),
        ("carl", "flow_pause", "birth", "flood"),
        ("ben", "flow_publish", "birth", "clearer"),
        ("ben", "flow_approved", "birth", "good"),
        ("anna", "flow_proposed", "birth", "clearer"),
    ]
    assert (await memory.audit.verify()).broken_at == 0


async def test_what_was_called_back_is_not_published(memory: Memory) -> None:
    await memory.drafts.save("birth", "two", expected=0, by="anna")
    number = await memory.drafts.propose("birth", "anna", "why")
    await memory.drafts.approve(number, "ben")
    await memory.drafts.refuse(number, "anna", "not yet")
    with pytest.raises(DraftFault, match="called back"):
        await memory.library.publish("birth", "sha256:2", flow(), "ben", Why(proposal=number))
    assert await memory.library.live("birth") is None


async def test_a_draft_that_went_on_meanwhile_goes_on_from_what_is_live_now(memory: Memory) -> None:
    first = await memory.drafts.save("birth", "two", expected=0, by="anna")
    number = await memory.drafts.propose("birth", "anna", "why")
    assert isinstance(first, int)
    await memory.drafts.save("birth", "three", expected=first, by="anna")
    await memory.drafts.approve(number, "ben")
    await memory.library.publish("birth", "sha256:2", {"birth.yaml": "two"}, "ben", Why(proposal=number))
    draft = await memory.drafts.open("birth")
    assert (draft.text, draft.base_revision, draft.behind) == ("three", "sha256:2", False)


async def test_a_draft_that_does_not_have_what_is_published_beside_it_is_behind(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", flow(), "anna")
    await memory.drafts.save("birth", "hers", expected=0, by="anna")
    await memory.library.publish("birth", "sha256:2", {"birth.yaml": "his"}, "ben")
    assert (await memory.drafts.open("birth")).behind
    await memory.library.publish("birth", "sha256:3", {"birth.yaml": "hers"}, "ben")
    assert await memory.drafts.list() == []


async def test_what_one_does_alone_waits_for_a_second_person(memory: Memory) -> None:
    library = memory.library
    await library.publish("birth", "sha256:1", flow(), "anna")
    number = await library.pause("birth", "anna", said={"en": "Closed till Monday."}, note="the registry moves")
    assert (await library.catalogue()).said == {"birth": {"en": "Closed till Monday."}}
    assert [(one.id, one.act, one.note) for one in await library.unconfirmed()] == [
        (number, "pause", "the registry moves")
    ]
    with pytest.raises(ApprovalFault, match="another person"):
        await library.confirm(number, "Anna")
    with pytest.raises(DraftFault, match="why"):
        await library.confirm(number, "ben", yes=False)
    done = await library.confirm(number, "ben", yes=False, note="they did not move")
    assert (done.confirmation, done.confirmed_by, done.answer) == ("refused", "ben", "they did not move")
    with pytest.raises(DraftFault, match="waits"):
        await library.confirm(number, "ben")
    again = await library.pause("birth", "ben", paused=False)
    assert (await library.catalogue()).said == {}
    await library.confirm(again, "anna")
    assert await library.unconfirmed() == []


async def test_a_hub_and_a_node_that_is_not_live_wait_for_nobody(opened: Opened) -> None:
    async with opened() as memory:
        await memory.library.publish("birth", "sha256:1", flow(), "hub")
        await memory.library.pause("birth", "hub")
        assert await memory.library.unconfirmed() == []
    async with opened(settings={"two_persons": False}) as memory:
        await memory.library.pause("birth", "anna", paused=False)
        assert await memory.library.unconfirmed() == []


async def test_one_goes_back_to_any_version_that_was_live(memory: Memory) -> None:
    library = memory.library
    for n in (1, 2, 3):
        await library.publish("birth", f"sha256:{n}", flow(), "anna")
    assert await library.rollback("birth", "anna", to="sha256:1") == "sha256:1"
    with pytest.raises(ConfigFault, match="earlier"):
        await library.rollback("birth", "anna", to="sha256:9")


async def test_a_code_is_not_given_to_another_service_while_it_is_used_or_after(memory: Memory, hands: Hands) -> None:
    library = memory.library
    await library.publish("birth", "sha256:1", flow(), "anna")
    with pytest.raises(ConfigFault, match="`birth` has the menu number 1 since 2026-11-23"):
        await library.publish("death", "sha256:d", flow("death", 1, "DEATH"), "anna")
    hands.go(86_400)
    await library.publish("birth", "sha256:2", flow("birth", 2, "birth"), "anna")
    with pytest.raises(ConfigFault, match=r"had the menu number 1 from 2026-11-23 to 2026-11-24.*not given out again"):
        await library.publish("death", "sha256:d", flow("death", 1, "DEATH"), "anna")
    assert await library.live("death") is None
    codes = {(one.kind, one.value): one for one in await library.codes()}
    assert codes["menu", "1"] == Code("menu", "1", "birth", NOON, NOON + 86_400)
    assert codes["keyword", "birth"].until == 0
    await library.rollback("birth", "anna")
    codes = {(one.kind, one.value): one for one in await library.codes()}
    assert (codes["menu", "1"].until, codes["menu", "2"].until) == (0, NOON + 86_400)
    assert await library.publish("death", "sha256:d", flow("death", 3, "DEATH"), "anna")


async def test_of_two_services_that_want_one_code_at_once_one_gets_it(memory: Memory) -> None:
    names = [f"service{n}" for n in range(5)]
    told = await asyncio.gather(
        *(memory.library.publish(name, f"sha256:{name}", flow(name, 7, name), "anna") for name in names),
        return_exceptions=True,
    )
    assert sum(one is True for one in told) == 1
    assert sum(isinstance(one, ConfigFault) for one in told) == 4


async def test_a_table_is_taken_into_use_and_taken_back(memory: Memory) -> None:
    library = memory.library
    assert await library.issue("table", "fees", "sha256:a", "key,amount\nx,1\n", "anna")
    assert not await library.issue("table", "fees", "sha256:a", "key,amount\nx,1\n", "anna")
    await library.issue("table", "fees", "sha256:b", "key,amount\nx,2\n", "anna")
    assert [(one.kind, one.name, one.digest) for one in (await library.catalogue()).editions] == [
        ("table", "fees", "sha256:b")
    ]
    assert await library.rollback("fees", "anna", kind="table") == "sha256:a"
    assert await library.edition("table", "fees", "sha256:b") == "key,amount\nx,2\n"
    await library.issue("table", "other", "sha256:a", "key\nx\n", "anna")
    assert await library.rollback("other", "anna", kind="table") == ""
    assert [one.name for one in (await library.catalogue()).editions] == ["fees"]
    with pytest.raises(ConfigFault, match="earlier"):
        await library.rollback("other", "anna", kind="table")


async def test_a_table_and_a_flow_of_one_name_do_not_meet(memory: Memory) -> None:
    await memory.library.publish("fees", "sha256:f", flow("fees"), "anna")
    await memory.library.issue("table", "fees", "sha256:t", "key\nx\n", "anna")
    with pytest.raises(ConfigFault, match="earlier"):
        await memory.library.rollback("fees", "anna")
