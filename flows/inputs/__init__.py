"""Reads what a citizen types into a value, or says why it did not fit; one function and one table line a type.

`REASONS` are the refusals' reasons; the phrase catalogue has a sentence for each in its `refusal` group.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flows.errors import Refusal
from flows.fields import AnyField
from flows.inputs.codes import read_code
from flows.inputs.days import read_date, read_time
from flows.inputs.figures import read_decimal, read_int
from flows.inputs.options import read_choice, read_multi, read_yesno
from flows.inputs.phones import read_phone
from flows.inputs.refs import read_ref
from flows.inputs.shown import decode, encode, longest, show, show_value
from flows.inputs.texts import read_name, read_text
from flows.inputs.values import MAX_INPUT, Choose, Confirm, Frame, Value, numbers

__all__ = [
    "REASONS",
    "Choose",
    "Confirm",
    "Frame",
    "Value",
    "decode",
    "encode",
    "longest",
    "numbers",
    "read",
    "show",
    "show_value",
]

REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "empty": (),
    "only_a_key": (),
    "too_long": ("max",),
    "too_short": ("min",),
    "not_a_name": (),
    "not_a_number": (),
    "not_whole": (),
    "two_numbers": ("large", "small"),
    "too_small": ("min",),
    "too_large": ("max",),
    "not_a_date": (),
    "too_early": ("min",),
    "too_late": ("max",),
    "not_a_time": (),
    "not_a_phone": (),
    "bad_code": (),
    "bad_check_digit": (),
    "not_an_option": ("max",),
    "too_few": ("min",),
    "too_many": ("max",),
    "not_yes_no": (),
    "not_found": (),
    "more_letters": (),
}
"""Reason -> the values that its sentence may use."""

_READERS: Final[Mapping[str, Callable[[Any, str, Frame], Value | Refusal | Choose | Confirm]]] = {
    "text": read_text,
    "name": read_name,
    "int": read_int,
    "decimal": read_decimal,
    "date": read_date,
    "time": read_time,
    "phone": read_phone,
    "code": read_code,
    "choice": read_choice,
    "multi": read_multi,
    "yesno": read_yesno,
    "ref": read_ref,
}


def read(field: AnyField, text: str, frame: Frame) -> Value | Refusal | Choose | Confirm:
    """Read one answer. Any text at all comes to a value or a refusal, never to an exception.

    Keys (`0`, `00`, `9`, a `skip`) are the engine's and are taken out before.
    """
    if len(text) > MAX_INPUT:
        return Refusal("too_long", {"max": getattr(field, "max", MAX_INPUT) if field.type in _MEASURED else MAX_INPUT})
    return _READERS[field.type](field, text, frame)


_MEASURED: Final = ("text", "name")
