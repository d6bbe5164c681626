"""Mistakes seeded into the six services: how many the check, the flows' own tests and the explorer find.

    python -m bench mistakes [--rounds 40]

One mistake at a time, as people make them, at a place drawn by chance (the same places in each run). `check` is the
publish gate without the flow's own tests, `tests` are these, `paths` is the explorer; a mistake counts where it is
first found. What nobody finds is listed by kind: some is no mistake that a machine could know, such as another word.
"""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import yard
from bench.options import keep, parser
from flows.check import check
from flows.explorer import Settings, clear, explore
from flows.findings import Finding, FlowFault
from flows.loader import load
from flows.model import Flow
from flows.revision import revise
from flows.yamltext import read_yaml
from sala import explored, services

ROUNDS: Final = 40
"""Times that each kind is tried in each service, where it has so many places."""
SIDES: Final = ("check", "tests", "paths", "nobody")
Data = dict[str, Any]
Kind = Callable[[Data, random.Random], bool]
"""Makes one mistake in a flow's data; False where there is no place for it."""


def main(options: Sequence[str] = ()) -> None:
    """Seed, look, keep."""
    said = parser(__doc__, rounds=ROUNDS).parse_args(options)
    given = services.material(None)
    flows = services.read([services.LIBRARY])
    found = {kind: Counter[str]() for kind in KINDS}
    for flow in flows:
        if not flow.is_part:
            yard_of = _Yard(flow, flows, explored.settings_of(given), given)
            for kind, make in KINDS.items():
                found[kind] += yard_of.tried(kind, make, said.rounds)
    kept = {"machine": yard.machine(Path.cwd()), "rounds": said.rounds, "found": {k: dict(v) for k, v in found.items()}}
    keep(said.results, "mistakes", kept, _table(found))


class _Yard:
    """One service, and everything that is said of it before a mistake is made."""

    def __init__(self, flow: Flow, flows: Sequence[Flow], chosen: Settings, given: services.Material) -> None:
        self.flow = flow
        self.others = [one for one in flows if one is not flow and not one.is_part]
        self.parts = services.parts_for(flows)
        self.chosen = chosen
        self.given = given
        data = read_yaml(flow.source).data
        assert isinstance(data, dict)
        self.data: Data = data
        self.before = {_name(one) for one in explore(revise(flow, self.parts), chosen).findings}

    def tried(self, kind: str, make: Kind, rounds: int) -> Counter[str]:
        """Make a mistake of one kind at up to so many different places."""
        chance = random.Random(f"{self.flow.id} {kind}")
        seen: set[str] = set()
        found: Counter[str] = Counter()
        for _ in range(rounds):
            data = copy.deepcopy(self.data)
            if not make(data, chance):
                break
            text = json.dumps(data, ensure_ascii=False, default=str)
            if text not in seen and data != self.data:
                seen.add(text)
                found[self._found(text)] += 1
        return found

    def _found(self, text: str) -> str:
        """Who finds it first."""
        try:
            flow = load(text, self.flow.file)
        except FlowFault:
            return "check"
        for prove, side in ((False, "check"), (True, "tests")):
            tables, phrases = self.given.tables, self.given.phrases
            if check(flow, self.parts, tables, phrases, self.others, prove=prove):
                return side
        clear()
        report = explore(revise(flow, self.parts), self.chosen)
        return "paths" if {_name(one) for one in report.findings} - self.before else "nobody"


def _name(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.step, finding.language


# --- the mistakes ----------------------------------------------------------------------------------------------------


def _steps(data: Data, *verbs: str) -> list[Data]:
    return [step for step in data["steps"] if not verbs or any(verb in step for verb in verbs)]


def _pick(chance: random.Random, some: Sequence[Any]) -> Any:
    return chance.choice(some) if some else None


def _texts(value: Any) -> Iterator[Data]:
    """Every text of a flow: a mapping from languages to words."""
    if isinstance(value, dict):
        if value and all(isinstance(one, str) for one in value.values()) and set(value) <= {"lo", "lo-Latn", "en"}:
            yield value
        else:
            for key, one in value.items():
                if key not in {"tests", "languages"}:
                    yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _text(data: Data, chance: random.Random, *needs: str) -> Data | None:
    found: Data | None = _pick(chance, [one for one in _texts(data) if all(n in "".join(one.values()) for n in needs)])
    return found


def _dropped(*verbs: str) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        step = _pick(chance, _steps(data, *verbs))
        if step is not None:
            data["steps"].remove(step)
        return step is not None

    return make


def _twice(data: Data, chance: random.Random) -> bool:
    at = chance.randrange(len(data["steps"]))
    data["steps"].insert(at, copy.deepcopy(data["steps"][at]))
    return True


def _turned(data: Data, chance: random.Random) -> bool:
    steps = data["steps"]
    at = chance.randrange(len(steps) - 1)
    steps[at], steps[at + 1] = steps[at + 1], steps[at]
    return True


def _without(key: str, *verbs: str) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        step = _pick(chance, [one for one in _steps(data, *verbs) if key in one])
        if step is not None:
            del step[key]
        return step is not None

    return make


def _astray(key: str) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        step = _pick(chance, [one for one in data["steps"] if key in one])
        if step is not None:
            step[key] = f"{step[key]}x"
        return step is not None

    return make


def _condition(change: Callable[[str], str]) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        step = _pick(chance, [one for one in data["steps"] if "when" in one and change(one["when"]) != one["when"]])
        if step is not None:
            step["when"] = change(step["when"])
        return step is not None

    return make


def _computed(data: Data, chance: random.Random) -> bool:
    name = _pick(chance, [one for one, rule in data.get("computed", {}).items() if _flipped(rule) != rule])
    if name is not None:
        data["computed"][name] = _flipped(data["computed"][name])
    return name is not None


def _flipped(rule: str) -> str:
    turns = {" > ": " < ", " < ": " > ", " >= ": " < ", " == ": " != ", " != ": " == ", " in ": " not in "}
    return next((rule.replace(old, new, 1) for old, new in turns.items() if old in rule), rule)


def _field(change: Callable[[Data, random.Random], bool]) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        fields = list(data["fields"].values())
        chance.shuffle(fields)
        return any(change(one, chance) for one in fields)

    return make


def _lost(key: str) -> Callable[[Data, random.Random], bool]:
    return lambda one, _: one.pop(key, None) is not None


def _choice_lost(one: Data, chance: random.Random) -> bool:
    if len(one.get("choices", ())) < 2:
        return False
    del one["choices"][chance.choice(list(one["choices"]))]
    return True


def _limits_turned(one: Data, _: random.Random) -> bool:
    if not {"min", "max"} <= one.keys():
        return False
    one["min"], one["max"] = one["max"], one["min"]
    return True


def _typed_as_text(one: Data, _: random.Random) -> bool:
    if one["type"] not in {"int", "date", "decimal", "time"}:
        return False
    for key in ("min", "max"):
        one.pop(key, None)
    one["type"] = "text"
    return True


def _typo(key: str) -> Callable[[Data, random.Random], bool]:
    def change(one: Data, _: random.Random) -> bool:
        if key in one:
            one[key] = f"{one[key]}s"
        return key in one

    return change


def _field_gone(data: Data, chance: random.Random) -> bool:
    del data["fields"][chance.choice(list(data["fields"]))]
    return True


def _listed(key: str, change: Callable[[list[str]], object]) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        step = _pick(chance, [one for one in data["steps"] if isinstance(one.get(key), list)])
        if step is not None:
            change(step[key])
        return step is not None

    return make


def _words(change: Callable[[str], str], *needs: str) -> Kind:
    def make(data: Data, chance: random.Random) -> bool:
        text = _text(data, chance, *needs)
        if text is None:
            return False
        tag = chance.choice([tag for tag, words in text.items() if all(one in words for one in needs)] or list(text))
        text[tag] = change(text[tag])
        return True

    return make


def _language_lost(data: Data, chance: random.Random) -> bool:
    text = _text(data, chance)
    if text is None or len(text) < 2:
        return False
    del text[chance.choice(list(text))]
    return True


def _wrong_language(data: Data, chance: random.Random) -> bool:
    text = _text(data, chance)
    if text is None:
        return False
    text["en"] = text["lo"]
    return True


def _torn(words: str) -> str:
    """A blank where a mark belongs to the letter before it: what a clumsy paste does."""
    at = next((at for at, letter in enumerate(words) if "\u0eb4" <= letter <= "\u0ebc"), 0)
    return f"{words[:at]} {words[at:]}" if at else words


def _told_away(data: Data, _: random.Random) -> bool:
    name = next(iter(data["fields"]))
    for tag, words in data["messages"]["receipt"].items():
        data["messages"]["receipt"][tag] = f"{words} {{{name}}}"
    return True


def _entry(key: str, value: Any) -> Kind:
    def make(data: Data, _: random.Random) -> bool:
        data["entry"][key] = value
        return True

    return make


def _top(key: str) -> Kind:
    return lambda data, _: data.pop(key, None) is not None


def _receipt_lost(data: Data, chance: random.Random) -> bool:
    return _without("receipt", "submit")(data, chance)


def _skip_is_answer(data: Data, chance: random.Random) -> bool:
    choices = {name for name, one in data["fields"].items() if one["type"] in {"choice", "yesno", "multi"}}
    step = _pick(chance, [one for one in _steps(data, "ask") if one["ask"] in choices])
    if step is not None:
        step["skip"] = "1"
        data["fields"][step["ask"]]["optional"] = True
    return step is not None


KINDS: Final[Mapping[str, Kind]] = {
    "a question is dropped": _dropped("ask"),
    "the check page is dropped": _dropped("confirm"),
    "the sending is dropped": _dropped("submit"),
    "an end is dropped": _dropped("end"),
    "a step stands twice": _twice,
    "two steps change places": _turned,
    "a condition is dropped": _without("when"),
    "a condition is turned round": _condition(lambda rule: f"not ({rule})"),
    "a condition names nothing": _condition(lambda rule: f"{rule} and nobody"),
    "a condition never holds": _condition(lambda rule: f"{rule} and 1 > 2"),
    "a computed value is turned round": _computed,
    "the way after no answer is dropped": _without("none"),
    "the way after no answer leads nowhere": _astray("none"),
    "a step's name is misspelt": _astray("id"),
    "a part's name is misspelt": _astray("run"),
    "a field asked is misspelt": _astray("ask"),
    "the key that skips is dropped": _without("skip"),
    "the key that skips is an answer": _skip_is_answer,
    "a field is dropped": _field_gone,
    "a choice is dropped": _field(_choice_lost),
    "limits change places": _field(_limits_turned),
    "a limit is dropped": _field(_lost("max")),
    "a number or a day becomes a text": _field(_typed_as_text),
    "what may be left empty may not": _field(_lost("optional")),
    "a table is misspelt": _field(_typo("table")),
    "a level is misspelt": _field(_typo("level")),
    "why is dropped": _field(_lost("why")),
    "the check page shows one thing less": _listed("confirm", list.pop),
    "the check page shows what there is not": _listed("confirm", lambda names: names.append("nobody")),
    "sameness rests on what there is not": _listed("once", lambda names: names.append("nobody")),
    "a language is missing": _language_lost,
    "a text stands in the wrong language": _wrong_language,
    "a text is far too long": _words(lambda words: " ".join([words] * 12)),
    "a value in a text is misspelt": _words(lambda words: words.replace("{", "{x", 1), "{"),
    "a value's brace is lost": _words(lambda words: words.replace("}", "", 1), "}"),
    "a syllable is torn": _words(_torn),
    "the receipt tells an answer": _told_away,
    "the receipt is not sent": _receipt_lost,
    "the code is another service's": _entry("ussd", ["*999*9999#", "*999*1#", "*999*2#"]),
    "the menu number is a key": _entry("menu", 9),
    "the form asks what there is not": _entry("form", ["nobody"]),
    "the notice is dropped": _top("notice"),
    "the tests are dropped": _top("tests"),
}


def _table(found: Mapping[str, Counter[str]]) -> list[str]:
    every: Counter[str] = sum(found.values(), Counter())
    lines = ["| mistake | seeded | " + " | ".join(SIDES) + " | found |", "|---" * 7 + "|"]
    for kind, counts in {**found, "all": every}.items():
        seeded = counts.total()
        share = f"{100 * (seeded - counts['nobody']) / seeded:.0f} %" if seeded else "–"
        lines.append(f"| {kind} | {seeded} | " + " | ".join(str(counts[side]) for side in SIDES) + f" | {share} |")
    return lines


if __name__ == "__main__":
    main()
