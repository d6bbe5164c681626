"""What the administration's pages ask: agencies and their keys, channels and their limits, the machine, nodes below."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import structlog

import sms.port
import ussd.port
from console.upkeep import Agency, Asked, Below, Channel, Key, Machine
from flows.errors import Fault
from sala import config as configuration
from sala import keys, second, services
from sala.channels import Channel as Running
from sala.channels import Channels
from sala.config import Config
from sala.road import connectors
from sms.pricing import UNIT
from store import backup as copies
from store.hub import NodeState
from store.memory import Memory
from store.values import Health
from sync.signing import fingerprint, key_of

PATIENCE: Final = 10.0
"""Seconds that an agency has to answer when a person asks."""

CHECKED: Final = "database"
"""What a check of the database is called in the audit."""

_MIB: Final = 1024 * 1024
_MOST_FAULTS: Final = 3
_log = structlog.get_logger("node")


class Upkeep:
    """Reads the configuration, the running channels and the store; changes nothing but what it is told to try."""

    def __init__(self, config: Config, memory: Memory, channels: Channels, started_at: float) -> None:
        """`started_at` is of the monotonic clock."""
        self._config = config
        self._memory = memory
        self._channels = channels
        self._started_at = started_at
        self._check: asyncio.Task[None] | None = None

    # --- agencies ----------------------------------------------------------------------------------------------------

    def agencies(self) -> Sequence[Agency]:
        """See `console.upkeep.Upkeep`."""
        own = [self._own(name) for name in sorted(self._config.agencies)]
        return [*own, *(self._through_hub(name) for name in sorted(self._config.hub.agencies))]

    def _own(self, name: str) -> Agency:
        agency = self._config.agencies[name]
        told = agency.keys()
        found = list(_shared(told.get("secret")))
        return Agency(
            name,
            agency.connector,
            str(told.get("url", "")),
            [*found, *self._seals(name)],
            bearer=bool(told.get("bearer")),
        )

    def _through_hub(self, name: str) -> Agency:
        hub = self._config.hub
        signers = (hub.key,) if isinstance(hub.key, str) else hub.key
        told = [*_shared(hub.secret), *(Key("hub", fingerprint(one)) for one in signers if one), *self._seals(name)]
        return Agency(name, "hub", hub.url, told, hub=True)

    def _seals(self, name: str) -> Iterator[Key]:
        for one in self._memory.seals.get(name, ()):
            yield Key("seal", fingerprint(one))

    async def ask(self, agency: str) -> Asked:
        """See `console.upkeep.Upkeep`."""
        cursor = (await self._memory.road.bookmark(agency)).cursor
        made = connectors(self._config)
        started = time.monotonic()
        fault = sentence = ""
        try:
            async with asyncio.timeout(PATIENCE):
                await made[agency].statuses(cursor, 0)
        except Fault as found:
            fault, sentence = found.code, str(found)
        except TimeoutError:
            fault = "late"
        finally:
            spent = round((time.monotonic() - started) * 1000)
            await asyncio.gather(*(one.close() for one in made.values()))
        return Asked(fault, spent, sentence)

    # --- channels ----------------------------------------------------------------------------------------------------

    async def channels(self) -> Sequence[Channel]:
        """See `console.upkeep.Upkeep`."""
        # Another process may hold the links: what it noted stands where this one knows nothing.
        noted = dict(await self._memory.links.all())
        standing = noted | {
            name: one for name, one in self._channels.links.standing().items() if one.state != "unknown"
        }
        return [self._channel(one, standing.get(one.plugged.name, Health("unknown"))) for one in self._channels.all]

    def _channel(self, one: Running, health: Health) -> Channel:
        plugged, lane = one.plugged, one.lane
        name = plugged.name
        texts = plugged.message_settings
        sides = [side for side in (plugged.key_presses, plugged.messages) if side is not None]
        return Channel(
            name=name,
            gateway=self._config.channels[name].gateway,
            ussd=plugged.key_presses is not None,
            sms=plugged.messages is not None,
            sends=texts is not None and self._memory.routes.own(name) == name,
            codes=[
                *(plugged.key_press_settings.service_codes if plugged.key_press_settings else ()),
                *_short_codes(texts),
            ],
            alphabets=[each for each in ("gsm7", "ucs2") if all(each in side.capabilities.encodings for side in sides)],
            state=health.state,
            since=health.since,
            fault=health.fault,
            limits=_limits(plugged.key_press_settings, texts),
            counts=_counts(one),
            spent=_money(lane.spent) if lane else None,
            budget=_money(lane.budget) if lane else "",
            segments=texts is not None and not texts.prices,
        )

    # --- the machine -------------------------------------------------------------------------------------------------

    async def machine(self) -> Machine:
        """See `console.upkeep.Upkeep`."""
        readings, config = await self._memory.readings(), self._config
        copy: Mapping[str, Any] = {"copies": 0, "since": 0, "reason": "", "path": ""}
        if config.copy is not None:
            copy = await asyncio.to_thread(second.status, config)
        return Machine(
            version=services.version(),
            stage=config.stage,
            up_since=self._memory.clock.now() - round(time.monotonic() - self._started_at),
            data=str(config.data),
            free_mb=readings.free // _MIB,
            floor_mb=configuration.store_settings(config).free_mb,
            reserve=readings.reserve,
            full=readings.full,
            writable=readings.writable,
            clock=readings.clock,
            keys_apart=bool(config.key_source),
            copies=int(copy["copies"]),
            copy_since=int(copy["since"]),
            copy_reason=str(copy["reason"]),
            copy_path=str(copy["path"]),
            messages=sum(readings.messages.values()),
            oldest_message_at=readings.oldest_message_at,
            unknown_messages=readings.unknown_messages,
            memos=readings.memos,
            below=await self._below() if config.hub.nodes else (),
            is_hub=bool(config.hub.nodes),
            up_to=config.hub.url,
        )

    async def _below(self) -> Sequence[Below]:
        heard = {state.node: state for state in await self._memory.hub.nodes()}
        held = await self._memory.custody.held_for()
        live = {
            flow: digest.partition(":")[2] for flow, digest in (await self._memory.library.catalogue()).live.items()
        }
        silent = NodeState("", 0, "", cloned=False, down=0, said={})
        names = sorted({*heard, *self._config.hub.nodes})
        return [_node(name, heard.get(name, silent), held.get(name, (0, 0)), live) for name in names]

    # --- the database ------------------------------------------------------------------------------------------------

    @property
    def checking(self) -> bool:
        """See `console.upkeep.Upkeep`."""
        return self._check is not None and not self._check.done()

    def begin_check(self, by: str) -> bool:
        """See `console.upkeep.Upkeep`."""
        if self.checking:
            return False
        self._check = asyncio.create_task(self._look(by), name="database-check")
        return True

    async def _look(self, by: str) -> None:
        started = time.monotonic()
        try:
            key = keys.database_key(self._config.key_source, self._config.data)
            found = await copies.check(self._config.data, key)
            if broken := (await self._memory.audit.verify()).broken_at:
                found.append(f"the audit chain of the desk is broken at row {broken}")
        except Fault as fault:
            found = [str(fault)]
        seconds = round(time.monotonic() - started, 1)
        with contextlib.suppress(Fault):
            said = {"wrong": len(found), "seconds": seconds, "first": "; ".join(found[:_MOST_FAULTS])[:300]}
            await self._memory.audit.note(by, "database_checked", CHECKED, **said)
        _log.info("database_checked", count=len(found), ms=round(seconds * 1000))

    async def stop(self) -> None:
        """End a check that is under way."""
        if self._check is not None:
            self._check.cancel()
            await asyncio.gather(self._check, return_exceptions=True)


def _shared(secret: Any) -> Iterator[Key]:
    for one in secret if isinstance(secret, list | tuple) else [secret]:
        text = one.get_secret_value() if hasattr(one, "get_secret_value") else str(one or "")
        if text:
            yield Key("shared", fingerprint(key_of(text)))


def _short_codes(texts: sms.port.Settings | None) -> Sequence[str]:
    return texts.short_codes if texts is not None else ()


def _limits(presses: ussd.port.Settings | None, texts: sms.port.Settings | None) -> dict[str, str]:
    found: dict[str, str] = {}
    if presses is not None:
        found["reply_deadline"] = f"{presses.reply_deadline:g}"
        found["screen"] = f"{presses.ussd_units_gsm7} / {presses.ussd_units_ucs2}"
    if texts is not None:
        found["rate"] = f"{texts.rate:g}"
        found["window"] = str(texts.window)
        found["per_number"] = str(texts.per_number)
        found["sender"] = texts.sender
        found["countries"] = ", ".join(texts.countries)
    return {name: value for name, value in found.items() if value}


def _counts(one: Running) -> dict[str, dict[str, int]]:
    sides: dict[str, Mapping[str, int]] = {}
    if one.key_presses:
        sides["presses"] = one.key_presses.counts
    if one.messages:
        sides["in"] = one.messages.counts
    if one.lane:
        sides["out"] = one.lane.counts
    return {side: {what: n for what, n in counts.items() if n} for side, counts in sides.items()}


def _money(tenthousandths: int) -> str:
    return f"{Decimal(tenthousandths) / UNIT:,.2f}".removesuffix(".00")


def _node(name: str, state: NodeState, held: tuple[int, int], live: Mapping[str, str]) -> Below:
    said = state.said
    runs = said.get("runs", {})
    return Below(
        name=name,
        at=state.at,
        cloned=state.cloned,
        version=str(said.get("version", "")),
        waiting=int(said.get("waiting", 0)),
        oldest=int(said.get("oldest", 0)),
        in_custody=held[0],
        custody_since=held[1],
        free_mb=int(said.get("free", 0)),
        full=bool(said.get("full", False)),
        clock=str(said.get("clock", "good")),
        copies=int(said.get("copies", 1)),
        left=int(said.get("left", -1)),
        refused=[f"{seq}: {why}" for seq, why in said.get("refused", [])],
        behind=sorted(flow for flow, digest in runs.items() if flow in live and not live[flow].startswith(digest)),
    )
