"""What comes down to one node at once: numbered parcels under one signature of the hub, over HTTP or in a file.

A consignment names its node, the parcel that it goes on from and the last that it holds, so that one which is tampered
with, replayed, older, incomplete or for another node is told apart before anything of it is kept.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from flows.errors import Fault
from store.hub import Parcel

_LABEL: Final = b"sala down 1\n"


class DownFault(Fault):
    """What came down from the hub cannot be used."""

    code = "down"
    ours = False


@dataclass(frozen=True, slots=True)
class Consignment:
    """Parcels for `node` after the number `after`, up to `upto`; `made` in epoch seconds."""

    hub: str
    node: str
    after: int
    upto: int
    made: int
    parcels: tuple[Parcel, ...]


def close(consignment: Consignment, key: Ed25519PrivateKey) -> dict[str, str]:
    """Return text and signature."""
    parcels = [
        {"seq": one.seq, "kind": one.kind, "name": one.name, "from": one.active_from, "body": dict(one.body)}
        for one in consignment.parcels
    ]
    facts = {name: getattr(consignment, name) for name in ("hub", "node", "after", "upto", "made")}
    text = json.dumps(facts | {"parcels": parcels}, ensure_ascii=False, separators=(",", ":"))
    signature = base64.b64encode(key.sign(_LABEL + text.encode())).decode()
    return {"text": text, "signature": signature}


def open_(closed: Any, keys: Sequence[Ed25519PublicKey], node: str, have: int) -> Consignment:
    """Return what is new to `node`, which has read everything up to `have`.

    Raises:
        DownFault: in plain words, for anything but the hub's own word to this node going on from where it stands.
    """
    if not isinstance(closed, dict) or not all(isinstance(closed.get(name), str) for name in ("text", "signature")):
        raise DownFault("this is nothing that a hub sends down")
    text, signature = closed["text"].encode("utf-8", "surrogatepass"), closed["signature"]
    if not any(_right(key, text, signature) for key in keys):
        raise DownFault(
            "it is not signed with the hub's key: it was changed on the way, or comes from another hub",
            hint="compare [hub] key with what `sala hub key` prints at the hub",
        )
    found = _read(text)
    if found.node != node:
        raise DownFault(f"it is for {found.node}, not for {node}", hint="ask the hub for this node's own")
    if found.upto <= have and found.after < have:
        raise DownFault(f"it was read before, or is older than what this node has (up to {have})")
    if found.after > have:
        raise DownFault(
            f"something before it is missing: this node has everything up to {have}, it goes on from {found.after}",
            hint="ask the hub for a newer file, or let the link bring what is missing",
        )
    return found


def _right(key: Ed25519PublicKey, text: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), _LABEL + text)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _read(text: bytes) -> Consignment:
    try:
        found = json.loads(text)
        parcels = tuple(
            Parcel(int(one["seq"]), str(one["kind"]), str(one["name"]), int(one["from"]), dict(one["body"]))
            for one in found["parcels"]
        )
        return Consignment(
            str(found["hub"]), str(found["node"]), int(found["after"]), int(found["upto"]), int(found["made"]), parcels
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DownFault("a newer hub has written this: update Sala on this node") from None


def public_key(text: str) -> Ed25519PublicKey:
    """Read a hub's public key as it is written in a configuration; raises ValueError for anything else."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("a hub's key is base64 of 32 bytes, as `sala hub key` prints it") from None


def written(key: Ed25519PublicKey) -> str:
    """The written form of a public key."""
    return base64.b64encode(key.public_bytes_raw()).decode()
