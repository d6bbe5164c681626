"""Key presses: each shipped map against requests and answers by the operators' documents."""

import json
from typing import Any, Literal

import pytest

from store.values import Answer, Call, Ended, Malformed, Received, Reply
from tests.gateways.http_maps import BEEM, NUMBER, gateway, get, post

Op = Literal["", "start", "dial", "input"]


def call(op: Op, text: str = "", *, session: str = "s1", code: str = "", network: str = "", **more: Any) -> Call:
    return Call("c", session, NUMBER, text, code, network, op, repeat=2, **more)


HUBTEL = {"Mobile": "8562055512345", "SessionId": "s1", "ServiceCode": "*999#", "Operator": "unitel"}
ARKESEL = {"sessionID": "s1", "userID": "U1", "msisdn": "8562055512345", "network": "LTC"}
NALO = {"USERID": "U1", "MSISDN": "8562055512345", "NETWORK": "LTC"}
SOUTHPAW = {"sessionId": "s1", "menuId": "7", "msisdn": "8562055512345", "network": "ltc", "inputOption": ""}
INFOBIP = {"msisdn": "8562055512345", "imsi": "1"}
MTN = {"sessionId": "s1", "msisdn": "8562055512345", "serviceCode": "*999#"}
HOLLATAGS = {"session_id": "s1", "session_msisdn": "8562055512345", "session_from": "*999#", "session_mno": "ltc"}


@pytest.mark.parametrize(
    ("name", "received", "meant"),
    [
        (
            "hubtel",
            post({**HUBTEL, "Type": "Initiation", "Message": "*999*7*8#"}),
            call("start", "7*8", code="*999#", network="unitel"),
        ),
        (
            "hubtel",
            post({**HUBTEL, "Type": "Initiation", "Message": "*999#"}),
            call("start", code="*999#", network="unitel"),
        ),
        (
            "hubtel",
            post({**HUBTEL, "Type": "Response", "Message": "1*2"}),
            call("input", "1*2", code="*999#", network="unitel"),
        ),
        ("hubtel", post({**HUBTEL, "Type": "Timeout"}), Ended("c", "s1")),
        # As the newer documentation writes it, with a ClientState of the request before.
        (
            "hubtel",
            post({**HUBTEL, "Type": "initiation", "Message": "*999#", "Sequence": "1", "ClientState": ""}),
            call("start", code="*999#", network="unitel"),
        ),
        (
            "hubtel",
            post({**HUBTEL, "Type": "response", "Message": "1", "Sequence": "2"}),
            call("input", "1", code="*999#", network="unitel"),
        ),
        ("hubtel", post({**HUBTEL, "Type": "release"}), Ended("c", "s1")),
        *(("mtn", post({**MTN, "messageType": word, "ussdString": ""}), Ended("c", "s1")) for word in ("2", "4", "5")),
        (
            "nalo",
            post({**NALO, "SESSIONID": "16590115252429751", "MSGTYPE": True, "USERDATA": "*999*3#"}),
            call("dial", "3", session="16590115252429751", code="*999#", network="LTC", echo={"USERID": "U1"}),
        ),
        (
            "nalo",
            post({**NALO, "SESSIONID": "16590115252429751", "MSGTYPE": False, "USERDATA": "3"}),
            call("input", "3", session="16590115252429751", network="LTC", echo={"USERID": "U1"}),
        ),
        ("hubtel", post({**HUBTEL, "Type": "Response"}), Malformed("no-text")),
        ("hubtel", post({**HUBTEL, "Type": "Whatever", "Message": "1"}), Malformed("kind")),
        (
            "hubtel",
            post({**HUBTEL, "ServiceCode": "*998#", "Type": "Response", "Message": "1"}),
            Malformed("service-code"),
        ),
        ("hubtel", get("ussd", SessionId="s1"), Malformed("method", status=405)),
        (
            "arkesel",
            post({**ARKESEL, "newSession": True, "userData": "*999#"}),
            call("start", code="*999#", network="LTC", echo={"userID": "U1"}),
        ),
        (
            "arkesel",
            post({**ARKESEL, "newSession": False, "userData": "2"}),
            call("input", "2", network="LTC", echo={"userID": "U1"}),
        ),
        (
            "nalo",
            post({**NALO, "MSGTYPE": True, "USERDATA": "*999#"}),
            call("dial", session="8562055512345", code="*999#", network="LTC", echo={"USERID": "U1"}),
        ),
        (
            "nalo",
            post({**NALO, "MSGTYPE": False, "USERDATA": "1"}),
            call("input", "1", session="8562055512345", network="LTC", echo={"USERID": "U1"}),
        ),
        (
            "beem",
            post({**BEEM, "command": "initiate", "payload": {"request_id": "0", "response": "0"}}),
            call("start", network="ltc", echo={"operator": "ltc", "payload.request_id": "0"}),
        ),
        (
            "beem",
            post({**BEEM, "command": "continue", "payload": {"request_id": 5, "response": "1"}}),
            call("input", "1", network="ltc", echo={"operator": "ltc", "payload.request_id": "5"}),
        ),
        ("southpaw", post({**SOUTHPAW, "ussdString": "3"}), call("input", "3", network="ltc", echo={"menuId": "7"})),
        ("infobip", post({**INFOBIP, "text": "*999#"}, "ussd/session/s1/start"), call("start")),
        ("infobip", post({**INFOBIP, "text": "໒"}, "ussd/session/s1/response"), call("input", "໒")),
        ("infobip", post({"exitCode": 200, "reason": ""}, "ussd/session/s1/end"), Ended("c", "s1")),
        ("infobip", post({**INFOBIP, "text": "1"}, "ussd/session/s1"), Malformed("not-ours")),
        (
            "hollatags",
            get("ussd", **HOLLATAGS, session_operation="begin", session_msg="*999*4#"),
            call("start", "4", code="*999#", network="ltc"),
        ),
        (
            "hollatags",
            get("ussd", **HOLLATAGS, session_operation="continue", session_msg="a&b"),
            call("input", "a&b", code="*999#", network="ltc"),
        ),
        ("hollatags", get("ussd", **HOLLATAGS, session_operation="end"), Ended("c", "s1")),
        ("comviva", get("ussd", SessionID="s1", MSISDN="8562055512345", MSC="1", input="5"), call("input", "5")),
        (
            "comviva",
            get("ussd", SessionID="s1", msisdn="8562055512345", clean="clean-session", error="0"),
            Ended("c", "s1"),
        ),
        ("mtn", post({**MTN, "messageType": "0", "ussdString": "*999#"}), call("start", code="*999#")),
        ("mtn", post({**MTN, "messageType": "1", "ussdString": "1"}), call("input", "1", code="*999#")),
    ],
)
def test_a_request_is_read_as_its_document_means_it(name: str, received: Received, meant: object) -> None:
    side = gateway(name).ussd
    assert side
    assert side.read(received) == meant


@pytest.mark.parametrize(
    ("name", "echo", "end", "body"),
    [
        ("hubtel", None, False, {"SessionId": "s1", "Message": "ສະບາຍດີ", "Type": "response", "ClientState": ""}),
        ("hubtel", None, True, {"SessionId": "s1", "Message": "ສະບາຍດີ", "Type": "release", "ClientState": ""}),
        (
            "hollatags",
            None,
            False,
            {"session_operation": "continue", "session_type": 1, "session_id": "s1", "session_msg": "ສະບາຍດີ"},
        ),
        (
            "hollatags",
            None,
            True,
            {"session_operation": "end", "session_type": 4, "session_id": "s1", "session_msg": "ສະບາຍດີ"},
        ),
        (
            "arkesel",
            {"userID": "U1"},
            False,
            {
                "sessionID": "s1",
                "userID": "U1",
                "msisdn": "8562055512345",
                "message": "ສະບາຍດີ",
                "continueSession": True,
            },
        ),
        (
            "nalo",
            {"USERID": "U1"},
            True,
            {"USERID": "U1", "MSISDN": "8562055512345", "MSG": "ສະບາຍດີ", "MSGTYPE": False},
        ),
        (
            "beem",
            {"operator": "ltc", "payload.request_id": "5"},
            True,
            {
                "msisdn": "8562055512345",
                "operator": "ltc",
                "session_id": "s1",
                "command": "terminate",
                "payload": {"request_id": "5", "request": "ສະບາຍດີ"},
            },
        ),
        (
            "southpaw",
            {"menuId": "7"},
            False,
            {"sessionId": "s1", "menuId": "7", "msisdn": "8562055512345", "message": "ສະບາຍດີ", "state": "CONTINUE"},
        ),
        (
            "infobip",
            None,
            True,
            {"ussdMenu": "ສະບາຍດີ", "shouldClose": True, "responseExitCode": 200, "responseMessage": ""},
        ),
    ],
)
def test_a_screen_is_written_as_its_document_wants_it(name: str, echo: Any, end: bool, body: object) -> None:
    side = gateway(name).ussd
    assert side
    written = side.write(Reply("ສະບາຍດີ", end=end), call("input", "1", echo=echo))
    assert (written.status, written.content_type) == (200, "application/json")
    assert json.loads(written.body) == body


def test_comviva_says_in_a_header_whether_it_goes_on() -> None:
    side = gateway("comviva").ussd
    assert side
    written = side.write(Reply("Bye", end=True), call("input"))
    assert written == Answer(200, b"Bye", "text/plain", (("Freeflow", "FB"), ("charge", "N"), ("amount", "0")))
