"""A node under a hub, for the commands: what came down to it, and a file of it read from a stick."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flows.errors import ConfigFault
from sala import hub, standing
from sala.beside import beside
from sala.config import Config
from sala.down import keys_now
from sala.second import TWO
from store.arrivals import Arrival
from sync.hub.pull import take_file
from sync.signing import key_of


def read(config: Config, file: Path) -> str:
    """Keep what a file brings for this node; what was kept.

    Raises:
        DownFault: it is not the hub's word to this node, or nothing new.
    """
    if not config.hub.url:
        raise ConfigFault("this node has no hub", hint="[hub] url, secret and key name one")
    new, position = asyncio.run(_read(config, file))
    return f"{new} new, read up to {position}; each is checked and taken into use by the running node"


async def _read(config: Config, file: Path) -> tuple[int, int]:
    secret = key_of(config.hub.secret.get_secret_value())
    async with beside(config) as memory:
        new = await take_file(memory.arrivals, file, await keys_now(config, memory), config.node, [secret])
        return new, await memory.arrivals.position()


def status(config: Config) -> list[dict[str, Any]]:
    """Everything that came down, oldest first."""
    zone = ZoneInfo(config.timezone)
    return [_row(one, zone) for one in asyncio.run(_arrivals(config))]


async def _arrivals(config: Config) -> list[Arrival]:
    async with beside(config) as memory:
        return await memory.arrivals.list()


def _row(one: Arrival, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": one.parcel.seq,
        "kind": one.parcel.kind,
        "name": one.parcel.name,
        "from": f"{datetime.fromtimestamp(one.parcel.active_from, zone):%Y-%m-%d %H:%M}",
        "state": one.state,
        "reason": one.reason,
    }


def standing_of(config: Config) -> dict[str, Any]:
    """What `sync status` says besides the agencies: what this node runs, what a person must see to, a hub's nodes."""
    found = asyncio.run(_standing(config))
    return found | ({"nodes": hub.nodes(config)} if config.hub.nodes else {})


def notes(config: Config) -> list[str]:
    """The same in sentences."""
    found = standing_of(config)
    runs = ", ".join(f"{flow} {digest.partition(':')[2][:12]}" for flow, digest in found["runs"].items())
    lines = [f"runs: {runs or 'nothing is published'}"]
    if above := found.get("hub"):
        lines.append(f"hub: {above['url']}; read up to {above['read_up_to']}, {above['references']} references left")
    lines += [f"refused: {one['kind']} {one['name']}: {one['reason']}" for one in found["refused"]]
    lines += [f"attention: {text}" for text in found["attention"]]
    return [*lines, *map(_node, found.get("nodes", ()))]


async def _standing(config: Config) -> dict[str, Any]:
    async with beside(config) as memory:
        live = (await memory.library.catalogue()).live
        left = await memory.references_left() if memory.settings.leased else -1
        refused = await memory.arrivals.refused()
        position = await memory.arrivals.position()
        told = [memo.text for memo in await memory.review.memos() if memo.kind in {"cloned", "gone-back", "auth"}]
    found = {
        "runs": dict(sorted(live.items())),
        "refused": [{"kind": one.parcel.kind, "name": one.parcel.name, "reason": one.reason} for one in refused],
        "attention": list(dict.fromkeys(told)),
    }
    above = {"url": config.hub.url, "read_up_to": position, "references": left}
    return found | ({"hub": above} if config.hub.url else {})


def _node(row: Mapping[str, Any]) -> str:
    """One node in a sentence: what waits there by its own word, what waits here for it, and how it is."""
    name, kept, kept_for = row["node"], row["in_custody"], standing.age(row["custody_age"])
    here = [f"{kept:,} in custody here, the oldest for {kept_for}"] if kept else []
    if row["heard"] == "never":
        return "; ".join([f"node {name}: never heard", *here])
    waiting = f"{row['waiting']:,} waiting there, the oldest for {standing.age(row['oldest_age'])}"
    parts = [
        f"node {name}: heard {row['heard']}, {waiting if row['waiting'] else 'nothing waits there'}",
        *here,
        "two copies" if row["copies"] == TWO else "one copy",
        f"clock {row['clock']}",
        f"{row['free_mb']:,} MB free",
        f"version {row['version']}",
        f"has read up to {row['read_up_to']}",
    ]
    parts += [f"{row['references']:,} references left"] if row["references"] >= 0 else []
    parts += [f"REFUSED {row['refused']}"] if row["refused"] else []
    parts += [row["cloned"].upper()] if row["cloned"] else []
    return "; ".join(parts)
