"""Flows of RapidPro of our own making, in the shape of version 13 and of version 11."""

import json
from collections.abc import Sequence
from typing import Any

from flows.imports import Imported, import_rapidpro

Way = tuple[str, Sequence[tuple[str, Sequence[Any]]], str]
"""A category's name, its tests, the node that it leads to ("" for the end)."""


def says(uuid: str, text: str, to: str = "", **more: Any) -> dict[str, Any]:
    action = {"uuid": f"{uuid}-say", "type": "send_msg", "text": text, **more}
    return node(uuid, [action], to)


def node(uuid: str, actions: Sequence[dict[str, Any]], to: str = "") -> dict[str, Any]:
    return {"uuid": uuid, "actions": list(actions), "exits": [{"uuid": f"{uuid}-exit", "destination_uuid": to or None}]}


def asks(
    uuid: str,
    result: str,
    ways: Sequence[Way],
    other: str = "",
    actions: Sequence[dict[str, Any]] = (),
    operand: str = "@input.text",
    *,
    wait: bool = True,
) -> dict[str, Any]:
    """A node that waits (or splits) and decides; `other` is where an answer goes that fits no rule."""
    named = [*((name, tests, to) for name, tests, to in ways), ("Other", (), other)]
    categories = [{"uuid": f"{uuid}-{name}", "name": name, "exit_uuid": f"{uuid}-x-{name}"} for name, _, _ in named]
    cases = [
        {
            "uuid": f"{uuid}-{name}-{at}",
            "type": test,
            "arguments": [str(one) for one in given],
            "category_uuid": f"{uuid}-{name}",
        }
        for name, tests, _ in named
        for at, (test, given) in enumerate(tests)
    ]
    router: dict[str, Any] = {
        "type": "switch", "operand": operand, "cases": cases, "categories": categories,
        "default_category_uuid": f"{uuid}-Other", "result_name": result,
    }  # fmt: skip
    if wait:
        router["wait"] = {"type": "msg"}
    exits = [{"uuid": f"{uuid}-x-{name}", "destination_uuid": to or None} for name, _, to in named]
    return {"uuid": uuid, "actions": list(actions), "router": router, "exits": exits}


def flow(name: str, *nodes: dict[str, Any], localization: Any = None, language: str = "eng") -> dict[str, Any]:
    return {
        "uuid": name, "name": name, "spec_version": "13.1.0", "language": language, "type": "messaging",
        "nodes": list(nodes), "localization": localization or {},
    }  # fmt: skip


def export(*flows: dict[str, Any], version: str = "13") -> bytes:
    return json.dumps({"version": version, "site": "https://example.org", "flows": list(flows)}).encode()


def imported(*flows: dict[str, Any], **options: Any) -> Imported:
    return import_rapidpro(export(*flows), **options)


YES_NO = (("Yes", [("has_any_word", ["yes y"])], "y"), ("No", [("has_any_word", ["no n"])], "n"))
