"""Writes a flow as an author would: one step a block, short texts on one line, quotes only where YAML needs them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

WIDTH: Final = 118

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_. -]*[A-Za-z0-9_]|[A-Za-z_]")
_KEY: Final = re.compile(_PLAIN.pattern + "|[1-9][0-9]?")
_WORDS: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off"))


class Formula(str):
    """An expression: plain in a block where YAML lets it be."""

    __slots__ = ()


class Bare(str):
    """A value that stands without quotes: a date."""

    __slots__ = ()


def scalar(value: Any, *, inside: bool = False) -> str:
    """One value as YAML; `inside` braces or brackets, where a comma ends a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = str(value)
    if isinstance(value, Bare):
        return text
    if isinstance(value, Formula):
        plain = not inside and not text.endswith(" ") and text.lower() not in _WORDS
        return text if plain and _plain_formula(text) else "'" + text.replace("'", "''") + "'"
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes; what JSON escapes, YAML reads back. C1 controls and line marks are escaped too."""
    words = json.dumps(text, ensure_ascii=False)
    return re.sub(
        r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", words
    )


def _plain_formula(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z(].*", text) is not None and ": " not in text and " #" not in text


def flow_style(value: Any) -> str:
    """A value on one line, in braces or brackets where it holds others."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_style(key)}: {flow_style(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_style(one) for one in value) + "]"
    return scalar(value, inside=True)


def key_style(key: Any) -> str:
    """A key, quoted where YAML needs it."""
    text = str(key)
    return text if _KEY.fullmatch(text) and text.lower() not in ("true", "false", "null") else quoted(text)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, Mapping | list | tuple) else 0


PARTS: Final = frozenset(("fields", "computed", "steps", "messages"))
"""What stands on lines of its own at the top of a file, however short it is."""


def entry_lines(key: str, value: Any, indent: str, *, block: bool = False) -> Iterator[str]:
    """The lines of one entry; `block` spreads a mapping over lines even where one would do."""
    if isinstance(value, Mapping | list | tuple) and value:
        short = f"{indent}{key}: {flow_style(value)}"
        if not block and _depth(value) <= 2 and len(short) <= WIDTH:  # noqa: PLR2004 - deeper ones are hard to read on one line
            yield short
            return
        yield f"{indent}{key}:"
        if isinstance(value, Mapping):
            for name, one in value.items():
                yield from entry_lines(key_style(name), one, indent + "  ", block=False)
        else:
            yield from item_lines(value, indent + "  ")
        return
    yield f"{indent}{key}: {flow_style(value) if isinstance(value, Mapping | list | tuple) else scalar(value)}"


def item_lines(values: Sequence[Any], indent: str) -> Iterator[str]:
    """The lines of a list, a dash an item."""
    for value in values:
        if not isinstance(value, Mapping):
            yield f"{indent}- {flow_style(value)}"
            continue
        mark = "- "
        for key, one in value.items():
            for line in entry_lines(key_style(key), one, indent + "  "):
                yield indent + mark + line[len(indent) + 2 :]
                mark = "  "


def flow_yaml(data: Mapping[str, Any], head: Sequence[str] = ()) -> str:
    """The text of a flow file; `head` are comments before it, one line each."""
    lines = [f"# {_comment(line)}" for line in head]
    for key, value in data.items():
        if key in PARTS and value:
            lines.append("")
        lines += entry_lines(key, value, "", block=key in PARTS)
    return "\n".join(lines) + "\n"


def _comment(line: str) -> str:
    """A line that can stand in a comment: one line, no control marks."""
    return "".join(letter if letter.isprintable() else " " for letter in line)[:300]
