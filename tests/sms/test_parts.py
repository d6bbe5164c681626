"""The sender's own rules: long messages in parts, one number's share, alphabets, and gateways that know a mark."""

import pytest

from flows.errors import SendError
from flows.text.paging import split_sms
from sms.lane import Lane, Rules
from sms.numbers import HOUR, Numbers
from sms.port import Capabilities
from sms.pricing import UNIT, Purse, Reach, Tariff
from store.values import Health, Outgoing, Sent
from tests.sms.test_lane import NOW, Gateway, Messages, drain, message

LONG = "ສະບາຍດີ ຂໍແຈ້ງໃຫ້ຊາບວ່າຄຳຮ້ອງຂອງທ່ານໄດ້ຮັບແລ້ວ " * 4


def lane(messages: Messages, gateway: Gateway, *, per_number: int = 100, limit: int = 1000) -> Lane:
    rules = Rules(Reach.of(["+856"]), Tariff(), Purse(limit * UNIT), 1000, 8, per_number)
    return Lane("at", gateway, messages, rules=rules, clock=lambda: NOW, chance=lambda: 0.5)  # type: ignore[arg-type]  # the lane only sends


def long(*, done: int = 0) -> Outgoing:
    return Outgoing(70_000, "at", "+8562055512345", LONG, 3, 0, mark="m", done=done)


def splits(how: str, act: object = None) -> Gateway:
    gateway = Gateway(act) if callable(act) else Gateway()
    gateway.capabilities = Capabilities(port=1, long=how)  # type: ignore[arg-type]  # one of the three
    return gateway


@pytest.mark.parametrize("how", ["parts", "plain"])
async def test_what_the_gateway_does_not_split_goes_in_parts_one_after_the_other(how: str) -> None:
    messages, gateway = Messages([long()]), splits(how)
    await drain(lane(messages, gateway), messages)
    texts = split_sms(LONG)
    assert [sent.text for sent in gateway.sent] == list(texts)
    assert gateway.most_at_once == 1
    parts = [sent.part for sent in gateway.sent if sent.part]
    assert [(part.ref, part.number, part.total) for part in parts] == [
        (70_000 % 65_536, number, len(texts)) for number in range(1, len(texts) + 1)
    ]
    assert [sent.mark for sent in gateway.sent] == [f"m-{number}" for number in range(1, len(texts) + 1)]
    assert messages.parts == [(70_000, number, "g70000", UNIT) for number in range(1, len(texts) + 1)]
    assert messages.settled == {70_000: [(Sent(""), 0, 0)]}


async def test_what_the_operator_splits_goes_whole() -> None:
    messages, gateway = Messages([long()]), splits("whole")
    await drain(lane(messages, gateway), messages)
    assert [(sent.text, sent.part) for sent in gateway.sent] == [(LONG, None)]


async def test_parts_that_have_left_do_not_leave_again() -> None:
    messages, gateway = Messages([long(done=2)]), splits("parts")
    await drain(lane(messages, gateway), messages)
    assert [sent.part.number for sent in gateway.sent if sent.part] == list(range(3, len(split_sms(LONG)) + 1))


@pytest.mark.parametrize(
    ("error", "kept"), [(SendError("503", retry=True), 1), (SendError("no-answer", unknown=True), 2)]
)
async def test_a_part_that_fails_costs_only_what_may_have_left(error: SendError, kept: int) -> None:
    def act(sent: Outgoing) -> object:
        return error if sent.part and sent.part.number == 2 else Sent("g")

    messages, gateway = Messages([long()]), splits("parts", act)
    one = lane(messages, gateway)
    await drain(one, messages)
    assert len(gateway.sent) == 2
    assert len(messages.parts) == 1
    assert messages.settled[70_000][0][0] is error
    assert one._purse.spent == kept * UNIT


async def test_a_part_that_cannot_be_noted_is_not_repeated() -> None:
    messages, gateway = Messages([long()], busy=1), splits("parts")
    await drain(lane(messages, gateway), messages)
    (outcome, _, _) = messages.settled[70_000][0]
    assert isinstance(outcome, SendError)
    assert outcome.unknown
    assert len(gateway.sent) == 1


async def test_one_number_gets_its_share_and_no_more() -> None:
    messages, gateway = Messages([message(1), message(2), message(3), message(4, "+8562055567890")]), Gateway()
    await drain(lane(messages, gateway, per_number=2), messages)
    assert [sent.id for sent in gateway.sent] == [1, 2, 4]
    ((outcome, again_at, price),) = messages.settled[3]
    assert isinstance(outcome, SendError)
    assert (outcome.code, outcome.retry, again_at, price) == ("number-rate", True, NOW + 3600, 0)


def test_a_share_comes_back_after_an_hour() -> None:
    numbers = Numbers(2)
    for now in (0.0, 100.0):
        assert not numbers.wait(b"a", now)
        numbers.count(b"a", now)
    assert numbers.wait(b"a", 200.0) == HOUR - 200
    assert not numbers.wait(b"b", 200.0)
    assert not numbers.wait(b"a", HOUR)


def test_a_share_comes_back_message_by_message_and_the_rest_stays_counted() -> None:
    numbers = Numbers(20)
    for minute in range(20):
        assert numbers.wait(b"k", minute * 60.0) == 0
        numbers.count(b"k", minute * 60.0)
    assert numbers.wait(b"k", 3599.0) == 1.0
    # Long after the hour of the first, only what is older than an hour is forgotten.
    assert numbers.wait(b"k", 3600.0 + 5 * 60 + 1) == 0
    left = 20 - 6
    counts = [numbers.count(b"k", 3901.0) for _ in range(6)]
    assert [count for count in counts if count] == [count for count in range(left + 1, left + 7) if count % 2 == 0]
    assert numbers.wait(b"k", 3901.0) > 0


@pytest.mark.parametrize(("most", "noted"), [(100, range(10, 101, 10)), (25, range(2, 26, 2)), (3, range(1, 4))])
def test_few_messages_to_a_number_cost_no_row_and_many_a_few(most: int, noted: range) -> None:
    numbers = Numbers(most)
    counts = [numbers.count(b"a", float(second)) for second in range(most)]
    assert [count for count in counts if count] == list(noted)


async def test_after_a_restart_a_number_has_not_a_new_share() -> None:
    messages, gateway = Messages([message(row) for row in range(1, 6)]), Gateway()
    for row in range(1, 6):
        # A new lane each time: the node was started again.
        one = lane(messages, gateway, per_number=3)
        messages.queue = [message(row)]
        await drain(one, messages)
    assert [sent.id for sent in gateway.sent] == [1, 2, 3]
    # The control: where nothing was noted, each start begins anew.
    messages.noted.clear()
    messages.queue = [message(6)]
    await drain(lane(messages, gateway, per_number=3), messages)
    assert gateway.sent[-1].id == 6


async def test_lao_does_not_go_where_it_would_arrive_as_question_marks() -> None:
    gateway = Gateway()
    gateway.capabilities = Capabilities(port=1, encodings=("gsm7",))
    lao = Outgoing(1, "at", "+8562055512345", "ສະບາຍດີ", 1, 0)
    messages = Messages([lao, message(2)])
    await drain(lane(messages, gateway), messages)
    assert [sent.id for sent in gateway.sent] == [2]
    (outcome, _, _) = messages.settled[1][0]
    assert isinstance(outcome, SendError)
    assert outcome.code == "alphabet"


@pytest.mark.parametrize("idempotent", [True, False])
async def test_only_a_gateway_that_knows_the_mark_is_asked_again(idempotent: bool) -> None:
    messages, gateway = Messages([message(1)]), Gateway(lambda _: SendError("no-answer", unknown=True))
    gateway.capabilities = Capabilities(port=1, idempotent=idempotent)
    await drain(lane(messages, gateway), messages)
    (outcome, _, _) = messages.settled[1][0]
    assert isinstance(outcome, SendError)
    assert (outcome.retry, outcome.unknown) == (idempotent, True)


async def test_the_last_message_says_how_the_link_stands() -> None:
    says: list[object] = [SendError("403"), SendError("no-connection", retry=True), Sent("g")]
    messages, gateway = Messages(), Gateway(lambda _: says.pop(0))
    one = lane(messages, gateway)
    assert one.health() == Health("unknown")
    # A number that is refused says that somebody is there.
    for row, health in ((1, Health("up", NOW)), (2, Health("down", NOW, "no-connection"))):
        messages.queue = [message(row)]
        await drain(one, messages)
        assert one.health() == health
    messages.queue = [message(3)]
    await drain(one, messages)
    assert one.health() == Health("up", NOW, "no-connection")
    # What the lane refuses by itself says nothing.
    messages.queue = [message(4, "+66812345678")]
    await drain(one, messages)
    assert one.health() == Health("up", NOW, "no-connection")
