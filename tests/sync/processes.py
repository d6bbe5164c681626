"""A node's road and an agency as processes of their own, so that a test can kill them.

`node FOLDER URL SECRET` · `agency FOLDER PORT`
"""

import asyncio
import sys
from pathlib import Path

from store.memory import open_memory
from store.settings import StoreSettings
from sync.agency import AgencySettings, serve_agency
from sync.connectors.native import Connector, NativeSettings
from sync.means import Means
from sync.service import SyncService
from tests.store.conftest import KEY
from tests.store.mind import small_mind
from tests.sync.conftest import NODE


async def node(folder: str, url: str, secret: str) -> None:
    settings = NativeSettings.model_validate({"url": url, "secret": secret, "timeout": 2})
    store = StoreSettings.model_validate({"data": folder, "node": NODE, "reserve_mb": 0, "free_mb": 0})
    async with open_memory(store, KEY, small_mind(), house=False) as memory:
        service = SyncService(memory.road, {"registry": Connector("registry", NODE, settings)}, Means("child"))
        # Small batches and no long waits: many moments to be killed in.
        for worker in service.workers.values():
            worker.sizing = type(worker.sizing)(size=3, most=7)
        await memory.road.wake("registry", 0)
        service.start()
        await asyncio.Event().wait()


async def agency(folder: str, port: str) -> None:
    await serve_agency(AgencySettings(data=Path(folder), port=int(port)))


if __name__ == "__main__":
    name, *given = sys.argv[1:]
    asyncio.run(node(*given) if name == "node" else agency(*given))
