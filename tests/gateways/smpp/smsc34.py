"""An SMSC made of the library smpp34, as a process: `python -m tests.gateways.smpp.smsc34 PORT`.

It takes orders as JSON lines on its input (what to deliver) and tells what happens as JSON lines on its output. It is a
process of its own, and is killed at the end, because the library may crash at the interpreter's exit.
"""

import asyncio
import json
import sys
from typing import Any

import smpp34


def say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


async def obey(esmes: list[smpp34.Esme]) -> None:
    """Deliver what is ordered, and tell the status that came back."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        octets = bytes.fromhex(order.pop("octets"))
        tlvs = [smpp34.Tlv(tag, bytes.fromhex(value)) for tag, value in order.pop("tlvs", [])]
        answer = await asyncio.ensure_future(esmes[-1].deliver_sm(order.pop("to"), octets, tlvs=tlvs, **order))
        say(status=answer.command_status)


async def main(port: int) -> None:
    server = smpp34.Server("127.0.0.1", port, system_id="smpp34")
    await asyncio.ensure_future(server.start())
    say(listening=True)
    esmes: list[smpp34.Esme] = []
    task = asyncio.create_task(obey(esmes))
    count = 0
    while not task.done():
        event = await asyncio.ensure_future(server.next())
        if isinstance(event, smpp34.Esme):
            esmes.append(event)
            say(bound=event.system_id)
        elif isinstance(event, smpp34.SubmitSmEvent):
            count += 1
            event.accept(message_id=f"{count:x}")
            say(
                id=f"{count:x}",
                number=event.destination_addr,
                sender=event.source_addr,
                service_type=event.service_type,
                coding=event.data_coding,
                esm_class=event.esm_class,
                octets=event.short_message.hex(),
                tlvs=[(tlv.tag, tlv.value.hex()) for tlv in event.tlvs],
            )
        else:
            say(unbound=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
