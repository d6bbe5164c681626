"""What must be known of an SMSC to speak with it; the gateways' own settings extend this."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, FilePath, SecretStr, field_validator

from gateways.smpp.coding import Default
from gateways.smpp.session import Limits

_Ascii = Annotated[str, Field(pattern=r"^[ -~]*$")]
_LONGEST_PASSWORD = 8


class LineSettings(BaseModel):
    """One account at one SMSC.

    Attributes:
        host, port: where it listens.
        tls: speak TLS; the certificate is checked against the system's authorities, or against `tls_ca`.
        system_id, password, system_type: the account; at most 15, 8 and 12 ASCII characters (SMPP v3.4, 5.2.1 to 3).
        bind: one session for both ways, two sessions (`pair`), or one way only.
        address_range: the numbers that this session wants to receive, as some SMSCs ask for it.
        outstanding: requests that may wait for the SMSC's answer at once.
        response_timeout: seconds after which nobody knows whether a message was taken.
        enquire_link: seconds of silence after which the SMSC is asked whether it is there.
        reconnect_within: the longest wait in seconds between two attempts to connect.
        default_alphabet: what this SMSC means by data_coding 0.
        source_ton, source_npi, dest_ton, dest_npi: types of number and numbering plans of what we send. With
            `source_ton` unset: 3 for a short code, 5 for a word, 1 for an international number.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=2775, ge=1, le=65535)
    tls: bool = False
    tls_ca: FilePath | None = None
    system_id: _Ascii = Field(min_length=1, max_length=15)
    password: SecretStr = SecretStr("")
    system_type: _Ascii = Field(default="", max_length=12)
    bind: Literal["transceiver", "pair", "receiver", "transmitter"] = "transceiver"
    address_range: _Ascii = Field(default="", max_length=40)
    outstanding: int = Field(default=10, ge=1, le=1000)
    response_timeout: float = Field(default=10.0, gt=0, le=120)
    enquire_link: float = Field(default=30.0, gt=0, le=3600)
    reconnect_within: float = Field(default=60.0, ge=0.1, le=3600)
    default_alphabet: Default = "gsm7"
    source_ton: int | None = Field(default=None, ge=0, le=6)
    source_npi: int | None = Field(default=None, ge=0, le=18)
    dest_ton: int = Field(default=1, ge=0, le=6)
    dest_npi: int = Field(default=1, ge=0, le=18)

    @field_validator("password")
    @classmethod
    def _short_enough(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if len(secret) > _LONGEST_PASSWORD or not (secret.isascii() and (secret.isprintable() or not secret)):
            raise ValueError(f"at most {_LONGEST_PASSWORD} ASCII characters; the protocol has no room for more")
        return value

    def limits(self) -> Limits:
        """What bounds each session."""
        return Limits(window=self.outstanding, response=self.response_timeout, silence=self.enquire_link)
