"""Exports of versions 11 and 12, action sets and rule sets, put into the shape of version 13."""

from collections.abc import Mapping
from typing import Any, Final

_TESTS: Final = {
    "contains": "has_all_words",
    "contains_any": "has_any_word",
    "contains_phrase": "has_phrase",
    "contains_only_phrase": "has_only_phrase",
    "starts": "has_beginning",
    "regex": "has_pattern",
    "number": "has_number",
    "between": "has_number_between",
    "eq": "has_number_eq",
    "lt": "has_number_lt",
    "lte": "has_number_lte",
    "gt": "has_number_gt",
    "gte": "has_number_gte",
    "date": "has_date",
    "date_before": "has_date_lt",
    "date_after": "has_date_gt",
    "date_equal": "has_date_eq",
    "phone": "has_phone",
    "has_email": "has_email",
    "state": "has_state",
    "district": "has_district",
    "ward": "has_ward",
    "not_empty": "has_text",
    "in_group": "has_group",
}
_WAITS: Final = (
    "wait_message",
    "wait_digit",
    "wait_digits",
    "wait_menu",
    "wait_ussd",
    "wait_recording",
    "wait_photo",
    "wait_gps",
)
_SAYS: Final = ("reply", "say", "send")
_ACTIONS: Final = {
    "flow": "enter_flow",
    "add_group": "add_contact_groups",
    "del_group": "remove_contact_groups",
    "save": "set_contact_field",
    "lang": "set_contact_language",
    "email": "send_email",
    "trigger-flow": "start_session",
    "add_label": "add_input_labels",
    "api": "call_webhook",
    "channel": "set_contact_channel",
    "play": "play_audio",
}


def modern(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The same flow with nodes, routers and localization."""
    base = str(flow.get("base_language") or "base")
    localization: dict[str, dict[str, Any]] = {}
    meta = flow.get("metadata") or {}
    nodes = [_action_set(one, base, localization) for one in flow.get("action_sets") or ()]
    nodes += [_rule_set(one, base, localization) for one in flow.get("rule_sets") or ()]
    places = {
        one["uuid"]: (one.get("y") or 0, one.get("x") or 0)
        for one in [*(flow.get("action_sets") or ()), *(flow.get("rule_sets") or ())]
    }
    nodes.sort(key=lambda node: (node["uuid"] != flow.get("entry"), places[node["uuid"]]))
    return {
        "uuid": meta.get("uuid") or meta.get("name") or flow.get("name"),
        "name": meta.get("name") or flow.get("name"),
        "language": base,
        "localization": localization,
        "nodes": nodes,
    }


def _spoken(value: Any, base: str, uuid: str, key: str, localization: dict[str, dict[str, Any]]) -> str:
    """The words in the base language; the others go into the localization."""
    if not isinstance(value, Mapping):
        return str(value or "")
    for code, words in value.items():
        if code != base:
            localization.setdefault(code, {}).setdefault(uuid, {})[key] = [words]
    return str(value.get(base) or "")


def _action_set(found: Mapping[str, Any], base: str, localization: dict[str, dict[str, Any]]) -> dict[str, Any]:
    actions: list[dict[str, Any]] = []
    for number, action in enumerate(found.get("actions") or ()):
        uuid = str(action.get("uuid") or f"{found['uuid']}:{number}")
        kind = str(action.get("type") or "?")
        if kind in _SAYS and not (kind == "send" and (action.get("contacts") or action.get("groups"))):
            text = _spoken(action.get("msg"), base, uuid, "text", localization)
            actions.append({
                "uuid": uuid, "type": "send_msg", "text": text, "attachments": action.get("media"),
                "quick_replies": action.get("quick_replies"),
            })  # fmt: skip
        else:
            named = {"name": action.get("label"), "value": action.get("value"), "flow": action.get("flow")}
            actions.append({"uuid": uuid, "type": _ACTIONS.get(kind, kind), **named})
    exit_ = {"uuid": f"{found['uuid']}:exit", "destination_uuid": found.get("destination")}
    return {"uuid": found["uuid"], "actions": actions, "exits": [exit_]}


def _rule_set(found: Mapping[str, Any], base: str, localization: dict[str, dict[str, Any]]) -> dict[str, Any]:
    uuid, kind = str(found["uuid"]), str(found.get("ruleset_type") or "wait_message")
    config = found.get("config") or {}
    categories: dict[str, dict[str, Any]] = {}
    cases: list[dict[str, Any]] = []
    exits: list[dict[str, Any]] = []
    default = timeout = ""
    for number, rule in enumerate(found.get("rules") or ()):
        own = str(rule.get("uuid") or f"{uuid}:{number}")
        name = _spoken(rule.get("category"), base, f"{own}:category", "name", localization)
        category = f"{own}:category"
        if name in categories and categories[name]["to"] == rule.get("destination"):
            category = categories[name]["uuid"]
        else:
            exits.append({"uuid": f"{own}:exit", "destination_uuid": rule.get("destination")})
            key = name if name not in categories else f"{name} {number}"
            categories[key] = {
                "uuid": category,
                "name": name,
                "exit_uuid": f"{own}:exit",
                "to": rule.get("destination"),
            }
        test = rule.get("test") or {}
        match test.get("type"):
            case "true" | None:
                default = category
            case "timeout":
                timeout = category
            case str(type_):
                cases.append(
                    {
                        "uuid": own,
                        "type": _TESTS.get(type_, type_),
                        "arguments": _given(test, base),
                        "category_uuid": category,
                    }
                )
    actions: list[dict[str, Any]] = []
    if kind == "subflow":
        actions = [{"uuid": f"{uuid}:flow", "type": "enter_flow", "flow": config.get("flow")}]
    elif kind in ("webhook", "resthook", "airtime"):
        actions = [
            {
                "uuid": f"{uuid}:call",
                "type": {"webhook": "call_webhook", "resthook": "call_resthook"}.get(kind, "transfer_airtime"),
            }
        ]
    elif config.get("ussd_message"):
        text = _spoken(config["ussd_message"], base, f"{uuid}:menu", "text", localization)
        actions = [{"uuid": f"{uuid}:menu", "type": "send_msg", "text": text}]
    router = {
        "type": "random" if kind == "random" else "switch",
        "operand": _operand(found, kind),
        "result_name": found.get("label"),
        "cases": cases,
        "categories": list(categories.values()),
        "default_category_uuid": default,
        "wait": {"timeout": {"category_uuid": timeout}} if kind in _WAITS else None,
    }
    return {"uuid": uuid, "actions": actions, "router": router, "exits": exits}


def _operand(found: Mapping[str, Any], kind: str) -> str:
    if kind == "subflow":
        return "@child.status"
    return str(found.get("operand") or "@step.value")


def _given(test: Mapping[str, Any], base: str) -> list[str]:
    if test.get("type") == "between":
        return [str(test.get("min")), str(test.get("max"))]
    given = test.get("test")
    if isinstance(given, Mapping):
        given = given.get(base) or next(iter(given.values()), "")
    return [] if given in (None, "") else [str(given)]
