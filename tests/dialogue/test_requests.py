"""My requests: what they show, what the case key hides, how a correction is made."""

import pytest

from flows.dialogue.casekey import is_weak
from flows.reference import make_reference
from flows.turn import CaseKey, Need
from tests.dialogue.flows import office
from tests.dialogue.phone import Phone

FORM = 'BIRTH F 02/11/2026 "Kham La"'


@pytest.fixture
def phone() -> Phone:
    """A number that speaks English and has registered a birth."""
    phone = Phone(office())
    phone.dial()
    phone.press("1")
    phone.send(FORM)
    return phone


def request_of(phone: Phone) -> str:
    return phone.requests[0].reference


def test_the_list_and_one_of_it(phone: Phone) -> None:
    ref = request_of(phone)
    shown = f"{ref[:3]} {ref[3:6]} {ref[6:]}"
    phone.dial()
    assert phone.press("5").splitlines()[0] == f"1 {shown} received"
    assert phone.press("1").splitlines() == [f"{shown} Register a birth", "received", "1 Set a case key", "0 Back"]
    assert phone.press("0").splitlines()[0] == f"1 {shown} received"
    assert phone.press(ref).startswith(shown)
    phone.change(phone.requests[0].case_id, status="rejected", reason="documents_needed")
    assert phone.press("x").splitlines()[1] == "not approved. More papers are needed."
    phone.change(phone.requests[0].case_id, status="unheard_of", reason="unheard_of")
    assert phone.press("x").splitlines()[1] == "in work"


def test_an_empty_list_says_so() -> None:
    phone = Phone(office(languages=("en",)))
    phone.dial()
    assert phone.press("5") == "No requests from this number yet.\n0 Back"


def test_many_requests_keep_their_numbers_without_a_nine(phone: Phone) -> None:
    for day in range(3, 14):
        phone.send(f'BIRTH F {day:02}/11/2026 "Kham La"')
    phone.dial()
    pages = [phone.press("5")]
    while "9 Next" in pages[-1]:
        pages.append(phone.press("9"))
    numbers = [line.split()[0] for page in pages for line in page.splitlines() if "received" in line]
    assert numbers == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_a_correction_asks_only_what_the_agency_named(phone: Phone) -> None:
    (sent,) = phone.sent()
    phone.change(sent.case_id, status="needs_correction", reason="bad_value", fields=("birth_date",))
    phone.dial()
    phone.press("5")
    assert phone.press("1").splitlines()[2] == "1 Correct it"
    assert phone.press("1").startswith("Used only to record this birth.")
    assert phone.press("1").startswith("Date of birth?")
    phone.press("03112026")
    assert phone.press("1").startswith("Received.")
    again = phone.sent()[-1]
    assert again.answers == {**sent.answers, "birth_date": "2026-11-03"}
    assert (again.corrects, again.case_id, again.case_revision) == (sent.case_id, sent.case_id, 2)
    assert again.reference == sent.reference


def test_a_correction_asks_in_the_order_of_the_service(phone: Phone) -> None:
    case = phone.requests[0].case_id
    phone.change(case, status="needs_correction", reason="bad_value", fields=("birth_date", "mother_name"))
    phone.dial("5")
    phone.press("1", "1")
    assert phone.press("1").startswith("Mother's full name?")
    assert phone.press("Kham Mai").startswith("Date of birth?")


@pytest.mark.parametrize("fields", [(), ("late",), ("nonsense",)])
def test_a_correction_that_names_nothing_that_is_asked_says_whom_to_ask(phone: Phone, fields: tuple[str, ...]) -> None:
    phone.change(phone.requests[0].case_id, status="needs_correction", reason="other", fields=fields)
    phone.dial("5")
    shown = phone.press("1")
    assert "This request cannot be corrected here. Please ask: 1500" in shown
    assert "Correct it" not in shown
    assert "Please ask: 1500" in phone.send(f"STATUS {request_of(phone)}")


def test_a_correction_can_break_off_and_go_on_beside_a_new_request(phone: Phone) -> None:
    phone.change(phone.requests[0].case_id, status="needs_correction", fields=("birth_date",))
    phone.dial("1")
    phone.press("1", "Boun Mi")
    phone.dial("5")
    phone.press("1", "1", "1")
    assert len(phone.state.drafts) == 1 or {one.key for one in phone.state.drafts} == {"birth", request_of(phone)}
    phone.press("03112026")
    assert phone.dial().startswith("Register a birth: go on")
    assert "Mother: Kham La" in phone.press("1")


def test_a_correction_by_sms(phone: Phone) -> None:
    phone.change(phone.requests[0].case_id, status="needs_correction", fields=("birth_date",))
    assert "1 Correct it" in phone.send(f"STATUS {request_of(phone)}")
    phone.send("1")
    assert phone.send("1").startswith("Date of birth?")
    phone.send("03112026")
    phone.send("1")
    assert phone.sent()[-1].case_revision == 2


def test_a_correction_that_is_no_longer_asked_for_is_not_made(phone: Phone) -> None:
    case = phone.requests[0].case_id
    phone.change(case, status="needs_correction", fields=("birth_date",))
    phone.dial("5")
    phone.press("1", "1")
    phone.change(case, status="approved")
    assert phone.press("1").startswith("This request cannot be corrected here.")


def sick(phone: Phone) -> str:
    phone.send("HEALTH a bad cough")
    return phone.requests[0].reference


def test_a_sensitive_request_is_never_named(phone: Phone) -> None:
    sick(phone)
    phone.dial("5")
    pages = [phone.press("2"), phone.press("1")]
    pages += [phone.send("STATUS"), phone.send(f"STATUS {request_of(phone)}")]
    assert not [page for page in pages if "doctor" in page or "cough" in page]


def test_the_case_key_is_offered_once_and_hides_the_request(phone: Phone) -> None:
    ref = sick(phone)
    shown = f"{ref[:3]} {ref[3:6]} {ref[6:]}"
    assert phone.dial().startswith("2 Emergency")
    assert phone.press("5") == "Protect a request with a case key of 4 to 6 digits?\n1 Yes\n2 Not now\n0 Back"
    phone.press("1")
    assert phone.press("1234").startswith("Too easy to guess.")
    assert phone.press("2468").startswith("The same case key again?")
    assert phone.press("2469").startswith("The two were not the same.")
    phone.press("2468")
    assert phone.press("2468").startswith("Case key set.")
    assert phone.effects[-1] == CaseKey(phone.requests[0].case_id, "2468")
    assert phone.dial("5").splitlines()[0] == f"1 {shown} case key"
    assert phone.press("1") == f"Case key of {shown}?\n0 Back"
    assert phone.press("1111").startswith("That is not the case key. Try again.")
    assert phone.press("໒໔໖໘").splitlines()[0] == f"{shown} See a doctor"
    assert phone.dial("5").splitlines()[0] == f"1 {shown} case key"


def test_it_is_taken_away_only_after_it_was_given(phone: Phone) -> None:
    sick(phone)
    case = phone.requests[0].case_id
    phone.keys[case] = "2468"
    phone.change(case, locked=True)
    phone.dial("5")
    phone.press("1")
    assert "Take away" not in phone.press("2468 ".strip() + "9")
    assert phone.press("2468").splitlines()[2] == "1 Take away the case key"
    phone.press("1")
    assert phone.press("1").startswith("Case key taken away.")
    assert phone.effects[-1] == CaseKey(case, "")


@pytest.mark.parametrize(("verdict", "says"), [("locked", "Too many tries."), ("officer", "Locked. Please ask")])
def test_a_locked_case_says_what_to_do(phone: Phone, verdict: str, says: str) -> None:
    class Strict(Phone):
        def answer(self, need: Need) -> object:
            return verdict if need.kind == "case_key" else super().answer(need)

    strict = Strict(phone.office, person=phone.person, requests=phone.requests)
    strict.change(phone.requests[0].case_id, locked=True)
    strict.dial("5")
    strict.press("1")
    assert strict.press("2468").startswith(says)
    assert strict.press("0").startswith("2 Emergency")


@pytest.mark.parametrize(
    "digits", ["0000", "1234", "4321", "7777", "666666", "1212", "1990", "2004", "123", "1234567", "12a4", "", "456789"]
)
def test_weak_case_keys(digits: str) -> None:
    assert is_weak(digits)


@pytest.mark.parametrize("digits", ["2468", "7391", "90210", "482109"])
def test_good_case_keys(digits: str) -> None:
    assert not is_weak(digits)


def test_status_by_sms(phone: Phone) -> None:
    ref = request_of(phone)
    assert phone.send(f"STATUS {ref}").splitlines()[1] == "received"
    assert phone.send(f"status{ref[:3]} {ref[3:6]}-{ref[6:]}").splitlines()[1] == "received"
    lao = ref.translate({ord("0") + digit: 0x0ED0 + digit for digit in range(10)})
    assert phone.send(f"ສະຖານະ {lao}").splitlines()[1] == "received"
    assert phone.send("STATUS").endswith("received")


def test_a_mistyped_reference_is_caught_before_any_search(phone: Phone) -> None:
    ref = request_of(phone)
    wrong = ref[:-1] + str((int(ref[-1]) + 1) % 10)
    phone.asked.clear()
    assert phone.send(f"STATUS {wrong}").startswith("There is a mistake in that number.")
    assert phone.send("STATUS 12").startswith("There is a mistake in that number.")
    assert not phone.asked
    phone.send(f"STATUS {ref}")
    assert phone.asked


def test_a_strangers_request_needs_its_case_key(phone: Phone) -> None:
    other = make_reference("77777777")
    assert phone.send(f"STATUS {other}") == "No such request from this number."
    assert phone.send(f"STATUS {other} 2468") == "No such request from this number."
    assert phone.asked[-1] == Need("opened", (other, "2468"))


def test_ones_own_request_with_a_case_key_needs_it_by_sms_too(phone: Phone) -> None:
    request = phone.requests[0]
    phone.keys[request.case_id] = "2468"
    phone.change(request.case_id, locked=True, status="approved")
    assert phone.send(f"STATUS {request.reference}").startswith("This request is protected.")
    assert phone.send(f"STATUS {request.reference} 1111").startswith("That is not the case key.")
    assert phone.send(f"STATUS {request.reference} 2468").splitlines()[1] == "approved"
    assert "approved" not in phone.send("STATUS")
