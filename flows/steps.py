"""The seven verbs of a flow: what one item under `steps:` may be, told apart by its key."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from flows.expressions import Formula
from flows.fields import Id, Name, Strict, Text

Verb = Literal["say", "ask", "menu", "run", "confirm", "submit", "end"]
VERBS: tuple[Verb, ...] = get_args(Verb)


def _as_typed(value: Any) -> Any:
    """A key press written as a bare number in YAML is what the citizen types."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Typed = Annotated[str, BeforeValidator(_as_typed)]
KeyPress = Annotated[str, BeforeValidator(_as_typed), StringConstraints(min_length=1, max_length=10)]


class _Step(Strict):
    """What any step may have.

    Attributes:
        when: the step (and its goto) is skipped unless this is true.
        goto: where to go on after this step, instead of the next one.
        let: names computed for this step's text.
    """

    id: Id | None = None
    when: Formula | None = None
    goto: Id | None = None
    let: dict[Name, Formula] = Field(default_factory=dict, max_length=20)


class Say(_Step):
    """Shows a text."""

    verb: ClassVar[Verb] = "say"
    say: Text


class Ask(_Step):
    """Reads one field.

    Attributes:
        ask: the field's name.
        skip: this key leaves an optional field empty.
        none: the step to go on at when nothing fitted after `tries` refusals.
    """

    verb: ClassVar[Verb] = "ask"
    ask: Name
    text: Text
    help: Text | None = None
    error: Text | None = None
    skip: KeyPress | None = None
    none: Id | None = None
    tries: int = Field(3, ge=1, le=9)


class Option(Strict):
    """One line of a menu."""

    label: Text
    goto: Id


class Menu(_Step):
    """Offers numbered options; for branching that is not an answer worth keeping."""

    verb: ClassVar[Verb] = "menu"
    menu: Text
    options: dict[str, Option] = Field(min_length=1, max_length=30)


class Run(_Step):
    """Another flow as a part of this one.

    Attributes:
        inputs: (`in:`) its field -> an expression over our names.
        outputs: (`out:`) our field -> its field or computed name.
    """

    verb: ClassVar[Verb] = "run"
    run: Id
    inputs: dict[Name, Formula] = Field(default_factory=dict, alias="in")
    outputs: dict[Name, Name] = Field(default_factory=dict, alias="out")


class Confirm(_Step):
    """Shows `label: value` of these fields: 1 send, 2 change one answer, 0 back."""

    verb: ClassVar[Verb] = "confirm"
    confirm: tuple[Name, ...] = Field(min_length=1)


class Submit(_Step):
    """The only effect: a submission of this type into the outbox.

    Attributes:
        once: the fields whose values make a second submission the same one.
        receipt: the name of the message that goes out as SMS.
        to: further agencies; the same event bytes, one delivery each.
    """

    verb: ClassVar[Verb] = "submit"
    submit: Id
    once: tuple[Name, ...] = ()
    receipt: Name | None = None
    to: tuple[Id, ...] = ()


class End(_Step):
    """Closes the dialogue with a text."""

    verb: ClassVar[Verb] = "end"
    end: Text


def verb_of(step: Any) -> str | None:
    """The verb of a step, raw or read; the first one if an author wrote two."""
    if isinstance(step, _Step):
        return type(step).__name__.lower()
    if not isinstance(step, Mapping):
        return None
    return next((verb for verb in VERBS if verb in step), None)


Step = Say | Ask | Menu | Run | Confirm | Submit | End
StepType = Annotated[
    Annotated[Say, Tag("say")]
    | Annotated[Ask, Tag("ask")]
    | Annotated[Menu, Tag("menu")]
    | Annotated[Run, Tag("run")]
    | Annotated[Confirm, Tag("confirm")]
    | Annotated[Submit, Tag("submit")]
    | Annotated[End, Tag("end")],
    Discriminator(verb_of),
]
