"""What a service is on paper: storyboard, poster, voice script, record of processing; each a file of its own style."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.studio.look import settings_of
from console.studio.work import PLACE, GoneFault, opened
from console.visit import Visit
from flows.explorer import Settings
from flows.explorer.storyboard import storyboard
from flows.explorer.voice import as_csv, voice_script
from flows.poster import page as poster
from flows.published.record import page as record
from flows.revision import Revision


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a paper is for: her language, and the number that citizens of this node send messages to."""

    language: str
    short: str


Maker = Callable[[Revision, Settings, Reader], str]


def _board(revision: Revision, settings: Settings, reader: Reader) -> str:
    return storyboard(revision, settings, reader.language)


def _poster(revision: Revision, settings: Settings, reader: Reader) -> str:
    return poster(revision, settings, reader.short)


def _voice(revision: Revision, settings: Settings, _reader: Reader) -> str:
    # With its mark, so that a spreadsheet reads the Lao letters.
    return "\ufeff" + as_csv(voice_script(revision, settings))


def _record(revision: Revision, _settings: Settings, reader: Reader) -> str:
    return record([revision.flow], revision.parts, reader.language)


PAPERS: Final[Mapping[str, tuple[Maker, str]]] = {
    "storyboard": (_board, "html"),
    "poster": (_poster, "html"),
    "voice": (_voice, "csv"),
    "record": (_record, "html"),
}
"""By what the address calls it: what makes it, and how its file ends."""


async def paper(visit: Visit) -> web.StreamResponse:
    """The draft as one of its papers; where it has errors there is none, and the map says why."""
    work = await opened(visit)
    what = visit.part("what")
    revision = work.look.revision
    if what not in PAPERS or revision is None:
        raise GoneFault(visit.say["fl_phone_silent"])
    make, ending = PAPERS[what]
    office = visit.desk.memory.office
    settings = replace(settings_of(office, work.today().date()), district=office.node.district)
    text = await asyncio.to_thread(make, revision, settings, Reader(visit.language, office.node.short))
    headers = {"Content-Disposition": f'attachment; filename="{work.name}-{what}.{ending}"'}
    return web.Response(text=text, content_type=f"text/{ending}", charset="utf-8", headers=headers)


PAGES: Final = (Page("GET", PLACE + "/paper/{what}", roles.EDITORS, paper),)
