"""A phone with SMSGate (capcom6/android-sms-gateway): signed webhooks come from it, one request a message goes to it.

Sources: as in the kit. An SMS that is received has no id of its own: `messageId` is made of its words, and the event's
`id` is another when the same SMS is told twice, which happens (issue 291). Its sender, time and words are what it is.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import time
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from flows.errors import SendError
from sms import port, poster
from sms.poster import Poster, refusal
from sms.reading import international, is_name, is_number, token
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

RECEIVED: Final = "sms:received"

STATES: Final[dict[str, _State]] = {
    "sms:sent": "sent",
    "sms:delivered": "delivered",
    "sms:failed": "failed",
    "sms:cancelled": "failed",
}
"""The app's events of a message of ours; any other is unknown."""

OTHERS: Final = frozenset({"system:ping", "app:started", "sms:data-received", "mms:received", "mms:downloaded"})
"""Events that are no message in words: taken, so that they do not come for two days, and forgotten."""

_TAKEN: Final = frozenset({200, 201, 202})
_HAS_IT: Final = 409
_SHORTEST: Final = 8


class Settings(poster.Settings):
    """One phone, or one server of phones.

    Attributes:
        url: where messages are posted: `http://192.168.1.20:8080/message` of a phone in the same network,
            `https://.../3rdparty/v1/messages` of a server. `http://` only for this machine and private addresses.
        username, password: the account (Basic); or token: a JWT of the server, `messages:send`.
        signing_key: of the app, Settings > Webhooks.
        clock_skew: seconds by which the phone's clock may be wrong; 0: it is not looked at.
        sim: which SIM sends, 1 to 3; 0: the app chooses.
        ttl: seconds after which the phone gives a message up; 0: never.
        national: calling code of numbers that come in national form (`020...`).
    """

    url: str
    username: str = ""
    password: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    signing_key: SecretStr
    clock_skew: int = Field(default=300, ge=0, le=86_400)
    sim: int = Field(default=0, ge=0, le=3)
    ttl: int = Field(default=86_400, ge=0, le=604_800)
    national: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{0,3})?$")] = "+856"

    @field_validator("url")
    @classmethod
    def _not_in_the_clear(cls, url: str) -> str:
        parts = urlsplit(url)
        if not parts.hostname or parts.scheme not in ({"http", "https"} if _near(parts.hostname) else {"https"}):
            raise ValueError("must begin with https:// (http:// only for this machine and private addresses)")
        return url

    @field_validator("signing_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < _SHORTEST:
            raise ValueError(f"must be {_SHORTEST} or more characters")
        return key

    @model_validator(mode="after")
    def _has_an_account(self) -> Self:
        basic = bool(self.username and self.password.get_secret_value())
        if basic == bool(self.token.get_secret_value()):
            raise ValueError("password: give username and password, or a token")
        return self

    def authorization(self) -> str:
        """The header of a request of ours."""
        if token_ := self.token.get_secret_value():
            return f"Bearer {token_}"
        words = f"{self.username}:{self.password.get_secret_value()}"
        return "Basic " + base64.b64encode(words.encode()).decode()


class Gateway:
    """Reads the app's webhooks and sends through its API."""

    Settings: ClassVar[type[port.Settings]] = Settings
    capabilities = port.Capabilities(port=1, long="whole", reports=True, idempotent=True)

    def __init__(self, channel: str, settings: Any) -> None:
        self._channel = channel
        self._settings: Settings = settings
        self._poster = Poster(settings.send_timeout)

    def read(self, received: Received) -> Inbound | Malformed:
        """`sms:received`."""
        found = self._open(received)
        if isinstance(found, Malformed):
            return found
        event, payload = found
        if event != RECEIVED:
            return Malformed("no-message", status=200 if event in OTHERS else 400)
        # Of an app from before February 2026 only `phoneNumber`.
        number = international(_text(payload, "sender") or _text(payload, "phoneNumber"), self._settings.national)
        at, text = _instant(_text(payload, "receivedAt")), _text(payload, "message")
        if not at:
            return Malformed("no-time")
        if not is_number(number):
            # A bank's name or a short code: nobody to talk to, and asking for it again would change nothing.
            return Malformed("not-a-phone", status=200)
        name = hashlib.blake2b(f"{number}\0{at}\0{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()
        return Inbound(self._channel, name, number, _text(payload, "recipient"), text)

    def read_report(self, received: Received) -> Report | Malformed:
        """`sms:sent`, `sms:delivered`, `sms:failed`, of a message by our own mark."""
        found = self._open(received)
        if isinstance(found, Malformed):
            return found
        event, payload = found
        if event in OTHERS:
            return Malformed("no-report", status=200)
        mark = _text(payload, "messageId")
        if event == RECEIVED or not is_name(mark):
            return Malformed("no-report")
        state = STATES.get(event, "unknown")
        return Report(self._channel, "", state, token(_text(payload, "reason")) if state == "failed" else "", mark)

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """A phone knows none."""
        del received
        return Malformed("no-such-request")

    def accept(self) -> Answer:
        """Any 2xx within 30 seconds."""
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        """Post one message, under its mark: the same again is 409, and not sent again."""
        settings = self._settings
        body: dict[str, Any] = {
            "id": message.mark,
            "textMessage": {"text": message.text},
            "phoneNumbers": [message.msisdn],
            "withDeliveryReport": True,
            **({"simNumber": settings.sim} if settings.sim else {}),
            **({"ttl": settings.ttl} if settings.ttl else {}),
        }
        status, said, headers = await self._poster.request(
            "POST",
            settings.url,
            body=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            headers={"Content-Type": "application/json", "Authorization": settings.authorization()},
        )
        if status == _HAS_IT:
            return Sent("")
        if status not in _TAKEN:
            raise refusal(status, headers)
        answer = _object(said)
        if answer is None or not _text(answer, "id"):
            raise SendError("strange-answer", unknown=True)
        return Sent("")

    async def close(self) -> None:
        """Give back the connections."""
        await self._poster.close()

    def _open(self, received: Received) -> tuple[str, dict[str, Any]] | Malformed:
        """The event and its payload, when the app has signed it lately."""
        stamp = received.headers.get("X-Timestamp", "")
        key = self._settings.signing_key.get_secret_value().encode()
        signed = received.body + stamp.encode("utf-8", "replace")
        wanted = hmac.new(key, signed, hashlib.sha256).hexdigest()
        offered = received.headers.get("X-Signature", "").lower()
        if not hmac.compare_digest(offered.encode("utf-8", "replace"), wanted.encode()):
            return Malformed("signature", status=401)
        if not self._lately(stamp):
            return Malformed("timestamp", status=401)
        body = _object(received.body)
        payload = body.get("payload") if body else None
        if body is None or not isinstance(payload, dict):
            return Malformed("not-ours")
        return _text(body, "event"), payload

    def _lately(self, stamp: str) -> bool:
        if not self._settings.clock_skew:
            return True
        digits = stamp.isascii() and stamp.isdecimal() and len(stamp) < 12  # noqa: PLR2004 - the year 5138
        return digits and abs(time.time() - int(stamp)) <= self._settings.clock_skew


def _near(host: str) -> bool:
    """Whether it is this machine, or an address that no router carries further."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _instant(stamp: str) -> str:
    """The moment in one form, whatever the phone's time zone is; "" for none."""
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""
