"""The menu numbers, codes and keywords of services: given to one service for good, and never to another after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from flows.findings import Finding
from flows.model import Flow
from flows.text.lao import match_key

Kind = Literal["menu", "code", "keyword"]

_WORDS: dict[Kind, str] = {"menu": "the menu number", "code": "the code", "keyword": "the keyword"}


@dataclass(frozen=True, slots=True)
class Claim:
    """A way in that a flow names: `value` is what is compared, `shown` what its file says, `path` where."""

    kind: Kind
    value: str
    shown: str
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A way in that citizens were given: by which service, since when, and until when (0: it has it still)."""

    kind: Kind
    value: str
    flow: str
    since: int
    until: int = 0


def claims(flow: Flow) -> Iterator[Claim]:
    """Every way in that a flow names."""
    entry = flow.entry
    if entry is None:
        return
    if entry.menu is not None:
        yield Claim("menu", str(entry.menu), str(entry.menu), ("entry", "menu"))
    for at, code in enumerate(entry.ussd):
        yield Claim("code", code, code, ("entry", "ussd", at))
    for at, word in enumerate(entry.sms):
        yield Claim("keyword", match_key(word), word, ("entry", "sms", at))


def taken(flow: Flow, codes: Iterable[Code], zone: tzinfo = UTC) -> list[Finding]:
    """The ways in of this flow that another service has or had; days are those of `zone`."""
    others = {(one.kind, one.value): one for one in codes if one.flow != flow.id}
    return [
        Finding(
            flow.file,
            flow.line(*claim.path),
            "",
            "",
            sentence(claim, others[claim.kind, claim.value], zone),
            code="entry",
        )
        for claim in claims(flow)
        if (claim.kind, claim.value) in others
    ]


def sentence(claim: Claim, code: Code, zone: tzinfo = UTC) -> str:
    """Who has it and since when, and that it is not given out again."""
    since = _day(code.since, zone)
    if not code.until:
        return f"the service `{code.flow}` has {_WORDS[claim.kind]} {claim.shown} since {since}: choose another"
    return (
        f"the service `{code.flow}` had {_WORDS[claim.kind]} {claim.shown} from {since} to {_day(code.until, zone)}:"
        " it stands on posters and in memories, so it is not given out again; choose another"
    )


def _day(at: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d}"
