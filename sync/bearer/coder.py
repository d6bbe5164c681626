"""Symbols to bytes without a wasted bit: an exact asymmetric numeral system on Python's whole numbers.

Every symbol takes `width` of `total` equal parts of the next step, so a choice of three costs 1.58 bits and not two.
The numbers of a frame have a few hundred bits, so nothing is ever rounded or carried: what was written is read back
exactly. (J. Duda, "Asymmetric numeral systems", arXiv 1311.2540; here with one unbounded state.)
"""

from collections.abc import Sequence
from typing import Final

LONGEST_NUMBER: Final = 256
"""Bits of the largest whole number that `Writer.number` takes."""


class Unfit(ValueError):  # noqa: N818 - named like the other faults
    """This way of writing has no room for the value, or these bytes were not written this way."""


class Writer:
    """Collects symbols in reading order."""

    def __init__(self) -> None:
        """Start empty."""
        self._steps: list[tuple[int, int, int]] = []

    def put(self, start: int, width: int, total: int) -> None:
        """Write the symbol that owns `start` to `start + width` of `total`."""
        if not (0 <= start < start + width <= total):
            raise Unfit("the symbol has no room")
        self._steps.append((start, width, total))

    def uniform(self, value: int, count: int) -> None:
        """Write one of `count` equally likely values."""
        self.put(value, 1, count)

    def pick(self, index: int, weights: Sequence[int]) -> None:
        """Write one of a few values of unequal likelihood."""
        if not 0 <= index < len(weights):
            raise Unfit("no such choice")
        self.put(sum(weights[:index]), weights[index], sum(weights))

    def number(self, value: int) -> None:
        """Write any whole number, small ones in little room."""
        size = abs(value).bit_length()
        if size > LONGEST_NUMBER:
            raise Unfit("the number is too large")
        small = min(size, 15)
        self.uniform(small, 16)
        if small == 15:  # noqa: PLR2004 - the escape of a four-bit length
            self.uniform(size - small, LONGEST_NUMBER - small + 1)
        if size:
            self.uniform(int(value < 0), 2)
            self.uniform(abs(value) - (1 << size - 1), 1 << size - 1)

    def to_bytes(self) -> bytes:
        """Return what was written."""
        state = 0
        for start, width, total in reversed(self._steps):
            whole, rest = divmod(state, width)
            state = whole * total + start + rest
        return state.to_bytes((state.bit_length() + 7) // 8, "big")


class Reader:
    """Gives the symbols back; raises `Unfit` for bytes that no writer made."""

    def __init__(self, data: bytes) -> None:
        """Take all bytes."""
        self._state = int.from_bytes(data, "big")

    def slot(self, total: int) -> int:
        """Return where in `total` the next symbol lies; `take` must follow."""
        return self._state % total

    def take(self, start: int, width: int, total: int) -> None:
        """Go past the symbol that owns `start` to `start + width` of `total`."""
        whole, slot = divmod(self._state, total)
        self._state = whole * width + slot - start

    def uniform(self, count: int) -> int:
        """Read one of `count` values."""
        value = self.slot(count)
        self.take(value, 1, count)
        return value

    def pick(self, weights: Sequence[int]) -> int:
        """Read one of a few values of unequal likelihood."""
        total, start = sum(weights), 0
        slot = self.slot(total)
        for index, width in enumerate(weights):
            if slot < start + width:
                self.take(start, width, total)
                return index
            start += width
        raise Unfit("no such choice")

    def number(self) -> int:
        """Read any whole number."""
        size = self.uniform(16)
        if size == 15:  # noqa: PLR2004 - as in `Writer.number`
            size += self.uniform(LONGEST_NUMBER - 14)
        if not size:
            return 0
        sign = -1 if self.uniform(2) else 1
        return sign * (self.uniform(1 << size - 1) + (1 << size - 1))

    def close(self) -> None:
        """Say that all was read; raises `Unfit` when something is left."""
        if self._state:
            raise Unfit("something is left after the last symbol")
