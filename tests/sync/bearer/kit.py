"""Pages of the starter services, and submissions of them made by the store's own code."""

import tomllib
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from flows.loader import load_path
from flows.phrases import load as load_phrases
from flows.reference import make_reference
from flows.revision import Revision, revise
from flows.text.measure import USSD
from flows.turn import Submit
from store.events import event_bytes
from sync.bearer.page import Page, page_of

NODE, DISTRICT = "LA-XK-03", "LA0901"
NOW = 1_795_410_000  # 2026-11-23, noon in Vientiane
LAO = "+8562055512345"
SECRET = bytes(range(32))
LIBRARY = Path(__file__).resolve().parents[3] / "flows" / "library"


@cache
def revisions() -> dict[str, Revision]:
    flows = load_path(LIBRARY)
    parts = {flow.id: flow for flow in flows if flow.is_part}
    return {flow.id: revise(flow, parts) for flow in flows if not flow.is_part}


@cache
def page(service: str = "birth") -> Page:
    one = revisions()[service]
    return page_of(
        one.flow,
        tuple(one.parts.values()),
        one.digest,
        node=NODE,
        district=DISTRICT,
        country="LA",
        phrases=load_phrases(),
        ussd=USSD,
    )


def ids(now: int) -> tuple[str, str]:
    late = now * 1000 + 123
    one, case = uuid7(), uuid7()
    shift = late - (one.int >> 80)
    return str(uuid.UUID(int=one.int + (shift << 80))), str(uuid.UUID(int=case.int + (shift << 80)))


BIRTH = {
    "informant": "mother",
    "birth_date": "2026-11-02",
    "child_sex": "f",
    "birth_type": "single",
    "child_name": "ສົມສັກ ພົມມະຈັນ",
    "birth_place": "home",
    "village": "0901005",
    "mother_name": "ນາງ ຄຳຫຼ້າ ວົງສາ",
    "mother_age": 24,
    "late": False,
    "several": False,
    "safeguarding": False,
}
NAMES = tomllib.loads((Path(__file__).parents[3] / "bench" / "names.toml").read_text("utf-8"))["held"]
LONG = BIRTH | {"mother_name": " ".join(NAMES["given"])}


def submit(answers: dict[str, Any] | None = None, service: str = "birth", now: int = NOW, **over: Any) -> Submit:
    one, case = ids(now)
    flow = revisions()[service].flow
    values: dict[str, Any] = {
        "service": service,
        "kind": page(service).schema.kinds[0],
        "revision": page(service).revision,
        "agencies": ("registry",),
        "reference": make_reference("48210933"),
        "submission_id": one,
        "case_id": case,
        "case_revision": 1,
        "language": flow.languages[0],
        "channel": "ussd",
        "answers": BIRTH if answers is None else answers,
        "consent": {"basis": page(service).schema.basis, "shown": (*page(service).notices, "")[0]},
        "place": "LA0901",
        "sensitive": False,
        "anonymous": False,
    }
    return Submit(**(values | over))


def event(
    answers: dict[str, Any] | None = None,
    service: str = "birth",
    *,
    sequence: int = 8123,
    epoch: str = "3f9c21aa",
    now: int = NOW,
    msisdn: str = LAO,
    **over: Any,
) -> bytes:
    one = submit(answers, service, now, **over)
    return event_bytes(one, node=NODE, epoch=epoch, sequence=sequence, msisdn=msisdn, now=now)
