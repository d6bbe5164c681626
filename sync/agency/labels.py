"""What the services call their fields and choices, so that the page speaks the clerk's language and no keys.

The starter services come with the house; an agency names folders of further ones. A service that is not known, or a
field of an older revision, is shown by its key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import structlog

import flows
from flows.errors import Fault
from flows.fields import AnyField, RefField
from flows.findings import FlowFault
from flows.inputs import decode, show
from flows.loader import load_path
from flows.model import Flow
from flows.tables import Tables

SEALED: Final = "sealed"
"""The service of a body that this agency cannot open."""

LIBRARY: Final = Path(flows.__file__).parent / "library"

_log = structlog.get_logger("agency")


class Labels:
    """Titles, labels and values by service; reads the flow files when first asked, which takes a second."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Take further folders; a service in a later one goes before the same in an earlier one."""
        self._folders = (LIBRARY, *folders)

    @cached_property
    def _flows(self) -> Mapping[str, Flow]:
        found: dict[str, Flow] = {}
        for folder in self._folders:
            try:
                found |= {flow.id: flow for flow in load_path(folder) if not flow.is_part}
            except (FlowFault, Fault, OSError) as fault:
                _log.warning("labels_not_read", file=folder.name, fault=type(fault).__name__)
        return found

    def ready(self) -> None:
        """Read the files now: in a thread, before somebody waits for a page."""
        _ = self._flows

    def title(self, service: str, language: str) -> str:
        """What the service is called."""
        flow = self._flows.get(service)
        return flow.title.say(language) if flow is not None else service

    def label(self, service: str, name: str, language: str) -> str:
        """What the field is called."""
        field = self._field(service, name)
        return field.label.say(language) if field is not None else name

    def value(self, service: str, name: str, value: Any, language: str, words: Mapping[str, str]) -> str:
        """The answer in words; "" for none. `words` are the page's, for a bare yes or no."""
        field = self._field(service, name)
        if value is None:
            return ""
        if field is not None and not isinstance(field, RefField):
            try:
                return show(field, decode(field, value), language, Tables({}))
            except (ValueError, TypeError, ArithmeticError, KeyError):
                pass  # an answer of another revision's kind is shown as it is
        return plain(value, words)

    def _field(self, service: str, name: str) -> AnyField | None:
        flow = self._flows.get(service)
        return flow.fields.get(name) if flow is not None else None


def plain(value: Any, words: Mapping[str, str]) -> str:
    """A JSON value without its service's help."""
    match value:
        case bool():
            return words["yes"] if value else words["no"]
        case None:
            return ""
        case list():
            return ", ".join(plain(item, words) for item in value)
        case dict():
            return ", ".join(f"{key}: {plain(item, words)}" for key, item in value.items())
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Voice:
    """How the page speaks to one clerk: her language, the page's words in it, and the services' labels."""

    language: str
    words: Mapping[str, str]
    labels: Labels

    def title(self, service: str) -> str:
        """What a service is called; a body that is sealed to others hides even that."""
        return self.words["sealed_service"] if service == SEALED else self.labels.title(service, self.language)
