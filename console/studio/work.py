"""One visit to one service: its draft, what there is to say of it, and how a change of it is saved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from console import roles
from console.studio.look import Look
from console.visit import ROOT, Visit
from flows.editing import Change, EditFault, Together, edit
from flows.errors import Fault
from store.draft_values import Draft, Stale

PLACE: Final = "/flows/{id:[a-z][a-z0-9-]*}"
"""The address of a service; what stands behind it is one of its pages."""


class GoneFault(Fault):
    """There is no such service, or it is another agency's."""

    code = "no-service"
    ours = False


@dataclass(slots=True)
class Work:
    """Handed to each page of a service."""

    visit: Visit
    name: str
    draft: Draft
    look: Look

    @property
    def editable(self) -> bool:
        """Whether this reader may change it."""
        return self.visit.has(roles.ADMINS)

    @property
    def live(self) -> bool:
        """Whether citizens can dial some revision of it."""
        return self.name in self.visit.desk.memory.office.live

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that the draft speaks."""
        return self.look.flow.languages if self.look.flow is not None else ()

    @property
    def language(self) -> str:
        """The language that is looked at."""
        wanted = self.visit.asked("lang", 20) or self.visit.text("lang", 20)
        speaks = self.languages or ("lo",)
        return wanted if wanted in speaks else speaks[0]

    def address(self, tail: str = "", **query: Any) -> str:
        """A page of this service, below the console."""
        asked = "&".join(f"{key}={value}" for key, value in query.items() if value not in ("", None))
        return f"/flows/{self.name}{tail}" + (f"?{asked}" if asked else "")

    def link(self, tail: str = "", **query: Any) -> str:
        """The same as a link."""
        return ROOT + self.address(tail, **query)

    def step(self, at: int) -> str:
        """How a person calls a step: its number, and what it is about."""
        flow = self.look.sound
        own = flow.step_name(at).split(":")
        return f"{at + 1} {own[2] if len(own) > 2 else self.visit.say['k_' + own[1]] if len(own) > 1 else own[0]}"  # noqa: PLR2004 - number, verb, name

    async def save(self, change: Change, note: str = "") -> int | Stale:
        """Make a change and keep it; the sentence of an `EditFault` is for the reader."""
        text = edit(self.draft.text, change, f"{self.name}.yaml")
        return await self.keep(text, note)

    async def keep(self, text: str, note: str = "") -> int | Stale:
        """Keep a text as the draft, if nobody has saved since this form was made."""
        expected = self.expected
        drafts = self.visit.desk.memory.drafts
        return await drafts.save(self.name, text, expected=expected, by=self.visit.user.name, note=note)

    @property
    def expected(self) -> int:
        """The version of the draft that the posted form was made from."""
        sent = self.visit.text("version", 12)
        return int(sent) if sent.isdecimal() else self.draft.version

    def show(self, template: str, **values: Any) -> web.Response:
        """A page of this service."""
        return self.visit.show(template, work=self, look=self.look, draft=self.draft, **values)

    def today(self) -> datetime:
        """The moment by the clock of the node, in its zone."""
        return datetime.fromtimestamp(self.visit.desk.now(), self.visit.desk.zone)


def is_hers(visit: Visit, name: str, look: Look) -> bool:
    """Whether she serves the agency of a service; a draft that cannot be read is its live revision's agency's."""
    live = visit.desk.memory.office.live.get(name)
    flow = look.flow or (live.flow if live is not None else None)
    return visit.scope.serves((flow.agency or "") if flow is not None else "")


async def opened(visit: Visit) -> Work:
    """The service of the address as it is being edited.

    Raises:
        GoneFault: there is none, or its agency is not the reader's.
    """
    name = visit.part("id")
    draft = await visit.desk.memory.drafts.open(name)
    if not draft.text:
        raise GoneFault(visit.say["fl_no_service"])
    memory = visit.desk.memory
    look = await visit.desk.studio.look(draft.text, name, memory.office, memory.drafts)
    if not is_hers(visit, name, look):
        raise GoneFault(visit.say["fl_no_service"])
    return Work(visit, name, draft, look)


async def edited(work: Work, changes: list[Change], note: str = "") -> int | Stale | str:
    """Make changes; a sentence when they cannot be made."""
    if not changes:
        return work.draft.version
    try:
        return await work.save(changes[0] if len(changes) == 1 else Together(tuple(changes)), note)
    except EditFault as fault:
        return await overtaken(work, str(fault))


async def overtaken(work: Work, outcome: int | Stale | str) -> int | Stale | str:
    """What came of an edit; one that could not be made because somebody else has saved meanwhile is told as that."""
    if isinstance(outcome, str):
        return await work.visit.desk.memory.drafts.overtaken(work.name, work.expected) or outcome
    return outcome
