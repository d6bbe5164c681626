"""Where the second copy goes, to whom it is sealed, and whether a key press waits for it."""

from pathlib import Path
from typing import Annotated, Final, Self

import pyrage
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

SPOOL: Final = "copies"
"""Folder in the data where a copy lies that only passes through on its way to the hub."""


class CopySettings(BaseModel):
    """The `[copy]` table.

    Attributes:
        path: folder on the second medium (a stick, a second disk); it is made if only its last part is missing.
        hub: whether the copy also goes to this node's hub. Without `path` the hub is the second medium, and the file
            beside the data is only what goes there.
        key: the escrow's public key (`age1...`), as `sala copy key` prints it.
        wait: whether a key press is answered only when the copy is on the medium too; a medium that takes longer than
            a second is no longer waited for until it has caught up.
        same_disk: whether the folder may lie on the disk of the data. A mount point without its stick looks like that,
            so it is refused unless it is wanted.
        renew_mb: after so much was appended the copy begins again with a new base, and the one before the last goes.
        renew_days: after so long it does so in any case: what the database has forgotten must go from the medium too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Path()
    key: str
    hub: bool = False
    wait: bool = False
    same_disk: bool = False
    renew_mb: Annotated[int, Field(ge=1)] = 64
    renew_days: Annotated[float, Field(gt=0)] = 7

    @property
    def only_hub(self) -> bool:
        """Whether the hub is the only second medium."""
        return self.hub and self.path == Path()

    def rooted(self, root: Path, data: Path) -> Self:
        """The same with a path that no longer depends on the working directory."""
        # What only passes through on its way to the hub lies with the data.
        here = {"path": data / SPOOL, "same_disk": True} if self.only_hub else {"path": root / self.path}
        return self.model_copy(update=here)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.path == Path() and not self.hub:
            raise ValueError("path is missing: a folder on a second medium, or hub = true for the hub")
        if self.only_hub and self.wait:
            raise ValueError("wait is for a medium at hand: no key press can wait for the hub")
        return self

    @field_validator("key")
    @classmethod
    def _a_public_key(cls, value: str) -> str:
        try:
            pyrage.x25519.Recipient.from_str(value)
        except pyrage.RecipientError as wrong:
            raise ValueError("is no escrow key (age1...); `sala copy key` makes one") from wrong
        return value
