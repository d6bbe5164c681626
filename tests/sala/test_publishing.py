"""From an approved text to what citizens meet: checked again, held at the gate, live at its time."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.errors import ConfigFault
from flows.loader import load
from flows.sheets import phrases_toml
from flows.texts import Marks, entries, write_marks
from flows.texts.marks import digest
from sala import services
from sala.config import Config
from sala.editions import Overlay
from sala.publishing import Publishing
from sala.services import FirstFault
from sala.verdict import GateFault
from store.draft_values import ApprovalFault
from store.hub import Parcel
from store.library import Why
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from tests.store.conftest import KEY, NOON, Hands, dial
from tests.store.test_library import FLOW

REST = """
messages:
  receipt: {en: "Received. Reference {ref}. We never ask for a bank PIN."}
tests:
  - name: one
    channel: ussd
    language: en
    today: 2026-11-05
    press: ["", "Kham La", 1]
    expect: {screen: Received, submitted: {name: Kham La}}
"""
TEXT = FLOW.format(id="birth", menu=1, word="BIRTH") + REST
OTHER = FLOW.format(id="death", menu=2, word="DEATH") + REST
PART = """\
sala: 1
id: who
title: {en: Who}
languages: [en]
fields:
  name: {type: name, label: {en: Name}, why: identifies}
steps:
  - ask: name
    text: {en: "Who is it?"}
"""
RUNS = TEXT.replace('  - ask: name\n    text: {en: "Name?"}\n', "  - run: who\n    out: {name: name}\n")
FEES = "key,amount\nlate,30000\n"
FEE = TEXT.replace(
    '    text: {en: "Name?"}',
    '    let: {fee: \'table("fees", "late", "amount")\'}\n    text: {en: "Name? The fee is {fee}."}',
)


@dataclass
class Desk:
    """A node with its publishing, without doors."""

    memory: Memory
    publishing: Publishing
    overlay: Overlay

    async def live(self) -> dict[str, str]:
        """Service -> the text of what is live."""
        catalogue = await self.memory.library.catalogue()
        return {flow: next(iter(catalogue.known[one].files.values())) for flow, one in catalogue.live.items()}

    async def draft(self, text: str, name: str = "birth", kind: Any = "flow") -> None:
        version = (await self.memory.drafts.open(name, kind=kind)).version
        await self.memory.drafts.save(name, text, expected=version, by="anna", kind=kind)

    async def proposed(self, text: str, name: str = "birth", active_from: int | None = None, kind: Any = "flow") -> int:
        """Anna's draft, proposed."""
        await self.draft(text, name, kind)
        return (await self.publishing.propose(name, "anna", "why", active_from, kind=kind))[0]

    async def marked(self, *texts: str) -> None:
        """Every word of these was reviewed."""
        found = [one for text in texts for one in entries(load(text, "a.yaml"))]
        await self.memory.wording.mark({"en": {digest(one, "en", "en"): "Noy" for one in found}})


Opened = Callable[..., Any]


@pytest.fixture
def opened(tmp_path: Path, hands: Hands) -> Opened:
    @asynccontextmanager
    async def one(stage: str = "live", *texts: str, beside: str = "") -> AsyncIterator[Desk]:
        folder = tmp_path / "flows"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        for text in texts:
            (folder / f"{load(text, 'a').id}.yaml").write_text(text, "utf-8")
        if beside:
            (folder / "birth.reviewed.toml").write_text(beside, "utf-8")
        (tmp_path / "fees.csv").write_text(FEES)
        config = Config(
            node="LA-XK-03", stage=stage, languages=("en",), services=(folder,), tables={"fees": tmp_path / "fees.csv"}
        )
        prepared = (
            services.prepare(config, ())
            if texts
            else services.Prepared(services.material_of(config), (), services.node_of(config, ()), ("en",))
        )
        overlay = Overlay.over(prepared)
        given = StoreSettings(
            data=tmp_path / "data", node="LA-XK-03", reserve_mb=0, free_mb=0, two_persons=stage == "live"
        )
        mind = services.mind(prepared, overlay.given, overlay.under)
        async with open_memory(given, KEY, mind, clock=hands.clock(), house=False) as memory:
            publishing = Publishing(config, memory, overlay)
            if texts:
                await publishing.begin(prepared)
            yield Desk(memory, publishing, overlay)

    return one


@pytest.fixture
def hands() -> Hands:
    return Hands()


async def told(desk: Desk) -> list[tuple[str, str]]:
    return [(memo.kind, memo.text) for memo in await desk.memory.review.memos()]


async def test_files_of_a_live_node_wait_for_a_person_and_for_their_words(opened: Opened) -> None:
    async with opened("live", TEXT) as desk:
        assert await desk.live() == {}
        assert await told(desk) == [("publish", "birth waits for a person's yes: sala flow approve 1")]
        with pytest.raises(GateFault, match=r"birth: nobody has reviewed \d+ in en"):
            await desk.publishing.approve(1, "ben")
        await desk.marked(TEXT)
        proposal, review = await desk.publishing.approve(1, "ben", "read aloud")
        assert (proposal.state, review.held, review.waived) == ("live", (), ())
        assert await desk.live() == {"birth": TEXT}
        (act,) = await desk.memory.library.versions("birth")
        assert (act.by, act.proposer, act.confirmation) == ("ben", "start", "")
    async with opened("live", TEXT) as desk:
        assert await desk.memory.drafts.proposals() == [], "what was proposed once is not proposed again"


async def test_marks_beside_the_files_are_taken_and_a_broken_one_keeps_no_node_from_starting(
    opened: Opened,
) -> None:
    found = entries(load(TEXT, "a.yaml"))
    marks = write_marks(Marks({"en": {digest(one, "en", "en"): "Noy" for one in found}}))
    async with opened("live", TEXT, beside="[en\n") as desk:
        assert ("words", True) in [(kind, "not taken over" in text) for kind, text in await told(desk)]
        with pytest.raises(GateFault):
            await desk.publishing.approve(1, "ben")
    async with opened("live", TEXT, beside=marks) as desk:
        assert (await desk.publishing.approve(1, "ben"))[0].state == "live"


async def test_a_named_person_lets_words_through_for_a_time_and_is_reminded(opened: Opened, hands: Hands) -> None:
    async with opened("live") as desk:
        number = await desk.proposed(TEXT)
        until = NOON + 100
        await desk.memory.wording.waive("Noy", "the flood", until, flow="birth", language="en")
        _, review = await desk.publishing.approve(number, "ben")
        assert review.held == ()
        assert {one.language for one in review.waived} == {"en"}
        assert await desk.live() == {"birth": TEXT}
        await desk.publishing.look()
        assert await told(desk) == []
        hands.go(100)
        for _ in range(2):
            await desk.publishing.look()
        assert await told(desk) == [("words", "the waiver 1 of Noy for birth en is over: have its words reviewed")]
        number = await desk.proposed(TEXT.replace("Name?", "Full name?"))
        with pytest.raises(GateFault, match="birth"):
            await desk.publishing.approve(number, "ben")


async def test_on_staging_one_person_publishes_whatever_the_words(opened: Opened) -> None:
    async with opened("staging", TEXT) as desk:
        assert await desk.live() == {"birth": TEXT}
        changed = TEXT.replace("Name?", "Full name?")
        review = await desk.publishing.publish("birth", "anna", "longer", {"birth.yaml": changed})
        assert review.held == ()
        assert review.changes
        assert await desk.live() == {"birth": changed}
        assert [one.note for one in await desk.memory.library.versions("birth")] == ["", "longer"]
        number = await desk.proposed(TEXT)
        assert (await desk.publishing.approve(number, "anna"))[0].state == "live"


async def test_on_a_live_node_nobody_publishes_alone(opened: Opened) -> None:
    async with opened("live") as desk:
        await desk.marked(TEXT)
        with pytest.raises(ApprovalFault, match="another approves"):
            await desk.publishing.publish("birth", "anna", "why", {"birth.yaml": TEXT})
        number = await desk.proposed(TEXT)
        with pytest.raises(ApprovalFault, match="another person"):
            await desk.publishing.approve(number, "anna")
        assert await desk.live() == {}


async def test_what_has_errors_is_not_proposed_and_not_approved(opened: Opened) -> None:
    async with opened("live") as desk:
        with pytest.raises(FirstFault, match="nonsense"):
            await desk.proposed(TEXT + "nonsense: true\n")
        await desk.draft(TEXT, "other")
        with pytest.raises(ConfigFault, match="says `id: birth`"):
            await desk.publishing.propose("other", "anna", "why")


async def test_it_is_live_at_its_time_and_not_before(opened: Opened, hands: Hands) -> None:
    async with opened("live") as desk:
        await desk.marked(TEXT)
        number = await desk.proposed(TEXT, active_from=NOON + 3600)
        proposal, _ = await desk.publishing.approve(number, "ben")
        assert proposal.state == "approved"
        hands.go(3599)
        assert await desk.publishing.look() == 0
        assert await desk.live() == {}
        hands.go(1)
        assert await desk.publishing.look() == 1
        assert await desk.live() == {"birth": TEXT}
        assert desk.memory.office.live["birth"].source == TEXT
        assert await desk.memory.drafts.list() == []


async def test_what_no_longer_fits_at_its_time_is_told_and_changes_nothing(opened: Opened, hands: Hands) -> None:
    async with opened("live") as desk:
        await desk.marked(TEXT, OTHER)
        late = await desk.proposed(OTHER.replace("menu: 2", "menu: 1"), "death", NOON + 3600)
        await desk.publishing.approve(late, "ben")
        await desk.publishing.approve(await desk.proposed(TEXT), "ben")
        hands.go(3600)
        await desk.publishing.look()
        assert await desk.live() == {"birth": TEXT}
        failed = await desk.memory.drafts.proposal(late)
        assert failed.state == "failed"
        assert "menu number 1" in failed.answer
        ((kind, text),) = await told(desk)
        assert (kind, text.startswith(f"flow death (proposal {late}) is not live: ")) == ("publish", True)
        await desk.publishing.look()
        assert len(await told(desk)) == 1


async def test_what_was_approved_before_a_crash_is_live_after_it(opened: Opened) -> None:
    async with opened("live") as desk:
        await desk.marked(TEXT)
        number = await desk.proposed(TEXT)
        await desk.memory.drafts.approve(number, "ben")
        assert await desk.live() == {}
    async with opened("live") as desk:
        assert await desk.publishing.look() == 1
        assert await desk.live() == {"birth": TEXT}


async def test_what_is_approved_is_what_was_proposed_with_its_parts(opened: Opened) -> None:
    async with opened("staging", RUNS, PART) as desk:
        number = await desk.proposed(RUNS.replace("Received {ref}", "Received! {ref}"))
        digest = (await desk.memory.drafts.proposal(number)).digest
        changed = PART.replace("Who is it?", "Who?")
        await desk.publishing.publish("who", "ben", "shorter", {"who.yaml": changed})
        _, review = await desk.publishing.approve(number, "ben")
        assert review.digest == digest
        assert any("Who is it?" in change for change in review.changes), "and says what it takes back"


async def test_a_proposal_that_another_process_took_is_no_failure(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("live") as desk:
        await desk.marked(TEXT)
        number = await desk.proposed(TEXT)
        await desk.memory.drafts.approve(number, "ben")
        review = desk.publishing.review

        async def late(*args: Any) -> Any:
            seen = await review(*args)
            (only,) = seen.revisions
            files = services.files_of(only)
            await desk.memory.library.publish("birth", only.digest, files, "ben", Why(proposal=number))
            return seen

        monkeypatch.setattr(desk.publishing, "review", late)
        assert await desk.publishing.look() == 1
        assert (await desk.memory.drafts.proposal(number)).state == "live"
        assert await told(desk) == []


async def test_a_part_is_published_with_every_service_that_runs_it(opened: Opened) -> None:
    other = RUNS.replace("id: birth", "id: death").replace("menu: 1", "menu: 2")
    other = other.replace("*999*1#", "*999*2#").replace("BIRTH", "DEATH")
    async with opened("staging", RUNS, other, PART) as desk:
        before = await desk.memory.library.catalogue()
        changed = PART.replace("Who is it?", "Who?")
        await desk.publishing.publish("who", "anna", "shorter", {"who.yaml": changed})
        after = await desk.memory.library.catalogue()
        for service in ("birth", "death"):
            assert after.live[service] != before.live[service]
            assert after.known[after.live[service]].files["who.yaml"] == changed
        text = PART.replace("id: who", "id: lonely")
        with pytest.raises(ConfigFault, match="no live service runs the part lonely"):
            await desk.publishing.publish("lonely", "anna", "why", {"lonely.yaml": text})


async def test_a_service_keeps_its_live_parts_when_only_itself_is_edited(opened: Opened) -> None:
    async with opened("staging", RUNS, PART) as desk:
        changed = PART.replace("Who is it?", "Who?")
        await desk.publishing.publish("who", "anna", "shorter", {"who.yaml": changed})
        number = await desk.proposed(RUNS.replace("Received {ref}", "Received! {ref}"))
        await desk.publishing.approve(number, "ben")
        live = await desk.memory.library.live("birth")
        assert live is not None
        assert live.files["who.yaml"] == changed


async def test_a_table_is_approved_used_recorded_and_taken_back(opened: Opened) -> None:
    async with opened("staging", FEE) as desk:
        memory = desk.memory
        assert "30000" in await dial(memory, "1", "1", session="a")
        number = await desk.proposed("key,amount\nlate,50000\n", "fees", kind="table")
        proposal, review = await desk.publishing.approve(number, "ben")
        assert review.changes == ("late: amount was 30000 and becomes 50000",)
        assert proposal.state == "live"
        await memory.refresh()
        assert memory.office.tables["fees"].get("late", "amount") == "50000"
        under = orjson.loads(memory._scribe.under)["tables"]
        assert under["fees"] == proposal.digest
        await memory.library.rollback("fees", "anna", kind="table")
        await memory.refresh()
        assert memory.office.tables["fees"].get("late", "amount") == "30000"
        assert orjson.loads(memory._scribe.under)["tables"]["fees"] != proposal.digest


async def test_a_table_that_a_live_service_cannot_work_with_is_not_proposed(opened: Opened) -> None:
    async with opened("staging", FEE) as desk:
        with pytest.raises(FirstFault, match="fees"):
            await desk.proposed("key,amount\nother,1\n", "fees", kind="table")
        assert desk.memory.office.tables["fees"].get("late", "amount") == "30000"


async def test_phrases_go_live_when_they_are_signed(opened: Opened) -> None:
    async with opened("live") as desk:
        phrases = desk.overlay.material.phrases
        text = phrases_toml(phrases, "en").replace("Help", "Assistance")
        number = await desk.proposed(text.replace("signed = true", "signed = false"), "en", kind="phrases")
        with pytest.raises(GateFault, match="the channel's own words in en"):
            await desk.publishing.approve(number, "ben")
        _, review = await desk.publishing.approve(await desk.proposed(text, "en", kind="phrases"), "ben")
        assert any("Assistance" in change for change in review.changes)
        await desk.memory.refresh()
        assert desk.memory.office.phrases.texts["en"]["front.help"] == "Assistance"


async def test_what_a_hub_sends_is_not_published_here(opened: Opened) -> None:
    async with opened("staging") as desk:
        parcel = Parcel(1, "table", "fees", 0, {"text": FEES})
        await desk.memory.arrivals.take([parcel], 1)
        await desk.memory.arrivals.used(parcel)
        with pytest.raises(ConfigFault, match="comes down from the hub"):
            await desk.proposed("key,amount\nlate,1\n", "fees", kind="table")


async def test_a_file_whose_code_was_given_to_another_keeps_no_node_from_starting(opened: Opened) -> None:
    async with opened("staging", TEXT) as desk:
        assert set(await desk.live()) == {"birth"}
    async with opened("staging", OTHER.replace("menu: 2", "menu: 1")) as desk:
        assert set(await desk.live()) == {"birth"}
        ((kind, text),) = await told(desk)
        assert (kind, "death is not published" in text, "menu number 1" in text) == ("publish", True, True)
