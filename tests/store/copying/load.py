"""A node under load that copies itself and waits for its medium; prints each acknowledged reply.

Run as `python -m tests.store.copying.load FOLDER SEED MEDIUM PUBLIC-KEY`.
"""

import asyncio
import random
import sys
from pathlib import Path

import structlog

from store.copying import keeper
from store.copying.generation import Medium
from store.copying.settings import CopySettings
from store.memory import open_memory
from store.settings import StoreSettings
from tests.store.load import KEY, PHONES, phone
from tests.store.mind import small_mind


async def main(folder: str, seed: str, medium: str, public: str) -> None:
    copying = CopySettings(path=Path(medium), key=public, wait=True, same_disk=True)
    settings = StoreSettings(data=Path(folder), node="LA-XK-03", reserve_mb=0, free_mb=0, copying=copying)
    # Standard output is for the replies alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    # A disk shared with other tests may be slow for seconds; here every answer must have waited.
    keeper.PATIENCE = 60.0  # type: ignore[misc]
    async with open_memory(settings, KEY, small_mind(), medium=Medium(linger=0.0)) as memory:
        while (now := (await memory.readings()).copies) is None or now.copies < 2:  # noqa: ASYNC110 - the store tells no other way
            await asyncio.sleep(0.01)
        chance = random.Random(seed)
        print("ready", flush=True)
        await asyncio.gather(
            *(phone(memory, f"{seed}-{n}", random.Random(chance.random()), early=False) for n in range(PHONES))
        )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
