"""Which nodes may deliver: their secrets, drawn at enrolment and checked against every request.

An office that answers for several agencies enrols a node once for each, as `NODE/AGENCY`: each has its own secret and
its own feed, so that no agency is told what another has decided.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync import signing


@dataclass(frozen=True, slots=True)
class Node:
    """An enrolled node as one request proved it to be; `key` signs the answer."""

    name: str
    key: bytes
    hub: bool

    @property
    def source(self) -> str:
        """What the submissions of this node say that they come from."""
        return source_of(self.name)


def source_of(name: str) -> str:
    """What the submissions of a node say that they come from; `name` is that of an enrolment."""
    return f"urn:sala:node:{name.partition('/')[0]}"


def enrol(connection: Any, name: str, *, hub: bool = False) -> str:
    """Draw a secret for a node and return it; an earlier one stays good until the new one is first used."""
    secret = signing.new_secret()
    latest = connection.execute("SELECT MAX(at) FROM node WHERE name = ?", (name,)).fetchone()[0] or 0
    at = max(int(time.time()), latest + 1)  # in order, even within a second or after the clock went back
    connection.execute("INSERT INTO node VALUES (?, ?, ?, ?, 0)", (name, secret, int(hub), at))
    return secret


def identify(connection: Any, headers: Mapping[str, str], body: bytes) -> Node | None:
    """Return the node whose secret signed this request, or None."""
    for name, secret, hub, at, used in connection.execute(
        "SELECT name, secret, hub, at, used FROM node ORDER BY at DESC"
    ):
        key = signing.key_of(secret)
        if signing.verify(key, headers, body):
            if not used:
                _replace(connection, name, secret, at)
            return Node(name, key, bool(hub))
    return None


def prints(connection: Any) -> list[tuple[str, str]]:
    """Each enrolled node's name with its secret's fingerprint, newest first; an older secret until it is replaced."""
    rows = connection.execute("SELECT name, secret FROM node ORDER BY name, at DESC").fetchall()
    return [(name, signing.fingerprint(signing.key_of(secret))) for name, secret in rows]


def _replace(connection: Any, name: str, secret: str, at: int) -> None:
    """Drop the older secrets of a node that has begun to use its new one."""
    connection.execute("UPDATE node SET used = 1 WHERE name = ? AND secret = ?", (name, secret))
    connection.execute("DELETE FROM node WHERE name = ? AND secret <> ? AND at < ?", (name, secret, at))
