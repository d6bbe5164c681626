"""The second copy at this node's hub: what is there of it, and how another machine fetches it."""

import asyncio
from pathlib import Path

from flows.errors import ConfigFault
from sala.config import Config
from sala.road import hub_settings
from store.copying.settings import SPOOL
from sync.connectors.hub import CopyLink
from sync.hub.shipping import Far
from sync.hub.shipping import fetch as fetch_from


def far(config: Config) -> Far:
    """What the hub has of the copy; `alone` when no other medium holds it."""
    return Far(alone=bool(config.copy and config.copy.hub and config.copy.path == config.data / SPOOL))


def fetch(config: Config, to: Path) -> list[str]:
    """Bring from the hub what it has of this node's copies; a line for each file, and what to do next.

    Raises:
        ConfigFault: no hub is configured, or the folder takes nothing. RoadFault: the hub was not heard.
    """
    if not config.hub.url:
        raise ConfigFault("this node has no hub", hint="[hub] url and secret name one; `sala hub enrol` prints them")
    try:
        found = asyncio.run(_fetch(config, to))
    except OSError as fault:
        raise ConfigFault(f"{to}: nothing can be written there ({fault.strerror})") from fault
    lines = [f"{path}: {path.stat().st_size // 1024} KiB" for path in found] or ["nothing that is not there already"]
    return [*lines, f"next: sala copy restore {to} --key ESCROW_KEY_FILE --to DATA"]


async def _fetch(config: Config, to: Path) -> list[Path]:
    link = CopyLink(config.node, hub_settings(config))
    try:
        return await fetch_from(link, to)
    finally:
        await link.close()
