"""What a node works with now: the tables and phrases of the configuration, of its own editions, and of its hub."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import orjson
import structlog

from flows.dialogue import Office
from flows.errors import Fault
from flows.findings import FlowFault
from flows.model import Flow
from flows.phrases import Phrases, placeholders
from flows.tables import Table, Tables, read_csv
from flows.text.measure import Budget
from sala import services
from sala.services import Material, Prepared
from store.arrivals import Arrival
from store.hub import Parcel
from store.values import Catalogue, Edition

Kind = Literal["table", "phrases"]
EDITIONS: Final[Mapping[str, Kind]] = {"table": "table", "phrases": "phrases"}
"""Kinds of parcels that lie over what the configuration gives."""

_PLACE: Final[Mapping[str, tuple[str, ...]]] = {"places": ("parent", "level")}
"""Columns without which a table of this name is of no use."""

_log = structlog.get_logger("node")


class Unfit(Fault):
    """A parcel cannot be used."""

    code = "parcel"
    ours = False


@dataclass(slots=True)
class Overlay:
    """What the node works with now: what the configuration gave, under its own editions, under what came down.

    Attributes:
        base: what the configuration gave. material: what all of it comes to.
        down: (kind, name) -> text of what came down; a hub has the last word on what it sends.
    """

    base: Prepared
    material: Material
    down: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _editions: tuple[tuple[str, str, str], ...] = ()
    _texts: Sequence[Edition] = ()
    _under: tuple[Material, str] | None = None

    @classmethod
    def over(cls, prepared: Prepared) -> "Overlay":
        """Nothing was published here and nothing has come down yet."""
        return cls(prepared, prepared.material)

    def lay(self, kind: Kind, name: str, text: str) -> None:
        """What came down lies on top from now on."""
        self.down[kind, name] = text
        self._make()

    def given(self, catalogue: Catalogue) -> Material:
        """The material, with the editions of this catalogue."""
        editions = tuple((one.kind, one.name, one.digest) for one in catalogue.editions)
        if editions != self._editions:
            self._editions, self._texts = editions, catalogue.editions
            self._make()
        return self.material

    def _make(self) -> None:
        material = self.base.material
        layers = [*((one.kind, one.name, one.text) for one in self._texts), *((*at, t) for at, t in self.down.items())]
        for kind, name, text in layers:
            try:
                material = laid(material, kind, name, text)
            except Fault as fault:
                # It was checked when it was taken; a version that cannot read it goes on with what it has beneath.
                _log.error("edition_unreadable", kind=kind, code=fault.code)
        self.material = material

    def under(self, office: Office) -> str:
        """The digests of an office's tables and phrases as one line of JSON; worked out once for each change."""
        material, told = self._under or (None, "")
        if material is None or material.tables is not office.tables or material.phrases is not office.phrases:
            told = digests(office.tables, office.phrases)
            self._under = (Material(office.tables, office.phrases), told)
        return told


def lay_down(overlay: Overlay, arrivals: Iterable[Arrival]) -> None:
    """Lay what came down from the hub over the rest."""
    for one in arrivals:
        kind = EDITIONS.get(one.parcel.kind)
        if kind is not None:
            overlay.lay(kind, one.parcel.name, text_of(one.parcel))


def text_of(parcel: Parcel) -> str:
    """The text that a parcel brings; raises `Unfit` when it has none."""
    text = parcel.body.get("text")
    if not isinstance(text, str):
        raise Unfit(f"a parcel of the kind {parcel.kind} without its text")
    return text


def digests(tables: Tables, phrases: Phrases) -> str:
    """Names and digests of all of them, in one line of JSON."""
    told = {
        "tables": {name: table_digest(table) for name, table in sorted(tables.items())},
        "phrases": {tag: phrases_digest(phrases, tag) for tag in sorted(phrases.texts)},
    }
    return orjson.dumps(told).decode()


def table_digest(table: Table) -> str:
    """`sha256:...` of the columns and rows in their order: how the file was quoted does not count."""
    return _sha([table.columns, list(table.rows.values())])


def phrases_digest(phrases: Phrases, language: str) -> str:
    """`sha256:...` of the phrases of one language, its name, and whether somebody has signed them."""
    texts = sorted(phrases.texts[language].items())
    return _sha([phrases.names.get(language, ""), language not in phrases.unsigned, texts])


def _sha(value: Any) -> str:
    return "sha256:" + hashlib.sha256(orjson.dumps(value)).hexdigest()


def digest_of(material: Material, kind: Kind, name: str) -> str:
    """The digest of a table or of the phrases of a language, as the material has it; "" for none."""
    if kind == "table":
        return table_digest(material.tables[name]) if name in material.tables else ""
    return phrases_digest(material.phrases, name) if name in material.phrases.texts else ""


def laid(material: Material, kind: Kind, name: str, text: str) -> Material:
    """The material with one table, or the phrases of one language, in place of what it had.

    Raises:
        Fault: the text is no table, or no phrases that this version can speak with.
    """
    if kind == "table":
        table = read_csv(name, text)
        for column in _PLACE.get(name, ()):
            if column not in table.columns:
                raise Unfit(f"the table {name} has no column {column}")
        return replace(material, tables=material.tables.over({name: table}))
    return replace(material, phrases=_phrases(material.phrases, name, text))


def clean(flows: Sequence[Flow], material: Material, room: Budget) -> None:
    """Refuse flows that have an error with this material.

    Raises:
        FirstFault: with the first finding.
    """
    errors = [one for one in services.check_all(flows, material, room) if one.severity == "error"]
    if errors:
        raise services.FirstFault(FlowFault(tuple(errors)))


def _phrases(phrases: Phrases, language: str, text: str) -> Phrases:
    """The phrases with those of one language: every key that it had, and no value that nobody gives."""
    try:
        content = tomllib.loads(text)
        name, signed = str(content.pop("name")), bool(content.pop("signed"))
        texts = {f"{group}.{key}": str(said) for group, inside in content.items() for key, said in inside.items()}
    except (tomllib.TOMLDecodeError, KeyError, AttributeError) as broken:
        raise Unfit(f"the phrases of {language} cannot be read: {broken}") from None
    model = phrases.texts.get(language) or phrases.texts["en"]
    if missing := sorted(model.keys() - texts.keys()):
        raise Unfit(f"the phrases of {language} have no {missing[0]} ({len(missing)} missing)")
    for key, said in texts.items():
        if unknown := placeholders(said) - placeholders(model.get(key, said)):
            raise Unfit(f"the phrase {key} of {language} names {{{min(unknown)}}}, which nobody gives")
    unsigned = phrases.unsigned - {language} if signed else phrases.unsigned | {language}
    return Phrases({**phrases.texts, language: texts}, {**phrases.names, language: name}, unsigned)
