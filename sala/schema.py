"""The JSON Schema of a revision's answers, as an agency may fetch it: `/schemas/<service>/<revision>`."""

from collections.abc import Callable
from typing import Any, Final

from flows.model import ChoiceField, CodeField, Flow, IntField, MultiField, NameField, TextField
from flows.revision import Revision

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# The answer types of docs/flow-format.md.
_PLAIN: Final[dict[str, dict[str, Any]]] = {
    "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
    "phone": {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"},
    "yesno": {"type": "boolean"},
    "ref": {"type": "string"},
}


def _text(field: TextField | NameField) -> dict[str, Any]:
    # `max` counts graphemes, which JSON Schema cannot; a grapheme of Lao is up to four code points.
    return {"type": "string", "minLength": 1, "maxLength": field.max * 4}


def _int(field: IntField) -> dict[str, Any]:
    return {"type": "integer", "minimum": field.min, "maximum": field.max}


def _code(field: CodeField) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{field.pattern})$"}


def _choice(field: ChoiceField) -> dict[str, Any]:
    return {"type": "string", "enum": list(field.choices)}


def _multi(field: MultiField) -> dict[str, Any]:
    items = {"type": "string", "enum": list(field.choices)}
    return {"type": "array", "items": items, "uniqueItems": True, "minItems": field.min, "maxItems": field.max}


_SHAPED: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "text": _text,
    "name": _text,
    "int": _int,
    "code": _code,
    "choice": _choice,
    "multi": _multi,
}


def field_schema(field: Any) -> dict[str, Any]:
    """The schema of one field's answer, with its English label and how sensitive it is."""
    shaped = _SHAPED.get(field.type)
    schema = shaped(field) if shaped else dict(_PLAIN[field.type])
    if field.optional:
        # Skipped is null; never asked is absent.
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {"title": _title(field.label), "x-sala-type": field.type, "x-sala-sensitivity": field.sensitivity, **schema}


def _title(text: Any) -> str:
    words = text.root.get("en") or next(iter(text.root.values()))
    return words if isinstance(words, str) else str(words.ussd)


def answers_schema(revision: Revision) -> dict[str, Any]:
    """The schema of `data.answers` of every submission made under this revision.

    No name is required: which were asked depends on the answers, and a reader ignores what it does not know.
    """
    flow: Flow = revision.flow
    names = {name: field_schema(field) for name, field in flow.fields.items()}
    names |= {name: {"x-sala-type": "computed"} for name in flow.computed}
    return {
        "$schema": DIALECT,
        "$id": f"urn:sala:schema:{flow.id}:{revision.digest}",
        "title": _title(flow.title),
        "type": "object",
        "properties": names,
        "additionalProperties": True,
    }
