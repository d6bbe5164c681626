"""What an import gives back: the flow files it made, and a line for everything that did not come over as it stood."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from flows.check import check
from flows.errors import Fault
from flows.findings import Finding
from flows.loader import load
from flows.model import Flow
from flows.phrases import Phrases
from flows.tables import Tables, read_csv

MOST_IN_HEAD: Final = 40
"""How many of the lines also stand as comments at the head of the file."""


class ImportFault(Fault):
    """The file cannot be imported."""

    code = "import"
    ours = False

    def __init__(self, message: str, *, hint: str = "", left: "tuple[Left, ...]" = ()) -> None:
        """Take the sentence, and what was found out about the file before."""
        super().__init__(message, hint=hint)
        self.left = left


def to_write(agency: str) -> str:
    """What no file of another system says, and a person still writes."""
    first = "" if agency else "agency, "
    return f"Still to be written: {first}notice, entry, messages, tests."


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that did not come over as it stood.

    Attributes:
        place: where it stands in the source, `survey:12 age` or a node of a flow.
        what: the column, the type or the action, as the source calls it.
        sentence: what became of it.
        kind: `left` is not in the flow; `changed` is there in another form.
    """

    place: str
    what: str
    sentence: str
    kind: Literal["left", "changed"] = "left"

    def __str__(self) -> str:
        """`place what: sentence`, as `sala flow import` prints it."""
        return f"{self.place} {self.what}: {self.sentence}"


@dataclass(slots=True)
class Report:
    """Collects the lines while an import runs; the same line twice is one."""

    lines: dict[Left, None] = field(default_factory=dict)

    def left(self, place: str, what: str, sentence: str) -> None:
        """Note what is not in the flow."""
        self.lines[Left(place, what, sentence)] = None

    def changed(self, place: str, what: str, sentence: str) -> None:
        """Note what is in the flow in another form."""
        self.lines[Left(place, what, sentence, "changed")] = None

    def in_order(self) -> tuple[Left, ...]:
        """Every line, by the row or node that it is about; the source's parts in the order they were come to."""
        parts = list(dict.fromkeys(_spot(line)[0] for line in self.lines))
        return tuple(sorted(self.lines, key=lambda line: (parts.index(_spot(line)[0]), _spot(line)[1])))


def _spot(line: Left) -> tuple[str, int]:
    found = re.match(r"(.*?):(\d+)\b", line.place)
    return (found[1], int(found[2])) if found else (line.place, 0)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came over.

    Attributes:
        files: id -> YAML text, the service first, then the parts that it runs. Each loads.
        tables: name -> CSV text, the long and the cascading lists of choices.
        left: everything that did not come over as it stood, in the source's order.
    """

    files: Mapping[str, str]
    tables: Mapping[str, str]
    left: tuple[Left, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing from the flow."""
        return not any(one.kind == "left" for one in self.left)

    def flows(self) -> tuple[Flow, ...]:
        """The files as flows; raises `FlowFault` for a file that an author spoiled since."""
        return tuple(load(text, f"{name}.yaml") for name, text in self.files.items())

    def findings(self, tables: Tables | None = None, phrases: Phrases | None = None) -> list[Finding]:
        """What `check` says of the new files: at the least, what an author must still write."""
        flows = self.flows()
        parts = {flow.id: flow for flow in flows[1:]}
        own = {name: read_csv(name, text) for name, text in self.tables.items()}
        known = (tables or Tables()).over(own) if own or tables else None
        return [finding for flow in flows for finding in check(flow, parts, known, phrases)]
