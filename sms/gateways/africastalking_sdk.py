"""The second sender for Africa's Talking: its official package, which blocks, so each send has a thread."""

import asyncio
import json
from typing import Any

import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService
from urllib3.exceptions import MaxRetryError, NewConnectionError

from flows.errors import SendError
from sms.gateways.africastalking_wire import Settings, is_premium
from store.values import Outgoing

_CONNECT = 10.0
_CREATED = 201


class SdkSender:
    """Sends through `africastalking`.

    The package hides the HTTP status of a refusal, so every refusal is tried again until the message is useless: a
    message that goes late is better than one dropped over a fault that would have passed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The service alone: the package's `initialize` builds all of its services and keeps one account per process.
        self._sms = SMSService(settings.username, settings.api_key.get_secret_value())
        self._sms._baseUrl = f"{settings.base_url}/version1"  # noqa: SLF001 - the package has no argument for it
        self._sms._contentUrl = f"{settings.content_url}/version1"  # noqa: SLF001 - likewise

    async def post(self, message: Outgoing) -> tuple[int, bytes]:
        """The answer, always as a 201; raises SendError as the HTTP sender does, as far as the package lets it know."""
        try:
            answer = await asyncio.to_thread(self._send, message)
        except AfricasTalkingException as refused:
            raise SendError("sdk-refused", retry=True) from refused
        except requests.ConnectTimeout as away:
            raise SendError("no-connection", retry=True) from away
        except requests.RequestException as lost:
            raise _lost(lost) from lost
        # It parses the answer only if the content type has no charset.
        return _CREATED, answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()

    async def close(self) -> None:
        """Nothing is held: the package opens a connection for each message."""

    def _send(self, message: Outgoing) -> Any:
        settings = self._settings
        sender = settings.sender or next(iter(settings.short_codes), "")
        if is_premium(settings, message):
            return self._sms.send_premium(
                message.text,
                sender,
                [message.msisdn],
                keyword=settings.keyword or None,
                link_id=message.link_id,
                timeout=(_CONNECT, settings.send_timeout),
            )
        return self._sms.send(message.text, [message.msisdn], sender or None, timeout=(_CONNECT, settings.send_timeout))


def _lost(error: requests.RequestException) -> SendError:
    """Whether a connection ever stood: only then may the message be on its way."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return SendError("no-connection", retry=True)
    return SendError("no-answer", unknown=True)
