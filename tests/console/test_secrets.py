"""Passwords, second factors and one-time codes."""

import pytest

from console import secrets

RFC = b"12345678901234567890"


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")])
def test_a_step_has_the_digits_of_rfc_6238(at: int, code: str) -> None:
    assert secrets.totp(RFC, at // 30) == code


def test_one_step_either_side_is_taken_and_no_more() -> None:
    now = 1_800_000_000
    for step, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        typed = secrets.totp(RFC, now // 30 + step)
        assert bool(secrets.step_of(RFC, f"{typed[:3]} {typed[3:]}", now)) == good


def test_a_password_is_known_again_and_an_empty_hash_opens_nothing() -> None:
    kept = secrets.hash_password("three words of mine")
    assert secrets.is_password(kept, "three words of mine")
    assert not secrets.is_password(kept, "three words of yours")
    assert not secrets.is_password("", "")
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "password_short"),
        ("x" * 201, "password_long"),
        ("password2026", "password_guessed"),
        ("khamla-1979-ab", "password_guessed"),
        ("aaaaabbbbb", "password_guessed"),
        ("rice river bamboo", ""),
        ("ນ້ຳຂອງໄຫຼໄປໃຕ້", ""),
    ],
)
def test_what_is_asked_of_a_password(password: str, why: str) -> None:
    assert secrets.weakness(password, "khamla") == why


def test_a_code_is_read_however_it_was_typed() -> None:
    (code,) = secrets.draw_codes(1)
    assert secrets.read_code(f" {code.upper().replace('-', ' ')} ") == code
