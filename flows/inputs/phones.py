"""Reads phone numbers in every local form, kept as E.164."""

from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult

from flows.errors import Refusal
from flows.fields import PhoneField
from flows.inputs.values import Frame, tidy

_MARKS: Final = frozenset("0123456789+-./() ")
_LONGEST: Final = 30
_LEFT_OUT: Final = {"LA": ("20", "30")}
"""Mobile prefixes that people leave out when they say their number: 55 512 345 is 020 55 512 345."""


def read_phone(_field: PhoneField, text: str, frame: Frame) -> str | Refusal:
    """A number of the frame's country, or any with + or 00; operators change ranges, so possible is enough."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    if len(text) > _LONGEST or not _MARKS.issuperset(text):
        return Refusal("not_a_phone")
    number = _parse(text, frame.country)
    if number is None:
        return Refusal("not_a_phone")
    if not phonenumbers.is_valid_number(number):
        number = _completed(text, frame.country) or number
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return Refusal("not_a_phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _parse(text: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _completed(text: str, country: str) -> PhoneNumber | None:
    """The number with a mobile prefix before it, when that makes it a valid one."""
    if text.startswith(("0", "+")):
        return None
    numbers = (_parse(prefix + text, country) for prefix in _LEFT_OUT.get(country, ()))
    return next((number for number in numbers if number and phonenumbers.is_valid_number(number)), None)


def show_phone(number: str, country: str = "LA") -> str:
    """As people of the country write it: 020 55 512 345, and foreign numbers with their +."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    own = parsed.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL)
