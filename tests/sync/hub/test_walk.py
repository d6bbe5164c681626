"""From the district through the hub to the agency, and the agency's word and statuses all the way home."""

from tests.sync.conftest import Agency
from tests.sync.hub.kit import Hub, Node, decide


async def test_a_request_goes_through_the_hub_and_its_status_comes_home(
    district: Node, hub: Hub, agency: Agency
) -> None:
    (reference,) = await district.submit()
    assert await district.now() == {"offered": 1, "carried": 1}
    assert await district.states() == ["carried"], "custody is not acceptance"
    assert await agency.effects() == {}

    assert await hub.relay() == {"offered": 1, "accepted": 1}
    assert set((await agency.effects()).values()) == {1}
    assert await district.states() == ["carried"], "the agency's word is not home yet"

    assert await district.now() == {"offered": 1, "duplicates": 1}
    assert await district.states() == ["accepted"]
    assert await district.rows("SELECT agency_ref FROM delivery") == [("R000001",)]

    await decide(agency, reference, "approved")
    await hub.relay()
    await district.now()
    assert await district.rows("SELECT status, status_agency > 0 FROM request") == [("approved", 1)]
    told = await district.rows("SELECT count(*) FROM message WHERE kind = 'status'")
    assert told == [(1,)]
    assert await hub.node.rows("SELECT count(*) FROM message") == [(0,)], "the citizen is the district's"


async def test_a_hub_counts_what_it_took_for_others_and_never_speaks_of_a_time_in_which_one_waits(
    district: Node, hub: Hub, agency: Agency
) -> None:
    await district.submit()
    await district.now()
    (state,) = await hub.states()
    assert (state.waiting, state.accepted, state.accepted_through) == (1, 0, 0)
    await hub.relay()
    (state,) = await hub.states()
    assert (state.waiting, state.accepted) == (0, 1)
    assert state.accepted_through > 0
    assert state.bytes_out > 0
    await district.submit(first=2)
    await district.now()
    (state,) = await hub.states()
    (oldest,) = await hub.node.rows("SELECT min(rank) FROM passage WHERE state = 0")
    assert (state.waiting, state.accepted) == (1, 1)
    assert state.accepted_through < oldest[0]
    assert set((await agency.effects()).values()) == {1}
