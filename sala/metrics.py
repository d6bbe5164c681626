"""The figures of `/metrics`, in Prometheus' text form; one table says what each means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Labels = tuple[tuple[str, str], ...]
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its kind, and what it tells an operator."""

    kind: Literal["counter", "gauge"]
    help: str


METRICS: Final[dict[str, Metric]] = {
    "sala_up_seconds": Metric("gauge", "seconds since this node started"),
    "sala_ready": Metric("gauge", "1 when the store is writable and the disk reserve is there"),
    "sala_key_presses_total": Metric("counter", "USSD requests by channel and outcome"),
    "sala_messages_in_total": Metric("counter", "SMS callbacks by channel and kind"),
    "sala_messages_out_total": Metric("counter", "SMS sent by channel and outcome"),
    "sala_link_up": Metric("gauge", "1 when the channel's link to its operator stands, 0 when it is down"),
    "sala_link_since_seconds": Metric("gauge", "since when it stands so (epoch seconds)"),
    "sala_gateway_total": Metric("counter", "what a gateway has done over its link, by channel and `what`"),
    "sala_gateway_seconds_total": Metric("counter", "seconds that its messages have waited, by channel and `what`"),
    "sala_gateway_now": Metric("gauge", "how its link stands, by channel and `what`"),
    "sala_disk_free_bytes": Metric("gauge", "bytes left on the disk of the database"),
    "sala_disk_full": Metric("gauge", "1 when new dialogues are refused for want of space"),
    "sala_clock_doubtful": Metric("gauge", "1 when the wall clock cannot be believed"),
    "sala_turns_waiting": Metric("gauge", "turns that wait to be written"),
    "sala_sessions_cached": Metric("gauge", "sessions and people in memory"),
    "sala_commits_total": Metric("counter", "commits that wrote something: as many fsyncs of the write-ahead log"),
    "sala_store_total": Metric(
        "counter", "what the store has done, by `what`: turns, messages, again, batches, commits, ..."
    ),
    "sala_rows_written_total": Metric("counter", "rows written, by table"),
    "sala_messages": Metric("gauge", "messages on their way out, by state"),
    "sala_messages_unknown": Metric("gauge", "messages that may not have arrived and that nobody repeats"),
    "sala_message_oldest_seconds": Metric("gauge", "age of the oldest message that is due"),
    "sala_copies": Metric("gauge", "2 when everything acknowledged is on the second medium, 1 when not"),
    "sala_copy_saved_seconds": Metric("gauge", "seconds since everything was on the second medium"),
    "sala_copy_waiting": Metric("gauge", "commits on their way to the second medium"),
    "sala_copy_bytes": Metric("gauge", "size of the copy that is written now"),
    "sala_copy_bases_total": Metric("counter", "bases of the second copy that were begun"),
    "sala_copy_commits_total": Metric("counter", "commits written to the second copy"),
    "sala_memos_open": Metric("gauge", "lines in the officer's inbox"),
    "sala_feedback_total": Metric(
        "counter", "the question how a decided request went, by `what`: asked, answered; since the start"
    ),
    "sala_proposals_open": Metric("gauge", "proposals that wait for a second person"),
    "sala_confirmations_open": Metric("gauge", "what one person did alone and nobody has confirmed yet"),
    "sala_confirmation_oldest_seconds": Metric("gauge", "age of the oldest of them"),
    "sala_placeless": Metric("gauge", "requests without a place that no agency has yet"),
    "sala_placeless_oldest_seconds": Metric("gauge", "age of the oldest of them"),
    "sala_deliveries": Metric("gauge", "submissions by agency and state"),
    "sala_delivery_oldest_seconds": Metric("gauge", "age of the oldest submission without the agency's word"),
    "sala_custody": Metric("gauge", "submissions of other nodes in this hub's custody, by agency"),
    "sala_custody_oldest_seconds": Metric("gauge", "age of the oldest of them"),
    "sala_road_requests_total": Metric("counter", "requests to an agency"),
    "sala_road_seconds_total": Metric("counter", "seconds spent in them"),
    "sala_road_failures_total": Metric("counter", "requests that failed as a whole, by code"),
    "sala_road_records_total": Metric("counter", "records by agency and outcome"),
    "sala_road_statuses_total": Metric("counter", "status events heard"),
    "sala_road_bytes_total": Metric("counter", "bytes to and from an agency"),
    "sala_bearer_total": Metric("counter", "what went and came by SMS in place of a link, by agency"),
    "sala_log_lines_lost_total": Metric("counter", "log lines that could not be written"),
    "sala_process_seconds_total": Metric("counter", "CPU seconds of this process"),
    "sala_process_resident_bytes": Metric("gauge", "memory of this process"),
}


def render(figures: Iterable[tuple[str, Labels, float]]) -> str:
    """The text form: each metric once with its help, then its samples in the order given.

    Figures whose name is not in `METRICS` are refused with a `KeyError`: an undocumented figure is a mistake.
    """
    grouped: dict[str, list[str]] = {}
    for name, labels, value in figures:
        grouped.setdefault(name, []).append(f"{name}{_labels(labels)} {_number(value)}")
    parts: list[str] = []
    for name, lines in grouped.items():
        parts += [f"# HELP {name} {METRICS[name].help}", f"# TYPE {name} {METRICS[name].kind}", *lines]
    return "\n".join(parts) + "\n"


def counted(name: str, fixed: Mapping[str, str], counts: Mapping[str, int], by: str) -> list[tuple[str, Labels, float]]:
    """A dictionary of counts as samples of one metric, its keys under the label `by`."""
    return [(name, (*fixed.items(), (by, key)), float(count)) for key, count in counts.items()]


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
