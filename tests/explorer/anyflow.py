"""Flows that nobody wrote: drawn at random, as their authors would write them, mistakes and all."""

import json
from typing import Any

from hypothesis import strategies as st

from flows.check import check
from flows.findings import FlowFault
from flows.loader import load
from flows.phrases import load as phrases
from flows.revision import Revision, revise
from tests.flows.engine_kit import TABLES

LAO = [
    "ຊື່ແມ່?",
    "ວັນເກີດລູກ? (ວວດດປປປປ)",
    "ບ້ານໃດ? ຊື່ ຫຼື ລະຫັດ",
    "ທ່ານແມ່ນໃຜ?",
    "ມີອາການຫຍັງແດ່ ຕັ້ງແຕ່ມື້ໃດ ແລະ ຢູ່ບ່ອນໃດ ກະລຸນາບອກໃຫ້ລະອຽດ",
]
ENGLISH = [
    "Your name?",
    "When was it? (DDMMYYYY)",
    "Which village?",
    "Who are you?",
    "Please say as exactly as you can what has happened, when it began, and where the place is",
]
LABELS = [("ຊື່", "Name"), ("ວັນ", "Day"), ("ບ້ານ", "Village"), ("ຈຳນວນ", "Many"), ("ໝາຍເຫດ", "A longer note")]
KINDS = ["text", "name", "int", "decimal", "date", "time", "phone", "choice", "multi", "yesno", "ref"]
SAYS = [
    ("ຂອບໃຈ.", "Thank you."),
    (
        "ແຈ້ງຊ້າ: ມີຄ່າທຳນຽມ ທີ່ຫ້ອງການບ້ານຂອງທ່ານ ແລະ ຕ້ອງນຳປຶ້ມສຳມະໂນຄົວມາພ້ອມທຸກຄັ້ງ.",
        "Late: there is a fee at the office of your village, and please bring the family book.",
    ),
]


def field(draw: Any, kind: str) -> dict[str, Any]:
    lo, en = draw(st.sampled_from(LABELS))
    one: dict[str, Any] = {"type": kind, "label": {"lo": lo, "en": en}, "why": "test"}
    match kind:
        case "int" | "decimal":
            least = draw(st.sampled_from([0, 1, 10]))
            one |= {"min": least, "max": least + draw(st.sampled_from([1, 9, 5000]))}
        case "text" | "name":
            one["max"] = draw(st.sampled_from([3, 20, 60, 120]))
        case "date":
            one |= draw(st.sampled_from([{}, {"max": "today"}, {"min": "today - 18y", "max": "today + 30d"}]))
        case "choice" | "multi":
            words = ["ຊາຍ Boy", "ຍິງ Girl", "ອື່ນໆ Other", "ບໍ່ຮູ້ Unknown", "ປູ່ຍ່າຕາຍາຍ Grandparent"]
            some = words[: draw(st.integers(2, 5))]
            one["choices"] = {
                f"k{at}": dict(zip(("lo", "en"), word.split(), strict=True)) for at, word in enumerate(some)
            }
        case "ref":
            one |= {"table": "places", "level": "village"}
    if draw(st.booleans()) and draw(st.booleans()):
        one["optional"] = True
    return one


def asked(draw: Any, name: str, one: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = {"ask": name, "text": text(draw)}
    if one.get("optional"):
        free = {"text": "1", "name": "1", "yesno": "3", "choice": str(len(one.get("choices", ())) + 1)}
        # Now and then a key that is an answer too: the check must not let it pass.
        step["skip"] = free.get(one["type"], "x") if draw(st.integers(0, 9)) else "1"
    if draw(st.integers(0, 3)) == 0:
        step["help"] = text(draw)
    if draw(st.integers(0, 4)) == 0:
        step["none"] = draw(st.sampled_from(["helper", "finish"]))
    return step


def text(draw: Any) -> dict[str, str]:
    return {"lo": draw(st.sampled_from(LAO)), "en": draw(st.sampled_from(ENGLISH))}


def condition(draw: Any, name: str, one: dict[str, Any]) -> str:
    match one["type"]:
        case "int" | "decimal":
            turn = draw(st.integers(one["min"], one["max"]))
            return f"{name} {draw(st.sampled_from(['<', '<=', '>', '>=', '==', '!=']))} {turn}"
        case "choice":
            return f'{name} {draw(st.sampled_from(["==", "!="]))} "k{draw(st.integers(0, len(one["choices"]) - 1))}"'
        case "multi":
            return f'"k{draw(st.integers(0, len(one["choices"]) - 1))}" in {name}'
        case "yesno":
            return f"{draw(st.sampled_from(['', 'not ']))}{name}"
        case "date":
            return f"days_since({name}) > {draw(st.integers(0, 60))}"
        case _:
            return f"answered({name})"


@st.composite
def sources(draw: Any) -> str:
    """The text of a flow file."""
    names = [f"f{at}" for at in range(draw(st.integers(1, 6)))]
    fields = {name: field(draw, draw(st.sampled_from(KINDS))) for name in names}
    steps: list[dict[str, Any]] = []
    sure: list[str] = []
    for name in names:
        step = asked(draw, name, fields[name])
        before = [one for one in sure if not fields[one].get("optional")]
        if before and draw(st.integers(0, 2)) == 0:
            step["when"] = condition(draw, (one := draw(st.sampled_from(before))), fields[one])
        else:
            sure.append(name)
        steps.append(step)
        if sure and draw(st.integers(0, 3)) == 0:
            lo, en = draw(st.sampled_from(SAYS))
            shown = draw(st.sampled_from([*sure, ""]))
            steps.append(
                {"say": {"lo": f"{lo} {{{shown}}}" if shown else lo, "en": f"{en} {{{shown}}}" if shown else en}}
            )
        if draw(st.integers(0, 6)) == 0:
            options = {
                "1": {"label": {"lo": "ຕໍ່", "en": "Go on"}, "goto": "check"},
                "2": {"label": {"lo": "ຈົບ", "en": "Stop"}, "goto": "finish"},
            }
            steps.append({"menu": {"lo": "ເລືອກ", "en": "Choose"}, "options": options})
    shown = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    steps.append({"id": "check", "confirm": shown})
    steps.append({"submit": "any", "receipt": "receipt"})
    turns = sure and fields[sure[0]]["type"] in {"int", "decimal", "choice", "multi", "yesno", "date"}
    if turns and draw(st.booleans()) and not fields[sure[0]].get("optional"):
        steps.append(
            {"when": condition(draw, sure[0], fields[sure[0]]), "end": {"lo": "ແລ້ວ {ref}", "en": "Done {ref}"}}
        )
    steps.append({"id": "finish", "end": {"lo": "ຈົບແລ້ວ.", "en": "Finished."}})
    if any(step.get("none") == "helper" for step in steps):
        steps += [{"id": "helper", "submit": "any-help"}, {"end": {"lo": "ຈະໂທຫາ {ref}", "en": "We will call {ref}"}}]
    return written(fields, steps)


HEAD = """sala: 1
id: any
agency: office
title: {lo: ໃດ, en: Any}
languages: [lo, en]
notice: {purpose: {lo: ທົດລອງ, en: A test}, controller: office, basis: consent, keep: 30d, contact: "1503"}
entry: {menu: 1, ussd: ["*999*1#"], sms: [ANY]}
messages:
  receipt: {lo: "ໄດ້ຮັບ {ref}. ລັດບໍ່ຖາມລະຫັດທະນາຄານ", en: "Received {ref}. We never ask for a bank PIN."}
"""


def written(fields: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    """As YAML: JSON is YAML, a line a step."""
    lines = [f"fields: {json.dumps(fields, ensure_ascii=False)}", "steps:"]
    return HEAD + "\n".join([*lines, *(f"  - {json.dumps(step, ensure_ascii=False)}" for step in steps)]) + "\n"


def passing(source: str) -> Revision | None:
    """The flow as a revision, where the check has nothing against it but that it brings no tests of its own."""
    try:
        flow = load(source, "any.yaml")
    except FlowFault:
        return None
    found = [one for one in check(flow, {}, TABLES, phrases(), prove=False) if one.severity == "error"]
    return None if [one for one in found if one.code != "tests"] else revise(flow, {})
