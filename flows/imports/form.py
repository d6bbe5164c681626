"""An XLSForm as a tree: its questions, groups and repeats with their rows, its lists of choices, its languages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from flows.imports.names import language_tag
from flows.imports.report import ImportFault, Report
from flows.workbook import Sheet, read_workbook

SHEETS: Final = frozenset(
    ("survey", "choices", "choices and columns", "settings", "external_choices", "osm", "entities", "cascades")
)

_ALIASES: Final = {
    "value": "name",
    "command": "type",
    "caption": "label",
    "relevance": "relevant",
    "constraint message": "constraint_message",
    "constraining message": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "required message": "required_message",
    "jr:requiredmsg": "required_message",
    "calculate": "calculation",
    "skippable": "skippable",
    "repeat count": "repeat_count",
    "jr:count": "repeat_count",
    "count": "repeat_count",
    "list name": "list_name",
    "readonly": "read_only",
    "read only": "read_only",
    "form title": "form_title",
    "set form title": "form_title",
    "title": "form_title",
    "form id": "form_id",
    "set form id": "form_id",
    "id_string": "form_id",
}
_SPOKEN: Final = ("label", "hint", "constraint_message", "required_message", "guidance_hint", "form_title")
_SPLIT: Final = re.compile(r"::|(?<=label):(?!:)|(?<=hint):(?!:)|(?<=caption):(?!:)", re.IGNORECASE)
_BINDS: Final = ("bind", "control", "body")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet by its columns' names.

    Attributes:
        cells: column -> text. texts: a spoken column -> tag -> words. place: `survey:12 name`.
    """

    place: str
    cells: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]

    def get(self, column: str) -> str:
        """The cell, "" when it is empty."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class Node:
    """A question, or a group or repeat with what stands in it."""

    line: Line
    kind: Literal["question", "group", "repeat"]
    type: str
    name: str
    list_name: str = ""
    or_other: bool = False
    inside: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form.

    Attributes:
        languages: tags, the form's default first. choices: list name -> its lines.
    """

    settings: Line
    languages: tuple[str, ...]
    nodes: tuple[Node, ...]
    choices: Mapping[str, tuple[Line, ...]]


def read_form(data: bytes, report: Report, language: str, named: Mapping[str, str]) -> Form:
    """Read a workbook as a form.

    Args:
        data: the file.
        report: gets what is not understood.
        language: the tag of texts that name no language.
        named: a language's name in the form -> its tag, where the name alone does not tell.

    Raises:
        WorkbookFault: the file is no workbook that can be read. ImportFault: it is no form.
    """
    sheets = read_workbook(data, SHEETS)
    survey = sheets.get("survey")
    if survey is None:
        raise ImportFault("the workbook has no sheet `survey`: an XLSForm has one")
    for name, sheet in sheets.items():
        if sheet.merged:
            raise ImportFault(f"the sheet `{name}` has merged cells: unmerge them, each cell belongs to one row")
    settings = _settings(sheets.get("settings"), report, language, named)
    wished = _tag(settings.get("default_language"), named)
    default = wished or language
    columns = _Columns(default, named, report)
    lines = list(columns.lines("survey", survey))
    choices = _choices(columns, sheets.get("choices") or sheets.get("choices and columns"), report)
    for name in ("external_choices", "osm", "entities", "cascades"):
        if name in sheets and len(sheets[name].rows) > 1:
            report.left(name, "sheet", "such a sheet cannot be carried over")
    found = list(columns.tags)
    first = [wished] if wished in found else []
    return Form(settings, tuple(dict.fromkeys([*first, *found])) or (default,), _tree(lines, report), choices)


def _tag(name: str, named: Mapping[str, str]) -> str:
    return named.get(name.strip()) or language_tag(name) if name.strip() else ""


class _Columns:
    """Reads headers; remembers which languages have words."""

    def __init__(self, default: str, named: Mapping[str, str], report: Report) -> None:
        self.default = default
        self.named = named
        self.report = report
        self.tags: dict[str, None] = {}

    def lines(self, name: str, sheet: Sheet) -> Iterator[Line]:
        if not sheet.rows:
            return
        header = {at: self._column(name, cell.text) for at, cell in sheet.rows[0].cells.items()}
        for row in sheet.rows[1:]:
            cells: dict[str, str] = {}
            texts: dict[str, dict[str, str]] = {}
            formulas: list[str] = []
            for at, cell in row.cells.items():
                if at not in header:
                    continue
                column, tag = header[at]
                if cell.formula:
                    formulas.append(column)
                elif tag and column in _SPOKEN:
                    texts.setdefault(column, {})[tag] = cell.text.strip()
                    self.tags[tag] = None
                else:
                    cells[f"{column}::{tag}" if tag else column] = cell.text.strip()
            called = cells.get("name", "")
            place = f"{name}:{row.number} {called}".strip()
            for column in formulas:
                self.report.left(place, column, "a formula of the spreadsheet is not worked out: write its value")
            if cells or texts:
                yield Line(place, cells, texts)

    def _column(self, sheet: str, header: str) -> tuple[str, str]:
        """The column's name and, where it is spoken, the tag of its language."""
        words = [part.strip() for part in _SPLIT.split(header)]
        base = _plain(words[0])
        if base in _BINDS and len(words) > 1:
            return _plain(words[-1]), ""
        if base == "media" and len(words) > 1:
            return _plain(words[1]), ""
        if base not in _SPOKEN:
            return base, ""
        if len(words) == 1:
            return base, self.default
        tag = _tag(words[1], self.named)
        if not tag:
            sentence = f"the language is not known: give its tag, --language '{words[1]}=xx'"
            self.report.left(sheet, header.strip(), sentence)
            return f"{base} {words[1]}", ""
        return base, tag


def _plain(header: str) -> str:
    word = " ".join(header.lower().split())
    word = _ALIASES.get(word, word)
    return word.replace(" ", "_") if word.replace(" ", "_") in _SPOKEN else word


def _settings(sheet: Sheet | None, report: Report, language: str, named: Mapping[str, str]) -> Line:
    if sheet is None or len(sheet.rows) < 2:  # noqa: PLR2004 - a header and one row
        return Line("settings", {}, {})
    default = next(
        (
            sheet.rows[1].cells[at].text
            for at, cell in sheet.rows[0].cells.items()
            if _plain(cell.text) == "default_language" and at in sheet.rows[1].cells
        ),
        "",
    )
    columns = _Columns(_tag(default, named) or language, named, report)
    return next(columns.lines("settings", sheet), Line("settings", {}, {}))


def _choices(columns: _Columns, sheet: Sheet | None, report: Report) -> dict[str, tuple[Line, ...]]:
    found: dict[str, dict[str, Line]] = {}
    for line in columns.lines("choices", sheet) if sheet is not None else ():
        name, key = line.get("list_name"), line.get("name")
        if not name or not key:
            report.left(line.place, "choice", "a choice needs its list and its name")
        elif key in found.setdefault(name, {}) and not _filtered(line):
            report.left(line.place, "choice", f"`{key}` stands twice in the list `{name}`: the first one is taken")
        else:
            found[name][f"{key}\0{len(found[name])}" if key in found[name] else key] = line
    return {name: tuple(lines.values()) for name, lines in found.items()}


def _filtered(line: Line) -> bool:
    return any(column not in ("list_name", "name") for column in line.cells)


_GROUP: Final = re.compile(r"(begin|end)[ _]+(group|repeat|loop|lgroup)\b.*")
_SELECT: Final = re.compile(
    r"(?:add )?(select_one|select one|select1|select_multiple|select multiple|select all that apply)"
    r"(?: prompt)?(?: (?:from|using))? +(\S+?)( +or[_ ]specify[_ ]other| +or_other| +or specify other)?"
)


def _tree(lines: list[Line], report: Report) -> tuple[Node, ...]:
    root: list[Node] = []
    open_nodes: list[Node] = []
    for line in lines:
        type_ = " ".join(line.get("type").split())
        holder = open_nodes[-1].inside if open_nodes else root
        group = _GROUP.fullmatch(type_.lower())
        if group and group[1] == "begin":
            kind: Literal["group", "repeat"] = "repeat" if group[2] == "repeat" else "group"
            node = Node(line, kind, group[2], line.get("name"))
            holder.append(node)
            open_nodes.append(node)
            if group[2] == "loop":
                report.left(line.place, type_, "a loop over choices is gone through once")
        elif group:
            if not open_nodes:
                raise ImportFault(f"{line.place}: `{type_}` ends what was never begun")
            open_nodes.pop()
        elif not type_:
            report.left(line.place, "row", "a row without a type asks nothing")
        else:
            holder.append(_question(line, type_))
    if open_nodes:
        raise ImportFault(f"{open_nodes[-1].line.place}: `begin {open_nodes[-1].type}` is never ended")
    return tuple(root)


def _question(line: Line, type_: str) -> Node:
    select = _SELECT.fullmatch(type_) or _SELECT.fullmatch(type_.lower())
    if select is None:
        return Node(line, "question", type_.lower(), line.get("name"))
    many = select[1].lower() in ("select_multiple", "select multiple", "select all that apply")
    return Node(
        line, "question", "select_multiple" if many else "select_one", line.get("name"), select[2], bool(select[3])
    )
