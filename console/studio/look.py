"""A draft looked at: read, checked, drawn and measured once for a text, and then kept for the next click on it."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import flows.library
from console.map import Graph, Placer, graph_of
from console.studio.costs import Costs
from flows.check import Subject
from flows.check import check as check_flow
from flows.check.ways import Ways
from flows.dialogue import Office
from flows.editing.rooms import Room, message_room, rooms_of
from flows.errors import Fault
from flows.explorer import Settings
from flows.findings import Finding, FlowFault
from flows.loader import load, load_path
from flows.model import Flow
from flows.revision import Revision, revise
from flows.texts import Entry, entries
from store.drafts import Drafts

KEPT: Final = 24
_RUNS_NOT: Final = frozenset({"goto", "step-id", "field", "name", "run", "expression", "message", "limits", "choice"})
"""Codes of errors with which the engine cannot run a flow; with the others the phone still rings."""


@dataclass(frozen=True)
class Look:
    """One text of a service.

    Attributes:
        flow: None when it cannot be loaded; then `findings` say why.
    """

    text: str
    name: str
    flow: Flow | None
    findings: tuple[Finding, ...]
    subject: Subject | None
    parts: Mapping[str, Flow]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being published."""
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is doubtful."""
        return tuple(one for one in self.findings if one.severity == "warning")

    @cached_property
    def graph(self) -> Graph:
        """What leads where."""
        return graph_of(self.sound)

    @property
    def sound(self) -> Flow:
        """The flow; raises `FlowFault` when there is none."""
        if self.flow is None:
            raise FlowFault(self.findings)
        return self.flow

    @cached_property
    def revision(self) -> Revision | None:
        """What the phone rings; None while the engine cannot run it."""
        if self.flow is None or any(one.code in _RUNS_NOT for one in self.errors):
            return None
        try:
            return revise(self.flow, self.parts)
        except FlowFault:
            return None

    @cached_property
    def rooms(self) -> tuple[Mapping[str, Room], ...]:
        """By step: the room of its screen in each language."""
        if self.subject is None or self.flow is None:
            return ()
        return tuple(_rooms(self.subject, at, self.subject.ways) for at in range(len(self.flow.steps)))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Its texts."""
        return entries(self.sound)

    def at(self, step: int) -> tuple[Finding, ...]:
        """What is wrong with one step."""
        return tuple(one for one in self.findings if self.step_of(one) == step)

    def step_of(self, finding: Finding) -> int:
        """The number of the step that a finding is about; -1 for the service as a whole."""
        if self.flow is None or not finding.step:
            return -1
        names = {self.flow.step_name(at): at for at in range(len(self.flow.steps))}
        return names.get(finding.step, -1)

    def place_of(self, finding: Finding) -> str:
        """The dotted path nearest to the line of a finding, for a link to the field; "" when none is near."""
        if self.flow is None:
            return ""
        found = [path for path, line in self.flow.lines.items() if line == finding.line and path]
        # A text on one line holds all its languages; the field is that of the one that is meant, there or not.
        texts = [path.rpartition(".")[0] for path in found if path.rpartition(".")[2] in self.flow.languages]
        return max((texts if finding.language else []) or found, key=len, default="")


def _rooms(subject: Subject, at: int, ways: Ways) -> Mapping[str, Room]:
    try:
        return rooms_of(subject, at, ways)
    except (Fault, KeyError):
        # A step that names what is not there has no screen to measure; the check says what is missing.
        return {}


def message_rooms(look: Look, key: str) -> Mapping[str, Room]:
    """The room of a message, by language."""
    if look.subject is None or look.flow is None:
        return {}
    text = look.flow.messages.get(key)
    text = text or look.flow.messages.status.get(key)
    return {tag: message_room(text, tag, look.subject.sms) for tag in text.languages} if text is not None else {}


@cache
def library_parts() -> Mapping[str, Flow]:
    """The parts that ship with Sala."""
    place = Path(str(flows.library.__file__)).parent
    return {flow.id: flow for flow in load_path(place) if flow.is_part}


@dataclass(slots=True)
class Studio:
    """The looks of one desk, the maps, and what drafts cost; `office` gives what is live at the moment."""

    placer: Placer = field(default_factory=Placer)
    costs: Costs = field(default_factory=Costs)
    _kept: OrderedDict[str, Look] = field(default_factory=OrderedDict)

    async def look(self, text: str, name: str, office: Office, drafts: Drafts | None = None) -> Look:
        """A text read, checked and measured; the work is done beside the loop that answers citizens.

        With `drafts`, it may also run parts that nobody has published yet, such as those of an import.
        """
        more = await self._parts(name, drafts) if drafts is not None else {}
        others = [one.flow for id_, one in office.live.items() if id_ != name]
        seal = "".join(sorted(one.digest for id_, one in office.live.items() if id_ != name))
        seal += "".join(part.source for part in more.values())
        key = hashlib.sha256(f"{name}\0{seal}\0{office.node.ussd}\0{text}".encode("utf-8", "replace")).hexdigest()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        look = await asyncio.to_thread(look_at, text, name, office, others, more)
        self._kept[key] = look
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return look

    async def _parts(self, name: str, drafts: Drafts) -> dict[str, Flow]:
        """The parts among the open drafts, by id."""
        heads = [one.id for one in await drafts.list() if one.kind == "flow" and one.id != name]
        found = [_part((await drafts.open(one)).text) for one in heads]
        return {part.id: part for part in found if part is not None}


@lru_cache(maxsize=64)
def _part(text: str) -> Flow | None:
    """The part in a draft; None when it is a service, or cannot be read."""
    try:
        flow = load(text, "part.yaml")
    except FlowFault:
        return None
    return flow if flow.is_part else None


def look_at(
    text: str, name: str, office: Office, others: Sequence[Flow], more: Mapping[str, Flow] | None = None
) -> Look:
    """The same, now and here."""
    parts: dict[str, Flow] = dict(library_parts())
    for live in office.live.values():
        parts |= live.parts
    parts |= more or {}
    try:
        flow = load(text, f"{name}.yaml")
    except FlowFault as fault:
        return Look(text, name, None, fault.findings, None, parts)
    subject = Subject(flow, parts, office.tables, office.phrases, others, ussd=office.node.ussd)
    found = check_flow(flow, parts, office.tables, office.phrases, others, ussd=office.node.ussd)
    look = Look(text, name, flow, tuple(found), subject, parts)
    _ = (look.graph, look.rooms)
    return look


def settings_of(office: Office, today: date, **more: Any) -> Settings:
    """How the explorer walks a draft of this node."""
    return Settings(office.tables, office.phrases, today, ussd=office.node.ussd, **more)
