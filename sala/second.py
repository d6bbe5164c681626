"""The second copy from outside: an escrow key, how the copy stands, what travels in it, and a node made from it."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from flows.errors import ConfigFault
from sala.config import Config
from store.copying import escrow, frames, restoring
from store.copying.keeper import STATUS
from store.copying.restoring import Restored
from store.durable import create

SILENT: Final = 30
"""Seconds without a word after which the node is taken to be stopped: it speaks every ten."""

TWO: Final = 2
"""Copies, when all is well."""

BESIDE: Final = "restored"
"""Folder in the restored data for the configuration and what it names."""

_MOST: Final = 16 << 20
_KEY_NOTE = """\
# The escrow key of a Sala node's second copy, made {day}.
# Whoever has this file and the copy can read every request of the node. Without it the copy is worth nothing.
# Public key: {public}
{secret}
"""


def make_key(file: Path) -> str:
    """Write a new escrow key to `file` and return what to do with it.

    Raises:
        ConfigFault: the file exists or cannot be written.
    """
    secret, public = escrow.make()
    note = _KEY_NOTE.format(day=time.strftime("%Y-%m-%d"), public=public, secret=secret)
    try:
        create(file, note.encode())
    except FileExistsError as there:
        raise ConfigFault(f"{file} exists already", hint="a key is never written over; name a new file") from there
    except OSError as fault:
        raise ConfigFault(f"{file} cannot be written ({fault.strerror})") from fault
    return "\n".join(
        [
            f"{file}: the escrow key. Print it or put it on two sticks, lock them away in two places away from this",
            "  node (the ministry's safe, the province's), then remove it here: the node never needs it.",
            "Into the node's sala.toml:",
            "  [copy]",
            '  path = "/media/second/sala"    # a folder on a stick or a second disk',
            f'  key = "{public}"',
        ]
    )


def luggage(config: Config) -> Mapping[str, bytes]:
    """What a new machine needs beside the database: key files, the configuration, and what it names in its folder."""
    folder = config.data / "keys"
    found = {f"keys/{file.name}": file for file in sorted(folder.glob("*"))} if folder.is_dir() else {}
    root = config.file.resolve().parent
    for file in (config.file, *config.tables.values(), *_flows(config)):
        with contextlib.suppress(ValueError):
            found[f"{BESIDE}/{file.resolve().relative_to(root)}"] = file
    packed = {}
    for name, file in found.items():
        with contextlib.suppress(OSError):
            if file.is_file() and file.stat().st_size <= _MOST:
                packed[name] = file.read_bytes()
    return packed


def _flows(config: Config) -> Iterator[Path]:
    ours = Path(__file__).resolve().parent.parent
    for path in config.services:
        if not path.resolve().is_relative_to(ours / "flows"):
            yield from sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]


def status(config: Config) -> dict[str, Any]:
    """How the copy stands: the node's last word, and the files on the medium.

    Raises:
        ConfigFault: no second copy is configured.
    """
    if config.copy is None:
        raise ConfigFault("no second copy is configured", hint="`sala copy key` prints the [copy] table to add")
    said: dict[str, Any] = {"copies": 1, "since": 0, "reason": "the node has not run with a second copy yet"}
    file = config.data / STATUS
    with contextlib.suppress(OSError, orjson.JSONDecodeError):
        age = time.time() - file.stat().st_mtime
        said = orjson.loads(file.read_bytes())
        if age > SILENT:
            said |= {"copies": 1, "reason": f"the node is not running (its last word: {said['copies']} copies)"}
    return {**said, "path": str(config.copy.path), "files": [_about(path) for path in _files(config.copy.path)]}


def as_text(found: Mapping[str, Any], zone: str) -> str:
    """`status` for a person."""
    since = _at(found["since"], zone) if found["since"] else "the node's start"
    if found["copies"] == TWO:
        head = f"two copies (everything until {since})"
    else:
        head = f"one copy since {since}: {found['reason']}"
    lines = [f"  {one['file']}  begun {_at(one['at'], zone)}, {one['bytes'] // 1024} KiB" for one in found["files"]]
    return "\n".join([head, found["path"], *(lines or ["  no copy there"])])


def restore(copy: Path, key_file: Path, data: Path, *, partial: bool) -> tuple[list[str], bool]:
    """Make a node's data from its copy; what was done in lines, and whether all of the copy was sound.

    Raises:
        Fault: it could not; `data` is as it was.
    """
    try:
        secret = escrow.secret_in(key_file.read_text("utf-8", "replace"))
    except OSError as fault:
        raise ConfigFault(f"{key_file} cannot be read ({fault.strerror})") from fault
    restored = asyncio.run(restoring.restore(copy, secret, data, partial=partial))
    beside = _unpack(restored, data)
    lines = [
        f"{data}: {restored.node} with {restored.requests} requests ({restored.commits} commits done on the base)",
        f"the copy's newest word is of {_at(restored.until)}; nothing newer is in it",
    ]
    if restored.torn:
        lines.append("the last record was not finished when the medium was lost; no medium had confirmed it")
    if restored.damage:
        lines.append(f"NOT EVERYTHING: {restored.damage}")
    if beside:
        lines.append(f"the configuration and its files are in {data / BESIDE}: put them in place, and set key_source")
    lines += [
        "the next start draws a new epoch; what the agencies have already is answered `duplicate` and not done twice",
        "if the old machine may come back: enrol this node anew at each agency, so that the old one is refused",
    ]
    return lines, not restored.damage


def _unpack(restored: Restored, data: Path) -> bool:
    packed = dict(restored.luggage)
    packed.setdefault("keys/database.key", packed.pop("database.key").hex().encode() + b"\n")
    for name, content in packed.items():
        parts = PurePosixPath(name).parts
        if name == "database.key" or ".." in parts or name.startswith("/"):
            continue
        file = data.joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            create(file, content)
    return any(name.startswith(BESIDE) for name in packed)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*" + frames.SUFFIX)) if folder.is_dir() else []


def _about(path: Path) -> dict[str, Any]:
    head = frames.peek(path)
    size = path.stat().st_size
    return {"file": path.name, "at": head.at if head else 0, "key": head.key if head else "", "bytes": size}


def _at(when: int, zone: str = "") -> str:
    moment = datetime.fromtimestamp(when, ZoneInfo(zone)) if zone else datetime.fromtimestamp(when).astimezone()
    today = datetime.now(moment.tzinfo).date()
    return f"{moment:%H:%M}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M}"
