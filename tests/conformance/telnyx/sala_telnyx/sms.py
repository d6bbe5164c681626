"""Telnyx's SMS contract: signed JSON events at one address for messages and reports, one object out for each send."""

import base64
import json
import time
from typing import Annotated, Any, ClassVar, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, SecretStr

from flows.errors import SendError
from sms import port, poster
from sms.poster import Poster, refusal
from sms.reading import is_name, is_number, token
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

_STATES: Final[dict[str, _State]] = {
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "sending_failed": "failed",
    "delivery_failed": "failed",
    "expired": "failed",
    "cancelled": "failed",
}
"""What it says of a message; a word that is not here is `unknown`."""

_OK: Final = 200
_LATELY: Final = 300
"""Seconds by which an event may be old: its documentation's own figure."""


def _key(text: str) -> str:
    Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    return text


class Settings(poster.Settings):
    """One messaging profile: its API key, the account's public key (base64), and the profile's id."""

    url: str = "https://api.telnyx.com/v2/messages"
    key: SecretStr
    public_key: Annotated[str, AfterValidator(_key)]
    profile: str


class Gateway:
    """Reads Telnyx's events and sends through its API."""

    Settings: ClassVar[type[port.Settings]] = Settings
    capabilities = port.Capabilities(port=1, long="whole", reports=True)

    def __init__(self, channel: str, settings: Any) -> None:
        self._channel = channel
        self._settings: Settings = settings
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(settings.public_key))
        self._poster = Poster(settings.send_timeout)

    def read(self, received: Received) -> Inbound | Report | OptOut | Malformed:
        """A message of a phone, or what became of one of ours: all events come to one address."""
        if why := self._doubt(received):
            return Malformed(why, 401)
        event = _object(received.body)
        kind, payload = _text(event, "data", "event_type"), _at(event, "data", "payload")
        name = _text(payload, "id")
        if not is_name(name):
            return Malformed("no-id")
        if kind in {"message.sent", "message.finalized"}:
            state = _STATES.get(_text(payload, "to", 0, "status"), "unknown")
            return Report(self._channel, name, state, token(_text(payload, "errors", 0, "title")))
        number = _text(payload, "from", "phone_number")
        if kind != "message.received" or not is_number(number):
            return Malformed("number" if kind == "message.received" else "event")
        return Inbound(self._channel, name, number, _text(payload, "to", 0, "phone_number"), _text(payload, "text"))

    def read_report(self, received: Received) -> Report | Malformed:
        """It has no address of its own."""
        del received
        return Malformed("no-such-request")

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """Neither has this."""
        del received
        return Malformed("no-such-request")

    def accept(self) -> Answer:
        """Any 2xx within 2 seconds."""
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        """Post one message; `data.id` is its name in the reports."""
        settings = self._settings
        body = {
            "from": settings.sender or next(iter(settings.short_codes), ""),
            "to": message.msisdn,
            "text": message.text,
            "messaging_profile_id": settings.profile,
        }
        authorization = f"Bearer {settings.key.get_secret_value()}"
        status, said, headers = await self._poster.request(
            "POST",
            settings.url,
            body=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            headers={"Content-Type": "application/json", "Authorization": authorization},
        )
        if status != _OK:
            raise refusal(status, headers)
        name = _text(_object(said), "data", "id")
        if not is_name(name):
            # Something answered that is not the operator: the message may be on its way.
            raise SendError("strange-answer", unknown=True)
        return Sent(name)

    async def close(self) -> None:
        """Give back the connections."""
        await self._poster.close()

    def _doubt(self, received: Received) -> str:
        """Why an event is not to be believed; "" for one that Telnyx has signed lately."""
        stamp = received.headers.get("telnyx-timestamp", "")
        try:
            signature = base64.b64decode(received.headers.get("telnyx-signature-ed25519", ""))
            self._key.verify(signature, f"{stamp}|".encode("utf-8", "replace") + received.body)
        except (ValueError, InvalidSignature):
            return "signature"
        digits = stamp.isascii() and stamp.isdecimal()
        return "" if digits and abs(time.time() - int(stamp)) <= _LATELY else "timestamp"


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _at(value: Any, *path: str | int) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _text(value: Any, *path: str | int) -> str:
    found = _at(value, *path)
    return found if isinstance(found, str) else ""
