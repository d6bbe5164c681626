"""Proposing, approving, confirming, pausing and going back for the commands; each says in lines what it did."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.errors import ConfigFault
from flows.model import Flow
from flows.revision import revise
from flows.texts import Marks
from sala import services
from sala.config import Config
from sala.here import Here, do, moment
from sala.verdict import Review
from store.draft_values import Kind, Proposal
from store.library import Publication


def given(path: Path) -> list[tuple[str, dict[str, str]]]:
    """(id, files) of every service in a file or folder, each with those of its parts that lie there too.

    Where only parts lie there, they are what is meant.
    """
    flows = services.read([path])
    parts = {flow.id: flow for flow in flows if flow.is_part}
    found = [flow for flow in flows if not flow.is_part]
    if not found:
        return [(part.id, {f"{part.id}.yaml": part.source}) for part in parts.values()]
    return [(flow.id, _files(flow, parts)) for flow in found]


def _files(flow: Flow, parts: Mapping[str, Flow]) -> dict[str, str]:
    used = revise(flow, services.parts_for(()) | dict(parts)).parts
    mine = [flow, *(part for name, part in used.items() if name in parts)]
    return {f"{one.id}.yaml": one.source for one in mine}


def publish(config: Config, path: Path, *, by: str = "", note: str = "") -> list[str]:
    """Publish a file or folder; on a live node propose it; a line for each service."""
    found = given(path)
    marks = services.marks_beside([path])

    async def work(one: Here) -> list[str]:
        await one.memory.wording.mark(marks.by)
        lines: list[str] = []
        for name, files in found:
            if one.publishing.live:
                number, review = await one.publishing.propose(name, one.by, note or "sala flow publish", files=files)
                lines += [f"proposed {name} {review.digest}", *_waits(number, review)]
            else:
                review = await one.publishing.publish(name, one.by, note, files)
                lines += [f"published {each.flow.id} {each.digest}" for each in review.revisions]
        return lines

    return do(config, work, by)


def _waits(number: int, review: Review) -> list[str]:
    told = [f"  {line}" for line in review.lines()]
    return [*told, f"  another person approves it: sala flow approve {number}"]


def propose(config: Config, what: str, *, kind: Kind, by: str, note: str, since: str) -> list[str]:
    """Propose a draft by its name, or the services of a file or folder."""
    path = Path(what)
    found: list[tuple[str, dict[str, str] | None]] = [(what, None)]
    marks = Marks()
    if kind == "flow" and path.exists():
        found, marks = list(given(path)), services.marks_beside([path])
    active_from = moment(config, since)

    async def work(one: Here) -> list[str]:
        await one.memory.wording.mark(marks.by)
        lines: list[str] = []
        for name, files in found:
            number, review = await one.publishing.propose(name, one.by, note, active_from, kind=kind, files=files)
            lines += [f"proposed {name} {review.digest}", *_waits(number, review)]
        return lines

    return do(config, work, by)


def approve(config: Config, number: int, *, by: str, note: str) -> list[str]:
    """Say yes to a proposal."""

    async def work(one: Here) -> list[str]:
        proposal, review = await one.publishing.approve(number, one.by, note)
        when = "is live" if proposal.state == "live" else f"will be live from {one.time(proposal.active_from)}"
        return [*review.lines(), f"{proposal.kind} {proposal.name} {proposal.digest} {when}"]

    return do(config, work, by)


def refuse(config: Config, number: int, *, by: str, note: str) -> list[str]:
    """Say no to a proposal, or call back one that waits for its time."""

    async def work(one: Here) -> list[str]:
        proposal = await one.memory.drafts.refuse(number, one.by, note)
        return [f"{proposal.kind} {proposal.name} stays as it is"]

    return do(config, work, by)


def confirm(config: Config, number: int, *, by: str, note: str, no: bool) -> list[str]:
    """Say, as a second person, that what one did alone was right, or was not."""

    async def work(one: Here) -> list[str]:
        done = await one.memory.library.confirm(number, one.by, yes=not no, note=note)
        if no:
            return [f"{done.act} of {done.name} was not right, and is as it is: undo it by an act of your own"]
        return [f"{done.act} of {done.name} is confirmed"]

    return do(config, work, by)


def review(config: Config, number: int) -> list[str]:
    """What a proposal changes, and what stands against it."""

    async def work(one: Here) -> list[str]:
        proposal = await one.memory.drafts.proposal(number)
        seen = await one.publishing.review(proposal.name, proposal.files, proposal.kind)
        return [*_proposal_lines(one, proposal), *(f"  {line}" for line in seen.lines() or ["nothing changes"])]

    return do(config, work)


def waiting(config: Config, *, everything: bool = False) -> list[str]:
    """What waits for a second person or for its time; with `everything` also what is decided."""

    async def work(one: Here) -> list[str]:
        drafts, library = one.memory.drafts, one.memory.library
        found = await drafts.proposals(all_of_them=200) if everything else await drafts.proposals()
        lines = [line for proposal in found for line in _proposal_lines(one, proposal)]
        lines += [
            f"{act.id}  to be confirmed: {act.act} of {act.name} by {act.by}, {one.time(act.at)}"
            + (f": {act.note}" if act.note else "")
            for act in await library.unconfirmed()
        ]
        return lines or ["nothing waits"]

    return do(config, work)


def _proposal_lines(one: Here, proposal: Proposal) -> list[str]:
    head = f"{proposal.id}  {proposal.state}: {proposal.kind} {proposal.name} by {proposal.by}, {one.time(proposal.at)}"
    lines = [f"{head}: {proposal.note}"]
    if proposal.active_from:
        lines.append(f"  from {one.time(proposal.active_from)}")
    if proposal.decided_by:
        answer = f": {proposal.answer}" if proposal.answer else ""
        lines.append(f"  {proposal.decided_by}, {one.time(proposal.decided_at)}{answer}")
    return lines


def pause(
    config: Config, service: str, *, paused: bool, said: Sequence[str] = (), by: str = "", note: str = ""
) -> list[str]:
    """Stop or go on taking new requests for a service; `said` are `lo=...` texts for citizens."""
    words = dict(_said(text, config) for text in said)

    async def work(one: Here) -> list[str]:
        number = await one.memory.library.pause(service, one.by, paused=paused, said=words, note=note)
        told = f"{service} {'takes no new requests' if paused else 'takes new requests'}"
        return [told, *_to_confirm(one, number)]

    return do(config, work, by)


def _said(text: str, config: Config) -> tuple[str, str]:
    language, _, words = text.partition("=")
    if language not in config.languages or not words.strip():
        raise ConfigFault(f"--say {text}: write LANGUAGE=TEXT", hint=f"languages: {', '.join(config.languages)}")
    return language, words.strip()


def rollback(
    config: Config, name: str, *, kind: Kind = "flow", to: str = "", by: str = "", note: str = ""
) -> list[str]:
    """Make the revision before the live one live again, or the one whose digest begins so."""

    async def work(one: Here) -> list[str]:
        library = one.memory.library
        acts = await library.versions(name, kind=kind)
        digest = await library.rollback(name, one.by, kind=kind, to=_whole(to, acts), note=note)
        last = (await library.versions(name, kind=kind))[-1]
        return [f"{name} is {digest or 'that of the configuration'} again", *_to_confirm(one, last.id)]

    return do(config, work, by)


def _whole(to: str, acts: Sequence[Publication]) -> str:
    """The digest that begins so, or has this running number."""
    if not to:
        return ""
    digits = to.removeprefix("sha256:")
    found = {
        act.digest
        for act in acts
        if str(act.version) == to or (act.digest and act.digest.removeprefix("sha256:").startswith(digits))
    }
    if len(found) != 1:
        raise ConfigFault(f"--to {to}: {len(found)} versions are called so", hint="see: sala flow history")
    return found.pop()


def _to_confirm(one: Here, number: int) -> list[str]:
    return [f"a second person confirms it: sala flow confirm {number}"] if one.publishing.live else []
