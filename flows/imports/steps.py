"""Makes the steps of a form: what is said and asked, when, and what happens to an answer that does not fit."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from flows.imports.codes import Code, negated
from flows.imports.fields import NOTES, FieldMaker, Made
from flows.imports.form import Form, Line
from flows.imports.limits import Limits
from flows.imports.names import flow_id
from flows.imports.report import Report
from flows.imports.shown import with_let
from flows.imports.survey import Spot, Survey
from flows.imports.translate import joined
from flows.imports.words import say, with_skip
from flows.imports.xpath import UnreadableError
from flows.imports.yamlout import Formula
from flows.inputs import numbers
from flows.inputs.codes import matches

MOST_WORDS: Final = 2000
_DEFAULT_MAX: Final = 999_999_999

_UNUSED: Final[Mapping[str, str]] = {
    "appearance": "how it looks on a screen means nothing here",
    "default": "nothing is filled in beforehand: it is asked",
    "read_only": "it is asked",
    "image": "pictures cannot be shown",
    "audio": "sound cannot be played",
    "video": "films cannot be shown",
    "parameters": "it means nothing here",
    "trigger": "it is worked out whenever something that it looks at changes",
    "calculation": "it is asked, and not filled in beforehand",
    "autoplay": "sound cannot be played",
    "accuracythreshold": "it means nothing here",
}
_CHANGED: Final = ("appearance", "parameters", "trigger", "accuracythreshold", "autoplay")
_USED: Final = frozenset(
    ("type", "name", "required", "relevant", "constraint", "choice_filter", "repeat_count", "disabled")
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")


class Steps:
    """All steps of one form."""

    def __init__(self, form: Form, survey: Survey, fields: FieldMaker, report: Report) -> None:
        """Begin with none."""
        self._form = form
        self._survey = survey
        self._fields = fields
        self._report = report
        self._ids: set[str] = set()
        self._hoisted: dict[str, str] = {}
        self.steps: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def make(self) -> None:
        """Make the steps of every question, in order."""
        seen: set[str] = set()
        for at, spot in enumerate(self._survey.spots):
            line = spot.node.line
            if line.place not in seen:
                seen.add(line.place)
                self._unused(line, spot)
            if not spot.more and (spot.node.kind != "question" or spot.node.type in NOTES):
                self._say(spot)
            for made in self._fields.made.get(at, ()):
                self._ask(made)

    def _unused(self, line: Line, spot: Spot) -> None:
        calculated = not self._fields_of(spot)
        for column, text in line.cells.items():
            if column in _USED or (column in ("calculation", "default", "read_only") and calculated):
                continue
            if column == "parameters" and spot.node.type == "range":
                continue
            if column.split("::")[0] in _UNUSED:
                note = self._report.changed if column in _CHANGED else self._report.left
                note(line.place, column, _UNUSED[column.split("::")[0]])
            else:
                self._report.left(line.place, column, f"the column is not known: {text[:40]}")
        for column in ("guidance_hint", "required_message"):
            if line.texts.get(column):
                self._report.left(line.place, column, "there is no place for it")

    def _fields_of(self, spot: Spot) -> bool:
        return any(made.spot.node is spot.node for every in self._fields.made.values() for made in every)

    def _when(self, spot: Spot) -> Code | None:
        try:
            return self._survey.condition(spot.conditions)
        except UnreadableError:
            return self._hoist(spot)

    def _hoist(self, spot: Spot) -> Code | None:
        """Conditions too long to stand together: each becomes a computed name."""
        parts: list[Code] = []
        for one in spot.conditions:
            code = self._survey.condition((one,))
            if code is None:
                continue
            if code.source not in self._hoisted:
                name = self._survey.fresh(f"when_{len(self._hoisted) + 1}")
                self._hoisted[code.source] = name
                self._fields.computed[name] = Formula(code.source)
            parts.append(Code(self._hoisted[code.source], "bool"))
        return joined(parts) if parts else None

    def _say(self, spot: Spot) -> None:
        text = self._texts(spot, "label")
        if text:
            self.steps.append(_step(self._when(spot), **self._shown({"say": text})))
        else:
            self._report.left(spot.node.line.place, spot.node.type, "it has no words")

    def _ask(self, made: Made) -> None:
        spot, field = made.spot, self._fields.fields[made.name]
        when = self._when(spot)
        main = made.name == spot.name and not spot.more
        text = self._texts(spot, "label") if main and made.kind != "time" else dict(field["label"])
        text = text or dict(field["label"])
        limits = Limits.of(spot, made, field, self._survey, self._report) if main else Limits()
        body: dict[str, Any] = {"ask": made.name}
        if made.optional:
            body["skip"] = skip_key(field)
            text = with_skip(text, body["skip"])
        body["text"] = text
        if main and (hint := self._texts(spot, "hint")):
            body["help"] = hint
        wrong = self._texts(spot, "constraint_message") if main else {}
        if wrong:
            body["error"] = wrong
        step = _step(when, **self._shown(body))
        if limits.rest is not None:
            step = {"id": flow_id(f"ask-{made.name}", self._ids), **step}
            self._ids.add(step["id"])
        self.steps.append(step)
        self.asked.append(made.name)
        if limits.rest is not None:
            self._again(made, when, limits.rest, wrong, str(step["id"]))

    def _again(self, made: Made, when: Code | None, rest: Code, wrong: Mapping[str, str], back: str) -> None:
        """A constraint that no limit of a field can say: the answer is looked at, and asked for again."""
        # The whole condition of the question stands in the jump back to it, so that the check sees it asked again.
        parts = [when] if when is not None else []
        parts += [Code(f"answered({made.name})", "bool")] if made.optional else []
        try:
            condition = joined([*parts, negated(rest)])
        except UnreadableError as error:
            self._report.left(made.spot.node.line.place, "constraint", str(error))
            return
        self.steps.append({**_step(condition, say=dict(wrong) or say("wrong", self._form.languages)), "goto": back})

    def _shown(self, body: dict[str, Any]) -> dict[str, Any]:
        """The step, showing nothing for values that may not have been asked."""
        unsure = {
            made.name
            for every in self._fields.made.values()
            for made in every
            if made.spot.conditions and made.kind != "multi"
        }
        return with_let(body, unsure, self._survey.names)

    def _texts(self, spot: Spot, column: str) -> dict[str, str]:
        found = spot.node.line.texts.get(column, {})
        return {tag: words for tag, text in found.items() if (words := self._words(spot, column, text))}

    def _words(self, spot: Spot, column: str, text: str) -> str:
        place = spot.node.line.place
        plain = re.sub(r"(\*\*|__)(.+?)\1", r"\2", _TAG.sub("", text))
        plain = re.sub(r"\[([^\]]+)\]\((?:https?:[^)]+)\)", r"\1", re.sub(r"^#{1,6} +", "", plain, flags=re.MULTILINE))
        if plain != text:
            self._report.changed(place, column, "marks of layout are left out")
        pieces = re.split(r"\$\{\s*([^}\s]+)\s*\}", plain)
        for at in range(len(pieces)):
            if at % 2:
                known = self._survey.scope(spot.turns).known(pieces[at])
                if known is None:
                    self._report.left(place, column, f"`{pieces[at]}` is not in the flow, so its value is not shown")
                pieces[at] = f"{{{known.name}}}" if known else "..."
            else:
                pieces[at] = pieces[at].replace("{", "(").replace("}", ")")
        words = "".join(pieces).strip()
        if len(words) > MOST_WORDS:
            self._report.left(place, column, f"its words after the first {MOST_WORDS} letters")
            words = words[:MOST_WORDS].replace("{", "(").rsplit(" ", 1)[0]
        return words


def _step(when: Code | None, **body: Any) -> dict[str, Any]:
    return {**({"when": Formula(when.source)} if when is not None else {}), **body}


def skip_key(field: Mapping[str, Any]) -> str:
    """A key that can be no answer of this field."""
    kind = field["type"]
    if kind in ("choice", "multi"):
        taken = {*numbers(len(field["choices"])), *field["choices"]}
        return next((key for key in numbers(40) if key not in taken), "-")
    if kind == "yesno":
        return "3"
    if kind in ("int", "decimal"):
        least, most = Decimal(str(field.get("min", 0))), Decimal(str(field.get("max", _DEFAULT_MAX)))
        free = (key for key in ("1", "99", "999", "9999", "99999", "999999") if not least <= int(key) <= most)
        return next(free, "-")
    if kind == "code":
        return "-" if matches(field["pattern"], "1") else "1"
    return "1"
