"""Africa's Talking SMS: forms come in, one form for each message goes out.

Source: Africa's Talking's documentation of its callbacks for incoming messages, delivery reports and opt-outs.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, Protocol
from urllib.parse import parse_qsl

from sms import port
from sms.gateways.africastalking_wire import Settings, read_outcome, word
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_ID: Final = re.compile(r"[!-~]{1,128}")
_MOST_FIELDS: Final = 64

_REPORTS: Final[Mapping[str, _State]] = {
    "sent": "sent",
    "submitted": "sent",
    "buffered": "sent",
    "success": "delivered",
    "rejected": "failed",
    "failed": "failed",
    "expired": "failed",
    "absentsubscriber": "failed",
}


class Sender(Protocol):
    """Puts one form on the wire."""

    async def post(self, message: Outgoing) -> tuple[int, bytes]:
        """The HTTP status and the body of the answer; raises SendError when there is none."""

    async def close(self) -> None:
        """Give back what it holds."""


class Gateway:
    """Reads Africa's Talking's SMS callbacks, and sends through its API."""

    Settings: ClassVar[type[port.Settings]] = Settings
    capabilities = port.Capabilities(port=1, optouts=True)

    def __init__(self, channel: str, settings: Any) -> None:
        self._channel = channel
        self._sender = _sender(settings)

    def read(self, received: Received) -> Inbound | Malformed:
        """`date from id linkId text to`; a missing text is an empty one."""
        form = _form(received)
        if isinstance(form, Malformed):
            return form
        if not _ID.fullmatch(form.get("id", "")):
            return Malformed("message-id")
        number = form.get("from", "").strip()
        if not number:
            return Malformed("no-sender")
        if not (msisdn := _msisdn(number)):
            # A bank's sender ID or a short code: nobody to talk to, and asking for it again would change nothing.
            return Malformed("not-a-phone", status=200)
        return Inbound(
            self._channel, form["id"], msisdn, form.get("to", ""), form.get("text", ""), form.get("linkId", "")
        )

    def read_report(self, received: Received) -> Report | Malformed:
        """`id status phoneNumber networkCode failureReason retryCount`."""
        form = _form(received)
        if isinstance(form, Malformed):
            return form
        if not _ID.fullmatch(form.get("id", "")):
            return Malformed("message-id")
        state: _State = _REPORTS.get(form.get("status", "").lower(), "unknown")
        return Report(self._channel, form["id"], state, word(form.get("failureReason", "")))

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """`senderId phoneNumber`."""
        form = _form(received)
        if isinstance(form, Malformed):
            return form
        msisdn = _msisdn(form.get("phoneNumber", "").strip())
        return OptOut(self._channel, msisdn) if msisdn else Malformed("number")

    def accept(self) -> Answer:
        """Any 200 will do; everything else comes again for ten minutes."""
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        """One message, one POST; the operator joins long ones."""
        status, body = await self._sender.post(message)
        return read_outcome(status, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _sender(settings: Settings) -> Sender:
    if settings.client == "sdk":
        from sms.gateways.africastalking_sdk import SdkSender  # noqa: PLC0415 - a heavy package, only when chosen

        return SdkSender(settings)
    from sms.gateways.africastalking_http import HttpSender  # noqa: PLC0415 - only one of the two is ever needed

    return HttpSender(settings)


def _form(received: Received) -> dict[str, str] | Malformed:
    """The form's fields; bytes that are not UTF-8 become U+FFFD."""
    if received.method != "POST":
        return Malformed("not-a-post", status=405)
    try:
        text = received.body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return Malformed("too-many-fields")


def _msisdn(number: str) -> str:
    """E.164, or empty. An unescaped plus arrives as a blank, which the caller has stripped."""
    whole = "+" + number.removeprefix("+")
    return whole if _NUMBER.fullmatch(whole) else ""
