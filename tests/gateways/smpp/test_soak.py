"""A day of an SMSC in seconds: a night and two peaks, lost lines, throttling, answers out of order and not at all.

`SMPP_SOAK_HOUR=25` makes each hour 25 s long, and the day ten minutes: `make soak-smpp`.
"""

import asyncio
import gc
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from gateways.smpp.faults import LineFault
from gateways.smpp.numbers import Command, Status
from gateways.smpp.pdu import Message, Pdu, Taken
from gateways.smpp.session import Reply, Session
from tests.gateways.smpp.house import House, house
from tests.gateways.smpp.smsc import Smsc, smsc

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

HOUR = float(os.environ.get("SMPP_SOAK_HOUR", "0.25"))
# Messages from phones in each hour of the day, for each quarter of a second that the hour has.
SHAPE = (1, 1, 0, 0, 0, 1, 2, 5, 12, 16, 14, 10, 8, 9, 10, 9, 8, 10, 14, 16, 12, 8, 4, 2)
THROTTLED = {9, 10, 19}
LOST = {3, 9, 12, 18, 19, 22}


class Weather:
    """An SMSC whose manners change by the hour; it delivers each message until it is acknowledged, as an SMSC does."""

    def __init__(self, one: Smsc, chance: random.Random) -> None:
        self.one = one
        self.chance = chance
        self.hour = 0
        self.deaf = 0
        self.offered = 0
        self.acknowledged = 0
        self.reports: set[asyncio.Task[None]] = set()
        self.sent: Counter[tuple[str, bytes]] = Counter()
        self.plain = one.handle
        one.handle = self.handle  # type: ignore[method-assign] # this is the weather

    async def handle(self, session: Session, pdu: Pdu) -> Reply:
        body = pdu.body
        if pdu.command != Command.SUBMIT_SM or not isinstance(body, Message):
            return await self.plain(session, pdu)
        # Answers overtake each other.
        await asyncio.sleep(self.chance.random() * 0.02)
        if self.hour in THROTTLED and self.chance.random() < 0.3:
            status = self.chance.choice([Status.THROTTLED, Status.QUEUE_FULL])
            return Reply(Pdu(Command.SUBMIT_SM_RESP, pdu.sequence, status))
        self.offered += 1
        id_ = f"m{self.offered}"
        self.sent[body.destination_addr, body.short_message] += 1
        if self.chance.random() < 0.02:
            self.deaf += 1
            await asyncio.Event().wait()
        task = asyncio.create_task(self.report(id_))
        self.reports.add(task)
        if self.chance.random() < 0.3:  # the report is quicker than the answer
            await asyncio.sleep(0.02)
        return Reply(Pdu(Command.SUBMIT_SM_RESP, pdu.sequence, Status.OK, Taken(id_)))

    async def report(self, id_: str) -> None:
        await asyncio.sleep(self.chance.random() * 0.05)
        words = f"id:{id_} sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:DELIVRD err:000 text:"
        await self.forward(
            Message(source_addr="1600", destination_addr="1600", esm_class=4, short_message=words.encode())
        )

    async def forward(self, message: Message) -> None:
        """Until it is acknowledged."""
        while True:
            try:
                if await self.one.deliver(message) == Status.OK:
                    return
            except (LineFault, StopIteration, RuntimeError):
                pass
            await asyncio.sleep(0.05)

    async def phone(self, number: int) -> None:
        await self.forward(
            Message(
                source_addr_ton=1,
                source_addr=f"85620{56000000 + number}",
                destination_addr="1600",
                short_message=b"%d" % number,
            )
        )
        self.acknowledged += 1


async def day(weather: Weather) -> int:
    """Let a day pass; how many phones there were."""
    phones: list[asyncio.Task[None]] = []
    for hour, load in enumerate(SHAPE):
        weather.hour = hour
        count = int(load * HOUR / 0.25)
        for _ in range(count):
            phones.append(asyncio.create_task(weather.phone(len(phones))))
            await asyncio.sleep(HOUR / count)
        if not count:
            await asyncio.sleep(HOUR)
        if hour in LOST:
            weather.one.hang_up()
    async with asyncio.timeout(300):
        await asyncio.gather(*phones)
    return len(phones)


async def settled(home: House, weather: Weather) -> None:
    async with asyncio.timeout(300):
        while (await home.rows("SELECT count(*) FROM message_queue"))[0][0]:  # noqa: ASYNC110 - rows ring no bell
            await asyncio.sleep(0.05)
        await asyncio.gather(*weather.reports)


async def test_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.smpp.pace.FIRST", 0.02)
    monkeypatch.setattr("sms.lane.FIRST_WAIT", 1.0)
    async with smsc() as one, house(tmp_path, one, response_timeout=1.0) as home:
        weather = Weather(one, random.Random(7))
        before = len(asyncio.all_tasks())
        count = await day(weather)
        await settled(home, weather)
        states = Counter(await home.states())
        # Nothing lost and nothing doubled, on either way.
        assert (await home.rows("SELECT count(*) FROM inbox"))[0][0] == count
        assert sum(states.values()) == count
        assert weather.sent.total() == len(weather.sent)
        # What left as the line was cut may not have arrived; then the node says so.
        assert count - len(weather.sent) <= states["unknown"]
        # What the SMSC never answered for, or answered for on a line that was lost, is all that nobody knows of.
        assert states["unknown"] + states["delivered"] == count, states
        assert states["unknown"] <= weather.deaf + 32 * len(LOST)
        assert states["delivered"] > count / 2
        # Nothing is left lying about: no request that waits, no work beside the line, no part of a PDU.
        line = home.gateway.line
        assert line.tally.counts["throttled"] > 0
        # Two cuts may fall into one on a slow machine.
        assert 2 <= line.tally.counts["binds"] <= 1 + len(LOST)
        for session in line._sessions.values():
            assert session.outstanding == 0
            assert session._frames.kept == 0
        del weather.reports
        gc.collect()
        await one.until(lambda: len(asyncio.all_tasks()) <= before + weather.deaf + 5)
