"""Reads a flow file into the model, or says everything that is wrong with its shape, each with its line and step."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from flows.findings import Finding, FlowFault
from flows.model import Flow
from flows.sentences import sentence
from flows.steps import verb_of
from flows.upgrades import FORMAT, format_of, line_of, upgraded
from flows.yamltext import MAX_BYTES, Document, Path, read_yaml

__all__ = ["Finding", "FlowFault", "load", "load_path"]


def load(text: str, name: str) -> Flow:
    """Read one flow; `name` is the file's, for the findings. Raises `FlowFault` with every finding."""
    text = _todays(text, name)
    document = read_yaml(text)
    findings = [_finding(document, name, t.path, t.sentence, t.code, t.line) for t in document.troubles]
    flow = None
    if isinstance(document.data, dict):
        flow = _validate(document, name, findings)
    elif not findings:
        findings.append(Finding(name, 1, "", "", "the file is empty: a flow begins with `sala: 1`"))
    if findings or flow is None:
        raise FlowFault(tuple(sorted(set(findings), key=lambda finding: (finding.line, finding.sentence))))
    flow._lines = {".".join(map(str, path)): line for path, line in document.lines.items()}  # noqa: SLF001 - ours
    flow._file, flow._source = name, text  # noqa: SLF001 - the model's own loader sets what the author's text gave
    return flow


def _todays(text: str, name: str) -> str:
    """The text in today's version of the format."""
    said = format_of(text)
    if said is not None and said > FORMAT:
        words = f"the file is of version {said} of the format, and this program reads up to {FORMAT}: update Sala"
        raise FlowFault((Finding(name, line_of(text), "", "", words),))
    return upgraded(text)


def load_path(path: FilePath | str) -> list[Flow]:
    """Read a file, or every `*.yaml` and `*.yml` of a folder; raises one `FlowFault` for all of them."""
    place = FilePath(path)
    files = sorted(f for f in place.iterdir() if f.suffix in (".yaml", ".yml")) if place.is_dir() else [place]
    flows: list[Flow] = []
    findings: list[Finding] = []
    for file in files:
        try:
            flows.append(load(_text(file), str(file)))
        except FlowFault as fault:
            findings += fault.findings
    if findings:
        raise FlowFault(tuple(findings))
    return flows


def _text(file: FilePath) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 8)
        # Of a file that is too large no more is read than shows it; the last letter may be cut.
        return data.decode("utf-8-sig", "strict" if len(data) <= MAX_BYTES else "ignore")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FlowFault((Finding(str(file), line, "", "", "the file is not UTF-8 text: save it as UTF-8"),)) from None
    except OSError as error:
        words = f"the file cannot be read: {error.strerror}"
        raise FlowFault((Finding(str(file), 1, "", "", words),)) from None


def _validate(document: Document, name: str, findings: list[Finding]) -> Flow | None:
    try:
        return Flow.model_validate(document.data)
    except ValidationError as error:
        problems = [(problem, _path(document.data, problem["loc"])) for problem in error.errors(include_url=False)]
        bad_keys = {path for problem, path in problems if problem["loc"][-1] == "[key]"}
        for problem, path in problems:
            if problem["loc"][-1] != "[key]" and (path in bad_keys or _is_echo(problem, _holder(document.data, path))):
                continue
            words = sentence(problem["type"], path, problem.get("ctx", {}), problem.get("input"))
            findings.append(_finding(document, name, path, words, "structure"))
        return None


def _path(data: Any, loc: tuple[int | str, ...]) -> Path:
    """The place in the author's file: pydantic's path without the names of its union members."""
    if loc[0] in ("steps", "fields"):
        loc = (*loc[:2], *loc[3:])
    path: list[int | str] = []
    for part in loc:
        if _holds(data, part):
            data = data[part]
        elif part is loc[-1] and isinstance(data, Mapping) and isinstance(part, str) and part.isidentifier():
            path.append(part)
            break
        else:
            continue
        path.append(part)
    return tuple(path)


def _holds(data: Any, part: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _holder(data: Any, path: Path) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, TypeError, IndexError):
            return None
    return data


def _is_echo(problem: Any, value: Any) -> bool:
    """Whether this only repeats another complaint.

    Both members of `words or {ussd, sms}` complain: only the one that the author meant is told. A list
    whose entries are wrong counts as short.
    """
    loc, kind = problem["loc"], problem["type"]
    if kind == "too_short":
        return isinstance(value, list | dict) and len(value) >= problem["ctx"]["min_length"]
    if loc[-1] == "PerChannel":
        return not isinstance(value, Mapping)
    return str(loc[-1]).startswith("constrained-str") and isinstance(value, Mapping)


def _finding(document: Document, name: str, path: Path, words: str, code: str, line: int | None = None) -> Finding:
    return Finding(
        name, line or _line(document, path), _step(document.data, path), _language(path), words, "error", code
    )


def _line(document: Document, path: Path) -> int:
    for end in range(len(path), -1, -1):
        if path[:end] in document.lines:
            return document.lines[path[:end]]
    return 1


def _step(data: Any, path: Path) -> str:
    if len(path) < 2 or path[0] not in ("steps", "tests") or not isinstance(path[1], int):  # noqa: PLR2004 - a pair
        return ""
    item = _holder(data, path[:2])
    if not isinstance(item, Mapping):
        return str(path[1] + 1)
    if path[0] == "tests":
        return f"test:{item.get('name', path[1] + 1)}"
    if isinstance(item.get("id"), str):
        return str(item["id"])
    verb = verb_of(item)
    named = item.get(verb) if verb in ("ask", "run", "submit") else None
    return ":".join(str(part) for part in (path[1] + 1, verb, named) if isinstance(part, str | int))


_TEXTS = ("title", "label", "text", "help", "error", "say", "menu", "end", "purpose", "urgent", "messages", "status")


def _language(path: Path) -> str:
    """The language that a path within a text stands in."""
    for holder, part in pairwise(path):
        if holder in _TEXTS and isinstance(part, str) and 2 <= len(part.split("-")[0]) <= 3:  # noqa: PLR2004 - BCP 47
            return part
    return ""
