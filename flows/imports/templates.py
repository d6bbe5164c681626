"""The messages of RapidPro as texts of ours: `@results.age` becomes `{age}`, and nothing else is worked out."""

import re
from collections.abc import Mapping
from typing import Final

from flows.imports.report import Report

MOST_WORDS: Final = 2000
_EXPRESSION: Final = re.compile(
    r"@@|@\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)|@[a-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*"
)
_RESULT: Final = re.compile(
    r"@\(?(?:(results|flow|child|child\.results))\.([A-Za-z0-9_]+)(?:\.(?:value|category|text|input))?\)?"
)
_KNOWN: Final = (
    "results",
    "flow",
    "contact",
    "fields",
    "child",
    "parent",
    "step",
    "date",
    "run",
    "input",
    "globals",
    "urns",
)


class Template:
    """Turns texts; `results` are our names of the results, by RapidPro's slug, and grow while a flow is made."""

    def __init__(self, results: Mapping[str, str], report: Report) -> None:
        """Take the names, and who is told what is not shown."""
        self._results = results
        self._report = report

    def texts(self, texts: Mapping[str, str], place: str) -> dict[str, str]:
        """A text in each of its languages."""
        return {tag: self._words(words, place) for tag, words in texts.items() if words.strip()}

    def _words(self, words: str, place: str) -> str:
        pieces: list[str] = []
        end = 0
        for found in _EXPRESSION.finditer(words):
            pieces.append(_plain(words[end : found.start()]))
            pieces.append(self._value(found[0], place))
            end = found.end()
        text = "".join([*pieces, _plain(words[end:])]).strip() or "..."
        if len(text) > MOST_WORDS:
            self._report.left(place, "message", f"its words after the first {MOST_WORDS} letters")
            text = _plain(text[:MOST_WORDS])
        return text

    def _value(self, expression: str, place: str) -> str:
        if expression == "@@":
            return "@"
        root = expression.lstrip("@(").split(".", maxsplit=1)[0]
        if not expression.startswith("@(") and root not in _KNOWN:
            return expression
        found = _RESULT.fullmatch(expression)
        slug = found[2].lower() if found else ""
        name = self._results.get(f"child.{slug}" if found and found[1].startswith("child") else slug)
        if name is None:
            self._report.left(place, expression[:60], "its value is not known here and not shown")
            return "..."
        return f"{{{name}}}"


def _plain(words: str) -> str:
    return words.replace("{", "(").replace("}", ")")
