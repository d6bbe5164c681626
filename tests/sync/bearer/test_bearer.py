"""From a key press to the agency's table by SMS frames, and the answer home: real store, real agency."""

import json
from pathlib import Path
from typing import Any

from store.values import Inbound
from sync.bearer.frame import TEXT
from sync.port import Batch
from tests.store.conftest import LAO
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY, AGENCY_NUMBER, World, nothing, world


async def test_a_birth_goes_to_the_agency_in_one_message_and_its_word_comes_home(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        sent = await one.up()
        assert len(sent) == 1
        assert len(sent[0]) <= TEXT
        assert await one.states() == ["carried"]
        assert await one.taken() == events
        assert len(await one.answers()) == 1
        assert await one.states() == ["accepted"]
        assert await one.up() == []
        reference = json.loads(events[0])["subject"]
        trail = [(hop.details["road"], hop.what) for hop in await one.memory.trail(reference) if hop.kind == "attempt"]
        assert trail[-2:] == [("sms", "sent"), ("sms", "accepted")]


async def test_nothing_goes_by_message_while_the_link_is_only_young_or_the_agency_refuses_us(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        assert await one.up() == []
        await one.break_link(30)
        assert await one.up() == []
        one.hands.go(600)
        assert len(await one.up()) == 1  # the control: a while later it does


async def test_sixty_four_requests_come_back_in_one_answer(tmp_path: Path) -> None:
    async with world(tmp_path, bearer={"per_hour": 200}, patience=600) as one:
        events = await one.submit(66)
        await one.break_link()
        assert len(await one.up()) == 64  # as many as one answer can name
        assert len(await one.answers()) == 1  # full, so it does not wait for more
        assert (await one.states()).count("accepted") == 64
        assert len(await one.up()) == 2
        assert await one.taken() == events


async def test_the_hour_has_its_limit(tmp_path: Path) -> None:
    async with world(tmp_path, bearer={"per_hour": 3}) as one:
        await one.submit(5)
        await one.break_link()
        assert len(await one.up()) == 3
        assert await one.up() == []
        one.hands.go(3601)
        assert await one.up()


async def test_a_lost_message_is_repeated_later_and_the_same(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        one.air.weather = nothing
        first = await one.up()
        assert await one.up() == []
        one.hands.go(1800 * 1.25)
        one.air.weather = lambda text: [text]
        assert await one.up() == first
        await one.answers()
        assert await one.states() == ["accepted"]
        assert await one.taken() == events


async def test_a_lost_answer_is_given_again_without_a_second_effect(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.up()
        one.air.weather = nothing
        await one.answers()
        assert await one.states() == ["carried"]
        one.air.weather = lambda text: [text]
        await one.age()
        one.hands.go(1800 * 1.25)
        await one.up()
        await one.answers()
        assert await one.states() == ["accepted"]
        assert len(await one.taken()) == 1


async def test_a_long_request_goes_in_parts_and_only_what_is_missing_again(tmp_path: Path) -> None:
    async with world(tmp_path, [kit.LONG], bearer={"most_parts": 5}) as one:
        events = await one.submit()
        await one.break_link()
        first: list[str] = []

        def lose_the_second(text: str) -> list[str]:
            first.append(text)
            return [] if len(first) == 2 else [text]

        one.air.weather = lose_the_second
        sent = await one.up()
        assert len(sent) >= 3
        assert await one.taken() == []
        one.air.weather = lambda text: [text]
        await one.answers()
        assert await one.up() == [sent[1]]
        assert await one.taken() == events
        await one.answers()
        assert await one.states() == ["accepted"]


async def test_a_request_that_would_take_too_many_messages_waits_for_a_link(tmp_path: Path) -> None:
    async with world(tmp_path, [kit.LONG, kit.BIRTH], bearer={"most_parts": 1}) as one:
        await one.submit(2)
        await one.break_link()
        assert len(await one.up()) == 1
        assert sorted(await one.states()) == ["carried", "retry_wait"]


async def test_the_agency_s_refusal_comes_home_to_an_officer(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        (event,) = await one.submit()
        other = json.loads(event) | {"subject": "000000000"}
        await one.connector.deliver(Batch("b", (_offer(json.dumps(other).encode()),)))
        await one.break_link()
        await one.up()
        await one.answers()
        assert await one.states() == ["officer_review"]
        (task,) = await one.memory.review.tasks(AGENCY)
        assert task.code == "conflict"


def _offer(event: bytes) -> Any:
    from tests.sync.conftest import offer_of  # noqa: PLC0415 - beside its use

    return offer_of(1, event)


async def test_statuses_come_home_by_message(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit(2)
        await one.break_link()
        await one.up()
        await one.answers()
        await one.decide(1, "in_review")
        await one.decide(2, "needs_correction", reason="bad_value", fields=("child_name", "birth_date"))
        for _ in range(2):
            if (await one.memory.bearer.standing(AGENCY)).heard < 2:
                await one.answers()
        rows = await one.memory._reading.rows("SELECT status, reason, fields FROM request ORDER BY seq")
        assert rows == [("in_review", "", "[]"), ("needs_correction", "bad_value", '["child_name", "birth_date"]')]
        assert (await one.memory.bearer.standing(AGENCY)).heard == 2


async def test_a_status_that_was_lost_is_told_again_when_the_node_asks(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.up()
        await one.answers()
        one.air.weather = nothing
        await one.decide(1, "in_review")
        assert len(await one.answers()) == 1
        one.air.weather = lambda text: [text]
        await one.decide(1, "approved")
        await one.answers()
        assert await _status(one) == "approved"
        assert (await one.memory.bearer.standing(AGENCY)).heard == 0  # one before it is missing
        await one.age()
        one.hands.go(1000)
        assert len(await one.up()) == 1  # the question
        await one.answers()
        assert (await one.memory.bearer.standing(AGENCY)).heard == 2
        assert await _status(one) == "approved"


async def _status(one: World) -> str:
    return str((await one.memory._reading.rows("SELECT status FROM request"))[0][0])


async def test_without_its_page_a_request_is_packed_as_it_is(tmp_path: Path) -> None:
    async with world(tmp_path, pages=False, bearer={"most_parts": 8}) as one:
        events = await one.submit()
        await one.break_link()
        assert len(await one.up()) > 1
        assert await one.taken() == events


async def test_a_page_that_the_agency_has_lost_is_done_without(tmp_path: Path) -> None:
    async with world(tmp_path, bearer={"most_parts": 8}) as one:
        events = await one.submit()
        await one.book.do(lambda connection: connection.execute("DELETE FROM bearer_page"))
        await one.break_link()
        assert len(await one.up()) == 1
        assert await one.taken() == []
        await one.answers()
        assert len(await one.up()) > 1
        assert await one.taken() == events
        for _ in range(3):  # with its patience of none, the agency may have asked for the last parts already
            if await one.states() != ["accepted"]:
                await one.answers()
        assert await one.states() == ["accepted"]


async def test_messages_of_citizens_reach_the_dialogue_and_the_modem_s_do_not(tmp_path: Path) -> None:
    from store.bearer import Ear  # noqa: PLC0415 - beside its use

    heard: list[str] = []

    class Dialogue:
        async def overhear(self, message: Inbound) -> None:
            heard.append(message.msisdn)

    async with world(tmp_path) as one:
        ear = Ear(one.memory.bearer, Dialogue(), [AGENCY_NUMBER])
        await ear.overhear(Inbound("at", "1", LAO, "1999", "BIRTH"))
        await ear.overhear(Inbound("at", "2", AGENCY_NUMBER, "1999", "QGN4"))
        assert heard == [LAO]
        assert [text for _, text in await one.memory.bearer.unread(AGENCY_NUMBER)] == ["QGN4"]
