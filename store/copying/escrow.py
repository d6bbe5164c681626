"""The escrow key pair: an age X25519 identity kept away from the node, and its public half that the node has."""

import re
from typing import Final

import pyrage

from flows.errors import KeyFault

_SECRET: Final = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")


def make() -> tuple[str, str]:
    """Return a new (secret, public) pair, as age writes them."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def secret_in(text: str) -> str:
    """Return the secret key in the text of a key file; other lines of it are notes.

    Raises:
        KeyFault: there is none.
    """
    found = _SECRET.search(text.upper())
    if found is None:
        raise KeyFault("there is no escrow key in this file", hint="it holds a line that begins with AGE-SECRET-KEY-1")
    return found[0]


def seal(plain: bytes, public: str) -> bytes:
    """Seal bytes to the escrow."""
    sealed: bytes = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(public)])
    return sealed


def unseal(sealed: bytes, secret: str) -> bytes:
    """Open what was sealed to the escrow.

    Raises:
        KeyFault: it was sealed to somebody else, or it is no key.
    """
    try:
        plain: bytes = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)])
    except (pyrage.DecryptError, pyrage.IdentityError) as fault:
        raise KeyFault("this copy does not open with this escrow key") from fault
    return plain
