"""What a map may say: the shape of an operator's requests and answers. docs/gateways/http.md explains every key."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Form = Literal["json", "form", "query", "xml", "text"]
State = Literal["sent", "delivered", "failed"]
Body = str | Mapping[str, Any]
Name = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A table of a map: a key that is none is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(Part):
    """How the operator proves that a request is its own, besides the secret in the path.

    Attributes:
        kind: `basic` (the channel's `username` and `password`), `token` (a header that holds the channel's `token`),
            `hmac` (of the body, keyed with `token`), `twilio` (HMAC-SHA1 over the address and the sorted fields).
        header: where it stands. algorithm, encoding, prefix: of `hmac`.
    """

    kind: Literal["none", "basic", "token", "hmac", "twilio"] = "none"
    header: str = "Authorization"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""


def _one_root(form: Form, *bodies: Body) -> None:
    """Refuse what would be no XML."""
    if form == "xml" and any(not isinstance(body, str) and len(body) > 1 for body in bodies):
        raise ValueError("body: XML has one root; put the fields into one table, as body = {answer = {text = ...}}")


class Reply(Part):
    """What goes back: its status, form, headers, and its body as a text or as fields, with `{words}` in them."""

    status: int = Field(default=200, ge=200, le=299)
    form: Form = "text"
    type: str = ""
    body: Body = ""
    headers: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _is_xml(self) -> Self:
        _one_root(self.form, self.body)
        return self


class Incoming(Part):
    """What every request has: its method, its form, and what stands in the path behind the tail.

    `query`: fields of a POST may stand in its query as well; what its body says goes first.
    """

    method: Literal["POST", "GET", "any"] = "POST"
    form: Form
    path: str = ""
    query: bool = False


class Kind(Part):
    """By which field, and which of its values, a start, an input and an end are known."""

    field: Name
    start: tuple[str, ...] = ()
    input: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


States = Mapping[Literal["more", "over"], int | str]
"""By whether the session goes on."""


class Ussd(Incoming):
    """Key presses.

    Attributes:
        text_is: `cumulative` (all inputs joined by `*`) or `last`. session, number, text: names of fields; `a|b` is the
            first that is there.
        code, network, hop: names of fields, if there are such.
        session_is_number: the "session" comes again with each dial.
        start_is: what the text of a start is: `dialled` (the whole dialled string), `inputs` (what was dialled behind
            the code), or `nothing` of interest.
        repeat: seconds within which the same input is a copy, where no hop comes.
        kind: how requests are told apart; left out: by the session alone.
        echo: names of fields whose values the answer needs.
        answer: the screen; its words are `{text}`, `{state}`, `{more}`, `{over}`, `{session}`, `{number}`, `{plain}`,
            `{code}`, `{echo.NAME}` and `{also.NAME}`. states: what `{state}` is; a number stays one in JSON. also:
            further words that depend on it. ended: what answers the end of a session.
    """

    text_is: Literal["cumulative", "last"] = "last"
    session: Name
    number: Name
    text: Name
    code: str = ""
    network: str = ""
    hop: str = ""
    session_is_number: bool = False
    start_is: Literal["dialled", "inputs", "nothing"] = "nothing"
    repeat: int = Field(default=2, ge=0, le=60)
    kind: Kind | None = None
    echo: tuple[str, ...] = ()
    operator_deadline: float = Field(default=0, ge=0)
    encodings: tuple[Literal["gsm7", "ucs2"], ...] = ("gsm7", "ucs2")
    plain_numbers: bool = True
    states: States = {}
    also: Mapping[str, States] = {}
    answer: Reply
    ended: Reply = Reply()

    @model_validator(mode="after")
    def _states_are_there(self) -> Self:
        if "{state}" in repr((self.answer.body, self.answer.headers)) and set(self.states) != {"more", "over"}:
            raise ValueError("states: the answer says {state}; write what it is, as states = {more = ..., over = ...}")
        if any(set(one) != {"more", "over"} for one in self.also.values()):
            raise ValueError("also: write what each is in both, as also = {NAME = {more = ..., over = ...}}")
        return self


class Message(Incoming):
    """Messages of phones. Without an `id` they are known by the fields in `identity`, each of which must be there."""

    id: str = ""
    identity: tuple[str, ...] = ()
    number: Name
    text: Name
    to: str = ""
    link: str = ""
    answer: Reply = Reply()
    plain_numbers: bool = True

    @model_validator(mode="after")
    def _known_by_something(self) -> Self:
        if not self.id and not self.identity:
            raise ValueError("id: is missing; or write identity = [...], the fields by which a copy is known")
        return self


class Report(Incoming):
    """Delivery reports: whose (by the operator's `id` or by our `mark`), and what its words mean."""

    id: str = ""
    mark: str = ""
    status: Name
    states: Mapping[str, State]
    reason: str = ""

    @model_validator(mode="after")
    def _finds_its_message(self) -> Self:
        if not self.id and not self.mark:
            raise ValueError("id: is missing; or write mark = ..., the field that gives our {mark} back")
        return self


class OptOut(Incoming):
    """The operator's word that a number wants no more."""

    number: Name
    plain_numbers: bool = True


class Taken(Part):
    """How an answer to a send is read.

    Attributes:
        status: HTTP statuses under which the answer is read; others are 401/403 the account, 429 and 5xx later, the
            rest refused.
        form: of the answer. contains: what must stand in it. pattern: what it must match; its first group is the id.
        id, cost: names of fields.
        field: the one that says how it went, with its values `taken`, `later`, `account`, `refused`; `otherwise` is
            what any other value means.
    """

    status: tuple[int, ...] = (200, 201, 202)
    form: Form = "json"
    contains: str = ""
    pattern: str = ""
    id: str = ""
    cost: str = ""
    field: str = ""
    taken: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    otherwise: Literal["taken", "refused", "later", "unknown"] = "unknown"


class Sample(Part):
    """An answer of the operator, as its document shows it: for the kit. `{id}` is the id that it gives."""

    status: int = 200
    type: str = "application/json"
    body: str


class Send(Part):
    """How a message is handed over.

    Its words are `{to}`, `{plain}`, `{text}`, `{hex}` (UTF-16BE), `{sender}`, `{plain_sender}`, `{mark}`, `{coding}`,
    `{link}`, `{callback}`, `{base_url}`, `{username}`, `{password}`, `{basic}`, `{token}`, `{account}` and
    `{extra.NAME}`; `gsm7` and `ucs2` are fields that only messages in that alphabet have.
    """

    method: Literal["POST", "GET", "PUT"] = "POST"
    url: Name
    form: Form
    type: str = ""
    body: Body = ""
    headers: Mapping[str, str] = {}
    coding: Mapping[Literal["gsm7", "ucs2"], str] = {}
    gsm7: Mapping[str, Any] = {}
    ucs2: Mapping[str, Any] = {}
    long: Literal["whole", "plain"] = "whole"
    encodings: tuple[Literal["gsm7", "ucs2"], ...] = ("gsm7", "ucs2")
    idempotent: bool = False
    phones: bool = True
    taken: Taken = Taken()
    samples: Mapping[Literal["taken", "refused", "later", "nonsense"], Sample]

    @model_validator(mode="after")
    def _is_xml(self) -> Self:
        # Fields of one alphabet only would stand beside the root.
        _one_root(self.form, self.body, *({**self.gsm7, "": ""}, {**self.ucs2, "": ""}))
        return self


class Tell(Part):
    """How a system that has us send its messages is told what became of each; words: `{name}` (its own), `{state}`.

    `states` are its words for ours.
    """

    method: Literal["POST", "GET"] = "POST"
    url: Name
    form: Form = "form"
    body: Body = ""
    headers: Mapping[str, str] = {}
    states: Mapping[State, str] = {"sent": "sent", "delivered": "delivered", "failed": "failed"}


class OneAddress(Part):
    """For an operator that says everything at `.../sms`: by which field, and which of its values, it is told apart."""

    field: Name
    message: tuple[Name, ...]
    report: tuple[Name, ...] = ()
    optout: tuple[Name, ...] = ()


class Sms(Part):
    """Messages."""

    message: Message
    report: Report | None = None
    optout: OptOut | None = None
    tell: Tell | None = None
    send: Send
    kind: OneAddress | None = None

    @model_validator(mode="after")
    def _tells_apart_what_is_there(self) -> Self:
        for name in ("report", "optout") if self.kind else ():
            if getattr(self.kind, name) and getattr(self, name) is None:
                raise ValueError(f"{name}: is missing, and kind tells it from messages")
        return self


class Map(Part):
    """One operator's contract. `source` says where it was read, and what of it nobody has checked yet."""

    title: Name
    source: Name
    sign: Sign = Sign()
    ussd: Ussd | None = None
    sms: Sms | None = None

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        if self.ussd is None and self.sms is None:
            raise ValueError("describes neither [ussd] nor [sms]")
        return self
