"""What can go wrong with SMPP: bytes that are no PDU, and a line to the SMSC that is not there."""

from flows.errors import Fault
from gateways.smpp.numbers import Status


class PduFault(Fault):
    """These bytes are not a PDU that SMPP 3.4 allows."""

    code = "smpp-pdu"
    ours = False

    def __init__(
        self, reason: str, *, status: int = Status.INVALID_LENGTH, command: int = 0, sequence: int = 0
    ) -> None:
        """Say why, and what the peer is to be told.

        Args:
            reason: a few words for the log; never content.
            status: the command_status to answer with.
            command: the command_id, as far as it could be read.
            sequence: the sequence_number, as far as it could be read.
        """
        super().__init__(reason)
        self.status = status
        self.command = command
        self.sequence = sequence


class LineFault(Fault):
    """The SMSC cannot be reached."""

    code = "smpp-line"
    retry = True
    ours = False


class NotBound(LineFault):
    """No session with the SMSC is open; nothing left this node."""

    code = "smpp-not-bound"


class NoResponse(LineFault):
    """The SMSC did not say whether it took the request."""

    code = "smpp-no-response"
    retry = False


class BindRefused(LineFault):
    """The SMSC refused the login."""

    code = "smpp-bind"
    ours = True

    def __init__(self, status: int, message: str) -> None:
        """Say which command_status came, and what it means."""
        super().__init__(message)
        self.status = status
