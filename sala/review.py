"""The officer's review queue for the commands: what agencies refused, read in words, put right or withdrawn."""

import asyncio
import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from flows.errors import ConfigFault, Refusal
from flows.fields import AnyField
from flows.inputs import Choose, Confirm, Frame, decode, encode, read, show, show_value
from flows.reference import format_reference, is_reference
from sala import services
from sala.beside import beside
from sala.config import Config
from store.memory import Memory
from store.values import Memo, Task
from sync.agency.sealed import Opener

REASONS: Final[Mapping[str, str]] = {
    "missing_field": "something is missing",
    "bad_value": "a value is wrong",
    "duplicate_case": "the agency has the same request already",
    "not_eligible": "the applicant is not entitled",
    "documents_needed": "papers are needed",
    "other": "another reason; ask the agency",
    "cloned": "another machine sends under this node's name; see docs/operations.md",
}
"""Reason codes in the officer's words; an unknown one is shown as the agency wrote it."""

CODES: Final[Mapping[str, str]] = {
    "invalid": "the agency cannot use it",
    "permanent": "the agency cannot read it",
    "conflict": "the agency has other content under the same number",
}
"""What the agency's word for the record means."""

_SKIP: Final = "-"
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """One task with what an officer needs to decide it; `answers` are (name, label, value) as people read them."""

    task: Task
    since: str
    why: str
    answers: tuple[tuple[str, str, str], ...]
    sealed: bool


def why(task: Task) -> str:
    """Why the agency refused it, as one clause."""
    reason = REASONS.get(task.reason, task.reason)
    told = [CODES.get(task.code, task.code), reason] if reason else [CODES.get(task.code, task.code)]
    return ": ".join(told)


def tasks(config: Config, agency: str = "") -> list[dict[str, Any]]:
    """What waits for an officer, oldest first, of one agency or all: without any answer of a citizen."""
    return asyncio.run(_tasks(config, agency))


async def _tasks(config: Config, agency: str) -> list[dict[str, Any]]:
    async with beside(config) as memory:
        names = [agency] if agency else [one.agency for one in await memory.road.states()]
        found = [task for name in names for task in await memory.review.tasks(name, limit=_MOST)]
    zone = ZoneInfo(config.timezone)
    return [
        {
            "reference": format_reference(task.reference),
            "agency": task.agency,
            "service": task.service,
            "since": _moment(task.at, zone),
            "why": why(task),
            "fields": ", ".join(task.fields),
        }
        for task in sorted(found, key=lambda one: (one.at, one.seq))
    ]


def look(config: Config, reference: str, agency: str = "", key: Path | None = None) -> list[Shown]:
    """The tasks of one request with its answers; empty when none waits. `key` is an officer's, for a sealed body.

    Raises:
        ConfigFault: it is no reference.
    """
    return asyncio.run(_look(config, _digits(reference), agency, _opener(key)))


async def _look(config: Config, reference: str, agency: str, opener: Opener | None) -> list[Shown]:
    async with services.desk(config) as memory:
        found = await _waiting(memory, reference, agency)
        zone = ZoneInfo(config.timezone)
        return [_shown(memory, task, zone, opener) for task in found]


def _shown(memory: Memory, task: Task, zone: ZoneInfo, opener: Opener | None) -> Shown:
    data = _data(task, opener)
    answers = []
    revision = memory.office.known.get(data["revision"]) if data else None
    for name, value in (data or {}).get("answers", {}).items():
        field = revision.flow.fields.get(name) if revision else None
        answers.append((name, *_words(memory, field, name, value)))
    return Shown(task, _moment(task.at, zone), why(task), tuple(answers), sealed=data is None)


def _words(memory: Memory, field: AnyField | None, name: str, value: Any) -> tuple[str, str]:
    if field is None:
        return name, show_value(value, "en")
    return field.label.say("en"), show(
        field, decode(field, value) if value is not None else None, "en", _tables(memory)
    )


def _tables(memory: Memory) -> Any:
    return memory.office.tables


def amend(
    config: Config, reference: str, corrections: Sequence[str], *, agency: str, note: str, key: Path | None = None
) -> str:
    """Send the case on as its next revision, with `FIELD=VALUE` put right, each read as the citizen's own answer is.

    Raises:
        ConfigFault: nothing waits, more than one agency waits, a field the service does not have, a value that does
            not fit. StoreFault: somebody else has settled it, or its body is sealed or gone.
    """
    return asyncio.run(_amend(config, _digits(reference), corrections, agency, note, _opener(key)))


async def _amend(
    config: Config, reference: str, corrections: Sequence[str], agency: str, note: str, opener: Opener | None
) -> str:
    async with services.desk(config) as memory:
        task = await _only(memory, reference, agency)
        data = _data(task, opener)
        answers = _read(config, memory, task, corrections, data)
        await memory.review.amend(task.seq, task.agency, answers, opened=data, actor=_actor(), note=note)
    return f"{format_reference(reference)}: revision {task.case_revision + 1} is on its way to {task.agency}"


def withdraw(config: Config, reference: str, *, agency: str, note: str) -> str:
    """End the case; the citizen is told, and may send the same again.

    Raises:
        ConfigFault: nothing waits, or more than one agency waits. StoreFault: somebody else has settled it.
    """
    return asyncio.run(_withdraw(config, _digits(reference), agency, note))


async def _withdraw(config: Config, reference: str, agency: str, note: str) -> str:
    async with services.desk(config) as memory:
        task = await _only(memory, reference, agency)
        await memory.review.withdraw(task.seq, task.agency, actor=_actor(), note=note)
    return f"{format_reference(reference)}: withdrawn"


def inbox(config: Config, done: int = 0) -> list[dict[str, Any]]:
    """The lines of the officer's inbox, oldest first; with `done`, after that line was dealt with."""
    return asyncio.run(_inbox(config, done))


async def _inbox(config: Config, done: int) -> list[dict[str, Any]]:
    async with beside(config) as memory:
        if done:
            await memory.review.memo_done(done)
        zone = ZoneInfo(config.timezone)
        return [_memo(one, zone) for one in await memory.review.memos(limit=_MOST)]


def _memo(memo: Memo, zone: ZoneInfo) -> dict[str, Any]:
    text = " ".join(memo.text.split())
    return {"line": memo.id, "at": _moment(memo.at, zone), "kind": memo.kind, "number": memo.msisdn, "text": text}


async def _waiting(memory: Memory, reference: str, agency: str) -> list[Task]:
    return [one for one in await memory.review.waiting(reference) if agency in {"", one.agency}]


async def _only(memory: Memory, reference: str, agency: str) -> Task:
    found = await _waiting(memory, reference, agency)
    if not found:
        raise ConfigFault(f"{reference}: nothing of it waits for an officer", hint="see: sala review list")
    if len(found) > 1:
        names = ", ".join(one.agency for one in found)
        raise ConfigFault(f"{reference}: several agencies refused it: {names}", hint="name one with --agency")
    return found[0]


def _opener(key: Path | None) -> Opener | None:
    if key is None:
        return None
    try:
        return Opener(key.read_text("utf-8"))
    except OSError as fault:
        raise ConfigFault(f"{key}: cannot be read: {fault.strerror}") from None


def _data(task: Task, opener: Opener | None) -> Mapping[str, Any] | None:
    """The data of a submission; None when its body is gone, or sealed to others."""
    event = orjson.loads(task.event) if task.event else {}
    return opener.data(event) if opener is not None else event.get("data")


def _read(
    config: Config, memory: Memory, task: Task, corrections: Sequence[str], data: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The corrections as JSON values; empty for a case whose body cannot be read, which the store then refuses."""
    if data is None:
        return {}
    revision = memory.office.known.get(data["revision"])
    if revision is None:
        raise ConfigFault(f"{task.reference}: its revision of {task.service} is not here", hint="see: sala flow list")
    fields = revision.flow.fields
    scope = {name: decode(fields[name], value) for name, value in data["answers"].items() if name in fields and value}
    today = memory.clock.today(memory.clock.now())
    frame = Frame("en", today, _tables(memory), scope, config.district, config.country)
    return dict(_one(fields, correction, frame) for correction in corrections)


def _one(fields: Mapping[str, AnyField], correction: str, frame: Frame) -> tuple[str, Any]:
    name, found, text = correction.partition("=")
    field = fields.get(name.strip())
    if not found or field is None:
        raise ConfigFault(f"{correction}: not FIELD=VALUE of this service", hint=f"its fields: {', '.join(fields)}")
    if text.strip() == _SKIP and field.optional:
        return name.strip(), None
    value = read(field, text, frame)
    match value:
        case Refusal():
            limits = ", ".join(f"{key} {limit}" for key, limit in value.values.items())
            hint = f"{value.reason.replace('_', ' ')}{f' ({limits})' if limits else ''}"
            raise ConfigFault(f"{correction}: does not fit", hint=hint)
        case Choose():
            names = "; ".join(f"{key} {label}" for key, label in value.candidates)
            raise ConfigFault(f"{correction}: may mean several", hint=f"write the code: {names}")
        case Confirm():
            value = value.value
    return name.strip(), encode(field, value)


def _digits(reference: str) -> str:
    digits = "".join(reference.split())
    if not is_reference(digits):
        raise ConfigFault(f"{reference}: its check digit is wrong", hint="a reference has nine digits; look again")
    return digits


def _moment(at: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def _actor() -> str:
    return getpass.getuser()
