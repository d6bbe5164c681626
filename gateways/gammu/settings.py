"""The settings of a channel over a local modem."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from gateways import port


class Settings(port.Settings):
    """One modem, by the spool of its gammu-smsd.

    Attributes:
        spool: the folder with smsd's `inbox`, `outbox`, `sent` and `error`, and with our own `done`.
        poll: seconds between two looks into it.
        waiting: messages that may lie in `outbox`; what is beyond waits in our own queue, which a restart and a clock
            know how to treat.
        stuck: seconds after which a message that still lies there says that the modem is away.
        reports: whether smsd is configured to ask for delivery reports.
        references: whether smsd may note the modem's reference in the file, by which a report is then known exactly.
        keep_days: days for which it is remembered that a message was handed over, and a report is awaited.
        national: calling code of numbers that come in national form (`020...`).
        rate: messages a second; a modem needs some seconds for each, so more than this only fills `outbox`.
    """

    spool: Path
    poll: float = Field(default=1.0, gt=0, le=60)
    waiting: int = Field(default=50, ge=1, le=10_000)
    stuck: float = Field(default=300.0, ge=10, le=86_400)
    reports: bool = True
    references: bool = False
    keep_days: int = Field(default=7, ge=2, le=60)
    national: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{0,3})?$")] = "+856"
    rate: float = Field(default=1.0, gt=0, le=1000)
