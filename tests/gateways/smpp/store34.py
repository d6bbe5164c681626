"""An SMSC made of smpp34 that stores and forwards: `python -m tests.gateways.smpp.store34 PORT --name=value ...`.

It does what `tests/peers/smsc.js` does with `--outbox`, `--journal` and `--window`: each message of the outbox is
delivered until it is acknowledged, over a kill of this process too, and every submit_sm is journalled before it is
answered. Another library on the other side of the wire makes other mistakes.
"""

import asyncio
import json
import sys
from collections import deque
from pathlib import Path
from typing import Any

import smpp34

from gateways.smpp.coding import write_text


class Store:
    """The outbox, what is acknowledged of it, and the journal of both ways."""

    def __init__(self, outbox: Path, journal: Path) -> None:
        self.journal = journal.open("a", encoding="utf-8", buffering=1)
        entries = [json.loads(line) for line in journal.read_text("utf-8").splitlines() if line.endswith("}")]
        done = {entry["acknowledged"] for entry in entries if "acknowledged" in entry}
        self.count = sum("id" in entry for entry in entries)
        lines = outbox.read_text("utf-8").splitlines()
        self.waiting = deque((key, json.loads(line)) for key, line in enumerate(lines) if key not in done)

    def note(self, **entry: Any) -> None:
        self.journal.write(json.dumps(entry) + "\n")


async def forward(store: Store, esme: smpp34.Esme) -> None:
    """Deliver one after the other over this connection, until it is lost."""
    while True:
        if not store.waiting:
            await asyncio.sleep(0.01)
            continue
        key, message = store.waiting.popleft()
        text = message["text"]
        coding = 0 if text.isascii() else 8
        octets = write_text(text, "gsm7" if text.isascii() else "ucs2")
        taken = False
        try:
            said = await asyncio.ensure_future(
                esme.deliver_sm(
                    message["to"], octets, source_addr=message["number"], source_addr_ton=1, data_coding=coding
                )
            )
            taken = said.command_status == 0
        finally:
            # Whatever became of it, what was not acknowledged comes again.
            if taken:
                store.note(acknowledged=key)
            else:
                store.waiting.append((key, message))
        if not taken:
            await asyncio.sleep(0.1)


async def serve(port: int, store: Store, window: int) -> None:
    server = smpp34.Server("127.0.0.1", port, system_id="store34")
    await asyncio.ensure_future(server.start())
    tasks: set[asyncio.Task[None]] = set()
    while True:
        event = await asyncio.ensure_future(server.next())
        if isinstance(event, smpp34.Esme):
            store.note(bound=event.system_id)
            for task in tasks:
                task.cancel()
            tasks = {asyncio.create_task(forward(store, event)) for _ in range(window)}
            for task in tasks:
                # A lost connection ends them; the next one begins anew.
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        elif isinstance(event, smpp34.SubmitSmEvent):
            store.count += 1
            store.note(id=f"{store.count:x}", number=event.destination_addr, text=event.short_message.hex())
            event.accept(message_id=f"{store.count:x}")


if __name__ == "__main__":
    given = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[2:])
    Path(given["journal"]).touch()
    kept = Store(Path(given["outbox"]), Path(given["journal"]))
    asyncio.run(serve(int(sys.argv[1]), kept, int(given.get("window", "10"))))
