"""`/openapi.json`: what a machine may ask of a node. The native agency protocol itself is in docs/agencies.md."""

from typing import Any, Final


def _operation(summary: str, responses: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"summary": summary, "responses": {code: {"description": text} for code, text in responses.items()}, **more}


def _in_path(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _form(*names: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}


_REFUSED: Final = {"400": "the form cannot be read; nothing was written", "404": "no such channel, secret or path"}
_AGAIN: Final = {"503": "not committed: send it again"}
_GATEWAY: Final = _in_path("channel", "secret")


def _callback(summary: str, *fields: str, answers: dict[str, str]) -> dict[str, Any]:
    return {"parameters": _GATEWAY, "post": _operation(summary, {**answers, **_REFUSED}, requestBody=_form(*fields))}


_STATUSES: Final = _operation(
    "an agency that can call in hands over statuses, signed (Standard Webhooks)",
    {"200": "committed, answer signed", "401": "the signature is not the agency's", "404": "no such agency"},
)
DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Sala node", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
    "paths": {
        "/health": {"get": _operation("alive", {"200": "yes"})},
        "/ready": {
            "get": _operation("store writable, disk reserve there", {"200": "yes", "503": "no, with the reason"})
        },
        "/metrics": {"get": _operation("figures in Prometheus' text form (docs/metrics.md)", {"200": "the figures"})},
        "/openapi.json": {"get": _operation("this document", {"200": "OpenAPI 3.1"})},
        "/catalogue.jsonld": {"get": _operation("the services that are live", {"200": "CPSV-AP 3 as JSON-LD"})},
        "/asyncapi.json": {"get": _operation("the events between node and agencies", {"200": "AsyncAPI 3"})},
        "/schemas/{service}/{revision}": {
            "parameters": _in_path("service", "revision"),
            "get": _operation("JSON Schema of the answers", {"200": "the schema", "404": "no such revision"}),
        },
        "/agencies/{agency}/statuses": {"parameters": _in_path("agency"), "post": _STATUSES},
        "/gateways/{channel}/{secret}/ussd": _callback(
            "one key press",
            "sessionId",
            "phoneNumber",
            "networkCode",
            "serviceCode",
            "text",
            answers={"200": "CON or END and the screen"},
        ),
        "/gateways/{channel}/{secret}/ussd/end": _callback(
            "a session is over", "sessionId", "status", answers={"200": "noted", **_AGAIN}
        ),
        "/gateways/{channel}/{secret}/sms": _callback(
            "a message from a phone",
            "id",
            "from",
            "to",
            "text",
            "date",
            "linkId",
            answers={"200": "committed", **_AGAIN},
        ),
        "/gateways/{channel}/{secret}/report": _callback(
            "a delivery report",
            "id",
            "status",
            "phoneNumber",
            "failureReason",
            answers={"200": "committed", **_AGAIN},
        ),
        "/gateways/{channel}/{secret}/optout": _callback(
            "a number wants no more messages", "phoneNumber", "senderId", answers={"200": "committed", **_AGAIN}
        ),
    },
}
