"""A hub as a process of its own, killed again and again while its node delivers: one effect each."""

import asyncio
import random
import signal
import time
from pathlib import Path

import pytest

from sync import signing
from tests.sala.nodes import started, written
from tests.sync.conftest import Agency
from tests.sync.hub.kit import AGENCY, DISTRICT, HUB, connector, enrolled, node

REQUESTS = 60
KILLS = 6
SEED = 20261130


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_hub_killed_six_times_under_way_loses_and_doubles_nothing(tmp_path: Path, agency: Agency) -> None:
    dice = random.Random(SEED)
    print("seed", SEED)
    secret, own = signing.new_secret(), await enrolled(agency, HUB, hub=True)
    folder = tmp_path / "hub"
    folder.mkdir()
    tables = f'[agencies.{AGENCY}]\nconnector = "native"\nurl = "{agency.url}"\nsecret = "{own}"\n'
    tables += f'[hub.nodes.{DISTRICT}]\nsecret = "{secret}"\n'
    file, http, console = written(folder, tables, node=HUB, services=[])
    road = connector(f"http://127.0.0.1:{console}/hub", secret, DISTRICT, hub=True)
    async with node(tmp_path / "district", DISTRICT, {AGENCY: road}) as district:
        for kill in range(KILLS + 1):
            await district.submit(REQUESTS // (KILLS + 1) + 1, first=100 * kill + 1)
            with started(file, http, console) as hub:
                until = time.monotonic() + (dice.uniform(0.0, 0.6) if kill < KILLS else 300)
                while time.monotonic() < until and set(await district.states()) != {"accepted"}:
                    district.clock.ahead += 30
                    await district.now()
                    await asyncio.sleep(dice.uniform(0, 0.05))
                hub.stop(signal.SIGKILL if kill < KILLS else signal.SIGTERM)
        assert set(await district.states()) == {"accepted"}
        count = len(await district.states())
    effects = await agency.effects()
    assert len(effects) == count, "lost"
    assert set(effects.values()) == {1}, "doubled"
