"""Bundles for sticks and receipts from them, for the desk of a running node."""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from console.sticks import Receipt, Stick
from sala import road
from sala.config import Config
from store.memory import Memory
from sync.bundle.container import SUFFIX
from sync.bundle.node import Reading

KEPT: Final = 20
"""Files that stay here after they were written, so that a stick that was lost can be made again."""


class BundleShelf:
    """The files in `data/sticks`, each with what is in it beside it."""

    def __init__(self, config: Config, memory: Memory, changed: Callable[[], None] = lambda: None) -> None:
        """Take what the road needs; `changed` is told when what waits is not what it was."""
        self._changed = changed
        self._config = config
        self._memory = memory
        self._folder = config.data / "sticks"
        self._one = asyncio.Lock()

    async def write(self) -> Stick:
        """One at a time: two at once would share what waits between them."""
        async with self._one:
            await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
            written = await road.bundle_of(self._config, self._memory, self._folder)
            self._changed()
            return await asyncio.to_thread(self._note, written.path, dict(written.records))

    def written(self) -> Sequence[Stick]:
        """What lies there."""
        notes = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [Stick(**json.loads(note.read_text("utf-8"))) for note in notes if self.file(note.stem) is not None]

    def file(self, name: str) -> Path | None:
        """Only names that stand on the shelf: an address leads nowhere else."""
        found = [one for one in self._folder.glob(f"*{SUFFIX}") if one.name == name]
        return found[0] if found else None

    async def read(self, files: Mapping[str, bytes]) -> Sequence[Receipt]:
        """Each in a folder of its own, so that one that is broken harms no other."""
        receipts = []
        for name, content in files.items():
            with tempfile.TemporaryDirectory(prefix="sala-") as folder:
                await asyncio.to_thread((Path(folder) / f"receipt{SUFFIX}").write_bytes, content)
                async with self._one:
                    readings = await road.receipts_in(self._config, self._memory, Path(folder))
            self._changed()
            receipts += [_receipt(name, one) for one in readings] or [Receipt(name, problem="none_for_us")]
        return receipts

    def _note(self, path: Path, records: dict[str, int]) -> Stick:
        content = path.read_bytes()
        at = int(path.stat().st_mtime)
        stick = Stick(path.name, len(content), at, hashlib.sha256(content).hexdigest(), records)
        facts = {name: getattr(stick, name) for name in Stick.__slots__}
        path.with_name(f"{path.name}.json").write_text(json.dumps(facts), "utf-8")
        for old in sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
            old.with_name(f"{old.name}.json").unlink(missing_ok=True)
        return stick


def _receipt(name: str, one: Reading) -> Receipt:
    return Receipt(name, one.agency, one.accepted, one.refused, one.later, one.statuses, one.carried, one.problem)
