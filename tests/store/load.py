"""A node under load in a process of its own: presses keys for many numbers and prints each acknowledged reply.

Run as `python -m tests.store.load FOLDER SEED`. With `early` as a third argument replies are acknowledged before their
commit: the control that shows that the test can see a loss.
"""

import asyncio
import random
import sys
from pathlib import Path

from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call
from tests.store.mind import small_mind

PHONES = 40
KEY = bytes(range(32))


async def phone(memory: Memory, name: str, chance: random.Random, *, early: bool) -> None:
    number = f"+85620{chance.randrange(10**8):08d}"
    for session in range(10**6):
        heard = ""
        for step in range(1 + chance.randrange(4)):
            text = heard if not step else (f"{heard}*a{step}" if heard else f"a{step}")
            heard = text
            await press(memory, Call("at", f"{name}-{session}", number, text, "*999#"), early=early)
        await press(
            memory, Call("at", f"{name}-{session}", number, f"{heard}*SUBMIT" if heard else "SUBMIT", ""), early=early
        )


async def press(memory: Memory, call: Call, *, early: bool) -> None:
    if early:
        print("ack", call.session, call.text, "?", flush=True)
    reply = await memory.turns.take(call)
    if not early:
        print("ack", call.session, call.text or "-", reply.text.replace(" ", "_") or "-", flush=True)


async def main(folder: str, seed: str, *, early: bool) -> None:
    settings = StoreSettings(data=Path(folder), node="LA-XK-03", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind()) as memory:
        chance = random.Random(seed)
        print("ready", flush=True)
        await asyncio.gather(
            *(phone(memory, f"{seed}-{n}", random.Random(chance.random()), early=early) for n in range(PHONES))
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], early=sys.argv[3:] == ["early"]))
