"""The settings of a channel of the generic HTTP gateway."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from flows.errors import ConfigFault
from gateways import port
from gateways.http.loading import load
from sms import poster
from sms.addresses import Address
from sms.reading import international


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
        needed = {
            "basic": ("username", "password"),
            "token": ("token",),
            "hmac": ("token",),
            "twilio": ("token", "callback"),
        }
        wanted = [*needed.get(found.sign.kind, ())]
        if found.sms is not None and "{base_url}" in found.sms.send.url:
            wanted.append("base_url")
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
