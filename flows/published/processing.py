"""A record of processing and the beginning of a data-protection assessment, from what the flow files say."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flows.captions import captions
from flows.fields import AnyField
from flows.model import Flow, Run

OPEN: Final = ("controller", "recipients", "abroad", "security", "review")
"""What no flow file can say: a person writes it (`record.open` in flows/captions)."""
ALWAYS: Final = ("needed", "reads")
"""What a person must weigh of every service (`record.question`)."""
SENSITIVE: Final = ("phone", "without", "sealed")
"""And of one where an answer can harm."""


_ENGLISH: Final = captions("en")


def processing(flows: Sequence[Flow], parts: Mapping[str, Flow]) -> dict[str, Any]:
    """The record, a service each; `parts` are those that the services run, whose answers are collected too."""
    services = [flow for flow in flows if not flow.is_part]
    return {
        "record": [_activity(flow, parts) for flow in services],
        "to_be_written": [_ENGLISH(f"record.open.{one}") for one in OPEN],
    }


def _activity(flow: Flow, parts: Mapping[str, Flow]) -> dict[str, Any]:
    data = [_data(name, field) for name, field in flow.fields.items()]
    for part in _runs(flow, parts, {}):
        data += [{**_data(name, field), "part": part.id} for name, field in part.fields.items()]
    sensitive = [one["name"] for one in data if one["sensitivity"] == "sensitive"]
    notice = flow.notice
    return {
        "service": flow.id,
        "title": {tag: flow.title.say(tag) for tag in flow.title.languages},
        "agency": flow.agency,
        "controller": notice.controller if notice else None,
        "purpose": {tag: notice.purpose.say(tag) for tag in notice.purpose.languages} if notice else None,
        "basis": notice.basis if notice else None,
        "contact": notice.contact if notice else None,
        "kept_at_the_node_days": notice.keep_days if notice else None,
        "unfinished_kept_hours": -(-flow.resume // 3600),
        "anonymous": flow.anonymous.source if flow.anonymous is not None else "never",
        "asked_how_it_went": not sensitive and flow.anonymous is None,
        "data": data,
        "assessment": {
            "needed": bool(sensitive),
            "sensitive": sensitive,
            "without_a_reason": [one["name"] for one in data if not one["why"] and one["sensitivity"] != "public"],
            "kept_for_the_number": [one["name"] for one in data if one["profile"]],
            "to_be_answered": _questions(sensitive),
        },
    }


def _runs(flow: Flow, parts: Mapping[str, Flow], found: dict[str, Flow]) -> list[Flow]:
    """Every part that the flow runs, also through another."""
    for step in flow.steps:
        part = parts.get(step.run) if isinstance(step, Run) else None
        if part is not None and part.id not in found:
            found[part.id] = part
            _runs(part, parts, found)
    return list(found.values())


def _data(name: str, field: AnyField) -> dict[str, Any]:
    return {
        "name": name,
        "label": {tag: field.label.say(tag) for tag in field.label.languages},
        "type": field.type,
        "sensitivity": field.sensitivity,
        "why": field.why,
        "optional": field.optional,
        "profile": field.profile,
    }


def _questions(sensitive: Sequence[str]) -> list[str]:
    """What a person must weigh; more of it where an answer can harm."""
    return [_ENGLISH(f"record.question.{one}") for one in (*ALWAYS, *(SENSITIVE if sensitive else ()))]
