from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from flows import delivery


def test_every_state_but_the_ended_has_a_way_out_and_every_state_but_the_first_a_way_in() -> None:
    left = {state for state, _ in delivery.TABLE}
    reached = set(delivery.TABLE.values())
    assert set(get_args(delivery.State)) - left == delivery.ENDED
    assert set(get_args(delivery.State)) - reached == set()
    assert {event for _, event in delivery.TABLE} == set(get_args(delivery.Event)) == set(delivery.MEANING)


def test_every_word_of_an_agency_has_an_event_that_a_leased_delivery_takes() -> None:
    assert set(delivery.EVENT_OF) == set(get_args(delivery.Said))
    assert all(delivery.move("leased", event) for event in delivery.EVENT_OF.values())


def test_only_a_signed_word_leads_to_accepted_and_only_a_restored_agency_leads_out() -> None:
    assert {event for (_, event), to in delivery.TABLE.items() if to == "accepted"} == {"accept"}
    assert {event for state, event in delivery.TABLE if state == "accepted"} == {"forget"}


@given(st.lists(st.sampled_from(get_args(delivery.Event)), max_size=30))
def test_whatever_happens_a_delivery_is_waiting_leased_accepted_or_with_an_officer(
    events: list[delivery.Event],
) -> None:
    state: delivery.State = "queued"
    for event in events:
        state = delivery.move(state, event) or state
    officer = {"refused", "officer_review"} | delivery.ENDED
    assert (state in delivery.UNDELIVERED) + (state == "accepted") + (state in officer) == 1


def test_sources_are_the_states_an_event_may_leave() -> None:
    assert set(delivery.sources("lease")) == delivery.WAITING
