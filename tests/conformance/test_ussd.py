"""Every USSD gateway, over the real store: what comes twice, late, broken or forged changes nothing."""

import asyncio
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import ussd.port
from flows.errors import DiskFull
from store.turns import Turns
from tests.conformance.house import House, house
from tests.conformance.wires import USSD, UssdWire

NUMBER = "+8562055512345"
NAMES = sorted(USSD)


class Line:
    """One phone on one gateway."""

    def __init__(self, home: House, wire: UssdWire, session: str = "s1") -> None:
        self.home = home
        self.wire = wire
        self.session = session

    async def press(self, text: str, *, number: str = NUMBER) -> str:
        answer = await self.home.say(self.wire.press(self.session, number, text))
        assert answer.status == 200, answer
        screen, end = self.wire.shown(answer)
        return f"{screen}{'.' if end else ''}"


def test_every_registered_gateway_is_described() -> None:
    assert set(entry_points(group=ussd.port.GROUP).names) == set(USSD)


@pytest.mark.parametrize("name", NAMES)
async def test_a_dialogue_and_its_duplicates(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        first = await line.press("")
        assert first == "0 ສະບາຍດີ"
        # A duplicate start, a duplicate hop, and both late.
        assert await line.press("") == first
        assert await line.press("1") == "1 1"
        assert await line.press("1") == "1 1"
        assert await line.press("1*2") == "2 2"
        assert await line.press("1") == "2 2"
        assert await line.press("") == "2 2"
        assert await line.press("1*2*bye") == "3 bye."
        assert await line.press("1*2*bye") == "3 bye."


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("before", "text", "screen"),
    [
        (["1"], "1*John*Doe", "2 John*Doe"),
        (["1"], "1*", "2 "),
        (["1", "1*"], "1**", "3 "),
        (["1"], "1**", "2 *"),
        ([], "*", "2 "),
        (["1"], "1*ນາງ ຄຳຫຼ້າ", "2 ນາງ ຄຳຫຼ້າ"),
        (["1"], "1*໒", "2 ໒"),
        (["1"], "1*😀", "2 😀"),
        (["1"], "1*#", "2 #"),
        (["1"], "1*a&b=c+d%41", "2 a&b=c+d%41"),
    ],
)
async def test_what_follows_the_stored_text_is_the_input(
    tmp_path: Path, name: str, before: list[str], text: str, screen: str
) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        for earlier in ["", *before] if before else []:
            await line.press(earlier)
        assert await line.press(text) == screen


@pytest.mark.parametrize("name", NAMES)
async def test_a_long_answer_is_an_answer_and_can_be_followed(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        await line.press("")
        long = "ກ" * 10_000
        assert (await line.press(long)).startswith("1 ກ")
        assert await line.press(f"{long}*2") == "2 2"


@pytest.mark.parametrize("name", NAMES)
async def test_a_lost_hop_does_not_lose_the_session(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        for text in ("", "1"):
            await line.press(text)
        # The gateway believes that 7 was pressed, which never came: the last screen is shown again, and it goes on.
        assert await line.press("7*8") == "1 1"
        assert await line.press("7*8*2") == "2 2"


@pytest.mark.parametrize("name", NAMES)
async def test_a_session_belongs_to_its_number(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        await line.press("")
        jump = await home.say(line.wire.press("s1", "+8562055599999", "1"))
        assert jump.status == 400
        assert await line.press("1") == "1 1"


@pytest.mark.parametrize("name", NAMES)
async def test_the_end_may_come_twice_early_or_for_nobody(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        wire = USSD[name]
        line = Line(home, wire)
        for session in ("s1", "nobody"):
            assert (await home.say(wire.end(session))).status == 200
        await line.press("")
        for _ in range(2):
            assert (await home.say(wire.end("s1"))).status == 200
        # A late copy still gets its screen, as it was.
        assert await line.press("") == "0 ສະບາຍດີ"


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_call_at_once_is_heard_once(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        assert set(await asyncio.gather(*(line.press("") for _ in range(8)))) == {"0 ສະບາຍດີ"}
        assert set(await asyncio.gather(*(line.press("1") for _ in range(8)))) == {"1 1"}
        assert await line.press("1*2") == "2 2"


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_answered_is_still_known_after_a_restart(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        for text in ("", "1"):
            await line.press(text)
    async with house(tmp_path, name) as home:
        line = Line(home, USSD[name])
        assert await line.press("1") == "1 1"
        assert await line.press("1*2") == "2 2"


@pytest.mark.parametrize("name", NAMES)
async def test_a_failed_commit_is_not_acknowledged(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, name) as home:
        wire = USSD[name]
        line = Line(home, wire)
        await line.press("")
        with monkeypatch.context() as broken:

            async def full(*_: object, **__: object) -> None:
                raise DiskFull

            broken.setattr(Turns, "take", full)
            broken.setattr(Turns, "ended", full)
            assert await line.press("1") == "sorry."
            assert (await home.say(wire.end("s1"))).status == 503
        # Nothing had been kept of it.
        assert await line.press("1") == "1 1"


@pytest.mark.parametrize("name", NAMES)
async def test_strangers_and_nonsense_leave_no_trace(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name) as home:
        wire = USSD[name]
        for bad in wire.malformed:
            assert (await home.say(bad)).status == 400, bad
        assert (await home.say(wire.press("s1", NUMBER, ""), secret="wrong")).status == 404
        huge = wire.press("s1", NUMBER, "9" * 300_000)
        assert (await home.say(huge)).status == 413
        # The control: had any of it been kept, this would be a repetition.
        assert await Line(home, wire).press("1") == "1 1"


@pytest.mark.parametrize("name", NAMES)
async def test_a_slow_store_gets_an_apology_and_the_call_again_its_screen(tmp_path: Path, name: str) -> None:
    async with house(tmp_path, name, deadline=0.2) as home:
        line = Line(home, USSD[name])
        await line.press("")
        holding = asyncio.Event()

        async def hold(_database: object) -> None:
            holding.set()
            await asyncio.sleep(0.8)

        held = asyncio.create_task(home.memory.writer.do(hold))
        await holding.wait()
        assert await line.press("1") == "sorry."
        await held
        # Whether it was written or not, it is heard once.
        assert await line.press("1") == "1 1"
        assert await line.press("1*2") == "2 2"
