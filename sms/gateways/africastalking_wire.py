"""What goes to Africa's Talking's SMS API and what its answers mean, for either of the two senders.

Sources: the documentation of `POST /version1/messaging`, the Python SDK 2.0.3 for the form, and the published status
codes. The API knows no idempotency key, so a request that left and was not answered is an unknown outcome.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from flows.errors import SendError
from sms import poster
from sms.addresses import Address
from sms.poster import refusal
from store.values import Outgoing, Sent

# Per recipient. 1xx was taken, 4xx will never be, 5xx may be later. These are the exceptions from that:
# an account without money or with a wrong sender is mended by a person, and the messages then still go.
_OURS: Final = frozenset({402, 405})


class Settings(poster.Settings):
    """One Africa's Talking SMS channel.

    Attributes:
        client: `http` is ours; `sdk` is Africa's Talking's own package, in a thread. Both send the same form.
        content_url: where premium messages go; empty: `base_url` with `content` for `api`.
        premium: answer a message that carries a `linkId` as a premium message. keyword: its keyword, if it has one.
    """

    username: str = Field(min_length=1)
    api_key: SecretStr
    base_url: Address = "https://api.africastalking.com"
    content_url: Address = ""
    client: Literal["http", "sdk"] = "http"
    premium: bool = False
    keyword: str = ""

    @model_validator(mode="after")
    def _has_content_url(self) -> Self:
        if not self.content_url:
            self.content_url = self.base_url.replace("://api.", "://content.", 1)
        return self


def fields(settings: Settings, message: Outgoing) -> list[tuple[str, str]]:
    """The form of one message, in the order in which the SDK writes it."""
    sender = settings.sender or next(iter(settings.short_codes), "")
    head = [("username", settings.username), ("to", message.msisdn)]
    if not is_premium(settings, message):
        form = [*head, ("message", message.text), ("bulkSMSMode", "1")]
        return [*form, ("from", sender)] if sender else form
    form = [*head, ("from", sender), ("message", message.text), ("bulkSMSMode", "0"), ("linkId", message.link_id)]
    return [*form, ("keyword", settings.keyword)] if settings.keyword else form


def is_premium(settings: Settings, message: Outgoing) -> bool:
    """Whether this one answers a premium message."""
    return settings.premium and bool(message.link_id)


def read_outcome(status: int, body: bytes) -> Sent:
    """What an answer of the API means for the one recipient.

    Raises:
        SendError: not taken; `unknown` when the answer makes no sense, for then the message may be on its way.
    """
    if status not in {200, 201}:
        raise refusal(status)
    try:
        data = json.loads(body)["SMSMessageData"]
        recipients = data["Recipients"]
        if not recipients:
            # A 201 without recipients is a rejection, and its reason stands in the message: `InvalidSenderId`.
            raise SendError(word(str(data.get("Message", ""))) or "rejected", ours=True)
        return _recipient(recipients[0])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as strange:
        raise SendError("strange-answer", unknown=True) from strange


def _recipient(recipient: Mapping[str, Any]) -> Sent:
    code = int(recipient["statusCode"])
    match code // 100:
        case 1:
            return Sent(str(recipient.get("messageId", "")), str(recipient.get("cost", "")))
        case 4:
            raise SendError(str(code), retry=code in _OURS, ours=code in _OURS)
        case 5:
            raise SendError(str(code), retry=True)
    raise SendError(f"status-{code}", unknown=True)


def word(text: str) -> str:
    """One harmless token of what a gateway says: letters only, so that no number can hide in it."""
    return "".join(letter for letter in text if letter.isascii() and letter.isalpha())[:40]
