"""What each command_status means for a message: may it go again, whose fault is it, and a plain sentence.

Source: SMPP v3.4 issue 1.2, table 5-2. A status that is not listed is the vendor's own (0x400 and above) or reserved:
it is taken as refused for good, for nobody knows that a second attempt would be another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateways.smpp.numbers import Status


@dataclass(frozen=True, slots=True)
class Meaning:
    """One status.

    Attributes:
        name: as in the specification, without ESME_.
        retry: the same message may be taken later.
        ours: the account, the settings or this node is at fault: a person must be told.
        slow: the SMSC wants less at a time: everything waits a little.
        sentence: what it means, for a person.
    """

    name: str
    retry: bool
    ours: bool
    slow: bool
    sentence: str


def _no(name: str, sentence: str) -> Meaning:
    return Meaning(name, retry=False, ours=False, slow=False, sentence=sentence)


def _ours(name: str, sentence: str) -> Meaning:
    return Meaning(name, retry=True, ours=True, slow=False, sentence=sentence)


def _wrong(name: str, sentence: str) -> Meaning:
    return Meaning(name, retry=False, ours=True, slow=False, sentence=sentence)


def _later(name: str, sentence: str, *, slow: bool = False) -> Meaning:
    return Meaning(name, retry=True, ours=False, slow=slow, sentence=sentence)


STATUSES: Final[Mapping[int, Meaning]] = {
    0x00: Meaning("ROK", retry=False, ours=False, slow=False, sentence="taken"),
    0x01: _wrong("RINVMSGLEN", "the text is longer than this SMSC takes"),
    0x02: _wrong("RINVCMDLEN", "the SMSC finds the request's length wrong"),
    0x03: _wrong("RINVCMDID", "the SMSC does not know this kind of request"),
    0x04: _ours("RINVBNDSTS", "the session is not bound for this direction; look at the setting bind"),
    0x05: _ours("RALYBND", "this account is bound already, perhaps from another machine"),
    0x06: _wrong("RINVPRTFLG", "the priority is not one that this SMSC takes"),
    0x07: _wrong("RINVREGDLVFLG", "the SMSC gives no delivery reports in this form; set reports = false"),
    0x08: _later("RSYSERR", "the SMSC has a fault of its own"),
    0x0A: _ours(
        "RINVSRCADR", "the sender is not one that this account may use; look at short_codes, sender, source_ton"
    ),
    0x0B: _no("RINVDSTADR", "the number is not one that this SMSC reaches"),
    0x0C: _no("RINVMSGID", "the SMSC does not know this message"),
    0x0D: _ours("RBINDFAIL", "the SMSC refuses the login"),
    0x0E: _ours("RINVPASWD", "the password is wrong"),
    0x0F: _ours("RINVSYSID", "the system_id is not known to the SMSC"),
    0x11: _no("RCANCELFAIL", "the message could not be taken back"),
    0x13: _no("RREPLACEFAIL", "the message could not be replaced"),
    0x14: _later("RMSGQFUL", "the SMSC's queue is full", slow=True),
    0x15: _wrong("RINVSERTYP", "the service_type is not one of this account's"),
    0x33: _wrong("RINVNUMDESTS", "the number of destinations is wrong"),
    0x34: _no("RINVDLNAME", "the distribution list is not known"),
    0x40: _wrong("RINVDESTFLAG", "the kind of destination is wrong"),
    0x42: _wrong("RINVSUBREP", "the SMSC does not replace messages in this way"),
    0x43: _wrong("RINVESMCLASS", "the SMSC does not take this esm_class; try another setting of long"),
    0x44: _no("RCNTSUBDL", "the distribution list cannot be used"),
    0x45: _no("RSUBMITFAIL", "the SMSC refuses the message"),
    0x48: _ours("RINVSRCTON", "the sender's type of number is wrong; look at source_ton"),
    0x49: _ours("RINVSRCNPI", "the sender's numbering plan is wrong; look at source_npi"),
    0x50: _ours("RINVDSTTON", "the receiver's type of number is wrong; look at dest_ton"),
    0x51: _ours("RINVDSTNPI", "the receiver's numbering plan is wrong; look at dest_npi"),
    0x53: _ours("RINVSYSTYP", "the system_type is wrong"),
    0x54: _wrong("RINVREPFLAG", "the replace flag is wrong"),
    0x55: _wrong("RINVNUMMSGS", "the number of messages is wrong"),
    0x58: _later("RTHROTTLED", "the account sends faster than it may; lower rate", slow=True),
    0x61: _wrong("RINVSCHED", "the time to send is wrong"),
    0x62: _wrong("RINVEXPIRY", "the validity is wrong; look at the setting validity"),
    0x63: _wrong("RINVDFTMSGID", "the predefined message is not known"),
    0x64: _later("RX_T_APPN", "the other side has a passing fault"),
    0x65: _no("RX_P_APPN", "the other side has a lasting fault"),
    0x66: _no("RX_R_APPN", "the other side refuses the message"),
    0x67: _no("RQUERYFAIL", "the SMSC cannot say how the message stands"),
    0xC0: _wrong("RINVOPTPARSTREAM", "the SMSC cannot read the optional parameters"),
    0xC1: _wrong(
        "ROPTPARNOTALLWD", "the SMSC does not take one of the optional parameters; try another setting of long"
    ),
    0xC2: _wrong("RINVPARLEN", "the length of a parameter is wrong"),
    0xC3: _wrong("RMISSINGOPTPARAM", "an optional parameter is missing"),
    0xC4: _wrong("RINVOPTPARAMVAL", "the value of an optional parameter is wrong"),
    0xFE: _no("RDELIVERYFAILURE", "the message could not be delivered"),
    0xFF: _later("RUNKNOWNERR", "the SMSC does not say what is wrong"),
}

_VENDOR: Final = 0x400


def meaning(status: int) -> Meaning:
    """What a command_status means; a status that is not listed is refused for good."""
    known = STATUSES.get(status)
    if known is not None:
        return known
    whose = "of this operator's own" if status >= _VENDOR else "that the specification reserves"
    return Meaning(f"x{status:X}", retry=False, ours=False, slow=False, sentence=f"a status {whose}; ask the operator")


def is_login(status: int) -> bool:
    """Whether a refused bind needs a person: trying again soon would only lock the account."""
    return status in {
        Status.BIND_FAILED,
        Status.INVALID_PASSWORD,
        Status.INVALID_SYSTEM_ID,
        Status.INVALID_SYSTEM_TYPE,
    }
