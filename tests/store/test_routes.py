"""What leads to another system carries answers to what came by it, and nothing else."""

from store.routes import Route, Routes

NUMBER = "+8562055512345"
ROUTES = Routes((Route("site", ("+856",), phones=False), Route("ltc", ("+856",)), Route("unitel", ("+856",))))


def test_what_came_by_it_is_answered_by_it() -> None:
    assert ROUTES.pick("site", NUMBER) == "site"


def test_nothing_else_goes_there() -> None:
    assert ROUTES.pick("ussd", NUMBER) == "ltc"
    assert ROUTES.after("ltc", "", NUMBER) == "unitel"
    assert ROUTES.after("unitel", "ltc,", NUMBER) == ""


def test_what_it_did_not_take_is_none_of_the_phones() -> None:
    assert ROUTES.after("site", "", NUMBER) == ""
