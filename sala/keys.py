"""The database's key: where it comes from, and that nobody else can read it."""

import base64
import binascii
import contextlib
import os
import secrets
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Final

from flows.errors import ConfigFault, KeyFault
from store.durable import create

SIZE: Final = 32
"""Bytes of a database key: SQLCipher's raw key."""
DATABASE: Final = "sala.db"
_PATIENCE = 10.0


def key_file(data: Path) -> Path:
    """Where a node keeps its own key when `key_source` is empty."""
    return data / "keys" / "database.key"


def database_key(source: str, data: Path) -> bytes:
    """The 32 bytes that open the database in `data`.

    `source` is `key_source` of the configuration. An empty one makes a key at the first start, and never a second one
    for a database that exists.

    Raises:
        ConfigFault: the source gives nothing that can be a key.
        KeyFault: the database is there and its key is not.
    """
    if not source:
        return _own_key(data)
    kind, _, rest = source.partition(":")
    return _decode(_SOURCES[kind](rest), f"key_source {kind}:")


def _own_key(data: Path) -> bytes:
    file = key_file(data)
    with contextlib.suppress(FileNotFoundError):
        return _decode(file.read_bytes(), str(file))
    if (data / DATABASE).exists():
        raise KeyFault(
            f"{file} is gone, and {data / DATABASE} cannot be opened without it", hint="restore the key file"
        )
    return _make(file)


def own_key(file: Path) -> bytes:
    """32 bytes that this node keeps in a file of its own, made at first use.

    Raises:
        ConfigFault: the file holds no key.
    """
    with contextlib.suppress(FileNotFoundError):
        return _decode(file.read_bytes(), str(file))
    return _make(file)


def _make(file: Path) -> bytes:
    key = secrets.token_bytes(SIZE)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    create(file, key.hex().encode() + b"\n")
    return key


def _from_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as missing:
        raise ConfigFault(
            f"key_source: {path} cannot be read ({missing.strerror})", hint="is the disk mounted?"
        ) from None


def _from_command(line: str) -> bytes:
    try:
        done = subprocess.run(shlex.split(line), capture_output=True, timeout=_PATIENCE, check=True)  # noqa: S603 - the operator's own command, without a shell
    except (OSError, ValueError, subprocess.SubprocessError) as failed:
        hint = "run the command by hand; it must print the key within 10 seconds"
        raise ConfigFault(f"key_source: the command failed ({type(failed).__name__})", hint=hint) from None
    return done.stdout


def _from_variable(name: str) -> bytes:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigFault(f"key_source: the variable {name} is empty", hint="set it to the key in hex or base64")
    return value.encode()


_SOURCES = {"file": _from_file, "command": _from_command, "env": _from_variable}


def _decode(raw: bytes, origin: str) -> bytes:
    """32 raw bytes, 64 hex digits or base64 of 32 bytes."""
    if len(raw) == SIZE:
        return raw
    text = raw.strip()
    with contextlib.suppress(ValueError):
        if len(key := bytes.fromhex(text.decode("ascii"))) == SIZE:
            return key
    with contextlib.suppress(ValueError, binascii.Error):
        if len(key := base64.b64decode(text, validate=True)) == SIZE:
            return key
    raise ConfigFault(f"{origin} does not hold a key", hint="a key is 32 bytes: raw, as 64 hex digits or in base64")


def loose(data: Path) -> list[str]:
    """What others than the owner may read or write of the keys, as sentences; empty when all is well."""
    folder = key_file(data).parent
    places = [folder, *folder.glob("*")] if folder.is_dir() else []
    return [
        f"{place} is open to others ({stat.filemode(mode)}); run: chmod go= {place}"
        for place in places
        if (mode := place.stat().st_mode) & 0o077
    ]
