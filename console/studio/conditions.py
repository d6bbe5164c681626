"""Conditions put together from what was asked before, so that nobody has to know how a condition is written."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from flows.editing import EditFault
from flows.fields import (
    AnyField,
    ChoiceField,
    DateField,
    DecimalField,
    IntField,
    MultiField,
    YesNoField,
)
from flows.model import Flow
from flows.steps import Ask, Run

GAP: Final = "#"
"""Stands in a condition for the number that the reader types."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def conditions(flow: Flow, at: int, language: str, say: Mapping[str, str]) -> list[tuple[str, str]]:
    """(condition, in words) of every answer that comes before a step."""
    names = [step.ask for step in flow.steps[:at] if isinstance(step, Ask)]
    names += [name for step in flow.steps[:at] if isinstance(step, Run) for name in step.outputs]
    found = [one for name in dict.fromkeys(names) if name in flow.fields for one in _of(flow, name, language, say)]
    return list(dict.fromkeys(found))


def _of(flow: Flow, name: str, language: str, say: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    field = flow.fields[name]
    label = field.label.say(language)
    for condition, words in _kinds(name, field, language, say):
        yield condition, f"{label}: {words}"
    yield f"answered({name})", f"{label}: {say['if_answered']}"
    yield f"not answered({name})", f"{label}: {say['if_not_answered']}"


def _kinds(name: str, field: AnyField, language: str, say: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    match field:
        case ChoiceField():
            for key, words in field.choices.items():
                yield f'{name} == "{key}"', words.say(language)
                yield f'{name} != "{key}"', f"{say['if_not']} {words.say(language)}"
        case MultiField():
            for key, words in field.choices.items():
                yield f'"{key}" in {name}', say["if_among"].format(words=words.say(language))
        case YesNoField():
            yield name, say["yes"]
            yield f"not {name}", say["no"]
        case IntField() | DecimalField():
            gap = GAP if isinstance(field, IntField) else f'dec("{GAP}")'
            yield f"{name} >= {gap}", say["if_least"]
            yield f"{name} <= {gap}", say["if_most"]
        case DateField():
            yield f"days_since({name}) >= {GAP}", say["if_days"]
            yield f"years_since({name}) >= {GAP}", say["if_years"]
        case _:
            return


def put_together(before: str, chosen: str, number: str, say: Mapping[str, str]) -> str:
    """A condition with one more beside it: both must hold.

    Raises:
        EditFault: it needs a number, and there is none.
    """
    number = number.strip().replace(",", ".")
    if GAP in chosen:
        if not _NUMBER.fullmatch(number) or ("." in number and "dec(" not in chosen):
            raise EditFault(say["if_number_missing"])
        chosen = chosen.replace(GAP, number)
    if not before.strip():
        return chosen
    kept = f"({before.strip()})" if re.search(r"\b(or|if)\b", before) else before.strip()
    return f"{kept} and {chosen}"
