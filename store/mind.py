"""What the store asks of the dialogue, handed in as functions: it remembers and writes, it does not think."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows import dialogue
from flows.traits import Traits, traits
from flows.turn import Heard, Moment, Need, Request, Turn
from store.values import Catalogue


@dataclass(frozen=True, slots=True)
class News:
    """A status that came home, for the sentence that the citizen is to read."""

    request: Request
    language: str
    agency: str
    place: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mind:
    """The pure functions that the store calls.

    Attributes:
        compose: makes an office of what is published; called at start and after each change.
        hear: one turn. encode, decode_talk, decode_person: its states as bytes.
        may_text: whether a message of this kind may go to this person.
        language: the language of a person ("" unknown).
        try_later: what a citizen reads when her turn failed, by language.
        status_text: what a citizen reads of a status; "" when nothing is to be sent.
        stops: what a talk began that no request came of, for the figures, on a day.
        question: how a citizen is asked how a decided request of a revision went; "" when she is not to be asked.
        is_decided: whether a status is a decision. awaits: whether a talk has an open question that came by SMS.
        traits: what is told apart of a request of a revision, by its answers; None when the revision is not known.
        under: the digests of the tables and phrases of an office, as one line of JSON ("" none): a submission keeps it.
    """

    compose: Callable[[Catalogue], Any]
    hear: Callable[[Any, Any, Any, Heard, Moment], Turn | Need]
    encode: Callable[[Any], bytes]
    decode_talk: Callable[[bytes | None], Any]
    decode_person: Callable[[bytes | None], Any]
    may_text: Callable[[Any, str], bool]
    language: Callable[[Any], str]
    try_later: Callable[[str], str]
    status_text: Callable[[Any, News], str]
    under: Callable[[Any], str] = lambda office: ""  # noqa: ARG005 - what a mind without tables says
    stops: Callable[[Any, Any, date], Sequence[dialogue.Stop]] = lambda *_: ()
    traits: Callable[[Any, str, Mapping[str, Any]], Traits | None] = lambda *_: None
    question: Callable[..., str] = lambda *_, **__: ""
    is_decided: Callable[[str], bool] = lambda _: False
    awaits: Callable[[Any, int], bool] = lambda *_: False


def dialogue_mind(
    compose: Callable[[Catalogue], dialogue.Office], under: Callable[[dialogue.Office], str] = lambda _: ""
) -> Mind:
    """The mind of `flows.dialogue`."""
    return Mind(
        compose=compose,
        hear=dialogue.hear,
        encode=dialogue.encode,
        decode_talk=dialogue.decode_talk,
        decode_person=dialogue.decode_person,
        may_text=dialogue.may_text,
        language=lambda person: person.language if person else "",
        try_later=dialogue.try_later,
        status_text=_status_text,
        under=under,
        stops=dialogue.stops,
        traits=_traits,
        question=_question,
        is_decided=lambda status: status in dialogue.DECIDED,
        awaits=dialogue.awaits,
    )


def _traits(office: dialogue.Office, digest: str, answers: Mapping[str, Any]) -> Traits | None:
    revision = office.known.get(digest)
    return None if revision is None else traits(revision, answers)


def _question(office: dialogue.Office, digest: str, language: str, reference: str, *, locked: bool) -> str:
    return dialogue.question(office, office.known.get(digest), language, reference, locked=locked)


def _status_text(office: dialogue.Office, news: News) -> str:
    one = news.request
    return dialogue.status_text(
        office,
        news.language,
        office.known.get(one.revision),
        one.status,
        one.reason,
        one.reference,
        news.params,
        place=news.place,
        locked=one.locked,
    )
