"""The record of processing as a page to read, print and complete by hand; the same facts as `processing` has."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from flows.captions import Captions, captions
from flows.model import Flow
from flows.published.processing import ALWAYS, OPEN, SENSITIVE, processing
from flows.templates import template

_NEVER: Final = {"never": "record.number_kept", "True": "record.number_never"}


def page(flows: Sequence[Flow], parts: Mapping[str, Flow], language: str = "en") -> str:
    """The page as HTML, a sheet of A4 or more for each service; `language` is the reader's."""
    words = captions(language)
    values = {
        "c": words,
        "style": files("flows.published").joinpath("templates/record.css").read_text("utf-8"),
        "services": [_service(one, words) for one in processing(flows, parts)["record"]],
        "open": [words(f"record.open.{one}") for one in OPEN],
    }
    return template("flows.published", "record.html").render(values)


def _service(one: Mapping[str, Any], words: Captions) -> dict[str, Any]:
    sensitive = [said(answer["label"], words) for answer in one["data"] if answer["sensitivity"] == "sensitive"]
    told = {
        "service": one["service"],
        "agency": one["agency"],
        "controller": one["controller"],
        "purpose": said(one["purpose"], words) if one["purpose"] else "",
        "ground": words(f"record.basis.{one['basis']}") if one["basis"] else "",
        "contact": one["contact"],
        "kept": words("record.kept_days", days=one["kept_at_the_node_days"]) if one["basis"] else "",
        "unfinished": words("record.hours", hours=one["unfinished_kept_hours"]),
        "number": _number(one["anonymous"], words),
        "after": words("record.after_asked" if one["asked_how_it_went"] else "record.after_never"),
    }
    asked = (*ALWAYS, *(SENSITIVE if sensitive else ()))
    return {
        "title": said(one["title"], words),
        "facts": [(words(f"record.{name}"), value or "") for name, value in told.items()],
        "answers": [{**answer, "label": said(answer["label"], words)} for answer in one["data"]],
        "assessed": words("record.is_needed", names=", ".join(sensitive)) if sensitive else words("record.not_needed"),
        "questions": [words(f"record.question.{name}") for name in asked],
    }


def _number(anonymous: str, words: Captions) -> str:
    key = _NEVER.get(anonymous)
    return words(key) if key else words("record.number_when", condition=anonymous)


def said(texts: Mapping[str, str], words: Captions) -> str:
    """A text in the reader's language, else in the first that there is."""
    return texts.get(words.language) or next(iter(texts.values()), "")
