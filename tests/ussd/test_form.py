"""Our quick reader of forms says what the standard library's says."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from ussd.form import MOST_FIELDS, read_form


@given(st.binary(max_size=120))
@example(b"a=1&&b&=c&a=2")
@example(b"a=%ED%A0%80&b=%FF+%2B%zz%")
@example("a=ສະບາຍດີ".encode())
@example(b"%61=%C3%A9&a%3D=1;2")
@example(b"a=%%2A41%252A%2%23A%2A%2Bx%2a")
def test_any_bytes_are_read_as_the_standard_library_reads_them(body: bytes) -> None:
    theirs = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
    ours = read_form(body)
    assert ours == theirs
    assert all(value == value.encode().decode() for value in ours.values())


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=8))
def test_what_a_client_encodes_comes_back(fields: dict[str, str]) -> None:
    clean = {name: value for name, value in fields.items() if (name + value).isascii() or (name + value).isprintable()}
    assert read_form(urlencode(clean).encode()) == clean


def test_too_many_fields_are_refused() -> None:
    assert read_form(b"&".join([b"a=1"] * MOST_FIELDS)) == {"a": "1"}
    assert read_form(b"&".join([b"a=1"] * (MOST_FIELDS + 1))) is None
