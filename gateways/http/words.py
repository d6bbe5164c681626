"""Templates: texts and tables with `{words}` in them, filled and written as JSON, a form, a query, XML or text."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from gateways.http.fields import Bare
from gateways.http.model import Body, Form

Words = Mapping[str, str | int]

WORD: Final = re.compile(r"\{([A-Za-z_][\w.@/|-]*)\}")
_TRUTHS: Final = {"true": True, "false": False}

TYPES: Final[Mapping[Form, str]] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "query": "",
    "xml": "text/xml; charset=utf-8",
    "text": "text/plain",
}


def fill(template: str, words: Words) -> str:
    """The template with its words; one that is not there is empty."""
    return WORD.sub(lambda found: str(words.get(found[1], "")), template)


def named(template: object) -> Iterator[str]:
    """Every word that a template, or a table of them, asks for."""
    match template:
        case str():
            yield from WORD.findall(template)
        case Mapping():
            for value in template.values():
                yield from named(value)
        case list() | tuple():
            for value in template:
                yield from named(value)


def write(form: Form, body: Body, words: Words) -> bytes:
    """The body in its form. Words are escaped as the form asks."""
    if isinstance(body, str):
        # A template of JSON or XML as a text: only its words are escaped.
        escaped = {name: _escaped(form, str(value)) for name, value in words.items()} if WORD.search(body) else {}
        return fill(body, escaped).encode("utf-8", "replace")
    if form == "json":
        return json.dumps(_filled(body, words), ensure_ascii=False).encode("utf-8", "replace")
    if form == "xml":
        return _xml(body, words).encode("utf-8", "replace")
    return urlencode(pairs(body, words), errors="replace").encode()


def pairs(body: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """The fields of a form or query."""
    return [(name, fill(str(value), words)) for name, value in body.items()]


def address(url: str, words: Words) -> str:
    """A URL with its words quoted, but for the beginning that the channel's settings give."""
    whole = {"base_url", "callback"}
    own = {name: value if name in whole else quote(str(value), safe="") for name, value in words.items()}
    return fill(url, own)


def _filled(value: Any, words: Words) -> Any:
    match value:
        case str():
            alone = WORD.fullmatch(value)
            # `{more}` alone is a truth, and no text; a number alone is a number.
            if alone and alone[1] in {"more", "over"}:
                return _TRUTHS[str(words[alone[1]])]
            if alone and isinstance(given := words.get(alone[1]), int | Bare):
                # What came without quotes goes back without them.
                return json.loads(given) if isinstance(given, Bare) else given
            return fill(value, words)
        case Mapping():
            return {name: _filled(inner, words) for name, inner in value.items()}
        case list() | tuple():
            return [_filled(inner, words) for inner in value]
        case _:
            return value


def _xml(body: Mapping[str, Any], words: Words) -> str:
    return "".join(
        f"<{name}>{_xml(value, words) if isinstance(value, Mapping) else _xml_text(fill(str(value), words))}</{name}>"
        for name, value in body.items()
    )


def _xml_text(text: str) -> str:
    """Escaped, and without the characters that XML 1.0 has no way to write."""
    return escape("".join(one for one in text if one >= " " or one in "\t\n\r"))


def _escaped(form: Form, value: str) -> str:
    match form:
        case "json":
            return json.dumps(value, ensure_ascii=False)[1:-1]
        case "xml":
            return _xml_text(value)
        case "form" | "query":
            return quote(value, safe="", errors="replace")
        case _:
            return value
