"""`sala serve` with a mistake built in, for the controls: `python -m tests.gateways.smpp.careless HOW sala.toml`.

All of them try again after a second where a node waits ten, so that a killed SMSC does not take a minute. `nothing`:
no mistake. `hasty`: messages, and answers by key press, are acknowledged before they are committed. `nameless`: what
comes again is always another message, and another press.
"""

import asyncio
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from gateways.smpp.gateway import Gateway
from gateways.smpp.pdu import Message, Pdu, answer
from gateways.smpp.presses import Presses
from gateways.smpp.session import Reply
from sala.cli import main
from sala.links import Sink
from sms import lane
from store.echoes import Echoes
from store.values import Inbound
from ussd.port import Sink as UssdSink

LATE = 2.0
LATER = 10.0
"""Seconds after the acknowledgement at which the hasty one commits a message, and an answer by key press."""

ANSWER = 4
"""Octets of what is more than a choice: a date, a name."""

_later: set[asyncio.Task[Any]] = set()


def hasty() -> None:
    real = Sink.anonymous

    async def anonymous(self: Sink, message: Inbound) -> Callable[[bool], None]:
        async def afterwards() -> None:
            await asyncio.sleep(LATE)
            await real(self, message)

        task = asyncio.create_task(afterwards())
        _later.add(task)
        task.add_done_callback(_later.discard)
        return lambda _read: None

    Sink.anonymous = anonymous  # type: ignore[method-assign] # the mistake that the control is about
    careful = Gateway._press

    async def press(self: Gateway, presses: Presses, sink: UssdSink, pdu: Pdu) -> Reply:
        async def afterwards() -> None:
            await asyncio.sleep(LATER)
            await careful(self, presses, sink, pdu)

        octets = pdu.body.short_message if isinstance(pdu.body, Message) else b""
        if len(octets) < ANSWER or octets.startswith(b"*"):
            return await careful(self, presses, sink, pdu)
        self.line.spawn(afterwards())
        return Reply(answer(pdu))

    Gateway._press = press  # type: ignore[method-assign] # likewise


def nameless() -> None:
    async def take(
        self: Echoes, message: Inbound, onward: Callable[[Inbound], Awaitable[None]]
    ) -> Callable[[bool], None]:
        await onward(replace(message, id=uuid.uuid4().hex))
        return lambda _read: None

    Echoes.take = take  # type: ignore[method-assign] # the mistake that the control is about
    Presses._hop = lambda *_: (uuid.uuid4().hex, "*999#")  # type: ignore[method-assign] # likewise


if __name__ == "__main__":
    lane.FIRST_WAIT = 1.0  # type: ignore[misc]  # of this process alone
    {"nothing": lambda: None, "hasty": hasty, "nameless": nameless}[sys.argv[1]]()
    sys.exit(main(["serve", "--config", sys.argv[2]]))
