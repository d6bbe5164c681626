from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sync import signing
from tests.sync.conftest import Agency
from tests.sync.hub.kit import DISTRICT, HUB, Hub, Node, connector, enrolled, node


@pytest.fixture
async def hub(tmp_path: Path, agency: Agency) -> AsyncIterator[Hub]:
    secret = await enrolled(agency, HUB, hub=True)
    one = Hub(tmp_path / "hub", agency.url, secret, {DISTRICT: signing.new_secret()})
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def district(tmp_path: Path, hub: Hub) -> AsyncIterator[Node]:
    roads = {"registry": connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)}
    async with node(tmp_path / "district", DISTRICT, roads) as one:
        yield one
