"""What a node says of itself with every request: a short text in a header, signed with the rest.

The header is `Sala-Heartbeat`, ASCII JSON of `Heartbeat`; `Sala-Heartbeat-Signature` is `v1,` and base64 of HMAC-SHA256
over `webhook-id.webhook-timestamp.heartbeat.` and the text, with the key of the request. Who does not know the headers
ignores them; a heartbeat that is not signed is not heard.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from sync import signing

HEADER: Final = "Sala-Heartbeat"
SIGNATURE: Final = "Sala-Heartbeat-Signature"

LONGEST: Final = 4096
"""Characters of a text that is read at all."""

_VERSION: Final = "v1,"


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a node is; every key may be missing.

    Attributes:
        version: of Sala. epoch: the random number of this run.
        waiting: submissions without their agency's word. oldest: seconds since the oldest of them was queued.
        free: megabytes left on the disk. full: whether new dialogues are refused.
        clock: whether its wall clock may be believed. copies: how many copies of its data it keeps.
        down: the last parcel that it has read. runs: flow -> the first twelve digits of the revision in use.
        refused: (number, why) of parcels that it could not use.
        blocks: leading digits of its references. left: references free in them; -1: all are its own.
        cloned: whether it was told that another machine uses its name.
    """

    version: str = ""
    epoch: str = ""
    waiting: int = 0
    oldest: int = 0
    free: int = 0
    full: bool = False
    clock: Literal["good", "doubtful"] = "good"
    copies: int = 1
    down: int = 0
    runs: dict[str, str] = {}
    refused: list[tuple[int, str]] = []
    blocks: list[str] = []
    left: int = -1
    cloned: bool = False

    @property
    def text(self) -> str:
        """The header's text; what is too long for it loses its longest parts."""
        for beat in (self, msgspec.structs.replace(self, refused=[(seq, "") for seq, _ in self.refused[:9]])):
            text = json.dumps(msgspec.to_builtins(beat), separators=(",", ":"))
            if len(text) <= LONGEST:
                return text
        return json.dumps({"version": self.version, "epoch": self.epoch, "down": self.down}, separators=(",", ":"))


def _mac(key: bytes, headers: Mapping[str, str], text: str) -> bytes:
    head = f"{headers.get(signing.ID, '')}.{headers.get(signing.TIMESTAMP, '')}.heartbeat."
    return hmac.digest(key, (head + text).encode(), hashlib.sha256)


def signed(key: bytes, headers: Mapping[str, str], text: str) -> dict[str, str]:
    """Return the two headers, bound to the request whose signed `headers` (lower-case names) are given."""
    mac = base64.b64encode(_mac(key, headers, text)).decode()
    return {HEADER: text, SIGNATURE: _VERSION + mac}


def read(key: bytes, headers: Mapping[str, str]) -> Heartbeat | None:
    """Return the heartbeat in `headers` (lower-case names); None when there is none that this key has signed."""
    text, given = headers.get(HEADER.lower(), ""), headers.get(SIGNATURE.lower(), "")
    if not text or len(text) > LONGEST or not given.startswith(_VERSION) or not text.isascii():
        return None
    try:
        right = hmac.compare_digest(_mac(key, headers, text), base64.b64decode(given[len(_VERSION) :], validate=True))
        return msgspec.json.decode(text, type=Heartbeat) if right else None
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None


def said(text: object) -> Heartbeat | None:
    """Return the heartbeat that came inside of something signed; None when there is none to read."""
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        return None
    try:
        return msgspec.json.decode(text, type=Heartbeat)
    except (msgspec.DecodeError, RecursionError):
        return None


def stamp(headers: Mapping[str, str]) -> int:
    """When the request was made, by its own clock, in epoch seconds; 0 when it does not say."""
    text = headers.get(signing.TIMESTAMP, "")
    return int(text) if text.isdecimal() and len(text) < 13 else 0  # noqa: PLR2004 - twelve digits last for ever
