"""What `/metrics` shows of the process, the store and the road, from the figures that they keep anyway."""

import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sala import log
from sala.metrics import Labels, counted
from store.custody import Held
from store.draft_values import Proposal
from store.library import Publication
from store.queue import Entry
from store.readings import Readings
from sync.bearer.node import Carrier
from sync.means import Counters

Sample = tuple[str, Labels, float]


def unready(readings: Readings) -> str:
    """Why the node is not ready, in a word; empty when the store is writable and the disk reserve is there."""
    if not readings.writable:
        return "store"
    return "" if readings.reserve else "reserve"


def process_samples() -> Iterator[Sample]:
    """CPU, memory and lost log lines of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield "sala_log_lines_lost_total", (), float(log.lost())
    yield "sala_process_seconds_total", (), used.ru_utime + used.ru_stime
    yield "sala_process_resident_bytes", (), float(used.ru_maxrss * 1024)


def store_samples(readings: Readings) -> Iterator[Sample]:
    """The store's figures."""
    yield "sala_ready", (), float(not unready(readings))
    yield "sala_disk_free_bytes", (), float(readings.free)
    yield "sala_disk_full", (), float(readings.full)
    yield "sala_clock_doubtful", (), float(readings.clock == "doubtful")
    yield "sala_turns_waiting", (), float(readings.waiting)
    yield "sala_sessions_cached", (), float(readings.cached)
    yield "sala_commits_total", (), float(readings.counts.get("commits", 0))
    yield from counted("sala_store_total", {}, readings.counts, "what")
    yield from counted("sala_rows_written_total", {}, readings.rows, "table")
    yield from counted("sala_messages", {}, readings.messages, "state")
    yield "sala_messages_unknown", (), float(readings.unknown_messages)
    yield "sala_message_oldest_seconds", (), _age(readings.oldest_message_at)
    yield "sala_memos_open", (), float(readings.memos)
    yield from counted("sala_feedback_total", {}, readings.feedback, "what")
    if readings.copies is not None:
        yield "sala_copies", (), float(readings.copies.copies)
        yield "sala_copy_saved_seconds", (), _age(readings.copies.since)
        yield "sala_copy_waiting", (), float(readings.copies.waiting)
        yield "sala_copy_bytes", (), float(readings.copies.size)
        yield "sala_copy_bases_total", (), float(readings.copies.bases)
        yield "sala_copy_commits_total", (), float(readings.copies.saved)
    for road in readings.roads:
        labels = (("agency", road.agency),)
        for state in ("waiting", "in_doubt", "held", "in_review", "accepted"):
            yield "sala_deliveries", (*labels, ("state", state)), float(getattr(road, state))
        yield "sala_delivery_oldest_seconds", labels, _age(road.oldest_at)


def publishing_samples(proposals: Iterable[Proposal], alone: Sequence[Publication]) -> Iterator[Sample]:
    """What waits for a second person: before it is live, and after."""
    yield "sala_proposals_open", (), float(sum(one.state == "open" for one in proposals))
    yield "sala_confirmations_open", (), float(len(alone))
    yield "sala_confirmation_oldest_seconds", (), _age(min((one.at for one in alone), default=0))


def placeless_samples(count: int, oldest: Sequence[Entry]) -> Iterator[Sample]:
    """Requests that are no district's."""
    yield "sala_placeless", (), float(count)
    yield "sala_placeless_oldest_seconds", (), _age(min((one.at for one in oldest), default=0))


def custody_samples(held: Iterable[Held]) -> Iterable[Sample]:
    """What a hub has in custody; nothing on another node."""
    for one in held:
        labels = (("agency", one.agency),)
        yield "sala_custody", labels, float(one.waiting)
        yield "sala_custody_oldest_seconds", labels, _age(one.oldest_at)


def _age(at: int) -> float:
    return max(0.0, time.time() - at) if at else 0.0


def road_samples(counters: Mapping[str, Counters]) -> Iterable[Sample]:
    """What each agency's road has done since the start."""
    for agency, count in counters.items():
        labels = (("agency", agency),)
        yield "sala_road_requests_total", labels, float(count.requests)
        yield "sala_road_seconds_total", labels, count.seconds
        yield "sala_road_statuses_total", labels, float(count.statuses)
        yield "sala_road_bytes_total", (*labels, ("way", "out")), float(count.bytes_out)
        yield "sala_road_bytes_total", (*labels, ("way", "in")), float(count.bytes_in)
        for outcome in ("accepted", "duplicates", "refused", "conflicts", "later", "held", "carried", "in_doubt"):
            yield "sala_road_records_total", (*labels, ("outcome", outcome)), float(getattr(count, outcome))
        yield from counted("sala_road_failures_total", {"agency": agency}, count.failures, "code")


def bearer_samples(carriers: Mapping[str, Carrier]) -> Iterable[Sample]:
    """What went and came by SMS in place of a link."""
    for agency, carrier in carriers.items():
        yield from counted("sala_bearer_total", {"agency": agency}, carrier.counts, "what")
