"""Every fault that Sala can name, and the refusal that is not one.

    Fault
    ├── FlowFault            a flow file is wrong (flows/loader.py adds the findings)
    ├── TableFault           a table of codes is wrong
    ├── ExpressionFault      an expression failed while a citizen was in the flow
    ├── ConfigFault          a setting is missing, misspelt or impossible
    ├── StoreFault
    │   ├── Busy             too many key presses wait
    │   ├── DiskFull         the disk has no room for a new dialogue
    │   ├── KeyFault         the database does not open with this key
    │   └── VersionFault     the SQLite or the schema is not one that may be used
    ├── CallFault            a gateway sent what cannot be a call
    │   └── WrongNumber      the number is not one that may use this channel
    ├── SendError            a gateway did not take a message, or did not say
    └── RoadFault            a delivery did not work
        ├── Transient        try again later
        ├── Refused          401 or 403: stop this agency and tell a person
        └── Protocol         an answer that no agency of ours can have given

Each class says `code` (stable, documented in docs/errors.md), `retry` (may the same thing succeed later?) and `ours`
(our fault, or theirs?); its docstring is its default message.
"""

from dataclasses import dataclass, field
from typing import Any


class Fault(Exception):  # noqa: N818 - the project's word, which its users read
    """Something went wrong."""

    code: str = "fault"
    retry: bool = False
    ours: bool = True

    def __init__(self, message: str | None = None, *, hint: str = "") -> None:
        """Take the sentence to show (else the docstring) and what the reader can do about it."""
        super().__init__(message or (self.__doc__ or "").strip())
        self.hint = hint


class TableFault(Fault):
    """A table of codes cannot be used."""

    code = "table"
    ours = False


class ExpressionFault(Fault):
    """An expression in the flow failed."""

    code = "expression"


class ConfigFault(Fault):
    """The configuration cannot be used."""

    code = "config"
    ours = False


class StoreFault(Fault):
    """The database refused."""

    code = "store"
    retry = True


class Busy(StoreFault):
    """Too many key presses wait to be written."""

    code = "busy"


class DiskFull(StoreFault):
    """The disk has no room for new dialogues."""

    code = "disk-full"


class KeyFault(StoreFault):
    """The database does not open with this key."""

    code = "key"
    retry = False


class VersionFault(StoreFault):
    """This SQLite, or the schema in the file, is not one that may be used."""

    code = "version"
    retry = False


class CallFault(Fault):
    """The gateway sent something that is not a call."""

    code = "call"
    ours = False


class WrongNumber(CallFault):
    """The number is not one that may use this channel."""

    code = "number"


class SendError(Fault):
    """The gateway did not take the message."""

    code = "send"

    def __init__(
        self,
        code: str,
        *,
        retry: bool = False,
        ours: bool = False,
        unknown: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        """Say how one attempt failed.

        Args:
            code: what the gateway said (`405`, `InvalidSenderId`) or what happened (`refused-connection`, `timeout`);
                never a number, never a text.
            retry: the gateway certainly did not take it, and the same message may go later.
            ours: the account, the settings or this node is at fault: a person must be told.
            unknown: the request left and no answer came, so the phone may have it: never repeated blindly.
            retry_after: seconds that the gateway asked for; 0: it did not say.
        """
        super().__init__(f"{self.__doc__} ({code})")
        self.code = code
        self.retry = retry
        self.ours = ours
        self.unknown = unknown
        self.retry_after = retry_after


class RoadFault(Fault):
    """The agency could not be reached."""

    code = "road"
    retry = True
    ours = False
    status: int = 0
    """The HTTP status that came back, 0 when none did."""
    bytes_out: int = 0
    """Bytes that left the node in vain."""


class Transient(RoadFault):
    """The agency did not answer; the same bytes are offered again."""

    code = "transient"


class Refused(RoadFault):
    """The agency does not know this node, or its secret is wrong."""

    code = "auth"


class Protocol(RoadFault):
    """Something answered that is not the agency."""

    code = "protocol"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that did not fit: a value, never an exception.

    `reason` is a key of the phrase catalogue's `refusal` group; `values` fill its placeholders.
    """

    reason: str
    values: dict[str, Any] = field(default_factory=dict)
