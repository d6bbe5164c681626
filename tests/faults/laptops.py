"""A laptop is lost: killed under load, its disk gone, and brought back from the second copy on another medium."""

import asyncio
import os
import shutil

from store.copying.restoring import newest, restore
from tests.faults.power import fresh_folder
from tests.faults.rows import Tally
from tests.store.copying.conftest import Stick
from tests.store.copying.test_drill import frame_ends, lost, missing


async def laptop_lost(seed: int, runs: int) -> Tally:
    """Every acknowledged turn of `runs` lost laptops is in the copy."""
    return await _lost(seed, runs, cut=0)


async def copy_torn(seed: int, runs: int) -> Tally:
    """Control: the copy lacks its last three records."""
    return await _lost(seed, runs, cut=3)


async def _lost(seed: int, runs: int, *, cut: int) -> Tally:
    told = gone = 0
    for number in range(runs):
        with fresh_folder() as folder:
            stick = Stick(folder / "stick")
            said = await asyncio.to_thread(lost, folder / "data", seed + number, stick)
            if cut:
                file = newest(stick.folder)
                os.truncate(file, frame_ends(file, stick.secret)[-cut])
            await restore(stick.folder, stick.secret, folder / "new")
            told += len(said)
            gone += len(await missing(folder / "new", said))
            shutil.rmtree(folder / "new")
    return Tally(runs, told, gone)
