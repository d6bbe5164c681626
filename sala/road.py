"""The road to the agencies for the commands: connectors from the configuration, one pass now, and the state of each."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flows.errors import ConfigFault
from sala import config as configuration
from sala import hub as hubs
from sala import second, services, standing
from sala.alerts import Desk
from sala.beside import beside
from sala.config import Config
from sala.progress import Meter
from sala.pulse import Pulse
from sms.pricing import DAY, UNIT
from store.memory import Memory
from sync import bundle
from sync.connectors import hub as through
from sync.connectors.native import Connector as Native
from sync.connectors.native import NativeSettings
from sync.hub import stick
from sync.hub.joint import JointRoad
from sync.means import Means
from sync.passes import Pass
from sync.port import GROUP, Connector, Road
from sync.service import SyncService, connect
from sync.signing import key_of

Alert = Callable[[str, str, str], None]


def blocks(config: Config) -> dict[str, Mapping[str, Any]]:
    """Each agency's table as its connector is to read it."""
    return {name: {"connector": agency.connector, **agency.keys()} for name, agency in config.agencies.items()}


def connectors(config: Config) -> dict[str, Connector]:
    """The connectors of all agencies.

    Raises:
        ConfigFault: for the first that is wrong.
    """
    for name in config.agencies:
        _check(config, name)
        if name in config.hub.agencies:
            raise configuration.mistake(config, ("hub", "agencies"), f"{name} has a table of its own as well")
    return connect(blocks(config), config.node) | _through_hub(config)


def _through_hub(config: Config) -> dict[str, Connector]:
    """The agencies that are reached through this node's hub."""
    return {name: through.Connector(name, config.node, hub_settings(config)) for name in config.hub.agencies}


def hub_settings(config: Config) -> NativeSettings:
    """Where this node's hub is, and the secret shared with it."""
    return NativeSettings(url=config.hub.url.rstrip("/"), secret=config.hub.secret)


def joint(config: Config, memory: Memory) -> Road:
    """The road of this node's workers: its own deliveries, and on a hub those in its custody."""
    return JointRoad(memory.road, memory.custody) if config.hub.nodes else memory.road


def _check(config: Config, name: str) -> None:
    """Read the agency's table once for its mistakes, which then name file and line."""
    agency = config.agencies[name]
    offered = entry_points(group=GROUP)
    if agency.connector not in offered.names:
        said = f"no such connector; there are: {', '.join(sorted(offered.names))}"
        raise configuration.mistake(config, ("agencies", name, "connector"), said)
    configuration.parsed(offered[agency.connector].load().Settings, agency.keys(), config, "agencies", name)


def connector(config: Config, agency: str) -> Connector:
    """The connector of one agency."""
    return connect({agency: blocks(config)[agency]}, config.node)[agency]


def unwise(config: Config, agency: str) -> list[str]:
    """What the connector itself finds unwise in an agency's table; most connectors have nothing to say."""
    kind = entry_points(group=GROUP)[config.agencies[agency].connector].load()
    look = getattr(sys.modules[kind.__module__], "doctor", None)
    return list(look(config.agencies[agency].keys())) if look else []


def means(config: Config, memory: Memory, alert: Alert | None = None) -> Means:
    """Clock, chance and the name under which this process holds leases; `alert` calls a person.

    The clock is the store's steady one: behind a wall clock that jumps back, nothing that waits would ever be due.
    It is told what time the agencies sign.
    """
    clock = memory.clock
    plain = Means(f"{config.node}/{os.getpid()}", now=clock.steady, heard=clock.hear)
    return plain if alert is None else replace(plain, alert=alert)


def now(config: Config, agency: str) -> tuple[list[str], int]:
    """One pass over one agency or all: a line each, and how much is not as it should be: what waits, who is away."""
    return asyncio.run(_now(config, agency))


async def _now(config: Config, agency: str) -> tuple[list[str], int]:
    if not config.agencies and not config.hub.agencies:
        raise ConfigFault("no agency is configured", hint="add [agencies.NAME] (docs/settings.md)")
    async with services.desk(config) as memory:
        roads = connectors(config)
        await _speak(memory, roads, _copies(config))
        service = SyncService(joint(config, memory), roads, means(config, memory, Desk(memory).alert))
        waiting = {one.agency: one.waiting for one in await service.status() if agency in {"", one.agency}}
        try:
            with Meter(waiting) as meter:
                passes = await service.now(agency, meter)
        finally:
            await service.close()
    return [_pass(one) for one in passes], sum(one.left for one in passes) + sum(bool(one.fault) for one in passes)


def _copies(config: Config) -> int:
    """How many copies the running node says that there are."""
    return int(second.status(config)["copies"]) if config.copy else 1


async def _speak(memory: Memory, roads: Mapping[str, Connector], copies: int) -> None:
    """Let the heartbeat go with every request of this command as well."""
    pulse = Pulse(memory, copies)
    await pulse.compose()
    for road in roads.values():
        if isinstance(road, Native):
            road.pulse = pulse.text


_COUNTED: Final = {
    "waiting": "not sent",
    "duplicates": "it had already",
    "conflicts": "in conflict, with an officer",
    "refused": "refused, with an officer",
    "later": "asked for later",
    "held": "held until it knows the revision",
    "carried": "in the hub's custody",
    "in_doubt": "in doubt, offered again",
}


def _pass(one: Pass) -> str:
    counts = {name: value for name, value in asdict(one).items() if isinstance(value, int) and value and name != "left"}
    told = ", ".join(f"{value:,} {_COUNTED.get(name, name)}" for name, value in counts.items()) or "nothing was waiting"
    fault = f"; [{one.fault}] {one.sentence}" if one.fault else ""
    return f"{one.agency}: {told}; {one.left:,} left{fault}"


def status(config: Config) -> dict[str, Any]:
    """The state of each agency as plain values, with what its bytes cost; and what each channel's messages cost."""
    rows, spent = asyncio.run(_status(config))
    sms = [{"channel": name, "today": _plain(day), "days_30": _plain(month)} for name, (day, month) in spent.items()]
    return {"agencies": rows, "sms": sms}


def told(config: Config) -> list[str]:
    """The same in sentences."""
    rows, spent = asyncio.run(_status(config))
    zone, now = ZoneInfo(config.timezone), int(time.time())
    lines = [line for row in rows for line in standing.told(row, zone, now, config.sync.price_per_mb)]
    lines += [f"SMS by {name}: {_money(day)} today, {_money(month)} in 30 days" for name, (day, month) in spent.items()]
    return lines or ["no agency is configured"]


async def _status(config: Config) -> tuple[list[dict[str, Any]], dict[str, tuple[int, int]]]:
    async with beside(config) as memory:
        service = SyncService(joint(config, memory), connectors(config), means(config, memory))
        try:
            rows = [asdict(state) for state in await service.status()]
        finally:
            await service.close()
        midnight = int(datetime.now(ZoneInfo(config.timezone)).replace(hour=0, minute=0, second=0).timestamp())
        spent = {
            name: (await memory.messages.spent(name, midnight), await memory.messages.spent(name, midnight - 29 * DAY))
            for name in config.channels
        }
    return [row | {"cost": standing.cost(row, config.sync.price_per_mb)} for row in rows], spent


def _plain(units: int) -> str:
    """The same for a program: no marks between thousands."""
    return f"{Decimal(units) / UNIT:.2f}"


def _money(units: int) -> str:
    """An amount that is counted in ten-thousandths."""
    return f"{Decimal(units) / UNIT:,.2f}"


def shared_keys(config: Config) -> dict[str, bytes]:
    """The key that each agency shares with this node; agencies on a road without one have none."""
    secrets = {name: agency.keys().get("secret") for name, agency in config.agencies.items()}
    own = {name: key_of(secret) for name, secret in secrets.items() if isinstance(secret, str)}
    shared = config.hub.secret.get_secret_value()
    return own | {name: through.road_key(key_of(shared), through.agency_road(name)) for name in config.hub.agencies}


def write_bundle(config: Config, folder: Path) -> list[str]:
    """Write what waits into a file in `folder`; a line for each agency, and the file.

    Raises:
        BundleFault: the medium is full, gone or harmed; then everything still waits.
    """
    return asyncio.run(_write_bundle(config, folder))


async def bundle_of(config: Config, memory: Memory, folder: Path) -> bundle.Written:
    """Write what waits into a file in `folder`; raises as `write_bundle` does."""
    ledger = config.data / "bundles.json"
    beat = await Pulse(memory, _copies(config)).compose()
    return await bundle.write_bundle(
        joint(config, memory), shared_keys(config), config.node, folder, ledger, means(config, memory), beat.text
    )


async def _write_bundle(config: Config, folder: Path) -> list[str]:
    async with beside(config) as memory:
        written = await bundle_of(config, memory, folder)
    lines = [f"{agency}: {count} requests" for agency, count in written.records.items()]
    return [*lines, f"{written.path}: {written.size} bytes, sealed, written and read back"]


def read_bundle(config: Config, folder: Path) -> tuple[list[str], bool]:
    """Read the receipts in `folder`: a line each, and whether one of them could not be used."""
    readings, taken = asyncio.run(_read_bundle(config, folder))
    # A hub looks for both kinds: a file that is neither is said once.
    lines = dict.fromkeys([*(_reading(one) for one in readings), *(_custody(one) for one in taken)])
    return list(lines), any(one.problem for one in readings) or any(one.problem for one in taken)


async def receipts_in(config: Config, memory: Memory, folder: Path) -> tuple[bundle.Reading, ...]:
    """Read the receipts in `folder` into this memory."""
    return await bundle.read_receipts(
        joint(config, memory), shared_keys(config), config.node, folder, means(config, memory), config.hub.agencies
    )


async def _read_bundle(config: Config, folder: Path) -> tuple[tuple[bundle.Reading, ...], tuple[stick.Taken, ...]]:
    async with services.desk(config) as memory:
        receipts = await receipts_in(config, memory, folder)
        nodes = hubs.nodes_of(config)
        taken = (
            await stick.read_bundles(
                memory.custody, nodes, sorted(config.agencies), folder, memory.clock.steady, memory.hub.heard_late
            )
            if nodes
            else ()
        )
        return receipts, taken


def _custody(one: stick.Taken) -> str:
    """One part of a node's bundle in words."""
    if one.problem:
        return f"{one.path}: {one.problem}"
    return f"{one.path}: {one.records} of {one.node} for {one.agency}, {one.carried} in custody; a receipt is beside it"


def _reading(one: bundle.Reading) -> str:
    if one.problem:
        return f"{one.path}: {one.problem}"
    counts = f"{one.accepted} accepted, {one.refused} refused, {one.later} later, {one.statuses} statuses"
    counts += f", {one.carried} in custody at the hub" if one.carried else ""
    return f"{one.path}: {one.agency}: {counts}"
