"""Where everything stands in a flow file: each value's place in the text, so that only what changes is written anew."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ruamel.yaml import YAML
from ruamel.yaml.events import CollectionEndEvent, MappingStartEvent, NodeEvent, ScalarEvent

from flows.editing.faults import EditFault

Kind = Literal["scalar", "map", "list"]
_BLOCK_SCALARS: Final = ("|", ">")


@dataclass(slots=True)
class Spot:
    """One value in the text.

    Attributes:
        start, end: characters of the value; a block reaches to the end of its last line, remarks included.
        flow: written in braces or brackets. style: of a scalar: `"`, `'`, `|`, `>` or "".
        column: of a block's keys or dashes.
    """

    kind: Kind
    start: int
    end: int
    flow: bool = False
    style: str = ""
    column: int = 0
    entries: list["Entry"] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One entry of a mapping or list; `start` is where its key or dash stands."""

    key: str
    start: int
    value: Spot


def line_start(text: str, at: int) -> int:
    """Where the line of this character begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line of this character ends, before its line break."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def tree_of(text: str) -> Spot:
    """The places of all values of a file that `flows.yamltext` can read."""
    maker = _Maker(text)
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, CollectionEndEvent):
            maker.close(event)
        elif isinstance(event, NodeEvent):
            maker.take(event)
    if maker.root is None:
        raise EditFault("the file is empty: begin with a new service")
    return maker.root


@dataclass(slots=True)
class _Open:
    spot: Spot
    key: tuple[str, int] | None = None


class _Maker:
    """Builds the tree while the events go by."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Spot | None = None
        self.stack: list[_Open] = []

    def take(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        start = int(event.start_mark.index)
        if top is not None and top.spot.kind == "map" and top.key is None:
            top.key = (str(event.value), start)
            if not top.spot.entries:
                top.spot.column = int(event.start_mark.column)
            return
        spot = self._spot(event, start)
        if top is None:
            self.root = spot
        elif top.key is not None:
            top.spot.entries.append(Entry(*top.key, spot))
            top.key = None
        else:
            top.spot.entries.append(Entry(str(len(top.spot.entries)), self._dash(top.spot, start), spot))
        if spot.kind != "scalar":
            self.stack.append(_Open(spot))

    def _spot(self, event: Any, start: int) -> Spot:
        if isinstance(event, ScalarEvent):
            style, end = event.style or "", int(event.end_mark.index)
            if style in _BLOCK_SCALARS:
                end = start + len(self.text[start:end].rstrip())
            return Spot("scalar", start, end, style=style)
        kind: Kind = "map" if isinstance(event, MappingStartEvent) else "list"
        column = int(event.start_mark.column)
        return Spot(kind, start, start, flow=bool(event.flow_style), column=column)

    def _dash(self, holder: Spot, start: int) -> int:
        if holder.flow:
            return start
        dash = self.text.rfind("-", 0, start)
        if dash < 0 or self.text[dash + 1 : start].strip(" \t\r\n"):
            raise EditFault("an item of a list is written in a way that cannot be changed here: change it in the file")
        if not holder.entries:
            holder.start, holder.column = dash, dash - line_start(self.text, dash)
        return dash

    def close(self, event: CollectionEndEvent) -> None:
        spot = self.stack.pop().spot
        if spot.flow:
            spot.end = int(event.end_mark.index)
        elif spot.entries:
            spot.end = line_end(self.text, spot.entries[-1].value.end)
            if spot.kind == "map":
                spot.start = spot.entries[0].start
