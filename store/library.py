"""What is published: immutable, named by digest, one live of each name, each change with its author and why."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from flows.codes import Claim, Code, claims, sentence
from flows.errors import ConfigFault
from flows.findings import FlowFault
from flows.loader import load
from store import audit, drafts_sql
from store import library_sql as sql
from store.clock import Clock
from store.database import Database, Row
from store.draft_values import ApprovalFault, DraftFault, Kind, person
from store.drafts import close_draft
from store.values import Catalogue, Edition, Published
from store.writer import Writer

HUB: Final = "hub"
"""Who acts here when a hub has sent it, signed: nobody here confirms that."""

START: Final = "start"
"""Who publishes or proposes what the configuration names."""

MACHINES: Final = frozenset({HUB, START})
"""Actors that are no persons."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One thing that was done to what is live: publish, rollback, pause or resume.

    Attributes:
        id: its number. version: the running number of the revision, as people count them.
        by: who did it, or approved it; proposer: who proposed it ("" nobody else).
        confirmation: "" none needed, `open` until a second person has said yes (`confirmed`) or no (`refused`).
    """

    id: int
    kind: Kind
    name: str
    digest: str
    act: str
    by: str
    proposer: str
    note: str
    at: int
    confirmation: Literal["", "open", "confirmed", "refused"] = ""
    confirmed_by: str = ""
    confirmed_at: int = 0
    answer: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Why:
    """With what word something is published: `proposal` is the approved one that it comes from (0: none)."""

    note: str = ""
    proposer: str = ""
    proposal: int = 0


_NO_WORD = Why()


class Library:
    """Publishing, pausing, going back. Another process's change is seen within two seconds."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, *, two_persons: bool = True) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._two_persons = two_persons

    # --- publishing --------------------------------------------------------------------------------------------------

    async def publish(self, flow: str, digest: str, files: Mapping[str, str], actor: str, why: Why = _NO_WORD) -> bool:
        """Make a revision live; returns False when it was already live and nothing changed.

        Args:
            flow: its id.
            digest: `sha256:...` of its canonical form.
            files: texts of the flow (first) and of its sub-flows, by name.
            actor: who publishes it, or approved it.
            why: the note, who proposed it, and the proposal that is live with it.

        Raises:
            ConfigFault: another service has or had one of its numbers, codes or keywords.
            DraftFault: the proposal was called back.
        """
        now = self._clock.steady()
        texts = json.dumps(dict(files), ensure_ascii=False)
        named = await asyncio.to_thread(_claims, files)

        async def run(database: Database) -> bool:
            await database.begin()
            await _settle(database, why, digest)
            live = {row[0]: row[1] for row in await database.rows(sql.LIVE)}
            if live.get(flow) == digest:
                return False
            await _end_draft(database, ("flow", flow), next(iter(files.values()), ""), digest, now)
            await database.rows(sql.ADD_REVISION, (digest, flow, texts, now))
            await _make_live(database, flow, digest, named, now)
            await _act(database, ("flow", flow, digest, "publish", actor, now, why.note, why.proposer))
            return True

        return await self._writer.do(run)

    async def issue(
        self, kind: Literal["table", "phrases"], name: str, digest: str, text: str, actor: str, why: Why = _NO_WORD
    ) -> bool:
        """Take a table, or the phrases of a language, into use; returns False when it was in use already.

        Raises:
            DraftFault: the proposal was called back.
        """
        now = self._clock.steady()

        async def run(database: Database) -> bool:
            await database.begin()
            await _settle(database, why, digest)
            rows = await database.rows(sql.DIGEST_IN_USE, (kind, name))
            if rows and rows[0][0] == digest:
                return False
            await _end_draft(database, (kind, name), text, digest, now)
            await database.rows(sql.ADD_EDITION, (kind, name, digest, text, now))
            await database.rows(sql.SET_IN_USE, (kind, name, digest, now))
            await _act(database, (kind, name, digest, "publish", actor, now, why.note, why.proposer))
            return True

        return await self._writer.do(run)

    async def pause(
        self, flow: str, actor: str, *, paused: bool = True, said: Mapping[str, str] | None = None, note: str = ""
    ) -> int:
        """Take no new requests for a flow (or take them again); what is begun may be finished.

        Args:
            flow: its id.
            actor: who.
            paused: False takes new requests again.
            said: what citizens read meanwhile, by language; where there is none, the channel's own words.
            note: why, for those who confirm it.

        Returns:
            The number of the publication, which a second person confirms where two are needed.

        Raises:
            ConfigFault: no such flow is published.
        """
        now = self._clock.steady()
        words = json.dumps(dict(said), ensure_ascii=False) if said and paused else ""

        async def run(database: Database) -> int:
            await database.begin()
            rows = await database.rows(sql.SET_PAUSED, (int(paused), words, flow))
            if not rows:
                raise ConfigFault(f"no flow {flow!r} is published", hint="see: sala flow list")
            act = "pause" if paused else "resume"
            number = await _act(database, ("flow", flow, rows[0][0], act, actor, now, note, ""))
            await self._to_confirm(database, number, actor)
            return number

        return await self._writer.do(run)

    async def rollback(self, name: str, actor: str, *, kind: Kind = "flow", to: str = "", note: str = "") -> str:
        """Make live what was so before, or the digest `to`, and return its digest.

        A table or phrases that nothing was published before go back to those of the configuration: then it is "".

        Raises:
            ConfigFault: there is none.
        """
        now = self._clock.steady()
        named = await self._claims_before(name, to) if kind == "flow" else ()

        async def run(database: Database) -> str:
            await database.begin()
            live = await _live(database, kind, name)
            digest = to or await _before(database, kind, name, live)
            known = not to or await database.rows(sql.WAS_LIVE, (kind, name, to))
            if not live or not known or (not digest and kind == "flow"):
                raise ConfigFault(f"no earlier revision of {name!r} is known", hint="see: sala flow list")
            if kind == "flow":
                await _make_live(database, name, digest, named, now)
            elif digest:
                await database.rows(sql.SET_IN_USE, (kind, name, digest, now))
            else:
                await database.rows(sql.DROP_IN_USE, (kind, name))
            number = await _act(database, (kind, name, digest, "rollback", actor, now, note, ""))
            await self._to_confirm(database, number, actor)
            return digest

        return await self._writer.do(run)

    async def _claims_before(self, flow: str, to: str) -> tuple[Claim, ...]:
        digest = to or await _before(self._reader, "flow", flow, await _live(self._reader, "flow", flow))
        rows = await self._reader.rows(sql.FILES_OF, (digest, flow))
        return await asyncio.to_thread(_claims, json.loads(rows[0][0])) if rows else ()

    async def _to_confirm(self, database: Database, number: int, actor: str) -> None:
        if self._two_persons and actor != HUB:
            await database.rows(sql.ADD_CONFIRMATION, (number,))

    async def confirm(self, publication: int, by: str, *, yes: bool = True, note: str = "") -> Publication:
        """Say, as a second person, that what one did alone was right (or that it was not; undoing it is an act anew).

        Raises:
            ApprovalFault: who did it cannot confirm it. DraftFault: nothing of this number waits, or no note says why
                it was not right.
        """
        if not yes and not note.strip():
            raise DraftFault("say why: the note is what helps who did it")
        now = self._clock.steady()

        async def run(database: Database) -> Publication:
            await database.begin()
            found = [_publication(row) for row in await database.rows(sql.ACT, (publication,))]
            if not found or found[0].confirmation != "open":
                raise DraftFault(f"nothing of the number {publication} waits", hint="see: sala flow proposals")
            if person(by) == person(found[0].by):
                raise ApprovalFault(f"{found[0].by} did this: another person confirms it")
            state = "confirmed" if yes else "refused"
            await database.rows(sql.CONFIRM, (state, by, now, note.strip(), publication))
            details = {"publication": publication, "note": note.strip()}
            await audit.note(database, now, by, f"{found[0].act}_{state}", found[0].name, details)
            return _publication((await database.rows(sql.ACT, (publication,)))[0])

        return await self._writer.do(run)

    # --- looking -----------------------------------------------------------------------------------------------------

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

    async def versions(self, name: str, *, kind: Kind = "flow") -> Sequence[Publication]:
        """Everything that was done to what is live of this name, oldest first; revisions are counted from 1."""
        numbers: dict[str, int] = {}
        found = []
        for row in await self._reader.rows(sql.ACTS, (kind, name)):
            version = numbers.setdefault(row[3], len(numbers) + 1)
            found.append(_publication(row, version))
        return found

    async def unconfirmed(self) -> Sequence[Publication]:
        """What one person did alone and nobody has confirmed yet, oldest first."""
        return [_publication(row) for row in await self._reader.rows(sql.UNCONFIRMED)]

    async def codes(self) -> Sequence[Code]:
        """Every menu number, code and keyword that citizens were given."""
        return [Code(*row) for row in await self._reader.rows(sql.CODES)]

    async def edition(self, kind: Literal["table", "phrases"], name: str, digest: str) -> str | None:
        """The text of a published table or phrases."""
        rows = await self._reader.rows(sql.EDITION, (kind, name, digest))
        return str(rows[0][0]) if rows else None


async def catalogue_of(database: Database) -> Catalogue:
    """Read the catalogue."""
    live_rows = await database.rows(sql.LIVE)
    live = {flow: digest for flow, digest, _, _ in live_rows}
    paused = frozenset(flow for flow, _, stopped, _ in live_rows if stopped)
    said = {flow: json.loads(words) for flow, _, stopped, words in live_rows if stopped and words}
    tried = frozenset(row[0] for row in await database.rows(sql.NEVER_PUBLISHED))
    known = {
        digest: Published(
            digest, flow, json.loads(files), at, live.get(flow) == digest, flow in paused, digest in tried
        )
        for digest, flow, files, at in await database.rows(sql.REVISIONS)
    }
    trying: dict[bytes, dict[str, tuple[str, int]]] = {}
    for flow, caller, _, digest, _, _, until in await database.rows(sql.TRIALS):
        trying.setdefault(caller, {})[flow] = (digest, until)
    editions = [Edition(*row) for row in await database.rows(sql.IN_USE)]
    return Catalogue(known, live, paused, said, editions, tried, trying)


def _claims(files: Mapping[str, str]) -> tuple[Claim, ...]:
    """The ways in that a revision names. One that cannot be read (any more) offers none: nobody can dial it."""
    name, text = next(iter(files.items()), ("", ""))
    try:
        return tuple(claims(load(text, name)))
    except FlowFault:
        return ()


async def _make_live(database: Database, flow: str, digest: str, named: Sequence[Claim], now: int) -> None:
    codes = {(row[0], row[1]): Code(*row) for row in await database.rows(sql.CODES)}
    for claim in named:
        code = codes.get((claim.kind, claim.value))
        if code is not None and code.flow != flow:
            raise ConfigFault(f"{flow}: {sentence(claim, code)}", hint="see: sala flow codes")
        await database.rows(sql.TAKE_CODE, (claim.kind, claim.value, flow, now))
    kept = {(claim.kind, claim.value) for claim in named}
    for place, code in codes.items():
        if code.flow == flow and not code.until and place not in kept:
            await database.rows(sql.RETIRE_CODE, (now, *place))
    await database.rows(sql.SET_LIVE, (flow, digest, now))


async def _settle(database: Database, why: Why, digest: str) -> None:
    """The proposal is live with what comes from it."""
    if why.proposal and not await database.rows(drafts_sql.SETTLE, ("live", digest, "", "", why.proposal)):
        raise DraftFault(f"proposal {why.proposal} was called back")


async def _end_draft(database: Database, place: tuple[Kind, str], text: str, digest: str, now: int) -> None:
    """A draft that says what is live now ends; one that has said it on its way goes on from it."""
    kind, name = place
    found = await database.rows(drafts_sql.DRAFT, (kind, name))
    if not found or not found[0][2]:
        return
    if found[0][5] == text:
        await close_draft(database, kind, name, "published", found[0][3], "", now)
    elif await database.rows(drafts_sql.IS_SAVED, (kind, name, text)):
        await database.rows(drafts_sql.REBASE, (digest, kind, name))


async def _act(database: Database, row: tuple[str, str, str, str, str, int, str, str]) -> int:
    kind, name, digest, act, actor, at, note, proposer = row
    number = int((await database.rows(sql.ADD_PUBLICATION, row))[0][0])
    if actor not in MACHINES:
        details = {"digest": digest, "note": note} | ({"proposed by": proposer} if proposer else {})
        await audit.note(database, at, actor, f"{kind}_{act}", name, details)
    return number


async def _live(database: Database, kind: Kind, name: str) -> str:
    if kind == "flow":
        return {str(row[0]): str(row[1]) for row in await database.rows(sql.LIVE)}.get(name, "")
    rows = await database.rows(sql.DIGEST_IN_USE, (kind, name))
    return str(rows[0][0]) if rows else ""


async def _before(database: Database, kind: Kind, name: str, live: str) -> str:
    rows = await database.rows(sql.BEFORE_LIVE, (kind, name, live))
    return str(rows[0][0]) if rows else ""


def _publication(row: Row, version: int = 0) -> Publication:
    return replace(Publication(*row), version=version)
