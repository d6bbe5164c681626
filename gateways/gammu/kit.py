"""gammu-smsd and its modem for the kit: moves files as smsd does, and writes what it would have received.

What smsd sees is a folder, so it moves what lies there when a case has sent (`quiet`). Whether a file was acknowledged
is told by a second one, behind it by name, that will never be a message: when that is gone, the first was looked at.
"""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flows.text.measure import needs
from gateways.gammu import backup
from gateways.gammu.spool import ERROR, INBOX, OUTBOX, SENT
from sms.kit.wire import Manner, OwnWire, Taken
from store.values import Received

_BEGIN: Final = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_LOOK: Final = 0.005


class Modem:
    """One modem and its smsd. See `sms.kit.wire.Peer`."""

    statuses: Mapping[str, str] = {
        "Delivered": "delivered",
        "Failed": "failed",
        "Pending": "sent",
        "Unknown": "unknown",
    }
    manners: Sequence[Manner] = ("refused",)

    def __init__(self, spool: Path, *, references: bool = False) -> None:
        self._spool = spool
        for place in (INBOX, OUTBOX, SENT, ERROR):
            (spool / place).mkdir()
        self.settings: Mapping[str, Any] = {
            "spool": str(spool),
            "poll": _LOOK,
            "rate": 1000,
            "waiting": 5000,
            "references": references,
        }
        self.plays: list[Manner] = []
        self.early: Callable[[Taken], Awaitable[None]] | None = None
        self._seen: dict[str, Taken] = {}
        texts = ("Deliver", "ນາງ ຄຳ"), ("Status_Report", "Delivered")
        files = [received(kind, "+8562055512345", text, 1, 5, "0500030C0201") for kind, text in texts]
        self.samples: Sequence[Received] = [Received(content) for content in files]
        self._references = itertools.count(1)
        self._files = itertools.count()
        self._times: dict[str, int] = {}

    @property
    def seen(self) -> list[Taken]:
        """What was put into the outbox so far, in order."""
        for path in sorted((self._spool / OUTBOX).glob("OUT*")):
            if path.name not in self._seen:
                (one,) = backup.pieces(path.read_bytes())
                reference = str(next(self._references) % 256)
                manner: Manner = self.plays.pop(0) if self.plays else "taken"
                self._seen[path.name] = Taken(one.number, one.words, path.name, manner, {"reference": reference})
        return list(self._seen.values())

    async def quiet(self) -> None:
        """Send what lies in the outbox, and wait until the gateway has taken note of it."""
        for taken in self.seen:
            path = self._spool / OUTBOX / taken.name
            if not path.exists():
                continue
            if taken.manner == "refused":
                # What the network does not take, smsd gives up.
                path.rename(self._spool / ERROR / taken.name)
                await self._gone(ERROR, taken.name)
                continue
            content = path.read_bytes()
            noted = b"MessageReference = " + taken.echo["reference"].encode()
            path.write_bytes(content.replace(b"MessageReference = 0", noted))
            path.rename(self._spool / SENT / taken.name)
            await self._gone(SENT, taken.name)
            if self.early:
                await self.early(taken)

    async def message(self, name: str, number: str, text: str) -> bool:
        """One file in the inbox; the same message has the same time stamp."""
        at = self._times.setdefault(name, len(self._times))
        return await self._received("Deliver", number, text, at, 0)

    async def report(self, taken: Taken, status: str) -> bool:
        """A status report, which smsd stores like a message."""
        # The network's time stamp of the message, which a report repeats.
        at = 1000 + list(self._seen).index(taken.name) if taken.name in self._seen else 0
        return await self._received("Status_Report", taken.number, status, at, int(taken.echo.get("reference", 255)))

    async def opt_out(self, number: str) -> bool:
        """A modem knows none."""
        del number
        return True

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """The spool is not there."""
        aside = self._spool.with_name("aside")
        self._spool.rename(aside)
        try:
            yield
        finally:
            aside.rename(self._spool)

    async def _received(self, kind: str, number: str, text: str, at: int, reference: int) -> bool:
        place = next(self._files)
        name, behind = f"IN{place:06}_0_{number}.txt", f"IN{place:06}_1_SALA.txt"
        self._put(name, received(kind, number, text, at, reference))
        self._put(behind, received("Deliver", "SALA", "", at, 0))
        await self._gone(INBOX, behind)
        return not (self._spool / INBOX / name).exists()

    def _put(self, name: str, content: bytes) -> None:
        rough = self._spool / INBOX / f".{name}"
        rough.write_bytes(content)
        rough.rename(self._spool / INBOX / name)

    async def _gone(self, place: str, name: str) -> None:
        while (self._spool / place / name).exists():  # noqa: ASYNC110 - the gateway looks when it likes
            await asyncio.sleep(_LOOK)


def received(kind: str, number: str, text: str, at: int, reference: int, header: str = "") -> bytes:
    """A file as smsd writes one, of what came `at` seconds after three."""
    units = text.encode("utf-16-be").hex().upper()
    stamp = f"{_BEGIN + timedelta(seconds=at):%Y%m%dT%H%M%SZ}"
    coding = "Default" if needs(text) == "gsm7" else "Unicode"
    lines = [
        "; This file format was designed for Gammu and is compatible with Gammu+",
        "",
        "[SMSBackup000]",
        f"PDU = {kind}",
        f"DateTime = {stamp}\r",
        "State = UnRead",
        f'Number = "{number}"\r',
        f"NumberUnicode = {number.encode('utf-16-be').hex().upper()}\r",
        *([f"UDH = {header}"] if header else []),
        *(
            f"Text{place:02} = {units[start : start + 200]}\r"
            for place, start in enumerate(range(0, len(units) or 1, 200))
        ),
        f"Coding = {coding}_No_Compression",
        f"Length = {len(units) // 4}",
        f"MessageReference = {reference}",
    ]
    return ("\n".join(lines) + "\n\n").encode()


@contextlib.asynccontextmanager
async def _operator() -> AsyncIterator[Modem]:
    with tempfile.TemporaryDirectory(prefix="sala-modem-") as folder:
        spool = Path(folder) / "spool"
        spool.mkdir()
        yield Modem(spool)


WIRE: Final = OwnWire(operator=_operator)
