"""PDUs out of a stream of octets, however it is cut, with a bound on what is kept."""

from collections.abc import Iterator
from typing import Final

from gateways.smpp.faults import PduFault
from gateways.smpp.numbers import HEADER, Status
from gateways.smpp.pdu import LONGEST

_LENGTH: Final = 4


class Frames:
    """Takes octets as they come and gives them back PDU by PDU. Keeps less than one PDU of at most `longest` octets."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._kept = bytearray()

    @property
    def kept(self) -> int:
        """Octets of a PDU that has begun."""
        return len(self._kept)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every PDU that is whole now.

        Raises:
            PduFault: the next one would be shorter than a header or longer than the bound: nobody knows where the one
                after it begins, so the connection is of no more use.
        """
        kept = self._kept
        kept += data
        start = 0
        try:
            while len(kept) - start >= _LENGTH:
                size = int.from_bytes(kept[start : start + _LENGTH], "big")
                if not HEADER <= size <= self._longest:
                    sequence = int.from_bytes(kept[start + 12 : start + HEADER], "big")
                    raise PduFault("a length that cannot be", status=Status.INVALID_LENGTH, sequence=sequence)
                if len(kept) - start < size:
                    return
                frame = bytes(kept[start : start + size])
                start += size
                yield frame
        finally:
            del kept[:start]
