"""The published revisions: immutable, named by digest, one live for each flow, each change with its author."""

import json
from collections.abc import Mapping

from flows.errors import ConfigFault
from store import sql
from store.clock import Clock
from store.database import Database
from store.values import Catalogue, Published
from store.writer import Writer


class Library:
    """Publishing, pausing, going back. Another process's change is seen within two seconds."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def publish(self, flow: str, digest: str, files: Mapping[str, str], actor: str) -> bool:
        """Make a revision live; returns False when it was already live and nothing changed.

        Args:
            flow: its id.
            digest: `sha256:...` of its canonical form.
            files: texts of the flow (first) and of its sub-flows, by name.
            actor: who publishes it.
        """
        now = self._clock.steady()
        texts = json.dumps(dict(files), ensure_ascii=False)

        async def run(database: Database) -> bool:
            await database.begin()
            live = {row[0]: row[1] for row in await database.rows(sql.LIVE)}
            if live.get(flow) == digest:
                return False
            await database.rows(sql.ADD_REVISION, (digest, flow, texts, now))
            await _make_live(database, flow, digest, "publish", actor, now)
            return True

        return await self._writer.do(run)

    async def pause(self, flow: str, actor: str, *, paused: bool = True) -> None:
        """Take no new requests for a flow (or take them again); what is begun may be finished.

        Raises:
            ConfigFault: no such flow is published.
        """
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            rows = await database.rows(sql.SET_PAUSED, (int(paused), flow))
            if not rows:
                raise ConfigFault(f"no flow {flow!r} is published", hint="see: sala flow list")
            act = "pause" if paused else "resume"
            await database.rows(sql.ADD_PUBLICATION, (flow, rows[0][0], act, actor, now))

        await self._writer.do(run)

    async def rollback(self, flow: str, actor: str) -> str:
        """Make the revision live that was so before, and return its digest.

        Raises:
            ConfigFault: there is none.
        """
        now = self._clock.steady()

        async def run(database: Database) -> str:
            await database.begin()
            live = {row[0]: row[1] for row in await database.rows(sql.LIVE)}
            rows = await database.rows(sql.BEFORE_LIVE, (flow, live.get(flow, "")))
            if flow not in live or not rows:
                raise ConfigFault(f"no earlier revision of {flow!r} is known", hint="see: sala flow list")
            digest = str(rows[0][0])
            await _make_live(database, flow, digest, "rollback", actor, now)
            return digest

        return await self._writer.do(run)

    async def live(self, flow: str) -> Published | None:
        """The live revision of a flow."""
        catalogue = await self.catalogue()
        return catalogue.known.get(catalogue.live.get(flow, ""))

    async def list(self) -> list[Published]:
        """All revisions, oldest first."""
        return list((await self.catalogue()).known.values())

    async def catalogue(self) -> Catalogue:
        """Everything that an office is made of."""
        return await catalogue_of(self._reader)


async def catalogue_of(database: Database) -> Catalogue:
    """Read the catalogue."""
    live_rows = await database.rows(sql.LIVE)
    live = {flow: digest for flow, digest, _ in live_rows}
    paused = frozenset(flow for flow, _, stopped in live_rows if stopped)
    known = {
        digest: Published(digest, flow, json.loads(files), at, live.get(flow) == digest, flow in paused)
        for digest, flow, files, at in await database.rows(sql.REVISIONS)
    }
    return Catalogue(known, live, paused)


async def _make_live(database: Database, flow: str, digest: str, act: str, actor: str, now: int) -> None:
    await database.rows(sql.SET_LIVE, (flow, digest, now))
    await database.rows(sql.ADD_PUBLICATION, (flow, digest, act, actor, now))
