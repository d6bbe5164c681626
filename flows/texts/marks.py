"""Marks of what was reviewed: which words a person has read and accepted, bound to the words by a digest.

They stand beside the flow file, in `<flow>.reviewed.toml`, and not in it: who reviews a text changes no revision. A
text that is changed, or whose original is changed, loses its mark by itself, wherever in the file it stands.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flows.texts.catalogue import Entry
from flows.texts.edit import TextsFault

HEAD: Final = (
    "# Texts that a person has read and accepted: by language, a digest of words and original, when and who."
    "\n# A text that is changed loses its mark. Written by `sala flow texts import --by NAME`.\n"
)
Ticks = Mapping[tuple[str, str], bool]
"""(key, language) -> whether a translator set the mark or took it away."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one flow; `by` is language -> digest -> who and when."""

    by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def has(self, entry: Entry, tag: str, first: str) -> bool:
        """Whether these words were accepted; `first` is the language of the originals."""
        return tag in entry.words and digest(entry, tag, first) in self.by.get(tag, {})


def file_of(flow: str) -> str:
    """The name of the file with the marks of a flow file: `birth.yaml` has `birth.reviewed.toml`."""
    stem, _, _ = flow.rpartition(".")
    return f"{stem or flow}.reviewed.toml"


def digest(entry: Entry, tag: str, first: str) -> str:
    """The name of a mark: 16 hex digits over language, original and words; 64 bits, so two never meet by chance."""
    told = json.dumps([tag, entry.words.get(first, ""), entry.words[tag]], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def read_marks(text: str) -> Marks:
    """The marks in a file; raises `TextsFault` when it is none."""
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TextsFault(
            f"the file of reviewed texts cannot be read: {error}", hint="take it away to begin anew"
        ) from None
    if not all(
        isinstance(some, dict) and all(isinstance(one, str) for one in some.values()) for some in content.values()
    ):
        raise TextsFault("the file of reviewed texts has something else in it", hint="take it away to begin anew")
    return Marks(content)


def write_marks(marks: Marks) -> str:
    """The file; in one order, so that its differences can be read."""
    parts = [HEAD]
    for tag, some in sorted(marks.by.items()):
        if some:
            parts.append(f"\n[{tag}]\n")
            parts += [f"{name} = {json.dumps(some[name], ensure_ascii=False)}\n" for name in sorted(some)]
    return "".join(parts)


def ticked(marks: Marks, found: Sequence[Entry], first: str, ticks: Ticks, who: str) -> Marks:
    """The marks after a translator's: `found` are the texts as they are now, `who` stands beside each new one.

    Marks of words that no text has any more are dropped.
    """
    kept: dict[str, dict[str, str]] = {}
    for one in found:
        for tag in one.words:
            name = digest(one, tag, first)
            before = marks.by.get(tag, {}).get(name)
            if ticks.get((one.key, tag), before is not None):
                kept.setdefault(tag, {})[name] = before or who
    return Marks(kept)


def added(marks: Marks, found: Sequence[Entry], first: str, ticks: Ticks) -> int:
    """How many texts would be marked that are not: what somebody has to stand for."""
    return sum(
        ticks.get((one.key, tag), False) and not marks.has(one, tag, first) for one in found for tag in one.words
    )


def unreviewed(found: Sequence[Entry], languages: Iterable[str], marks: Marks) -> dict[str, list[Entry]]:
    """By language the texts that are there and that nobody has accepted; the first language's are the originals."""
    tags = tuple(languages)
    return {tag: [one for one in found if tag in one.words and not marks.has(one, tag, tags[0])] for tag in tags}
