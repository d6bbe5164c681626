"""The events of the channel as AsyncAPI 3: what an agency receives of each service, and what it sends back."""

from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = "3.0.0"
_ENVELOPE: Final = ("specversion", "id", "source", "type", "subject", "time", "sequence", "epoch", "clock")
_TEXTS: Final = ("submission", "revision", "reference", "channel", "language")


def asyncapi(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The document; `schemas` are the JSON Schemas of the answers by service. The wire itself: docs/agencies.md."""
    messages = {f"submission-{name}": _submission(name, schema) for name, schema in schemas.items()}
    refs = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": VERSION,
        "info": {"title": "Sala node", "version": "1", "license": {"name": "Apache-2.0"}},
        "channels": {
            "submissions": {"address": "submissions", "messages": refs},
            "statuses": {"address": "statuses", "messages": {"status": {"$ref": "#/components/messages/status"}}},
        },
        "operations": {
            "submit": {"action": "send", "channel": {"$ref": "#/channels/submissions"}},
            "hear": {"action": "receive", "channel": {"$ref": "#/channels/statuses"}},
        },
        "components": {"messages": messages | {"status": _status()}},
    }


def _submission(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "type": "object",
        "required": ["service", "reference", "answers"],
        "properties": {
            **{key: {"type": "string"} for key in _TEXTS},
            "service": {"const": name},
            "applicant": {"type": "object", "properties": {"msisdn": {"type": "string"}}},
            "case": {"type": "object"},
            "consent": {"type": "object"},
            "place": {"type": "object"},
            "answers": dict(schema),
        },
    }
    envelope: dict[str, Any] = {key: {"type": "string"} for key in _ENVELOPE}
    event = {
        "type": "object",
        "required": ["specversion", "id", "source", "type"],
        "properties": {**envelope, "data": data},
    }
    return {"name": "sala.submission.v1", "contentType": "application/cloudevents+json", "payload": event}


def _status() -> dict[str, Any]:
    names = ("id", "reference", "status", "reason", "source")
    body = {"seq": {"type": "integer", "minimum": 1}, **{name: {"type": "string"} for name in names}}
    return {"name": "status", "payload": {"type": "object", "required": ["seq", "status"], "properties": body}}
