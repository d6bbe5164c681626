"""What the kits must hold, and where a case has no meaning for a gateway: each hole with its reason, and no other.

`python -m tests.conformance.table` prints for every adapter which cases stand for which bullet of the evidence.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from sala import kit
from sala.kit import Side, Subject
from store.kit import DoesNotApply

# By what an operator may do to a gateway: the cases of each kit that do it, or why its side cannot meet it.
EVIDENCE: Final[Mapping[str, Mapping[Side, tuple[str, ...] | str]]] = {
    "duplicate start": {
        "ussd": ("duplicate_start", "at_once", "after_a_restart"),
        "sms": "a message starts no session",
    },
    "duplicate hop": {"ussd": ("duplicate_hop", "same_key_twice", "at_once"), "sms": ("twice",)},
    "typed *": {"ussd": ("odd_inputs",), "sms": ("odd_texts",)},
    "empty text": {"ussd": ("odd_inputs",), "sms": ("answered",)},
    "Lao": {"ussd": ("odd_inputs", "long_answer"), "sms": ("answered", "long_lao")},
    "4xx, 5xx, time-out": {
        "ussd": "the operator asks and we answer: it is we who may be late or full (too_slow, not_committed)",
        "sms": ("each_way_to_fail", "never_answers"),
    },
    "refused connection": {"ussd": "the operator asks and we answer", "sms": ("away",)},
    "commit failure is not acknowledged": {"ussd": ("not_committed", "too_slow"), "sms": ("not_committed",)},
    "report before acknowledgement": {"ussd": "key presses have no reports", "sms": ("early_report",)},
    "unknown report status": {"ussd": "key presses have no reports", "sms": ("unknown_report", "reports")},
    "wrong secret": {"ussd": ("wrong_secret",), "sms": ("wrong_secret",)},
    "oversize body": {"ussd": ("strangers",), "sms": ("strangers",)},
    "end twice": {"ussd": ("ended_twice",), "sms": "a message has no session that could end"},
    "out of order": {"ussd": ("out_of_order", "lost_hop"), "sms": ("out_of_order", "in_order", "reports")},
    "10x rate": {"ussd": ("many_phones",), "sms": ("too_fast",)},
}

_ALONE: Final = "it brings the newest input alone"
_UNMARKED: Final = "its requests carry no mark of their own, so an older one cannot be told from the next key"
_NOT_CALLED: Final = "nobody calls the node: it calls the operator"
_NO_REPORTS: Final = "the operator does not report"
_SILENT: Final = "dhis2 dhis2-form rapidpro-site"
_NO_REQUESTS: Final = "what it reads are no requests; its own tests mangle what they are"
_SMSCS: Final = "smpp smpp-sar smpp-payload smpp-sixdee smpp-mica"
_MAPS: Final = "arkesel beem comviva hollatags hubtel infobip mtn nalo southpaw"
# (side, case, reason) -> the subjects that it holds for.
HOLES: Final[Mapping[tuple[Side, str, str], str]] = {
    ("ussd", "dialled", _ALONE): f"{_MAPS} {_SMSCS} line",
    ("ussd", "lost_hop", _ALONE): f"{_MAPS} {_SMSCS} line",
    ("ussd", "out_of_order", _UNMARKED): f"{_MAPS} {_SMSCS}",
    ("ussd", "ended_twice", "the operator does not say when a session is over"): "arkesel nalo southpaw",
    ("ussd", "any_bytes", _NO_REQUESTS): f"{_SMSCS} line",
    ("ussd", "wrong_secret", _NOT_CALLED): f"{_SMSCS} line",
    ("ussd", "strangers", "no stranger can reach it, and the operator sends nothing too large"): "line",
    ("sms", "any_bytes", _NO_REQUESTS): f"{_SMSCS} line",
    ("sms", "wrong_secret", _NOT_CALLED): f"{_SMSCS} gammu line",
    ("sms", "strangers", "no stranger can reach it, and the operator sends nothing too large"): "gammu line",
    ("sms", "never_answers", "it waits for no answer"): "gammu line",
    ("sms", "each_way_to_fail", "the operator fetches its messages and refuses none; what it cannot send it reports"): (
        "cht"
    ),
    ("sms", "early_report", _NO_REPORTS): _SILENT,
    ("sms", "reports", _NO_REPORTS): _SILENT,
    ("sms", "unknown_report", _NO_REPORTS): _SILENT,
    ("sms", "opted_out", "the operator does not pass on that a number wants no more"): (
        f"capcom6 cht dhis2 dhis2-form gammu jasmin kannel rapidpro-site telnyx twilio {_SMSCS}"
    ),
}


def hole(name: str, side: Side, case: str) -> str:
    """Why this case has no meaning for this subject; "" where it must pass."""
    found = [
        reason for (one, of, reason), names in HOLES.items() if (one, of) == (side, case) and name in names.split()
    ]
    assert len(found) <= 1, f"{name}: {side} {case} has two reasons"
    return found[0] if found else ""


def matrix(subjects: Iterable[Subject]) -> Iterator[tuple[str, Side, str, tuple[str, ...], str]]:
    """Of each adapter, side and bullet: the cases that run, and why none does where there are none."""
    for one in subjects:
        for bullet, sides in EVIDENCE.items():
            for side, cases in sides.items():
                if getattr(one, side) is None:
                    continue
                if isinstance(cases, str):
                    yield one.name, side, bullet, (), cases
                    continue
                holes = {case: hole(one.name, side, case) for case in cases}
                runs = tuple(case for case, why in holes.items() if not why)
                yield one.name, side, bullet, runs, "" if runs else "; ".join(dict.fromkeys(holes.values()))


async def run(one: Subject, side: Side, case: Any, folder: Path) -> None:
    """Run a case: it passes, or the table says why it has no meaning here."""
    listed = hole(one.name, side, case.__name__)
    said = ""
    try:
        await kit.run(one, side, case, folder)
    except DoesNotApply as reason:
        said = str(reason)
    if said != listed:
        where = f"{one.name} {side} {case.__name__}"
        pytest.fail(f"{where}: the table does not know this hole: {said}" if said else f"{where}: a hole that is none")


if __name__ == "__main__":
    for name, of, bullet, runs, why in matrix(kit.subjects().values()):
        print(f"{name:15} {of:5} {bullet:36} {', '.join(runs) or f'- {why}'}")
