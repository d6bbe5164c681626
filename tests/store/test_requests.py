"""Requests, `once`, corrections, case keys and anonymity."""

import asyncio
import json
import re
import uuid
from typing import Any

import pytest

from flows.reference import is_reference
from store.events import answers_of
from store.memory import Memory
from store.references import draw
from tests.store.conftest import LAO, Hands, Opened, call, dial, rows, sms
from tests.store.mind import hear, small_mind

OTHER = "+8562055567890"


async def case_of(memory: Memory, reference: str, session: str = "find") -> str:
    return (await dial(memory, f"ONE {reference}", session=session)).split()[0]


async def test_one_row_for_each_agency(memory: Memory) -> None:
    await dial(memory, "TWO")
    assert await rows(memory, "SELECT seq, state FROM delivery") == [(1, 0), (1, 0)]
    assert await rows(memory, "SELECT count(*) FROM waiting") == [(2,)]
    assert await rows(memory, "SELECT state, n FROM tally") == [(0, 1), (0, 1)]
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]


async def test_the_receipt_is_a_row_of_the_same_transaction(memory: Memory) -> None:
    reference = await dial(memory, "SUBMIT")
    assert await rows(memory, "SELECT kind, reference, number FROM message") == [
        ("receipt", int(reference), int(LAO[1:]))
    ]


async def test_my_requests_are_the_number_s_own(memory: Memory) -> None:
    first = await dial(memory, "SUBMIT")
    second = await dial(memory, "SUBMIT", session="s2")
    await dial(memory, "SUBMIT", session="s3", msisdn=OTHER)
    assert await dial(memory, "MINE", session="s4") == f"{second} received\n{first} received"
    assert await dial(memory, f"ONE {first}", session="s5", msisdn=OTHER) == "none"
    assert await dial(memory, "ONE nonsense", session="s6") == "none"


async def test_a_request_is_seen_by_the_next_call_of_the_same_batch(memory: Memory) -> None:
    await dial(memory)
    _, _, third = await asyncio.gather(
        memory.turns.take(call("SUBMIT")),
        memory.turns.take(call("", "s2")),
        memory.turns.take(call("MINE", "s2")),
    )
    assert third.text.endswith(" received")


async def test_once(memory: Memory) -> None:
    first = await dial(memory, "ONCE kham")
    assert await dial(memory, "ONCE kham", session="s2") == f"known {first} True"
    assert await dial(memory, "ONCE kham", session="s3", msisdn=OTHER) == f"known {first} False"
    assert (await dial(memory, "ONCE la", session="s4")).isdigit()
    assert not [row for row in await rows(memory, "SELECT key FROM once") if b"kham" in row[0]]


async def test_once_holds_between_two_calls_of_one_batch(memory: Memory) -> None:
    numbers = [f"+85620{n:08d}" for n in range(8)]
    for n, number in enumerate(numbers):
        await dial(memory, session=f"s{n}", msisdn=number)
    calls = (memory.turns.take(call("ONCE kham", f"s{n}", number)) for n, number in enumerate(numbers))
    texts = [one.text for one in await asyncio.gather(*calls)]
    assert sum(text.isdigit() for text in texts) == 1
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]


async def test_a_reference_that_is_taken_is_replaced_before_the_reply(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await dial(memory, "SUBMIT")
    await dial(memory, session="s2", msisdn=OTHER)
    stock = memory._crew._references._stock
    stock.appendleft(taken)
    stock.appendleft(taken)
    reply = await memory.turns.take(call("SUBMIT", "s2", OTHER))
    assert reply.text.isdigit()
    assert reply.text != taken


async def test_references_come_from_the_node_s_blocks(opened: Opened) -> None:
    async with opened(settings={"blocks": ("48", "999")}) as memory:
        for n in range(5):
            assert (await dial(memory, "SUBMIT", session=f"s{n}")).startswith(("48", "999"))


def test_references_are_drawn_some_from_each_of_a_few_places() -> None:
    drawn = draw((), 256)
    assert all(is_reference(one) for one in drawn)
    assert len({one[:3] for one in drawn}) <= 4, "their index takes them page by page"
    assert len(drawn) > 200
    assert len({one[3:8] for one in drawn}) > 200, "within a place they are chance"
    assert len({one[:3] for _ in range(200) for one in draw((), 1)}) > 100, "and so are the places"
    assert {one[:7] for one in draw(("1234567",), 64)} == {"1234567"}
    assert {one[:2] for one in draw(("48", "99"), 2000)} == {"48", "99"}


async def test_a_correction_is_the_case_s_next_revision(memory: Memory) -> None:
    reference = await dial(memory, "SUBMIT")
    assert await dial(memory, f"CORRECT {reference}", session="s2") == "corrected"
    events = [json.loads(event) for (event,) in await rows(memory, "SELECT event FROM submission ORDER BY seq")]
    assert [event["data"]["case"]["revision"] for event in events] == [1, 2]
    assert events[0]["data"]["case"]["id"] == events[1]["data"]["case"]["id"]
    assert events[0]["id"] != events[1]["id"]
    assert await rows(memory, "SELECT case_revision, latest FROM request") == [(2, 2)]
    assert await rows(memory, "SELECT previous FROM delivery ORDER BY seq") == [(0,), (1,)]


async def test_a_sealed_body_is_read_by_its_owner_only(opened: Opened) -> None:
    import pyrage  # noqa: PLC0415 - only here

    owner = pyrage.x25519.Identity.generate()
    async with opened(settings={"seal_to": {"registry": (str(owner.to_public()),)}}) as memory:
        reference = await dial(memory, "Secret Name", "SUBMIT")
        ((event,),) = await rows(memory, "SELECT event FROM submission")
        outer = json.loads(event)
        assert b"Secret" not in event
        assert LAO.encode() not in event
        assert (outer["subject"], outer["salaservice"], "data" in outer) == (reference, "birth", False)
        import base64  # noqa: PLC0415 - only here

        inner = json.loads(pyrage.decrypt(base64.b64decode(outer["data_base64"]), [owner]))
        assert inner["answers"] == {"name": ["Secret Name"]}
        assert answers_of(event) == {}


async def with_key(memory: Memory, digits: str = "4711") -> tuple[str, str]:
    reference = await dial(memory, "SUBMIT", session="k1")
    case = await case_of(memory, reference, "k2")
    assert await dial(memory, f"SETKEY {case} {digits}", session="k3") == "key"
    return reference, case


async def test_a_case_key_opens_and_is_kept_as_a_slow_hash(memory: Memory) -> None:
    reference, case = await with_key(memory)
    assert "True" in await dial(memory, f"ONE {reference}", session="s2")
    assert await dial(memory, f"GUESS {case} 4711", session="s3") == "right"
    assert await dial(memory, f"GUESS {case} 1111", session="s4") == "wrong"
    ((salt, hashed),) = await rows(memory, "SELECT salt, hash FROM case_key")
    assert len(salt) == 16
    assert len(hashed) == 32
    await dial(memory, f"SETKEY {case}", session="s5")
    assert await rows(memory, "SELECT * FROM case_key") == []


async def test_wrong_guesses_climb_the_ladder(memory: Memory, hands: Hands) -> None:
    _, case = await with_key(memory)
    said = [await dial(memory, f"GUESS {case} 000{n}", session=f"a{n}") for n in range(4)]
    assert said == ["wrong", "wrong", "wrong", "locked"]
    hands.go(901)
    assert await dial(memory, f"GUESS {case} 4711", session="b1") == "right"
    assert await dial(memory, f"GUESS {case} 1234", session="b2") == "wrong"


async def test_after_ten_wrong_guesses_only_an_officer_helps(memory: Memory, hands: Hands) -> None:
    reference, case = await with_key(memory)
    for n in range(10):
        assert await dial(memory, f"GUESS {case} 00{n}", session=f"a{n}") == "wrong"
        hands.go(86_401)
    assert await dial(memory, f"GUESS {case} 4711", session="b1") == "officer"
    assert await dial(memory, f"GUESS {case} 4711", session="b2", msisdn=OTHER) == "officer"
    await memory.review.unlock(reference)
    assert await dial(memory, f"GUESS {case} 4711", session="b3", msisdn=OTHER) == "right"
    assert await dial(memory, f"GUESS {case} 4711", session="b4") == "officer"
    await memory.review.unlock_number(LAO)
    assert await dial(memory, f"GUESS {case} 4711", session="b5") == "right"


async def test_guesses_in_parallel_and_over_a_restart_are_all_counted(opened: Opened) -> None:
    async with opened() as memory:
        _, case = await with_key(memory)
        numbers = [f"+85620{n:08d}" for n in range(30)]
        for n, number in enumerate(numbers):
            await dial(memory, session=f"p{n}", msisdn=number)
        tries = (memory.turns.take(call(f"GUESS {case} 9{n:03d}", f"p{n}", number)) for n, number in enumerate(numbers))
        said = [one.text for one in await asyncio.gather(*tries)]
        assert said.count("wrong") <= 3
        assert said.count("locked") >= 27
    async with opened() as memory:
        assert await dial(memory, f"GUESS {case} 4711", session="z") == "locked"


async def test_a_guess_is_counted_before_it_is_checked(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as memory:
        _, case = await with_key(memory)
        await dial(memory, session="g")
        hold = asyncio.Event()

        async def never(digits: str, salt: bytes) -> bytes:
            await hold.wait()
            return b""

        monkeypatch.setattr(memory._crew._needs, "_hash", never)
        pending = asyncio.ensure_future(memory.turns.take(call(f"GUESS {case} 4711", "g")))
        while not await rows(memory, "SELECT wrong FROM guess"):  # noqa: ASYNC110 - no event tells of a commit
            await asyncio.sleep(0.01)
        assert await rows(memory, "SELECT wrong FROM case_key") == [(1,)]
        # Others are served while the hash is computed, and the same number's next calls wait their turn.
        assert await dial(memory, session="o", msisdn=OTHER) == "hello"
        behind = asyncio.ensure_future(memory.turns.take(call(f"GUESS {case} 4711", "g")))
        await asyncio.sleep(0.05)
        assert not behind.done()
        monkeypatch.undo()
        hold.set()
        assert (await pending).text == "wrong"
        assert (await behind).again


async def test_a_stranger_with_the_key_may_read(opened: Opened) -> None:
    from flows.turn import Heard, Moment, Need, Request, Screen, Turn  # noqa: PLC0415 - only here

    def opening(office: Any, talk: Any, person: Any, heard: Heard, moment: Moment) -> Any:
        if not heard.text.startswith("OPEN"):
            return hear(office, talk, person, heard, moment)
        need = Need("opened", tuple(heard.text.split()[1:]))
        if need not in moment.known:
            return need
        found = moment.known[need]
        return Turn(Screen(found.status if isinstance(found, Request) else found), talk)

    async with opened(mind=small_mind(hear=opening)) as memory:
        reference, _ = await with_key(memory)
        assert await dial(memory, f"OPEN {reference} 4711", session="o1", msisdn=OTHER) == "received"
        assert await dial(memory, f"OPEN {reference} 4712", session="o2", msisdn=OTHER) == "wrong"
        assert await dial(memory, "OPEN 000000000 4711", session="o3", msisdn=OTHER) == "wrong"


async def everything(memory: Memory) -> dict[str, list[tuple[Any, ...]]]:
    names = [row[0] for row in await rows(memory, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: await rows(memory, f"SELECT * FROM {name}") for name in names}  # noqa: S608 - the test's own tables


async def leads(memory: Memory, reference: str) -> list[str]:
    """Tables in which something of the number and something of the submission stand in one row."""
    number, caller = int(LAO[1:]), memory.hashing.number(int(LAO[1:]))
    ((seq,),) = await rows(memory, "SELECT seq FROM request WHERE reference = ?", int(reference))
    ((session,),) = await rows(memory, "SELECT max(id) FROM session")
    found = []
    for name, lines in (await everything(memory)).items():
        for line in lines:
            text = " ".join(str(part) for part in line)
            own = number in line or caller in line or LAO in text or str(number) in text
            what = reference in text or int(reference) in line or (name == "person" and line[2] == session)
            found += [name] if own and (what or (name == "request" and seq in line)) else []
    return found


async def test_nothing_leads_from_the_number_to_an_anonymous_submission(memory: Memory, hands: Hands) -> None:
    await dial(memory, "LANG lo", session="s0")
    hands.go(100)
    reference = (await dial(memory, "TIP theft")).removeprefix("tip ")
    assert await leads(memory, reference) == []
    assert (await memory.turns.take(call("TIP theft"))).text == f"tip {reference}"
    ((event, at),) = await rows(memory, "SELECT event, at FROM submission")
    assert json.loads(event)["data"]["applicant"] == {}
    assert json.loads(event)["time"].endswith(":00:00Z")
    for id_ in (json.loads(event)["id"], json.loads(event)["data"]["case"]["id"]):
        assert uuid.UUID(id_).version == 7
        assert (uuid.UUID(id_).int >> 80) // 1000 % 3600 == 0
    assert at % 3600 == 0
    assert await rows(memory, "SELECT * FROM message") == []
    hands.go(181)
    await memory.sweep.round()
    assert await rows(memory, "SELECT * FROM session WHERE number IS NULL") == []
    assert await leads_by_reply(memory, reference) == 0


async def leads_by_reply(memory: Memory, reference: str) -> int:
    return len(await rows(memory, "SELECT 1 FROM session WHERE reply LIKE ?", f"%{reference}%"))


async def test_the_search_for_such_a_lead_finds_one_where_there_is_one(memory: Memory) -> None:
    reference = await dial(memory, "SUBMIT")
    assert {"request", "message", "submission"} & set(await leads(memory, reference))


async def test_an_anonymous_tip_is_known_for_a_while_to_its_own_number_only(memory: Memory, hands: Hands) -> None:
    reference = (await dial(memory, "TIP theft")).removeprefix("tip ")
    assert await dial(memory, "TIP theft", session="s2") == f"known {reference}"
    assert re.fullmatch(r"tip \d{9}", await dial(memory, "TIP theft", session="s3", msisdn=OTHER))
    hands.go(2 * 86_400)
    await memory.sweep.round()
    assert await rows(memory, "SELECT * FROM once") == []
    assert re.fullmatch(r"tip \d{9}", await dial(memory, "TIP theft", session="s4"))


async def test_an_anonymous_tip_by_message_is_answered_by_none(memory: Memory) -> None:
    await memory.turns.overhear(sms("TIP theft", "m1"))
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]
    assert await rows(memory, "SELECT * FROM message") == []
    assert await rows(memory, "SELECT caller, number FROM request") == [(None, None)]
