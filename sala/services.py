"""From flow files to what a node offers: reads, checks, publishes, composes the office that the dialogue works in."""

import asyncio
import getpass
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from flows import phrases as phrase_files
from flows.check import check as check_flow
from flows.dialogue import Node, Office, full, try_later
from flows.errors import ConfigFault, Fault, TableFault
from flows.findings import Finding, FlowFault
from flows.loader import load, load_path
from flows.model import Flow
from flows.revision import Revision, revise
from flows.tables import Tables, read_csv
from flows.text.measure import USSD, Budget
from flows.texts import Marks, file_of, read_marks
from sala import config as configuration
from sala import plugs
from sala.beside import beside
from sala.config import Config
from sala.plugs import Plugged
from store.memory import Memory
from store.mind import Mind, dialogue_mind
from store.values import Catalogue, Published

LIBRARY: Final = Path(__file__).resolve().parent.parent / "flows" / "library"
"""The starter services, and tables with invented rows for a node that was given none."""


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
class Material:
    """What flows are checked and run with, besides themselves."""

    tables: Tables
    phrases: phrase_files.Phrases


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
    chosen = {file.stem: file for file in sorted((LIBRARY / "tables").glob("*.csv"))} | dict(config.tables)
    tables = {name: read_csv(name, _table_text(name, Path(file))) for name, file in chosen.items()}
    return Material(Tables(tables), phrase_files.load())


def _table_text(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise TableFault(f"tables.{name}: {file} cannot be read as UTF-8", hint=str(unreadable)) from None


def material(path: Path | None) -> Material:
    """The same from a configuration file; without one, the samples: an author needs no node to check a flow."""
    if path is None and not Path(configuration.DEFAULT_FILE).exists():
        return material_of(Config(node="author"))
    return material_of(configuration.load(path))


def read(paths: Iterable[Path]) -> list[Flow]:
    """Every flow in these files and folders.

    Raises:
        FlowFault: with the findings of all of them.
    """
    flows: list[Flow] = []
    findings: list[Finding] = []
    for path in paths:
        if not path.exists():
            raise ConfigFault(f"{path}: no such file or folder", hint="give flow files, or folders of them")
        try:
            found = load_path(path)
        except FlowFault as fault:
            findings += fault.findings
            continue
        if not found:
            raise ConfigFault(f"{path}: no flow is there", hint="a flow is a file that ends in .yaml")
        flows += found
    if findings:
        raise FlowFault(tuple(findings))
    return flows


def parts_for(flows: Sequence[Flow]) -> dict[str, Flow]:
    """The parts that flows may run: their own, and for the rest those of the library."""
    own = {flow.id: flow for flow in flows if flow.is_part}
    library = {flow.id: flow for flow in load_path(LIBRARY) if flow.is_part}
    return library | own


def check(paths: Iterable[Path], given: Material) -> list[Finding]:
    """Everything that is wrong or doubtful with these files; files that cannot be read at all come first."""
    try:
        flows = read(paths)
    except FlowFault as fault:
        return list(fault.findings)
    return check_all(flows, given)


def check_all(flows: Sequence[Flow], given: Material, room: Budget = USSD) -> list[Finding]:
    """Everything that is wrong or doubtful with these flows, each seen beside the others; `room` of one USSD page."""
    parts = parts_for(flows)
    found: list[Finding] = []
    for flow in flows:
        others = [other for other in flows if other is not flow and not other.is_part]
        found += check_flow(flow, parts, given.tables, given.phrases, others, ussd=room)
    return found


def revisions_of(flows: Sequence[Flow], given: Material, room: Budget = USSD) -> tuple[Revision, ...]:
    """The services among these flows as revisions.

    Raises:
        FlowFault: one of them has an error; warnings pass.
    """
    errors = tuple(finding for finding in check_all(flows, given, room) if finding.severity == "error")
    if errors:
        raise FlowFault(errors)
    parts = parts_for(flows)
    return tuple(revise(flow, parts) for flow in flows if not flow.is_part)


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
