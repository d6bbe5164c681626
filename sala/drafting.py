"""Drafts, comments and history for the commands; each says in lines what it did."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from flows import codes as code_rules
from flows.errors import ConfigFault
from flows.findings import Finding
from flows.model import Flow
from flows.sheets import phrases_toml, table_csv
from sala import keys
from sala.config import Config
from sala.here import Here, do
from sala.services import Material
from store.draft_values import Draft, DraftFault, Kind, Stale
from store.library import Publication


def drafts(config: Config) -> list[dict[str, Any]]:
    """The open drafts."""

    async def work(one: Here) -> list[dict[str, Any]]:
        return [
            {"kind": head.kind, "id": head.id, "version": head.version, "by": head.by, "at": one.time(head.at)}
            for head in await one.memory.drafts.list()
        ]

    return do(config, work)


def text_of(config: Config, name: str, kind: Kind = "flow") -> str:
    """The draft's text; where none is open, what is live."""

    async def work(one: Here) -> str:
        return (await opened(one, name, kind)).text

    return do(config, work)


async def opened(one: Here, name: str, kind: Kind) -> Draft:
    """The draft; where none is open, what is in use, also from the configuration."""
    material = one.overlay.given(await one.memory.library.catalogue())
    otherwise = text_in_use(material, kind, name)
    draft = await one.memory.drafts.open(name, kind=kind, otherwise=otherwise)
    if not draft.text:
        raise ConfigFault(f"there is no {kind} {name}", hint="see: sala flow list")
    return draft


def text_in_use(material: Material, kind: Kind, name: str) -> str:
    """The file of a table or of the phrases of a language as they are in use; "" for a flow, or when there is none."""
    if kind == "table":
        return table_csv(material.tables[name]) if name in material.tables else ""
    return phrases_toml(material.phrases, name) if kind == "phrases" and name in material.phrases.texts else ""


def save(config: Config, name: str, text: str, *, kind: Kind, by: str, note: str, version: int | None) -> list[str]:
    """Keep a text as the draft; with `version` only if nobody has saved since."""

    async def work(one: Here) -> list[str]:
        material = one.overlay.given(await one.memory.library.catalogue())
        begun = text_in_use(material, kind, name)
        drafts = one.memory.drafts
        expected = (await drafts.open(name, kind=kind)).version if version is None else version
        kept = await drafts.save(name, text, expected=expected, by=one.by, note=note, kind=kind, otherwise=begun)
        if isinstance(kept, Stale):
            told = f"{kept.by} has saved version {kept.version} of {name} on {one.time(kept.at)}; nothing was written"
            raise DraftFault(told, hint=f"sala flow draft {name} prints it; put your changes into that")
        return [f"the draft of {name} is version {kept}; what is live stays as it is"]

    return do(config, work, by)


def step(config: Config, name: str, what: str, *, kind: Kind, by: str) -> list[str]:
    """Undo, redo or discard."""

    async def work(one: Here) -> list[str]:
        if what == "discard":
            await one.memory.drafts.discard(name, one.by, kind=kind)
            return [f"the draft of {name} is gone; its history stays"]
        act = one.memory.drafts.undo if what == "undo" else one.memory.drafts.redo
        draft = await act(name, one.by, kind=kind)
        return [f"the draft of {name} is version {draft.version}"]

    return do(config, work, by)


def comment(config: Config, name: str, text: str, *, at: str, by: str, kind: Kind = "flow") -> list[str]:
    """Say something of a step."""

    async def work(one: Here) -> list[str]:
        return [f"comment {await one.memory.drafts.comment(name, at, text, one.by, kind=kind)}"]

    return do(config, work, by)


def comments(config: Config, name: str, *, done: int, by: str, kind: Kind = "flow") -> list[str]:
    """What was said of a draft; `done` settles one of them."""

    async def work(one: Here) -> list[str]:
        if done:
            await one.memory.drafts.settle(done, one.by)
        said = await one.memory.drafts.comments(name, kind=kind)
        return [
            f"{each.id}  {each.step or 'the whole'}: {each.text} ({each.by}, {one.time(each.at)})"
            + (f", settled by {each.done_by}" if each.done_by else "")
            for each in said
        ] or ["nothing was said"]

    return do(config, work, by)


def history(config: Config, name: str, kind: Kind = "flow") -> list[str]:
    """Every version that was live, who, when and why; then what happened to the draft."""

    async def work(one: Here) -> list[str]:
        lines = [
            f"version {act.version}  {act.act} {act.digest[:19]} {one.time(act.at)} by {act.by}"
            + (f", proposed by {act.proposer}" if act.proposer else "")
            + (f": {act.note}" if act.note else "")
            + _confirmation(act, one)
            for act in await one.memory.library.versions(name, kind=kind)
        ]
        lines += [
            f"draft {did.version}  {did.what} {one.time(did.at)} by {did.by}" + (did.note and f": {did.note}")
            for did in await one.memory.drafts.history(name, kind=kind)
        ]
        return lines or [f"nothing is known of {name}"]

    return do(config, work)


def _confirmation(act: Publication, one: Here) -> str:
    match act.confirmation:
        case "open":
            return f"  TO BE CONFIRMED: sala flow confirm {act.id}"
        case "confirmed" | "refused":
            answer = f": {act.answer}" if act.answer else ""
            return f"; {act.confirmation} by {act.confirmed_by} {one.time(act.confirmed_at)}{answer}"
        case _:
            return ""


def taken(config: Config, flows: Sequence[Flow]) -> list[Finding]:
    """The ways in of these flows that other services of this node have or had."""
    if not (config.data / keys.DATABASE).exists():
        return []

    zone = ZoneInfo(config.timezone)

    async def work(one: Here) -> list[Finding]:
        found = await one.memory.library.codes()
        return [finding for flow in flows for finding in code_rules.taken(flow, found, zone)]

    return do(config, work)


def codes(config: Config) -> list[dict[str, Any]]:
    """Every number, code and keyword that citizens were given."""

    async def work(one: Here) -> list[dict[str, Any]]:
        found = await one.memory.library.codes()
        return [asdict(code) | {"since": one.time(code.since), "until": one.time(code.until)} for code in found]

    return do(config, work)
