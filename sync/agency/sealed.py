"""Bodies that a node has sealed to this agency's public key (the node's `seal_to`), opened to be read."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyrage

from flows.errors import KeyFault
from store.durable import create

_DEPTH: Final = 20
"""Earlier revisions of one case that are looked through for answers that a correction left as they were."""


def new_identity() -> str:
    """Draw an age identity, AGE-SECRET-KEY-1..."""
    return str(pyrage.x25519.Identity.generate())


def write_identity(file: Path) -> str:
    """Write a fresh identity for its owner alone, and return its public half.

    Raises:
        KeyFault: the file exists, or cannot be written.
    """
    identity = new_identity()
    try:
        create(file, f"{identity}\n".encode())
    except FileExistsError:
        raise KeyFault(f"{file}: there is a file already", hint="a key is never written over") from None
    except OSError as fault:
        raise KeyFault(f"{file}: cannot be written: {fault.strerror}") from None
    return Opener(identity).public


class Opener:
    """The agency's age identities, the newest first; raises `KeyFault` when a line is none."""

    def __init__(self, identities: str) -> None:
        """Take what is written, one on a line."""
        try:
            self._identities = [pyrage.x25519.Identity.from_str(line) for line in identities.split()]
        except pyrage.IdentityError:
            raise KeyFault("agency.age: not an age identity") from None
        if not self._identities:
            raise KeyFault("agency.age: it is empty")

    @property
    def public(self) -> str:
        """What goes into `seal_to` of the nodes, age1..."""
        return self.publics[0]

    @property
    def publics(self) -> tuple[str, ...]:
        """All of them: what was sealed to an older one is opened too."""
        return tuple(str(identity.to_public()) for identity in self._identities)

    def data(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the data of an event, opened when they are sealed; None when they are sealed to somebody else."""
        data = event.get("data")
        if isinstance(data, dict):
            return data
        sealed = event.get("data_base64")
        if not isinstance(sealed, str):
            return None
        try:
            opened = json.loads(pyrage.decrypt(base64.b64decode(sealed, validate=True), self._identities))
        except (binascii.Error, pyrage.DecryptError, ValueError, RecursionError):
            return None
        return opened if isinstance(opened, dict) else None


def answered(connection: Any, event: Mapping[str, Any], opener: Opener) -> dict[str, Any] | None:
    """The data of an event with all answers of its case.

    A correction of a case whose earlier body the node could not read brings only the corrected answers
    (`case.partial`); the others are those of the revision before it.
    """
    data = newest = opener.data(event)
    answers: dict[str, Any] = {}
    for _ in range(_DEPTH):
        if data is None or not isinstance(data.get("answers"), dict):
            break
        answers = data["answers"] | answers
        case = data.get("case")
        if not isinstance(case, dict) or case.get("partial") is not True:
            break
        row = connection.execute(
            "SELECT event FROM request WHERE case_id = ? AND case_revision < ? ORDER BY case_revision DESC LIMIT 1",
            (str(case.get("id")), _revision(case.get("revision"))),
        ).fetchone()
        data = opener.data(json.loads(row[0])) if row else None
    return newest | {"answers": answers} if newest is not None else None


def _revision(value: Any) -> int:
    return value if isinstance(value, int) else 0
