"""What both ends must know of a revision before its requests can be packed: exchanged while there is a link.

A page is the flow as it was published, the marks of its notices as this node shows them, and the node it comes from.
Everything that a submission says without having been asked is derived from it. It never changes: its name is a digest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, Self

from flows.dialogue.consent import fingerprint, notice_of
from flows.findings import FlowFault
from flows.loader import load
from flows.model import Flow
from flows.phrases import Phrases
from flows.steps import Submit
from flows.text.measure import SMS, Budget
from sync.bearer.codes import Code, code_of

ID: Final = 2
"""Bytes of a page's name in a frame."""

NO_PAGE: Final = bytes(ID)
"""Stands for "packed without a page"."""

LONGEST: Final = 512 * 1024
"""Bytes of one page; the flow format allows a file half of that."""


class PageFault(ValueError):  # noqa: N818 - named like the other faults
    """This is no page."""


@dataclass(frozen=True)
class Page:
    """One revision of one node.

    Attributes:
        node: as in `urn:sala:node:...`. district, country: the node's own. revision: `sha256:...`.
        files: the YAML texts, the service first, then the parts it runs. notices: marks of consent that may stand in
            a submission, likely ones first.
    """

    node: str
    district: str
    country: str
    revision: str
    files: tuple[tuple[str, str], ...]
    notices: tuple[str, ...] = ()

    @cached_property
    def body(self) -> bytes:
        """The page as it travels."""
        return canonical(
            {
                "node": self.node,
                "district": self.district,
                "country": self.country,
                "revision": self.revision,
                "files": [list(file) for file in self.files],
                "notices": list(self.notices),
            }
        )

    @cached_property
    def digest(self) -> str:
        """The page's whole name, in hexadecimal."""
        return hashlib.sha256(b"sala bearer page 1\n" + self.body).hexdigest()

    @cached_property
    def id(self) -> bytes:
        """The page's name in a frame; never that of no page."""
        return short_name(self.digest)

    @cached_property
    def schema(self) -> "Schema":
        """What may stand in a submission of this revision; raises `PageFault` when the flow cannot be read."""
        return _schema(self.files[0][1], self.files[0][0])

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read a page as it travels; raises `PageFault`."""
        if len(body) > LONGEST:
            raise PageFault("the page is too long")
        try:
            found = json.loads(body)
            page = cls(
                **{key: _only(found[key]) for key in ("node", "district", "country", "revision")},
                files=tuple((_only(name), _only(text)) for name, text in found["files"]),
                notices=tuple(_only(mark) for mark in found["notices"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise PageFault("this is no page") from None
        if page.body != body or not page.files:
            raise PageFault("the page is not in its own form")
        return page


def short_name(digest: str) -> bytes:
    """Return what a frame calls the page of this digest."""
    return bytes.fromhex(digest)[:ID].replace(NO_PAGE, b"\0\1")


def canonical(value: Any) -> bytes:
    """Write JSON so that both ends get the same bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _only(value: Any) -> str:
    if not isinstance(value, str):
        raise PageFault("this is no page")
    return value


@dataclass(frozen=True, slots=True)
class Schema:
    """A revision as the packer sees it.

    Attributes:
        answers: name -> its code, in the order in which a submission has them; None for a computed name.
        optional: names that may be skipped. kinds: the submission types.
    """

    service: str
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    basis: str
    answers: Mapping[str, Code | None]
    optional: frozenset[str]


@lru_cache(maxsize=64)
def _schema(text: str, name: str) -> Schema:
    try:
        flow = load(text, name)
    except FlowFault as fault:
        raise PageFault(f"the flow of the page cannot be read: {fault}") from None
    codes: dict[str, Code | None] = {field: code_of(declared) for field, declared in flow.fields.items()}
    return Schema(
        service=flow.id,
        kinds=tuple(dict.fromkeys(step.submit for step in flow.steps if isinstance(step, Submit))),
        languages=flow.languages,
        basis=flow.notice.basis if flow.notice else "",
        answers=codes | {computed: None for computed in flow.computed if computed not in codes},
        optional=frozenset(field for field, declared in flow.fields.items() if declared.optional),
    )


def page_of(
    flow: Flow,
    parts: Sequence[Flow],
    revision: str,
    *,
    node: str,
    district: str,
    country: str,
    phrases: Phrases,
    ussd: Budget,
) -> Page:
    """Make the page of a revision as this node publishes it; `ussd` is the room of one screen."""
    marks = [
        fingerprint(language, pages)
        for language in flow.languages
        for room in (ussd, SMS)
        if (pages := notice_of(flow, language, phrases, room))
    ]
    files = tuple((f"{one.id}.yaml", one.source) for one in (flow, *parts))
    return Page(node, district, country, revision, files, tuple(dict.fromkeys(marks)))
