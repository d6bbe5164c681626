"""What a power cut leaves in the middle of a checkpoint is no damage, and what is damage is found."""

import shutil
from pathlib import Path

from store import backup
from store.sqlite import FILE
from tests.store.conftest import KEY, Opened, dial

PAGE = 4096


async def _left_by_a_cut(opened: Opened, tmp_path: Path) -> Path:
    """The files of a node that was cut off with half of its rows in the log only."""
    async with opened() as memory:
        await dial(memory, "SUBMIT", session="s0")
        await memory._writing.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        for number in range(5):
            await dial(memory, "a", "SUBMIT", session=f"s{number + 1}")
        left = tmp_path / "left"
        left.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(tmp_path / f"{FILE}{ending}", left)
    return left


def _tear(file: Path, page: int) -> None:
    content = bytearray(file.read_bytes())
    content[(page - 1) * PAGE + 512 : page * PAGE - 512] = bytes(PAGE - 1024)
    file.write_bytes(content)


async def _findings(left: Path, page: int) -> list[str]:
    """What is found when this page of the file is torn; the log as the cut left it."""
    torn = left.with_name(f"torn{page}")
    shutil.copytree(left, torn)
    _tear(torn / FILE, page)
    return await backup.check(torn, KEY)


async def test_a_page_torn_by_a_checkpoint_is_whole_in_the_log(opened: Opened, tmp_path: Path) -> None:
    left = await _left_by_a_cut(opened, tmp_path)
    pages = (left / FILE).stat().st_size // PAGE
    wal = (left / f"{FILE}-wal").read_bytes()
    frames = range(32, len(wal) - PAGE, PAGE + 24)
    in_log = {int.from_bytes(wal[at : at + 4], "big") for at in frames} & set(range(2, pages + 1))
    assert in_log
    for page in sorted(in_log)[:4]:
        assert await _findings(left, page) == []
    found = [await _findings(left, page) for page in sorted(set(range(2, pages + 1)) - in_log)[:4]]
    assert any(found)
    assert any("page" in sentence for findings in found for sentence in findings)
