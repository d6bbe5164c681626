"""The sentences: each says of one place what it was and what it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flows.captions import Captions, captions
from flows.difference.matching import matched, moved, words_of
from flows.difference.values import ORDER, WORDS, Place, values_of
from flows.model import Flow
from flows.revision import Revision
from flows.steps import Ask, Confirm, Run, Step, Submit

Group = Literal["asked", "way", "words", "entry", "rules", "sent", "tests"]
LONGEST: Final = 160
"""Letters of a text that are told in a sentence; the screens show all of it."""
SHORT: Final = 28
"""Letters of a text by which a step is called."""

_GROUPS: Final[Mapping[str, Group]] = {
    "fields": "asked",
    "computed": "way",
    "entry": "entry",
    "messages": "sent",
    "tests": "tests",
    "title": "words",
}
_FIELDS: Final = frozenset({"form", "confirm", "once"})
"""Lists of the names of fields."""
_SECONDS: Final = frozenset({"keep", "resume"})
_UNITS: Final = {"days": 86_400, "hours": 3600, "minutes": 60}
_OUTSIDE: Final = ("title", "languages", "agency", "audience", "notice", "entry", "resume", "anonymous", "messages")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different.

    Attributes:
        group: under which heading it stands. sentence: in the reader's language.
        part: the part it is in; "" for the service itself. old, new: the places in `steps`, -1 where there is none.
        line: in the new file, from 1; in the old one for what is gone.
    """

    group: Group
    sentence: str
    part: str = ""
    old: int = -1
    new: int = -1
    line: int = 1


def difference(old: Revision, new: Revision, language: str = "en") -> tuple[Change, ...]:
    """Everything that is different, in the file's order under each heading; `language` is the reader's."""
    words = captions(language)
    found = list(_Flows(old.flow, new.flow, words, "").changes())
    for name in sorted({*old.parts, *new.parts}):
        was, now = old.parts.get(name), new.parts.get(name)
        if was is not None and now is not None:
            found += _Flows(was, now, words, name).changes()
        else:
            key = "part_gone" if now is None else "part_new"
            found.append(Change("way", words(f"difference.{key}", name=name), name))
    return tuple(found)


class _Flows:
    """Two flows side by side."""

    def __init__(self, old: Flow, new: Flow, words: Captions, part: str) -> None:
        self.old = old
        self.new = new
        self.words = words
        self.part = part
        self.pairs = matched(old.steps, new.steps)

    def changes(self) -> Iterator[Change]:
        yield from self._outside()
        yield from self._named("fields")
        yield from self._steps()
        yield from self._named("computed")
        was, now = values_of(self.old.tests), values_of(self.new.tests)
        if was != now:
            yield self._change("tests", "tests", was=len(self.old.tests), now=len(self.new.tests))

    def _outside(self) -> Iterator[Change]:
        for name in _OUTSIDE:
            was, now = getattr(self.old, name), getattr(self.new, name)
            subject = self.words(f"difference.subject.{name}") if name != "messages" else ""
            yield from self._values(was, now, subject, _GROUPS.get(name, "rules"), (name,))

    def _named(self, kind: Literal["fields", "computed"]) -> Iterator[Change]:
        was, now = getattr(self.old, kind), getattr(self.new, kind)
        for name in [*now, *(name for name in was if name not in now)]:
            if name not in was or name not in now:
                flow, key = (self.new, "new") if name in now else (self.old, "gone")
                details = self._described(flow, kind, name)
                yield self._change(
                    _GROUPS[kind],
                    f"{kind}_{key}",
                    line=flow.line(kind, name),
                    subject=self._capital(self._subject(flow, kind, name)),
                    **details,
                )
            else:
                subject = self._subject(self.new, kind, name)
                yield from self._values(was[name], now[name], subject, _GROUPS[kind], (kind, name))
        if list(was) != list(now) and set(was) == set(now):
            yield self._change(_GROUPS[kind], f"{kind}_order")

    def _described(self, flow: Flow, kind: str, name: str) -> dict[str, str]:
        if kind == "computed":
            return {"value": flow.computed[name].source}
        field = flow.fields[name]
        return {"type": self._word("type", field.type), "sensitivity": self._word("sensitivity", field.sensitivity)}

    def _subject(self, flow: Flow, kind: str, name: str) -> str:
        if kind == "computed":
            return self.words("difference.subject.computed", name=name)
        return self.words("difference.subject.field", label=self._say(flow.fields[name].label))

    def _steps(self) -> Iterator[Change]:
        back = {there: here for here, there in self.pairs.items()}
        turned = moved(self.pairs)
        for there, step in enumerate(self.new.steps):
            here = back.get(there)
            if here is None:
                yield self._placed("step_new", there)
                continue
            if there in turned:
                yield self._placed("step_moved", there, here)
            yield from self._step(here, there, step)
        for here, step in enumerate(self.old.steps):
            if here not in self.pairs:
                subject = self._capital(self._called(self.old, step))
                yield self._change("way", "step_gone", here, line=self.old.line("steps", here), subject=subject)

    def _step(self, here: int, there: int, step: Step) -> Iterator[Change]:
        before = self.old.steps[here]
        for change in self._values(before, step, self._called(self.new, step), "way", ("steps", str(there))):
            yield Change(change.group, change.sentence, change.part, here, there, change.line)

    def _placed(self, key: str, there: int, here: int = -1) -> Change:
        """A step that is new or stands elsewhere, told by the step that now follows it."""
        step = self.new.steps[there]
        subject = self._capital(self._called(self.new, step))
        line = self.new.line("steps", there)
        if there + 1 == len(self.new.steps):
            return self._change("way", f"{key}_last", here, there, line=line, subject=subject)
        after = self._called(self.new, self.new.steps[there + 1])
        return self._change("way", key, here, there, line=line, subject=subject, after=after)

    def _called(self, flow: Flow, step: Step) -> str:
        """What a step is called in a sentence."""
        match step:
            case Ask():
                field = flow.fields.get(step.ask)
                label = self._say(field.label) if field is not None else step.ask
                return self.words("difference.step.ask", label=label)
            case Run():
                return self.words("difference.step.run", name=step.run)
            case Submit():
                return self.words("difference.step.submit", name=step.submit)
            case Confirm():
                return self.words("difference.step.confirm")
            case _:
                text = " ".join((self._say(getattr(step, step.verb)) or words_of(step)).split())
                return self.words(f"difference.step.{step.verb}", start=_short(text, SHORT))

    def _values(self, was: Any, now: Any, subject: str, group: Group, head: Place) -> Iterator[Change]:
        before, after = values_of(was), values_of(now)
        for place in [*after, *(place for place in before if place not in after)]:
            one, other = before.get(place), after.get(place)
            if one == other or (place and place[-1] == ORDER and not _same_members(one, other)):
                continue
            flow = self.new if other is not None else self.old
            line = flow.line(*head, *(part for part in place if part not in (WORDS, ORDER)))
            told = subject or self.words("difference.subject.message", name=self._message(place))
            named = place or (("rule",) if head[0] == "computed" else head)
            yield from self._value(told, group, named, one, other, line)

    def _message(self, place: Place) -> str:
        return "/".join(part for part in place[:2] if part not in (WORDS, ORDER))

    def _value(self, subject: str, group: Group, place: Place, was: Any, now: Any, line: int) -> Iterator[Change]:
        told = {"subject": self._capital(subject), "was": self._told(place, was), "now": self._told(place, now)}
        if place[-1] == ORDER:
            yield self._change(group, "order", line=line, **told)
            return
        if isinstance(was, tuple) and isinstance(now, tuple) and set(was) != set(now):
            yield from self._list(group, place, was, now, line, told["subject"])
            return
        if WORDS in place:
            at = place.index(WORDS)
            tongue = "/".join((self._language(place[at + 1]), *place[at + 2 :]))
            key = place[at - 1] if at else ""
            known = key and self.words.has(f"difference.key.{key}")
            told["language"] = f"{self.words(f'difference.key.{key}')}, {tongue}" if known else tongue
            kind = "words"
            group = group if group in ("sent", "rules", "entry") else "words"
        else:
            told["key"] = self._key(place)
            kind = "value"
        ending = "_new" if was is None else "_gone" if now is None else ""
        yield self._change(group, f"{kind}{ending}", line=line, **told)

    def _list(
        self, group: Group, place: Place, was: tuple[str, ...], now: tuple[str, ...], line: int, subject: str
    ) -> Iterator[Change]:
        """A list of which members came or went: only these are told."""
        more, less = [one for one in now if one not in was], [one for one in was if one not in now]
        for what, some in (("list_more", more), ("list_less", less)):
            if some:
                members = self._told(place, tuple(some))
                yield self._change(group, what, line=line, subject=subject, key=self._key(place), members=members)

    def _key(self, place: Place) -> str:
        names = [self._word("key", part) for part in place if part not in (WORDS, ORDER)]
        return " ".join(names)

    def _told(self, place: Place, value: Any) -> str:
        if isinstance(value, bool):
            return self.words(f"difference.{'yes' if value else 'no'}")
        if isinstance(value, tuple):
            return ", ".join(self._member(place, one) for one in value) or self.words("difference.none")
        if place[-1] in _SECONDS and isinstance(value, int):
            return self._lasting(value)
        text = " ".join(str(value).split())
        return _short(self._word(place[-1], text), LONGEST)

    def _member(self, place: Place, name: str) -> str:
        """A member of a list; a field by its label."""
        if place[-1] not in _FIELDS:
            return name
        field = self.new.fields.get(name) or self.old.fields.get(name)
        return self._say(field.label) if field is not None else name

    def _lasting(self, seconds: int) -> str:
        for unit, length in _UNITS.items():
            if seconds % length == 0:
                return self.words(f"difference.{unit}", n=seconds // length)
        return self.words("difference.seconds", n=seconds)

    def _word(self, group: str, name: str) -> str:
        """A word of the format in the reader's language, where there is one."""
        key = f"difference.{group}.{name}"
        return self.words(key) if self.words.has(key) else name

    def _language(self, tag: str) -> str:
        return self._word("language", tag)

    def _say(self, text: Any) -> str:
        """A text of the flow for the reader: in her language, else in the first."""
        return str(text.say(self.words.language))

    @staticmethod
    def _capital(text: str) -> str:
        return text[:1].upper() + text[1:]

    def _change(
        self, group: Group, what: str, old: int = -1, new: int = -1, /, *, line: int = 1, **values: Any
    ) -> Change:
        sentence = self.words(f"difference.{what}", **values)
        if self.part:
            sentence = self.words("difference.in_part", part=self.part, sentence=sentence)
        return Change(group, sentence, self.part, old, new, line)


def _same_members(one: Any, other: Any) -> bool:
    return one is not None and other is not None and set(one) == set(other)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
