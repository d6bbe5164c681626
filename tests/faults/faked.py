"""The clock of a real node jumps while it serves phones: libfaketime moves what it reads, the agency keeps the time."""

import asyncio
import json
import random
import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, Self

from tests.faults.kills import fresh_town
from tests.faults.nursery import Child, Nursery
from tests.faults.power import fresh_folder
from tests.faults.rows import Tally
from tests.faults.town import Town, until

LIBRARIES: Final = ("libfaketimeMT.so.1", "libfaketime.so.1")
YEARS: Final = 10 * 365 * 86_400


def library() -> Path | None:
    """Where libfaketime is, for programs with threads; None when it is not installed."""
    folders = (path for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib") for path in Path(root).glob("**/faketime"))
    found = [folder / name for folder in folders for name in LIBRARIES if (folder / name).is_file()]
    return found[0] if found and shutil.which("faketime") else None


class Parted(Nursery):
    """Bears the node in one nursery, whose clock can be moved, and everybody else in another."""

    def __init__(self, preload: Path, clock: Path) -> None:
        super().__init__()
        self._clock = clock
        faked = {
            "LD_PRELOAD": str(preload),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            # Waits go on as they do on a machine whose wall clock alone is set.
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self._moved = Nursery(faked)
        self._stack = ExitStack()
        self.move(0)

    def __enter__(self) -> Self:
        super().__enter__()
        self._stack.enter_context(self._moved)
        return self

    def __exit__(self, *fault: object) -> None:
        self._stack.close()
        super().__exit__(*fault)

    def bear(self, role: str, log: Path, **given: Any) -> Child:
        if role == "node":
            return self._moved.bear(role, log, **given)
        return super().bear(role, log, **given)

    def move(self, seconds: int) -> None:
        """Set the node's clock so far from the true time."""
        part = self._clock.with_suffix(".part")
        part.write_text(f"{seconds:+d}\n")
        part.replace(self._clock)


async def jumps(seed: int, runs: int) -> Tally:
    """`runs` requests, during each of which the node's clock jumps; sometimes the power fails as well."""
    preload = library()
    if preload is None:
        print("  no libfaketime to be had here: apt-get install faketime")
        return Tally(0, 0)
    with fresh_folder() as folder, Parted(preload, folder / "clock") as nursery:
        async with fresh_town(seed, nursery) as place:
            rng = random.Random(seed)
            for seconds in (0, YEARS):
                nursery.move(seconds)
                await place.request()
            for _ in range(runs - 2):
                await _one(place, nursery, rng)
            nursery.move(0)
            settled = await until(place.quiet)
            notes = [] if settled else ["it does not come to rest"]
            notes += place.unsound()
            events = [json.loads(row[0]) for row in place.at_agency("SELECT event FROM request")]
            moved = sum(event["clock"] == "doubtful" for event in events)
            print(f"  {place.node.deaths} times without power; {moved} requests say that the clock was in doubt")
            # A library that moves nothing would prove nothing; the jump by ten years was seen at least.
            notes += [] if moved else ["no clock was ever in doubt"]
            return Tally(runs, len(place.told), len(place.lost()), place.doubled(), len(notes), tuple(notes))


async def _one(place: Town, nursery: Parted, rng: random.Random) -> None:
    """One request in whose middle the clock is set, forward, back, to 1970 or right."""
    asking, fails = asyncio.ensure_future(place.request()), rng.random() < 1 / 3
    while not asking.done():
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asking), rng.uniform(0.0, 0.4))
        nursery.move(rng.choice([YEARS, -YEARS, 60 - int(time.time()), 3600, 0]))
        if fails and not asking.done():
            place.node.child.kill()
            fails = False
    await asking
