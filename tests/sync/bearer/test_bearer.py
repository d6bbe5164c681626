"""From a key press to the agency's table by SMS frames, and the answer home: real store, real agency, spoiled air."""

import json
import random
import tomllib
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from flows.errors import SendError
from store.values import Inbound
from sync.agency import ledger
from sync.agency.bundles import read_bundles
from sync.bearer.acks import Answer, Run
from sync.bearer.frame import HEADER, TEXT, Header, Kind, from_text, keys_of, seal, to_text
from sync.bundle.node import write_bundle
from sync.port import Batch
from tests.store.conftest import LAO, Hands
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY, AGENCY_NUMBER, NODE_NUMBER, World, ids, world

NAMES = tomllib.loads((Path(__file__).parents[3] / "bench" / "names.toml").read_text("utf-8"))["held"]
LONG = kit.BIRTH | {"mother_name": " ".join(NAMES["given"])}


def nothing(_: str) -> list[str]:
    return []


async def over_http(one: World) -> list[str]:
    """The same records by the other road, as a worker with a link would send them."""
    offers = await one.memory.road.due(AGENCY, 100, int(one.hands.wall))
    results = await one.connector.deliver(Batch("batch", tuple(offers)))
    return [outcome.status for outcome in results.outcomes]


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
        await _age(one)
        one.hands.go(1800 * 1.25)
        await one.up()
        await one.answers()
        assert await one.states() == ["accepted"]
        assert len(await one.taken()) == 1


async def _age(one: World, seconds: int = 3600) -> None:
    """Let the agency's clock, which no test moves, have gone on: what it noted was a while ago."""

    def run(connection: Any) -> None:
        connection.execute("UPDATE bearer_frame SET at = at - ?", (seconds,))
        connection.execute("UPDATE bearer_node SET told_at = told_at - ?", (seconds,))

    await one.book.do(run)


async def test_a_long_request_goes_in_parts_and_only_what_is_missing_again(tmp_path: Path) -> None:
    async with world(tmp_path, [LONG], bearer={"most_parts": 5}) as one:
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
    async with world(tmp_path, [LONG, kit.BIRTH], bearer={"most_parts": 1}) as one:
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
        await _age(one)
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


# --- F18: the same record by several roads ----------------------------------------------------------------------------


ORDERS = [", ".join(order) for order in permutations(["sms", "http", "stick"])]


@pytest.mark.parametrize("order", [*ORDERS, "sms, http, sms again", "sms, sms again, stick, stick again, http"])
async def test_each_order_of_roads_has_one_effect(tmp_path: Path, order: str) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        steps = order.split(", ")
        for step in steps:
            match step:
                case "http":
                    assert await over_http(one) == ["accepted" if step == steps[0] else "duplicate"]
                case "sms":
                    await one.up()
                case "sms again":
                    await one.bring(one.air.up)
                case "stick":
                    await by_stick(one, stick)
                case _:
                    await read_bundles(one.book, stick)
        assert await one.taken() == events
        await one.answers()
        assert await one.states() == ["accepted"]


async def by_stick(one: World, folder: Path) -> None:
    secrets = {AGENCY: one.connector.bundle_secret()}
    means = one.carrier._means
    await write_bundle(one.memory.road, secrets, kit.NODE, folder, folder.parent / "ledger.json", means)
    await read_bundles(one.book, folder)


async def test_a_worker_with_a_link_again_finds_a_duplicate_of_what_went_by_message(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        await one.up()
        one.worker._connector = one.connector
        one.hands.go(60)
        done = await one.worker.step()
        assert [settlement.code for settlement in done.settlements] == ["duplicate"]
        assert await one.states() == ["accepted"]
        assert await one.taken() == events
        await one.answers()  # late: nothing changes
        assert await one.states() == ["accepted"]


# --- F17: what the air does to messages -------------------------------------------------------------------------------

DAMAGE: list[Callable[[str, random.Random], list[str]]] = [
    lambda text, chance: [text] if chance.random() < 0.5 else [],
    lambda text, chance: [text] * chance.randint(1, 3),
    lambda text, chance: [text[: chance.randrange(len(text))]],
    lambda text, _: [text.upper()],
    lambda text, _: [text.replace("-", "_").replace(".", " ")],
    lambda text, chance: ["".join(chance.sample(text, len(text)))],
    lambda text, _: [text],
    lambda text, _: [text[::-1], text],
    lambda text, chance: [_flipped(text, chance)],
]


def _flipped(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chance.choice("ABCxyz019-.") + text[place + 1 :]


STORM = 60
"""Rounds of bad weather."""

HALF_A_DAY = 12 * 3600
"""Seconds that pass in a round, on either side."""

SEEDS = [17, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 13))]


@pytest.mark.parametrize("seed", SEEDS)
async def test_bad_weather_delays_and_never_changes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kept: list[str] = []

    def weather(text: str) -> list[str]:
        arrived = chance.choice(DAMAGE)(text, chance)
        kept.append(text)
        late = [chance.choice(kept)] if chance.random() < 0.3 else []  # days late, or somebody's replay
        arrived += late
        chance.shuffle(arrived)
        return arrived

    answers = [kit.BIRTH, LONG, kit.BIRTH | {"child_name": None}, kit.BIRTH | {"mother_name": "Anna Ødegård 王"}]
    async with world(tmp_path, answers, bearer={"per_hour": 500, "most_parts": 6}) as one:
        events = await one.submit(4)
        await one.break_link()
        one.air.weather = weather
        for turn in range(90):
            if turn == STORM:  # how long it keeps one text of six back is chance; once it is over, everything must come
                one.air.weather = lambda text: [text]
            await one.up()
            await _age(one, HALF_A_DAY)
            await one.answers(0.12)
            one.hands.go(HALF_A_DAY)
            taken = await one.taken()
            assert set(taken) <= set(events)
            assert len(ids(taken)) == len(set(ids(taken)))
            if set(await one.states()) == {"accepted"}:
                break
        assert sorted(await one.taken()) == sorted(events)
        assert await one.states() == ["accepted"] * 4


async def test_a_replayed_frame_has_no_effect_and_few_answers(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        (text,) = await one.up()
        await one.answers()
        for _ in range(30):
            await _age(one)
            await one.bring([text], sender="+8562012345678")
            await one.answers(0)
        await one.answers()
        assert len(await one.taken()) == 1
        assert len(one.air.down) <= ledger.MOST_ANSWERS + 1
        # Nobody draws the answers to another number by sending again what he has overheard: the modem would object.


async def test_the_word_comes_home_however_often_it_was_lost(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        (text,) = await one.up()
        one.air.weather = nothing
        for _ in range(ledger.MOST_ANSWERS + 3):
            await _age(one)
            await one.bring([text])
            await one.answers(0.3)
        assert len(one.air.down) == ledger.MOST_ANSWERS
        one.air.weather = lambda text: [text]
        await _age(one, ledger.ANSWER_STILL)
        await one.bring([text])
        await one.answers()
        assert await one.states() == ["accepted"]


async def test_a_replayed_answer_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.up()
        (answer,) = await one.answers()
        assert one.carrier.counts["again"] == 0
        # The agency is restored and has forgotten: then the old answer must not count for what is offered again.
        await one.memory.road.gone_back(AGENCY, int(one.hands.wall))
        assert await one.states() == ["in_doubt"]
        await one.give([answer, answer])
        assert one.carrier.counts["again"] == 2
        assert await one.states() == ["carried"]  # offered again, and not yet accepted


async def test_an_answer_of_a_stranger_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        (event,) = await one.submit()
        await one.break_link()
        await one.up()
        run = Run(json.loads(event)["epoch"], 1, 2**64 - 1)
        keys = keys_of(bytes(32))
        forged = seal(keys.down, Header(Kind.TALK, one.carrier._keys.pair, "00000000", 9), Answer((run,)).to_bytes())
        await one.give([to_text(forged), "hello", "", one.air.up[0]])
        assert await one.states() == ["carried"]
        assert one.carrier.counts["strange"] == 4
        # The control: the same words under the pair's key count.
        real = seal(
            one.carrier._keys.down, Header(Kind.TALK, one.carrier._keys.pair, "00000000", 9), Answer((run,)).to_bytes()
        )
        await one.give([to_text(real)])
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


# --- nonces and restarts ----------------------------------------------------------------------------------------------


async def test_no_nonce_repeats_over_restarts_and_a_restored_disk(tmp_path: Path) -> None:
    nonces: dict[tuple[str, bytes], bytes] = {}
    hands = Hands()
    restored = 0
    for start in range(4):
        async with world(tmp_path, hands=hands) as one:
            await one.submit(3)
            await one.break_link()
            await one.up()
            await one.decide(3 * start + 1, "in_review")
            await one.answers()
            hands.go(22_000)
            await one.up()
            for way, texts in (("up", one.air.up), ("down", one.air.down)):
                for text in texts:
                    frame = from_text(text)
                    assert nonces.setdefault((way, frame[:HEADER]), frame) == frame
            restored += len(one.air.up)
        if start == 1:
            backup = {file.name: file.read_bytes() for file in (tmp_path / "node").iterdir() if file.is_file()}
        if start == 2:
            for name, data in backup.items():  # yesterday's disk: its sequences come once more
                (tmp_path / "node" / name).write_bytes(data)
    assert len(nonces) >= 4 * 4
    numbers = [(way, nonce[:3] + nonce[7:]) for way, nonce in nonces if way == "up"]
    assert len(set(numbers)) < len(numbers)  # the control: without the epoch, one would have come twice


async def test_a_failed_gateway_of_the_agency_loses_no_answer(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        one.modem.status = 500
        await one.up()
        assert await one.answers(0.3) == []
        one.modem.status = 200
        await one.book.do(lambda connection: connection.execute("UPDATE bearer_out SET due_at = 0"))
        assert len(await one.answers()) == 1
        assert await one.states() == ["accepted"]


async def test_a_message_that_nobody_knows_to_have_left_is_repeated_by_the_bearer(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.carrier.step()
        (message,) = await one.memory.messages.claim(8, int(one.hands.wall), "modem")
        await one.memory.messages.start(message.id)
        lost = SendError("timeout", unknown=True)
        await one.memory.messages.settle(message.id, lost, now=int(one.hands.wall))
        assert await one.up() == []
        one.hands.go(1800 * 1.25)
        assert await one.up() == [message.text]


async def test_the_hook_is_closed_to_strangers(tmp_path: Path) -> None:
    import aiohttp  # noqa: PLC0415 - beside its use

    async with world(tmp_path) as one, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{one.port}/bearer/wrong-secret-wrong-secret/sms"
        async with session.post(url, data={"from": NODE_NUMBER, "text": "x"}) as response:
            assert response.status == 404
        async with session.post(f"http://127.0.0.1:{one.port}/bearer/pages", data=b"{}") as response:
            assert response.status == 401


async def test_genuine_frames_of_chance_bytes_do_no_harm(tmp_path: Path) -> None:
    # Another version, or a mistake of ours: it opens, and what is in it makes no sense.
    chance = random.Random(5)
    async with world(tmp_path) as one:
        keys, page = one.carrier._keys, kit.page().id
        for number in range(200):
            kind, index = chance.choice(
                [(Kind.WHOLE, 0), (Kind.PART, 0), (Kind.LAST, chance.randrange(16)), (Kind.TALK, 0)]
            )
            header = Header(kind, keys.pair, "0badcafe", number, chance.choice([page, bytes(2), b"zz"]), index)
            text = to_text(seal(keys.up, header, chance.randbytes(chance.randrange(99))))
            heard = await one.book.do(ledger.take, one.book.opener, text, NODE_NUMBER, 10)
            assert heard.node == kit.NODE
            assert heard.word in {"unreadable", "part", "question"}
            answer = Header(Kind.TALK, keys.pair, "0badcafe", number)
            await one.give([to_text(seal(keys.down, answer, chance.randbytes(chance.randrange(99))))])
        assert await one.taken() == []
        assert await one.memory.bearer.unread(AGENCY_NUMBER) == []
