"""Where the second copy goes, to whom it is sealed, and whether a key press waits for it."""

from pathlib import Path
from typing import Annotated

import pyrage
from pydantic import BaseModel, ConfigDict, Field, field_validator


class CopySettings(BaseModel):
    """The `[copy]` table.

    Attributes:
        path: folder on the second medium (a stick, a second disk); it is made if only its last part is missing.
        key: the escrow's public key (`age1...`), as `sala copy key` prints it.
        wait: whether a key press is answered only when the copy is on the medium too; a medium that takes longer than
            a second is no longer waited for until it has caught up.
        same_disk: whether the folder may lie on the disk of the data. A mount point without its stick looks like that,
            so it is refused unless it is wanted.
        renew_mb: after so much was appended the copy begins again with a new base, and the one before the last goes.
        renew_days: after so long it does so in any case: what the database has forgotten must go from the medium too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    key: str
    wait: bool = False
    same_disk: bool = False
    renew_mb: Annotated[int, Field(ge=1)] = 64
    renew_days: Annotated[float, Field(gt=0)] = 7

    @field_validator("key")
    @classmethod
    def _a_public_key(cls, value: str) -> str:
        try:
            pyrage.x25519.Recipient.from_str(value)
        except pyrage.RecipientError as wrong:
            raise ValueError("is no escrow key (age1...); `sala copy key` makes one") from wrong
        return value
