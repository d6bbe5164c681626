"""A load on a watched disk: phones, deliveries and statuses on the store, each acknowledgement in the disk's own log.

The acknowledgements are lines of the file `acks` in the watched folder, so that they stand in the log between the
writes and the syncs that came before and after them.
"""

import asyncio
import ctypes
import json
import os
import random
from pathlib import Path
from typing import Final

import store.sqlite
from flows.errors import StoreFault
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call, Reply, Settlement, StatusEvent, Trip
from tests.store.mind import small_mind

KEY: Final = bytes(range(32))
AGENCY: Final = "registry"
ACKS: Final = "acks"
PHONES: Final = 6
CALLS: Final = 8
NOW: Final = 1_795_410_000


def settings_of(folder: Path) -> StoreSettings:
    return StoreSettings(data=folder, node="LA-TEST-01", reserve_mb=0, free_mb=0)


class Load:
    """Everybody who uses this store at once."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._acks = os.open(folder / ACKS, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._rng = random.Random(seed)
        self._seed = seed
        self.faults = 0
        self.after_fault = 0

    def ack(self, *words: object) -> None:
        os.write(self._acks, " ".join(str(word) for word in words).encode() + b"\n")
        self.after_fault += bool(self.faults)

    async def live(self, memory: Memory, turns: int) -> None:
        phones = [self._phone(memory, n, turns) for n in range(PHONES)]
        await asyncio.gather(*phones, self._road(memory, turns))

    async def _phone(self, memory: Memory, number: int, turns: int) -> None:
        msisdn = f"+85620{self._seed % 100:02d}{number:06d}"
        for session in range(turns):
            name = f"{self._seed}-{number}-{session}"
            heard = ""
            for text in ("", "a", "SUBMIT"):
                heard = f"{heard}*{text}" if heard else text
                reply = await self._call(memory, Call("at", name, msisdn, heard, "*999#"))
                if reply is None:
                    break
                if text == "SUBMIT":
                    self.ack("told", reply.text)
                else:
                    self.ack("pressed", name, heard or "-")

    async def _call(self, memory: Memory, call: Call) -> Reply | None:
        """One key press, made again by the operator a few times when it was refused."""
        for _ in range(CALLS):
            try:
                return await memory.turns.take(call)
            except StoreFault as fault:
                self._failed(fault)
                await asyncio.sleep(0.002)
        return None

    async def _road(self, memory: Memory, turns: int) -> None:
        for turn in range(turns):
            await asyncio.sleep(0.002)
            try:
                await self._deliver(memory, turn)
            except StoreFault as fault:
                self._failed(fault)

    async def _deliver(self, memory: Memory, turn: int) -> None:
        road = memory.road
        due = await road.due(AGENCY, 5, 2**40)
        taken = await road.lease(AGENCY, [offer.seq for offer in due], "load", NOW + 60, NOW)
        for offer in taken:
            event = json.loads(offer.event)
            self.ack("left", offer.seq, event["epoch"], event["sequence"])
        settlements = [Settlement(offer.seq, "accept", agency_ref="R1") for offer in taken]
        await road.settle(AGENCY, settlements, Trip(AGENCY, "http", [], "answered"), NOW, wake=False)
        for offer in taken:
            self.ack("accepted", offer.seq)
        events = [
            StatusEvent(turn * 10 + n + 1, offer.id, offer.reference, "approved") for n, offer in enumerate(taken)
        ]
        await road.statuses(AGENCY, events, str(turn), NOW)
        for offer in taken:
            self.ack("approved", offer.reference)

    def _failed(self, fault: StoreFault) -> None:
        self.faults += 1
        self.after_fault = 0
        print("fault", type(fault).__name__, fault.code, flush=True)


def load(
    folder: str, trail: str, seed: int, turns: int, *, control: str = "", fail: tuple[int, int, int, int] | None = None
) -> None:
    """Play the load in `folder`, its disk watched into `trail`, or failing as `fail` says (call, nth, count, errno)."""
    disk = ctypes.CDLL(None)
    disk.disk_watch(folder.encode(), trail.encode())
    writer = [pragma for pragma in store.sqlite._WRITER if control != "normal" or "synchronous" not in pragma]
    # Checkpoints all the time, so that the database file is written as often as its log.
    more = ["PRAGMA wal_autocheckpoint = 12"] + (["PRAGMA synchronous = NORMAL"] if control == "normal" else [])
    store.sqlite._WRITER = (*writer, *more)  # type: ignore[assignment]
    asyncio.run(_live(Path(folder), seed, turns, disk, fail))


async def _live(folder: Path, seed: int, turns: int, disk: ctypes.CDLL, fail: tuple[int, int, int, int] | None) -> None:
    one = Load(folder, seed)
    async with open_memory(settings_of(folder), KEY, small_mind(), house=False) as memory:
        if fail is not None:
            disk.disk_fail(fail[0], ctypes.c_long(fail[1]), ctypes.c_long(fail[2]), fail[3])
        await one.live(memory, turns)
        print("ended", int(memory.writer.writable), one.after_fault, flush=True)
        print("passed", *(disk.disk_passed(call) for call in (0, 1)), flush=True)
