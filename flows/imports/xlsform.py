"""An XLSForm as a flow: read, laid out, each question with its field and its step, each expression in our words.

The workbook is read directly and not through pyxform: what pyxform gives has lost the rows, so that nothing could be
listed line by line, it stops at the first mistake, and it opens a file before measuring it.
"""

from collections.abc import Mapping
from typing import Any

from flows.imports.fields import FieldMaker
from flows.imports.form import Form, read_form
from flows.imports.lists import Tables
from flows.imports.names import flow_id
from flows.imports.report import MOST_IN_HEAD, Imported, ImportFault, Report, to_write
from flows.imports.steps import Steps
from flows.imports.survey import MOST_FIELDS, Survey, lay_out
from flows.imports.words import say
from flows.imports.yamlout import flow_yaml
from flows.loader import load

UNUSED_SETTINGS = ("form_title", "form_id", "default_language")


def import_xlsform(
    data: bytes,
    *,
    name: str = "form",
    agency: str = "",
    repeats: int = 3,
    language: str = "en",
    languages: Mapping[str, str] | None = None,
) -> Imported:
    """Make a flow of a form.

    Args:
        data: the workbook, .xlsx (or .xls where `xlrd` is installed).
        name: the file's, without its ending; the flow's id when the form has none.
        agency: whose queue gets the submissions; else the author writes it.
        repeats: how often a repeat is gone through when the form does not say, 1 to 10.
        language: the tag of texts that name no language.
        languages: a language's name in the form -> its tag, where the name alone does not tell.

    Raises:
        WorkbookFault: no workbook that can be read. ImportFault: no form, or one that no flow can hold.
    """
    report = Report()
    form = read_form(data, report, language, languages or {})
    survey = Survey(report, repeats)
    lay_out(form, survey)
    tables = Tables(form.choices, form.languages, report)
    fields = FieldMaker(form, survey, tables, report)
    fields.make()
    if not fields.fields:
        words = "the form asks nothing that can be asked by key press or message"
        raise ImportFault(words, left=report.in_order())
    if len(fields.fields) > MOST_FIELDS:
        raise ImportFault(f"the form asks {len(fields.fields)} questions: one flow holds {MOST_FIELDS}; split it")
    steps = Steps(form, survey, fields, report)
    steps.make()
    fields.finish()
    _settings(form, report)
    ident = flow_id(form.settings.get("form_id") or name)
    body = _body(form, ident, agency, fields, steps)
    lines = report.in_order()
    text = flow_yaml(body, _head(lines, agency))
    load(text, f"{ident}.yaml")
    return Imported({ident: text}, tables.files(), lines)


def _body(form: Form, ident: str, agency: str, fields: FieldMaker, steps: Steps) -> dict[str, Any]:
    titles = form.settings.texts.get("form_title") or {form.languages[0]: form.settings.get("form_title") or ident}
    body: dict[str, Any] = {"sala": 1, "id": ident}
    if agency:
        body["agency"] = agency
    body["title"] = {tag: words[:200] for tag, words in titles.items()}
    body["languages"] = list(form.languages)
    body["fields"] = fields.fields
    if fields.computed:
        body["computed"] = fields.computed
    body["steps"] = [
        *steps.steps,
        {"confirm": list(steps.asked)},
        {"submit": ident},
        {"end": say("end", form.languages)},
    ]
    return body


def _settings(form: Form, report: Report) -> None:
    for column, text in form.settings.cells.items():
        if column not in UNUSED_SETTINGS and text:
            report.changed("settings", column, "it means nothing here")


def _head(lines: tuple[Any, ...], agency: str) -> list[str]:
    left = [line for line in lines if line.kind == "left"]
    head = [f"Imported from an XLSForm. {to_write(agency)}"]
    if left:
        head.append(f"Not carried over ({len(left)}):")
        head += [f"  {line}" for line in left[:MOST_IN_HEAD]]
    return head
