"""An SMSC made of the library smpp34, as a process: `python -m tests.gateways.smpp.smsc34 PORT`.

It takes orders as JSON lines on its input and tells what happens as JSON lines on its output: a message to deliver;
`plays`, statuses with which the next ones to phones are refused; `hold`, so many that are kept without an answer until
they are all there; `unbind`. It is a process of its own, and is killed at the end, because the library may crash at the
interpreter's exit.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import smpp34

LINGER = 0.3
"""Seconds that are left for one more than the window allows."""


def say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


@dataclass
class Smsc:
    """Who is bound, and how the next messages are answered."""

    esmes: list[smpp34.Esme] = field(default_factory=list)
    plays: list[int] = field(default_factory=list)
    hold: int = 0
    held: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    count: int = 0

    async def obey(self, order: dict[str, Any]) -> None:
        """Do what is ordered, and tell the status that came back."""
        self.plays += order.pop("plays", [])
        self.hold = order.pop("hold", self.hold)
        if order.pop("unbind", False):
            await asyncio.ensure_future(self.esmes[-1].unbind())
        if not order:
            say(obeyed=True)
        else:
            octets = bytes.fromhex(order.pop("octets"))
            tlvs = [smpp34.Tlv(tag, bytes.fromhex(value)) for tag, value in order.pop("tlvs", [])]
            while not (receiving := [one for one in self.esmes if one.can_receive]):  # noqa: ASYNC110 - no bell rings
                # Its node knows of the bind before this program does.
                await asyncio.sleep(0.01)
            esme = receiving[-1]
            try:
                answer = await asyncio.ensure_future(esme.deliver_sm(order.pop("to"), octets, tlvs=tlvs, **order))
            except smpp34.SmppError as fault:
                say(status=-1, fault=str(fault))
            else:
                say(status=answer.command_status)

    def take(self, event: smpp34.SubmitSmEvent) -> None:
        """Answer a message at once, or when as many wait as are to wait."""
        if not self.hold:
            self.answer(event)
            return
        self.held.append(event)
        if len(self.held) == self.hold:
            asyncio.get_running_loop().call_later(LINGER, self.let_go)

    def let_go(self) -> None:
        """Answer all that wait, and tell how many they were."""
        say(waited=len(self.held))
        held, self.held, self.hold = self.held, [], 0
        for event in held:
            self.answer(event)

    def answer(self, event: smpp34.SubmitSmEvent) -> None:
        if self.plays:
            status = self.plays.pop(0)
            event.reject(status)
            say(refused=status)
            return
        self.count += 1
        event.accept(message_id=f"{self.count:x}")
        say(
            id=f"{self.count:x}",
            number=event.destination_addr,
            sender=event.source_addr,
            service_type=event.service_type,
            coding=event.data_coding,
            esm_class=event.esm_class,
            octets=event.short_message.hex(),
            tlvs=[(tlv.tag, tlv.value.hex()) for tlv in event.tlvs],
        )


async def listen(smsc: Smsc) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await smsc.obey(json.loads(line))


async def main(port: int) -> None:
    server = smpp34.Server("127.0.0.1", port, system_id="smpp34")
    await asyncio.ensure_future(server.start())
    say(listening=True)
    smsc = Smsc()
    task = asyncio.create_task(listen(smsc))
    while not task.done():
        event = await asyncio.ensure_future(server.next())
        if isinstance(event, smpp34.Esme):
            smsc.esmes.append(event)
            say(bound=event.system_id, receives=event.can_receive)
        elif isinstance(event, smpp34.SubmitSmEvent):
            smsc.take(event)
        else:
            smsc.esmes = [one for one in smsc.esmes if one.session_id != event.session_id]
            say(unbound=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
