"""Reads a row of a table of codes: by its code, or by the first letters of its name."""

from typing import Final

from flows.errors import Refusal
from flows.fields import RefField
from flows.inputs.values import Choose, Frame, tidy
from flows.tables import Place, Places

MOST: Final = 8
"""How many candidates a numbered list may offer."""
_SHORT_CODE: Final = 3
_LOOKED_AT: Final = 200


def read_ref(field: RefField, text: str, frame: Frame) -> str | Refusal | Choose:
    """The key of the row; a list to choose from when the letters may mean several.

    A village's own three digits are enough within the node's district. Rows of that district come first.
    """
    text = tidy(text)
    if not text:
        return Refusal("empty")
    places = frame.tables.named(field.table)
    within = _within(field, frame)
    if (place := _by_code(places, text, frame)) is not None:
        fitting = field.level in ("", place.level) and places.is_within(place.code, within)
        return place.code if fitting else Refusal("not_found")
    found = places.find(text, field.level, within, frame.language, _LOOKED_AT)
    exact = [place for place in found if places.exact(text, place)]
    found = exact or found
    near = [place for place in found if frame.district and places.is_within(place.code, frame.district)]
    ordered = near + [place for place in found if place not in near]
    if len(ordered) > MOST:
        ordered = near if 1 < len(near) <= MOST else ordered
    return _decide(places, ordered, frame.language)


def _decide(places: Places, found: list[Place], language: str) -> str | Refusal | Choose:
    if not found:
        return Refusal("not_found")
    if len(found) > MOST:
        return Refusal("more_letters")
    if len(found) == 1:
        return found[0].code
    return Choose(tuple((place.code, label(places, place, language)) for place in found))


def label(places: Places, place: Place, language: str) -> str:
    """A village with its district, since many villages share a name; anything else by its name alone."""
    parent = places.at(place.parent) if place.level == "village" and place.parent else None
    return f"{place.name(language)}, {parent.name(language)}" if parent else place.name(language)


def _within(field: RefField, frame: Frame) -> str:
    if field.within == "district":
        return frame.district
    answer = frame.scope.get(field.within)
    return answer if isinstance(answer, str) else "" if field.within in frame.scope else field.within


def _by_code(places: Places, text: str, frame: Frame) -> Place | None:
    code = text.replace(" ", "").replace("-", "")
    forms = [text, code, frame.country + code, code.removeprefix(frame.country)]
    digits = frame.district.removeprefix(frame.country)
    if digits and len(code) == _SHORT_CODE and code.isascii() and code.isdigit():
        forms.append(digits + code)
    return next((place for form in forms if (place := places.at(form)) is not None), None)
