"""SMPP 3.4: messages and key presses over one connection to an operator's SMSC.

From below: the codec (`numbers`, `pdu`, `framing`, `coding`, `parts`, `receipts`, `statuses`), which is pure;
`session`, one connection; `line`, which keeps sessions bound; and the gateway over it, with the dialects of USSD.

Source of every number in here: Short Message Peer to Peer Protocol Specification v3.4, issue 1.2 (12-Oct-1999).
"""
