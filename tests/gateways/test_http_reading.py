"""The generic gateway's own parts: fields of each form, templates, signatures, and mistakes in a map."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from flows.errors import ConfigFault, SendError
from gateways.http import fields, words
from gateways.http.gateway import Gateway
from gateways.http.loading import load
from gateways.http.model import Sign, Taken
from gateways.http.settings import Settings
from gateways.http.signing import proven
from gateways.http.sms import outcome
from sala import config, plugs
from store.values import Call, Received, Reply

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a><t>&c;</t></a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><t>&x;</t></a>'


@pytest.mark.parametrize(
    ("form", "body", "found"),
    [
        (
            "json",
            b'{"a": {"b": [{"c": 1}, true, null]}, "d": "\xe0\xba\x81"}',
            {"a.b.0.c": "1", "a.b.1": "true", "d": "ກ"},
        ),
        ("json", b"[1]", None),
        ("json", b"{", None),
        ("json", b'{"a":' * 50 + b"1" + b"}" * 50, None),
        ("json", b"[" * 100_000, None),
        ("json", b'{"a": "\\ud800"}', {"a": "?"}),
        ("form", b"a=1+2&b=%E0%BA%81&a=3", {"a": "3", "b": "ກ"}),
        ("form", b"&".join(b"a%d=1" % n for n in range(400)), None),
        ("xml", "<r><t>ກ &amp; b</t><u x='1'/></r>".encode(), {"": "", "t": "ກ & b", "u.@x": "1", "u": ""}),
        ("xml", b"<s:r xmlns:s='y'><s:t>1</s:t></s:r>", {"@xmlns:s": "y", "": "", "t": "1"}),
        ("xml", b"<r>", None),
        ("xml", BOMB, None),
        ("xml", BOMB.decode().encode("utf-16"), None),
        ("xml", OUTSIDE, None),
        ("xml", b"<a>" * 200 + b"</a>" * 200, None),
        ("xml", b"<r>&nbsp;</r>", None),
        ("text", b"\xff", {"text": "�"}),
    ],
)
def test_fields_of_each_form(form: Any, body: bytes, found: object) -> None:
    assert fields.read(form, body, "") == found


def test_templates_escape_as_their_form_asks() -> None:
    given = {"text": '<a> & "b"\n+%{x}', "more": "true", "n": "1"}
    assert words.write("json", {"t": "{text}", "m": "{more}", "k": 200, "l": ["{n}"]}, given) == (
        b'{"t": "<a> & \\"b\\"\\n+%{x}", "m": true, "k": 200, "l": ["1"]}'
    )
    assert words.write("json", '{"t": "{text}"}', given) == b'{"t": "<a> & \\"b\\"\\n+%{x}"}'
    assert words.write("xml", {"r": {"t": "{text}"}}, given) == b'<r><t>&lt;a&gt; &amp; "b"\n+%{x}</t></r>'
    assert words.write("xml", "<t>{text}</t>", {"text": "\x00\x07a"}) == b"<t>a</t>"
    assert words.write("form", {"t": "{text}"}, given) == b"t=%3Ca%3E+%26+%22b%22%0A%2B%25%7Bx%7D"
    assert words.write("text", "CON {text}", {"text": "a"}) == b"CON a"
    assert (
        words.address("{base_url}/x?to={to}", {"base_url": "https://a/b", "to": "+1 &"})
        == "https://a/b/x?to=%2B1%20%26"
    )


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"map": "hubtel", "username": "u", "password": "p", "token": "t", **more})


@pytest.mark.parametrize(
    ("sign", "headers"),
    [
        (Sign(kind="basic"), {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()}),
        (Sign(kind="token", header="X-Token"), {"X-Token": "t"}),
        (Sign(kind="token", prefix="Bearer "), {"Authorization": "Bearer t"}),
        (
            Sign(kind="hmac", header="X-Sign", prefix="sha256="),
            {"X-Sign": "sha256=" + hmac.new(b"t", b"body", hashlib.sha256).hexdigest()},
        ),
        (
            Sign(kind="hmac", header="X-Sign", algorithm="sha1", encoding="base64"),
            {"X-Sign": base64.b64encode(hmac.new(b"t", b"body", hashlib.sha1).digest()).decode()},
        ),
    ],
)
def test_a_signature_is_right_or_not(sign: Sign, headers: dict[str, str]) -> None:
    assert proven(sign, Received(b"body", headers=headers), settings())
    (name, value), *_ = headers.items()
    for wrong in ({}, {name: value[:-1]}, {name: value + "x"}, {name: "\udcff"}):
        assert not proven(sign, Received(b"body", headers=wrong), settings())
    if sign.kind == "hmac":
        assert not proven(sign, Received(b"bodY", headers=headers), settings())


@pytest.mark.parametrize(
    ("of", "body", "said"),
    [
        (Taken(field="code", taken=("0",), later=("7",), account=("9",), refused=("4",)), '{"code": 0}', None),
        (Taken(field="code", taken=("0",), later=("7",)), '{"code": 7}', SendError("code-7", retry=True)),
        (Taken(field="code", taken=("0",), account=("9",)), '{"code": 9}', SendError("code-9", retry=True, ours=True)),
        (Taken(field="code", taken=("0",), refused=("Bad 020",)), '{"code": "Bad 020"}', SendError("Bad")),
        (Taken(field="code", taken=("0",)), '{"code": 5}', SendError("strange-answer", unknown=True)),
        (Taken(field="code", taken=("0",), otherwise="refused"), '{"code": 5}', SendError("refused")),
        (Taken(field="code", taken=("0",), otherwise="later"), '{"code": 5}', SendError("not-now", retry=True)),
        (Taken(field="code", taken=("0",), otherwise="taken"), '{"code": 5}', None),
        (Taken(field="code"), "{}", SendError("strange-answer", unknown=True)),
    ],
)
def test_the_operators_own_word_decides(of: Taken, body: str, said: Any) -> None:
    if said is None:
        outcome(of, 200, body.encode(), {})
        return
    with pytest.raises(SendError) as raised:
        outcome(of, 200, body.encode(), {})
    assert vars(raised.value) == vars(said)


GOOD = """\
title = "A"
source = "B"
[ussd]
form = "xml"
session = "id"
number = "from"
text = "body"
text_is = "cumulative"
[ussd.answer]
form = "xml"
body = "<screen more='{more}'>{text}</screen>"
"""


def test_an_operators_own_map_in_xml(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(GOOD)
    side = Gateway("c", Settings.model_validate({"map": str(file), "national": "+856"})).ussd
    assert side
    heard = side.read(Received("<r><id>s1</id><from>020 5551 2345</from><body>1*ກ</body></r>".encode(), tail="ussd"))
    assert heard == Call("c", "s1", "+8562055512345", "1*ກ", "", repeat=2)
    assert isinstance(heard, Call)
    assert side.write(Reply("a<b", end=False), heard).body == b"<screen more='true'>a&lt;b</screen>"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('session = "id"\n', "", r"ours\.toml:3: ussd\.session: is missing"),
        ('session = "id"', 'sesion = "id"', r"ours\.toml:5: ussd\.sesion: is no key of a map; look for a typo"),
        ('form = "xml"\nsession', 'form = "soap"\nsession', r"ours\.toml:4: ussd\.form: Input should be 'json'"),
        ("{text}", "{txt}", r"ours\.toml:9: ussd\.answer: there is no word \{txt\}; there are: also, code, echo"),
        ("{more}", "{state}", r"ours\.toml:3: ussd\.states: the answer says \{state\}; write what it is"),
        ('title = "A"', "title = A", r"ours\.toml: not TOML"),
    ],
)
def test_a_mistake_in_a_map_is_one_clear_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "ours.toml"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigFault, match=said) as caught:
        load(str(file))
    assert "\n" not in str(caught.value)


BLOCK = """\
node = "LA-XK-03"
[channels.op]
gateway = "http"
secret = "a-secret-of-enough-length"
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('map = "nobody"\n', r"sala\.toml:5: channels\.op\.map: no map is called 'nobody'; there are: arkesel"),
        ('map = "twilio"\n', r"sala\.toml:2: channels\.op: token: is missing, and twilio needs it"),
        ('map = "jasmin"\n', r"sala\.toml:2: channels\.op: base_url: is missing, and jasmin needs it"),
        ('map = "hubtel"\nbase_url = "http://x.example"\n', r"channels\.op\.base_url: must begin with https"),
        ('map = "hubtel"\ncallbck = "x"\n', r"sala\.toml:6: channels\.op\.callbck: is not a setting"),
    ],
)
def test_a_mistake_in_a_channel_is_named_with_its_line(tmp_path: Path, more: str, said: str) -> None:
    file = tmp_path / "sala.toml"
    file.write_text(BLOCK + more)
    with pytest.raises(ConfigFault, match=said):
        plugs.channels(config.load(file))


def test_a_map_with_one_side_is_a_channel_with_one_side(tmp_path: Path) -> None:
    file = tmp_path / "sala.toml"
    file.write_text(BLOCK + 'map = "infobip"\n')
    (one,) = plugs.channels(config.load(file))
    assert one.key_presses is not None
    assert one.messages is None
    assert one.message_settings is None


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        ("008562055512345", "+8562055512345"),
        ("8562055512345", "+8562055512345"),
        ("020 5551-2345", "+8562055512345"),
        ("tel:+8562055512345", "+8562055512345"),
        ("+1 (415) 867-5310", "+14158675310"),
    ],
)
def test_numbers_as_operators_write_them(number: str, wanted: str) -> None:
    assert settings().international(number) == wanted
