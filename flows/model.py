"""A flow file as values: what the author wrote, read once, checked in shape, never changed again."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints

from flows.bounds import Seconds
from flows.expressions import Formula
from flows.fields import (
    AnyField,
    Channel,
    ChoiceField,
    CodeField,
    DateField,
    DecimalField,
    FieldType,
    Id,
    IntField,
    Key,
    Language,
    MultiField,
    Name,
    NameField,
    PerChannel,
    PhoneField,
    RefField,
    Sensitivity,
    Strict,
    Text,
    TextField,
    TimeField,
    YesNoField,
)
from flows.steps import VERBS, Ask, Confirm, End, Menu, Option, Run, Say, Step, StepType, Submit, Typed, Verb

__all__ = [
    "ALWAYS",
    "OFFICE_NAMES",
    "VERBS",
    "AnyField",
    "Ask",
    "Channel",
    "ChoiceField",
    "CodeField",
    "Confirm",
    "DateField",
    "DecimalField",
    "End",
    "Entry",
    "Expect",
    "Flow",
    "FlowTest",
    "Id",
    "IntField",
    "Key",
    "Language",
    "Menu",
    "Messages",
    "MultiField",
    "Name",
    "NameField",
    "Notice",
    "Option",
    "PerChannel",
    "PhoneField",
    "RefField",
    "Run",
    "Say",
    "Sensitivity",
    "Step",
    "Submit",
    "Text",
    "TextField",
    "TimeField",
    "Verb",
    "YesNoField",
]

ALWAYS = ("ref", "dial", "short", "today")
"""Names that every text of a flow may use."""
OFFICE_NAMES = ("office", "hours", "papers")
"""Names that `messages.status` may use as well: the row of the table `offices`."""

ServiceCode = Annotated[str, StringConstraints(pattern=r"^\*[0-9*]{1,20}#$")]
Keyword = Annotated[str, StringConstraints(pattern=r"^\S{1,20}$")]


def _text_of_contact(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Notice(Strict):
    """What the citizen agrees to before the flow begins.

    Attributes:
        keep: seconds that this node keeps the answers after the agency has them.
        contact: a number or place to ask at.
    """

    purpose: Text
    controller: Id
    basis: Literal["consent", "legal_task", "vital_interest"]
    keep: Seconds
    contact: Annotated[str, BeforeValidator(_text_of_contact), StringConstraints(min_length=1, max_length=60)]

    @property
    def keep_days(self) -> int:
        """`keep` in whole days, rounded up."""
        return -(-self.keep // 86_400)


class Entry(Strict):
    """How a citizen gets to the service.

    Attributes:
        menu: its number in the front menu, for good (never 9 or 0).
        ussd: service codes that open it directly.
        sms: keywords that start the conversation.
        form: the fields of the one-message form, in order.
        urgent: a text with a number to call, on the front menu's first page, before any notice; stores nothing.
    """

    menu: int | None = Field(None, ge=1, le=98)
    ussd: tuple[ServiceCode, ...] = ()
    sms: tuple[Keyword, ...] = ()
    form: tuple[Name, ...] = ()
    urgent: Text | None = None


class Messages(Strict):
    """Texts sent as SMS outside the dialogue, by name; `status` by status or status/reason."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Text]

    receipt: Text | None = None
    dropped: Text | None = None
    status: dict[str, Text] = Field(default_factory=dict)

    def get(self, name: str) -> Text | None:
        """The message of this name; None when the flow has none, or for `status`, which is not one message."""
        return self.named.get(name)

    @property
    def named(self) -> Mapping[str, Text]:
        """Every message but the status texts."""
        own = {"receipt": self.receipt, "dropped": self.dropped}
        return {name: text for name, text in own.items() if text is not None} | self.__pydantic_extra__


class Expect(Strict):
    """What a test of the flow must come to; what is not named is not looked at."""

    screen: Typed | None = None
    submitted: dict[Name, Any] | None = None
    sms: tuple[str, ...] | None = None
    max_pages: int | None = Field(None, ge=1)


class FlowTest(Strict):
    """One walk through the flow, as the author expects it.

    Attributes:
        press: what the citizen sends, in order; also the words MORE, DROP, DIAL and `+20h`.
        tables: rows that stand in for the configured tables: table -> key -> column -> value.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    channel: Channel = "ussd"
    language: Language
    today: date
    press: tuple[Typed, ...] = Field(min_length=1, max_length=200)
    expect: Expect
    tables: dict[Name, dict[str, dict[str, Typed]]] = Field(default_factory=dict)


class Flow(Strict):
    """One service, or a part that services run (then without notice, entry, submit and end).

    Attributes:
        agency: whose queue gets the submissions, and whose people may edit the file; empty only for a part.
        languages: the first is the fallback.
        resume: seconds within which a redial is offered to go on.
        anonymous: when true, no number goes into the submission.
    """

    sala: Literal[1]
    id: Id
    agency: Id | None = None
    audience: Literal["g2c", "g2b", "g2g"] = "g2c"
    title: Text
    languages: tuple[Language, ...] = Field(min_length=1, max_length=12)
    notice: Notice | None = None
    entry: Entry | None = None
    resume: Seconds = 86_400
    anonymous: Formula | None = None
    fields: dict[Name, FieldType] = Field(default_factory=dict, max_length=150)
    computed: dict[Name, Formula] = Field(default_factory=dict, max_length=100)
    steps: tuple[StepType, ...] = Field(min_length=1, max_length=300)
    messages: Messages = Field(default_factory=Messages)
    tests: tuple[FlowTest, ...] = Field((), max_length=100)

    _lines: Mapping[str, int] = PrivateAttr(default_factory=dict)
    _file: str = PrivateAttr(default="")
    _source: str = PrivateAttr(default="")

    @property
    def file(self) -> str:
        """The name of the file it was read from; empty for a flow made in memory."""
        return self._file

    @property
    def source(self) -> str:
        """The author's text, comments and all; empty for a flow made in memory."""
        return self._source

    @property
    def lines(self) -> Mapping[str, int]:
        """Dotted path -> line in the file, from 1; empty for a flow made in memory."""
        return self._lines

    def line(self, *path: object) -> int:
        """The line of this place, or of the nearest place around it; 1 when nothing is known."""
        for end in range(len(path), 0, -1):
            found = self._lines.get(".".join(str(part) for part in path[:end]))
            if found is not None:
                return found
        return 1

    @property
    def is_part(self) -> bool:
        """Whether other flows run this one: it has neither a way in nor an effect."""
        outside = any(isinstance(step, Submit | End) for step in self.steps)
        return self.entry is None and self.notice is None and not outside

    @property
    def sensitive(self) -> bool:
        """Whether a field of its own is sensitive; `Revision.sensitive` looks into the parts too."""
        return any(field.sensitivity == "sensitive" for field in self.fields.values())

    @property
    def step_ids(self) -> Mapping[str, int]:
        """Step id -> its place in `steps`."""
        return {step.id: index for index, step in enumerate(self.steps) if step.id is not None}

    def language(self, wanted: str) -> str:
        """The language in which this flow speaks to someone who asked for `wanted`."""
        return wanted if wanted in self.languages else self.languages[0]

    def step_name(self, index: int) -> str:
        """How findings call a step: its id, else its verb and what the verb names, else its number."""
        step = self.steps[index]
        if step.id is not None:
            return step.id
        match step:
            case Ask(ask=name) | Run(run=name) | Submit(submit=name):
                return f"{index + 1}:{step.verb}:{name}"
            case Say() | Menu() | Confirm() | End():
                return f"{index + 1}:{step.verb}"
