"""Edits of a flow file by somebody who never sees it: what comes out is the file that a developer would have written.

An edit changes the file's values; the text is then written anew only where a value changed, so that remarks, order,
quotes and every other line stay as they were. The result is read again and compared before anybody gets it.
"""

from flows.editing.changes import (
    AddLanguage,
    AddOption,
    AddTest,
    Change,
    RemoveKey,
    RemoveTest,
    RenameField,
    SetText,
    SetValue,
    Together,
)
from flows.editing.faults import EditFault, HeldFault
from flows.editing.places import in_place
from flows.editing.reshaping import FirstLanguage, LeadTo, MoveUp, RemoveLanguage, SetType, TellApart
from flows.editing.splice import Draft, same
from flows.editing.stepping import AddStep, CopyStep, DeleteStep, MoveStep, RenameStep, needed_by
from flows.editing.templates import TEMPLATES, new_flow
from flows.editing.tree import tree_of
from flows.findings import FlowFault
from flows.loader import load
from flows.yamltext import read_yaml

__all__ = [
    "TEMPLATES",
    "AddLanguage",
    "AddOption",
    "AddStep",
    "AddTest",
    "Change",
    "CopyStep",
    "DeleteStep",
    "EditFault",
    "FirstLanguage",
    "HeldFault",
    "LeadTo",
    "MoveStep",
    "MoveUp",
    "RemoveKey",
    "RemoveLanguage",
    "RemoveTest",
    "RenameField",
    "RenameStep",
    "SetText",
    "SetType",
    "SetValue",
    "TellApart",
    "Together",
    "edit",
    "needed_by",
    "new_flow",
]


def edit(text: str, change: Change, name: str = "flow.yaml") -> str:
    """The file after a change.

    Args:
        text: the flow file; one that can be loaded.
        change: what to change.
        name: the file's name, for findings.

    Raises:
        EditFault: the change cannot be made; its sentence says why and what to do.
        FlowFault: `text` itself cannot be loaded.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    document = read_yaml(text)
    if document.troubles or not isinstance(document.data, dict):
        load(text, name)
        raise EditFault("the file is empty: begin with a new service")
    draft = Draft.of(text, tree_of(text), document.data)
    change.apply(draft)
    in_place(draft.data, document.data)
    written = draft.written()
    if not same(read_yaml(written).data, draft.data):
        raise EditFault("this part of the file is written in a way that cannot be changed here: change it in the file")
    try:
        load(written, name)
    except FlowFault as fault:
        raise EditFault(_first(fault)) from None
    return mark + written


def _first(fault: FlowFault) -> str:
    found = fault.findings[0]
    where = f"{found.step}: " if found.step else ""
    return f"{where}{found.sentence}"
