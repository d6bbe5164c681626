"""New services: from one of the starters that lie beside this file, or as a copy of a service."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from flows.editing.changes import SetText, SetValue
from flows.editing.faults import EditFault
from flows.editing.splice import Draft
from flows.editing.tree import tree_of
from flows.findings import FlowFault
from flows.loader import load
from flows.yamltext import read_yaml

TEMPLATES: Final = ("request", "information", "report", "blank", "part")
"""The starters; each passes the check. `part` is no service, but what services run."""


def starter(name: str) -> str:
    """The text of a starter; raises `EditFault` when there is none of this name."""
    if name not in TEMPLATES:
        raise EditFault(f"there is no template `{name}`: choose {', '.join(TEMPLATES)}")
    return files(__package__).joinpath("starters", f"{name}.yaml").read_text("utf-8")


def new_flow(text: str, *, id_: str, agency: str, title: Mapping[str, str], menu: int, keyword: str = "") -> str:
    """A service made of a starter or another service.

    Args:
        text: the file that it begins as.
        id_: its id, also the type of what it submits.
        agency: whose queue gets the submissions, and who answers for the data.
        title: by language; a language left out keeps the words that it has.
        menu: its number in the front menu; its service code follows from it.
        keyword: what starts it by SMS; without one, its id in capitals.

    Raises:
        EditFault: one of these does not fit; the sentence says which.
    """
    draft = Draft.of(text, tree_of(text), read_yaml(text).data)
    before = draft.data.get("id")
    changes: list[SetText | SetValue] = [SetValue(("id",), id_), SetValue(("agency",), agency)]
    changes += [SetText(("title",), tag, words) for tag, words in title.items() if words.strip()]
    if isinstance(draft.data.get("notice"), dict):
        changes.append(SetValue(("notice", "controller"), agency))
    for change in changes:
        change.apply(draft)
    _way_in(draft.data, id_, menu, keyword)
    _submits(draft.data, before, id_)
    written = draft.written()
    try:
        load(written, f"{id_}.yaml")
    except FlowFault as fault:
        raise EditFault(f"{fault.findings[0].sentence}") from None
    return written


def _way_in(data: dict[str, Any], id_: str, menu: int, keyword: str) -> None:
    entry = data.get("entry")
    if not isinstance(entry, dict):
        return
    old = entry.get("sms")
    entry["menu"] = menu
    entry["ussd"] = [f"*999*{menu}#"]
    entry["sms"] = [keyword or id_.upper()[:20]]
    for word in old if isinstance(old, list) else ():
        _keyword(data, str(word), entry["sms"][0])


def _keyword(data: dict[str, Any], old: str, new: str) -> None:
    """The walks that begin with the old keyword begin with the new one."""
    for test in data.get("tests", []):
        press = test.get("press") if isinstance(test, dict) else None
        if isinstance(press, list) and press and isinstance(press[0], str) and press[0].split(" ")[0] == old:
            press[0] = new + press[0].removeprefix(old)


def _submits(data: dict[str, Any], before: Any, id_: str) -> None:
    for step in data.get("steps", []):
        kind = step.get("submit") if isinstance(step, dict) else None
        if isinstance(kind, str) and isinstance(before, str) and (kind == before or kind.startswith(f"{before}-")):
            step["submit"] = (id_ + kind.removeprefix(before))[:40]
