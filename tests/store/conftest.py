from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from store.clock import Clock
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call, Inbound
from tests.store.mind import small_mind

KEY = bytes(range(32))
NOON = 1_795_410_000  # 2026-11-23, noon in Vientiane
LAO = "+8562055512345"

Opened = Callable[..., AbstractAsyncContextManager[Memory]]


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.wall = float(NOON)
        self.ticks = 1000.0

    def go(self, seconds: float) -> None:
        self.wall += seconds
        self.ticks += seconds

    def clock(self) -> Clock:
        return Clock("Asia/Vientiane", lambda: self.wall, lambda: self.ticks)


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Drawing a traceback takes longer than a hundred turns."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def opened(tmp_path: Path, hands: Hands) -> Opened:
    """Open the memory in this test's folder; again, for a restart."""

    @asynccontextmanager
    async def one(**over: Any) -> AsyncIterator[Memory]:
        settings = {"data": tmp_path, "node": "LA-XK-03", "reserve_mb": 0, "free_mb": 0} | over.pop("settings", {})
        mind = over.pop("mind", None) or small_mind()
        async with open_memory(
            StoreSettings(**settings), over.pop("key", KEY), mind, clock=hands.clock(), house=False, **over
        ) as memory:
            yield memory

    return one


@pytest.fixture
async def memory(opened: Opened) -> AsyncIterator[Memory]:
    async with opened() as one:
        yield one


def call(text: str, session: str = "s1", msisdn: str = LAO) -> Call:
    return Call("at", session, msisdn, text, "*999#")


def sms(text: str, id_: str, msisdn: str = LAO) -> Inbound:
    return Inbound("at", id_, msisdn, "1999", text)


async def dial(memory: Memory, *inputs: str, session: str = "s1", msisdn: str = LAO) -> str:
    """Dial and send each input; returns the last screen."""
    heard = ""
    reply = await memory.turns.take(call("", session, msisdn))
    for text in inputs:
        heard = f"{heard}*{text}" if heard else text
        reply = await memory.turns.take(call(heard, session, msisdn))
    return reply.text


async def rows(memory: Memory, statement: str, *args: Any) -> list[tuple[Any, ...]]:
    return await memory._reading.rows(statement, args)
