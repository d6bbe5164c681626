"""Africa's Talking USSD: a form comes with the whole input so far, plain text that begins with CON or END goes back.

Sources: the callback's fields and the events' are Africa's Talking's documentation of its USSD API; its limits (15 s to
answer, 180 s for a session) are https://help.africastalking.com/en/articles/1284071.
"""

import re
from typing import ClassVar

from pydantic import Field, field_validator

from store.values import Answer, Call, Ended, Malformed, Received, Reply
from ussd import port
from ussd.form import read_form

# E.164: a country code that does not begin with 0, at most 15 digits in all.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SESSION = re.compile(r"[!-~]{1,128}")


class Settings(port.Settings):
    """One Africa's Talking USSD channel."""

    # Africa's Talking gives up after 15 s; the way there and back is ours to leave room for.
    reply_deadline: float = Field(default=8.0, gt=0, le=13)

    @field_validator("service_codes")
    @classmethod
    def _codes_are_codes(cls, codes: list[str]) -> list[str]:
        for code in codes:
            if not re.fullmatch(r"\*[0-9*]+#", code):
                raise ValueError(f"a service code looks like *999#, not like {code!r}")
        return codes


class Gateway:
    """Reads Africa's Talking's USSD callbacks and writes its answers."""

    Settings: ClassVar[type[port.Settings]] = Settings
    capabilities = port.Capabilities(port=1, ends=True, operator_deadline=15)

    def __init__(self, channel: str, settings: port.Settings) -> None:
        self._channel = channel
        self._codes = tuple(code.rstrip("#") for code in settings.service_codes)

    def read(self, received: Received) -> Call | Ended | Malformed:
        """A callback, or an event when it came to `ussd/end`."""
        if received.method != "POST":
            return Malformed("not-a-post", status=405)
        form = read_form(received.body)
        if form is None:
            return Malformed("too-many-fields")
        session = form.get("sessionId", "")
        if not _SESSION.fullmatch(session):
            return Malformed("session-id")
        if received.tail == "ussd/end":
            # Everything else in the event is optional: the documentation and what is sent do not agree on it.
            return Ended(self._channel, session, whole=form.get("status") == "Success")
        return self._call(session, form)

    def write(self, reply: Reply, call: Call) -> Answer:
        """`CON` keeps the session open, `END` closes it; anything else would make the operator break it off."""
        del call
        return Answer(200, (b"END " if reply.end else b"CON ") + reply.text.encode("utf-8", "replace"))

    def accept(self) -> Answer:
        """Any 200 will do."""
        return Answer(200, b"")

    def _call(self, session: str, form: dict[str, str]) -> Call | Malformed:
        if "text" not in form:
            return Malformed("no-text")
        # An unescaped plus of a hand-made request arrives as a blank.
        number = "+" + form.get("phoneNumber", "").strip().removeprefix("+")
        if not _NUMBER.fullmatch(number):
            return Malformed("number")
        code = form.get("serviceCode", "")
        if self._codes and not self._ours(code):
            return Malformed("service-code")
        return Call(self._channel, session, number, form["text"], code, form.get("networkCode", ""))

    def _ours(self, code: str) -> bool:
        bare = code.rstrip("#")
        return any(bare == ours or bare.startswith(ours + "*") for ours in self._codes)
