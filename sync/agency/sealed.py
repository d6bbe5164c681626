"""Bodies that a node has sealed to this agency's public key (the node's `seal_to`), opened to be read."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import pyrage

from flows.errors import KeyFault


def new_identity() -> str:
    """Draw an age identity, AGE-SECRET-KEY-1..."""
    return str(pyrage.x25519.Identity.generate())


class Opener:
    """The agency's age identity; raises `KeyFault` when it is none."""

    def __init__(self, identity: str) -> None:
        """Take the written identity."""
        try:
            self._identity = pyrage.x25519.Identity.from_str(identity)
        except pyrage.IdentityError:
            raise KeyFault("agency.age: not an age identity") from None

    @property
    def public(self) -> str:
        """What goes into `seal_to` of the nodes, age1..."""
        return str(self._identity.to_public())

    def data(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the data of an event, opened when they are sealed; None when they are sealed to somebody else."""
        data = event.get("data")
        if isinstance(data, dict):
            return data
        sealed = event.get("data_base64")
        if not isinstance(sealed, str):
            return None
        try:
            opened = json.loads(pyrage.decrypt(base64.b64decode(sealed, validate=True), [self._identity]))
        except (binascii.Error, pyrage.DecryptError, ValueError, RecursionError):
            return None
        return opened if isinstance(opened, dict) else None
