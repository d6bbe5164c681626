"""Workbooks of our own making, and the way through an imported form."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from flows.imports import Imported, import_xlsform
from flows.loader import load
from flows.model import Flow
from flows.revision import Revision, revise

HEADER = ("type", "name", "label")


def book(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """An .xlsx file with these rows."""
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def form(
    survey: Sequence[Sequence[Any]],
    choices: Sequence[Sequence[Any]] = (),
    header: Sequence[str] = HEADER,
    choice_header: Sequence[str] = ("list_name", "name", "label"),
    **options: Any,
) -> Imported:
    """A form of these rows, imported."""
    sheets: dict[str, Sequence[Sequence[Any]]] = {"survey": [header, *survey]}
    if choices:
        sheets["choices"] = [choice_header, *choices]
    return import_xlsform(book(sheets), **options)


def only(imported: Imported) -> Flow:
    (flow,) = imported.flows()
    return flow


SERVICE = """agency: office
notice: {purpose: {en: A test}, controller: office, basis: legal_task, keep: 30d, contact: "1503"}
entry: {menu: 1, ussd: ["*999*1#"], sms: [SAMPLE]}
"""


def service(imported: Imported) -> Revision:
    """The imported flow with what an author must add."""
    ((name, text),) = imported.files.items()
    return revise(load(text.replace("title:", SERVICE + "title:", 1), f"{name}.yaml"), {})


def errors(imported: Imported) -> set[str]:
    """The codes of the check's errors, without those that only an author can mend."""
    missing = {"agency", "entry", "notice", "tests"}
    return {str(one) for one in imported.findings() if one.severity == "error" and one.code not in missing}
