"""Every SMS gateway, over the real store and a stand-in of its API."""

import asyncio
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import sms.port
from flows.errors import Busy
from store.messages import Messages
from store.turns import Turns
from tests.at_standin import Play, Standin
from tests.conformance.house import House, house
from tests.conformance.wires import SMS

NUMBER = "+8562055512345"
NAMES = sorted(SMS)


async def sent(home: House) -> None:
    """Send what is due."""
    assert home.lane
    for _ in range(50):
        if await home.lane.drain():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was due")


def test_every_registered_gateway_is_described() -> None:
    assert set(entry_points(group=sms.port.GROUP).names) == set(SMS)


@pytest.mark.parametrize("name", NAMES)
async def test_a_message_is_heard_once_and_answered(tmp_path: Path, name: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        for _ in range(3):
            assert (await home.say(SMS[name].message("m1", NUMBER, "ເກີດ"))).status == 200
        await sent(home)
        assert [seen.form["message"] for seen in at.seen] == ["1 ເກີດ"]
        await home.say(SMS[name].message("m2", NUMBER, ""))
        await sent(home)
        assert at.seen[1].form["message"] == "2 "


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_message_at_once_is_heard_once(tmp_path: Path, name: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        letter = SMS[name].message("m1", NUMBER, "1")
        answers = await asyncio.gather(*(home.say(letter) for _ in range(8)))
        assert {answer.status for answer in answers} == {200}
        await sent(home)
        assert len(at.seen) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_not_committed_is_not_acknowledged(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> None:
        raise Busy

    async with house(tmp_path, name) as home:
        wire = SMS[name]
        with monkeypatch.context() as broken:
            broken.setattr(Turns, "overhear", busy)
            broken.setattr(Messages, "report", busy)
            broken.setattr(Messages, "opt_out", busy)
            for letter in (wire.message("m1", NUMBER, "1"), wire.report("g1", "Success"), wire.optout(NUMBER)):
                assert (await home.say(letter)).status == 503
        assert (await home.say(wire.message("m1", NUMBER, "1"))).status == 200


@pytest.mark.parametrize("name", NAMES)
async def test_a_report_before_the_send_returns_is_matched(tmp_path: Path, name: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        wire = SMS[name]

        async def early(gateway_id: str, number: str) -> None:
            del number
            assert (await home.say(wire.report(gateway_id, "Success"))).status == 200

        at.before_answer = early
        await home.say(wire.message("m1", NUMBER, "1"))
        await sent(home)
        assert await states(home) == ["delivered"]


@pytest.mark.parametrize("name", NAMES)
async def test_reports_are_understood_and_the_last_word_stays(tmp_path: Path, name: str) -> None:
    wire = SMS[name]
    for number, (status, state) in enumerate(wire.statuses.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with Standin() as at, house(folder, name, api=at.url) as home:
            await home.say(wire.message("m1", NUMBER, "1"))
            await sent(home)
            for _ in range(2):
                assert (await home.say(wire.report("ATXid_1", status))).status == 200
            # A status that nobody knows changes nothing.
            assert await states(home) == ["sent" if state == "unknown" else state]
            assert (await home.say(wire.report("ATXid_1", "Sent"))).status == 200
            assert await states(home) == ["sent" if state in {"unknown", "sent"} else state]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("play", "first", "then"),
    [
        (Play(code=403), "failed", "failed"),
        (Play(code=500), "queued", "sent"),
        (Play(http=503), "queued", "sent"),
        (Play(http=429), "queued", "sent"),
        (Play(http=400), "failed", "failed"),
        (Play(manner="empty"), "failed", "failed"),
        (Play(manner="html"), "unknown", "unknown"),
        (Play(manner="drop"), "unknown", "unknown"),
    ],
)
async def test_each_way_to_fail(tmp_path: Path, name: str, play: Play, first: str, then: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        at.plays.append(play)
        await home.say(SMS[name].message("m1", NUMBER, "1"))
        await sent(home)
        assert await states(home) == [first]
        assert home.lane
        await asyncio.sleep(1.1 if first == "queued" else 0)
        await home.lane.drain()
        assert await states(home) == [then]
        assert len(at.seen) == (2 if then == "sent" else 1)


@pytest.mark.parametrize("name", NAMES)
async def test_a_refused_connection_leaves_the_message_waiting(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        await home.say(SMS[name].message("m1", NUMBER, "1"))
        await sent(home)
        assert await states(home) == ["queued"]


@pytest.mark.parametrize("name", NAMES)
async def test_strangers_and_nonsense_leave_no_trace(tmp_path: Path, name: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        wire = SMS[name]
        for bad in wire.malformed:
            assert (await home.say(bad)).status == 400, bad
        assert (await home.say(wire.message("m1", NUMBER, "1"), secret="wrong")).status == 404
        assert (await home.say(wire.message("m1", NUMBER, "9" * 300_000))).status == 413
        await home.say(wire.message("m1", NUMBER, "1"))
        await sent(home)
        # The control: had the stranger been heard, this would be the second input.
        assert at.seen[0].form["message"] == "1 1"


async def states(home: House) -> list[str]:
    """The states of all messages, oldest first."""
    return [row[0] for row in await home.memory._reading.rows("SELECT state FROM message ORDER BY id")]


@pytest.mark.parametrize("name", NAMES)
async def test_one_number_gets_its_messages_in_order(tmp_path: Path, name: str) -> None:
    async with Standin() as at, house(tmp_path, name, api=at.url) as home:
        at.plays.append(Play(code=500))
        for number in range(5):
            await home.say(SMS[name].message(f"m{number}", NUMBER, str(number)))
        assert home.lane
        async with asyncio.timeout(8):
            while len(at.taken) < 5:
                await home.lane.drain()
                await asyncio.sleep(0.05)
        assert [seen.form["message"] for seen in at.seen] == ["1 0", "1 0", "2 1", "3 2", "4 3", "5 4"]


@pytest.mark.parametrize("name", NAMES)
async def test_what_the_day_has_cost_is_known_after_a_restart(tmp_path: Path, name: str) -> None:
    async with Standin() as at:
        for day in range(3):
            async with house(tmp_path, name, api=at.url, budget=2) as home:
                await home.say(SMS[name].message(f"m{day}", f"+856205551234{day}", "1"))
                assert home.lane
                for _ in range(5):
                    await asyncio.sleep(0.02)
                    await home.lane.drain()
        # Two were paid for; the third waits for tomorrow.
        assert len(at.seen) == 2


@pytest.mark.parametrize("name", NAMES)
async def test_a_message_that_was_leaving_when_the_node_died_is_never_repeated(tmp_path: Path, name: str) -> None:
    async with Standin() as at:
        async with house(tmp_path, name, api=at.url) as home:
            for number in range(2):
                await home.say(SMS[name].message(f"m{number}", f"+856205551234{number}", "1"))
            messages = home.memory.messages
            first, _ = await messages.claim(5, home.memory.clock.steady(), "kit")
            assert await messages.start(first.id)
            # Here the node dies: one message is leaving, one was only claimed.
        async with house(tmp_path, name, api=at.url) as home:
            assert await states(home) == ["unknown", "queued"]
            await sent(home)
            assert await states(home) == ["unknown", "sent"]
            assert len(at.seen) == 1
