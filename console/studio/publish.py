"""How a draft goes live from the desk: through the node's publisher where there is one, else straight by the store."""

from collections.abc import Mapping
from typing import Any

from console.desk import Desk
from flows.gate import counted
from flows.revision import Revision
from store.draft_values import ApprovalFault, DraftFault
from store.library import Why


def files_of(revision: Revision) -> dict[str, str]:
    """The texts that a revision is made of, its own first."""
    return {f"{flow.id}.yaml": flow.source for flow in (revision.flow, *revision.parts.values())}


def two_persons(desk: Desk) -> bool:
    """Whether a second person must say yes."""
    return desk.publisher.live if desk.publisher is not None else desk.memory.drafts.two_persons


async def held_back(desk: Desk, revision: Revision) -> str:
    """Which words nobody has reviewed, so that a live node holds them back; "" for none."""
    if desk.publisher is None:
        return ""
    review = await desk.publisher.review(revision.flow.id, files_of(revision))
    return counted(review.held)


async def propose(desk: Desk, revision: Revision, by: str, note: str, active_from: int | None) -> int:
    """Propose a revision; the number of the proposal."""
    name = revision.flow.id
    if desk.publisher is not None:
        number, _ = await desk.publisher.propose(name, by, note, active_from, files=files_of(revision))
        return int(number)
    drafts = desk.memory.drafts
    return await drafts.propose(name, by, note, active_from, files=files_of(revision), digest=revision.digest)


async def approve(desk: Desk, number: int, by: str, note: str) -> Any:
    """Say yes to a proposal; it is live at once, or at its time."""
    if desk.publisher is not None:
        done = await desk.publisher.approve(number, by, note)
        await desk.memory.refresh()
        return done
    found = await desk.memory.drafts.approve(number, by, note)
    if found.active_from <= desk.now():
        await _use(desk, found.name, found.digest, found.files, by, Why(found.note, found.by, found.id))
    return found


async def publish(desk: Desk, revision: Revision, by: str, note: str) -> None:
    """Publish as one person.

    Raises:
        ApprovalFault: on this node another person approves. DraftFault: there is no note.
    """
    if not note.strip():
        raise DraftFault("say in the note what changes and why", hint="whoever looks back reads the note first")
    if two_persons(desk):
        raise ApprovalFault("on this node one proposes and another person approves")
    number = await propose(desk, revision, by, note, None)
    await approve(desk, number, by, note)


async def _use(desk: Desk, name: str, digest: str, files: Mapping[str, str], by: str, why: Why) -> None:
    await desk.memory.library.publish(name, digest, files, by, why)
    await desk.memory.refresh()
