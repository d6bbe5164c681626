"""The settings of a channel over a phone with cht-gateway."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from gateways import port

_SHORTEST = 8


class Settings(port.Settings):
    """One phone.

    Attributes:
        username, password: what the phone gives (Basic); ASCII, for the app writes it in Latin letters only.
        patience: seconds for which a message is offered before it is put off; the phone asks about once a minute, and
            says only the next time that it has something.
        offer_again: seconds after which a message that the phone has not confirmed is offered once more.
        linger: seconds for which an answer waits for what the messages in the request are answered with.
        national: calling code of numbers that come in national form (`020...`).
        window: messages that may be offered at once.
    """

    username: str = Field(default="gateway", pattern=r"^[!-9;-~]{1,64}$")
    password: SecretStr
    patience: float = Field(default=300.0, ge=1, le=3600)
    offer_again: float = Field(default=150.0, gt=0, le=3600)
    linger: float = Field(default=2.0, ge=0, le=20)
    national: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{0,3})?$")] = "+856"
    window: int = Field(default=64, ge=1, le=64)

    @field_validator("password")
    @classmethod
    def _long_enough(cls, given: SecretStr) -> SecretStr:
        word = given.get_secret_value()
        if len(word) < _SHORTEST or not word.isascii() or not word.isprintable():
            raise ValueError(f"must be {_SHORTEST} or more ASCII characters")
        return given
