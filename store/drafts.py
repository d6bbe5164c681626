"""Drafts of flows, tables and phrases: what is being edited, by whom, and what a second person has said to it.

Nothing here touches what is live: an approved proposal is taken into use by `store/library.py` and its callers.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from store import audit, drafts_sql
from store.clock import Clock
from store.database import Database, Row
from store.draft_values import (
    ApprovalFault,
    Comment,
    Draft,
    DraftAct,
    DraftFault,
    DraftHead,
    Kind,
    Proposal,
    ProposalState,
    Stale,
    person,
)
from store.writer import Writer

MOST_SAVES: Final = 300
"""Texts of one draft that undo can go back to; older ones go, their line in the history stays."""

MOST_TEXT: Final = 1024 * 1024
"""Characters of one text: four times the largest flow, and a table of twenty thousand places."""

MOST_NOTE: Final = 2_000
"""Characters of a note or a comment."""


class Drafts:
    """The rows `draft`, `draft_save`, `draft_act`, `remark` and `proposal`."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, *, two_persons: bool = True) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self.two_persons = two_persons

    # --- editing -----------------------------------------------------------------------------------------------------

    async def list(self) -> Sequence[DraftHead]:
        """The open drafts."""
        return [DraftHead(*row) for row in await self._reader.rows(drafts_sql.DRAFTS)]

    async def open(self, name: str, *, kind: Kind = "flow", otherwise: str = "") -> Draft:
        """The draft; where none is open, what is live; where nothing is live, `otherwise`. Nothing is written."""
        return await _open(self._reader, kind, name, otherwise)

    async def save(
        self,
        name: str,
        text: str,
        *,
        expected: int,
        by: str,
        note: str = "",
        kind: Kind = "flow",
        otherwise: str = "",
    ) -> int | Stale:
        """Keep a text, if the draft is still at the version `expected`; returns the new version.

        The same text again is not written again, so that a form may be sent twice. `otherwise` is the text that the
        draft was begun from where nothing is live, so that undo can go back to it.

        Raises:
            DraftFault: the text is too long.
        """
        if len(text) > MOST_TEXT:
            raise DraftFault(f"{name}: {len(text):,} characters are more than a draft may have")
        now = self._clock.steady()

        async def run(database: Database) -> int | Stale:
            await database.begin()
            draft = await _open(database, kind, name, otherwise)
            if draft.text == text and draft.at:
                return draft.version
            if draft.version != expected:
                said = draft.text if draft.at else ""
                before = await _begun(database, kind, name, expected)
                return Stale(draft.by, draft.at, draft.version, said, text, before)
            return await _save(database, draft, text, by, _short(note), now)

        return await self._writer.do(run)

    async def overtaken(self, name: str, expected: int, *, kind: Kind = "flow") -> Stale | None:
        """Who has saved since the version `expected`; None when nobody has. Nothing is written."""
        draft = await _open(self._reader, kind, name, "")
        if draft.version == expected or not draft.at:
            return None
        before = await _begun(self._reader, kind, name, expected)
        return Stale(draft.by, draft.at, draft.version, draft.text, "", before)

    async def undo(self, name: str, by: str, *, kind: Kind = "flow", expected: int | None = None) -> Draft | Stale:
        """Go back by one save.

        Raises:
            DraftFault: there is nothing to go back to.
        """
        return await self._step(kind, name, by, "undo", expected)

    async def redo(self, name: str, by: str, *, kind: Kind = "flow", expected: int | None = None) -> Draft | Stale:
        """Take the last undo back; where two texts were made on this one, the newer.

        Raises:
            DraftFault: nothing was undone.
        """
        return await self._step(kind, name, by, "redo", expected)

    async def _step(self, kind: Kind, name: str, by: str, what: str, expected: int | None) -> Draft | Stale:
        now = self._clock.steady()

        async def run(database: Database) -> Draft | Stale:
            await database.begin()
            rows = await database.rows(drafts_sql.DRAFT, (kind, name))
            if not rows or not rows[0][2]:
                raise DraftFault(f"no draft of {name} is open")
            base, version, save, actor, at, text, before, _ = rows[0]
            if expected is not None and version != expected:
                return Stale(actor, at, version, text, "", "")
            target = before
            if what == "redo":
                target = (await database.rows(drafts_sql.AFTER_SAVE, (kind, name, save)))[0][0]
            if not target:
                raise DraftFault(f"there is nothing to {what} in {name}")
            await _move(database, (kind, name), (base, version + 1, target), what, by, "", now)
            return await _open(database, kind, name, "")

        return await self._writer.do(run)

    async def discard(self, name: str, by: str, *, kind: Kind = "flow", note: str = "") -> None:
        """Give a draft up; its history stays, its texts go.

        Raises:
            DraftFault: none is open.
        """
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            if not await close_draft(database, kind, name, "discard", by, _short(note), now):
                raise DraftFault(f"no draft of {name} is open")

        await self._writer.do(run)

    async def history(self, name: str, *, kind: Kind = "flow", most: int = 200) -> Sequence[DraftAct]:
        """What happened to the draft, newest first."""
        return [DraftAct(*row) for row in await self._reader.rows(drafts_sql.DRAFT_ACTS, (kind, name, most))]

    async def text_at(self, name: str, version: int, *, kind: Kind = "flow") -> str | None:
        """The text that the draft had at a version; None when it is no longer kept."""
        rows = await self._reader.rows(drafts_sql.TEXT_AT, (kind, name, version))
        return str(rows[0][0]) if rows else None

    # --- comments ----------------------------------------------------------------------------------------------------

    async def comment(self, name: str, step: str, text: str, by: str, *, kind: Kind = "flow") -> int:
        """Say something of a step ("" of the whole); returns its number. The same again, while it is open, is one.

        Raises:
            DraftFault: nothing was said.
        """
        if not text.strip():
            raise DraftFault("a comment without a word")
        row = (kind, name, step, _short(text), by, self._clock.steady())

        async def run(database: Database) -> int:
            await database.begin()
            said = await database.rows(drafts_sql.SAME_REMARK, row[:5])
            return int((said or await database.rows(drafts_sql.ADD_REMARK, row))[0][0])

        return await self._writer.do(run)

    async def comments(self, name: str, *, kind: Kind = "flow") -> Sequence[Comment]:
        """Everything that was said, oldest first."""
        return [Comment(*row) for row in await self._reader.rows(drafts_sql.REMARKS, (kind, name))]

    async def settle(self, comment: int, by: str) -> None:
        """A comment is dealt with.

        Raises:
            DraftFault: there is no such open comment.
        """
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            if not await database.rows(drafts_sql.SETTLE_REMARK, (by, now, comment)):
                raise DraftFault(f"there is no open comment {comment}")

        await self._writer.do(run)

    # --- proposals ---------------------------------------------------------------------------------------------------

    async def propose(
        self,
        name: str,
        by: str,
        note: str,
        active_from: int | None = None,
        *,
        kind: Kind = "flow",
        files: Mapping[str, str] | None = None,
        digest: str = "",
    ) -> int:
        """Propose the draft as it stands now (or `files`); returns the proposal's number.

        It takes the place of one that nobody has decided yet.

        Raises:
            DraftFault: no draft is open and no files are given, or the note is empty.
        """
        if not note.strip():
            raise DraftFault("say in the note what changes and why", hint="who approves it reads the note first")
        now = self._clock.steady()

        async def run(database: Database) -> int:
            await database.begin()
            draft = await _open(database, kind, name, "")
            if files is None and not draft.at:
                raise DraftFault(f"no draft of {name} is open")
            texts = json.dumps(dict(files or {file_name(kind, name): draft.text}), ensure_ascii=False)
            base = draft.base_revision if draft.at else await _live_digest(database, kind, name)
            await database.rows(drafts_sql.REPLACE_OPEN, (by, now, kind, name))
            row = (kind, name, digest, base, texts, _short(note), active_from or 0, by, now)
            number = int((await database.rows(drafts_sql.ADD_PROPOSAL, row))[0][0])
            details = {"proposal": number, "note": _short(note), "from": active_from or 0}
            await audit.note(database, now, by, f"{kind}_proposed", name, details)
            return number

        return await self._writer.do(run)

    async def proposal(self, proposal: int) -> Proposal:
        """One of them.

        Raises:
            DraftFault: there is none of this number.
        """
        return await _proposal(self._reader, proposal)

    async def proposals(self, *, all_of_them: int = 0) -> Sequence[Proposal]:
        """What waits for a second person or for its time, oldest first; or the newest `all_of_them`, decided or not."""
        if all_of_them:
            rows = await self._reader.rows(drafts_sql.ALL_PROPOSALS, (all_of_them,))
        else:
            rows = await self._reader.rows(drafts_sql.PROPOSALS)
        return [_proposal_of(row) for row in rows]

    async def due(self) -> Sequence[Proposal]:
        """What is approved and has reached its time."""
        return [_proposal_of(row) for row in await self._reader.rows(drafts_sql.DUE, (self._clock.now(),))]

    async def approve(self, proposal: int, by: str, note: str = "") -> Proposal:
        """Say yes to a proposal; it is taken into use when its time has come.

        Raises:
            ApprovalFault: who proposed it cannot approve it. DraftFault: it does not wait for anybody.
        """
        return await self._decide(proposal, by, "approved", note)

    async def refuse(self, proposal: int, by: str, note: str) -> Proposal:
        """Say no, or call back what is approved and not yet live; also who proposed it may.

        Raises:
            DraftFault: it is decided already, or the note is empty.
        """
        if not note.strip():
            raise DraftFault("say why: the note is what helps who proposed it")
        return await self._decide(proposal, by, "refused", note)

    async def fail(self, proposal: int, reason: str) -> None:
        """What was approved could not be taken into use; the reason stands where the note was."""

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(drafts_sql.SETTLE, ("failed", "", reason, reason, proposal))

        await self._writer.do(run)

    async def _decide(self, proposal: int, by: str, state: ProposalState, note: str) -> Proposal:
        now = self._clock.steady()

        async def run(database: Database) -> Proposal:
            await database.begin()
            found = await _proposal(database, proposal)
            if found.state not in ({"open"} if state == "approved" else {"open", "approved"}):
                raise DraftFault(f"proposal {proposal} is {found.state} already")
            if state == "approved" and self.two_persons and person(by) == person(found.by):
                raise ApprovalFault(
                    f"{found.by} proposed {found.name}: another person approves it",
                    hint="two pairs of eyes; sala flow proposals lists what waits",
                )
            await database.rows(drafts_sql.DECIDE, (state, by, now, _short(note), proposal, found.state))
            details = {"proposal": proposal, "note": _short(note)}
            await audit.note(database, now, by, f"{found.kind}_{state}", found.name, details)
            return await _proposal(database, proposal)

        return await self._writer.do(run)


def file_name(kind: Kind, name: str) -> str:
    """What the proposed text is called among its files."""
    return f"{name}.{ {'flow': 'yaml', 'table': 'csv', 'phrases': 'toml'}[kind] }"


async def close_draft(database: Database, kind: Kind, name: str, what: str, by: str, note: str, now: int) -> bool:
    """End an open draft within the caller's transaction; whether there was one."""
    rows = await database.rows(drafts_sql.DRAFT, (kind, name))
    if not rows or not rows[0][2]:
        return False
    await _move(database, (kind, name), ("", rows[0][1] + 1, 0), what, by, note, now)
    await database.rows(drafts_sql.DROP_SAVES, (kind, name))
    return True


async def _open(database: Database, kind: Kind, name: str, otherwise: str) -> Draft:
    rows = await database.rows(drafts_sql.DRAFT, (kind, name))
    live, text = await _live(database, kind, name)
    if rows and rows[0][2]:
        base, version, _, actor, at, saved, before, more = rows[0]
        return Draft(name, saved, base, version, actor, at, kind, before != 0, bool(more), live != base)
    return Draft(name, text or otherwise, live, rows[0][1] if rows else 0, "", 0, kind)


async def _begun(database: Database, kind: Kind, name: str, expected: int) -> str:
    """The text of a version; that of what was live, where no draft was open then; "" when it is no longer kept."""
    for statement, version in ((drafts_sql.TEXT_AT, expected), (drafts_sql.TEXT_OPENED, expected + 1)):
        rows = await database.rows(statement, (kind, name, version))
        if rows:
            return str(rows[0][0])
    return ""


async def _live(database: Database, kind: Kind, name: str) -> tuple[str, str]:
    """The digest and the text of what is live; empty when nothing is."""
    if kind != "flow":
        rows = await database.rows(drafts_sql.IN_USE, (kind, name))
        return (rows[0][0], rows[0][1]) if rows else ("", "")
    rows = await database.rows(drafts_sql.LIVE_FLOW, (name,))
    return (rows[0][0], next(iter(json.loads(rows[0][1]).values()), "")) if rows else ("", "")


async def _live_digest(database: Database, kind: Kind, name: str) -> str:
    return (await _live(database, kind, name))[0]


async def _save(database: Database, draft: Draft, text: str, by: str, note: str, now: int) -> int:
    place = (draft.kind, draft.id)
    version = draft.version
    if draft.at:
        on = (await database.rows(drafts_sql.DRAFT, place))[0][2]
    else:
        # The text that it begins from is a save as well: undo goes back to it.
        on = (await database.rows(drafts_sql.ADD_SAVE, (*place, 0, draft.text)))[0][0]
        version += 1
        await _move(database, place, (draft.base_revision, version, on), "open", by, "", now)
    saved = (await database.rows(drafts_sql.ADD_SAVE, (*place, on, text)))[0][0]
    await _move(database, place, (draft.base_revision, version + 1, saved), "save", by, note, now)
    await database.rows(drafts_sql.OLD_SAVES, (*place, *place, MOST_SAVES))
    return version + 1


async def _move(
    database: Database,
    place: tuple[str, str],
    to: tuple[str, int, int],
    what: str,
    by: str,
    note: str,
    now: int,
) -> None:
    base, version, save = to
    await database.rows(drafts_sql.SET_DRAFT, (*place, base, version, save, by, now))
    await database.rows(drafts_sql.ADD_DRAFT_ACT, (*place, version, what, save, by, now, note))


async def _proposal(database: Database, proposal: int) -> Proposal:
    rows = await database.rows(drafts_sql.PROPOSAL, (proposal,))
    if not rows:
        raise DraftFault(f"there is no proposal {proposal}", hint="see: sala flow proposals")
    return _proposal_of(rows[0])


def _proposal_of(row: Row) -> Proposal:
    values: list[Any] = list(row)
    values[5] = json.loads(values[5])
    return Proposal(*values)


def _short(text: str) -> str:
    return text.strip()[:MOST_NOTE]
