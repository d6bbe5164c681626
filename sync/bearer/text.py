"""Words to symbols and back: any text of Unicode, in about five bits a letter where it is Lao or Latin.

A letter is foretold from the three before it, by counts that ship with the program (`letters.json`), and from what
stood after the same letters earlier in the same frame: a child has its father's family name. What the counts have never
seen still has a share, and any other character of Unicode is written by its number. Whole numbers only, so both ends
foretell alike on every machine.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from sync.bearer.coder import Reader, Unfit, Writer

LETTERS: Final = "".join(map(chr, (*range(0x20, 0x7F), *range(0xE80, 0xF00), 0x200B)))
"""The characters with a symbol of their own: printable ASCII, the Lao block, the zero-width space."""

END: Final = len(LETTERS)
OTHER: Final = END + 1
SYMBOLS: Final = END + 2
ORDER: Final = 3
"""Letters before the next one that it is foretold from."""

_NUMBER: Final = {letter: number for number, letter in enumerate(LETTERS)}
_WHOLE: Final = 1 << 20
_BLOCK: Final = 128
_BLOCKS: Final = 0x110000 // _BLOCK
_LONGEST: Final = 4000
_DOUBT: Final = 1
"""How much a context that was seen little yields to a shorter one: the share of `_DOUBT` letters for each one seen."""

# Share, of 256, for what followed the same letters earlier in this frame, by how many of them were the same.
_REPEATED: Final = (0, 0, 40, 100, 160, 200, 220, 232, 240)
_AT_MOST: Final = len(_REPEATED) - 1
_LOOKS: Final = 16

Context = Mapping[int, int]


@cache
def model() -> tuple[Mapping[str, Context], str]:
    """Return the counts by context (the characters before; the end of a text is a line feed), and their fingerprint."""
    data = files("sync.bearer").joinpath("letters.json").read_bytes()
    counts = {
        context: {OTHER if letter == "" else END if letter == "\n" else _NUMBER[letter]: n for letter, n in row.items()}
        for context, row in json.loads(data).items()
    }
    return counts, hashlib.sha256(data).hexdigest()


class Words:
    """Writes or reads the texts of one frame, in order: what was said before helps with what comes."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._said: list[int] = [END]
        self._after: dict[tuple[int, int], list[int]] = {}
        self._block = 0
        self._tables = model()[0]

    def write(self, writer: Writer, text: str) -> None:
        """Write a text and its end."""
        if len(text) > _LONGEST:
            raise Unfit("the text is too long")
        for letter in text:
            symbol = _NUMBER.get(letter, OTHER)
            self._put(writer, symbol)
            if symbol == OTHER:
                self._write_other(writer, ord(letter))
        self._put(writer, END)

    def read(self, reader: Reader) -> str:
        """Read a text to its end."""
        text: list[str] = []
        while (symbol := self._take(reader)) != END:
            text.append(self._read_other(reader) if symbol == OTHER else LETTERS[symbol])
            if len(text) > _LONGEST:
                raise Unfit("the text has no end")
        return "".join(text)

    def _put(self, writer: Writer, symbol: int) -> None:
        base, extra = self._foretell()
        start = base * symbol + sum(share for other, share in extra.items() if other < symbol)
        writer.put(start, base + extra.get(symbol, 0), base * SYMBOLS + sum(extra.values()))
        self._say(symbol)

    def _take(self, reader: Reader) -> int:
        base, extra = self._foretell()
        total = base * SYMBOLS + sum(extra.values())
        slot = reader.slot(total)
        start = 0
        for symbol in range(SYMBOLS):
            width = base + extra.get(symbol, 0)
            if slot < start + width:
                reader.take(start, width, total)
                self._say(symbol)
                return symbol
            start += width
        raise Unfit("no such letter")

    def _foretell(self) -> tuple[int, dict[int, int]]:
        """Return the share that every symbol has, and what the likely ones have beyond it."""
        left = _WHOLE
        extra: dict[int, int] = {}
        length, symbol = self._repeat()
        if length:
            extra[symbol] = left * _REPEATED[length] // 256
            left -= extra[symbol]
        context = self._context()
        for skipped in range(len(context) + 1):
            row = self._tables.get(context[skipped:])
            if row is None:
                continue
            seen = sum(row.values())
            share = left * seen // (seen + _DOUBT * len(row))
            for other, n in row.items():
                extra[other] = extra.get(other, 0) + share * n // seen
            left -= share
        return left // SYMBOLS + 1, extra

    def _context(self) -> str:
        """Return the characters before the next one; the beginning of a text counts as a line feed."""
        letters: list[str] = []
        for symbol in reversed(self._said[-ORDER:]):
            letters.append("\n" if symbol == END else "\x7f" if symbol == OTHER else LETTERS[symbol])
            if symbol == END:
                break
        return "".join(reversed(letters))

    def _repeat(self) -> tuple[int, int]:
        """Return how many of the last symbols stood together before, at most eight, and what followed them last."""
        said = self._said
        best, follows = 0, 0
        for after in reversed(self._after.get((said[-2], said[-1]), [])[-_LOOKS:]) if len(said) > 1 else ():
            length = 2
            while length < _AT_MOST and length < after and said[after - 1 - length] == said[-1 - length]:
                length += 1
            if length > best:
                best, follows = length, said[after]
            if best == _AT_MOST:
                break
        return best, follows

    def _say(self, symbol: int) -> None:
        said = self._said
        if len(said) > 1:
            self._after.setdefault((said[-2], said[-1]), []).append(len(said))
        said.append(symbol)

    def _write_other(self, writer: Writer, code: int) -> None:
        block, place = divmod(code, _BLOCK)
        same = block == self._block
        writer.pick(int(same), (1, 3))
        if not same:
            writer.uniform(block, _BLOCKS)
        writer.uniform(place, _BLOCK)
        self._block = block

    def _read_other(self, reader: Reader) -> str:
        if not reader.pick((1, 3)):
            self._block = reader.uniform(_BLOCKS)
        return chr(self._block * _BLOCK + reader.uniform(_BLOCK))


def learned(texts: list[str]) -> dict[str, dict[str, int]]:
    """Count what follows each context in these texts; what `bench/letters.py` makes `letters.json` of."""
    counts: dict[str, dict[str, int]] = {}
    for text in texts:
        before = "\n"
        for letter in (*text, "\n"):
            known = letter if letter in _NUMBER else ""
            for length in range(min(ORDER, len(before)) + 1):
                row = counts.setdefault(before[len(before) - length :], {})
                row[known] = row.get(known, 0) + 1
            before = (before + (known or "\x7f"))[-ORDER:]
    return counts
