"""Makes the fields and computed names of a form: types, choices, calculations, and what may be left empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from flows.imports.codes import Code, KindName, Known
from flows.imports.form import Form, Line
from flows.imports.lists import MOST, MOST_OF_MANY, Tables, options_of
from flows.imports.report import Report
from flows.imports.survey import Asked, Spot, Survey
from flows.imports.translate import kept, value
from flows.imports.words import say
from flows.imports.xpath import Binary, Quoted, Ref, UnreadableError, parse
from flows.imports.yamlout import Formula

LABEL: Final = 40
"""Letters of a label on the check page; the question itself has all its words."""

TYPES: Final[Mapping[str, KindName]] = {
    **dict.fromkeys(("text", "string", "q string", "add text prompt", "barcode", "add barcode prompt"), "text"),
    **dict.fromkeys(("integer", "int", "q int", "add integer prompt", "percentage", "add percentage prompt"), "int"),
    **dict.fromkeys(("decimal", "q decimal", "add decimal prompt"), "decimal"),
    **dict.fromkeys(("date", "q date", "add date prompt"), "date"),
    **dict.fromkeys(("time", "q time", "add time prompt"), "time"),
    **dict.fromkeys(("acknowledge", "trigger", "add acknowledge prompt", "q acknowledge"), "bool"),
    **dict.fromkeys(("select_one", "select_one_external"), "choice"),
    "select_multiple": "multi",
    "range": "decimal",
    "phone number": "text",
    "add phone number prompt": "text",
    "email": "text",
}
NOTES: Final = frozenset(("note", "q note", "add note prompt"))
CALCULATIONS: Final = frozenset(("calculate", "calculation", "hidden", "q calculate", "add calculate prompt"))
MOMENTS: Final = frozenset(("datetime", "date time", "q datetime", "add date time prompt", "dateTime"))
_TODAY: Final = frozenset(("today", "get today"))
_OF_THE_CHANNEL: Final = frozenset(
    ("start", "end", "deviceid", "device id", "imei", "get device id", "subscriberid", "simserial", "phonenumber")
) | {"username", "email", "audit", "start time", "end time", "get start time", "get end time", "get subscriber id"}


@dataclass(slots=True)
class Made:
    """A question that became a field. `choices` holds its options, to find a free key to skip it."""

    spot: Spot
    name: str
    kind: KindName
    optional: bool


class FieldMaker:
    """All fields of one form."""

    def __init__(self, form: Form, survey: Survey, tables: Tables, report: Report) -> None:
        """Begin with none."""
        self._form = form
        self._survey = survey
        self._tables = tables
        self._report = report
        self.fields: dict[str, dict[str, Any]] = {}
        self.computed: dict[str, Formula] = {}
        self.made: dict[int, list[Made]] = {}
        """A spot's number -> the fields that it asks, in order."""

    def make(self) -> None:
        """Make the fields; calculations wait until somebody looks at them or all fields are there."""
        for at, spot in enumerate(self._survey.spots):
            if spot.more:
                self._add(
                    at,
                    spot,
                    spot.name,
                    "bool",
                    {"type": "yesno", "sensitivity": "public"},
                    optional=False,
                    label=say("more", self._form.languages),
                )
            elif spot.node.kind == "question":
                self._question(at, spot)

    def finish(self) -> None:
        """Work out the calculations that nothing has looked at."""
        while self._survey.late:
            key = next(iter(self._survey.late))
            self._survey.late.pop(key)()
        for name, most in self._survey.limits.items():
            known = self._survey.scope(()).known(name)
            if known is not None and known.kind == "int" and known.name in self.fields:
                limit = self.fields[known.name]
                limit["max"] = min(limit.get("max", most), most)
                self._report.changed(
                    "survey", name, f"it is taken up to {most}, as often as the repeat here is gone through"
                )

    def _question(self, at: int, spot: Spot) -> None:
        type_, place = spot.node.type, spot.node.line.place
        if type_ in CALCULATIONS or (
            type_ == "text" and spot.node.line.get("read_only") and spot.node.line.get("calculation")
        ):
            self._survey.late[(spot.node.name, spot.turns)] = partial(self._calculate, spot)
        elif type_ in _TODAY:
            self._survey.entries[(spot.node.name, spot.turns)] = Known("today", "date")
            self._report.changed(place, type_, "the day of the submission travels with it; expressions read `today`")
        elif type_ in _OF_THE_CHANNEL and not spot.node.line.texts.get("label"):
            self._report.left(place, type_, "the channel keeps times and numbers by itself")
        elif type_ in MOMENTS:
            self._moment(at, spot)
        elif type_ in TYPES:
            self._field(at, spot, TYPES[type_])
        elif type_ not in NOTES:
            self._report.left(
                place,
                spot.node.line.get("type"),
                "a phone without a camera, maps or a keyboard for it cannot answer this",
            )

    def _field(self, at: int, spot: Spot, kind: KindName) -> None:
        if kind in ("choice", "multi"):
            self._select(at, spot, kind)
            return
        body: dict[str, Any] = {"type": "yesno" if kind == "bool" else kind}
        if spot.node.type in ("percentage", "add percentage prompt"):
            body |= {"min": 0, "max": 100}
        if spot.node.type == "range":
            kind, body = self._range(spot)
        if spot.node.type.endswith(("phone number", "phone number prompt")):
            body = {"type": "phone"}
        if "barcode" in spot.node.type:
            self._report.changed(spot.node.line.place, spot.node.type, "the code is typed")
        if kind == "bool":
            self._report.changed(spot.node.line.place, spot.node.type, "it is a question with yes or no")
        self._add(at, spot, spot.name, kind, body)

    def _range(self, spot: Spot) -> tuple[KindName, dict[str, Any]]:
        found = dict(re.findall(r"(start|end|step)\s*=\s*(-?[0-9.]+)", spot.node.line.get("parameters")))
        whole = all(
            re.fullmatch(r"-?[0-9]+", found.get(key, default))
            for key, default in (("start", "0"), ("end", "10"), ("step", "1"))
        )
        if found.get("step", "1") != "1":
            self._report.changed(spot.node.line.place, "range", "any number between is taken, not only the steps")
        kind: KindName = "int" if whole else "decimal"
        limits = {"min": found.get("start", "0"), "max": found.get("end", "10")}
        return kind, {"type": kind, **{key: int(text) if whole else float(text) for key, text in limits.items()}}

    def _moment(self, at: int, spot: Spot) -> None:
        self._report.changed(spot.node.line.place, spot.node.type, "it is asked in two questions, the day and the time")
        self._add(at, spot, spot.name, "date", {"type": "date"})
        clock = self._survey.fresh(f"{spot.name}_time")
        self._add(at, spot, clock, "time", {"type": "time"}, known=False)

    def _select(self, at: int, spot: Spot, kind: KindName) -> None:
        line, list_name = spot.node.line, spot.node.list_name
        choices = self._form.choices.get(list_name)
        if not choices:
            self._report.left(line.place, line.get("type"), f"the list `{list_name}` is not in the workbook")
            return
        source = line.get("choice_filter")
        several = {one.get("name") for one in choices}
        if kind == "choice" and (source or len(several) > MOST):
            self._ref(at, spot, source)
            return
        if source:
            self._report.left(line.place, "choice_filter", "several choices are offered unfiltered")
        if len(several) > MOST_OF_MANY:
            self._report.left(
                line.place, line.get("type"), f"a question holds at most {MOST_OF_MANY} choices: ask in several"
            )
            return
        options = options_of(choices, self._form.languages, self._report)
        if spot.node.or_other and "other" not in options.choices:
            options.choices["other"] = say("other", self._form.languages)
            options.keys["other"] = ("other",)
        body: dict[str, Any] = {"type": kind, "choices": options.choices}
        if options.code:
            body["code"] = options.code
        self._add(at, spot, spot.name, kind, body, keys=options.keys)
        if spot.node.or_other:
            self._other(at, spot, kind)

    def _other(self, at: int, spot: Spot, kind: KindName) -> None:
        """The text behind the choice `other`, asked when it was chosen."""
        name = self._survey.fresh(f"{spot.name}_other")
        node = Ref(spot.node.name)
        source = (
            parse(f"selected(${{{spot.node.name}}}, 'other')")
            if kind == "multi"
            else Binary("=", node, Quoted("other"))
        )
        asked = Asked(spot.node.line.place, "or_other", source, spot.turns)
        other = Spot(spot.node, name, spot.turns, (*spot.conditions, asked))
        known = Known(name, "text", missing=True)
        self._survey.entries[(f"{spot.node.name}_other", spot.turns)] = known
        self.fields[name] = {"type": "text", "label": say("which", self._form.languages)}
        self.made[at].append(Made(other, name, "text", optional=False))

    def _ref(self, at: int, spot: Spot, source: str) -> None:
        line, list_name = spot.node.line, spot.node.list_name
        column, parent, question, within = self._filter(spot, source)
        if column:
            table, keys = self._tables.below(list_name, column, parent)
        else:
            table, keys = self._tables.plain(list_name)
        body: dict[str, Any] = {"type": "ref", "table": table, "level": self._tables.level(list_name)}
        if within:
            body["within"] = within.name
        if within and within.missing:
            spot = self._behind(at, spot, question)
        self._report.changed(
            line.place, line.get("type"), f"it is searched by its first letters in the table `{table}`"
        )
        self._add(at, spot, spot.name, "ref", body, keys=keys)

    def _behind(self, at: int, spot: Spot, question: str) -> Spot:
        """Asked only when the question it is filtered by has an answer: without one, no choice would be offered."""
        asked = Asked(spot.node.line.place, "choice_filter", Binary("!=", Ref(question), Quoted("")), spot.turns)
        self._survey.spots[at] = replace(spot, conditions=(*spot.conditions, asked))
        return self._survey.spots[at]

    def _filter(self, spot: Spot, source: str) -> tuple[str, str, str, Known | None]:
        """The column of a filter `column = ${question}`, that question's list, its name and what it is here."""
        line = spot.node.line
        if not source:
            return "", "", "", None
        found = re.fullmatch(
            r"\s*([\w.-]+)\s*=\s*\$\{\s*([^}\s]+)\s*\}\s*|\s*\$\{\s*([^}\s]+)\s*\}\s*=\s*([\w.-]+)\s*", source
        )
        column, question = (found[1] or found[4], found[2] or found[3]) if found else ("", "")
        asked = next((one.node for one in self._survey.spots if one.node.name == question and one.node.list_name), None)
        known = self._survey.scope(spot.turns).known(question) if question else None
        if asked is None or known is None or known.kind not in ("choice", "ref"):
            self._report.left(
                line.place,
                "choice_filter",
                "only `column = ${an earlier question with choices}` can be carried over: all rows are offered",
            )
            return "", "", "", None
        if known.kind == "choice" and any(keys != (value,) for value, keys in known.keys.items()):
            self._report.left(
                line.place, "choice_filter", f"the choices of `{question}` have other keys here: all rows are offered"
            )
            return "", "", "", None
        return column, asked.list_name, question, known

    def _add(  # noqa: PLR0913 - what a question becomes has that many sides
        self,
        at: int,
        spot: Spot,
        name: str,
        kind: KindName,
        body: dict[str, Any],
        *,
        keys: Mapping[str, tuple[str, ...]] | None = None,
        optional: bool | None = None,
        label: Mapping[str, str] | None = None,
        known: bool = True,
    ) -> None:
        optional = not self._is_required(spot.node.line) if optional is None else optional
        whole: dict[str, Any] = {"type": body.pop("type"), "label": label or self._label(spot)}
        whole |= body
        if optional:
            whole["optional"] = True
        self.fields[name] = whole
        self.made.setdefault(at, []).append(Made(spot, name, kind, optional))
        if known and not spot.more:
            missing = optional or bool(spot.conditions)
            self._survey.entries[(spot.node.name, spot.turns)] = Known(name, kind, missing, keys or {})

    def _is_required(self, line: Line) -> bool:
        word = line.get("required").lower().removesuffix("()").strip()
        if word not in ("", "yes", "true", "no", "false", "1", "0"):
            self._report.changed(line.place, "required", "it is always required")
            return True
        return word in ("yes", "true", "1")

    def _label(self, spot: Spot) -> dict[str, str]:
        texts = spot.node.line.texts.get("label", {})
        label = {tag: short(words) for tag, words in texts.items() if short(words)}
        return label or {self._form.languages[0]: spot.node.name.replace("_", " ").strip()[:LABEL] or "?"}

    def _calculate(self, spot: Spot) -> None:
        line = spot.node.line
        source = line.get("calculation") or line.get("default")
        notes: list[str] = []
        try:
            code = self._worked(spot, source, notes)
        except UnreadableError as error:
            self._report.left(line.place, "calculation", f"{error}")
            return
        for note in notes:
            self._report.changed(line.place, "calculation", note)
        if code.kind in ("choice", "multi", "ref"):
            self._report.changed(
                line.place, "calculation", f"it only repeats `{code.source}`, which is read in its place"
            )
            known = next(one for one in self._survey.entries.values() if one.name == code.source)
            self._survey.entries[(spot.node.name, spot.turns)] = known
            return
        self.computed[spot.name] = Formula(code.source)
        self._survey.entries[(spot.node.name, spot.turns)] = Known(spot.name, code.kind, missing=code.empty)

    def _worked(self, spot: Spot, source: str, notes: list[str]) -> Code:
        if not source:
            raise UnreadableError("there is nothing to work out")
        code = value(source, self._survey.scope(spot.turns), notes)
        if code.source == "None":
            raise UnreadableError("it is always empty")
        when = self._survey.condition(spot.conditions)
        return code if when is None else Code(kept(code, when), code.kind, 0, empty=True)


def short(words: str) -> str:
    """A question's words as a label: on one line, without what stands for values, cut at a blank."""
    words = " ".join(re.sub(r"\$\{[^}]*\}|[{}]", "", re.sub(r"<[^>]{1,80}>|\*\*|__", "", words)).split()).rstrip(":?")
    if len(words) <= LABEL:
        return words
    return words[:LABEL].rsplit(" ", 1)[0].rstrip(" ,;:(") + "..."
