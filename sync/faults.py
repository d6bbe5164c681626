"""What a failed request means for the records in it: the classes of failure as a table of HTTP status codes.

The class decides everything that follows; no other module looks at a status code.
"""

from typing import Literal

from flows.errors import Protocol, Refused, RoadFault, Transient

Class = Literal["transient", "busy", "auth", "permanent", "protocol"]


class Away(Transient):
    """The agency could not be reached; nothing left the node."""

    code = "away"


class Lost(Transient):
    """The request left, and no answer came."""

    code = "lost"

    def __init__(self, message: str | None = None, *, cut: bool = False) -> None:
        """Take the sentence, and whether the other side broke the connection off (a record may have broken it)."""
        super().__init__(message)
        self.cut = cut


class Failed(Transient):
    """The agency answered that it failed."""

    code = "failed"


class AgencyBusy(Transient):
    """The agency asks to be left alone for a while."""

    code = "busy"

    def __init__(self, message: str, seconds: float) -> None:
        """Take the sentence and the pause that it asked for, in seconds."""
        super().__init__(message)
        self.seconds = seconds


class Unreadable(RoadFault):
    """The agency understood who we are and will never take this request as it is."""

    code = "permanent"
    retry = False


CLASSES: dict[int, Class] = {
    401: "auth",
    403: "auth",
    408: "transient",
    425: "transient",
    429: "busy",
    503: "busy",
    400: "permanent",
    409: "permanent",
    413: "permanent",
    415: "permanent",
    422: "permanent",
    511: "protocol",
}
"""Every other code: 5xx is transient; the rest is no answer of ours, so a wrong address or a captive portal."""

_SERVER_ERRORS = range(500, 600)


def class_of(status: int) -> Class:
    """Return the class of an HTTP status other than 200."""
    return CLASSES.get(status, "transient" if status in _SERVER_ERRORS else "protocol")


def fault_of(status: int, *, signed: bool, retry_after: float) -> RoadFault:
    """Return the fault for an answer that is no list of results.

    Only the agency's own signature makes a refusal of the bytes final: a proxy on the way must not send a citizen's
    request to an officer, though it may stumble over one record. That it does not know us the agency cannot sign.
    """
    fault = _fault_of(status, signed=signed, retry_after=retry_after)
    fault.status = status
    return fault


def _fault_of(status: int, *, signed: bool, retry_after: float) -> RoadFault:
    words = f"the agency answered {status}"
    match class_of(status):
        case "auth":
            return Refused(f"{words}: it does not know this node, or the secret is wrong")
        case "busy" if retry_after > 0:
            return AgencyBusy(words, retry_after)
        case "permanent" if signed:
            return Unreadable(words)
        case "transient" | "busy" | "permanent":
            return Failed(words)
        case _:
            return Protocol(f"{words} without its signature")
