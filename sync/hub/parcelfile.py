"""Consignments in a file that a stick can carry, sealed for each node: a lost stick tells nothing."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import zstandard

from sync.bundle.container import LONGEST, read_file, write_file
from sync.bundle.keys import keys_of
from sync.connectors.hub import DOWN, road_key
from sync.hub.consignment import DownFault

_FIRST: Final = "SALA DOWN 1"


def write(path: Path, closed: Mapping[str, Mapping[str, str]], secrets: Mapping[str, bytes]) -> int:
    """Write one sealed consignment for each node; returns the bytes written.

    Raises:
        BundleFault: the medium is full, gone or harmed.
    """
    lines = [json.dumps({"node": node, "sealed": _sealed(one, secrets[node])}) for node, one in sorted(closed.items())]
    body = "\n".join(lines)
    content = f"{_FIRST} {hashlib.sha256(body.encode()).hexdigest()}\n{body}".encode()
    write_file(path, content)
    return len(content)


def read(path: Path, node: str, secrets: Sequence[bytes]) -> Any:
    """Return the closed consignment of this node.

    Raises:
        DownFault: the file is harmed, or holds nothing for this node. BundleFault: it cannot be read.
    """
    first, _, body = read_file(path).partition(b"\n")
    if not first.startswith(_FIRST.encode()):
        raise DownFault(f"{path}: this is no file that `sala down write` wrote, or it is of a newer version")
    if first.decode("ascii", "replace") != f"{_FIRST} {hashlib.sha256(body).hexdigest()}":
        raise DownFault(f"{path}: the file is harmed or cut short; copy or write it again")
    for line in body.splitlines():
        found = json.loads(line)
        if found.get("node") == node:
            return _opened(path, str(found.get("sealed", "")), secrets)
    raise DownFault(f"{path}: it holds nothing for {node}", hint="at the hub: sala down write FILE --node " + node)


def _sealed(closed: Mapping[str, str], secret: bytes) -> str:
    plain = zstandard.compress(json.dumps(dict(closed), ensure_ascii=False).encode(), 19)
    return base64.b64encode(keys_of(road_key(secret, DOWN)).close(plain)).decode()


def _opened(path: Path, sealed: str, secrets: Sequence[bytes]) -> Any:
    for secret in secrets:
        try:
            plain = keys_of(road_key(secret, DOWN)).open(base64.b64decode(sealed, validate=True))
            with zstandard.ZstdDecompressor().stream_reader(plain) as reader:
                return json.loads(reader.read(LONGEST))
        except (ValueError, binascii.Error, zstandard.ZstdError):
            continue
    raise DownFault(f"{path}: it is sealed for another node, or harmed", hint="is [hub] secret the one of this hub?")
