"""What a text comes to here and now: what is wrong with it, what it changes, which of its words nobody has reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Literal

from flows import codes, gate
from flows.check import check as check_flow
from flows.difference import difference
from flows.errors import ConfigFault, Fault
from flows.findings import Finding, FlowFault
from flows.gate import Unreviewed
from flows.loader import load
from flows.phrases import Phrases
from flows.revision import Revision, revise
from flows.tables import Table
from flows.text.measure import Budget
from flows.texts import Marks
from sala import services
from sala.editions import digest_of, laid
from sala.services import Material
from store.draft_values import Kind
from store.values import Catalogue

MOST_TOLD: Final = 40
"""Rows or phrases of a change that are told one by one."""


class GateFault(Fault):
    """Words that nobody has reviewed cannot go live."""

    code = "unreviewed"
    ours = False


@dataclass(frozen=True, slots=True)
class Review:
    """What a text comes to here and now.

    Attributes:
        revisions: what would be published: a service; or, for a part, every live service that runs it.
        digest: of the revision, table or phrases.
        findings: of the check; errors block.
        held: texts that the gate holds back. waived: texts that a waiver lets through.
        changes: what would be another than what is live, a sentence each.
    """

    kind: Kind
    name: str
    files: Mapping[str, str]
    revisions: tuple[Revision, ...]
    digest: str
    findings: tuple[Finding, ...]
    held: tuple[Unreviewed, ...]
    waived: tuple[Unreviewed, ...]
    changes: tuple[str, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block."""
        return tuple(one for one in self.findings if one.severity == "error")

    def lines(self) -> list[str]:
        """What a person who is to say yes must know."""
        told = [*self.changes, *map(str, self.findings)]
        if self.held:
            told.append(f"not reviewed, so held back: {gate.counted(self.held)}")
        if self.waived:
            told.append(f"not reviewed, let through by a waiver: {gate.counted(self.waived)}")
        return told

    def good(self) -> None:
        """Raise what stands against taking it into use.

        Raises:
            FirstFault: the check found an error. GateFault: words that nobody has reviewed.
        """
        if self.errors:
            raise services.FirstFault(FlowFault(self.errors))
        if self.held:
            raise GateFault(
                f"{self.name}: nobody has reviewed {gate.counted(self.held)}",
                hint="review them (sala flow texts), or let them through for a time: sala flow waive",
            )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a text is looked at with."""

    material: Material
    languages: tuple[str, ...]
    room: Budget
    codes: Sequence[codes.Code]
    marks: Marks
    zone: tzinfo


def reviewed(seen: Seen, catalogue: Catalogue, kind: Kind, name: str, files: Mapping[str, str]) -> Review:
    """Everything that there is to say of a text; `held` is all that nobody has reviewed.

    Raises:
        Fault: it cannot be read, or is of another name.
    """
    live = [services.revision_of(catalogue.known[digest]) for digest in catalogue.live.values()]
    if kind != "flow":
        return _edition(seen, live, kind, name, files)
    try:
        made = _bound(name, files, live)
    except FlowFault as fault:
        return Review(kind, name, files, (), "", fault.findings, (), (), ())
    findings = [one for revision in made for one in _checked(seen, revision, live)]
    before = {revision.flow.id: revision for revision in live}
    changes = [
        f"{revision.flow.id}: {one.sentence}" if len(made) > 1 else one.sentence
        for revision in made
        if revision.flow.id in before
        for one in difference(before[revision.flow.id], revision)
    ]
    words = [one for revision in made for one in _words(seen, revision)]
    digest = made[-1].digest
    ordered = tuple(dict.fromkeys(findings))
    return Review(kind, name, files, made, digest, ordered, tuple(dict.fromkeys(words)), (), tuple(changes))


def _bound(name: str, files: Mapping[str, str], live: Sequence[Revision]) -> tuple[Revision, ...]:
    """The service with its parts; for a part every live service that runs it."""
    flows = [load(text, file) for file, text in files.items()]
    if not flows or flows[0].id != name:
        raise ConfigFault(f"the file of {name} says `id: {flows[0].id if flows else ''}`")
    first, *given = flows
    if not first.is_part:
        same = next((one.parts for one in live if one.flow.id == first.id), {})
        elsewhere = {name: part for one in live for name, part in one.parts.items()}
        parts = services.parts_for(()) | elsewhere | dict(same) | {part.id: part for part in given}
        return (revise(first, parts),)
    running = [one for one in live if first.id in one.parts]
    if not running:
        raise ConfigFault(f"no live service runs the part {first.id}", hint="publish it with a service that runs it")
    return tuple(revise(one.flow, {**one.parts, first.id: first}) for one in running)


def _checked(seen: Seen, revision: Revision, live: Sequence[Revision]) -> list[Finding]:
    given = seen.material
    others = [one.flow for one in live if one.flow.id != revision.flow.id]
    found: list[Finding] = []
    for flow in (revision.flow, *revision.parts.values()):
        found += check_flow(flow, revision.parts, given.tables, given.phrases, others, ussd=seen.room)
    taken = codes.taken(revision.flow, seen.codes, seen.zone)
    known = {(one.line, one.code) for one in found}
    return [*found, *(one for one in taken if (one.line, one.code) not in known)]


def _words(seen: Seen, revision: Revision) -> tuple[Unreviewed, ...]:
    flows = (revision.flow, *revision.parts.values())
    return gate.unreviewed(flows, seen.material.phrases, seen.marks, seen.languages)


def _edition(seen: Seen, live: Sequence[Revision], kind: Kind, name: str, files: Mapping[str, str]) -> Review:
    text = next(iter(files.values()), "")
    which: Literal["table", "phrases"] = "table" if kind == "table" else "phrases"
    changed = laid(seen.material, which, name, text)
    findings: list[Finding] = []
    for revision in live:
        for flow in (revision.flow, *revision.parts.values()):
            found = check_flow(flow, revision.parts, changed.tables, changed.phrases, (), ussd=seen.room)
            findings += [one for one in found if one.severity == "error"]
    unsigned = which == "phrases" and name in seen.languages and name in changed.phrases.unsigned
    held = (Unreviewed("", name, gate.PHRASES),) if unsigned else ()
    digest = digest_of(changed, which, name)
    told = _table_changes(seen.material.tables.get(name), changed.tables[name]) if which == "table" else ()
    told = told or (_phrase_changes(seen.material.phrases, changed.phrases, name) if which == "phrases" else ())
    return Review(kind, name, files, (), digest, tuple(dict.fromkeys(findings)), held, (), told)


def _table_changes(old: Table | None, new: Table) -> tuple[str, ...]:
    """Rows and cells that are another."""
    if old is None:
        return (f"a new table of {len(new.rows)} rows",)
    told = [f"{key}: goes" for key in old.rows if key not in new.rows]
    told += [f"{key}: is new" for key in new.rows if key not in old.rows]
    told += [f"the column {column} goes" for column in old.columns if column not in new.columns]
    told += [
        f"{key}: {column} was {old.get(key, column) or 'empty'} and becomes {new.get(key, column) or 'empty'}"
        for key in new.rows
        if key in old.rows
        for column in new.columns
        if old.get(key, column) != new.get(key, column)
    ]
    return _shortened(told)


def _phrase_changes(old: Phrases, new: Phrases, language: str) -> tuple[str, ...]:
    """Phrases that are another."""
    before, after = old.texts.get(language, {}), new.texts[language]
    told = [
        f"{key}: was {before.get(key, 'empty')!r} and becomes {text!r}"
        for key, text in after.items()
        if before.get(key) != text
    ]
    if (language in old.unsigned) != (language in new.unsigned):
        told.append("somebody has signed them" if language in old.unsigned else "they are drafts again")
    return _shortened(told)


def _shortened(told: Sequence[str]) -> tuple[str, ...]:
    rest = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], f"and {rest} more") if rest > 0 else tuple(told)
