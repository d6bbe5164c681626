"""The explorer at a keystroke: what one more letter in a text or a condition costs, beside one plain check.

    python -m bench explorer [--rounds 5]

Processor time, so that neighbours on the machine count less. Sides: `check` (the publish gate without the flow's own
tests), `all` (every language and channel walked anew), `text` (a letter in one Lao text), `same` (nothing that a walk
depends on changed). The six services, and a flow of thirty questions with six conditions.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import yard
from bench.options import keep, parser
from flows.check import check
from flows.explorer import Settings, clear, explore
from flows.loader import load
from flows.revision import Revision, revise
from sala import explored, services

SIDES = ("check", "all", "text", "same")
THIRTY = 30
ROUNDS = 5
CHOICES = "a: {lo: ກ, lo-Latn: Ko, en: A}, b: {lo: ຂ, lo-Latn: Kho, en: B}"


def main(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    said = parser(__doc__, rounds=ROUNDS).parse_args(options)
    given = services.material(None)
    chosen = explored.settings_of(given)
    flows = [*explored.revisions([services.LIBRARY]), thirty_questions()]
    found = {one.flow.id: _sides(one, chosen, said.rounds) for one in flows}
    kept = {"machine": yard.machine(Path.cwd()), "rounds": said.rounds, "ms": found}
    keep(said.results, "explorer", kept, _table(found))


def thirty_questions() -> Revision:
    """A long form: ten numbers, ten choices, ten names, every fifth question under a condition on an earlier one."""
    head = """
sala: 1
id: thirty
agency: office
title: {lo: ຍາວ, lo-Latn: Nyao, en: Long}
languages: [lo, lo-Latn, en]
notice:
  purpose: {lo: ທົດລອງ, lo-Latn: Thotlong, en: A test}
  controller: office
  basis: legal_task
  keep: 30d
  contact: "1503"
entry: {menu: 1, ussd: ["*999*1#"], sms: [LONG]}
"""
    fields, steps = ["fields:"], ["steps:"]
    for at in range(THIRTY):
        label = f"label: {{lo: ຂໍ້{at}, lo-Latn: Kho {at}, en: Item {at}}}, why: test"
        kinds = (
            f"{{type: int, min: 0, max: 99, {label}}}",
            f"{{type: choice, choices: {{{CHOICES}}}, {label}}}",
            f"{{type: name, {label}}}",
        )
        fields.append(f"  f{at}: {kinds[at % 3]}")
        when = f"when: f{at - 2} > {at + 10}, " if at % 5 == 2 and at % 3 == 2 else ""
        steps.append(f'  - {{{when}ask: f{at}, text: {{lo: "ຂໍ້{at}?", lo-Latn: "Kho {at}?", en: "Item {at}?"}}}}')
    steps += [
        "  - confirm: [f0, f1, f3, f4, f6]",
        "  - submit: long",
        '  - end: {lo: "ແລ້ວ", lo-Latn: "Leo", en: "Done"}',
    ]
    return revise(load("\n".join([head, *fields, *steps]), "thirty.yaml"), {})


def _sides(revision: Revision, chosen: Settings, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for number in range(rounds):
        checking = partial(check, revision, tables=chosen.tables, phrases=chosen.phrases, prove=False)
        times["check"].append(_milliseconds(checking))
        clear()
        times["all"].append(_milliseconds(partial(explore, revision, chosen)))
        edited = _typed(revision, number)
        exploring = partial(explore, edited, chosen)
        times["text"].append(_milliseconds(exploring))
        times["same"].append(_milliseconds(exploring))
    return times


def _typed(revision: Revision, number: int) -> Revision:
    """The flow with one more letter in its last Lao text."""
    source = revision.flow.source
    last = source.rindex("- end:")
    quote = source.index('lo: "', last) + len('lo: "')
    flow = load(source[:quote] + "ກ" * (number + 1) + source[quote:], revision.flow.file)
    return revise(flow, revision.parts)


def _milliseconds(turn: Callable[[], object]) -> float:
    begun = time.process_time()
    turn()
    return (time.process_time() - begun) * 1000


def _table(found: dict[str, dict[str, list[float]]]) -> list[str]:
    lines = [
        "| flow | " + " | ".join(f"{side} ms" for side in SIDES) + " | text / check | same / check |",
        "|---" * 7 + "|",
    ]
    for name, times in found.items():
        middle = {side: statistics.median(times[side]) for side in SIDES}
        cells = [yard.shown(times[side], 0) for side in SIDES]
        ratios = [f"{middle[side] / middle['check']:.1f}" for side in ("text", "same")]
        lines.append(f"| {name} | " + " | ".join([*cells, *ratios]) + " |")
    return lines


if __name__ == "__main__":
    main()
