"""Tables and phrases for the commands: to a spreadsheet and back, as a draft that another person approves."""

from pathlib import Path
from typing import Any, Literal

from flows.errors import ConfigFault
from flows.sheets import phrases_xlsx, read_phrases, read_table, table_csv, table_xlsx
from sala import drafting
from sala.config import Config
from sala.drafting import opened
from sala.editions import digest_of, laid
from sala.here import Here, do
from sala.reading import as_text, read_file
from sala.services import Material

Kind = Literal["table", "phrases"]


def listed(config: Config, kind: Kind) -> list[dict[str, Any]]:
    """What is in use: where from, since when, and whether a draft is open."""

    async def work(one: Here) -> list[dict[str, Any]]:
        catalogue = await one.memory.library.catalogue()
        material = one.overlay.given(catalogue)
        editions = {edition.name: edition for edition in catalogue.editions if edition.kind == kind}
        drafts = {head.id for head in await one.memory.drafts.list() if head.kind == kind}
        names = material.tables if kind == "table" else material.phrases.texts
        return [
            {
                "name": name,
                "from": "hub" if (kind, name) in one.overlay.down else "here" if name in editions else "configuration",
                "since": one.time(editions[name].at) if name in editions else "",
                "digest": digest_of(material, kind, name)[:19],
                "draft": "open" if name in drafts else "",
            }
            for name in sorted(names)
        ]

    return do(config, work)


def export(config: Config, kind: Kind, name: str, out: Path) -> list[str]:
    """Write the draft, or what is in use, as .xlsx or as the plain file."""

    async def work(one: Here) -> tuple[bytes, str]:
        draft = await opened(one, name, kind)
        told = f"{out}: {kind} {name}, {f'draft version {draft.version}' if draft.at else 'as it is in use'}"
        if out.suffix != ".xlsx":
            return draft.text.encode(), told
        return _book(laid(one.overlay.material, kind, name, draft.text), kind, name, one.config.languages), told

    data, told = do(config, work)
    out.write_bytes(data)
    return [told]


def _book(material: Material, kind: Kind, name: str, languages: tuple[str, ...]) -> bytes:
    return table_xlsx(material.tables[name]) if kind == "table" else phrases_xlsx(material.phrases, name, languages)


def take(config: Config, kind: Kind, name: str, file: Path, *, by: str, note: str, signed: bool = False) -> list[str]:
    """Keep a spreadsheet or a plain file as the draft; it must be a table, or phrases, that could be used."""
    data = read_file(file)

    async def text(one: Here) -> str:
        material = one.overlay.given(await one.memory.library.catalogue())
        if file.suffix != ".xlsx":
            made = as_text(file, data)
        elif kind == "table":
            made = read_table(name, data)
        elif name in material.phrases.texts:
            before = laid(material, kind, name, (await opened(one, name, kind)).text).phrases
            made = read_phrases(name, data, before, signed=signed)
        else:
            raise ConfigFault(f"there are no phrases in {name}", hint="a new language comes as a file (.toml)")
        laid(material, kind, name, made)
        return made if kind == "phrases" else table_csv(laid(material, kind, name, made).tables[name])

    made = do(config, text, by)
    lines = drafting.save(config, name, made, kind=kind, by=by, note=note, version=None)
    return [*lines, f"propose it: sala flow propose {name} --kind {kind} --note ..."]
