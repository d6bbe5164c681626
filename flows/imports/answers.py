"""What a rule set of RapidPro asks: the field it makes, and the condition that tells each of its categories."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from flows.imports.codes import AND, COMPARE, OR, Code, KindName, is_number, negated, quoted, wrap
from flows.imports.graph import Case, Router
from flows.imports.names import choice_key
from flows.imports.report import Report
from flows.inputs.codes import pattern_fault

NUMBERS: Final = frozenset(
    (
        "has_number",
        "has_number_between",
        "has_number_eq",
        "has_number_lt",
        "has_number_lte",
        "has_number_gt",
        "has_number_gte",
    )
)
_WORDS: Final = frozenset(
    ("has_any_word", "has_all_words", "has_phrase", "has_only_phrase", "has_only_text", "has_beginning")
)
_DATES: Final = frozenset(("has_date", "has_date_lt", "has_date_gt", "has_date_eq"))
_PLACES: Final = {"has_state": "province", "has_district": "district", "has_ward": "village"}
_MARKS: Final = {
    "has_number_eq": "==",
    "has_number_lt": "<",
    "has_number_lte": "<=",
    "has_number_gt": ">",
    "has_number_gte": ">=",
}
MOST_CHOICES: Final = 30


@dataclass(slots=True)
class Answer:
    """A result of the flow as a field.

    Attributes:
        body: of the field, without its label. keys: category -> the key of a choice.
        tests: category -> its condition on a number. strict: whether an answer that fits no rule is refused.
    """

    name: str
    kind: KindName
    body: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict)
    tests: dict[str, Code] = field(default_factory=dict)
    strict: bool = False


def answer_of(name: str, router: Router, place: str, report: Report) -> Answer:
    """The field for what this router waits for."""
    tests = {case.test for case in router.cases if case.category != router.timeout}
    real = tests - {"has_text"}
    if not real:
        return Answer(name, "text", {"type": "text", "max": 160})
    if real <= NUMBERS:
        return _number(name, router, place, report)
    if real <= _DATES:
        if real != {"has_date"}:
            report.left(place, ", ".join(sorted(real - {"has_date"})), "the ways after a date are not told apart")
        return Answer(name, "date", {"type": "date"}, strict=True)
    if real == {"has_phone"}:
        return Answer(name, "text", {"type": "phone"}, strict=True)
    if len(real) == 1 and (test := next(iter(real))) in _PLACES:
        report.changed(place, test, "places are those of the table `places`")
        return Answer(name, "ref", {"type": "ref", "table": "places", "level": _PLACES[test]}, strict=True)
    if real == {"has_pattern"} and len(router.cases) == 1 and (found := _pattern(name, router.cases[0])):
        return found
    if real <= _WORDS | {"has_number_eq", "has_pattern"} and tests & _WORDS:
        return _choice(name, router, place, report)
    report.left(place, ", ".join(sorted(real)), "such rules cannot be carried over: any words are taken")
    return Answer(name, "text", {"type": "text", "max": 160})


def _pattern(name: str, case: Case) -> Answer | None:
    pattern = re.sub(r"^\^|(?<!\\)\$$", "", case.given[0] if case.given else "")
    if not pattern or len(pattern) > 150 or " " in pattern or r"\s" in pattern or pattern_fault(pattern):  # noqa: PLR2004 - half a line
        return None
    return Answer(name, "text", {"type": "code", "pattern": pattern, "max": 60}, strict=True)


def _choice(name: str, router: Router, place: str, report: Report) -> Answer:
    answer = Answer(name, "choice", {"type": "choice", "choices": {}}, strict=True)
    texts = {one.id: one.texts for one in router.categories}
    words: dict[str, list[str]] = {}
    for case in router.cases:
        if case.category in (router.timeout, router.default) or case.category not in texts:
            continue
        words.setdefault(case.category, []).extend(case.given)
        if case.category not in answer.keys:
            if len(answer.keys) == MOST_CHOICES:
                report.left(place, "rule", f"a question holds at most {MOST_CHOICES} choices")
                break
            label = texts[case.category]
            key = choice_key(
                re.sub(r"[^a-z0-9]+", "_", next(iter(label.values())).lower()).strip("_"), answer.body["choices"]
            )
            answer.keys[case.category] = key
            answer.body["choices"][key] = {tag: plain(words_) for tag, words_ in label.items()}
    read = "; ".join(" ".join(given)[:40] for given in words.values())
    report.changed(place, "rules", f"answers are told by number, key or first word, not by the rules' words ({read})")
    return answer


def plain(words: str) -> str:
    """Words without what could stand for a value, on one line."""
    return " ".join(words.replace("{", "(").replace("}", ")").split())[:120] or "?"


def _number(name: str, router: Router, place: str, report: Report) -> Answer:
    whole = all(is_number(one) and Decimal(one) == int(Decimal(one)) for case in router.cases for one in case.given)
    kind: KindName = "int" if whole else "decimal"
    answer = Answer(name, kind, {"type": kind}, strict=True)
    earlier: list[tuple[Case, Code]] = []
    for case in router.cases:
        if case.category == router.timeout:
            continue
        code = _test(name, case, kind)
        if code is None:
            report.left(place, case.test, "the rule cannot be read")
            continue
        own = code
        for other, test in earlier:
            if _overlap(other, case):
                own = Code(f"{wrap(own, AND)} and {wrap(negated(test), AND)}", "bool", AND)
        earlier.append((case, code))
        before = answer.tests.get(case.category)
        answer.tests[case.category] = (
            own if before is None else Code(f"{wrap(before, OR)} or {wrap(own, OR)}", "bool", OR)
        )
    report.changed(
        place, "rules", f"{'whole ' if whole else ''}numbers are taken, nothing below 0 unless a rule says so"
    )
    return answer


def bounds(answer: Answer, router: Router) -> None:
    """Where an answer outside of the rules was asked again: the field's own limits refuse it now."""
    spans = [_span(case) for case in router.cases if case.test in NUMBERS and case.category != router.timeout]
    if not spans or any(low is None or high is None for low, high in spans):
        low_only = [low for low, _ in spans if low is not None]
        if spans and len(low_only) == len(spans):
            answer.body["min"] = _as_number(min(low_only))
        return
    answer.body["min"] = _as_number(min(low for low, _ in spans if low is not None))
    answer.body["max"] = _as_number(max(high for _, high in spans if high is not None))


def _as_number(value: Decimal) -> int | Decimal:
    return int(value) if value == int(value) else value


def _span(case: Case) -> tuple[Decimal | None, Decimal | None]:
    given = [Decimal(one) for one in case.given if is_number(one)]
    if case.test == "has_number_between" and len(given) == 2:  # noqa: PLR2004 - from and to
        return given[0], given[1]
    if not given:
        return None, None
    step = Decimal(1) if given[0] == int(given[0]) else Decimal("0.000001")
    return {
        "has_number_eq": (given[0], given[0]),
        "has_number_lt": (None, given[0] - step),
        "has_number_lte": (None, given[0]),
        "has_number_gt": (given[0] + step, None),
        "has_number_gte": (given[0], None),
    }.get(case.test, (None, None))


def _overlap(one: Case, other: Case) -> bool:
    (low, high), (from_, to) = _span(one), _span(other)
    apart = (high is not None and from_ is not None and high < from_) or (
        to is not None and low is not None and to < low
    )
    return not apart


def _test(name: str, case: Case, kind: KindName) -> Code | None:
    given = [_literal(one, kind) for one in case.given if is_number(one)]
    match case.test, given:
        case "has_number", _:
            return Code("True", "bool")
        case "has_number_between", [low, high]:
            return Code(f"{name} >= {low} and {name} <= {high}", "bool", AND)
        case test, [value] if test in _MARKS:
            return Code(f"{name} {_MARKS[test]} {value}", "bool", COMPARE)
    return None


def _literal(text: str, kind: KindName) -> str:
    if Decimal(text) == int(Decimal(text)):
        return str(int(Decimal(text)))
    return f'dec("{text}")' if kind == "decimal" else str(int(Decimal(text)))


def told_by(answer: Answer, router: Router, categories: list[str]) -> Code | None:
    """The condition on the answer that it fell into one of these categories; None for any answer at all."""
    every = {one.id for one in router.categories} - {router.timeout}
    if set(categories) >= every or not (answer.keys or answer.tests):
        return None
    parts: list[Code] = []
    if keys := [answer.keys[one] for one in categories if one in answer.keys]:
        one = (
            f"{answer.name} == {quoted(keys[0])}"
            if len(keys) == 1
            else f"{answer.name} in [{', '.join(map(quoted, keys))}]"
        )
        parts.append(Code(one, "bool", COMPARE))
    parts += [answer.tests[one] for one in categories if one in answer.tests and one != router.default]
    if router.default in categories and answer.tests:
        others = [test for one, test in answer.tests.items() if one != router.default]
        outside = Code(
            " or ".join(wrap(test, OR) for test in others), "bool", OR if len(others) > 1 else others[0].level
        )
        parts.append(negated(outside))
    if any(part.source == "True" for part in parts):
        return None
    if not parts:
        return Code("False", "bool")
    return parts[0] if len(parts) == 1 else Code(" or ".join(wrap(part, OR) for part in parts), "bool", OR)


def named_categories(router: Router, names: Mapping[str, str]) -> dict[str, str]:
    """Category -> the key of another field's choice with the same name, for a split on an earlier answer."""
    found = {one.id: next(iter(one.texts.values()), "").casefold() for one in router.categories}
    by_test = {
        case.category: " ".join(case.given).casefold()
        for case in router.cases
        if case.test
        in ("has_category", "has_only_text", "has_only_phrase", "has_any_word", "has_phrase", "has_all_words")
    }
    return {one: names[word] for one, word in (found | by_test).items() if word in names}
