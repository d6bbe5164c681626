"""The settings of a channel of the generic HTTP gateway."""

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from flows.errors import ConfigFault
from gateways import port
from gateways.http.loading import load
from gateways.http.words import named
from sms import poster
from sms.addresses import Address
from sms.reading import international

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "basic": ("username", "password"),
    "token": ("token",),
    "hmac": ("token",),
    "twilio": ("token", "callback"),
}
"""What a signature is made with."""

_OF_THE_ACCOUNT: Final = ("base_url", "callback", "username", "password", "token", "account")
"""Words of what we send that would go out empty: without `callback` no report would ever come."""


class Settings(port.Settings, poster.Settings):
    """One operator by its map.

    Attributes:
        map: the name of a shipped map, or the path of a file.
        base_url: where messages are sent, `{base_url}` in the map.
        username, password, token, account: of the account, as the map uses them.
        extra: other words, `{extra.NAME}`.
        callback: this channel's own address from outside, `https://.../gateways/NAME/SECRET`: for signatures made over
            it, and for report addresses that are sent along.
        national: calling code of numbers that come in national form (`020...`).
    """

    map: str
    base_url: Address = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    account: str = ""
    extra: Mapping[str, str] = {}
    callback: Address = ""
    national: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{0,3})?$")] = "+856"

    @field_validator("map")
    @classmethod
    def _is_a_map(cls, name: str) -> str:
        try:
            load(name)
        except ConfigFault as wrong:
            raise ValueError(f"{wrong}; {wrong.hint}" if wrong.hint else str(wrong)) from None
        return name

    @model_validator(mode="after")
    def _has_what_the_map_asks_for(self) -> Self:
        found = load(self.map)
        wanted = [*_NEEDED.get(found.sign.kind, ())]
        if found.sms is not None:
            send, tell = found.sms.send, found.sms.tell
            parts = [send.url, send.body, dict(send.headers), dict(send.gsm7), dict(send.ucs2)]
            parts += [tell.url, tell.body, dict(tell.headers)] if tell else []
            asked = set(named(parts))
            wanted += [name for name in _OF_THE_ACCOUNT if name in asked]
            wanted += _NEEDED["basic"] if "basic" in asked else ()
        for name in wanted:
            if not self.secret(name):
                raise ValueError(f"{name}: is missing, and {self.map} needs it")
        return self

    def secret(self, name: str) -> str:
        """The value of a setting, secret or not."""
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    def international(self, number: str) -> str:
        """The number as `+` and digits."""
        return international(number, self.national)
