"""Accounts of the desk and who is signed in: rows on the node, so that they work without a link and can be revoked."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flows.errors import Fault, StoreFault
from store import desk_sql
from store.audit import note
from store.clock import Clock
from store.database import Database, Row
from store.scope import Scope
from store.writer import Writer

IDLE: Final = 8 * 3600
"""Seconds without a click after which somebody is signed out; a working day."""

LONGEST: Final = 16 * 3600
"""Seconds that one sign-in lasts at most."""

SEEN_EVERY: Final = 300
"""Seconds between two notes that a sitting is alive: a click is no reason to write."""

TRIES: Final = 5
"""Wrong passwords in a row before an account rests."""

REST: Final[Sequence[int]] = (60, 300, 900, 3600)
"""Seconds that it rests: after the fifth wrong password, the sixth, and so on; never for ever, so that nobody can lock
somebody else out for good."""


def rest(wrong: int) -> int:
    """Seconds that an account rests after so many wrong passwords in a row; 0 for fewer than `TRIES`."""
    return REST[min(wrong - TRIES, len(REST) - 1)] if wrong >= TRIES else 0


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `fresh`: the password was given by somebody else and must be changed at the next sign-in.

    `secret` is the TOTP key (empty: no second factor), `step` the last step used. `subject` names the person at the
    ministry's sign-in. `looked_at` is when the news were last read.
    """

    name: str
    shown: str
    password: str
    roles: tuple[str, ...]
    scope: Scope
    language: str
    secret: bytes
    step: int
    wrong: int
    locked_until: int
    fresh: bool
    active: bool
    subject: str
    looked_at: int
    at: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An account to be made; `password` is a hash ("": only the ministry's sign-in opens it)."""

    name: str
    password: str
    roles: Sequence[str]
    scope: Scope
    shown: str = ""
    language: str = ""
    fresh: bool = True
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One sign-in in one browser."""

    key: bytes
    account: str
    token: str
    at: int
    seen_at: int
    browser: str = ""


def key_of(cookie: str) -> bytes:
    """What is kept of a cookie or a code: a read of the disk opens no session."""
    return hashlib.sha256(cookie.encode()).digest()


class LastOneFault(Fault):
    """Nobody would be left with this role."""

    code = "last_one"
    ours = False


class Users:
    """What signing in needs; whether a password is right is the caller's to find out, outside any transaction."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def get(self, name: str) -> Account | None:
        """One account."""
        rows = await self._reader.rows(desk_sql.ACCOUNT, (name,))
        return _account(rows[0]) if rows else None

    async def by_subject(self, subject: str) -> Account | None:
        """The account of somebody whom the ministry's sign-in names."""
        rows = await self._reader.rows(desk_sql.ACCOUNT_BY_SUBJECT, (subject,))
        return _account(rows[0]) if rows else None

    async def everybody(self) -> list[Account]:
        """All accounts, by name."""
        return [_account(row) for row in await self._reader.rows(desk_sql.ACCOUNTS)]

    async def add(self, new: Newcomer, *, by: str) -> None:
        """Make an account.

        Raises:
            StoreFault: the name is taken.
        """
        name, roles, scope, now = new.name, new.roles, new.scope, self._clock.steady()
        values = (
            name,
            new.shown or name,
            new.password,
            json.dumps(list(roles)),
            json.dumps(list(scope.districts)),
            json.dumps(list(scope.agencies)),
            new.language,
            b"",
            int(new.fresh),
            new.subject,
            now,
        )

        async def run(database: Database) -> None:
            await database.begin()
            if not await database.rows(desk_sql.ADD_ACCOUNT, values):
                raise StoreFault(f"there is a user {name} already", hint="choose another name")
            await note(database, now, by, "user_added", name, _rights(roles, scope))

        await self._writer.do(run)

    async def set_password(self, name: str, password: str, *, by: str, fresh: bool, keep: bytes = b"") -> None:
        """Give it another password (a hash), and end all its sittings but the one whose key is `keep`."""
        steps: list[tuple[str, Sequence[Any]]] = [
            (desk_sql.SET_PASSWORD, (password, int(fresh), name)),
            (desk_sql.END_SITTINGS, (name, keep)),
        ]
        await self._do(steps, by, "password_reset" if fresh else "password_changed", name)

    async def set_rights(
        self, name: str, roles: Sequence[str], scope: Scope, *, by: str, shown: str, active: bool, keep: str = ""
    ) -> None:
        """Change what it may do, at once for those who are signed in; inactive: they are signed out.

        Raises:
            LastOneFault: no open account would have the role `keep` any more; nothing was changed.
        """
        values = (
            shown or name,
            json.dumps(list(roles)),
            json.dumps(list(scope.districts)),
            json.dumps(list(scope.agencies)),
            int(active),
            name,
        )
        steps: list[tuple[str, Sequence[Any]]] = [(desk_sql.SET_RIGHTS, values)]
        if not active:
            steps.append((desk_sql.END_SITTINGS, (name, b"")))
        details, now = {**_rights(roles, scope), "active": active}, self._clock.steady()

        async def run(database: Database) -> None:
            await _run(database, steps)
            left = await database.rows(desk_sql.ACTIVE_ROLES)
            if keep and not any(keep in json.loads(row[0]) for row in left):
                raise LastOneFault(f"{name} is the last {keep}", hint=f"give somebody else the role {keep} first")
            await note(database, now, by, "user_changed", name, details)

        await self._writer.do(run)

    async def set_secret(self, name: str, secret: bytes, codes: Sequence[str], *, by: str) -> None:
        """Begin (or, with an empty secret, end) a second factor; `codes` each open it once."""
        steps: list[tuple[str, Sequence[Any]]] = [
            (desk_sql.SET_SECRET, (secret, name)),
            (desk_sql.FORGET_CODES, (name,)),
            *((desk_sql.ADD_CODE, (name, key_of(code), "", 0)) for code in codes),
        ]
        await self._do(steps, by, "second_factor_on" if secret else "second_factor_off", name)

    async def vouch(self, name: str, code: str, witness: str, until: int) -> None:
        """Let `code` stand for the second factor once, until then: somebody who is signed in has seen the person."""
        steps: list[tuple[str, Sequence[Any]]] = [(desk_sql.ADD_CODE, (name, key_of(code), witness, until))]
        await self._do(steps, witness, "witnessed_unlock", name)

    async def set_language(self, name: str, language: str) -> None:
        """The language of her pages."""
        await self._writer.do(lambda database: _run(database, [(desk_sql.SET_LANGUAGE, (language, name))]))

    async def looked(self, name: str, at: int = 0) -> None:
        """She has read the news up to then (epoch seconds; 0: now), and not beyond."""
        now = self._clock.steady()
        read = min(at, now) if at else now
        await self._writer.do(lambda database: _run(database, [(desk_sql.SET_LOOKED, (read, name))]))

    async def wrong(self, name: str) -> int:
        """Count a wrong password, before it is looked at whether it is one; until when the account rests (0: no)."""

        async def run(database: Database) -> int:
            await database.begin()
            rows = await database.rows(desk_sql.ACCOUNT, (name,))
            if not rows:
                return 0
            found, now = _account(rows[0]), self._clock.steady()
            if found.locked_until > now:
                return found.locked_until
            seconds = rest(found.wrong + 1)
            until = now + seconds if seconds else 0
            await database.rows(desk_sql.COUNT_WRONG, (until, name))
            if until:
                await note(database, now, name, "locked", name, {"wrong": found.wrong + 1})
            # The guess that fills the measure is still looked at: who knows the password is let in.
            return 0

        return await self._writer.do(run)

    async def right(self, name: str) -> None:
        """Take the count of wrong passwords back."""
        await self._writer.do(lambda database: _run(database, [(desk_sql.RIGHT, (name,))]))

    async def use_step(self, name: str, step: int) -> bool:
        """Use a step of the second factor; False when it, or a later one, was used."""

        async def run(database: Database) -> bool:
            await database.begin()
            return bool(await database.rows(desk_sql.SET_STEP, (step, name, step)))

        return await self._writer.do(run)

    async def use_code(self, name: str, code: str) -> str | None:
        """Use up a printed or witnessed code; the witness ("" for a printed one), None when it is no such code."""
        now = self._clock.steady()

        async def run(database: Database) -> str | None:
            await database.begin()
            rows = await database.rows(desk_sql.USE_CODE, (name, key_of(code), now))
            return str(rows[0][0]) if rows else None

        return await self._writer.do(run)

    async def codes_left(self, name: str) -> int:
        """How many printed codes are unused."""
        return int((await self._reader.rows(desk_sql.COUNT_CODES, (name,)))[0][0])

    async def enter(self, name: str, browser: str, how: str) -> tuple[str, str]:
        """Begin a sitting; returns its cookie and the token of its forms, 256 bits each."""
        cookie, token, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(desk_sql.END_OLD, (now,))
            await database.rows(desk_sql.RIGHT, (name,))
            row = (key_of(cookie), name, token, browser[:120], now, now, now + IDLE)
            await database.rows(desk_sql.ADD_SITTING, row)
            await note(database, now, name, "signed_in", name, {"how": how})

        await self._writer.do(run)
        return cookie, token

    async def sitting(self, cookie: str, *, alive: bool = True) -> tuple[Account, Sitting] | None:
        """Whose cookie this is; None when it is nobody's, over, revoked, or of an account that was closed.

        `alive`: it is a sign that somebody is there, so the sitting lasts on from now.
        """
        now, key = self._clock.steady(), key_of(cookie)
        rows = await self._reader.rows(desk_sql.SITTING, (key, now))
        account = await self.get(rows[0][0]) if rows else None
        if account is None or now - rows[0][2] > LONGEST:
            return None
        name, token, at, seen_at, _ = rows[0]
        if alive and now - seen_at > SEEN_EVERY:
            await self._writer.do(lambda database: _run(database, [(desk_sql.SEEN, (now, now + IDLE, key))]))
        return account, Sitting(key, name, token, at, seen_at)

    async def sittings(self, name: str) -> list[Sitting]:
        """Where this person is signed in, the newest first; without the tokens."""
        rows = await self._reader.rows(desk_sql.SITTINGS, (name, self._clock.steady()))
        return [Sitting(bytes(key), name, "", at, seen_at, browser) for key, browser, at, seen_at in rows]

    async def leave(self, name: str, key: bytes) -> None:
        """End one sitting of this person."""
        await self._do([(desk_sql.END_ONE_OF, (name, key))], name, "signed_out", name)

    async def revoke(self, name: str, *, by: str) -> None:
        """End all sittings of this person."""
        await self._do([(desk_sql.END_SITTINGS, (name, b""))], by, "sittings_ended", name)

    async def _do(
        self,
        steps: Sequence[tuple[str, Sequence[Any]]],
        by: str,
        act: str,
        name: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await _run(database, steps)
            await note(database, now, by, act, name, details)

        await self._writer.do(run)


async def _run(database: Database, steps: Sequence[tuple[str, Sequence[Any]]]) -> None:
    await database.begin()
    for statement, values in steps:
        await database.rows(statement, values)


def _rights(roles: Sequence[str], scope: Scope) -> dict[str, Any]:
    return {"roles": list(roles), "districts": list(scope.districts), "agencies": list(scope.agencies)}


def _account(row: Row) -> Account:
    name, shown, password, roles, districts, agencies, language, secret, step, wrong, locked, fresh, active, *rest = row
    subject, looked_at, at = rest
    return Account(
        name=name,
        shown=shown,
        password=password,
        roles=tuple(json.loads(roles)),
        scope=Scope(tuple(json.loads(districts)), tuple(json.loads(agencies))),
        language=language,
        secret=bytes(secret),
        step=step,
        wrong=wrong,
        locked_until=locked,
        fresh=bool(fresh),
        active=bool(active),
        subject=subject,
        looked_at=looked_at,
        at=at,
    )
