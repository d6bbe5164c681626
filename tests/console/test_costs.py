"""What a draft costs beside what is live: the explorer's figures, the dearest price of the country, each text once."""

from datetime import date
from decimal import Decimal

import pytest

from console.studio import costs
from console.studio.costs import Costs, tariffs_of
from flows.dialogue import Office
from flows.editing import SetText, edit
from flows.editing.templates import starter
from flows.explorer import Settings, explore, likely_costs
from flows.loader import load
from flows.revision import Revision, revise
from sala import services
from store.routes import Route

DAY = date(2026, 11, 23)
LONG = "ຂໍ້ຄວາມນີ້ຍາວກວ່າເກົ່າຫຼາຍ ເພື່ອໃຫ້ມັນບໍ່ພໍໃນໜ້າດຽວອີກຕໍ່ໄປ ແລະ ຕ້ອງໃຊ້ຂໍ້ຄວາມສອງອັນ"


@pytest.fixture(scope="module")
def office() -> Office:
    given = services.material(None)
    return Office({}, {}, given.tables, given.phrases)


def revision(text: str) -> Revision:
    return revise(load(text, "one.yaml"), {})


def longer() -> str:
    return edit(starter("report"), SetText(("steps", 1, "text"), "lo", LONG))


def test_the_shorter_walk_says_what_the_long_one_says(office: Office) -> None:
    settings = Settings(office.tables, office.phrases, DAY)
    report = explore(revision(starter("report")), settings)
    said = [(one.language, one.channel, one.likeliest.cost) for one in report.branches if not one.profile]
    assert list(likely_costs(revision(starter("report")), settings)) == said


async def test_a_longer_lao_question_costs_lao_more_and_english_nothing(office: Office) -> None:
    tariffs = tariffs_of([Route("ltc", ("+856",), prices={"+856": 300, "+85620": 400, "+66": 900}), Route("free", ())])
    found = await Costs().compare(revision(starter("report")), revision(longer()), office, DAY, tariffs)
    by = {(one.language, one.channel): one for one in found}
    lao, english = by["lo", "sms"], by["en", "sms"]
    assert lao.changed
    assert lao.before is not None
    assert lao.now.parts > lao.before.parts
    assert lao.now.seconds > lao.before.seconds
    assert lao.prices() == [
        ("ltc", lao.now.parts * Decimal("0.04"), (lao.now.parts - lao.before.parts) * Decimal("0.04"))
    ]
    assert not english.changed


async def test_nothing_is_compared_where_nothing_was_before(office: Office) -> None:
    found = await Costs().compare(None, revision(starter("report")), office, DAY, ())
    assert found
    assert all(one.before is None and not one.changed and one.prices() == [] for one in found)


async def test_a_text_is_walked_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[str] = []

    def counted(one: Revision, settings: Settings) -> object:
        walked.append(one.digest)
        return likely_costs(one, settings)

    monkeypatch.setattr(costs, "likely_costs", counted)
    kept = Costs()
    for text in (starter("report"), longer(), longer()):
        await kept.compare(revision(starter("report")), revision(text), office, DAY, ())
    assert len(walked) == 2
