"""What a report may tell of a request besides its service: the applicant's word on woman or man, stars, the village.

A flow says so by the names of its fields or computed names. The sex of a child, or of a person in the papers, is under
other names and stays out of every figure.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from flows.fields import RefField
from flows.model import Flow
from flows.revision import Revision

SEX_FIELDS: Final = ("applicant_sex", "applicant_gender")
STARS_FIELDS: Final = ("satisfaction", "rating")
MOST_STARS: Final = 5
PLACES: Final = "places"
VILLAGE: Final = "village"

_SEX: Final = {"f": "f", "female": "f", "woman": "f", "w": "f", "m": "m", "male": "m", "man": "m"}


class Traits(msgspec.Struct, frozen=True):
    """What is told apart of one request.

    Attributes:
        agency: whose service it is. private: sensitive, or maybe anonymous: only the whole country is counted.
        sex: `f`, `m`, or "" when it was not told. stars: `1` to `5`, or "". village: its code, or "".
    """

    agency: str = ""
    private: bool = True
    sex: str = ""
    stars: str = ""
    village: str = ""


def traits(revision: Revision, answers: Mapping[str, Any]) -> Traits:
    """The traits of a request; `answers` are JSON values by field, empty where the body is sealed."""
    flow = revision.flow
    private = revision.sensitive or flow.anonymous is not None
    if private:
        return Traits(flow.agency or "", private=True)
    told = {"sex": sex_of(flow, answers), "stars": _stars(flow, answers), "village": _village(flow, answers)}
    return Traits(flow.agency or "", private=False, **told)


def sex_of(flow: Flow, answers: Mapping[str, Any]) -> str:
    """The applicant's own word, as `f` or `m`; or as the flow works it out of another answer (who is the mother)."""
    for name in SEX_FIELDS:
        said = answers.get(name) if name in flow.fields or name in flow.computed else None
        if isinstance(said, str):
            return _SEX.get(said.casefold(), "")
    return ""


def _village(flow: Flow, answers: Mapping[str, Any]) -> str:
    for name, field in flow.fields.items():
        if isinstance(field, RefField) and (field.table, field.level) == (PLACES, VILLAGE):
            said = answers.get(name)
            if isinstance(said, str) and said:
                return said
    return ""


def _stars(flow: Flow, answers: Mapping[str, Any]) -> str:
    for name in STARS_FIELDS:
        said = str(answers.get(name)) if name in flow.fields else ""
        if said in {str(n) for n in range(1, MOST_STARS + 1)}:
            return said
    return ""
