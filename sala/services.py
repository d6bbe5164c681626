"""From flow files to what a node offers: reads, checks, publishes, composes the office that the dialogue works in."""

import asyncio
import getpass
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from flows.dialogue import Node, Office, full, try_later
from flows.errors import Fault
from flows.findings import FlowFault
from flows.loader import load
from flows.revision import Revision
from flows.text.measure import USSD, Budget
from flows.texts import Marks, file_of, read_marks
from sala import config as configuration
from sala import plugs
from sala.author import LIBRARY, Material, check, check_all, material, parts_for, read, revisions_of, with_tables
from sala.beside import beside
from sala.config import Config
from sala.plugs import Plugged
from store.memory import Memory
from store.mind import Mind, dialogue_mind
from store.values import Catalogue, Published

__all__ = [
    "LIBRARY",
    "FirstFault",
    "Known",
    "Material",
    "Prepared",
    "actor",
    "check",
    "check_all",
    "desk",
    "desk_mind",
    "files_of",
    "marks_beside",
    "material",
    "material_of",
    "mind",
    "node_of",
    "parts_for",
    "prepare",
    "published",
    "read",
    "revision_of",
    "revisions_of",
    "sorry",
    "version",
]


class FirstFault(Fault):
    """A flow file cannot be used."""

    code = "flow"
    ours = False

    def __init__(self, fault: FlowFault) -> None:
        """Say the first finding, and how many there are."""
        more = len(fault.findings) - 1
        hint = f"{more} more: sala flow check says everything" if more else "sala flow check says the same"
        super().__init__(str(fault.findings[0]), hint=hint)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the configuration says of services, read and checked: ready to be published and composed."""

    material: Material
    revisions: tuple[Revision, ...]
    node: Node
    languages: tuple[str, ...]


def version() -> str:
    """The version of this distribution."""
    return version_of("sala-channel")


def material_of(config: Config) -> Material:
    """The configured tables, each in place of the sample of its name.

    Raises:
        TableFault: a table cannot be read; the sentence names file and line.
    """
    return with_tables(config.tables)


def prepare(config: Config, plugged: Sequence[Plugged]) -> Prepared:
    """Read and check what the configuration names.

    Raises:
        ConfigFault: a language nobody has phrases for. FlowFault, TableFault: a file is wrong.
    """
    given = material_of(config)
    for language in config.languages:
        if language not in given.phrases.texts:
            known = ", ".join(sorted(given.phrases.texts))
            raise configuration.mistake(config, ("languages",), f"{language}: no phrases; there are: {known}")
    node = node_of(config, plugged)
    try:
        revisions = revisions_of(read(config.services), given, node.ussd)
    except FlowFault as fault:
        # A start says one line; the check says everything.
        raise FirstFault(fault) from None
    return Prepared(given, revisions, node, config.languages)


def node_of(config: Config, plugged: Sequence[Plugged]) -> Node:
    """The settings that a citizen meets."""
    presses = [one.key_press_settings for one in plugged if one.key_press_settings]
    messages = [one.message_settings for one in plugged if one.message_settings]
    codes = [code for settings in presses for code in settings.service_codes]
    shorts = [short for settings in messages for short in settings.short_codes]
    # One office serves all channels, so a screen must fit the narrowest.
    room = Budget(
        min((one.ussd_units_gsm7 for one in presses), default=USSD.gsm7),
        min((one.ussd_units_ucs2 for one in presses), default=USSD.ucs2),
    )
    return Node(
        dial=codes[0] if codes else "*999#",
        short=shorts[0] if shorts else "",
        contact=config.contact,
        district=config.district,
        country=config.country,
        ussd=room,
    )


def mind(
    prepared: Prepared,
    material: Callable[[Catalogue], Material] | None = None,
    under: Callable[[Office], str] = lambda _: "",
) -> Mind:
    """What the store thinks with: the dialogue, in the office composed of what is published.

    `material` gives the tables and phrases of the moment, where they change while the node runs; `under` their digests.
    """
    read_already = {revision.digest: revision for revision in prepared.revisions}

    def compose(catalogue: Catalogue) -> Office:
        known = Known(catalogue.known, read_already)
        given = material(catalogue) if material is not None else prepared.material
        return Office(
            live={flow: known[digest] for flow, digest in catalogue.live.items()},
            known=known,
            tables=given.tables,
            phrases=given.phrases,
            languages=prepared.languages,
            paused=catalogue.paused,
            said=catalogue.said,
            node=prepared.node,
        )

    return dialogue_mind(compose, under)


def desk_mind(config: Config, plugged: Sequence[Plugged]) -> Mind:
    """The mind of a command that tells citizens something: with all that is published, and no file read for it."""
    return mind(Prepared(material_of(config), (), node_of(config, plugged), config.languages))


def desk(config: Config) -> AbstractAsyncContextManager[Memory]:
    """The memory for a command that may tell citizens something, in the words of the services that are published."""
    return beside(config, desk_mind(config, plugs.channels(config)))


class Known(Mapping[str, Revision]):
    """Every published revision by its digest, each read when it is first asked for and then kept.

    Composing an office stands in the way of key presses: what has not changed, or nobody is on, is not read for it.
    """

    def __init__(self, published: Mapping[str, Published], read_already: dict[str, Revision]) -> None:
        """Take what is published; `read_already` is shared by all offices of a process."""
        self._published = published
        self._read = read_already

    def __getitem__(self, digest: str) -> Revision:
        """The revision; raises KeyError."""
        one = self._published[digest]
        if digest not in self._read:
            self._read[digest] = revision_of(one)
        return self._read[digest]

    def __contains__(self, digest: object) -> bool:
        """Whether there is one, without reading it."""
        return digest in self._published

    def __iter__(self) -> Iterator[str]:
        """The digests."""
        return iter(self._published)

    def __len__(self) -> int:
        """How many."""
        return len(self._published)


def revision_of(published: Published) -> Revision:
    """A published revision from the texts that were kept with it; it keeps its name whatever this version would say."""
    flows = [load(text, name) for name, text in published.files.items()]
    parts = {part.id: part for part in flows[1:]}
    return Revision(flows[0], parts, published.digest, flows[0].source)


def files_of(revision: Revision) -> dict[str, str]:
    """The texts that a revision is made of, its own first."""
    return {f"{flow.id}.yaml": flow.source for flow in (revision.flow, *revision.parts.values())}


def marks_beside(paths: Iterable[Path]) -> Marks:
    """The marks of what was reviewed, from the files beside these flows and those of the library.

    Raises:
        TextsFault: one of them is no such file.
    """
    by: dict[str, dict[str, str]] = {}
    for path in (*paths, LIBRARY):
        for flow in sorted(path.glob("*.y*ml")) if path.is_dir() else (path,):
            file = flow.with_name(file_of(flow.name))
            if file.exists():
                for language, some in read_marks(file.read_text("utf-8")).by.items():
                    by.setdefault(language, {}).update(some)
    return Marks(by)


def actor() -> str:
    """Who runs this command, for the record."""
    return f"command:{getpass.getuser()}"


def sorry(key: str, language: str) -> str:
    """The words for a citizen whose key press could not be answered."""
    return full(language) if key == "full" else try_later(language)


def published(config: Config) -> list[Mapping[str, Any]]:
    """What is published: service, state, revision, when."""
    return asyncio.run(_published(config))


async def _published(config: Config) -> list[Mapping[str, Any]]:
    async with beside(config) as memory:
        listed = await memory.library.list()
    rows = sorted(listed, key=lambda one: (one.flow, not one.live, -one.at))
    return [{"service": one.flow, "state": _state(one), "revision": one.digest, "published": one.at} for one in rows]


def _state(one: Published) -> str:
    if not one.live:
        return "tried" if one.tried else "old"
    return "paused" if one.paused else "live"
