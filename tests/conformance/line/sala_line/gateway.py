"""One JSON object a line over one TCP connection: the operator asks, we answer after the commit; we ask to send."""

import asyncio
import itertools
import json
from typing import Any, ClassVar

import gateways.port
import sms.port
import ussd.port
from flows.errors import CallFault, SendError
from store.values import (
    Answer,
    Call,
    Ended,
    Health,
    Inbound,
    Malformed,
    OptOut,
    Outgoing,
    Received,
    Reply,
    Report,
    Sent,
)


class Settings(gateways.port.Settings):
    """Where the operator listens, on this machine."""

    port: int


class Presses:
    """The side of the key presses: nothing of it comes over HTTP."""

    Settings: ClassVar[type[ussd.port.Settings]] = Settings
    capabilities = ussd.port.Capabilities(port=1, text="last", hops=True, ends=True)

    def __init__(self, channel: str, settings: Any) -> None:
        del channel, settings

    def read(self, received: Received) -> Malformed:
        del received
        return Malformed("not-over-http")

    def write(self, reply: Reply, call: Call) -> Answer:
        del call
        return Answer(200, reply.text.encode())

    def accept(self) -> Answer:
        return Answer(200, b"")


class Texts:
    """The side of the messages."""

    Settings: ClassVar[type[sms.port.Settings]] = Settings
    capabilities = sms.port.Capabilities(port=1, long="parts", optouts=True)

    def __init__(self, channel: str, settings: Any) -> None:
        del channel, settings
        self.writer: asyncio.StreamWriter | None = None
        self.waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    def read(self, received: Received) -> Malformed:
        del received
        return Malformed("not-over-http")

    read_report = read_optout = read

    def accept(self) -> Answer:
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        writer = self.writer
        if writer is None:
            raise SendError("no-connection", retry=True)
        n = next(self._numbers)
        answer = self.waiting[n] = asyncio.get_running_loop().create_future()
        part = [message.part.number, message.part.total] if message.part else [1, 1]
        writer.write(_line({"send": n, "to": message.msisdn, "text": message.text, "part": part}))
        said = await answer
        if said.get("lost"):
            raise SendError("no-answer", unknown=True)
        if "name" not in said:
            raise SendError("refused", retry=bool(said.get("later")))
        return Sent(said["name"])

    async def close(self) -> None:
        """The connection goes with `run`."""


class Gateway:
    """Both sides over one connection."""

    Settings: ClassVar[type[gateways.port.Settings]] = Settings
    called: ClassVar[bool] = False

    def __init__(self, channel: str, settings: Any) -> None:
        self._channel = channel
        self._port = settings.port
        self._texts = Texts(channel, settings)
        self.ussd: ussd.port.Gateway | None = Presses(channel, settings)
        self.sms: sms.port.Gateway | None = self._texts

    async def run(self, sink: gateways.port.Sink) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return
        self._texts.writer = writer
        tasks: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                said = json.loads(line)
                if "sent" in said:
                    self._texts.waiting.pop(said["sent"]).set_result(said)
                    continue
                task = asyncio.create_task(self._answer(sink, said, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            self._texts.writer = None
            for task in tasks:
                task.cancel()
            waiting = list(self._texts.waiting.values())
            self._texts.waiting.clear()
            for answer in waiting:
                if not answer.done():
                    answer.set_result({"lost": True})
            writer.close()

    def health(self) -> Health:
        return Health("up" if self._texts.writer else "down")

    async def _answer(self, sink: gateways.port.Sink, said: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._take(sink, said)
        except ussd.port.Unanswered as fault:
            answer = {"text": fault.reply.text, "end": True}
        except CallFault:
            answer = {"refused": True}
        except Exception:  # noqa: BLE001 - the door has logged it; not acknowledged, so it comes again
            answer = {"again": True}
        writer.write(_line({**answer, "n": said["n"]}))

    async def _take(self, sink: gateways.port.Sink, said: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel
        match said["kind"]:
            case "press":
                step = said["step"]
                call = Call(
                    channel,
                    said["session"],
                    said["number"],
                    said["input"],
                    said["code"],
                    op="input" if step else "start",
                    hop=str(step),
                )
                reply = await sink.call(call)
                return {"text": reply.text, "end": reply.end}
            case "end":
                await sink.ended(Ended(channel, said["session"]))
            case "message":
                await sink.inbound(Inbound(channel, said["name"], said["number"], "1999", said["text"]))
            case "report":
                await sink.report(Report(channel, said["name"], STATES.get(said["status"], "unknown")))
            case "stop":
                await sink.opt_out(OptOut(channel, said["number"]))
        return {"ok": True}


STATES: dict[str, Any] = {"queued": "sent", "arrived": "delivered", "gone": "failed"}


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"
