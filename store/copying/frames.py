"""The file of a second copy: a head in the clear, then numbered frames, each sealed, and chained to all before it.

    "SALACOPY" · u32 length · head (JSON) · frame · frame · ...
    frame = u64 number · u32 length · u32 CRC-32 of these twelve bytes · body (AES-256-GCM)

One age encryption costs as much as sealing a hundred frames, so age seals only the file's own random key, once, in the
head. The nonce of a frame is its number, which is safe because no key is used for a second file. The additional data
are BLAKE2b over the head and all bodies before, so a frame that is cut out, moved or from another file does not open.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flows.errors import StoreFault

MAGIC: Final = b"SALACOPY"
FORMAT: Final = 1
SUFFIX: Final = ".salacopy"
KEY_SIZE: Final = 32
_TAG: Final = 16
_PACKED: Final = 512
"""Bytes from which a frame is compressed: a plain key press is smaller and would only cost time."""
_HEAD: Final = struct.Struct(">QI")
_CHECK: Final = struct.Struct(">I")
_FRAME: Final = _HEAD.size + _CHECK.size
_MOST: Final = 1 << 28


class Damaged(StoreFault):
    """The copy is damaged."""

    code = "copy-damaged"
    retry = False


class Head(msgspec.Struct, frozen=True):
    """What stands in the clear at the beginning.

    Attributes:
        node: whose copy it is.
        life: random name of the database's life; a restored database begins a new one.
        generation: counts the files of one life.
        at: when it was begun, epoch seconds.
        key: the escrow's public key.
        sealed: the file's key, sealed to it (age, base64).
    """

    node: str
    life: str
    generation: int
    at: int
    key: str
    sealed: bytes
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as read. `end` is the place of the byte after it."""

    number: int
    content: Any
    end: int


class Sealer:
    """Makes the bytes of one file, in order."""

    def __init__(self, head: Head, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._pack = zstandard.ZstdCompressor(level=1)
        self._encode = msgspec.msgpack.Encoder().encode
        self._number = 0
        text = msgspec.json.encode(head)
        self.opening = MAGIC + _CHECK.pack(len(text)) + text
        self._chain = _linked(b"", text)

    def frame(self, content: Any) -> bytes:
        """The next frame, holding a value of msgpack's kinds."""
        plain = self._encode(content)
        plain = b"z" + self._pack.compress(plain) if len(plain) >= _PACKED else b"-" + plain
        head = _HEAD.pack(self._number, len(plain) + _TAG)
        body = self._cipher.encrypt(_nonce(self._number), plain, self._chain)
        self._chain = _linked(self._chain, body)
        self._number += 1
        return b"".join((head, _CHECK.pack(zlib.crc32(head)), body))


def read_head(file: BinaryIO, name: str) -> tuple[Head, bytes]:
    """Return the head and its bytes; the file stands at the first frame then.

    Raises:
        Damaged: this is no copy, or its first bytes are harmed.
    """
    fixed = file.read(len(MAGIC) + _CHECK.size)
    if len(fixed) < len(MAGIC) + _CHECK.size or not fixed.startswith(MAGIC):
        raise Damaged(f"{name} is not a second copy", hint=f"its name ends in {SUFFIX}")
    text = file.read(min(_CHECK.unpack(fixed[len(MAGIC) :])[0], _MOST))
    try:
        head = msgspec.json.decode(text, type=Head)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise Damaged(f"{name}: its first lines are damaged", hint="use another copy") from fault
    if head.format != FORMAT:
        raise Damaged(f"{name} was written by a newer Sala (format {head.format})", hint="restore it with that version")
    return head, text


def peek(path: Path) -> Head | None:
    """The head of a file, None when it is no copy of ours."""
    try:
        with path.open("rb") as file:
            return read_head(file, path.name)[0]
    except (OSError, Damaged):
        return None


class Frames:
    """Reads the frames of a file, up to its end or to the frame that was being written when the medium was lost."""

    def __init__(self, file: BinaryIO, name: str, opening: bytes, key: bytes) -> None:
        self._file = file
        self._name = name
        self._cipher = AESGCM(key)
        self._unpack = zstandard.ZstdDecompressor()
        self._chain = _linked(b"", opening)
        self.torn = False
        """Whether the last frame was not finished."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame.

        Raises:
            Damaged: a byte is not what was written. All that was yielded before is sound.
        """
        number = 0
        while (body := self._body(number)) is not None:
            try:
                plain = self._cipher.decrypt(_nonce(number), body, self._chain)
            except InvalidTag:
                # A tag of nothing but zeros was never written: the power went while the file already had its length.
                if not any(body[-_TAG:]) and self._nothing_follows():
                    self.torn = True
                    return
                raise self._damaged(number) from None
            self._chain = _linked(self._chain, body)
            packed = self._unpack.decompress(plain[1:]) if plain[:1] == b"z" else plain[1:]
            yield Frame(number, msgspec.msgpack.decode(packed), self._file.tell())
            number += 1

    def _body(self, number: int) -> bytes | None:
        """The sealed bytes of the next frame; None at the end, which may be torn."""
        head = self._file.read(_FRAME)
        if not head:
            return None
        if len(head) < _FRAME:
            self.torn = True
            return None
        said, length = _HEAD.unpack(head[: _HEAD.size])
        sound = _CHECK.unpack(head[_HEAD.size :])[0] == zlib.crc32(head[: _HEAD.size])
        if not sound and not any(head) and self._nothing_follows():
            self.torn = True
            return None
        if not sound or said != number or length > _MOST:
            raise self._damaged(number)
        body = self._file.read(length)
        if len(body) < length:
            self.torn = True
            return None
        return body

    def _nothing_follows(self) -> bool:
        while block := self._file.read(1 << 20):
            if any(block):
                return False
        return True

    def _damaged(self, number: int) -> Damaged:
        return Damaged(
            f"{self._name} is damaged at record {number}: a byte is not what was written",
            hint="use another copy of this node; or --partial restores everything before the damage",
        )


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _linked(chain: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=chain, digest_size=32).digest()
