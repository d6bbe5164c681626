"""`sala flow export results`: what a service collected as a flow-results package, noted in the audit chain."""

import asyncio
import contextlib
import getpass
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import orjson

from flows.errors import ConfigFault
from flows.published import results
from flows.revision import Revision
from sala import services
from sala.beside import beside
from sala.config import Config
from store.memory import Memory
from store.numbers import pack_number
from store.results import Collected
from store.scope import ALL, Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants exported, and why.

    Attributes:
        since, until: days in the node's time zone; until is not included. district: a p-code; LA09 holds LA0901.
        numbers, sensitive: beside the rule, with a reason.
    """

    service: str
    since: date | None = None
    until: date | None = None
    district: str = ""
    agency: str = ""
    numbers: bool = False
    sensitive: bool = False
    reason: str = ""
    spreadsheet: bool = False
    language: str = "en"


@dataclass(slots=True)
class _Counts:
    cases: int = 0
    rows: int = 0
    unreadable: int = 0


def export(config: Config, asked: Asked, folder: Path) -> str:
    """Write the package into a folder; what is in it, in a line.

    Raises:
        ConfigFault: no such service, a number or a sensitive answer is wanted without a reason, or the folder is taken.
    """
    if (asked.numbers or asked.sensitive) and not asked.reason.strip():
        raise ConfigFault(
            "phone numbers and sensitive answers are not exported without a reason",
            hint="--reason says why; it is kept with your name in the audit chain",
        )
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigFault(f"{folder}: is not empty", hint="an export gets a folder of its own")
    return asyncio.run(_export(config, asked, folder))


async def _export(config: Config, asked: Asked, folder: Path) -> str:
    async with beside(config) as memory:
        known = {one.digest: one for one in await memory.library.list() if one.flow == asked.service}
        if not known:
            raise ConfigFault(f"{asked.service}: no such service was ever published", hint="see: sala flow list")
        revisions = {digest: services.revision_of(one) for digest, one in known.items()}
        newest = max(known.values(), key=lambda one: (one.live, one.at))
        # The note comes first: what is not noted is not read.
        await memory.audit.note(f"command:{getpass.getuser()}", "export", asked.service, **_told(asked))
        counts = await _write(config, memory, asked, folder, revisions)
        told = {"cases": counts.cases, "left_out_unreadable": counts.unreadable, **_told(asked)}
        made = results.descriptor(
            revisions[newest.digest],
            results.questions(list(revisions.values()), asked.language, sensitive=asked.sensitive),
            node=config.node,
            made=memory.clock.now(),
            language=asked.language,
            told=told,
        )
        with _private(folder / "datapackage.json") as out:
            out.write(orjson.dumps(made, option=orjson.OPT_INDENT_2).decode())
    left = f", {counts.unreadable} sealed or no longer kept" if counts.unreadable else ""
    return f"{folder}: {counts.rows} answers of {counts.cases} cases{left}"


def _told(asked: Asked) -> dict[str, object]:
    """What was asked for, for the audit chain and the package itself."""
    days = {"since": asked.since and asked.since.isoformat(), "until": asked.until and asked.until.isoformat()}
    scope = {"district": asked.district, "agency": asked.agency}
    marks = {"numbers": asked.numbers, "sensitive": asked.sensitive, "reason": asked.reason.strip()}
    return {key: value for key, value in (days | scope | marks).items() if value}


async def _write(config: Config, memory: Memory, asked: Asked, folder: Path, revisions: dict[str, Revision]) -> _Counts:
    counts = _Counts()
    wanted = results.Wanted(
        lambda number: memory.results.contact(asked.service, str(pack_number(number))),
        numbers=asked.numbers,
        sensitive=asked.sensitive,
    )
    scope = Scope((asked.district or ALL,), (asked.agency or ALL,))
    zone = ZoneInfo(config.timezone)
    with contextlib.ExitStack() as files:
        data = files.enter_context(_private(folder / results.DATA))
        sheet = files.enter_context(_private(folder / "responses.csv")) if asked.spreadsheet else None
        if sheet is not None:
            # With its mark, so that a spreadsheet reads the Lao letters.
            sheet.write("\ufeff" + results.as_csv((), head=True))
        data.write("[")
        async for case in memory.results.of(
            asked.service, scope, _second(asked.since, zone, 0), _second(asked.until, zone, 2**62)
        ):
            if not case.readable or case.revision not in revisions:
                counts.unreadable += 1
                continue
            counts.cases += 1
            made = list(results.rows(_case(case), revisions[case.revision], wanted))
            for row in made:
                data.write(",\n" if counts.rows else "\n")
                data.write(orjson.dumps(row).decode())
                counts.rows += 1
            if sheet is not None:
                sheet.write(results.as_csv(made))
        data.write("\n]\n")
    return counts


def _case(one: Collected) -> results.Case:
    return results.Case(one.id, one.at, one.contact, one.msisdn, one.kind, one.channel, one.language, one.answers)


def _second(day: date | None, zone: ZoneInfo, otherwise: int) -> int:
    """The first second of a day in the node's time zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp()) if day else otherwise


@contextlib.contextmanager
def _private(file: Path) -> Iterator[IO[str]]:
    """A new file that only its owner reads: there are answers of citizens in it."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        yield out
