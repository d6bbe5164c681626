"""A citizen with a phone in front of the engine, and small flows to send her through."""

from datetime import date
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import flows.library
from flows import engine
from flows.loader import load, load_path
from flows.model import Flow
from flows.phrases import load as load_phrases
from flows.revision import Revision, revise
from flows.session import Run, Step, World
from flows.tables import Tables, read_csv
from flows.text.measure import USSD, Budget
from flows.turn import Known, Need, Submit

LIBRARY = Path(flows.library.__file__).parent
FLOWS = {flow.id: flow for flow in load_path(LIBRARY)}
SERVICES = {name: revise(flow, FLOWS) for name, flow in FLOWS.items() if not flow.is_part}
TABLES = Tables(
    {path.stem: read_csv(path.stem, path.read_text("utf-8")) for path in (LIBRARY / "tables").glob("*.csv")}
)
IDS = ("0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002")


def world(**changes: Any) -> World:
    plain = World(
        today=date(2026, 11, 5),
        tables=TABLES,
        phrases=load_phrases(),
        budget=USSD,
        reference="482109337",
        ids=IDS,
        dial="*999#",
        short="1999",
        district="LA0901",
    )
    return replace(plain, **changes)


HEAD = """
sala: 1
id: sample
agency: office
title: {en: Sample}
languages: [en]
notice: {purpose: {en: A test}, controller: office, basis: legal_task, keep: 30d, contact: "1503"}
entry: {menu: 1, ussd: ["*999*1#"], sms: [SAMPLE]}
"""


def sample(body: str, *parts: str) -> Revision:
    """A service in English of these `fields`, `steps` and so on."""
    others = {flow.id: flow for flow in map(part, parts)}
    return revise(load(HEAD + body, "sample.yaml"), others)


def part(text: str) -> Flow:
    return load("sala: 1\ntitle: {en: Part}\nlanguages: [en]\n" + text, "part.yaml")


class Phone:
    """Sends inputs to one session; every state goes through its bytes, as the store would keep it."""

    def __init__(self, revision: Revision, language: str = "en", **changes: Any) -> None:
        self.revision = revision
        self.language = language
        self.world = world(**changes)
        self.effects: list[Any] = []
        self.sent: dict[Need, Known] = {}
        self.step = self._settle(lambda: engine.open(revision, language, self.world))

    def press(self, *typed: object) -> str:
        for text in typed:
            run = self.run
            self.step = self._settle(lambda run=run, text=text: engine.press(self.revision, run, str(text), self.world))
        return self.screen

    @property
    def run(self) -> Run:
        assert self.step.run is not None, f"the dialogue is over: {self.screen}"
        return engine.decode(engine.encode(self.step.run))

    @property
    def screen(self) -> str:
        return self.step.screen.text

    @property
    def submitted(self) -> Submit:
        return next(effect for effect in reversed(self.effects) if isinstance(effect, Submit))

    def _settle(self, turn: Any) -> Step:
        step = turn()
        while isinstance(step, Need):
            self.world = replace(self.world, known={**self.world.known, step: self.sent.get(step)})
            step = turn()
        assert isinstance(step, Step)
        assert step.screen.text
        self.effects += step.effects
        return step


def wide(**changes: Any) -> Any:
    """Room for everything on one page."""
    return {"budget": Budget(2000, 2000), **changes}


NAME = """
fields:
  name: {type: name, label: {en: Name}, why: x}
  age: {type: int, min: 10, max: 99, label: {en: Age}, why: x}
steps:
  - ask: name
    text: {en: "Your name?"}
  - ask: age
    text: {en: "Age?"}
  - submit: sample
    receipt: receipt
  - end: {en: "Received. Reference {ref}."}
messages:
  receipt: {en: "Received {ref}. Ask {dial} or {short}. Never a PIN."}
"""

MENU = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - id: start
    menu: {en: "What?"}
    options: {1: {label: {en: Ask}, goto: ask}, 2: {label: {en: Read}, goto: read}}
  - id: read
    say: {en: "Read this."}
    goto: start
  - id: ask
    ask: name
    text: {en: "Name?"}
  - submit: sample
  - end: {en: "Bye {name}."}
"""

CHECK = """
fields:
  name: {type: name, label: {en: Name}, why: x}
  born: {type: date, max: today, label: {en: Born}, why: x}
  child: {type: name, label: {en: Guardian}, why: x}
  note: {type: text, optional: true, label: {en: Note}, why: x}
computed:
  minor: years_since(born) < 18
steps:
  - ask: name
    text: {en: "Name?"}
  - ask: born
    text: {en: "Born?"}
  - when: minor
    say: {en: "A minor needs a guardian."}
  - when: minor
    ask: child
    text: {en: "Guardian?"}
  - ask: note
    text: {en: "Note? (1 = none)"}
    skip: "1"
  - confirm: [name, born, minor, child, note]
  - submit: sample
  - end: {en: "Received {ref}."}
"""

SAID = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - say: {en: "%s"}
  - ask: name
    text: {en: "Your name?"}
  - submit: sample
  - end: {en: "Done."}
"""
