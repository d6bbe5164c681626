"""A draft on the real code: only listed numbers meet it, only for a time, and nothing of it reaches an agency."""

import json
from typing import Any

import orjson
import pytest

from flows.errors import CallFault, ConfigFault
from flows.turn import Heard, Moment, Need, Screen, Turn
from store.draft_values import DraftFault
from store.mind import Mind
from store.values import Catalogue
from tests.store import mind as small
from tests.store.conftest import LAO, NOON, Hands, Opened, call, dial, rows
from tests.store.mind import small_mind

HERS = "+8562099900001"
DAY = 86_400
FILES = {"birth.yaml": "draft"}


def trying_mind() -> Mind:
    """Shows which revision is met, and submits under it."""

    def hear(office: Catalogue, talk: Any, person: Any, heard: Heard, moment: Moment) -> Turn | Need:
        digest = talk.answers[0] if talk is not None and talk.answers else office.live.get("birth", "none")
        if heard.fresh:
            return Turn(Screen(digest), small.Talk((digest,)), keep_until=moment.now + DAY)
        if heard.text == "ONCE":
            need = Need("once", ("birth", "kham"))
            if need not in moment.known:
                return need
            if moment.known[need] is not None:
                return Turn(Screen("known", end=True), None)
        one = small.submit(moment, revision=digest, once=("kham",) if heard.text == "ONCE" else ())
        return Turn(Screen(moment.reference, end=True), None, effects=(one,))

    return small_mind(hear=hear, under=lambda office: json.dumps(dict(office.live)))


async def test_only_listed_numbers_meet_the_draft_and_only_for_its_time(opened: Opened, hands: Hands) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.library.publish("birth", "sha256:live", FILES, "anna")
        await memory.refresh()
        await memory.trials.start("birth", "sha256:draft", FILES, {HERS: "Noy"}, "anna", NOON + DAY)
        await memory.refresh()
        assert await dial(memory, session="a", msisdn=HERS) == "sha256:draft"
        assert await dial(memory, session="b", msisdn=LAO) == "sha256:live"
        listed = await memory.trials.list()
        assert [(one.flow, one.label, one.digest, one.by, one.until) for one in listed] == [
            ("birth", "Noy", "sha256:draft", "anna", NOON + DAY)
        ]
        assert HERS[1:] not in str(await rows(memory, "SELECT * FROM trial"))
        assert [(one.digest, one.tried) for one in await memory.library.list()] == [
            ("sha256:draft", True),
            ("sha256:live", False),
        ]
        hands.go(DAY)
        assert await dial(memory, session="c", msisdn=HERS) == "sha256:live"
        await memory.sweep.round()
        assert await memory.trials.list() == []


async def test_what_is_submitted_in_a_trial_goes_to_nobody_even_after_its_end(opened: Opened) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.library.publish("birth", "sha256:live", FILES, "anna")
        await memory.trials.start("birth", "sha256:draft", FILES, {HERS: "Noy"}, "anna", NOON + DAY)
        await memory.refresh()
        tried = await dial(memory, "send", session="a", msisdn=HERS)
        await dial(memory, session="b", msisdn=HERS)
        await memory.trials.stop("birth", by="anna")
        await memory.refresh()
        # Begun while the number was listed, sent after: her session keeps its revision, and the request its mark.
        late = (await memory.turns.take(call("send", "b", HERS))).text
        real = await dial(memory, "send", session="c", msisdn=LAO)
        deliveries = await rows(memory, "SELECT r.reference FROM delivery d JOIN request r ON r.seq = d.seq")
        assert [f"{row[0]:09d}" for row in deliveries] == [real]
        marked = await rows(memory, "SELECT reference FROM request WHERE trial = 1 ORDER BY seq")
        assert [f"{row[0]:09d}" for row in marked] == [tried, late]
        events = [orjson.loads(row[0])["data"] for row in await rows(memory, "SELECT event FROM submission")]
        assert [one.get("trial", False) for one in events] == [True, True, False]
        trail = await memory.trail(tried)
        assert trail[0].details["trial"].startswith("yes")


async def test_a_trial_does_not_stand_in_the_way_of_the_real_request(opened: Opened) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.library.publish("birth", "sha256:live", FILES, "anna")
        await memory.trials.start("birth", "sha256:draft", FILES, {HERS: "Noy"}, "anna", NOON + DAY)
        await memory.refresh()
        await dial(memory, "ONCE", session="a", msisdn=HERS)
        assert await dial(memory, "ONCE", session="b", msisdn=LAO) != "known"
        assert await dial(memory, "ONCE", session="c", msisdn=LAO) == "known"


async def test_a_draft_that_is_published_after_its_trial_is_real(opened: Opened) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.trials.start("birth", "sha256:draft", FILES, {HERS: "Noy"}, "anna", NOON + DAY)
        await memory.refresh()
        assert await dial(memory, session="b", msisdn=LAO) == "none"
        await memory.library.publish("birth", "sha256:draft", FILES, "ben")
        await memory.refresh()
        await dial(memory, "send", session="a", msisdn=HERS)
        assert await rows(memory, "SELECT trial FROM request") == [(0,)]


async def test_the_body_of_a_trial_is_swept_after_its_days(opened: Opened, hands: Hands) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.library.publish("birth", "sha256:live", FILES, "anna")
        await memory.trials.start("birth", "sha256:draft", FILES, {HERS: "Noy"}, "anna", NOON + DAY)
        await memory.refresh()
        await dial(memory, "send", session="a", msisdn=HERS)
        await dial(memory, "send", session="b", msisdn=LAO)
        hands.go(31 * DAY)
        await memory.sweep.round()
        kept = await rows(memory, "SELECT event IS NULL, r.number IS NULL FROM submission JOIN request r USING (seq)")
        assert kept == [(1, 1), (0, 0)]


async def test_a_submission_keeps_what_it_was_taken_under(opened: Opened) -> None:
    async with opened(mind=trying_mind()) as memory:
        await memory.library.publish("birth", "sha256:one", FILES, "anna")
        await memory.refresh()
        first = await dial(memory, "send", session="a")
        await memory.library.publish("birth", "sha256:two", FILES, "anna")
        await memory.refresh()
        second = await dial(memory, "send", session="b")
        under = [(await memory.trail(reference))[0].details["under"] for reference in (first, second)]
        assert under == ['{"birth": "sha256:one"}', '{"birth": "sha256:two"}']


async def test_a_list_without_end_a_long_trial_and_no_number_are_refused(opened: Opened) -> None:
    async with opened() as memory:
        many = {f"+85620555{n:05d}": "" for n in range(51)}
        for numbers, until, said in (
            (many, NOON + DAY, "1 to 50 numbers"),
            ({}, NOON + DAY, "1 to 50 numbers"),
            ({HERS: ""}, NOON, "at most 30 days"),
            ({HERS: ""}, NOON + 31 * DAY, "at most 30 days"),
        ):
            with pytest.raises(DraftFault, match=said):
                await memory.trials.start("birth", "sha256:d", FILES, numbers, "anna", until)
        with pytest.raises(CallFault):
            await memory.trials.start("birth", "sha256:d", FILES, {"20555": ""}, "anna", NOON + DAY)
        await memory.trials.start("birth", "sha256:d", FILES, dict(list(many.items())[:50]), "anna", NOON + DAY)
        with pytest.raises(DraftFault, match="51 numbers"):
            await memory.trials.start("birth", "sha256:d", FILES, {HERS: ""}, "anna", NOON + DAY)
        assert await memory.trials.stop("birth", by="anna") == 50
        ended = (await memory.audit.entries(subject="birth"))[0]
        assert (ended.act, ended.actor, ended.details) == ("trial_stopped", "anna", {"numbers": 50})
        with pytest.raises(ConfigFault, match="nobody"):
            await memory.trials.stop("birth", by="anna")
