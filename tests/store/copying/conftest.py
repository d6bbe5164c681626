import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from store.copying import escrow
from store.copying.copier import Copies
from store.copying.generation import Medium
from store.memory import Memory
from store.sqlite import open_keyed
from tests.store.conftest import KEY, Opened

QUICK = Medium(again=0.05, look=0.02, linger=0.0)


@dataclass
class Stick:
    """A second medium: a folder that can be pulled out and put in again, and the escrow's pair."""

    folder: Path
    secret: str = ""
    public: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secret, self.public = escrow.make()
        self.put_in()

    def put_in(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def pull_out(self) -> None:
        self.folder.rename(self.folder.with_name(f"pulled-{time.monotonic_ns()}"))

    @property
    def copying(self) -> dict[str, Any]:
        return {"path": self.folder / "sala", "key": self.public, "same_disk": True, **self.settings}

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "sala").glob("*.salacopy"))


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path / "media" / "stick")


@pytest.fixture
def copied(opened: Opened, stick: Stick, tmp_path: Path) -> Callable[..., Any]:
    """Open the memory in `data` with the stick as its second medium."""

    def one(medium: Medium = QUICK, **settings: Any) -> Any:
        given = {"data": tmp_path / "data", "copying": {**stick.copying, **settings}}
        return opened(settings=given, medium=medium)

    return one


async def reading(memory: Memory) -> Copies:
    found = (await memory.readings()).copies
    assert found is not None
    return found


async def until(memory: Memory, wanted: Callable[[Copies], bool], seconds: float = 5.0) -> Copies:
    """Wait until the copy stands as wanted."""
    end = time.monotonic() + seconds
    while not wanted(now := await reading(memory)):
        assert time.monotonic() < end, now
        await asyncio.sleep(0.01)
    return now


async def two(memory: Memory) -> Copies:
    """Wait until everything is on the medium."""
    return await until(memory, lambda now: now.copies == 2 and not now.waiting)


def content(data: Path, key: bytes = KEY) -> dict[str, list[Any]]:
    """Every row of every table but what a restore itself changes."""
    with contextlib.closing(open_keyed(data / "sala.db", key, reader=True)) as link:
        tables = [row[0] for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {name: [tuple(row) for row in link.execute(f"SELECT * FROM {name}")] for name in tables}  # noqa: S608 - from the schema
        found["schema"] = sorted(
            tuple(row) for row in link.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        )
    found["meta"] = [row for row in found["meta"] if row[0] not in {"restored_at", "copy_life"}]
    return found
