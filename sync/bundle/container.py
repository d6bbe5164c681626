"""The file of a bundle: a line that names it, a digest of the rest, a manifest, and one sealed part for each agency.

    SALA BUNDLE 1 <sha-256 of all that follows> <bytes of the manifest>
    <manifest: JSON, with one header for each part, each signed with the key of the pair that it is for>
    <the parts, one after the other: age over zstd>

Every byte is covered, nothing in it is a file name, and nothing is believed before all of it was read and verified.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import zstandard

from flows.errors import Fault
from store.durable import finish
from sync.bundle.keys import BundleKeys

SUFFIX: Final = ".bundle"
LONGEST: Final = 256 * 1024 * 1024
"""Bytes of a file that is read at all, and of a part when it is unpacked."""

_LEVEL: Final = 19  # a stick is slow and a bundle is written once
_FIRST_LINE: Final = re.compile(rb"SALA BUNDLE 1 ([0-9a-f]{64}) (\d{1,9})\n")
_LONGEST_LINE: Final = 100


class BundleFault(Fault):
    """The bundle cannot be used."""

    code = "bundle"
    ours = False


@dataclass(frozen=True, slots=True)
class Header:
    """What one part is, in the clear but signed.

    Attributes:
        bundle: id of the bundle. kind: requests to an agency, or the agency's receipt for them.
        node, agency: the pair, as the node names them. number: rises by one with each bundle of the pair.
        previous: digest of the pair's previous header ("" for the first). records: how many requests it holds.
        size, digest: of the sealed bytes.
    """

    bundle: str
    kind: Literal["requests", "receipt"]
    node: str
    agency: str
    number: int
    previous: str
    created: int
    records: int
    size: int
    digest: str

    @property
    def text(self) -> bytes:
        """The bytes that are signed."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @property
    def chain(self) -> str:
        """The digest that the pair's next header names."""
        return hashlib.sha256(self.text).hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it stands in a file."""

    header: Header
    signature: str
    sealed: bytes

    def opened(self, keys: BundleKeys) -> bytes:
        """Verify and open a part; raises `BundleFault` in plain words."""
        if not keys.signed(self.header.text, self.signature):
            raise BundleFault("the bundle is not signed with the secret of this node and agency")
        try:
            plain = keys.open(self.sealed)
            with zstandard.ZstdDecompressor().stream_reader(plain) as reader:
                found = reader.read(LONGEST + 1)
        except (ValueError, zstandard.ZstdError):
            raise BundleFault("the bundle is sealed for somebody else, or harmed") from None
        if len(found) > LONGEST:
            raise BundleFault("the bundle is too long")
        return bytes(found)


def seal(keys: BundleKeys, plain: bytes, **facts: Any) -> Part:
    """Make a part of `plain`; `facts` are the header's fields but size and digest."""
    sealed = keys.close(zstandard.compress(plain, _LEVEL))
    header = Header(size=len(sealed), digest=hashlib.sha256(sealed).hexdigest(), **facts)
    return Part(header, keys.sign(header.text), sealed)


def pack(parts: Sequence[Part]) -> bytes:
    """Return the bytes of a bundle file."""
    listed = [asdict(part.header) | {"signature": part.signature} for part in parts]
    manifest = json.dumps({"parts": listed}, sort_keys=True, separators=(",", ":")).encode()
    rest = manifest + b"".join(part.sealed for part in parts)
    return b"SALA BUNDLE 1 %s %d\n%s" % (hashlib.sha256(rest).hexdigest().encode(), len(manifest), rest)


def unpack(content: bytes) -> tuple[Part, ...]:
    """Read a bundle file as a whole; raises `BundleFault` for anything but every byte as it was written."""
    line = _FIRST_LINE.match(content[:_LONGEST_LINE])
    if line is None:
        raise BundleFault("this is no bundle of Sala, or of a newer one")
    rest = content[line.end() :]
    if hashlib.sha256(rest).hexdigest().encode() != line[1]:
        raise BundleFault("the bundle is harmed or cut short; copy or write it again")
    length = int(line[2])
    if pack_line(rest, length) != content[: line.end()]:
        raise BundleFault("this is no bundle of Sala, or of a newer one")
    return _parts(rest[:length], rest[length:])


def pack_line(rest: bytes, length: int) -> bytes:
    """Return the one first line that is right for `rest`."""
    return b"SALA BUNDLE 1 %s %d\n" % (hashlib.sha256(rest).hexdigest().encode(), length)


def _parts(manifest: bytes, body: bytes) -> tuple[Part, ...]:
    try:
        listed: list[dict[str, Any]] = json.loads(manifest)["parts"]
        parts = []
        for facts in listed:
            signature = str(facts.pop("signature"))
            header = _checked(Header(**facts))
            sealed, body = body[: header.size], body[header.size :]
            parts.append(Part(header, signature, sealed))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleFault("the bundle's list of contents cannot be read") from None
    if body or any(hashlib.sha256(part.sealed).hexdigest() != part.header.digest for part in parts):
        raise BundleFault("the bundle's list of contents is not that of its parts")
    return tuple(parts)


def _checked(header: Header) -> Header:
    """Return a header whose values are of their kinds; raises TypeError for another."""
    counts = {"number", "created", "records", "size"}
    for name, value in asdict(header).items():
        right = type(value) is int and value >= 0 if name in counts else isinstance(value, str)
        if not right:
            raise TypeError(f"{name} is of another kind")
    return header


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is wholly there or not at all, and read it back from the medium.

    Raises:
        BundleFault: the medium is full or gone, or gives back other bytes.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        finish(temporary, path)
        if read_file(path) != content:
            raise BundleFault(f"{path}: the medium gives back other bytes than were written")
    except OSError as fault:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise BundleFault(f"{path}: {fault.strerror or fault}") from fault


def read_file(path: Path) -> bytes:
    """Read a file from the medium itself, not from memory."""
    try:
        with path.open("rb") as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            content = file.read(LONGEST + 1)
    except OSError as fault:
        raise BundleFault(f"{path}: {fault.strerror or fault}") from fault
    if len(content) > LONGEST:
        raise BundleFault(f"{path}: the file is too long")
    return content


def bundles_in(folder: Path, kind: str) -> list[tuple[Path, tuple[Part, ...] | BundleFault]]:
    """Read every bundle in a folder that has a part of this kind, or cannot be read; in the order they were made."""
    if not folder.is_dir():
        raise BundleFault(f"{folder}: no such folder")
    found: list[tuple[Path, tuple[Part, ...] | BundleFault]] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            parts = unpack(read_file(path))
        except BundleFault as fault:
            found.append((path, fault))
            continue
        if any(part.header.kind == kind for part in parts):
            found.append((path, parts))
    return sorted(found, key=lambda one: _age(one[1]))


def _age(found: tuple[Part, ...] | BundleFault) -> int:
    return found[0].header.number if isinstance(found, tuple) and found else 0


def echoed(head: Mapping[str, Any]) -> dict[str, str]:
    """What a receipt gives back of its bundle's first line unread: the node's own mark of what must be there."""
    mark = head.get("mark")
    return {"mark": mark[:_LONGEST_LINE]} if isinstance(mark, str) else {}


def decoded(text: bytes) -> Mapping[str, Any]:
    """Read the JSON object of a receipt; raises `BundleFault`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BundleFault("the bundle's contents cannot be read")
    return found
