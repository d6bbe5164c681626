"""What a rule of the check looks at, and how it says what it found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flows.check.ways import Ways
from flows.fields import ChoiceField, MultiField, Text
from flows.findings import Finding, Severity
from flows.model import Flow
from flows.phrases import Phrases
from flows.steps import Ask, End, Menu, Say
from flows.tables import Tables
from flows.text.measure import SMS, USSD, Budget


@dataclass(frozen=True, slots=True)
class Place:
    """A text and where it stands: `path` in the file, the step's number (None outside the steps)."""

    text: Text
    path: tuple[str | int, ...]
    step: int | None = None


@dataclass(frozen=True)
class Subject:
    """A flow under check, with what surrounds it.

    Attributes:
        parts: every flow that may be run, by id. tables: of the node; empty when not known.
        others: the other services of the node, for numbers, codes and keywords that two would share.
        ussd, sms: the room of one page on each channel.
    """

    flow: Flow
    parts: Mapping[str, Flow]
    tables: Tables
    phrases: Phrases
    others: Sequence[Flow] = ()
    ussd: Budget = field(default=USSD)
    sms: Budget = field(default=SMS)

    @cached_property
    def ways(self) -> Ways:
        """The ways through the flow, worked out once: of a long flow with many conditions they are most of the work."""
        return Ways(self.flow, self.parts)

    def error(self, code: str, sentence: str, *path: str | int, language: str = "") -> Finding:
        """A finding that blocks; the line is that of the path, the step that of `steps, n`."""
        return self._finding("error", code, sentence, path, language)

    def warning(self, code: str, sentence: str, *path: str | int, language: str = "") -> Finding:
        """A finding that does not block."""
        return self._finding("warning", code, sentence, path, language)

    def _finding(
        self, severity: Severity, code: str, sentence: str, path: tuple[str | int, ...], language: str
    ) -> Finding:
        match path:
            case ("steps", int(index), *_):
                step = self.flow.step_name(index)
            case _:
                step = ""
        line = self.flow.line(*path, language) if language else self.flow.line(*path)
        return Finding(self.flow.file, line, step, language, sentence, severity, code)

    @cached_property
    def texts(self) -> tuple[Place, ...]:
        """Every text of the flow, in the file's order."""
        return (*_outer_texts(self.flow), *_field_texts(self.flow), *_step_texts(self.flow), *_messages(self.flow))

    @cached_property
    def step_texts(self) -> tuple[Place, ...]:
        """The texts that a step shows."""
        return tuple(_step_texts(self.flow))


def _outer_texts(flow: Flow) -> Iterator[Place]:
    yield Place(flow.title, ("title",))
    if flow.notice is not None:
        yield Place(flow.notice.purpose, ("notice", "purpose"))
    if flow.entry is not None and flow.entry.urgent is not None:
        yield Place(flow.entry.urgent, ("entry", "urgent"))


def _field_texts(flow: Flow) -> Iterator[Place]:
    for name, one in flow.fields.items():
        yield Place(one.label, ("fields", name, "label"))
        if one.help is not None:
            yield Place(one.help, ("fields", name, "help"))
        if isinstance(one, ChoiceField | MultiField):
            for key, label in one.choices.items():
                yield Place(label, ("fields", name, "choices", key))


def _step_texts(flow: Flow) -> Iterator[Place]:
    for index, step in enumerate(flow.steps):
        path = ("steps", index)
        shown: list[tuple[tuple[Any, ...], Text | None]] = []
        match step:
            case Say():
                shown = [(("say",), step.say)]
            case Ask():
                shown = [(("text",), step.text), (("help",), step.help), (("error",), step.error)]
            case Menu():
                shown = [(("menu",), step.menu)]
                shown += [(("options", key, "label"), option.label) for key, option in step.options.items()]
            case End():
                shown = [(("end",), step.end)]
        for key_path, text in shown:
            if text is not None:
                yield Place(text, (*path, *key_path), index)


def _messages(flow: Flow) -> Iterator[Place]:
    for name, text in flow.messages.named.items():
        yield Place(text, ("messages", name))
    for name, text in flow.messages.status.items():
        yield Place(text, ("messages", "status", name))
