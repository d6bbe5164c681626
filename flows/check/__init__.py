"""The publish gate: everything that is wrong with a flow, each with its line, step, language and what to do.

Errors block, warnings do not. One rule is one function; `RULES` is the whole law.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from flows.check import keys, meaning, proof, roads, room, shape, slips, wording
from flows.check.subject import Subject
from flows.findings import Finding
from flows.model import Flow
from flows.phrases import Phrases, load
from flows.revision import Revision
from flows.tables import Tables
from flows.text.measure import SMS, USSD, Budget

__all__ = ["RULES", "Subject", "check"]

Rule = Callable[[Subject], Iterable[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    shape.service,
    shape.runs,
    shape.step_ids,
    shape.names,
    shape.asked_fields,
    shape.named_fields,
    shape.field_rules,
    shape.date_limits,
    shape.languages,
    shape.spoken,
    roads.unreachable,
    roads.dead_ends,
    roads.rings,
    roads.sent_once,
    meaning.computed,
    meaning.expressions,
    meaning.texts,
    keys.skips,
    keys.options,
    keys.entries,
    wording.sensitive,
    wording.anti_fraud,
    wording.jargon,
    wording.encoding,
    room.labels,
    room.values,
    room.notice,
    room.pages,
    room.messages,
    slips.unconfirmed,
    slips.late_texts,
    slips.twice,
    slips.open_limits,
    slips.lengths,
    proof.present,
)


def check(
    flow: Flow | Revision,
    parts: Mapping[str, Flow] | None = None,
    tables: Tables | None = None,
    phrases: Phrases | None = None,
    others: Sequence[Flow] = (),
    *,
    ussd: Budget = USSD,
    sms: Budget = SMS,
    prove: bool = True,
) -> list[Finding]:
    """Everything that is wrong with a flow, by line, errors and warnings together.

    Args:
        flow: the flow, or a revision with its parts.
        parts: the flows that it may run, by id; those of a revision are taken from it.
        tables: the node's tables; without any, nothing is said about tables.
        phrases: the channel's own words; those that ship by default.
        others: the node's other services, for numbers, codes and keywords that two would share.
        ussd: the room of one USSD page.
        sms: the room of one SMS segment.
        prove: also run the flow's own tests, when no error was found before.
    """
    own = flow.parts if isinstance(flow, Revision) else parts or {}
    flow = flow.flow if isinstance(flow, Revision) else flow
    subject = Subject(flow, own, tables or Tables(), phrases or load(), others, ussd, sms)
    found = [finding for rule in RULES for finding in rule(subject)]
    if prove and not any(finding.severity == "error" for finding in found):
        found += proof.passing(subject)
    return sorted(dict.fromkeys(found), key=lambda one: (one.file, one.line, one.severity, one.sentence))
