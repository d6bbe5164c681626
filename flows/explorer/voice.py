"""The spoken form of a flow, for whoever builds the voice line: one recording a line, in the order they are heard.

It is linear as a caller needs it: one question, press a key, the same again with `*`. Values in braces are spoken by
the voice line itself; names and places are said after a tone and typed by an officer.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Final

from flows.dialogue.consent import answers as notice_answers
from flows.explorer import Settings
from flows.fields import ChoiceField, MultiField, NameField, RefField, TextField, YesNoField
from flows.inputs import numbers
from flows.inputs.values import shown_word
from flows.program import (
    AskNode,
    ConfirmNode,
    EndNode,
    EnterNode,
    LeaveNode,
    MenuNode,
    Node,
    Program,
    SayNode,
    SubmitNode,
    Words,
)
from flows.revision import Revision
from flows.template import placeholders

REPEAT: Final = "*"
ENDS: Final = "#"


@dataclass(frozen=True, slots=True)
class Line:
    """One recording where it is heard.

    Attributes:
        audio: id of the recording; the same id is the same recording. role: notice, prompt, option, help, error, value,
            check, closing, or the line's own words. values: names that the voice line speaks itself.
        keys: what the caller may press now. takes: `key`, `digits`, `speech` or nothing. when: the step is left out
            unless this holds. next: the step that follows this key; `send, ` before it: the request is sent first.
    """

    order: int
    audio: str
    language: str
    step: str
    role: str
    text: str
    values: str = ""
    keys: str = ""
    takes: str = ""
    when: str = ""
    next: str = ""
    repeat: str = REPEAT


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("voice.toml").read_text("utf-8"))


def voice_script(revision: Revision, settings: Settings) -> list[Line]:
    """Every recording in every language of a flow, language by language."""
    program = Program(revision)
    languages = settings.languages or revision.flow.languages
    rows = [row for language in languages for row in _Script(program, settings, language).lines()]
    return [Line(order, *row) for order, row in enumerate(rows, 1)]


def as_csv(lines: list[Line]) -> str:
    """The lines as a table with a head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.name for one in fields(Line)])
    writer.writerows(astuple(line) for line in lines)
    return out.getvalue()


def as_rows(lines: list[Line]) -> list[dict[str, object]]:
    """The lines as plain values."""
    return [asdict(line) for line in lines]


_Row = tuple[str, ...]


class _Script:
    """One language of one flow."""

    def __init__(self, program: Program, settings: Settings, language: str) -> None:
        self.program = program
        self.settings = settings
        self.language = language

    def lines(self) -> Iterator[_Row]:
        yield from self._notice()
        for node in self.program.nodes[:-1]:
            match node:
                case SayNode():
                    yield self._row(node, "prompt", self._text(node.text), next_=node.next)
                case AskNode():
                    yield from self._asked(node)
                case MenuNode():
                    yield from self._menu(node)
                case ConfirmNode():
                    yield from self._check(node)
                case EndNode():
                    yield self._row(node, "closing", self._text(node.text) if node.text else "", repeat="")
                case EnterNode() | LeaveNode() | SubmitNode():
                    pass
        for name in ("typed", "spoken", "repeat", "back", "check"):
            yield ("all." + f"{name}.{self.language}", self.language, "", "words", self._word(name))

    def _row(
        self,
        node: Node,
        role: str,
        text: str,
        *,
        part: str = "",
        keys: str = "",
        takes: str = "",
        next_: int = -1,
        **more: str,
    ) -> _Row:
        values = " ".join(placeholders(text))
        when = node.when.source if node.when is not None else ""
        audio = ".".join(one for one in (self._audio(node), role, part, self.language) if one)
        following = self._following(next_)
        return (
            audio,
            self.language,
            self._name(node.index),
            role,
            text,
            values,
            keys,
            takes,
            when,
            following,
            more.get("repeat", REPEAT),
        )

    def _audio(self, node: Node) -> str:
        return f"{self.program.flow.id}.{node.index + 1:02}.{node.name.split(':')[-1]}"

    def _following(self, index: int) -> str:
        """The next step that is heard; parts are entered and left in silence, and so is sending."""
        if index < 0:
            return ""
        node = self.program.nodes[index]
        # The silent end of a row is where its last step leads.
        if isinstance(node, EnterNode | LeaveNode) and index < len(self.program.nodes) - 1:
            return self._following(node.next)
        if isinstance(node, SubmitNode):
            return f"send, {self._following(node.next)}"
        return self._name(index)

    def _name(self, index: int) -> str:
        return f"{index + 1:02}.{self.program.nodes[index].name.split(':')[-1]}"

    def _text(self, words: Words) -> str:
        template = words.of(self.language, "ussd")
        return "".join(f"{{{part}}}" if at % 2 else part for at, part in enumerate(template.parts))

    def _word(self, name: str, **values: str) -> str:
        spoken = _words()[name]
        text = spoken.get(self.language) or spoken["en"]
        for one, value in values.items():
            text = text.replace(f"{{{one}}}", value)
        return text

    def _notice(self) -> Iterator[_Row]:
        flow = self.program.flow
        if flow.notice is None:
            return
        agree, refuse = notice_answers(flow, self.language, self.settings.phrases)
        kept = self.settings.phrases.say(self.language, "notice.kept", days=flow.notice.keep_days)
        text = f"{flow.notice.purpose.say(self.language)} {kept}"
        common = (self.language, "notice")
        start = f"{flow.id}.00.notice"
        yield (
            f"{start}.prompt.{self.language}",
            *common,
            "notice",
            text,
            "",
            "1 2",
            "key",
            "",
            self._following(0),
            REPEAT,
        )
        for key, label in (("1", agree), ("2", refuse)):
            option = self._word("option", label=label, key=key)
            yield (f"{start}.option.{key}.{self.language}", *common, "option", option, "", key, "key")

    def _asked(self, node: AskNode) -> Iterator[_Row]:
        options = self._options(node)
        takes = "key" if options else "speech" if isinstance(node.field, NameField | TextField | RefField) else "digits"
        keys = " ".join(key for key, _ in options) or f"0-9 {ENDS}"
        text, none = self._skipping(node)
        yield self._row(node, "prompt", text, keys=keys, takes=takes, next_=node.next)
        for key, label in options:
            words = self._word("option", label=label, key=key)
            yield self._row(node, "option", words, part=key, keys=key, takes="key", next_=node.next)
        if none:
            key = str(node.step.skip)
            words = self._word("option" if options else "skip", label=none, key=key)
            pressed = key if options else f"{key} {ENDS}"
            yield self._row(node, "option", words, part=key, keys=pressed, takes="key", next_=node.next)
        if node.help is not None:
            yield self._row(node, "help", self._text(node.help))
        if node.error is not None:
            yield self._row(node, "error", self._text(node.error))

    def _skipping(self, node: AskNode) -> tuple[str, str]:
        """The question, and what its skip key stands for: "(1 = not yet)" on a screen, an option when heard."""
        text = self._text(node.text)
        written = re.search(rf"\s*\({re.escape(str(node.step.skip))}\s*=\s*([^()]+)\)", text)
        if node.step.skip is None or written is None:
            return text, ""
        return (text[: written.start()] + text[written.end() :]).strip(), written[1].strip()

    def _options(self, node: AskNode) -> list[tuple[str, str]]:
        field = node.field
        if isinstance(field, ChoiceField | MultiField):
            keys = numbers(len(field.choices))
            return [(key, text.say(self.language)) for key, text in zip(keys, field.choices.values(), strict=True)]
        if isinstance(field, YesNoField):
            return [("1", shown_word("yes", self.language)), ("2", shown_word("no", self.language))]
        return []

    def _menu(self, node: MenuNode) -> Iterator[_Row]:
        yield self._row(node, "prompt", self._text(node.text), keys=" ".join(node.options), takes="key")
        for key, (label, target) in node.options.items():
            text = self._word("option", label=self._text(label), key=key)
            yield self._row(node, "option", text, part=key, keys=key, takes="key", next_=target)

    def _check(self, node: ConfirmNode) -> Iterator[_Row]:
        yield self._row(node, "check", self._word("check"), keys="1 2", takes="key")
        for name in node.step.confirm:
            field = node.part.fields.get(name)
            if field is not None:
                yield self._row(node, "value", f"{field.label.say(self.language)}: {{{name}}}", part=name)
        phrases = self.settings.phrases
        for key, phrase in (("1", "flow.send"), ("2", "flow.change")):
            text = self._word("option", label=phrases.say(self.language, phrase), key=key)
            yield self._row(
                node, "option", text, part=key, keys=key, takes="key", next_=node.next if key == "1" else -1
            )
