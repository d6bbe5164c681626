"""Counting what happened: once each, without a row of any key press, across restarts, told only of enough people."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from flows.dialogue import Office
from flows.errors import StoreFault
from store import figures_sql
from store.figures import Figure, StepFigure, Tried
from store.memory import Memory
from store.mind import dialogue_mind
from store.release import week_of
from store.scope import EVERYTHING, Scope
from store.values import Settlement, StatusEvent, Trip
from tests.dialogue.flows import BIRTH, HEALTH, SAY, office
from tests.store.conftest import NOON, Hands, Opened, rows
from tests.store.desk_kit import submission, write
from tests.store.test_dialogue import Handset

SEXED = BIRTH.replace(
    "fields:\n",
    """fields:
  applicant_sex: {type: choice, optional: true, sensitivity: public, label: {lo: ເພດ, en: You, lo-Latn: Phet},
    choices: {f: {lo: ຍິງ, en: Woman, lo-Latn: Nying}, m: {lo: ຊາຍ, en: Man, lo-Latn: Sai}}}
  village: {type: ref, table: places, level: village, optional: true, sensitivity: public,
    label: {lo: ບ້ານ, en: Village, lo-Latn: Ban}}
  rating: {type: int, min: 1, max: 5, optional: true, sensitivity: public, label: {lo: ດາວ, en: Stars, lo-Latn: Dao}}
""",
)
OFFICE = office(SEXED, HEALTH, SAY, languages=("en", "lo"))
BIRTH_NOW = OFFICE.live["birth"].digest
DAY = 86_400
STEPS = [OFFICE.live["birth"].flow.step_name(at) for at in range(len(OFFICE.live["birth"].flow.steps))]


def mind(offered: Office = OFFICE) -> Any:
    return dialogue_mind(lambda _: offered)


@pytest.fixture
async def node(opened: Opened) -> AsyncIterator[Memory]:
    async with opened(mind=mind()) as memory:
        yield memory


async def births(memory: Memory, count: int, first: int = 1, **over: Any) -> None:
    answers = over.pop("answers", {"applicant_sex": "f"})
    facts = {"revision": BIRTH_NOW, "answers": answers} | over
    await write(memory, [submission(n, **facts) for n in range(first, first + count)])


def told(found: Iterable[Figure], what: str, family: str = "") -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in found:
        if (one.what, one.family) == (what, family):
            counts[one.value] += one.n
    return dict(counts)


async def next_week(memory: Memory, hands: Hands, days: int = 1) -> None:
    """The week is over, and its last day is not left open any more."""
    hands.go((days + 7) * DAY)
    for _ in range(3):
        await memory.sweep.round()
    # What the last round has found is told in the next hour.
    hands.go(3600)
    await memory.sweep.round()


async def test_requests_are_told_by_channel_language_and_sex_once_there_are_five(node: Memory, hands: Hands) -> None:
    await births(node, 4)
    await next_week(node, hands)
    assert await node.figures.read(EVERYTHING) == []
    await births(node, 6, 11, language="en", channel="sms", answers={"applicant_sex": "m", "rating": 4})
    await births(node, 1, 21)
    await next_week(node, hands)
    found = await node.figures.read(EVERYTHING)
    assert told(found, "finished") == {"": 11}
    assert told(found, "finished", "channel") == {"ussd": 5, "sms": 6}
    assert told(found, "finished", "language") == {"lo": 5, "en": 6}
    assert told(found, "finished", "sex") == {"f": 5, "m": 6}
    assert told(found, "finished", "stars") == {"": 5, "4": 6}
    assert {(one.district, one.agency) for one in found} == {("LA0901", "civil-registry")}
    assert {one.week for one in found} == {week_of((NOON + 8 * DAY) // DAY)}
    assert await node.figures.tried(EVERYTHING, 2) == {"birth": Tried(11, 11)}
    assert await rows(node, "SELECT count(*) FROM fresh_figure") == [(0,)], "what was told is kept apart no longer"


async def test_the_sex_of_a_child_is_nobodys_own_word(node: Memory, hands: Hands) -> None:
    await births(node, 9, answers={"child_sex": "f"})
    await next_week(node, hands)
    assert told(await node.figures.read(EVERYTHING), "finished", "sex") == {"": 9}


async def test_nothing_is_counted_twice_whatever_stops_in_between(opened: Opened, hands: Hands) -> None:
    async with opened(mind=mind()) as memory:
        await births(memory, 7)
        await memory.figures.counting.round()
        await memory.figures.counting.round()
    async with opened(mind=mind()) as memory:
        await next_week(memory, hands)
    async with opened(mind=mind()) as memory:
        await memory.figures.counting.round()
        assert told(await memory.figures.read(EVERYTHING), "finished") == {"": 7}


async def test_two_who_count_the_same_stretch_count_it_once(node: Memory) -> None:
    await births(node, 7)
    counting = node.figures.counting
    await counting._requests(0)
    await counting._requests(0)
    assert await rows(node, "SELECT sum(n) FROM fresh_figure") == [(7,)]


async def test_corrections_trials_and_others_agencies_add_no_request(node: Memory, hands: Hands) -> None:
    await births(node, 6)
    await births(node, 6, 31, trial=True)
    first = submission(1, revision=BIRTH_NOW)
    await write(node, [submission(41, revision=BIRTH_NOW, case_id=first.case_id, case_revision=2)])
    await next_week(node, hands)
    assert told(await node.figures.read(EVERYTHING), "finished") == {"": 6}


async def dial_and_stop(memory: Memory, count: int, *keys: str, first: int = 0) -> None:
    for n in range(count):
        phone = Handset(memory, f"+8562055{first + n:06d}")
        await phone.dial()
        await phone.press("1", *keys)


async def test_who_stops_is_counted_by_step_when_the_time_to_go_on_is_over(node: Memory, hands: Hands) -> None:
    await dial_and_stop(node, 6, "1", "1", "Kham La")
    await dial_and_stop(node, 7, "1", "1", "Kham La", "1", first=100)
    await births(node, 5)
    hands.go(3600)
    for _ in range(3):
        await node.sweep.round()
    assert await rows(node, "SELECT count(*) FROM fresh_figure WHERE what = 'stopped'") == [(0,)], "she may go on yet"
    await next_week(node, hands, 2)
    found = await node.figures.read(EVERYTHING)
    assert told(found, "stopped") == {"": 13}
    assert told(found, "left", "step") == {STEPS[1]: 6, STEPS[2]: 7}
    assert await node.figures.drop_off("birth", STEPS) == (
        StepFigure(STEPS[0], 18, 0),
        StepFigure(STEPS[1], 18, 6),
        StepFigure(STEPS[2], 12, 7),
        *(StepFigure(step, 5, 0) for step in STEPS[3:]),
    )
    assert await rows(node, "SELECT count(*) FROM session") == [(0,)], "the figures outlive the sessions"


async def test_who_asks_may_follow_from_another_answer_and_is_told_of_those_who_stop_too(
    opened: Opened, hands: Hands
) -> None:
    computed = BIRTH.replace(
        "steps:\n", 'computed:\n  applicant_sex: \'"f" if child_sex == "f" else "m"\'\nsteps:\n', 1
    )
    own = office(computed, languages=("en", "lo"))
    async with opened(mind=mind(own)) as memory:
        await dial_and_stop(memory, 6, "1", "1", "Kham La")
        await dial_and_stop(memory, 7, "1", "1", "Kham La", "1", first=100)
        await dial_and_stop(memory, 8, "1", "1", "Kham La", "2", first=200)
        answers = {"child_sex": "f", "applicant_sex": "f"}
        await births(memory, 5, revision=own.live["birth"].digest, answers=answers)
        await next_week(memory, hands, 2)
        found = await memory.figures.read(EVERYTHING)
        assert set(told(found, "stopped", "sex").values()) == {6, 7, 8}, "before the answer it is not known"
        assert told(found, "stopped", "sex")[""] == 6
        assert told(found, "finished", "sex") == {"f": 5}


async def test_who_goes_on_later_is_counted_as_what_became_of_it(node: Memory, hands: Hands) -> None:
    for n in range(5):
        phone = Handset(node, f"+85620550001{n:02d}")
        await phone.dial()
        await phone.press("1", "1", "1", "Kham La")
        hands.go(600)
        await phone.dial()
        await phone.press("1", "1", "02112026", "1")
        assert phone.over
    await next_week(node, hands, 3)
    found = await node.figures.read(EVERYTHING)
    assert told(found, "finished") == {"": 5}
    assert told(found, "stopped") == {}


async def test_who_leaves_by_a_key_or_dials_anew_is_counted_where_she_began(node: Memory, hands: Hands) -> None:
    for n in range(3):
        phone = Handset(node, f"+85620550002{n:02d}")
        await phone.dial()
        await phone.press("1", "1", "1", "0", "0")
    for n in range(3):
        phone = Handset(node, f"+85620550003{n:02d}")
        await phone.dial()
        await phone.press("1", "1", "1")
        hands.go(7)
        await phone.dial()
    await next_week(node, hands, 2)
    assert told(await node.figures.read(EVERYTHING), "left", "step") == {STEPS[0]: 6}


async def test_a_service_that_ends_by_itself_is_counted_as_ended(opened: Opened, hands: Hands) -> None:
    early = SEXED.replace(
        "  - ask: child_sex\n",
        '  - end: {lo: "ຈົບ", en: "Not for you.", lo-Latn: "Chop"}\n'
        '    when: mother_name == "Nobody"\n  - ask: child_sex\n',
    )
    async with opened(mind=mind(office(early, languages=("en", "lo")))) as memory:
        for n in range(5):
            phone = Handset(memory, f"+85620550004{n:02d}")
            await phone.dial()
            assert "Not for you" in await phone.press("1", "1", "1", "Nobody")
            assert phone.over
        await next_week(memory, hands, 2)
        assert told(await memory.figures.read(EVERYTHING), "ended") == {"": 5}


async def test_a_mark_of_one_who_left_holds_no_answer(node: Memory) -> None:
    phone = Handset(node)
    await phone.dial()
    await phone.press("1", "1", "1", "Kham La", "0", "0", "0")
    talk = bytes((await rows(node, "SELECT talk FROM session"))[0][0])
    assert b"birth" in talk
    assert b"Kham" not in talk


async def test_who_leaves_a_sensitive_or_anonymous_service_leaves_no_mark(node: Memory) -> None:
    for n, key in enumerate(("4", "3")):
        phone = Handset(node, f"+85620550005{n:02d}")
        await phone.dial()
        await phone.press("1", key, "1", "0", "0")
    talks = [bytes(talk) for (talk,) in await rows(node, "SELECT talk FROM session") if talk]
    assert not any(b"health" in talk or b"say" in talk for talk in talks)


async def test_of_a_sensitive_or_anonymous_service_only_the_country_is_told(node: Memory, hands: Hands) -> None:
    health, say = OFFICE.live["health"].digest, OFFICE.live["say"].digest
    common = {"answers": {}, "place": "LA0901"}
    await write(node, [submission(n, service="health", revision=health, sensitive=True, **common) for n in range(1, 8)])
    await write(node, [submission(n, service="say", revision=say, anonymous=True, **common) for n in range(11, 19)])
    await births(node, 5, 31)
    await next_week(node, hands)
    found = await node.figures.read(EVERYTHING)
    private = [one for one in found if one.service in {"health", "say"}]
    assert {(one.service, one.district, one.family, one.n) for one in private} == {
        ("health", "", "", 7),
        ("health", "", "week", 7),
        ("say", "", "", 8),
        ("say", "", "week", 8),
    }
    district = await node.figures.read(Scope(("LA0901",), ("*",)))
    assert {one.service for one in district} == {"birth"}, "and nobody of one district sees it"
    assert await node.figures.drop_off("health", ["ask"]) == ()


async def test_of_a_revision_that_is_not_known_nothing_is_told_apart(node: Memory, hands: Hands) -> None:
    await births(node, 5, revision="sha256:gone")
    await next_week(node, hands)
    assert {(one.district, one.family) for one in await node.figures.read(EVERYTHING)} == {("", ""), ("", "week")}


async def test_each_sees_her_districts_and_agencies_and_nobody_sees_all_by_default(node: Memory, hands: Hands) -> None:
    await births(node, 5)
    await births(node, 6, 11, place="LA0402")
    await next_week(node, hands)

    async def seen(*scope: tuple[str, ...]) -> int:
        return sum(told(await node.figures.read(Scope(*scope)), "finished").values())

    assert await seen(("*",), ("*",)) == 11
    assert await seen(("LA09",), ("*",)) == 5
    assert await seen(("LA0402",), ("civil-registry",)) == 6
    assert await seen(("*",), ("health",)) == 0
    assert await seen((), ("*",)) == 0
    assert await seen(("*",), ()) == 0


async def test_waiting_times_and_costs_are_counted_from_what_is_there_anyway(node: Memory, hands: Hands) -> None:
    await births(node, 5)
    offers = await node.road.due("civil-registry", 10, NOON + 10)
    hands.go(7200)
    now = node.clock.steady()
    await node.figures.counting.round()
    await node.road.lease("civil-registry", [one.seq for one in offers], "me", now + 60, now)
    yes = [Settlement(one.seq, "accept", code="accepted") for one in offers]
    await node.road.settle("civil-registry", yes, Trip("civil-registry", "http", [1], "ok"), now, wake=False)
    hands.go(3 * DAY)
    said = [StatusEvent(n, one.id, one.reference, "in_review") for n, one in enumerate(offers, 1)]
    said += [StatusEvent(n, one.id, one.reference, "approved") for n, one in enumerate(offers, 11)]
    said += [StatusEvent(n, one.id, one.reference, "closed") for n, one in enumerate(offers, 21)]
    await node.road.statuses("civil-registry", said, "x", node.clock.steady())

    async def pay(database: Any) -> None:
        await database.begin()
        await database.rows("UPDATE message SET state = 'sent', price = 1500, settled_at = 1")

    await node.writer.do(pay)
    await next_week(node, hands)
    await next_week(node, hands)
    found = await node.figures.read(EVERYTHING)
    assert told(found, "acknowledged", "wait") == {"day": 5}
    assert told(found, "decided", "wait") == {"week": 5}, "the first decision, once"
    spans = {one.what: one.total // one.n for one in found if not one.family}
    assert spans["acknowledged"] == 7200
    assert spans["decided"] == 7200 + 3 * DAY
    assert spans["paid"] == 1500
    assert await rows(node, "SELECT count(*) FROM figure_wait") == [(0,)]


async def test_bodies_are_read_before_they_go(opened: Opened, hands: Hands) -> None:
    async with opened(mind=mind()) as memory:
        await births(memory, 5, keep_days=0, agencies=())
        await next_week(memory, hands, 3)
        assert await rows(memory, "SELECT count(*) FROM submission WHERE event IS NOT NULL") == [(0,)], "the control"
        assert told(await memory.figures.read(EVERYTHING), "finished", "sex") == {"f": 5}


async def test_a_sweep_that_fails_clears_nothing_away_and_counts_nothing(
    node: Memory, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dial_and_stop(node, 6, "1", "1", "Kham La")
    hands.go(2 * DAY)
    with monkeypatch.context() as broken:
        broken.setattr(figures_sql, "ADD_FRESH", "INSERT INTO nowhere VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        with pytest.raises(StoreFault):
            await node.sweep.round()
    assert await rows(node, "SELECT count(*) FROM session") == [(6,)]
    await next_week(node, hands, 2)
    assert told(await node.figures.read(EVERYTHING), "stopped") == {"": 6}


async def test_outlines_are_replaced_as_a_whole(node: Memory) -> None:
    await node.figures.draw([("LA0901", "[]"), ("LA0402", "[]")], "first")
    await node.figures.draw([("LA0402", json.dumps([[[1, 2]]]))], "second")
    assert [(one.code, one.source) for one in await node.figures.outlines()] == [("LA0402", "second")]
