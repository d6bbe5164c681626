"""A hub put together: its key, its door, and the commands that enrol nodes and send things down to them."""

import asyncio
import time
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.errors import ConfigFault
from flows.tables import read_csv
from sala import editions, keys, services, users
from sala.beside import beside
from sala.config import Config
from store.draft_values import ApprovalFault
from store.hub import NodeState
from store.memory import Memory
from sync import signing
from sync.hub import depot, parcelfile
from sync.hub.consignment import public_key, written
from sync.hub.door import HubDoor, Nodes, closed_for
from sync.serving import Bell

KEY: Final = "hub.key"
COPIES: Final = "node-copies"
"""Folder of the data in which a hub keeps the second copies of its nodes."""

_FREE: Final = 1024
"""Megabytes of the disk that copies of nodes leave free."""


def hub_key(config: Config) -> Ed25519PrivateKey:
    """The key that signs what goes down; made at first use, readable by the owner alone."""
    return Ed25519PrivateKey.from_private_bytes(keys.own_key(config.data / "keys" / KEY))


def nodes_of(config: Config) -> dict[str, tuple[bytes, ...]]:
    """The enrolled nodes with the key bytes of their secrets."""
    return {
        name: tuple(signing.key_of(one.get_secret_value()) for one in _secrets(node))
        for name, node in config.hub.nodes.items()
    }


def _secrets(node: Any) -> tuple[Any, ...]:
    return node.secret if isinstance(node.secret, tuple) else (node.secret,)


def door(config: Config, memory: Memory) -> HubDoor:
    """The addresses that this hub's nodes call."""
    return HubDoor(memory, Nodes(nodes_of(config)), sorted(config.agencies), Bell(), hub_key(config))


def copies_door(config: Config) -> depot.DepotDoor:
    """Where this hub's nodes bring their second copies."""
    kept = depot.Depot(config.data / COPIES, config.hub.copies_mb, _FREE)
    return depot.DepotDoor(kept, Nodes(nodes_of(config)))


def copies(config: Config) -> list[dict[str, Any]]:
    """The second copies of nodes that are kept here."""
    return depot.listed(config.data / COPIES)


async def lease_own(config: Config, memory: Memory) -> None:
    """See that a hub has references of its own, that none of its nodes uses."""
    if config.hub.nodes and not memory.blocks:
        await memory.hub.lease(config.node)
        await memory.refresh()


# --- commands --------------------------------------------------------------------------------------------------------


def key(config: Config) -> str:
    """The public key, for the nodes' configurations."""
    return written(hub_key(config).public_key())


def enrol(config: Config, node: str, url: str) -> str:
    """Draw a node's secret and lease it references; the two blocks to be copied."""
    blocks = asyncio.run(_lease(config, node))
    secret = signing.new_secret()
    where = url or f"http://{config.console.host}:{config.console.port}"
    lines = [
        f'# In this hub\'s configuration, then start it again:\n[hub.nodes.{_bare(node)}]\nsecret = "{secret}"\n',
        f"# In the configuration of {node}, instead of the agencies' own tables:",
        "[hub]",
        f'url = "{where.rstrip("/")}/hub"',
        f'secret = "{secret}"',
        f'key = "{key(config)}"',
        f"agencies = [{', '.join(_quoted(name) for name in sorted(config.agencies))}]\n",
        f"[store]\nblocks = [{', '.join(_quoted(block) for block in blocks)}]",
    ]
    return "\n".join(lines)


def _bare(name: str) -> str:
    return name if "." not in name else _quoted(name)


def _quoted(text: str) -> str:
    return f'"{text}"'


async def _lease(config: Config, node: str) -> tuple[str, ...]:
    async with beside(config) as memory:
        return await memory.hub.lease(node)


def nodes(config: Config) -> list[dict[str, Any]]:
    """Every node that is enrolled or was heard, with the last that it said of itself."""
    return asyncio.run(_nodes(config))


async def _nodes(config: Config) -> list[dict[str, Any]]:
    async with beside(config) as memory:
        heard = {state.node: state for state in await memory.hub.nodes()}
        held = await memory.custody.held_for()
    silent = NodeState("", 0, "", cloned=False, down=0, said={})
    return [_row(name, heard.get(name, silent), held.get(name, (0, 0))) for name in sorted({*heard, *config.hub.nodes})]


def _row(name: str, state: NodeState, held: tuple[int, int]) -> dict[str, Any]:
    said = state.said
    now = int(time.time())
    return {
        "node": name,
        "heard": datetime.fromtimestamp(state.at, UTC).strftime("%Y-%m-%d %H:%MZ") if state.at else "never",
        "version": said.get("version", ""),
        "waiting": said.get("waiting", 0),
        "oldest_age": said.get("oldest", 0),
        "in_custody": held[0],
        "custody_age": now - held[1] if held[1] else 0,
        "free_mb": said.get("free", 0),
        "clock": said.get("clock", "good") if state.at else "",
        "copies": said.get("copies", 1) if state.at else "",
        "read_up_to": state.down,
        "references": said.get("left", -1),
        "refused": "; ".join(f"{seq}: {why}" for seq, why in said.get("refused", [])),
        "cloned": "two machines use this name" if state.cloned else "",
    }


def send(config: Config, kind: str, subject: str, file: Path | None, node: str, active_from: str) -> list[str]:
    """Send something down; a line for each parcel.

    Raises:
        Fault: it cannot be used here, so it is not sent anywhere.
    """
    at = _moment(active_from)
    return asyncio.run(_send(config, _parcels(config, kind, subject, file), node, at))


def _moment(text: str) -> int:
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigFault(f"--from {text}: no moment", hint="for example 2027-01-01T00:00+07:00") from None
    if found.tzinfo is None:
        raise ConfigFault(f"--from {text}: which time zone?", hint="for example 2027-01-01T00:00+07:00")
    return int(found.timestamp())


def _parcels(config: Config, kind: str, subject: str, file: Path | None) -> list[tuple[str, str, dict[str, Any]]]:
    match kind:
        case "revision":
            revisions = services.revisions_of(services.read([Path(subject)]), services.material_of(config))
            return [(kind, one.flow.id, {"digest": one.digest, "files": services.files_of(one)}) for one in revisions]
        case "table":
            text = _text(file)
            read_csv(subject, text)
            return [(kind, subject, {"text": text})]
        case "phrases":
            return [(kind, subject, {"text": _text(file)})]
        case "pause" | "resume":
            return [("pause", subject, {"paused": kind == "pause"})]
        case "revoke":
            return [("key", subject, {"revoked": True})]
        case "key":
            return [(kind, _good_key(subject), {"revoked": False})]
        case "user":
            return [(kind, subject, users.sent(config, subject))]
        case "agency":
            return [(kind, subject, _seals(config, subject, _text(file)))]
        case _:
            raise ConfigFault(f"{kind}: nothing that is sent down", hint=f"there are: {', '.join(SENT)}")


SENT: Final = ("revision", "table", "phrases", "pause", "resume", "agency", "key", "revoke", "user")


def _good_key(text: str) -> str:
    try:
        public_key(text)
    except ValueError as fault:
        raise ConfigFault(f"{text}: {fault}", hint="`sala hub key` at the new hub prints it") from None
    return text


def _seals(config: Config, agency: str, text: str) -> dict[str, Any]:
    """An agency's keys as a file names them: `seal_to`, `revoked`, and `open = true` for who really wants none."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"{agency}: {fault}", hint='for example: seal_to = ["age1..."]') from None
    if agency not in config.agencies:
        raise ConfigFault(f"{agency} is no agency of this hub", hint=f"there are: {', '.join(sorted(config.agencies))}")
    if strange := found.keys() - {"seal_to", "revoked", "open"}:
        raise ConfigFault(f"{min(strange)}: no key of this file", hint="there are: seal_to, revoked, open")
    for name in ("seal_to", "revoked"):
        for key in found.get(name, []):
            try:
                pyrage.x25519.Recipient.from_str(str(key))
            except pyrage.RecipientError:
                raise ConfigFault(f"{name}: {key} is no age public key", hint="sala agency keys prints it") from None
    return found


def _text(file: Path | None) -> str:
    if file is None:
        raise ConfigFault("which file?", hint="for example: sala hub send table fees fees.csv")
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ConfigFault(f"{file}: cannot be read as UTF-8", hint=str(unreadable)) from None


async def _send(config: Config, parcels: list[tuple[str, str, dict[str, Any]]], node: str, at: int) -> list[str]:
    if node and node not in config.hub.nodes:
        raise ConfigFault(f"{node} is not enrolled here", hint="see: sala hub nodes")
    async with beside(config) as memory:
        if config.stage == "live":
            await _approved(config, memory, parcels)
        lines = []
        for kind, name, body in parcels:
            sent = await memory.hub.send(kind, name, body, actor=services.actor(), node=node, active_from=at)
            lines.append(f"{sent}: {kind} {name} for {node or 'all nodes'}")
    return lines


async def _approved(config: Config, memory: Memory, parcels: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
    """On a live hub only what two people have published here goes down.

    Raises:
        ApprovalFault: one of them was not.
    """
    known = {one.digest for one in await memory.library.list() if not one.tried}
    given = services.material_of(config)
    for kind, name, body in parcels:
        match kind:
            case "revision":
                good = body["digest"] in known
            case "table" | "phrases":
                which = editions.EDITIONS[kind]
                digest = editions.digest_of(editions.laid(given, which, name, body["text"]), which, name)
                good = await memory.library.edition(which, name, digest) is not None
            case _:
                good = True
        if not good:
            said = f"{kind} {name} was not published here: on a live hub two people do that first"
            raise ApprovalFault(said, hint="sala flow propose, then sala flow approve")


def write(config: Config, file: Path, node: str) -> str:
    """Write what comes down to the nodes into a file; what was written."""
    secrets = nodes_of(config)
    if node and node not in secrets:
        raise ConfigFault(f"{node} is not enrolled here", hint="see: sala hub nodes")
    wanted = {name: found[0] for name, found in secrets.items() if not node or name == node}
    if not wanted:
        raise ConfigFault("no node is enrolled here", hint="sala hub enrol NODE")
    size = asyncio.run(_write(config, file, wanted))
    return f"{file}: for {', '.join(sorted(wanted))}; {size} bytes, signed, sealed and read back"


async def _write(config: Config, file: Path, secrets: dict[str, bytes]) -> int:
    signer = hub_key(config)
    async with beside(config) as memory:
        down = {state.node: state.down for state in await memory.hub.nodes()}
        closed = {name: await closed_for(memory.hub, config.node, name, down.get(name, 0), signer) for name in secrets}
    return parcelfile.write(file, closed, secrets)
