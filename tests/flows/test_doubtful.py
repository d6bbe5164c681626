"""A node whose clock cannot be believed: dates are flagged and not refused, and no fee is quoted."""

from datetime import date

import pytest

from flows.errors import Refusal
from flows.fields import DateField
from flows.inputs import Frame, read
from flows.inputs.days import unchecked
from flows.tables import Tables
from tests.flows.engine_kit import Phone, sample, wide

NO_BATTERY = date(1970, 1, 2)
LABEL = {"label": {"en": "Born"}, "why": "x"}
BORN = DateField.model_validate({"type": "date", "min": "today - 18y", "max": "today", **LABEL})
FIXED = DateField.model_validate({"type": "date", "min": "2020-01-01", "max": "today", **LABEL})
GOOD, DOUBTFUL = (Frame("en", NO_BATTERY, Tables({}), clock=clock) for clock in ("good", "doubtful"))


@pytest.mark.parametrize("typed", ["02112026", "2/11/26", "2/11/2569"])
def test_a_date_that_the_clock_calls_far_away_is_taken(typed: str) -> None:
    assert isinstance(read(BORN, typed, GOOD), Refusal)
    found = read(BORN, typed, DOUBTFUL)
    assert getattr(found, "value", found) == date(2026, 11, 2)


def test_a_fixed_limit_still_holds_and_today_means_nothing() -> None:
    assert read(FIXED, "31122019", DOUBTFUL) == Refusal("too_early", {"min": "01/01/2020"})
    assert read(BORN, "today", DOUBTFUL) == Refusal("not_a_date")
    assert read(BORN, "today", GOOD) == NO_BATTERY
    assert unchecked(BORN)
    assert unchecked(FIXED)
    assert not unchecked(DateField.model_validate({"type": "date", "min": "2020-01-01", **LABEL}))


FEE = """
fields:
  born: {type: date, max: today, label: {en: Born}, why: x}
steps:
  - ask: born
    text: {en: "Born?"}
  - say: {en: "Late: the fee is {fee} kip."}
    let: {fee: 'table("fees", "late_birth", "amount")'}
  - confirm: [born]
  - submit: sample
  - end: {en: "Done {ref}."}
"""


@pytest.mark.parametrize(("clock", "says"), [("good", "kip."), ("doubtful", "The office will tell you the fee.")])
def test_a_fee_is_quoted_only_by_a_clock_that_can_be_believed(clock: str, says: str) -> None:
    phone = Phone(sample(FEE), **wide(clock=clock))
    phone.press("02112026")
    assert says in phone.screen
    assert ("kip" in phone.screen) == (clock == "good")
    phone.press(1)
    assert phone.submitted.clock == clock
    # The answer is sent and to be looked at.
    assert phone.submitted.flags == (("born",) if clock == "doubtful" else ())


def test_a_fee_worked_out_elsewhere_is_a_dash() -> None:
    computed = FEE.replace("steps:", 'computed: {cost: \'table("fees", "late_birth", "amount")\'}\nsteps:')
    flow = sample(computed.replace("[born]", "[born, cost]"))
    for clock, shown in (("good", False), ("doubtful", True)):
        phone = Phone(flow, **wide(clock=clock))
        phone.press("02112026")
        assert ("cost: -" in phone.screen) == shown
