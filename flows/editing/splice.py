"""Writes changed values into a flow file: what is the same stays byte for byte, its remarks and breaks with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from flows.editing.tree import Entry, Spot, line_end, line_start
from flows.imports.yamlout import PARTS, WIDTH, Formula, entry_lines, flow_style, item_lines, key_style, quoted, scalar

_PLAIN: Final = re.compile(r"[A-Za-z\u0e80-\u0eff](?:[A-Za-z0-9_\u0e80-\u0eff .-]*[A-Za-z0-9_\u0e80-\u0eff.])?")
_WORDS: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off"))
_LOOSE: Final = ", "


@dataclass(slots=True)
class Draft:
    """A file's values as something to change, and where each mapping and list of it stood.

    Attributes:
        data: change this. moved: (id of a mapping, new key) -> the key that it had.
    """

    text: str
    root: Spot
    data: Any = None
    spots: dict[int, tuple[Spot, Any]] = field(default_factory=dict)
    moved: dict[tuple[int, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, root: Spot, data: Any) -> "Draft":
        """A draft of what was read."""
        draft = cls(text, root)
        draft.data = draft._copy(data, root)
        return draft

    def _copy(self, value: Any, spot: Spot) -> Any:
        if isinstance(value, dict):
            copied: Any = {
                key: self._copy(one, entry.value) for (key, one), entry in zip(value.items(), spot.entries, strict=True)
            }
        elif isinstance(value, list):
            copied = [self._copy(one, entry.value) for one, entry in zip(value, spot.entries, strict=True)]
        else:
            return value
        self.spots[id(copied)] = (spot, value)
        return copied

    def rename_key(self, holder: dict[str, Any], old: str, new: str) -> None:
        """Give a key of a mapping another name, in its place."""
        self.moved[id(holder), new] = self.moved.get((id(holder), old), old)
        items = [(new if key == old else key, one) for key, one in holder.items()]
        holder.clear()
        holder.update(items)

    def written(self) -> str:
        """The file with the values as they are now."""
        spot, old = self.spots[id(self.data)]
        return self.text[: spot.start] + self._value(spot, old, self.data) + self.text[spot.end :]

    def _value(self, spot: Spot, old: Any, new: Any) -> str:
        """A value of the same kind as it was, from its first character to its last."""
        own = self.spots.get(id(new))
        if same(old, new) and (own is None or own[0] is spot):
            return self.text[spot.start : spot.end]
        if spot.kind == "map" and isinstance(new, dict):
            return self._flow_map(spot, old, new) if spot.flow else self._block_map(spot, old, new)
        if spot.kind == "list" and isinstance(new, list):
            return self._flow_list(spot, old, new) if spot.flow else self._block_list(spot, old, new)
        return _like(new, spot.style) if spot.kind == "scalar" and not _holds(new) else flow_style(new)

    def _flow_map(self, spot: Spot, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        entries = {entry.key: entry for entry in spot.entries}
        pieces: list[tuple[Entry | None, str]] = []
        for key, value in new.items():
            before = self._was(new, key)
            entry = entries.get(before)
            if entry is None:
                pieces.append((None, f"{key_style(key)}: {flow_style(value)}"))
                continue
            name = self.text[entry.start : entry.value.start]
            if before != key:
                name = name.replace(before, key, 1)
            pieces.append((entry, name + self._value(entry.value, old[before], value)))
        return self._joined(spot, pieces, "{}")

    def _flow_list(self, spot: Spot, old: list[Any], new: list[Any]) -> str:
        pieces: list[tuple[Entry | None, str]] = [
            (None, flow_style(value))
            if at is None
            else (spot.entries[at], self._value(spot.entries[at].value, old[at], value))
            for value, at in self._aligned(spot, old, new)
        ]
        return self._joined(spot, pieces, "[]")

    def _joined(self, spot: Spot, pieces: list[tuple[Entry | None, str]], empty: str) -> str:
        if not pieces:
            return empty
        if not spot.entries:
            return empty[0] + _LOOSE.join(text for _, text in pieces) + empty[1]
        place = {id(entry): at for at, entry in enumerate(spot.entries)}
        out = [self.text[spot.start : spot.entries[0].start], pieces[0][1]]
        for (left, _), (right, text) in pairwise(pieces):
            beside = left is not None and right is not None and place[id(right)] == place[id(left)] + 1
            out.append(self.text[left.value.end : right.start] if beside and left and right else _LOOSE)
            out.append(text)
        return "".join([*out, self.text[spot.entries[-1].value.end : spot.end]])

    def _was(self, holder: Any, key: str) -> str:
        return self.moved.get((id(holder), key), key)

    def _block_map(self, spot: Spot, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        entries = {entry.key: at for at, entry in enumerate(spot.entries)}
        indent = " " * spot.column
        pieces: list[tuple[int | None, str]] = []
        for key, value in new.items():
            before = self._was(new, key)
            at = entries.get(before)
            if at is None:
                body = "\n".join(entry_lines(key, value, indent, block=not indent and key in PARTS))[len(indent) :]
                pieces.append((None, body))
            else:
                pieces.append((at, self._entry(spot.entries[at], old[before], key, value, indent)))
        return self._stacked(spot, pieces, "\n" if not spot.column else "")

    def _entry(self, entry: Entry, old: Any, key: str, value: Any, indent: str) -> str:
        """One entry of a block, from its key to the end of its last line."""
        last = line_end(self.text, entry.value.end)
        name = self.text[entry.start : entry.value.start]
        if entry.key != key:
            name = name.replace(entry.key, key, 1)
        kind = "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"
        tail = self.text[entry.value.end : last]
        if kind == entry.value.kind:
            body = name + self._value(entry.value, old, value) + tail
            was = self.text[entry.start : last]
            long = kind == "map" and "\n" not in body and len(indent + body) > WIDTH >= len(indent + was)
            if not long or "#" in tail:
                return body
        return "\n".join(entry_lines(key, value, indent, block=kind == "map" == entry.value.kind))[len(indent) :] + (
            tail if tail.strip() and kind == "scalar" else ""
        )

    def _block_list(self, spot: Spot, old: list[Any], new: list[Any]) -> str:
        indent = " " * spot.column
        pieces: list[tuple[int | None, str]] = []
        for value, at in self._aligned(spot, old, new):
            if at is None:
                pieces.append((None, "\n".join(item_lines([value], indent))[len(indent) :]))
                continue
            entry = spot.entries[at]
            tail = self.text[entry.value.end : line_end(self.text, entry.value.end)]
            dash = self.text[entry.start : entry.value.start]
            kept = _kind(value) == entry.value.kind
            inner = self._value(entry.value, old[at], value) if kept else flow_style(value)
            pieces.append((at, dash + inner + tail))
        return self._stacked(spot, pieces, "")

    def _stacked(self, spot: Spot, pieces: list[tuple[int | None, str]], before_new: str) -> str:
        """Entries under one another, each with the remarks above it; those of what is gone stay when set apart."""
        if not pieces:
            return "{}" if spot.kind == "map" else "[]"
        indent = " " * spot.column
        left = {at for at in range(len(spot.entries)) if at not in {one for one, _ in pieces}}
        kept_remarks = {at: self._loose(spot, at) for at in left}
        out: list[str] = []
        following = 0
        for number, (at, body) in enumerate(pieces):
            gap = before_new if at is None else self._gap(spot, at)
            if at is not None:
                gap = "".join(kept_remarks.pop(one, "") for one in range(following, at)) + gap
                following = max(following, at + 1)
            out.append(self._first(gap, indent) + body if not number else f"\n{gap}{indent}{body}")
        rest = "".join(kept_remarks[at] for at in sorted(kept_remarks))
        return "".join(out) + (f"\n{rest.rstrip()}" if rest.strip() else "")

    @staticmethod
    def _first(gap: str, indent: str) -> str:
        """The remarks above an entry that has become the first: its line's indent is there already."""
        remarks = "".join(line for line in gap.splitlines(keepends=True) if line.strip())
        return remarks.lstrip() + indent if remarks else ""

    def _gap(self, spot: Spot, at: int) -> str:
        """The whole lines between the entry before and this one: blank lines and remarks."""
        if not at:
            return ""
        end = line_end(self.text, spot.entries[at - 1].value.end)
        return self.text[end + 1 : line_start(self.text, spot.entries[at].start)]

    def _loose(self, spot: Spot, at: int) -> str:
        """What of the gap above an entry is not about that entry: up to its last blank line, if a remark is in it."""
        lines = self._gap(spot, at).splitlines(keepends=True)
        while lines and lines[-1].strip():
            lines.pop()
        return "".join(lines) if any(line.strip() for line in lines) else ""

    def _aligned(self, spot: Spot, old: list[Any], new: list[Any]) -> Iterator[tuple[Any, int | None]]:
        """Each item with the place that it had: by who it is, and for plain values by what stands around it."""
        own = {id(entry.value): at for at, entry in enumerate(spot.entries)}
        plain = _matched(old, new)
        taken: set[int] = set()
        for at, value in enumerate(new):
            found = self.spots.get(id(value))
            place = own.get(id(found[0])) if found is not None else None if _holds(value) else plain.get(at)
            place = None if place in taken else place
            taken |= {place} if place is not None else set()
            yield value, place


def _matched(old: list[Any], new: list[Any]) -> dict[int, int]:
    """New place -> old place of plain values; a changed one keeps the place of the one it replaces."""
    before, after = [_mark(one) for one in old], [_mark(one) for one in new]
    found: dict[int, int] = {}
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            found |= dict(zip(range(c, d), range(a, b), strict=False))
    return found


def _mark(value: Any) -> str:
    return repr(value)


def _kind(value: Any) -> str:
    return "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def _like(value: Any, style: str) -> str:
    """A scalar in the manner of the one that it replaces, where that can carry it."""
    if not isinstance(value, str):
        return scalar(value, inside=True)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style == '"' and not isinstance(value, Formula):
        return quoted(value)
    if not style and _stays_plain(value):
        return value
    return scalar(value, inside=True)


def _stays_plain(value: str) -> bool:
    if isinstance(value, Formula):
        return re.fullmatch(r"[A-Za-z(][^,\[\]{}#:]*[^,\[\]{}#: ]", value) is not None and value.isprintable()
    return _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS


def same(one: Any, other: Any) -> bool:
    """Whether two values are written the same: 1 is neither True nor 1.0, and the order of keys counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return str(one) == str(other)
    return type(one) is type(other) and bool(one == other)
