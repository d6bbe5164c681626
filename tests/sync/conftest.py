import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from uuid_utils.compat import uuid7

from store.values import Offer
from sync.agency import AgencySettings, make_agency_app
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.agency.book import Book
from sync.connectors.native import Connector, NativeSettings
from sync.means import Means
from tests.ports import free_port
from tests.store.conftest import hands, opened  # noqa: F401 - the store's actors play here too

NODE = "LA-XK-03"


def event_of(seq: int, *, id: str | None = None, node: str = NODE, **data: Any) -> bytes:  # noqa: A002 - the record's word
    sequence = data.pop("sequence", seq)
    answers = data.pop("answers", {"child_name": "ສົມສັກ", "birth_date": "2026-11-02"})
    inside = {
        "service": "birth",
        "submission": "birth",
        "revision": "sha256:00",
        "reference": f"{seq:09d}",
        "channel": "ussd",
        "language": "lo",
        "applicant": {"msisdn": "+8562055512345"},
        "case": {"id": str(uuid7()), "revision": 1},
        "answers": answers,
        "place": {"pcode": "LA0901"},
    } | data
    event = {
        "specversion": "1.0",
        "id": id or str(uuid7()),
        "source": f"urn:sala:node:{node}",
        "type": "sala.submission.v1",
        "subject": f"{seq:09d}",
        "time": "2026-11-23T02:30:00Z",
        "datacontenttype": "application/json",
        "sequence": str(sequence),
        "epoch": "3f9c21aa",
        "clock": "good",
        "data": inside,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def offer_of(seq: int, event: bytes | None = None, queued_at: int = 0) -> Offer:
    event = event or event_of(seq)
    return Offer(seq, json.loads(event)["id"], f"{seq:09d}", "case", 1, event, 0, in_doubt=False, queued_at=queued_at)


@dataclass
class Clock:
    """Time and chance that a test moves by hand."""

    at: float = 1_000_000.0
    chance: float = 1.0
    alerts: list[tuple[str, str]] = field(default_factory=list)

    def pass_(self, seconds: float) -> None:
        self.at += seconds

    @property
    def means(self) -> Means:
        return Means(
            owner="test",
            now=lambda: int(self.at),
            steady=lambda: self.at,
            chance=lambda: self.chance,
            alert=lambda agency, code, _: self.alerts.append((agency, code)),
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Agency:
    """The reference agency, really served."""

    port: int
    book: Book
    secret: str
    app: web.Application

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connector(self, url: str = "", secret: str = "", **settings: Any) -> Connector:
        block = {"url": url or self.url, "secret": secret or self.secret} | settings
        return Connector("registry", NODE, NativeSettings.model_validate(block))

    async def effects(self) -> dict[str, int]:
        """How many requests each submission id has become."""

        def read(connection: Any) -> dict[str, int]:
            return dict(connection.execute("SELECT id, COUNT(*) FROM request GROUP BY id").fetchall())

        return await self.book.do(read)

    async def order(self) -> list[str]:
        def read(connection: Any) -> list[str]:
            return [row[0] for row in connection.execute("SELECT reference FROM request ORDER BY number")]

        return await self.book.do(read)


Serve = Callable[[web.Application, int], Any]


async def serve(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, auto_decompress=False, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.fixture
async def agency(tmp_path: Path) -> AsyncIterator[Agency]:
    app = make_agency_app(AgencySettings(data=tmp_path / "agency", name="ທະບຽນລາສດອນ"))
    port = free_port()
    runner = await serve(app, port)
    secret = await app[BOOK].do(nodes_of.enrol, NODE)
    yield Agency(port, app[BOOK], secret, app)
    await runner.cleanup()
    await asyncio.sleep(0)
