"""The field types of a flow, as the author declares them once under `fields:`."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, RootModel, StringConstraints

from flows.bounds import Bound

Channel = Literal["ussd", "sms"]
Sensitivity = Literal["public", "personal", "sensitive", "prohibited"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A field, a computed name: ASCII, because Python's parser would rewrite Lao letters in a name."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A flow, a step, an agency, a submission type."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
"""The key of a choice."""


class Strict(BaseModel):
    """What every part of a flow is: immutable, and without keys that the format does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=False)


class PerChannel(Strict):
    """A text that differs between the key-press door and the text-message door."""

    ussd: Words
    sms: Words


class Text(RootModel[Annotated[dict[Language, Words | PerChannel], Field(min_length=1)]]):
    """A text in every language of the flow; `{name}` in it puts a value in."""

    model_config = ConfigDict(frozen=True)

    def say(self, language: str, channel: str = "ussd") -> str:
        """The words in this language, else in the first that the author wrote; placeholders are still in them."""
        words = self.root.get(language)
        if words is None:
            words = next(iter(self.root.values()), "")
        if isinstance(words, str):
            return words
        return words.sms if channel == "sms" else words.ussd

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the author wrote, in that order."""
        return tuple(self.root)

    def every(self) -> list[tuple[str, Channel, str]]:
        """Each (language, channel, words); words that both channels share stand once for each."""
        channels: tuple[Channel, ...] = ("ussd", "sms")
        return [(tag, channel, self.say(tag, channel)) for tag in self.root for channel in channels]


def _decimal(value: Any) -> Any:
    """0.1 in YAML is a float; its shortest spelling is what the author wrote."""
    return str(value) if isinstance(value, float) else value


Number = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(allow_inf_nan=False),
    PlainSerializer(str, return_type=str),
]


class _Field(Strict):
    """The keys that every field may have.

    Attributes:
        why: what the answer is for; asked of the author unless the field is public.
        profile: after a yes of its own, kept encrypted for this number and offered as "1 same".
    """

    label: Text
    help: Text | None = None
    optional: bool = False
    sensitivity: Sensitivity = "personal"
    why: str = ""
    profile: bool = False


class TextField(_Field):
    """Words as typed. `min` and `max` count graphemes."""

    type: Literal["text"]
    min: int = Field(1, ge=1, le=500)
    max: int = Field(60, ge=1, le=500)


class NameField(_Field):
    """A person's name, one string, a title kept. `min` and `max` count graphemes."""

    type: Literal["name"]
    min: int = Field(1, ge=1, le=120)
    max: int = Field(60, ge=1, le=120)


class IntField(_Field):
    """A whole number."""

    type: Literal["int"]
    min: int = Field(0, ge=-(10**15), le=10**15)
    max: int = Field(999_999_999, ge=-(10**15), le=10**15)


class DecimalField(_Field):
    """A number with at most six decimals."""

    type: Literal["decimal"]
    min: Number = Field(Decimal(0), ge=-(10**15), le=10**15)
    max: Number = Field(Decimal(999_999_999), ge=-(10**15), le=10**15)


class DateField(_Field):
    """A day. Without limits, 1900-01-01 to 2099-12-31."""

    type: Literal["date"]
    min: Bound | None = None
    max: Bound | None = None


class TimeField(_Field):
    """A time of day, `HH:MM`."""

    type: Literal["time"]
    min: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "00:00"
    max: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "23:59"


class PhoneField(_Field):
    """A phone number, kept as E.164."""

    type: Literal["phone"]


class CodeField(_Field):
    """A code of an outside register: its pattern (on pydantic's linear-time engine) and check digit.

    The whole code must match the pattern. `check` names where the last digit (or two, for mod97) come from.
    """

    type: Literal["code"]
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    check: Literal["luhn", "verhoeff", "mod11", "mod97"] | None = None
    max: int = Field(30, ge=1, le=60)


class _Choosing(_Field):
    choices: dict[Key, Text] = Field(min_length=1, max_length=30)
    code: dict[Key, Words] = Field(default_factory=dict)
    """What connectors send instead of the key; never typed by a citizen."""


class ChoiceField(_Choosing):
    """One of a few: the key is the answer."""

    type: Literal["choice"]


class MultiField(_Choosing):
    """Some of a few: the keys are the answer, in the author's order."""

    type: Literal["multi"]
    min: int = Field(1, ge=0, le=8)
    max: int = Field(8, ge=1, le=8)


class YesNoField(_Field):
    """Yes or no."""

    type: Literal["yesno"]


class RefField(_Field):
    """A row of a table of codes.

    Attributes:
        level: for places: `province`, `district` or `village`; empty for any row.
        within: only rows below this: the name of a field answered before, or a key of the table, or `district` for
            the node's own district.
    """

    type: Literal["ref"]
    table: Name = "places"
    level: str = ""
    within: str = ""


FieldType = Annotated[
    TextField
    | NameField
    | IntField
    | DecimalField
    | DateField
    | TimeField
    | PhoneField
    | CodeField
    | ChoiceField
    | MultiField
    | YesNoField
    | RefField,
    Field(discriminator="type"),
]
AnyField = (
    TextField
    | NameField
    | IntField
    | DecimalField
    | DateField
    | TimeField
    | PhoneField
    | CodeField
    | ChoiceField
    | MultiField
    | YesNoField
    | RefField
)
