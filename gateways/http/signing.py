"""Whether a request is the operator's own: basic, a token, an HMAC of the body, or Twilio's signature."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from gateways.http.model import Sign
from store.values import Received


class Secrets(Protocol):
    """What of a channel's settings is needed."""

    callback: str

    def secret(self, name: str) -> str:
        """The value of `username`, `password` or `token`."""


def proven(sign: Sign, received: Received, settings: Secrets) -> bool:
    """Whether the signature is right; compared in constant time."""
    if sign.kind == "none":
        return True
    offered, wanted = received.headers.get(sign.header, ""), signature(sign, received, settings)
    return hmac.compare_digest(offered.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def signature(sign: Sign, received: Received, settings: Secrets) -> str:
    """What has to stand in the header."""
    match sign.kind:
        case "none":
            return ""
        case "basic":
            return "Basic " + basic({name: settings.secret(name) for name in ("username", "password")})
        case "token":
            return sign.prefix + settings.secret("token")
        case "hmac":
            digest = hmac.digest(settings.secret("token").encode(), received.body, sign.algorithm)
            return sign.prefix + (digest.hex() if sign.encoding == "hex" else base64.b64encode(digest).decode())
        case "twilio":
            return twilio(settings.secret("token"), _address(settings.callback, received), received.body)


def twilio(token: str, url: str, body: bytes) -> str:
    """Twilio's signature of a form: HMAC-SHA1 over the address and each field's name and value, sorted by name."""
    fields = sorted(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
    text = url + "".join(name + value for name, value in fields)
    return base64.b64encode(hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()).decode()


def _address(callback: str, received: Received) -> str:
    query = f"?{received.query}" if received.query else ""
    return f"{callback.rstrip('/')}/{received.tail}{query}"


def basic(words: Mapping[str, str]) -> str:
    """The value of an `Authorization: Basic` header of ours."""
    return base64.b64encode(f"{words['username']}:{words['password']}".encode()).decode()
