"""Runs the tests that an author wrote into a flow: what is pressed, and what must come of it."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from flows import engine, forms
from flows.dialogue.forms import split
from flows.findings import Finding
from flows.model import FlowTest
from flows.phrases import Phrases
from flows.program import program
from flows.revision import Revision
from flows.screens import compose, standing
from flows.session import Run, Step, World
from flows.tables import Tables, table_of
from flows.text.lao import match_key
from flows.text.measure import SMS, USSD, Budget
from flows.turn import Known, Need, Submit, Text
from flows.walk import Walk

REFERENCE: Final = "482109337"
"""What `{ref}` is in a test."""
DIAL: Final = "*999#"
SHORT: Final = "1999"
_PASSES: Final = re.compile(r"\+([0-9]{1,5})([mhd])")
_DAY: Final = 86_400
_SECONDS: Final = {"m": 60, "h": 3600, "d": _DAY}
_MORNING: Final = 8 * 3600
"""A test begins at eight in the morning."""
_BUDGETS: Final[Mapping[str, Budget]] = {"ussd": USSD, "sms": SMS}


@dataclass(slots=True)
class Rehearsal:
    """One test under way: a citizen in one flow, as the channel would treat her after the language and the notice.

    Attributes:
        run: the state that is kept. open: a dialogue is open. offered: the resume offer is what she sees.
        screen: the last one. pages: the most pages that any screen took. submitted, sms: what came of it so far.
        texts: the words of each of `sms`.
        clock: seconds since the day of the test began; idle since `seen`.
    """

    revision: Revision
    language: str
    world: World
    run: Run | None = None
    open: bool = False
    offered: bool = False
    screen: str = ""
    pages: int = 0
    clock: int = _MORNING
    seen: int = _MORNING
    dropped: bool = False
    submitted: dict[str, Any] | None = None
    sms: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    known: dict[Need, Any] = field(default_factory=dict)

    def send(self, typed: str) -> str:
        """Do what one item of `press` says; returns a sentence when that is not possible here."""
        if typed == "DROP":
            return self._drop()
        if typed == "DIAL":
            return self._dial()
        if typed == "MORE":
            return self._more()
        if passes := _PASSES.fullmatch(typed):
            self._wait(int(passes[1]) * _SECONDS[passes[2]])
            return ""
        return self._type(typed)

    def _type(self, typed: str) -> str:
        if self.offered:
            return self._answer_offer(typed)
        if self.open and self.run is not None:
            run = self.run
            self._see(lambda: engine.press(self.revision, run, typed, self.world))
            return ""
        if self.screen:
            return "the dialogue is over before this is pressed"
        form = self._form(typed)
        if form is None:
            self._begin()
            return "" if typed == "" else self._type(typed)
        self._see(lambda: forms.fill(self.revision, self.language, form, self.world))
        return ""

    def _form(self, typed: str) -> tuple[str, ...] | None:
        """The values of a one-message form; None when this is not one."""
        entry = self.revision.flow.entry
        first, _, rest = typed.strip().partition(" ")
        keywords = {match_key(word) for word in entry.sms} if entry else set()
        if self.world.channel != "sms" or entry is None or match_key(first) not in keywords or not rest:
            return None
        return split(rest, len(entry.form))

    def _begin(self) -> None:
        self._see(lambda: engine.open(self.revision, self.language, self.world))

    def _drop(self) -> str:
        if not self.open:
            return "there is no dialogue to drop"
        self.open = False
        told = self._alive() and self.revision.flow.anonymous is None
        if told and not self.dropped and self.revision.flow.messages.dropped is not None:
            self.sms.append("dropped")
            words = program(self.revision).messages["dropped"].of(self.language, "sms")
            always = standing(self.world.reference, self.world)
            self.texts.append(words.fill({name: always.get(name, "") for name in words.names})[0])
            self.dropped = True
        return ""

    def _alive(self) -> bool:
        """Whether there is something to go on with: answers that are neither sent nor sensitive."""
        begun = self.run is not None and self.run.answered and self.submitted is None
        return begun and not self.revision.sensitive

    def _dial(self) -> str:
        if self.open:
            return "DIAL needs a DROP before it"
        self.offered = self._alive() and self.clock - self.seen <= self.revision.flow.resume
        if not self.offered:
            self.run = None
            self._begin()
        else:
            self.open = True
            self.screen = self.world.phrases.say(self.language, "resume.ask", title=self._title())
        return ""

    def _answer_offer(self, typed: str) -> str:
        if typed == "1" and self.run is not None:
            run = self.run
            self._see(lambda: engine.show(self.revision, run, self.world))
        elif typed == "2":
            self._begin()
        else:
            return "after DIAL comes 1 to continue or 2 to start again"
        self.offered = False
        return ""

    def _title(self) -> str:
        return self.revision.flow.title.say(self.language)

    def _more(self) -> str:
        if not self.open or self.run is None:
            return "there is no screen to turn"
        for _ in range(self._count() - 1 - self.run.page):
            self.send("9")
        return ""

    def _wait(self, seconds: int) -> None:
        days = (self.clock + seconds) // _DAY - self.clock // _DAY
        self.clock += seconds
        self.world = replace(self.world, today=self.world.today + timedelta(days=days))

    def _see(self, turn: Callable[[], Step | Need]) -> None:
        outcome = turn()
        while isinstance(outcome, Need):
            self.world = replace(self.world, known={**self.world.known, outcome: self.known.get(outcome)})
            outcome = turn()
        self._take(outcome)

    def _take(self, step: Step) -> None:
        self.run, self.seen = step.run, self.clock
        self.open = not step.screen.end and step.left != "ended"
        self.screen = step.screen.text
        self.pages = max(self.pages, self._count())
        for effect in step.effects:
            if isinstance(effect, Submit):
                self.submitted = dict(effect.answers)
                need = Need("once", (effect.service, *effect.once))
                self.known[need] = Known(effect.reference, same_number=True)
            elif isinstance(effect, Text):
                self.sms.append(effect.kind)
                self.texts.append(effect.text)

    def _count(self) -> int:
        if self.run is None:
            return 1
        return len(compose(Walk(program(self.revision), self.run, self.world), self.run, self.world).pages)


def run_tests(revision: Revision, tables: Tables, phrases: Phrases) -> list[Finding]:
    """Every test of the flow that does not come to what it expects, or cannot be walked to its end."""
    return [
        Finding(revision.flow.file, revision.flow.line("tests", place), "", test.language, sentence, "error", "test")
        for place, test in enumerate(revision.flow.tests)
        for sentence in run_test(revision, test, tables, phrases)
    ]


def run_test(revision: Revision, test: FlowTest, tables: Tables, phrases: Phrases) -> list[str]:
    """What is wrong with one test, in sentences for its author; empty when it passes."""
    walked = rehearse(revision, test, tables, phrases)
    for place, typed in enumerate(test.press):
        trouble = walked.send(typed)
        if trouble:
            return [f"test {test.name!r}, press {place + 1} ({typed!r}): {trouble}"]
    return [f"test {test.name!r}: {words}" for words in _differences(test, walked)]


def rehearse(revision: Revision, test: FlowTest, tables: Tables, phrases: Phrases) -> Rehearsal:
    """A test before its first press."""
    tables = tables.over({name: table_of(name, rows) for name, rows in test.tables.items()})
    districts = tables.places.every("district")
    notice = revision.flow.notice
    shown = "sha256:" + hashlib.sha256((notice.purpose.say(test.language) if notice else "").encode()).hexdigest()
    world = World(
        today=test.today,
        tables=tables,
        phrases=phrases,
        budget=_BUDGETS[test.channel],
        channel=test.channel,
        reference=REFERENCE,
        ids=("0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002"),
        dial=DIAL,
        short=SHORT,
        district=districts[0].code if districts else "",
        consent={"basis": notice.basis, "shown": shown} if notice else {},
    )
    return Rehearsal(revision, revision.flow.language(test.language), world)


def _differences(test: FlowTest, walked: Rehearsal) -> list[str]:
    expect = test.expect
    found = []
    if expect.screen is not None and _flat(expect.screen) not in _flat(walked.screen):
        found.append(f"the last screen says {_flat(walked.screen)!r}, not {expect.screen!r}")
    if expect.submitted is not None:
        found += _answers_differ(expect.submitted, walked.submitted)
    if expect.sms is not None and tuple(walked.sms) != expect.sms:
        found.append(f"these messages went out: [{', '.join(walked.sms)}], not [{', '.join(expect.sms)}]")
    if expect.max_pages is not None and walked.pages > expect.max_pages:
        found.append(f"a screen takes {walked.pages} pages, more than {expect.max_pages}")
    return found


def _answers_differ(expected: Mapping[str, Any], submitted: Mapping[str, Any] | None) -> list[str]:
    if submitted is None:
        return ["nothing was submitted: the test stops before, or the flow goes another way"]
    return [
        f"{name} is {_told(submitted, name)}, not {_plain(value)!r}"
        for name, value in expected.items()
        if name not in submitted or submitted[name] != _plain(value)
    ]


def _told(submitted: Mapping[str, Any], name: str) -> str:
    return repr(submitted[name]) if name in submitted else "never asked"


def _plain(value: Any) -> Any:
    """What YAML made of an expected answer, as JSON."""
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _flat(text: str) -> str:
    """Words as one line: where a page breaks is not what a test is about."""
    return " ".join(text.split())
