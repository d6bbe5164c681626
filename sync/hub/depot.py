"""A hub as the second medium: it keeps the sealed files of its nodes' second copies, and gives them back.

What a file holds only the escrow key opens; the hub sees names, times and sizes. A node appends at the place that the
hub names, so that a cut in the middle of a piece costs that piece alone.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from store.copying import frames
from store.copying.generation import prune
from store.durable import sync_folder
from sync.connectors.hub import COPY, NODE_HEADER
from sync.hub.door import PREFIX, Nodes
from sync.serving import body_of, headers_of, signed, stranger

PIECE: Final = 256 * 1024
"""Bytes that are given back at once."""

KEEP: Final = 2
"""Whole files of one life that stay; those of other lives are never touched."""

_MEGABYTE: Final = 1 << 20
_BLOCK: Final = 1 << 20

_log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Depot:
    """The files of all nodes, a folder each.

    Attributes:
        folder: of the folders. most_mb: that one node's files may take. free_mb: that its disk keeps for other things.
    """

    folder: Path
    most_mb: int
    free_mb: int

    def answer(self, node: str, order: Mapping[str, Any], piece: bytes) -> dict[str, Any]:
        """Do what an enrolled node asks; raises ValueError for what is no order, OSError when the disk does not."""
        match order.get("do"):
            case "list":
                return {"files": self.files(node)}
            case "state":
                path = self._path(node, order)
                return {"size": _size(path), "sha256": _digest(path)}
            case "put":
                return self._put(node, order, piece)
            case "get":
                return {"piece": base64.b64encode(_piece(self._path(node, order), _whole(order, "at"))).decode()}
            case _:
                raise ValueError("no such order")

    def files(self, node: str) -> dict[str, int]:
        """The sizes of a node's files, by name."""
        return {path.name: path.stat().st_size for path in sorted(self._home(node).glob(f"*{frames.SUFFIX}"))}

    def _put(self, node: str, order: Mapping[str, Any], piece: bytes) -> dict[str, Any]:
        path, at = self._path(node, order), _whole(order, "at")
        if order.get("again"):
            path.unlink(missing_ok=True)
        size = _size(path)
        if at != size:
            return {"size": size}
        if problem := self._no_room(node, len(piece)):
            return {"size": size, "problem": problem}
        _append(path, piece)
        head = frames.peek(path)
        if head is None or head.node != node:
            path.unlink()
            return {"size": 0, "problem": "it is no copy of this node"}
        if order.get("whole"):
            prune(self._home(node), node, head.life, KEEP)
        return {"size": size + len(piece)}

    def _no_room(self, node: str, more: int) -> str:
        if sum(self.files(node).values()) + more > self.most_mb * _MEGABYTE:
            return f"the hub keeps {self.most_mb} MB of a node's copies, and they are full"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < self.free_mb * _MEGABYTE + more:
            return "the hub's disk is nearly full"
        return ""

    def _path(self, node: str, order: Mapping[str, Any]) -> Path:
        name = order.get("file")
        wanted = rf"{re.escape(node)}\.[0-9a-f]{{8}}\.\d{{6}}{re.escape(frames.SUFFIX)}"
        if not isinstance(name, str) or not re.fullmatch(wanted, name):
            raise ValueError("no such file")
        return self._home(node) / name

    def _home(self, node: str) -> Path:
        return self.folder / node


class DepotDoor:
    """The one address under which nodes bring their copies, and fetch them."""

    def __init__(self, depot: Depot, nodes: Nodes) -> None:
        """Take the files, and who may come."""
        self._depot = depot
        self._nodes = nodes
        self._turns: dict[str, asyncio.Lock] = {}

    def routes(self, prefix: str = PREFIX) -> list[web.RouteDef]:
        """Return the route under `prefix`."""
        return [web.post(f"{prefix}/{COPY}", self.order)]

    async def order(self, request: web.Request) -> web.Response:
        """Do one order: a line of JSON, and the bytes of a piece after it."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=413)
        node = request.headers.get(NODE_HEADER, "")
        key = self._nodes.key(node, COPY, headers_of(request), body)
        if key is None:
            _log.warning("signature_unknown")
            return stranger()
        line, _, piece = body.partition(b"\n")
        try:
            order = _order(line)
            async with self._turns.setdefault(node, asyncio.Lock()):
                answer = await asyncio.to_thread(self._depot.answer, node, order, piece)
        except (ValueError, RecursionError) as wrong:
            return signed(request, key, {"error": str(wrong)}, 400)
        except OSError as fault:
            _log.error("copy_not_kept", node=node, fault=type(fault).__name__)
            refusal = signed(request, key, {"error": "this hub cannot write now"}, 503)
            refusal.headers["Retry-After"] = "60"
            return refusal
        return signed(request, key, answer)


def _order(line: bytes) -> Mapping[str, Any]:
    order = json.loads(line)
    return order if isinstance(order, dict) else {}


def listed(folder: Path) -> list[dict[str, Any]]:
    """Every file of every node that is kept here, for a person."""
    rows = []
    for path in sorted(folder.glob(f"*/*{frames.SUFFIX}")):
        head, found = frames.peek(path), path.stat()
        rows.append(
            {
                "node": path.parent.name,
                "file": path.name,
                "begun": _moment(head.at) if head else "",
                "bytes": found.st_size,
                "grown": _moment(int(found.st_mtime)),
            }
        )
    return rows


def _moment(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(at))


def _whole(order: Mapping[str, Any], name: str) -> int:
    value = order.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} is no place in a file")
    return value


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _digest(path: Path) -> str:
    """SHA-256 of a file: after a power cut its end may not be what was brought."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _piece(path: Path, at: int) -> bytes:
    if not path.is_file():
        raise ValueError("no such file")
    with path.open("rb") as file:
        file.seek(at)
        return file.read(PIECE)


def _append(path: Path, piece: bytes) -> None:
    """Add a piece, on the disk when this returns."""
    new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync_folder(path.parent)
