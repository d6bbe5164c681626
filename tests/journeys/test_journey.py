"""Five hundred phones at once through all six services, over everything that can go wrong on the way.

`SALA_SEED` walks the same citizens again; what happens when is up to the machine.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.at_standin import Play, Standin
from tests.journeys.crowd import Crowd, operator, services
from tests.journeys.site import Site
from tests.journeys.verdict import settled, texts_twice

SEED = int(os.environ.get("SALA_SEED") or 20261123)
PHONES = 500
# And these register a birth in one message each.
WRITERS = 60


def fault(rng: random.Random) -> Play:
    """How the operator's API treats a message of ours."""
    if rng.random() < 0.8:
        return Play()
    return rng.choice([Play(http=503), Play(code=500), Play(code=403), Play(manner="drop"), Play(manner="empty")])


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_reference_told_is_at_the_agency_once_and_no_other(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    async with (
        Standin(chance=lambda: fault(rng)) as at,
        Site(tmp_path, rng, at.url).open() as site,
        operator(site.url, rng) as line,
    ):
        crowd = Crowd(line, SEED)
        # Every service has its share, whatever chance says.
        wanted = [services()[number % len(services())] for number in range(PHONES)]
        rng.shuffle(wanted)
        citizens = [crowd.citizen(number) for number in range(PHONES)]
        dialling = [crowd.visit(one, service) for one, service in zip(citizens, wanted, strict=True)]
        async with asyncio.timeout(150):
            writers, _ = await asyncio.gather(
                asyncio.gather(*map(crowd.text, range(WRITERS))), asyncio.gather(*dialling)
            )
        verdict, written = await settled(site, line.told, set(writers), 60)
        print(f"{line.calls} calls, {line.apologised} apologies, {dict(crowd.ends)}, road {dict(site.road.happened)}")
        print(verdict, written)
        assert verdict.clean, verdict
        assert written.clean, written
        assert len(written.told) == WRITERS
        assert len(verdict.told) > PHONES * 0.8
        assert len(crowd.visits) == len(services()) == 6
        # The control of the controls: there was mischief.
        assert len(site.road.happened) > 2
        async with asyncio.timeout(60):
            while len(at.taken) <= 50:  # noqa: ASYNC110 - another process sends
                await asyncio.sleep(0.1)
        assert len(at.seen) > 50
        assert not texts_twice(at.taken)
