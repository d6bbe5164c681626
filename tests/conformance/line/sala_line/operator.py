"""The operator at the other end of the line, for the kits."""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import sms.kit.wire
import ussd.kit.wire
from sms.kit.wire import Manner, Taken
from ussd.kit.wire import Press, Shown


class Operator:
    """Listens for the gateway, asks it, and takes what it sends."""

    def __init__(self) -> None:
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.settings: Mapping[str, Any] = {"port": self._held.getsockname()[1], "short_codes": ["1999"]}
        self.statuses: Mapping[str, str] = {
            "queued": "sent",
            "arrived": "delivered",
            "gone": "failed",
            "lost in space": "unknown",
        }
        self.manners: Sequence[Manner] = ("refused", "later", "silent")
        self.seen: list[Taken] = []
        self.plays: list[Manner] = []
        self.early: Callable[[Taken], Awaitable[None]] | None = None
        self._numbers = itertools.count(1)
        self._names = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._down.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def press(self, press: Press) -> Shown:
        said = await self._ask(
            kind="press",
            session=press.session,
            number=press.number,
            code=press.code,
            step=len(press.inputs),
            input=press.inputs[-1] if press.inputs else "",
        )
        return Shown(said["text"], said["end"]) if "text" in said else Shown(status=400)

    async def end(self, session: str) -> bool:
        return "ok" in await self._ask(kind="end", session=session)

    async def message(self, name: str, number: str, text: str) -> bool:
        return "ok" in await self._ask(kind="message", name=name, number=number, text=text)

    async def report(self, taken: Taken, status: str) -> bool:
        return "ok" in await self._ask(kind="report", name=taken.name, status=status)

    async def opt_out(self, number: str) -> bool:
        return "ok" in await self._ask(kind="stop", number=number)

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        await self.close()
        try:
            yield
        finally:
            await self.listen()
            # The gateway comes back after a pause of its own.
            await self._up.wait()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, *self._held.getsockname(), reuse_address=True)

    async def close(self) -> None:
        self._server.close()
        if self._writer:
            # The gateway has noticed when it has closed its own side.
            self._writer.write_eof()
            await self._down.wait()

    async def _ask(self, **said: object) -> dict[str, Any]:
        # Over a connection that is there: the gateway may be on its way back.
        await self._up.wait()
        assert self._writer
        n = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[n] = answer
        self._writer.write(_line({**said, "n": n}))
        return await answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._down.clear()
        self._up.set()
        try:
            while line := await reader.readline():
                said = json.loads(line)
                if "send" in said:
                    task = asyncio.create_task(self._take(said, writer))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                else:
                    self._waiting.pop(said["n"]).set_result(said)
        except ConnectionError:
            pass
        finally:
            self._up.clear()
            self._writer = None
            self._down.set()
            writer.close()

    async def _take(self, said: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        manner = self.plays.pop(0) if self.plays else "taken"
        taken = Taken(said["to"], said["text"], f"id-{next(self._names)}", manner)
        self.seen.append(taken)
        if self.early and manner == "taken":
            await self.early(taken)
        answer: dict[str, Any] = {"sent": said["send"]}
        match manner:
            case "silent":
                writer.close()
                return
            case "taken":
                answer["name"] = taken.name
            case "later":
                answer["later"] = True
        writer.write(_line(answer))


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


@contextlib.asynccontextmanager
async def operator() -> AsyncIterator[Operator]:
    one = Operator()
    await one.listen()
    try:
        yield one
    finally:
        await one.close()
        one._held.close()


USSD = ussd.kit.wire.OwnWire(operator=operator)
SMS = sms.kit.wire.OwnWire(operator=operator)
