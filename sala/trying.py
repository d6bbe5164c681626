"""Words let through, drafts tried on the real code, and codes that were given out, for the commands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import phonenumbers

from flows.errors import ConfigFault
from flows.revision import Revision
from sala import services
from sala.config import Config
from sala.deciding import given
from sala.here import Here, do, moment
from sala.publishing import Publishing
from store.draft_values import DraftFault
from store.memory import Memory


def waive(config: Config, *, service: str, language: str, until: str, by: str, note: str) -> list[str]:
    """Let words that nobody has reviewed go live for a time."""
    if not by.strip():
        raise DraftFault("--by: a waiver names the person who answers for it")
    end = moment(config, until)

    async def work(one: Here) -> list[str]:
        number = await one.memory.wording.waive(one.by, note, end or 0, flow=service, language=language)
        return [f"waiver {number} until {one.time(end or 0)}"]

    return do(config, work, by)


def waivers(config: Config, *, end: int, by: str) -> list[str]:
    """All waivers; `end` ends one before its time."""

    async def work(one: Here) -> list[str]:
        if end:
            await one.memory.wording.end(end, one.by)
        now = one.memory.clock.now()
        lines = []
        for each in await one.memory.wording.waivers():
            what = " ".join(filter(None, (each.flow or "every service", each.language or "every language")))
            state = "in force" if each.good(now) else f"ended by {each.ended_by}" if each.ended_at else "over"
            lines.append(f"{each.id}  {state}: {what} until {one.time(each.until)} by {each.by}: {each.note}")
        return lines or ["there is no waiver"]

    return do(config, work, by)


def start_trial(config: Config, what: str, numbers: Sequence[str], *, days: int, by: str) -> list[str]:
    """Give a draft, or the service of a file, to listed numbers on the real code."""
    listed = dict(_number(number, config) for number in numbers)
    path = Path(what)
    name, files = given(path)[0] if path.exists() else (what, None)

    async def work(one: Here) -> list[str]:
        until = one.memory.clock.now() + days * 86_400
        told = await begin_trial(one.memory, one.publishing, name, files, listed, one.by, until)
        lines = [f"{len(listed)} numbers get {each.flow.id} {each.digest} until {one.time(until)}" for each in told]
        return [*lines, "what they send goes to no agency"]

    return do(config, work, by)


async def begin_trial(
    memory: Memory,
    publishing: Publishing,
    name: str,
    files: Mapping[str, str] | None,
    listed: Mapping[str, str],
    by: str,
    until: int,
) -> Sequence[Revision]:
    """Give a text, or without one the draft of this name, to listed numbers (E.164 -> what to call it).

    Raises:
        DraftFault: it has errors, or there are too many numbers or days.
    """
    seen = await publishing.review(name, files or await publishing.files_of(name))
    if seen.errors:
        raise DraftFault(str(seen.errors[0]), hint="sala flow check says everything")
    for revision in seen.revisions:
        texts = services.files_of(revision)
        await memory.trials.start(revision.flow.id, revision.digest, texts, listed, by, until)
    return seen.revisions


def _number(text: str, config: Config) -> tuple[str, str]:
    """`+85620...` or `Noy=+85620...`: the number in E.164 form, and what to call it."""
    label, _, number = text.rpartition("=")
    try:
        found = phonenumbers.parse(number, config.country)
    except phonenumbers.NumberParseException:
        raise ConfigFault(f"{number} is no phone number", hint="for example Noy=+8562055512345") from None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164), label


def stop_trial(config: Config, service: str) -> list[str]:
    """Everybody gets what is live again."""

    async def work(one: Here) -> list[str]:
        return [f"{await one.memory.trials.stop(service, by=one.by)} numbers get what everybody gets"]

    return do(config, work)


def trials(config: Config) -> list[dict[str, Any]]:
    """Who tries what; numbers are not kept, only what they were called."""

    async def work(one: Here) -> list[dict[str, Any]]:
        return [
            {
                "service": each.flow,
                "who": each.label,
                "revision": each.digest,
                "until": one.time(each.until),
                "by": each.by,
            }
            for each in await one.memory.trials.list()
        ]

    return do(config, work)
