"""The settings of a channel that sends and hears through Kannel."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from sms import poster
from sms.addresses import Address

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]


class Settings(poster.Settings):
    """One smsbox.

    Attributes:
        sendsms_url: its `/cgi-bin/sendsms`.
        username, password: of the `sendsms-user`.
        callback: this channel's own address as the smsbox reaches it, `http://.../gateways/NAME/SECRET`: where reports
            go. Empty: none are asked for.
        smsc: the `smsc-id` to send by; empty: Kannel routes.
        long: `parts`: Sala splits, at words and Lao clusters; `whole`: Kannel splits, after every 134th octet.
        national: calling code of numbers that come in national form (`020...`).
    """

    sendsms_url: Address = Field(min_length=1)
    username: str = Field(min_length=1)
    password: SecretStr
    callback: Address = ""
    smsc: _Id = ""
    long: Literal["parts", "whole"] = "parts"
    national: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{0,3})?$")] = "+856"
