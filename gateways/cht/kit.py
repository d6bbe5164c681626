"""A phone with cht-gateway for the kit: asks all the time, keeps each message once, and says that it has it."""

import asyncio
import base64
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sms.kit.wire import CallingWire, Manner, Say, Taken
from store.values import Answer, Received

PASSWORD: Final = "kit-password"  # noqa: S105 - it opens nothing outside of a kit
_PAUSE: Final = 0.01
_SENT: Final = 1_795_410_000_000
_HUGE: Final = 300_000

_NAMES: Final = uuid.UUID(int=0)


class Phone:
    """One phone. See `sms.kit.wire.Peer`."""

    settings: Mapping[str, Any] = {
        "password": PASSWORD,
        "patience": 5.0,
        "offer_again": 0.2,
        "linger": 0,
        "window": 64,
    }
    statuses: Mapping[str, str] = {
        "UNSENT": "unknown",
        "PENDING": "sent",
        "SENT": "sent",
        "DELIVERED": "delivered",
        "FAILED": "failed",
        "RETRYING": "unknown",
    }
    manners: Sequence[Manner] = ()
    samples: Sequence[Received]
    # The phone that hangs has a message and does not say so; then it is offered once only.
    hasty: Mapping[str, Any] = {"patience": 1.0, "offer_again": 3600}

    def __init__(self, say: Say) -> None:
        self._say = say
        self.samples = (_sample(), request(b"", "GET"))
        self.plays: list[Manner] = []
        self.early: Callable[[Taken], Awaitable[None]] | None = None
        self.asking = asyncio.Event()
        self.asking.set()
        self._seen: list[Taken] = []
        self._kept: set[str] = set()
        self._updates: list[dict[str, str]] = []

    @property
    def seen(self) -> list[Taken]:
        """What was taken over, each message once; and what was not confirmed."""
        return self._seen

    async def run(self) -> None:
        """Ask, as long as somebody is there."""
        while True:
            await self.asking.wait()
            updates, self._updates = self._updates, []
            if not await self.ask([], updates):
                self._updates = updates + self._updates
            await asyncio.sleep(_PAUSE)

    async def message(self, name: str, number: str, text: str) -> bool:
        """Ask with one message; the same message has the same id."""
        id_ = str(uuid.uuid5(_NAMES, name))
        one = {"id": id_, "from": number, "content": text, "sms_sent": _SENT, "sms_received": _SENT + 1000}
        return await self.ask([one], [])

    async def report(self, taken: Taken, status: str) -> bool:
        """Ask with one update."""
        reason = {"reason": "generic; errorCode=38"} if status == "FAILED" else {}
        return await self.ask([], [{"id": taken.name, "status": status, **reason}])

    async def opt_out(self, number: str) -> bool:
        """It knows none."""
        del number
        return True

    async def knock(self, secret: str) -> int:
        """The status of a request behind this secret."""
        return (await self._say(request(b"{}"), secret)).status

    async def oversize(self) -> bool:
        """A request far too large; whether it was refused."""
        return (await self._say(request(b'{"messages": "' + b"9" * _HUGE + b'"}'), "")).status == 413  # noqa: PLR2004 - the one status

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The phone has no network."""
        self.asking.clear()
        try:
            yield
        finally:
            self.asking.set()

    async def ask(self, messages: list[dict[str, Any]], updates: list[dict[str, str]]) -> bool:
        """One request, and what its answer brings; whether it was acknowledged."""
        body = json.dumps({"messages": messages, "updates": updates}, ensure_ascii=False).encode()
        try:
            answer = await self._say(request(body), "")
        except Exception:  # noqa: BLE001 - the node is away or starts again; whatever it is, the phone asks again
            return False
        if answer.status // 100 != 2:  # noqa: PLR2004 - any 2xx
            return False
        await self._take(answer)
        return True

    async def _take(self, answer: Answer) -> None:
        for one in json.loads(answer.body)["messages"]:
            if one["id"] not in self._kept:
                manner: Manner = self.plays.pop(0) if self.plays else "taken"
                taken = Taken(one["to"], one["content"], one["id"], manner)
                self._seen.append(taken)
                if manner == "hanging":
                    continue
                self._kept.add(taken.name)
                if self.early:
                    await self.early(taken)
            self._updates.append({"id": one["id"], "status": "UNSENT"})


def request(body: bytes, method: str = "POST", word: str = PASSWORD) -> Received:
    """A request as the app makes one."""
    basic = base64.b64encode(f"gateway:{word}".encode()).decode()
    headers = {
        "Accept": "application/json",
        "Accept-Charset": "utf-8",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json",
        "Authorization": f"Basic {basic}",
    }
    return Received(body, method=method, tail="poll", headers=headers)


def _sample() -> Received:
    """A request with a message and an update, to be mangled."""
    message = {"id": "m1", "from": "+8562055512345", "content": "x", "sms_sent": _SENT, "sms_received": _SENT}
    body = {"messages": [message], "updates": [{"id": "u1", "status": "FAILED", "reason": "generic"}]}
    return request(json.dumps(body).encode())


@contextlib.asynccontextmanager
async def _operator(say: Say) -> AsyncIterator[Phone]:
    phone = Phone(say)
    asking = asyncio.create_task(phone.run(), name="the kit's phone")
    try:
        yield phone
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


WIRE: Final = CallingWire(operator=_operator)
