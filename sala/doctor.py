"""`sala doctor`: looks at an installation and says, one line each, what is well, doubtful or bad, and what to do."""

import asyncio
import importlib
import importlib.util
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from flows.errors import Fault
from sala import config as configuration
from sala import keys
from sala.config import Config

if TYPE_CHECKING:
    from sala import plugs
    from store.values import Health

ROOMS: Final = ("flows", "store", "ussd", "sms", "sync", "gateways", "console", "sala")
State = Literal["ok", "doubtful", "bad"]

_MIB = 1024 * 1024
_SYNCS = 8
# No disk that survives a power cut answers an fsync in less; it is a RAM disk, or one that lies.
_TOO_FAST_MS = 0.02
_SLOW_MS = 50.0
_EARLIEST = 1_767_225_600  # 2026-01-01: an earlier clock has lost its battery
_AGENCY_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do about it ("" when it is well)."""

    name: str
    state: State
    sentence: str
    hint: str = ""


def examine(path: Path | None) -> list[Finding]:
    """Look at everything; a check that fails itself is a finding."""
    findings = [*_installation(), *_variables(os.environ), _clock(time.time())]
    try:
        config = configuration.load(path)
    except Fault as fault:
        return [*findings, Finding("configuration", "bad", str(fault), fault.hint)]
    findings.append(Finding("configuration", "ok", f"node {config.node}, {len(config.channels)} channels"))
    for check in (_stage, _keys, _disk, _copy, _fsync, _channels, _services, _languages, _agencies, _hub):
        findings += _guarded(check, config)
    return findings


def _guarded(check: Callable[[Config], Iterable[Finding]], config: Config) -> Iterator[Finding]:
    name = check.__name__.strip("_")
    try:
        yield from check(config)
    except Fault as fault:
        yield Finding(name, "bad", str(fault).splitlines()[0], fault.hint)
    except Exception as failed:  # noqa: BLE001 - the doctor reports what it cannot examine, and goes on
        yield Finding(name, "bad", f"could not be examined: {type(failed).__name__}: {failed}")


def _installation() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{sys.version.split()[0]} at {sys.prefix}")
    yield rooms_from_one_place()
    from store import sqlite  # noqa: PLC0415 - a broken SQLite must not keep the doctor from starting

    version = sqlite.engine_version()
    try:
        sqlite.require_sound_engine()
        yield Finding("sqlite", "ok", f"{version}, encrypted")
    except Fault as fault:
        yield Finding("sqlite", "bad", str(fault), fault.hint)
    if importlib.util.find_spec("icu4py"):
        yield Finding("icu", "ok", "Lao words are found by ICU")
    else:
        yield Finding("icu", "doubtful", "icu4py is missing: Lao words are found by the simpler rules", "make install")


def rooms_from_one_place() -> Finding:
    """Whether every room is loaded from the same folder: a mixture of two versions is nobody's program."""
    places = {room: _folder_of(room) for room in ROOMS}
    if len(set(places.values())) == 1:
        return Finding("rooms", "ok", f"all from {places['sala']}")
    told = ", ".join(f"{room} from {place}" for room, place in places.items())
    return Finding("rooms", "bad", f"the rooms come from different places: {told}", "remove one of the installations")


def _folder_of(room: str) -> Path:
    file = importlib.import_module(room).__file__
    return Path(file).resolve().parent.parent if file else Path(room)


def _variables(environment: "os._Environ[str]") -> Iterator[Finding]:
    for name in configuration.unknown_variables(environment):
        yield Finding("variables", "doubtful", f"{name} sets nothing", "look for a typo; docs/settings.md lists them")


def _clock(now: float) -> Finding:
    if now < _EARLIEST:
        return Finding("clock", "bad", "the clock stands before 2026", "set it, or give the machine a clock battery")
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


def _stage(config: Config) -> Iterator[Finding]:
    """Who must say yes to what is published, and what one person has done alone."""
    if config.stage != "live":
        said = f"{config.stage}: one person publishes, and words that nobody has reviewed go through"
        yield Finding("stage", "doubtful", said, 'set stage = "live" before citizens call (docs/publishing.md)')
    else:
        yield Finding("stage", "ok", "live: a second person approves what is published")
    if (config.data / keys.DATABASE).exists():
        yield from asyncio.run(_published(config))


async def _published(config: Config) -> list[Finding]:
    from flows import gate  # noqa: PLC0415 - as above
    from sala import services  # noqa: PLC0415 - as above
    from sala.here import here  # noqa: PLC0415 - as above

    found = []
    async with here(config) as one:
        memory, now = one.memory, one.memory.clock.now()
        for act in await memory.library.unconfirmed():
            said = f"{act.act} of {act.name} by {act.by} waits for a second person"
            found.append(Finding("stage", "doubtful", said, f"sala flow confirm {act.id}"))
        waivers = [waiver for waiver in await memory.wording.waivers() if waiver.good(now)]
        for waiver in waivers:
            what = " ".join(filter(None, (waiver.flow or "every service", waiver.language)))
            said = f"{what}: unreviewed words let through by {waiver.by} until {one.time(waiver.until)}"
            found.append(Finding("wording", "doubtful", said, "have them reviewed: sala flow texts"))
        if config.stage == "live":
            catalogue, marks = await memory.library.catalogue(), await memory.wording.marks()
            phrases = one.overlay.given(catalogue).phrases
            for digest in catalogue.live.values():
                revision = services.revision_of(catalogue.known[digest])
                flows = (revision.flow, *revision.parts.values())
                open_ = gate.unreviewed(flows, phrases, marks, config.languages)
                if held := gate.held_back(open_, revision.flow.id, waivers, now):
                    said = f"{revision.flow.id} is live with words that nobody has reviewed: {gate.counted(held)}"
                    found.append(Finding("wording", "bad", said, "review them (sala flow texts), or sala flow waive"))
    return found


def _keys(config: Config) -> Iterator[Finding]:
    for sentence in keys.loose(config.data):
        yield Finding("keys", "bad", sentence)
    if config.key_source:
        keys.database_key(config.key_source, config.data)
        yield Finding("keys", "ok", f"from {config.key_source.partition(':')[0]}")
    else:
        said = "the key lies beside the data: whoever takes the disk takes both"
        yield Finding("keys", "doubtful", said, "set key_source (docs/operations.md)")


def _disk(config: Config) -> Iterator[Finding]:
    place = _nearest(config.data)
    free = shutil.disk_usage(place).free // _MIB
    floor = configuration.store_settings(config).free_mb
    if not os.access(place, os.W_OK):
        yield Finding("disk", "bad", f"{place} cannot be written", "give it to the node's user")
    elif free < floor:
        yield Finding("disk", "bad", f"{free} MiB free, and intake stops below {floor}", "free space")
    else:
        state: State = "ok" if free > floor * 4 else "doubtful"
        yield Finding("disk", state, f"{free} MiB free at {place}; intake stops below {floor}")


def _copy(config: Config) -> Iterator[Finding]:
    from sala import second  # noqa: PLC0415 - as below

    if config.copy is None:
        said = "there is none: what no agency has yet is lost with this disk"
        yield Finding("second copy", "doubtful", said, "sala copy key, then [copy] (docs/second-copy.md)")
        return
    found = second.status(config)
    state: State = "ok" if found["copies"] == second.TWO else "doubtful"
    yield Finding("second copy", state, second.as_text(found, config.timezone).splitlines()[0], "docs/operations.md")


def _fsync(config: Config) -> Iterator[Finding]:
    milliseconds = fsync_milliseconds(_nearest(config.data))
    told = f"median of {_SYNCS} fsyncs: {milliseconds:.2f} ms"
    if milliseconds < _TOO_FAST_MS:
        yield Finding("fsync", "doubtful", f"{told}: too fast for a disk", "a RAM disk or a lying one loses requests")
    elif milliseconds > _SLOW_MS:
        yield Finding("fsync", "doubtful", f"{told}: key presses will wait for the disk", "an SSD helps")
    else:
        yield Finding("fsync", "ok", told)


def fsync_milliseconds(folder: Path) -> float:
    """The median time of an fsync after 4 KiB written, on the disk of this folder."""
    file = folder / f".sala-fsync-{os.getpid()}"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        times = sorted(_one_fsync(descriptor) for _ in range(_SYNCS))
    finally:
        os.close(descriptor)
        file.unlink()
    return times[_SYNCS // 2] * 1000


def _one_fsync(descriptor: int) -> float:
    os.pwrite(descriptor, os.urandom(4096), 0)
    started = time.perf_counter()
    os.fsync(descriptor)
    return time.perf_counter() - started


def _nearest(folder: Path) -> Path:
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _channels(config: Config) -> Iterator[Finding]:
    from sala import plugs  # noqa: PLC0415 - a gateway that cannot be imported is a finding

    for plugged in plugs.channels(config):
        sides = [side for side, there in (("ussd", plugged.key_presses), ("sms", plugged.messages)) if there]
        gateway = config.channels[plugged.name].gateway
        yield Finding("channels", "ok", f"{plugged.name}: {gateway} ({', '.join(sides)})")
        yield from _alphabets(plugged, config)
    yield from _links(config)
    if config.console.phone and not config.console.host.startswith("127."):
        said = "console.phone: whoever reaches this page may be any number"
        yield Finding("channels", "doubtful", said, "leave it off outside of demonstrations")
    if not config.channels:
        yield Finding("channels", "doubtful", "none: no phone can reach this node", "add [channels.NAME]")


def _alphabets(plugged: "plugs.Plugged", config: Config) -> Iterator[Finding]:
    for side in (plugged.key_presses, plugged.messages):
        if side and "ucs2" not in side.capabilities.encodings and "lo" in config.languages:
            said = f"{plugged.name}: carries no Lao letters"
            yield Finding("channels", "doubtful", said, "offer a language in Latin letters there")


def _links(config: Config) -> Iterator[Finding]:
    """How the links stood when the node last noted a change."""
    if not (config.data / keys.DATABASE).exists():
        return
    for channel, health in sorted(asyncio.run(_noted(config)).items()):
        if channel not in config.channels or health.state == "unknown":
            continue
        since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(health.since))
        said = f"{channel}: {health.state} since {since}" + (f", last fault {health.fault}" if health.fault else "")
        yield Finding("links", "ok" if health.state == "up" else "bad", said, "docs/gateways.md")


async def _noted(config: Config) -> "Mapping[str, Health]":
    from sala.beside import beside  # noqa: PLC0415 - as above

    async with beside(config) as memory:
        return await memory.links.all()


def _services(config: Config) -> Iterator[Finding]:
    from sala import services  # noqa: PLC0415 - the flows are only read when the configuration is good

    findings = services.check(config.services, services.material_of(config))
    errors = [finding for finding in findings if finding.severity == "error"]
    for error in errors:
        yield Finding("services", "bad", str(error), "sala flow check says everything")
    if not errors:
        yield Finding("services", "ok", f"clean, {len(findings)} warnings")


def _languages(config: Config) -> Iterator[Finding]:
    from flows import phrases  # noqa: PLC0415 - as above

    catalogue = phrases.load()
    for language in config.languages:
        if language not in catalogue.texts:
            known = ", ".join(sorted(catalogue.texts))
            yield Finding("languages", "bad", f"{language}: the channel has no phrases in it", f"there are: {known}")
        elif language in catalogue.unsigned:
            said = f"{language}: drafts, signed by no speaker yet"
            yield Finding("languages", "doubtful", said, f"a speaker reads flows/phrases/{language}.toml and signs it")
        else:
            yield Finding("languages", "ok", f"{language}: signed")


def _agencies(config: Config) -> Iterator[Finding]:
    if not config.agencies and not config.hub.agencies:
        yield Finding("agencies", "doubtful", "none: requests stay at this node", "add [agencies.NAME]")
        return
    yield from asyncio.run(_ask_all(config))


async def _ask_all(config: Config) -> list[Finding]:
    return await asyncio.gather(*(_ask(config, agency) for agency in config.agencies))


async def _ask(config: Config, agency: str) -> Finding:
    from sala import road  # noqa: PLC0415 - as above

    connector = road.connector(config, agency)
    try:
        async with asyncio.timeout(_AGENCY_PATIENCE):
            await connector.statuses("", 0)
    except Fault as fault:
        return Finding(
            "agencies", "bad", f"{agency}: [{fault.code}] {fault}", "sala keeps trying; see docs/operations.md"
        )
    except TimeoutError:
        return Finding("agencies", "bad", f"{agency}: no answer within {_AGENCY_PATIENCE:.0f} s", "is the link up?")
    finally:
        await connector.close()
    if unwise := road.unwise(config, agency):
        return Finding("agencies", "doubtful", f"{agency}: {unwise[0]}", "docs/agencies.md")
    return Finding("agencies", "ok", f"{agency}: answered, and signed it")


def as_text(findings: list[Finding]) -> str:
    """One line a finding, its hint under it."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{finding.state:8}  {finding.name}: {finding.sentence}")
        if finding.hint and finding.state != "ok":
            lines.append(f"{'':10}{finding.hint}")
    return "\n".join(lines)


def as_json(findings: list[Finding]) -> str:
    """The same for machines."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def _hub(config: Config) -> Iterator[Finding]:
    """The hub above, or the nodes below."""
    if config.hub.nodes:
        names = ", ".join(sorted(config.hub.nodes))
        yield Finding("hub", "ok", f"this node is a hub of {len(config.hub.nodes)}: {names}")
    if not config.hub.url:
        return
    local = config.hub.url.startswith(("http://127.", "http://localhost", "http://[::1]"))
    if config.hub.url.startswith("http://") and not local:
        yield Finding("hub", "doubtful", f"{config.hub.url} travels unencrypted", "use https")
    if not config.hub.key:
        yield Finding(
            "hub",
            "doubtful",
            "[hub] key is empty: nothing that comes down can be believed",
            "`sala hub key` at the hub prints it",
        )
    else:
        yield Finding("hub", "ok", f"{len(config.hub.agencies)} agencies go through {config.hub.url}")
