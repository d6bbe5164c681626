"""Puts changed words into a flow file: their cells and nothing else, comments and line breaks as they were.

The file is not written anew from what was read: each text is replaced where it stands, and then read again to see that
nothing but these texts is another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.events import CollectionEndEvent, MappingStartEvent, NodeEvent, ScalarEvent, SequenceStartEvent

from flows.errors import Fault
from flows.imports.yamlout import quoted
from flows.loader import load
from flows.model import Flow
from flows.template import placeholders, stray_brace
from flows.texts.catalogue import entries

Path = tuple[str, ...]
_CHANNELS: Final = (("ussd",), ("sms",))


class TextsFault(Fault):
    """The texts cannot be taken over."""

    code = "texts"
    ours = False


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    style: str
    first: int = -1


def apply(
    source: str, name: str, changes: Mapping[tuple[str, str], str], rows: Mapping[tuple[str, str], str], add: str = ""
) -> str:
    """The file with these words.

    Args:
        source: the flow file.
        name: its name, for findings.
        changes: (key, language) -> the new words.
        rows: the same keys -> how the reader finds the row, for refusals.
        add: a language that the flow does not have; it is taken whole or not at all.

    Raises:
        TextsFault: with every row that cannot be taken; then nothing is changed.
    """
    flow = load(source, name)
    spoken = flow.languages
    if add and add not in spoken:
        spoken = (*spoken, add)
        _whole(flow, add, changes)
    known = {one.key: one for one in entries(flow)}
    spans = _spans(source)
    faults: list[str] = []
    edits: list[tuple[int, int, str]] = []
    pairs = _pairs(source, spans, changes)
    for (key, tag), words in changes.items():
        why = _fault(known.get(key), words) or ("" if tag in spoken else f"`{tag}` is not a language of this flow")
        if not why and (key, tag) in pairs:
            edits += pairs[key, tag]
            continue
        edit = None if why else _edit(source, spans, key, tag, words)
        if edit is None:
            faults.append(f"{rows[key, tag]} {key} {tag}: {why or 'a text over several lines is changed in the file'}")
        else:
            edits.append(edit)
    if faults:
        raise TextsFault("\n".join(faults))
    if spoken != flow.languages:
        edits.append(_named(source, spans, len(flow.languages), add))
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    _only_these(flow, load(source, name), changes)
    return source


def _fault(entry: Any, words: str) -> str:
    if entry is None:
        return "there is no such text: it was changed since the export"
    if not words.strip():
        return "a text is not taken away here"
    if stray_brace(words):
        return "a brace stands alone: a value is written {name}"
    if frozenset(placeholders(words)) != entry.values:
        wanted = ", ".join(sorted(f"{{{one}}}" for one in entry.values)) or "none"
        return f"the values in it must be the same as in the other languages: {wanted}"
    return ""


def _edit(source: str, spans: Mapping[Path, _Span], key: str, tag: str, words: str) -> tuple[int, int, str] | None:
    path = tuple(key.split("."))
    channel = path[-1:] if path[-1:] in _CHANNELS and path[:-1] in spans and path not in spans else ()
    holder = path[: len(path) - len(channel)]
    span = spans.get((*holder, tag, *channel))
    if span is not None:
        return None if span.style in ("|", ">") else (span.start, span.end, quoted(words))
    around = spans.get(holder)
    inside = [one for place, one in spans.items() if place[:-1] == holder]
    if channel or around is None or not inside or inside[-1].style == "{":
        return None
    last = max(inside, key=lambda one: one.end)
    if last.style in ("|", ">"):
        # It ends where the next thing begins: the new line stands before that one.
        at = source.rfind("\n", 0, last.end) + 1
        return at, at, f"{' ' * around.first}{tag}: {quoted(words)}\n"
    return _after(source, around, last.end, f"{tag}: {quoted(words)}")


def _after(source: str, around: _Span, at: int, words: str) -> tuple[int, int, str]:
    """Put one more member at the end of a mapping."""
    if around.style == "{":
        return at, at, f", {words}"
    line = source.find("\n", at)
    line = len(source) if line < 0 else line
    return line, line, f"\n{' ' * around.first}{words}"


def _named(source: str, spans: Mapping[Path, _Span], count: int, tag: str) -> tuple[int, int, str]:
    """Put a language at the end of the list of them."""
    last = spans["languages", str(count - 1)]
    if source[last.end :].lstrip()[:1] in (",", "]"):
        return last.end, last.end, f", {tag}"
    dash = source.rfind("-", 0, last.start)
    blank = dash - source.rfind("\n", 0, dash) - 1
    return last.end, last.end, f"\n{' ' * blank}- {tag}"


def _pairs(
    source: str, spans: Mapping[Path, _Span], changes: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], list[tuple[int, int, str]]]:
    """A new language of texts that differ by channel: both words of one text are one member of its mapping."""
    found: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for (key, tag), words in changes.items():
        holder, other = tuple(key.split("."))[:-1], (f"{key.removesuffix('.ussd')}.sms", tag)
        if not key.endswith(".ussd") or other not in changes:
            continue
        inside = {place: one for place, one in spans.items() if place[:-2] == holder and place[-1:] in _CHANNELS}
        if not inside or (*holder, tag, "ussd") in inside:
            continue
        place, last = max(inside.items(), key=lambda one: one[1].end)
        at = source.index("}", last.end) + 1 if spans[place[:-1]].style == "{" else last.end
        both = f"{tag}: {{ussd: {quoted(words)}, sms: {quoted(changes[other])}}}"
        found |= {(key, tag): [_after(source, spans[holder], at, both)], other: []}
    return found


def _whole(flow: Flow, tag: str, changes: Mapping[tuple[str, str], str]) -> None:
    """A language is taken whole: a flow with half of one could not be published."""
    missing = [one.key for one in entries(flow) if (one.key, tag) not in changes]
    if missing:
        some = ", ".join(missing[:3])
        raise TextsFault(f"{tag}: {len(missing)} texts are missing, so nothing is taken: {some}, ...")


def _spans(source: str) -> dict[Path, _Span]:
    """Where each value stands in the text."""
    found: dict[Path, _Span] = {}
    stack: list[list[Any]] = []
    for event in YAML(typ="safe", pure=True).parse(source):
        if isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, NodeEvent):
            top = stack[-1] if stack else None
            if top is not None and top[1] is None and isinstance(event, ScalarEvent):
                top[1] = str(event.value)
                if top[3] < 0:
                    top[3] = event.start_mark.column
                    found[top[0]] = _Span(top[4], top[4], "{" if top[5] else "", top[3])
                continue
            path: Path = () if top is None else (*top[0], str(top[2]) if top[1] == "-" else str(top[1]))
            if top is not None:
                top[2] += 1
                top[1] = "-" if top[1] == "-" else None
            if isinstance(event, ScalarEvent):
                found[path] = _Span(event.start_mark.index, event.end_mark.index, event.style or "")
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                mark = None if isinstance(event, MappingStartEvent) else "-"
                stack.append([path, mark, 0, -1, event.start_mark.index, event.flow_style])
    return found


def _only_these(before: Flow, after: Flow, changes: Mapping[tuple[str, str], str]) -> None:
    was = {(one.key, tag): words for one in entries(before) for tag, words in one.words.items()}
    now = {(one.key, tag): words for one in entries(after) for tag, words in one.words.items()}
    if now != {**was, **changes}:
        raise TextsFault("the file is written in a way that these texts cannot be put into: change them in the file")
