import base64
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from sync.signing import SIGNATURE, TIMESTAMP, key_of, new_secret, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@given(IDS, st.text(max_size=300))
def test_the_public_library_accepts_what_we_sign_and_we_accept_what_it_signs(message_id: str, text: str) -> None:
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return
    now = int(datetime.now(UTC).timestamp())
    ours = sign(key_of(SECRET), message_id, now, body)
    theirs = Webhook(SECRET).sign(message_id, datetime.fromtimestamp(now, UTC), text)
    assert ours[SIGNATURE] == theirs
    assert verify(key_of(SECRET), ours, body)


@given(st.binary(max_size=300), st.integers(0, 2_000_000_000))
def test_any_bytes_and_any_clock_verify_and_one_flipped_bit_does_not(body: bytes, now: int) -> None:
    key = key_of(SECRET)
    headers = sign(key, "b1", now, body)
    assert verify(key, headers, body)
    assert not verify(key, headers, body + b"\0")
    assert not verify(key, headers | {TIMESTAMP: str(now + 1)}, body)
    assert not verify(key_of(new_secret()), headers, body)


def test_a_compressed_body_is_signed_as_it_travels() -> None:
    body = gzip.compress("ສະບາຍດີ".encode())
    headers = sign(key_of(SECRET), "b1", 1, body)
    assert verify(key_of(SECRET), headers, body)
    assert not verify(key_of(SECRET), headers, gzip.decompress(body))


def test_one_right_signature_among_several_is_enough() -> None:
    headers = sign(key_of(SECRET), "b1", 1, b"x")
    several = f"v1a,AAAA v1,AAAA {headers[SIGNATURE]}"
    assert verify(key_of(SECRET), headers | {SIGNATURE: several}, b"x")


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"webhook-id": "b1"},
        {SIGNATURE: ""},
        {SIGNATURE: "v1"},
        {SIGNATURE: "v1,é"},
        {SIGNATURE: "v1,%%%"},
        {SIGNATURE: "v2,AAAA"},
    ],
)
def test_bad_headers_are_refused_without_a_raise(bad: dict[str, str]) -> None:
    good = sign(key_of(SECRET), "b1", 1, b"x")
    assert not verify(key_of(SECRET), good | bad if SIGNATURE in bad else bad, b"x")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_@@@@", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError):
        key_of(secret)
