"""The settings of an `smpp` channel."""

from typing import Annotated, Literal

from pydantic import Field

import gateways.port
from gateways.smpp.dialects import Name
from gateways.smpp.receipts import Ids
from gateways.smpp.settings import LineSettings

DataCoding = Annotated[int, Field(ge=0, le=255)]


class Options(gateways.port.Settings, LineSettings):
    """One account at one SMSC, for messages, key presses, or both.

    Attributes:
        messages: whether texts go over it.
        ussd: the dialect of its key presses; `none`: they do not go over it.
        service_type: of our messages, as the operator has agreed it.
        long: how long messages go: in parts with a header in the text (`udh`), in parts with SMPP's own parameters
            (`sar`), or as one `payload`, which the operator cuts.
        receipt_ids: how ids in receipts stand to those in answers.
        reports: ask for delivery reports.
        validity_hours: after so many the operator gives a message up; 0: when it thinks fit.
        country_code: of numbers that come without one.
        dialled: where the start of a dialogue says what was dialled; unset: as the dialect has it.
        ussd_coding_gsm7, ussd_coding_ucs2: data_coding of screens; unset: as the dialect has it.
    """

    messages: bool = True
    ussd: Literal["none"] | Name = "none"
    service_type: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,5}$")
    long: Literal["udh", "sar", "payload"] = "udh"
    receipt_ids: Ids = "same"
    reports: bool = True
    validity_hours: int = Field(default=48, ge=0, le=720)
    country_code: str = Field(default="", pattern=r"^(\+[1-9][0-9]{0,3})?$")
    dialled: Literal["text", "destination"] | None = None
    ussd_coding_gsm7: DataCoding | None = None
    ussd_coding_ucs2: DataCoding | None = None
