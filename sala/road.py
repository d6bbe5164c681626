"""The road to the agencies for the commands: connectors from the configuration, one pass now, and the state of each."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import entry_points
from typing import Any

from flows.errors import ConfigFault
from sala import config as configuration
from sala.beside import beside
from sala.config import Config
from sync.means import Means
from sync.port import GROUP, Connector
from sync.service import SyncService, connect


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
    return connect(blocks(config), config.node)


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


def means(config: Config) -> Means:
    """Clock, chance and the name under which this process holds leases."""
    return Means(owner=f"{config.node}/{os.getpid()}")


def now(config: Config, agency: str) -> tuple[list[str], int]:
    """One pass over one agency or all: a line each, and how many submissions still wait."""
    return asyncio.run(_now(config, agency))


async def _now(config: Config, agency: str) -> tuple[list[str], int]:
    if not config.agencies:
        raise ConfigFault("no agency is configured", hint="add [agencies.NAME] (docs/settings.md)")
    async with beside(config) as memory:
        service = SyncService(memory.road, connectors(config), means(config))
        try:
            passes = await service.now(agency)
        finally:
            await service.close()
    return [str(one) for one in passes], sum(one.left for one in passes)


def status(config: Config) -> list[dict[str, Any]]:
    """The state of each agency as plain values."""
    return asyncio.run(_status(config))


async def _status(config: Config) -> list[dict[str, Any]]:
    async with beside(config) as memory:
        service = SyncService(memory.road, connectors(config), means(config))
        try:
            return [asdict(state) for state in await service.status()]
        finally:
            await service.close()
