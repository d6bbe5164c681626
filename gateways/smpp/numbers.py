"""The numbers of SMPP 3.4 that have a name here: commands, statuses, tags, bits.

Source: SMPP v3.4 issue 1.2, tables 5-1 (command_id), 5-2 (command_status), 5-7 (tags), 5.2.12 (esm_class).
"""

from enum import IntEnum
from typing import Final

RESPONSE: Final = 0x80000000
"""Set in the command_id of an answer."""

LAST_SEQUENCE: Final = 0x7FFFFFFF
"""After it comes 1 again."""

HEADER: Final = 16
"""Octets of length, command_id, command_status and sequence_number."""

VERSION: Final = 0x34


class Command(IntEnum):
    """command_id."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM = 0x00000003
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    CANCEL_SM = 0x00000008
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103


class Status(IntEnum):
    """Those command_status that this code itself gives or acts on; `gateways/smpp/statuses.py` explains them all."""

    OK = 0x00
    INVALID_MESSAGE_LENGTH = 0x01
    INVALID_LENGTH = 0x02
    INVALID_COMMAND = 0x03
    WRONG_STATE = 0x04
    ALREADY_BOUND = 0x05
    SYSTEM_ERROR = 0x08
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    INVALID_MESSAGE_ID = 0x0C
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    INVALID_SERVICE_TYPE = 0x15
    INVALID_ESM_CLASS = 0x43
    INVALID_SYSTEM_TYPE = 0x53
    THROTTLED = 0x58
    INVALID_SCHEDULE = 0x61
    INVALID_VALIDITY = 0x62
    APP_TEMPORARY = 0x64
    APP_PERMANENT = 0x65
    APP_REJECTED = 0x66
    INVALID_TLV_STREAM = 0xC0
    INVALID_PARAMETER_LENGTH = 0xC2
    DELIVERY_FAILURE = 0xFE
    UNKNOWN = 0xFF


class Tag(IntEnum):
    """The tags of optional parameters that are read or written here; every other one is carried as it came."""

    PRIVACY_INDICATOR = 0x0201
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    RECEIPTED_MESSAGE_ID = 0x001E
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    ITS_SESSION_INFO = 0x1383


# esm_class, 5.2.12.
UDH_INDICATOR: Final = 0x40
MESSAGE_TYPE: Final = 0x3C
RECEIPT: Final = 0x04
INTERMEDIATE: Final = 0x20
