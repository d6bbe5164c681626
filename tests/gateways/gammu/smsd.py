"""Debian's gammu-smsd with its dummy phone, configured as docs/gateways/gammu.md has it, in a folder of its own."""

import asyncio
import os
import re
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "gateways" / "gammu.md").read_text("utf-8")
PATIENCE = 180
FOLDERS = ("inbox", "outbox", "sent", "error")


def needs_peer() -> None:
    """Skip where smsd is not installed; fail where everything must be."""
    if shutil.which("gammu-smsd") and shutil.which("gammu"):
        return
    if os.environ.get("CI"):
        pytest.fail("the peer is missing: sh deploy/peers.sh")
    pytest.skip("gammu-smsd is not installed: sh deploy/peers.sh")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


class Smsd:
    """One phone and its daemon."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool"
        for name in FOLDERS:
            (self.spool / name).mkdir(parents=True)
        self.log = folder / "smsd.log"
        _, daemon, dummy = blocks("ini")
        written = f"{dummy}\n{daemon}".replace("/var/spool/gammu", str(self.spool))
        self.file = folder / "gammu-smsdrc"
        self.file.write_text(written.replace("/var/log/gammu-smsd.log", str(self.log)))
        self.process: asyncio.subprocess.Process | None = None
        self._numbers = iter(range(100, 100_000))

    async def prepare(self) -> None:
        (self.spool / "phone").mkdir()
        made = await asyncio.create_subprocess_exec(
            "gammu", "--config", str(self.file), "--identify", stdout=asyncio.subprocess.DEVNULL
        )
        assert await made.wait() == 0

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            "gammu-smsd", "--config", str(self.file), stdout=asyncio.subprocess.DEVNULL
        )

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(how)
            await self.process.wait()

    def put(self, content: str) -> None:
        """Let the phone have received this."""
        name = str(next(self._numbers))
        rough = self.spool / name
        rough.write_text(content)
        rough.rename(self.phone / name)

    @property
    def phone(self) -> Path:
        """Where the phone has what it has received."""
        return self.spool / "phone" / "sms" / "1"

    def transmitted(self) -> Counter[str]:
        """What the modem was given, by the name of the file."""
        said = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return Counter(re.findall(r"Transmitted (\S+) \(", said))


def message(number: str, text: str, *, second: int = 0, header: str = "", kind: str = "Deliver", ref: int = 0) -> str:
    """What the dummy phone reads as a message; see the format in `gateways/gammu/backup.py`."""
    units = text.encode("utf-16-be").hex().upper()
    lines = [
        "[SMSBackup000]",
        f"PDU = {kind}",
        f"DateTime = 20261123T15{second // 60:02}{second % 60:02}Z",
        "State = UnRead",
        f'Number = "{number}"',
        f"NumberUnicode = {number.encode('utf-16-be').hex().upper()}",
        'SMSC = "+856200000000"',
        f"SMSCUnicode = {'+856200000000'.encode('utf-16-be').hex().upper()}",
        "SMSCFormat = Text",
        "SMSCValidity = 167",
        *([f"UDH = {header}"] if header else []),
        *(f"Text{place:02} = {units[at : at + 200]}" for place, at in enumerate(range(0, len(units) or 1, 200))),
        f"Coding = {'Default' if text.isascii() else 'Unicode'}_No_Compression",
        "Folder = 1",
        f"Length = {len(units) // 4}",
        "Class = -1",
        "ReplySMSC = False",
        "RejectDuplicates = False",
        "ReplaceMessage = 0",
        f"MessageReference = {ref}",
    ]
    return "\n".join(lines) + "\n\n"
