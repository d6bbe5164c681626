"""From an approved text to what citizens meet: checked again, held at the gate, taken into use at its time."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from flows import gate
from flows.errors import ConfigFault, Fault
from flows.findings import FlowFault
from flows.revision import Revision
from sala import services
from sala.config import Config
from sala.editions import Overlay
from sala.services import Prepared, marks_beside
from sala.verdict import Review, Seen, reviewed
from sala.watching import look_again
from store.draft_values import ApprovalFault, Kind, Proposal
from store.library import START, Why
from store.memory import Memory

_MOST_PROPOSALS: Final = 1_000

_log = structlog.get_logger("node")


class Publishing:
    """What stands between the desk or a command and `memory.library`."""

    def __init__(self, config: Config, memory: Memory, overlay: Overlay) -> None:
        """Take the stage, the store, and the tables and phrases of the moment."""
        self._config = config
        self._memory = memory
        self._overlay = overlay
        self._looked = memory.clock.now() - 86_400
        self.woken = asyncio.Event()

    @property
    def live(self) -> bool:
        """Whether this node serves citizens: then a second person approves, and the gate is shut."""
        return self._config.stage == "live"

    # --- looking -----------------------------------------------------------------------------------------------------

    async def review(self, name: str, files: Mapping[str, str], kind: Kind = "flow") -> Review:
        """Everything that there is to say of a text before it is taken into use.

        Raises:
            Fault: it cannot be read, is of another name, or is for the hub to say.
        """
        memory = self._memory
        catalogue = await memory.library.catalogue()
        if any(one.parcel.name == name and one.parcel.kind == _PARCEL[kind] for one in await memory.arrivals.active()):
            raise ConfigFault(f"{name} comes down from the hub", hint="publish it there: sala hub send")
        seen = Seen(
            material=self._overlay.given(catalogue),
            languages=self._config.languages,
            room=self._overlay.base.node.ussd,
            codes=await memory.library.codes(),
            marks=await memory.wording.marks(),
            zone=ZoneInfo(self._config.timezone),
        )
        made = await asyncio.to_thread(reviewed, seen, catalogue, kind, name, dict(files))
        if not self.live:
            return replace(made, held=())
        waivers, now = await memory.wording.waivers(), memory.clock.now()
        service = made.revisions[0].flow.id if made.revisions else ""
        held = gate.held_back(made.held, service, waivers, now)
        waived = tuple(one for one in made.held if one not in held)
        return replace(made, held=held, waived=waived)

    async def files_of(self, name: str, kind: Kind = "flow") -> dict[str, str]:
        """The open draft as files.

        Raises:
            ConfigFault: none is open.
        """
        draft = await self._memory.drafts.open(name, kind=kind)
        if not draft.at:
            raise ConfigFault(f"no draft of {name} is open", hint="see: sala flow drafts")
        return {f"{name}.{_ENDING[kind]}": draft.text}

    async def begin(self, prepared: Prepared, sent: Collection[str] = ()) -> list[str]:
        """Publish what the configuration names and nobody has published yet; on a live node propose it.

        The flows in `sent` come from a hub, which alone publishes them. What cannot be published (its code belongs to
        another service) keeps no node from starting: it is told. Returns the digests of what was published.
        """
        await self._read_marks()
        known = {one.digest for one in await self._memory.library.list() if not one.tried}
        proposed = {one.digest for one in await self._memory.drafts.proposals(all_of_them=_MOST_PROPOSALS)}
        done = []
        for revision in prepared.revisions:
            if revision.digest in known or revision.flow.id in sent or (self.live and revision.digest in proposed):
                continue
            try:
                await self._begin(revision)
            except Fault as fault:
                await self._memory.review.tell("publish", f"{revision.flow.id} is not published: {fault}"[:500])
                _log.error("service_not_published", service=revision.flow.id, code=fault.code)
            else:
                done.append(revision.digest)
        if done:
            await self._memory.refresh()
        return done

    async def _read_marks(self) -> None:
        """Keep what was reviewed beside the files; a file that cannot be read only leaves its words unreviewed."""
        try:
            marks = await asyncio.to_thread(marks_beside, self._config.services)
        except Fault as fault:
            await self._memory.review.tell("words", f"reviewed words are not taken over: {fault}"[:500])
            _log.error("marks_not_read", code=fault.code)
        else:
            await self._memory.wording.mark(marks.by)

    async def _begin(self, revision: Revision) -> None:
        name, files = revision.flow.id, services.files_of(revision)
        if not self.live:
            await self._memory.library.publish(name, revision.digest, files, START)
            return
        note = "from the files that the configuration names"
        number = await self._memory.drafts.propose(name, START, note, files=files, digest=revision.digest)
        await self._memory.review.tell("publish", f"{name} waits for a person's yes: sala flow approve {number}")
        _log.info("service_proposed", service=name, seq=number)

    # --- deciding ----------------------------------------------------------------------------------------------------

    async def propose(
        self,
        name: str,
        by: str,
        note: str,
        active_from: int | None = None,
        *,
        kind: Kind = "flow",
        files: Mapping[str, str] | None = None,
    ) -> tuple[int, Review]:
        """Propose the open draft, or these files; the proposal's number, and what there is to say of it.

        Raises:
            Fault: it has errors, so nobody is asked to approve it.
        """
        review = await self.review(name, files or await self.files_of(name, kind), kind)
        if review.errors:
            raise services.FirstFault(FlowFault(review.errors))
        drafts = self._memory.drafts
        files = _whole(review)
        number = await drafts.propose(name, by, note, active_from, kind=kind, files=files, digest=review.digest)
        return number, review

    async def approve(self, proposal: int, by: str, note: str = "") -> tuple[Proposal, Review]:
        """Say yes to a proposal that is good here and now; it is live at once, or at its time.

        Raises:
            ApprovalFault: who proposed it cannot approve it. GateFault: words that nobody has reviewed.
            Fault: it has errors by now, or is decided already.
        """
        drafts = self._memory.drafts
        found = await drafts.proposal(proposal)
        review = await self.review(found.name, found.files, found.kind)
        review.good()
        await drafts.approve(proposal, by, note)
        if found.active_from <= self._memory.clock.now():
            await self._take(await drafts.proposal(proposal), review)
        return await drafts.proposal(proposal), review

    async def publish(self, name: str, by: str, note: str, files: Mapping[str, str], kind: Kind = "flow") -> Review:
        """Publish as one person, where one suffices.

        Raises:
            ApprovalFault: this node is live. Fault: it has errors.
        """
        if self.live:
            raise ApprovalFault("on a live node one proposes and another approves", hint="sala flow propose")
        review = await self.review(name, files, kind)
        review.good()
        await self._use(review, by, Why(note))
        return review

    async def _use(self, review: Review, by: str, why: Why) -> None:
        library = self._memory.library
        if review.kind != "flow":
            text = next(iter(review.files.values()))
            await library.issue(review.kind, review.name, review.digest, text, by, why)
            return
        for revision in review.revisions[:-1]:
            await library.publish(
                revision.flow.id, revision.digest, services.files_of(revision), by, Why(why.note, why.proposer)
            )
        last = review.revisions[-1]
        await library.publish(last.flow.id, last.digest, services.files_of(last), by, why)

    async def _take(self, proposal: Proposal, review: Review) -> None:
        why = Why(proposal.note, proposal.by, proposal.id)
        await self._use(review, proposal.decided_by, why)
        _log.info("published", kind=proposal.kind, seq=proposal.id)

    # --- at its time -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await look_again(self.look, self.woken, "proposals")

    async def look(self) -> int:
        """Take into use what is approved and has reached its time; how many proposals were looked at."""
        due = await self._memory.drafts.due()
        for proposal in due:
            try:
                review = await self.review(proposal.name, proposal.files, proposal.kind)
                review.good()
                await self._take(proposal, review)
            except Fault as fault:
                await self._failed(proposal, fault)
        if due:
            await self._memory.refresh()
        await self._ended_waivers()
        return len(due)

    async def _failed(self, proposal: Proposal, fault: Fault) -> None:
        """Say so, unless another process has taken it into use, or called it back, meanwhile."""
        if (await self._memory.drafts.proposal(proposal.id)).state != "approved":
            return
        reason = str(fault).splitlines()[0][:500]
        await self._memory.drafts.fail(proposal.id, reason)
        told = f"{proposal.kind} {proposal.name} (proposal {proposal.id}) is not live: {reason}"
        await self._memory.review.tell("publish", told[:500])
        _log.error("proposal_failed", kind=proposal.kind, seq=proposal.id, code=fault.code)

    async def _ended_waivers(self) -> None:
        now = self._memory.clock.now()
        for waiver in await self._memory.wording.waivers():
            if not waiver.ended_at and self._looked < waiver.until <= now:
                what = " ".join(filter(None, (waiver.flow, waiver.language))) or "all services"
                told = f"the waiver {waiver.id} of {waiver.by} for {what} is over: have its words reviewed"
                await self._memory.review.tell("words", told)
                _log.error("waiver_over", seq=waiver.id)
        self._looked = now


def _whole(review: Review) -> Mapping[str, str]:
    """The proposed text with the parts that it runs, so that what is approved is what was proposed; a part alone."""
    mine = [one for one in review.revisions if one.flow.id == review.name]
    return services.files_of(mine[0]) if mine else review.files


_PARCEL: Final[Mapping[Kind, str]] = {"flow": "revision", "table": "table", "phrases": "phrases"}
_ENDING: Final[Mapping[Kind, str]] = {"flow": "yaml", "table": "csv", "phrases": "toml"}
