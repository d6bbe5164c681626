"""Accounts of the desk for the commands: added, given a new password, listed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from console import accounts, roles, secrets
from flows.errors import ConfigFault
from sala.beside import beside
from sala.config import Config
from sala.services import actor
from store.memory import Memory
from store.scope import Scope
from store.users import Account, Newcomer

HUB: Final = "hub"
"""Who changed an account, when it came down."""

_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "user_bad_name": ("no good user name", "2 to 40 of a-z, 0-9, dot, - and _"),
    "user_no_role": ("no role is given", f"there are: {', '.join(roles.ROLES)}"),
    "user_bad_role": ("{what} is no role", f"there are: {', '.join(roles.ROLES)}"),
    "user_bad_district": ("{what} is no code of a district", "for example LA0901; LA09 is the whole province"),
}


def add(
    config: Config,
    name: str,
    held: Sequence[str],
    scope: Scope,
    shown: str = "",
    subject: str = "",
) -> str:
    """Make an account; returns its first password, which is changed at the first sign-in.

    Raises:
        ConfigFault: no such role, or no good name. StoreFault: the name is taken.
    """
    new = newcomer(name, held, scope, shown, subject)
    password = secrets.draw_password()
    asyncio.run(_add(config, new, password))
    return password


def newcomer(name: str, held: Sequence[str], scope: Scope, shown: str = "", subject: str = "") -> Newcomer:
    """An account without its password.

    Raises:
        ConfigFault: no such role, or no good name.
    """
    wrong, what = accounts.mistake(name, held, scope)
    if wrong:
        said, hint = _SAID[wrong]
        raise ConfigFault(f"{name}: {said.format(what=what)}", hint=hint)
    return Newcomer(name, "", held, scope, shown=shown, subject=subject)


async def _add(config: Config, new: Newcomer, password: str) -> None:
    async with beside(config) as memory:
        hashed = secrets.hash_password(password)
        await memory.users.add(replace(new, password=hashed), by=actor())


def sent(config: Config, name: str) -> dict[str, Any]:
    """An account of this hub as it goes down to nodes: rights and the password's hash, never a second factor.

    Raises:
        ConfigFault: no such user.
    """
    found = next((one for one in asyncio.run(_everybody(config)) if one.name == name), None)
    if found is None:
        raise ConfigFault(f"there is no user {name}", hint="see: sala user list")
    return {
        "roles": list(found.roles),
        "districts": list(found.scope.districts),
        "agencies": list(found.scope.agencies),
        "shown": found.shown,
        "language": found.language,
        "password": found.password,
        "fresh": found.fresh,
        "subject": found.subject,
        "active": found.active,
    }


async def receive(memory: Memory, name: str, body: Mapping[str, Any]) -> None:
    """Make or change an account as the hub has it; one that was closed there is signed out here.

    Raises:
        ConfigFault: it is no account that this version knows.
    """
    try:
        scope = Scope(_texts(body, "districts"), _texts(body, "agencies"))
        checked = newcomer(name, _texts(body, "roles"), scope, str(body["shown"]))
        password, fresh = str(body["password"]), body["fresh"] is True
    except (KeyError, TypeError) as missing:
        raise ConfigFault(f"{name}: no account that this version knows", hint="update Sala on this node") from missing
    before = await memory.users.get(name)
    if before is None:
        language, subject = str(body.get("language", "")), str(body.get("subject", ""))
        await memory.users.add(
            replace(checked, password=password, language=language, fresh=fresh, subject=subject), by=HUB
        )
    elif before.password != password:
        await memory.users.set_password(name, password, by=HUB, fresh=fresh)
    active = body.get("active") is not False
    await memory.users.set_rights(name, checked.roles, scope, by=HUB, shown=checked.shown, active=active)


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = body[name]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise TypeError(name)
    return tuple(found)


def reset(config: Config, name: str) -> str:
    """Give it a new password, end its sittings and its second factor; returns the password.

    Raises:
        ConfigFault: no such user.
    """
    return asyncio.run(_reset(config, name))


async def _reset(config: Config, name: str) -> str:
    password = secrets.draw_password()
    async with beside(config) as memory:
        if await memory.users.get(name) is None:
            raise ConfigFault(f"there is no user {name}", hint="see: sala user list")
        await memory.users.set_password(name, secrets.hash_password(password), by=actor(), fresh=True)
        await memory.users.set_secret(name, b"", (), by=actor())
    return password


def everybody(config: Config) -> list[dict[str, Any]]:
    """All accounts, without anything secret."""
    return [_row(one) for one in asyncio.run(_everybody(config))]


async def _everybody(config: Config) -> list[Account]:
    async with beside(config) as memory:
        return await memory.users.everybody()


def _row(one: Account) -> dict[str, Any]:
    return {
        "user": one.name,
        "roles": ", ".join(one.roles),
        "districts": ", ".join(one.scope.districts) or "none",
        "agencies": ", ".join(one.scope.agencies) or "none",
        "second factor": "yes" if one.secret else "no",
        "state": "closed" if not one.active else "new" if one.fresh else "active",
    }
