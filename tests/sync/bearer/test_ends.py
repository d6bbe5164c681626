"""The two ends of the bearer: restarts and restored disks, gateways that fail, and doors that stay shut."""

import random
from pathlib import Path

from flows.errors import SendError
from sync.agency import ledger
from sync.bearer.frame import HEADER, Header, Kind, from_text, seal, to_text
from tests.store.conftest import Hands
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY_NUMBER, NODE_NUMBER, world


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
        assert await one.answers() == []
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
