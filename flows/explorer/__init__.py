"""The explorer: knows before anybody dials what can happen to a citizen in a flow, and what it costs her.

`explore` walks every way with the real engine, in each language on each channel, and reports what it met. A walk is
kept by the digest of what it depends on, so an editor can ask again at every keystroke: a changed Lao text walks Lao.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, cast

import orjson
from msgspec.structs import replace
from pydantic import BaseModel

from flows.bounds import DateBound
from flows.check.subject import Subject
from flows.dialogue.consent import notice_pages
from flows.explorer.measures import Cost, Tariff, figures
from flows.explorer.places import Atlas, spot_of
from flows.explorer.report import Branch, Page, Reading, Report, Road, branch_of, likely_cost, reading_of
from flows.explorer.samples import likely_text
from flows.explorer.states import Walked
from flows.explorer.verdicts import Case, verdicts
from flows.explorer.walker import MOST_STATES, walk_flow
from flows.expressions import Expression
from flows.fields import Text
from flows.inputs import Frame, encode, read
from flows.phrases import Phrases
from flows.revision import Revision
from flows.session import World
from flows.tables import Tables
from flows.text.measure import SMS, USSD, Budget
from flows.turn import Channel

__all__ = [
    "Branch",
    "Page",
    "Reading",
    "Report",
    "Road",
    "Settings",
    "Tariff",
    "clear",
    "explore",
    "likely_costs",
    "walks_of",
    "world_of",
]

KEPT: Final = 128
"""Walks kept; a flow in three languages on two channels needs twelve."""
CHANNELS: Final[tuple[Channel, ...]] = ("ussd", "sms")
_SILENT: Final = frozenset({"tests", "title", "entry", "purpose", "why", "audience", "keep", "resume", "status"})
"""Keys of a flow that no screen within it shows and nothing decides on."""
_kept: dict[str, Walked] = {}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a flow is explored with.

    Attributes:
        today: the day on which everything happens. most: bound of states of one walk. profile: also walk as somebody
            whose answers are kept. ussd, sms: room of a page.
    """

    tables: Tables
    phrases: Phrases
    today: date
    ussd: Budget = USSD
    sms: Budget = SMS
    district: str = ""
    country: str = "LA"
    most: int = MOST_STATES
    tariffs: tuple[Tariff, ...] = ()
    languages: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = field(default=CHANNELS)


def explore(revision: Revision, settings: Settings) -> Report:
    """Walk a flow in every language on every channel, and tell what was met."""
    atlas = Atlas(revision)
    wide = walks_of(revision, settings)
    subject = Subject(revision.flow, revision.parts, settings.tables, settings.phrases)
    branches = []
    for walk in wide:
        notice = notice_pages(revision, walk.language, settings.phrases, walk.world.budget)
        branches.append(branch_of(atlas, walk, notice, settings.tariffs))
    unanswered = {atlas.name(spot_of(walk.program, node)) for walk in wide for node in walk.unanswered}
    return Report(
        service=revision.flow.id,
        file=revision.flow.file,
        digest=revision.digest,
        session=int(figures()["session"]["seconds"]),
        whole=not any(walk.left for walk in wide),
        findings=verdicts(Case(revision, wide, subject)),
        branches=tuple(branches),
        reading=tuple(reading_of(subject, tag) for tag in settings.languages or revision.flow.languages),
        unanswered=tuple(sorted(unanswered)),
    )


def likely_costs(revision: Revision, settings: Settings) -> tuple[tuple[str, str, Cost], ...]:
    """(language, channel, what most people spend): what `explore` says of the likeliest way, by the shorter walk."""
    found = []
    for walk in walks_of(revision, settings, likely=True, profiles=False):
        notice = notice_pages(revision, walk.language, settings.phrases, walk.world.budget)
        cost = likely_cost(revision, walk, notice, settings.tariffs)
        found.append((walk.language, str(walk.world.channel), cost))
    return tuple(found)


def walks_of(
    revision: Revision, settings: Settings, *, likely: bool = False, profiles: bool = True
) -> tuple[Walked, ...]:
    """The walks of a flow, each made at most once for what it depends on."""
    kept_fields = {name: one for flow in _flows(revision) for name, one in flow.fields.items() if one.profile}
    found = []
    for language in settings.languages or revision.flow.languages:
        for channel in settings.channels:
            for profile in (False, True) if kept_fields and profiles else (False,):
                world = world_of(revision, settings, language, channel)
                if profile:
                    world = replace(world, profile=_profile(kept_fields, world, language))
                found.append(_walk(revision, language, world, settings.most, likely=likely))
    return tuple(found)


def clear() -> None:
    """Forget the kept walks."""
    _kept.clear()


def _flows(revision: Revision) -> Iterable[Any]:
    return (revision.flow, *revision.parts.values())


def world_of(revision: Revision, settings: Settings, language: str, channel: Channel) -> World:
    """The world around a walk in this language on this channel."""
    notice = revision.flow.notice
    places = settings.tables.places
    districts = places.every("district")
    return World(
        today=settings.today,
        tables=settings.tables,
        phrases=settings.phrases,
        budget=settings.sms if channel == "sms" else settings.ussd,
        channel=channel,
        reference="482109337",
        ids=("0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002"),
        dial=next(iter(revision.flow.entry.ussd), "*999#") if revision.flow.entry else "*999#",
        short="1999",
        district=settings.district or _fullest(settings, districts),
        country=settings.country,
        consent={"basis": notice.basis, "shown": language} if notice else {},
    )


def _fullest(settings: Settings, districts: list[Any]) -> str:
    """A district that has villages, where the node has none of its own."""
    with_villages = {place.parent for place in settings.tables.places.every("village")}
    return next((one.code for one in districts if one.code in with_villages), districts[0].code if districts else "")


def _profile(fields: Mapping[str, Any], world: World, language: str) -> dict[str, Any]:
    frame = Frame(language, world.today, world.tables, {}, world.district, world.country)
    return {name: encode(one, cast("Any", read(one, likely_text(one, frame), frame))) for name, one in fields.items()}


def _walk(revision: Revision, language: str, world: World, most: int, *, likely: bool) -> Walked:
    key = _digest(revision, language, world, most, likely=likely)
    walked = _kept.pop(key, None)
    if walked is None:
        walked = walk_flow(revision, language, world, likely=likely, most=most)
        if len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)), None)
    _kept[key] = walked
    return walked


def _digest(revision: Revision, language: str, world: World, most: int, *, likely: bool) -> str:
    """Of all that a walk depends on: the steps, and the texts of this language as this channel has them."""
    flows = [_meaning(flow, language, world.channel) for flow in _flows(revision)]
    around = [world.today.isoformat(), world.budget.gsm7, world.budget.ucs2, world.district, world.dial]
    handed = [id(world.tables), id(world.phrases), sorted(world.profile), most, likely, language, world.channel]
    return hashlib.sha256(orjson.dumps([flows, around, handed])).hexdigest()


def _meaning(value: Any, language: str, channel: str) -> Any:
    """A flow as plain values, with the words of one language only."""
    if isinstance(value, Text):
        return value.say(language, channel)
    if isinstance(value, BaseModel):
        kept = {name: getattr(value, name) for name in type(value).model_fields if name not in _SILENT}
        return [
            [name, _meaning(one, language, channel)] for name, one in (kept | (value.__pydantic_extra__ or {})).items()
        ]
    if isinstance(value, Mapping):
        return [[key, _meaning(one, language, channel)] for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [_meaning(one, language, channel) for one in value]
    if isinstance(value, Expression | DateBound):
        return value.source
    return value if isinstance(value, int) or value is None else str(value)
